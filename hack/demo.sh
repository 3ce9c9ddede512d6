#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Gets and builds what the demo needs, and runs it: hack/demo.sh BIN [FLAG...], such as -keep or -provider=asterisk. make demo calls it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for argument in "$@"; do
  if [[ "${argument}" == -provider=asterisk ]]; then
    hack/need-phones.sh
    CALL_OPERATOR_ASTERISK="$(hack/ensure-asterisk.sh)"
    export CALL_OPERATOR_ASTERISK
  fi
done

began="$(date +%s)"
bin="$1"
shift
STAGE_TIMES="$(mktemp)"
export STAGE_TIMES
assets="$(mktemp)"
# The control plane is built with what the build of the commands leaves idle, and alone after that.
# It has a process group of its own, so that all of it can be ended: in a script, Ctrl-C does not reach what runs in the background.
set -m
nice -n 19 hack/ensure-control-plane.sh >"${assets}" &
building=$!
set +m
trap 'kill -- "-${building}" 2>/dev/null || true; rm -f "${STAGE_TIMES}" "${assets}"' EXIT

hack/build-commands.sh "${bin}" manager webhookreceiver acs-simulator kubectl-call -- ./hack/demo
wait "${building}"
KUBEBUILDER_ASSETS="$(<"${assets}")" "${bin}/demo" -bin "${bin}" -stages "${STAGE_TIMES}" -since "${began}" "$@"
