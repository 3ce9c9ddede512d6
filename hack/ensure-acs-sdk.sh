#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Makes sure that Microsoft's SDK for ACS Call Automation in JavaScript is in the cache, and prints the folder that it is in. It needs
# node and npm.
set -euo pipefail

package=@azure/communication-call-automation
version=1.6.0

for command in node npm; do
  command -v "${command}" >/dev/null || { printf 'Install %s, 20 or later: the official SDK runs in it.\n' "${command}" >&2; exit 1; }
done

cache="${XDG_CACHE_HOME:-${HOME:?set HOME or XDG_CACHE_HOME, where the SDK is kept}/.cache}/call-operator"
dir="${cache}/acs-sdk-${version}"
if [[ ! -d "${dir}" ]]; then
  mkdir -p "${cache}"
  new="$(mktemp -d "${cache}/acs-sdk.XXXXXX")"
  trap 'rm -rf "${new}"' EXIT
  npm install --prefix "${new}" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error "${package}@${version}" >&2
  mv -T "${new}" "${dir}" 2>/dev/null || [[ -d "${dir}" ]] # Another run may have been first.
fi
printf '%s\n' "${dir}"
