# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# To be sourced: the flags of everything that is built here, so that nothing is compiled twice (make verify counts).
# They make the compiler faster: it collects no garbage below 1 GiB, and writes nothing for debuggers. For a debugger, build with
# plain go build.
export CGO_ENABLED="${CGO_ENABLED:-0}"
case " ${GOFLAGS:-} " in
  *" -trimpath "*) ;;
  *) export GOFLAGS="-trimpath '-toolexec=env GOGC=off GOMEMLIMIT=1GiB' -gcflags=all=-dwarf=false ${GOFLAGS:-}" ;;
esac
