#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Takes the dashboard's one library, lit-html, from npm into dashboard/assets/vendor, as it is published. With --check it
# changes nothing, and fails when what is there is not what npm has.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

package=lit-html
version=3.3.3
integrity=sha512-el8M6jK2o3RXBnrSHX3ZKrsN8zEV63pSExTO1wYJz7QndGYZ8353e2a5PPX+qHe2aGayfnchQmkAojaWAREOIA==
files=(LICENSE lit-html.js directive.js directive-helpers.js directives/repeat.js directives/guard.js directives/live.js)
folder=dashboard/assets/vendor/${package}

work="$(mktemp -d)"
trap 'rm -rf "${work}"' EXIT
(cd "${work}" && npm pack --silent "${package}@${version}" >/dev/null)
archive="${work}/${package}-${version}.tgz"
found="sha512-$(openssl dgst -sha512 -binary "${archive}" | base64 -w0)"
[[ "${found}" == "${integrity}" ]] || { echo "${package}@${version} is ${found}, not the pinned ${integrity}" >&2; exit 1; }
mkdir "${work}/vendor"
tar -xzf "${archive}" -C "${work}/vendor" --strip-components=1 "${files[@]/#/package/}"

if [[ "${1:-}" == --check ]]; then
  diff -r "${work}/vendor" "${folder}" && echo "${folder} is ${package}@${version} as npm has it"
  exit
fi
rm -rf "${folder}"
cp -r "${work}/vendor" "${folder}"
echo "${folder} is ${package}@${version}"
