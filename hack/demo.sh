#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Gets and builds what the demo needs, and runs it: hack/demo.sh BIN [FLAG...], such as -keep. make demo calls it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bin="$1"
shift
STAGE_TIMES="$(mktemp)"
export STAGE_TIMES
# While the commands are built, what the control plane is built of is downloaded.
hack/ensure-control-plane.sh -prefetch >/dev/null 2>&1 &
prefetch=$!
trap 'kill "${prefetch}" 2>/dev/null || true; rm -f "${STAGE_TIMES}"' EXIT

hack/build-commands.sh "${bin}" manager webhookreceiver acs-simulator kubectl-call -- ./hack/demo
wait "${prefetch}" || true
assets="$(hack/ensure-control-plane.sh)"
KUBEBUILDER_ASSETS="${assets}" "${bin}/demo" -bin "${bin}" -stages "${STAGE_TIMES}" "$@"
