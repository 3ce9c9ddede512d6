#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Makes sure that the SIP phones of the tests are there: baresip, and SIPp as the telephone network. In CI it installs them, and espeak-ng for
# the speech server of config/asterisk/speech, whose test is skipped elsewhere if that is missing.
set -euo pipefail

missing() { ! command -v baresip >/dev/null || ! command -v sipp >/dev/null; }

missing || exit 0
as_root=()
((EUID == 0)) || as_root=(sudo --non-interactive)
if [[ -n "${CI:-}" ]] && command -v apt-get >/dev/null; then
  "${as_root[@]}" apt-get update -q >&2
  "${as_root[@]}" apt-get install -q --yes --no-install-recommends baresip espeak-ng sip-tester >&2
fi
if missing; then
  echo "This needs the SIP phones baresip and sipp. On Debian or Ubuntu: apt-get install --no-install-recommends baresip sip-tester" >&2
  exit 1
fi
