#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Tries the dashboard in a real browser: Chromium, without a window. With --screenshots it takes the pictures of the
# documentation on its way.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v chromium >/dev/null || command -v google-chrome >/dev/null || {
  echo "there is no Chromium in the PATH (on Debian: apt-get install chromium)" >&2
  exit 1
}
run=.
if [[ "${1:-}" == --screenshots ]]; then
  export SCREENSHOTS="${PWD}/docs/images"
  mkdir -p "${SCREENSHOTS}"
  run='Clicks|Pushed|Refusals|OnlyLook|Heals|Operate|Pictures'
fi
cd test/browser
exec go test -count=1 -timeout 20m -parallel 2 -run "${run}" ./...
