#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Makes sure that there are kube-apiserver, etcd and kubectl, and prints the folder that they are in. What it is doing
# goes to standard error.
#
# KUBEBUILDER_ASSETS, when it has them, is used as it is. Else they come from the cache; else from setup-envtest, where
# its downloads can be reached; else they are built from Go modules, once. With -sources it only readies the sources of such a build,
# and prints the folder that they are in.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
version=1.37.2
source_dir="${here}/controlplane"
. "${here}/build-flags.sh"

complete() { [[ -x "$1/kube-apiserver" && -x "$1/etcd" && -x "$1/kubectl" ]]; }

if [[ -n "${KUBEBUILDER_ASSETS:-}" ]] && complete "${KUBEBUILDER_ASSETS}"; then
  printf '%s\n' "${KUBEBUILDER_ASSETS}"
  exit 0
fi

cache="${XDG_CACHE_HOME:-${HOME:?set HOME or XDG_CACHE_HOME, where the control plane is kept}/.cache}/call-operator"
fingerprint="$(cat "${source_dir}"/* | cksum | cut -d' ' -f1)"
sources="${cache}/control-plane-sources-${fingerprint}"
dir="${cache}/control-plane-${version}-$(go env GOOS)-$(go env GOARCH)-${fingerprint}"

mkdir -p "${cache}"

# The place that setup-envtest reads its list of downloads from.
downloads=https://raw.githubusercontent.com/kubernetes-sigs/controller-tools/HEAD/envtest-releases.yaml

reachable() {
  command -v curl >/dev/null && curl --silent --fail --head --location --connect-timeout 5 --max-time 10 --output /dev/null "${downloads}"
}

# ready_sources vendors and trims the sources. Sources that are vendored share the build cache with those of modules.
ready_sources() {
  [[ ! -d "${sources}" ]] || return 0
  local new
  new="$(mktemp -d "${cache}/sources.XXXXXX")"
  cp "${source_dir}"/{go.mod,go.sum,main.go} "${new}"
  if go -C "${new}" mod download && go -C "${new}" mod vendor && "${source_dir}/trim.sh" "${new}/vendor"; then
    [[ -d "${sources}" ]] && rm -rf "${new}" || mv "${new}" "${sources}" # Another run may have been first.
  else
    rm -rf "${new}"
    return 1
  fi
}

if [[ "${1:-}" == -sources ]]; then
  ready_sources
  printf '%s\n' "${sources}"
  exit 0
fi

if complete "${dir}"; then
  printf '%s\n' "${dir}"
  exit 0
fi

# Two runs at once share one build.
if command -v flock >/dev/null; then
  exec 9>"${cache}/lock"
  flock -n 9 || "${here}/progress.sh" "wait for another build of the control plane" flock 9
  if complete "${dir}"; then
    printf '%s\n' "${dir}"
    exit 0
  fi
fi

download() {
  reachable || return 1
  local found
  found="$(mktemp)"
  "${here}/progress.sh" -roughly "some 60 MB" "download a control plane with setup-envtest" \
    bash -c 'cd "$1" && go tool setup-envtest use "$2" --bin-dir "$3" --print path >"$4"' - \
    "${here}/../tools/code" "${version%.*}.x" "${cache}/envtest" "${found}" && dir="$(<"${found}")"
  local status=$?
  rm -f "${found}"
  ((status == 0)) && complete "${dir}"
}

build() {
  local flags gcflags=() flag
  building="$(mktemp -d "${cache}/building.XXXXXX")"
  trap 'rm -rf "${building}" "${sources}"' EXIT # building is no local variable, since the trap needs it.
  flags="-s -w -X k8s.io/component-base/version.gitVersion=v${version} -X k8s.io/component-base/version.gitMajor=${version%%.*}"
  flags+=" -X k8s.io/component-base/version.gitMinor=$(cut -d. -f2 <<<"${version}") -X k8s.io/client-go/pkg/version.gitVersion=v${version}"
  export -f ready_sources
  export cache sources source_dir
  "${here}/progress.sh" -roughly "some 100 MB the first time" "download the modules of the control plane" bash -ec ready_sources
  while IFS= read -r flag; do gcflags+=("${flag}"); done <"${source_dir}/gcflags"
  "${here}/progress.sh" -roughly "some 3 minutes on 2 cores the first time" "build kube-apiserver, etcd and kubectl ${version}" \
    go -C "${sources}" build -v -mod=vendor "${gcflags[@]}" -ldflags "${flags}" -o "${building}/kube-apiserver" .
  ln -s kube-apiserver "${building}/etcd"
  ln -s kube-apiserver "${building}/kubectl"
  rm -rf "${dir}"
  mv "${building}" "${dir}"
}

download || build
printf '%s\n' "${dir}"
