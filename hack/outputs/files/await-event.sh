#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Waits until an Event of a Call is there: await-event.sh CALL REASON. Events are written after the status that they tell of.
set -euo pipefail

uid="$(kubectl get call "$1" -o jsonpath='{.metadata.uid}')"
until [[ -n "$(kubectl get events --field-selector="involvedObject.uid=${uid},reason=$2" -o name)" ]]; do sleep 0.1; done
