#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Counts the packages that are compiled more than once on a machine that builds the commands, the demo, the tests, the images'
# binaries and the control plane: each with other flags, or in another version of its module. There is to be none. (Tests with
# the race detector need builds of their own, and the tools have versions of their own.)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. hack/build-flags.sh

work="$(mktemp -d)"
trap 'rm -rf "${work}"' EXIT

# A package that is compiled from the same source, with the same flags and dependencies, has the same build ID. Commands
# themselves are left out: their builds differ in what is stamped into them.
packages() {
  local folder="$1"
  shift
  go -C "${folder}" list -export -deps -f '{{if not (or .ForTest .Standard (eq .Name "main"))}}{{.ImportPath}} {{.BuildID}} {{with .Module}}{{.Path}}@{{.Version}}{{end}}{{end}}' "$@"
}
packages . ./cmd/... ./hack/demo >"${work}/commands"
packages . -test ./... | grep -v '\.test ' >"${work}/tests"
gcflags=()
while IFS= read -r flag; do gcflags+=("${flag}"); done <hack/controlplane/gcflags
packages "$(hack/ensure-control-plane.sh -sources)" -mod=vendor "${gcflags[@]}" . >"${work}/control-plane"
GOOS="$(go env GOOS)" GOARCH="$(go env GOARCH)" packages . -buildvcs=false ./cmd/... >"${work}/images"

twice="$(sort -u "${work}"/* | cut -d' ' -f1 | uniq -d)"
if [[ -n "${twice}" ]]; then
  echo "$(wc -l <<<"${twice}") packages are compiled more than once:"
  for package in $(head -n 20 <<<"${twice}"); do
    grep -H "^${package} " "${work}"/* | sed "s|^${work}/||" | sort -u
  done
  echo "Give hack/controlplane/go.mod and go.mod the same versions (hack/align-versions.sh), and all builds the flags of hack/build-flags.sh."
  exit 1
fi
echo "0 of $(sort -u "${work}"/* | wc -l) packages are compiled more than once."
