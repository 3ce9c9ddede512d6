#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Makes an image around binaries that are built already: hack/build-image.sh IMAGE BINARIES BASE_IMAGE [LICENSES]
# BINARIES is a folder below the project's root that ends in the platform, such as bin/images/operator/linux-amd64; everything in it
# goes into the image. LICENSES is an SPDX expression, for what is not of this project. The image
# is an archive in bin/images/, and is loaded into the container engine where there is one. With scratch for a base, no registry is
# needed.
#
# ko would not do: it puts one command into an image, where the operator's has three, and takes the base from a registry or a
# container engine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

image="$1" binaries="$2" base="$3" licenses="${4:-Apache-2.0}"
platform="${binaries##*/}"
archive="${PWD}/bin/images/${image%%:*}-${platform}.tar"
go -C hack/image run . -tag "${image}" -binaries "${PWD}/${binaries}" -arch "${platform#linux-}" -base "${base}" -out "${archive}" \
  -licenses "${licenses}"
printf 'built %s, %s' "${image}" "${archive#"${PWD}/"}" >&2
if docker info >/dev/null 2>&1; then
  docker load --quiet --input "${archive}" >/dev/null
  printf ', and loaded it into the container engine\n' >&2
else
  printf '; no container engine answers to load it into\n' >&2
fi
