#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Says what to do when there is no container engine.
set -euo pipefail

if ! docker info >/dev/null 2>&1; then
  echo "This needs a container engine, and none answers: start Docker, so that 'docker info' works, and try again." >&2
  exit 1
fi
