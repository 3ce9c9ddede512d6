# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# To be sourced: the flags of everything that is built here, so that nothing is compiled twice (make verify-built-once counts).
# The compiler may use more memory than it does by default, which takes a fifth less time; the tests that it builds may not.
export CGO_ENABLED="${CGO_ENABLED:-0}"
case " ${GOFLAGS:-} " in
  *" -trimpath "*) ;;
  *) export GOFLAGS="-trimpath '-toolexec=env GOGC=400' ${GOFLAGS:-}" ;;
esac
