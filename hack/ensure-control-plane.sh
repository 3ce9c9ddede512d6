#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Makes sure that there are kube-apiserver, etcd and kubectl, and prints the folder that they are in. What it is doing
# goes to standard error.
#
# KUBEBUILDER_ASSETS, when it has them, is used as it is. Else they come from the cache; else from setup-envtest, where
# its downloads can be reached; else they are built from Go modules, once.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
version=1.36.3
source_dir="${here}/controlplane"

say() { printf 'control plane: %s\n' "$*" >&2; }

complete() { [[ -x "$1/kube-apiserver" && -x "$1/etcd" && -x "$1/kubectl" ]]; }

if [[ -n "${KUBEBUILDER_ASSETS:-}" ]] && complete "${KUBEBUILDER_ASSETS}"; then
  printf '%s\n' "${KUBEBUILDER_ASSETS}"
  exit 0
fi

cache="${XDG_CACHE_HOME:-${HOME:?set HOME or XDG_CACHE_HOME, where the control plane is kept}/.cache}/call-operator"
fingerprint="$(cat "${source_dir}/go.mod" "${source_dir}/go.sum" "${source_dir}/main.go" | cksum | cut -d' ' -f1)"
dir="${cache}/control-plane-${version}-$(go env GOOS)-$(go env GOARCH)-${fingerprint}"

if complete "${dir}"; then
  printf '%s\n' "${dir}"
  exit 0
fi
mkdir -p "${cache}"

# Two runs at once share one build.
if command -v flock >/dev/null; then
  exec 9>"${cache}/lock"
  flock -n 9 || { say "another build is under way, waiting for it"; flock 9; }
  if complete "${dir}"; then
    printf '%s\n' "${dir}"
    exit 0
  fi
fi

# The place that setup-envtest reads its list of downloads from.
downloads=https://raw.githubusercontent.com/kubernetes-sigs/controller-tools/HEAD/envtest-releases.yaml

download() {
  command -v curl >/dev/null || return 1
  curl --silent --fail --head --location --connect-timeout 5 --max-time 10 --output /dev/null "${downloads}" || return 1
  say "downloading with setup-envtest"
  local found
  found="$(cd "${here}/tools" && go tool setup-envtest use "${version%.*}.x" --bin-dir "${cache}/envtest" --print path)" || return 1
  complete "${found}" || return 1
  printf '%s\n' "${found}"
}

build() {
  local started=${SECONDS} building pid log
  building="$(mktemp -d "${cache}/building.XXXXXX")"
  log="${building}/log"
  trap 'rm -rf "${building}"' EXIT
  say "building kube-apiserver, etcd and kubectl ${version} from Go modules, once: some 5 minutes on 2 cores, more on a slow network"
  local flags="-s -w -X k8s.io/component-base/version.gitVersion=v${version} -X k8s.io/component-base/version.gitMajor=${version%%.*}"
  flags+=" -X k8s.io/component-base/version.gitMinor=$(cut -d. -f2 <<<"${version}") -X k8s.io/client-go/pkg/version.gitVersion=v${version}"
  (cd "${source_dir}" && CGO_ENABLED=0 exec go build -trimpath -ldflags "${flags}" -o "${building}/kube-apiserver" .) >"${log}" 2>&1 &
  pid=$!
  trap 'kill "${pid}" 2>/dev/null || true; rm -rf "${building}"' EXIT
  while kill -0 "${pid}" 2>/dev/null; do
    sleep 1
    if (((SECONDS - started) % 20 == 0)); then say "still building, $((SECONDS - started)) s so far"; fi
  done
  if ! wait "${pid}"; then
    cat "${log}" >&2
    say "the build failed"
    exit 1
  fi
  rm -f "${log}"
  ln -s kube-apiserver "${building}/etcd"
  ln -s kube-apiserver "${building}/kubectl"
  rm -rf "${dir}"
  mv "${building}" "${dir}"
  trap - EXIT
  say "built in $((SECONDS - started)) s, kept in ${dir}"
}

if found="$(download)"; then
  printf '%s\n' "${found}"
  exit 0
fi
build
printf '%s\n' "${dir}"
