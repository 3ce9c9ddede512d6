#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Runs a command that may take minutes, and says on standard error what is being done, how long it took the last time, and every
# 10 seconds that it is still running: hack/progress.sh [-show] [-roughly TEXT] NAME COMMAND...
#
# The command's output is kept back and shown only when it fails, unless -show passes it on as it comes. -roughly says how long
# the first run takes. With STAGE_TIMES set, the name and the seconds are appended to that file, for a table at the end.
set -uo pipefail

show= roughly=
while [[ "${1:-}" == -* ]]; do
  case "$1" in
    -show) show=yes; shift ;;
    -roughly) roughly="$2"; shift 2 ;;
    *) echo "progress.sh: unknown option $1" >&2; exit 2 ;;
  esac
done
name="$1"
shift

say() { printf '%s\n' "${name}: $*" >&2; }

times="${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/call-operator/times"
last="${times}/${name//[^a-zA-Z0-9]/-}"
log="$(mktemp)"
ticker=
finish() {
  [[ -z "${ticker}" ]] || { kill "${ticker}"; wait "${ticker}"; } 2>/dev/null
  rm -f "${log}"
}
trap finish EXIT

if [[ -s "${last}" ]]; then
  say "started (took $(<"${last}") s the last time)"
elif [[ -n "${roughly}" ]]; then
  say "started (${roughly})"
else
  say "started"
fi

tick() {
  local sleeping
  trap 'kill "${sleeping}" 2>/dev/null; exit' TERM
  while :; do
    sleep 10 &
    sleeping=$!
    wait "${sleeping}"
    # What shows its output is silent for a reason only when nothing has come for a while.
    [[ -z "${show}" || -z "$(find "${log}" -newermt '-9 seconds')" ]] || continue
    local doing
    doing="$(tail -n 1 "${log}" | cut -c 1-80)"
    if [[ -n "${show}" || -z "${doing}" ]]; then
      say "${SECONDS} s so far"
    else
      say "${SECONDS} s so far, now at ${doing}"
    fi
  done
}
tick &
ticker=$!

if [[ -n "${show}" ]]; then
  "$@" 2>&1 | tee "${log}"
  status=${PIPESTATUS[0]}
else
  "$@" >"${log}" 2>&1
  status=$?
fi

if ((status != 0)); then
  [[ -n "${show}" ]] || tail -n 40 "${log}" >&2
  if grep -qE 'dial tcp|proxyconnect|no such host|i/o timeout|connection (refused|reset)|TLS handshake|unexpected EOF|x509: |(403|404|407|429|50[0-9]) [A-Z]' "${log}" &&
    grep -qE '^go: |reading https?://|Get "https?://' "${log}"; then
    say "a download failed. Go modules come from GOPROXY=$(go env GOPROXY): check that this machine reaches it. Behind a proxy, set" \
      "HTTPS_PROXY; GOPROXY names another source. Then run the same command again: what was downloaded is kept."
  fi
  say "failed after ${SECONDS} s"
  exit "${status}"
fi
say "done in ${SECONDS} s"
mkdir -p "${times}" && printf '%s\n' "${SECONDS}" >"${last}"
[[ -z "${STAGE_TIMES:-}" ]] || printf '%s\t%s\n' "${SECONDS}" "${name}" >>"${STAGE_TIMES}"
