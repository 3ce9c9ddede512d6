#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Runs every fuzz target of the module: hack/fuzz.sh [INPUTS], with so many inputs each. What a fuzzer finds is kept in
# testdata/fuzz of its package: commit it with the fix.
#
# Inputs are counted because a time limit makes go test fail now and then as it ends (https://go.dev/issue/75804).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

inputs="${1:-30000}"
[[ "${inputs}" =~ ^[1-9][0-9]*$ ]] || { echo "${0}: '${inputs}' is no number of inputs; give one such as 30000" >&2; exit 2; }
targets="$(git grep -hoE '^func Fuzz[A-Za-z0-9]+\(f \*testing\.F\)' -- '*_test.go' | wc -l)"
echo "fuzzing ${targets} targets, ${inputs} inputs each" >&2
git grep -noE '^func Fuzz[A-Za-z0-9]+' -- '*_test.go' | while IFS=: read -r file _ target; do
  # Minimising what was found to be new costs more than it tells here.
  go test "./$(dirname "${file}")" -run '^$' -fuzz "^${target#func }\$" -fuzztime "${inputs}x" -fuzzminimizetime 100x
done
