#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Builds the commands, and further packages where they are named, into a folder: hack/build-commands.sh BIN COMMAND... [-- PACKAGE...]
# Modules are downloaded many at a time, while the standard library is compiled; go build would fetch them one after the other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. hack/build-flags.sh

bin="$1"
shift
packages=()
while (($#)) && [[ "$1" != -- ]]; do
  packages+=("./cmd/$1")
  shift
done
(($# == 0)) || shift

go build net/http/pprof html/template encoding/gob encoding/csv os/user log/syslog testing/fstest >/dev/null 2>&1 &
standard=$!
trap 'kill "${standard}" 2>/dev/null || true' EXIT
hack/progress.sh -roughly "some 110 MB the first time" "download modules" go mod download
hack/progress.sh "compile the standard library" bash -c 'while kill -0 "$1" 2>/dev/null; do sleep 0.2; done' - "${standard}"
mkdir -p "${bin}"
hack/progress.sh -roughly "some 2 minutes on 2 cores the first time" "build the commands" \
  go build -v -ldflags=-w -o "${bin}/" "${packages[@]}" "$@"
