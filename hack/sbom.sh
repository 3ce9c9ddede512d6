#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Writes which modules binaries are made of, as CycloneDX, the same bytes each time: hack/sbom.sh BINARIES OUT COMMAND...
# CYCLONEDX is cyclonedx-gomod. VERSION is that of the commands; without it, git is asked.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

binaries="$1" out="$2"
shift 2
version="${VERSION:-$(git describe --tags --always --dirty)}"

mkdir -p "${out}"
for command in "$@"; do
  binary="${binaries}/${command}"
  [[ -e "${binary}" ]] || binary+=.exe
  # Its output is of use when it fails: it warns that the licences of this module and of Go itself are in no module cache.
  said="$(GOPROXY=off "${CYCLONEDX}" bin -json -licenses -noserial -notimestamp -std \
    -version "${version}" -output "${out}/${command}.cdx.json" "${binary}" 2>&1)" || { printf '%s\n' "${said}" >&2; exit 1; }
done
