#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Gives go.mod and hack/controlplane/go.mod the newer version of each module that both have, so that what both are built of is
# compiled once. Run it after a dependency of either was changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

versions() { go -C "$1" list -m -f '{{if not .Main}}{{.Path}} {{.Version}}{{end}}' $(go -C "$1" mod edit -json | sed -nE 's/^\t\t\t"Path": "(.*)",$/\1/p' | sort -u) | sort; }

# Each raises versions of the other, until nothing is left to raise.
for ((round = 1; round <= 5; round++)); do
  differ="$(join <(versions .) <(versions hack/controlplane) | awk '$2 != $3')"
  if [[ -z "${differ}" ]]; then
    echo "both have the same versions" >&2
    exit 0
  fi
  newest="$(awk '{print $1, $2; print $1, $3}' <<<"${differ}" | sort -k1,1 -k2,2V | awk '{newest[$1] = $2} END {for (path in newest) print path "@" newest[path]}')"
  for folder in . hack/controlplane; do
    (cd "${folder}" && go get ${newest} && go mod tidy) >/dev/null 2>&1
  done
done
echo "after ${round} rounds these versions still differ:" >&2
echo "${differ}" >&2
exit 1
