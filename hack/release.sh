#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Writes everything that a release publishes into bin/release, and publishes nothing. make release calls it; docs/releasing.md
# lists the files. It needs GNU tar, touch and sha256sum, and zip.
#
# Any VERSION that does not end in -dry must be a tag of this commit, have a section in CHANGELOG.md, and meet a clean work tree.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. hack/build-flags.sh
export LC_ALL=C

fail() { printf 'release: %s\n' "$*" >&2; exit 1; }

: "${VERSION:?}" "${OPERATOR_COMMANDS:?}" "${SIMULATOR_COMMANDS:?}" "${KUBEBUILDER_ASSETS:?}" "${HELM:?}" "${CYCLONEDX:?}"
[[ "${VERSION}" =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || fail "VERSION=${VERSION} is not of the form v1.2.3 or v1.2.3-rc.1"
command -v zip >/dev/null || fail "zip is not in the PATH (on Debian: apt-get install zip)"
if [[ "${VERSION}" != *-dry ]]; then
  git tag --points-at HEAD | grep -Fxq -- "${VERSION}" || fail "${VERSION} is not a tag of this commit: create the tag, or use a version that ends in -dry"
  [[ -z "$(git status --porcelain)" ]] || fail "the work tree has changes that are not committed"
  grep -Fq -- "## [${VERSION#v}]" CHANGELOG.md || fail "CHANGELOG.md has no section ${VERSION#v}"
fi

export VERSION REVISION SOURCE_DATE_EPOCH
REVISION="$(git rev-parse HEAD)"
SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)"
registry=ghcr.io/call-operator
homepage=https://github.com/call-operator/call-operator
platforms=(linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64)
read -ra operator <<<"${OPERATOR_COMMANDS}"
read -ra simulator <<<"${SIMULATOR_COMMANDS}"

out="${PWD}/bin/release" work="${PWD}/bin/release-work"
trap 'rm -rf "${work}"' EXIT
rm -rf "${out}" "${work}"
mkdir -p "${out}" "${work}"

# archive FOLDER FILE...: a tar archive on standard output, the same bytes for the same files.
archive() {
  tar -C "$1" --sort=name --mtime="@${SOURCE_DATE_EPOCH}" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX -cf - -- "${@:2}"
}

for arch in amd64 arm64; do
  hack/progress.sh -roughly "some 2 minutes on 2 cores the first time" "build the commands of the images for linux/${arch}" \
    hack/build-binaries.sh "${work}/call-operator/linux-${arch}" "${arch}" "${operator[@]}"
  hack/progress.sh "build the simulator for linux/${arch}" \
    hack/build-binaries.sh "${work}/call-operator-simulator/linux-${arch}" "${arch}" "${simulator[@]}"
done
for platform in "${platforms[@]}"; do
  hack/progress.sh -roughly "some 2 minutes on 2 cores the first time" "build kubectl-call for ${platform}" \
    hack/build-binaries.sh "${work}/kubectl-call/${platform/\//-}" "${platform}" kubectl-call
done
"${work}/kubectl-call/$(go env GOHOSTOS)-$(go env GOHOSTARCH)/kubectl-call" --version | grep -Fq -- "${VERSION} (commit ${REVISION}" ||
  fail "kubectl-call --version does not say ${VERSION} and the commit"

for image in call-operator call-operator-simulator; do
  hack/progress.sh "make the image ${image}" go -C hack/image run . -tag "${registry}/${image}:${VERSION}" \
    -binaries "${work}/${image}" -arch amd64,arm64 -layout "${work}/layouts/${image}"
  archive "${work}/layouts/${image}" blobs index.json oci-layout >"${out}/${image}_${VERSION}.oci.tar"
done

# The repository's manifests and chart name the image that make images makes; these name the published ones.
overlay() {
  mkdir -p "${work}/overlays/$1"
  cat >"${work}/overlays/$1/kustomization.yaml" <<EOF
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- ../../../../config/$1
images:
- {name: call-operator, newName: ${registry}/call-operator, newTag: ${VERSION}}
- {name: call-operator-simulator, newName: ${registry}/call-operator-simulator, newTag: ${VERSION}}
EOF
  "${KUBEBUILDER_ASSETS}/kubectl" kustomize "${work}/overlays/$1"
}
overlay default >"${out}/install.yaml"
overlay simulator >"${out}/install-simulator.yaml"

mkdir "${work}/chart"
cp -R charts/call-operator "${work}/chart"
chart="${work}/chart/call-operator"
sed -i "s|^  repository: call-operator\$|  repository: ${registry}/call-operator|" "${chart}/values.yaml"
sed -i "s#^| \`image.repository\` | \`\"call-operator\"\`#| \`image.repository\` | \`\"${registry}/call-operator\"\`#" "${chart}/README.md"
find "${chart}" -exec touch --date="@${SOURCE_DATE_EPOCH}" {} +
"${HELM}" package "${chart}" --version "${VERSION#v}" --app-version "${VERSION}" --destination "${out}" >/dev/null

# For each platform by itself, since some modules are for Windows only.
go build -o "${work}/check-sbom" ./hack/sbom
for folder in "${work}"/{call-operator,call-operator-simulator,kubectl-call}/*; do
  platform="${folder##*/}"
  commands=("${folder}"/*)
  commands=("${commands[@]##*/}")
  commands=("${commands[@]%.exe}")
  hack/progress.sh "list the modules of ${commands[*]} for ${platform/-//}" hack/sbom.sh "${folder}" "${work}/sbom/${platform}" "${commands[@]}"
  GOOS="${platform%-*}" GOARCH="${platform#*-}" "${work}/check-sbom" -dir "${work}/sbom/${platform}" "${commands[@]}" >/dev/null
