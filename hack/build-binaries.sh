#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Builds the static binaries of an image or an archive: hack/build-binaries.sh OUT [OS/]ARCH COMMAND... OS is linux unless it is named.
# VERSION and REVISION are stamped; without them, git is asked. The same source, stamp and Go give the same bytes,
# wherever they are built, and files as old as the commit (or SOURCE_DATE_EPOCH), so that layers of images are the same too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

out="$1" os=linux arch="${2#*/}" suffix=
[[ "$2" != */* ]] || os="${2%/*}"
[[ "${os}" != windows ]] || suffix=.exe
shift 2
version="${VERSION:-$(git describe --tags --always --dirty)}"
revision="${REVISION:-$(git rev-parse HEAD)}"
epoch="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}"
package="github.com/call-operator/call-operator/internal/version"

mkdir -p "${out}"
for command in "$@"; do
  CGO_ENABLED=0 GOOS="${os}" GOARCH="${arch}" go build -trimpath -buildvcs=false \
    -ldflags "-s -w -buildid= -X ${package}.version=${version} -X ${package}.revision=${revision}" \
    -o "${out}/${command}${suffix}" "./cmd/${command}"
  touch --date="@${epoch}" "${out}/${command}${suffix}"
done
touch --date="@${epoch}" "${out}"
