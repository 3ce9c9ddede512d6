#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# What a change has to pass. It needs Go, git, make, node, a container engine and Chromium, and gets or builds everything else: SIP phones
# with apt-get (hack/need-phones.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

STAGE_TIMES="$(mktemp)"
trap 'rm -f "${STAGE_TIMES}"' EXIT

step() {
  printf '\n--- %s\n' "$*"
  # The table at the end is of these steps, not of the stages in them.
  STAGE_TIMES="${STAGE_TIMES}" hack/progress.sh -show "$*" env -u STAGE_TIMES "$@"
}

step make test-asterisk
step make test-all
step make verify
step make lint
# Everything that is shipped, and the test that breaks the most; the others take long under the race detector.
step env CALL_OPERATOR_REQUIRE_ASTERISK=1 make test-race PACKAGES="./acs/... ./ari/... ./cmd/... ./controllers/... ./dashboard/... ./internal/... ./simulator/... ./statemachine/... ./telephony/... ./webhookreceiver/... ./test/faults"
step make test-faults FAULTS_TIME=2m
step make test-chart
step make test-modules
step make test-sdk
step make site
step env CALL_OPERATOR_REQUIRE_ASTERISK=1 make test-e2e
step make test-browser
step make fuzz FUZZ_INPUTS=5000
step make demo
step make demo PROVIDER=asterisk
step make bench SMOKE=1

printf '\nseconds of each step:\n'
cat "${STAGE_TIMES}"