done
archive "${work}" sbom | gzip -9n >"${out}/call-operator_${VERSION}_sbom.tar.gz"

cat >"${out}/call.yaml" <<EOF
apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: call
spec:
  version: ${VERSION}
  homepage: ${homepage}
  shortDescription: Place, watch, move and end phone calls
  description: |
    Phone calls are resources of call-operator, a Kubernetes operator. This plug-in places
    and ends them, takes incoming calls, moves participants, follows calls live, tells
    the story of a call, and checks an installation (kubectl call doctor).
  caveats: |
    The cluster needs call-operator: ${homepage}
  platforms:
EOF
for platform in "${platforms[@]}"; do
  os="${platform%/*}" arch="${platform#*/}" suffix=
  folder="${work}/kubectl-call/${os}-${arch}"
  cp LICENSE "${folder}"
  touch --date="@${SOURCE_DATE_EPOCH}" "${folder}/LICENSE"
  chmod 0644 "${folder}/LICENSE"
  if [[ "${os}" == windows ]]; then
    suffix=.exe
    file="kubectl-call_${VERSION}_${os}_${arch}.zip"
    (cd "${folder}" && TZ=UTC zip -q -X -9 "${out}/${file}" LICENSE kubectl-call.exe)
  else
    file="kubectl-call_${VERSION}_${os}_${arch}.tar.gz"
    archive "${folder}" LICENSE kubectl-call | gzip -9n >"${out}/${file}"
  fi
  cat >>"${out}/call.yaml" <<EOF
  - selector:
      matchLabels:
        os: ${os}
        arch: ${arch}
    uri: ${homepage}/releases/download/${VERSION}/${file}
    sha256: $(sha256sum "${out}/${file}" | cut -d' ' -f1)
    bin: kubectl-call${suffix}
EOF
done

(cd "${out}" && sha256sum -- *) >"${work}/SHA256SUMS"
mv "${work}/SHA256SUMS" "${out}"
go run ./hack/release -dir "${out}" -version "${VERSION}"
