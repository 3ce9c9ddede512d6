#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Runs every fuzz target of the module for a time: hack/fuzz.sh [TIME], such as 30s. What a fuzzer finds is kept in
# testdata/fuzz of its package: commit it with the mending.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fuzztime="${1:-10s}"
targets="$(git grep -hoE '^func Fuzz[A-Za-z0-9]+\(f \*testing\.F\)' -- '*_test.go' | wc -l)"
echo "fuzzing ${targets} targets, ${fuzztime} each" >&2
git grep -noE '^func Fuzz[A-Za-z0-9]+' -- '*_test.go' | while IFS=: read -r file _ target; do
  # Minimising what was found to be new costs more than it tells here.
  go test "./$(dirname "${file}")" -run '^$' -fuzz "^${target#func }\$" -fuzztime "${fuzztime}" -fuzzminimizetime 5s
done
