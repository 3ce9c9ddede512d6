#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Builds an image around binaries that are built already: hack/build-image.sh IMAGE BINARIES BASE_IMAGE
# BINARIES is a folder below the project's root, such as bin/images/operator/linux-amd64. With scratch for a base, no
# registry is needed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

image="$1" binaries="$2" base="$3"
hack/need-engine.sh
if ! said="$(docker build --platform "linux/${binaries##*linux-}" --target prebuilt \
  --build-arg "BASE_IMAGE=${base}" --build-arg "BINARIES=${binaries}" --tag "${image}" . 2>&1)"; then
  printf '%s\n' "${said}" >&2
  exit 1
fi
printf 'built %s\n' "${image}" >&2
