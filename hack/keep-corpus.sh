#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Copies into testdata/fuzz what fuzzing has found to reach code that nothing before did, the shortest inputs first. Tests play
# them from then on: hack/keep-corpus.sh [MOST], how many of each target.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

most="${1:-16}"
found="$(go env GOCACHE)/fuzz/$(go list -m)"
git grep -noE '^func Fuzz[A-Za-z0-9]+' -- '*_test.go' | while IFS=: read -r file _ target; do
  target="${target#func }"
  from="${found}/$(dirname "${file}")/${target}"
  to="$(dirname "${file}")/testdata/fuzz/${target}"
  [[ -d "${from}" ]] || { echo "nothing was found by ${target} yet: run make fuzz" >&2; continue; }
  mkdir -p "${to}"
  find "${from}" -type f -printf '%s %p\n' | sort -n | sed -n "1,${most}p" | cut -d' ' -f2- | xargs cp -t "${to}"
done
