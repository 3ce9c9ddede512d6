#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Builds the images of this build and of the previous one, and runs test/e2e on a kind cluster. make test-e2e calls it.
#
# PREVIOUS names the commit to upgrade from: the newest tag before this commit, or the commit before it. Logs and objects
# of a failed run are in ARTIFACTS. RUN names fewer steps, such as RUN=TestEndToEnd/Upgraded.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'e2e: %s\n' "$*" >&2; }

hack/need-engine.sh
export ARTIFACTS="${ARTIFACTS:-${PWD}/artifacts/e2e}"
rm -rf "${ARTIFACTS}"

previous="${PREVIOUS:-$(git describe --tags --abbrev=0 HEAD^ 2>/dev/null || git rev-parse --verify --quiet HEAD^ || true)}"
work="$(mktemp -d)"
remove() {
  rm -rf "${work}" bin/images/previous
  docker image rm --force call-operator:dev call-operator:previous call-operator-simulator:dev \
    call-operator-asterisk:dev call-operator-phone:dev >/dev/null 2>&1 || true
}
trap remove EXIT

say "building the images"
make --no-print-directory images
if [[ -n "${previous}" ]]; then
  say "building the image of ${previous}, to upgrade from"
  git archive "${previous}" | tar -x -C "${work}"
else
  say "there is no commit before this one: the upgrade is from this build to itself"
  git archive HEAD | tar -x -C "${work}"
fi
arch="$(go env GOARCH)"
for command in manager webhookreceiver; do
  (cd "${work}" && CGO_ENABLED=0 GOOS=linux go build -trimpath -buildvcs=false -ldflags '-s -w' -o "images/${command}" "./cmd/${command}")
done
mkdir -p bin/images/previous
cp -R "${work}/images" "bin/images/previous/linux-${arch}"
# This one by way of the Dockerfile, so that that is tried too.
if ! built="$(docker build --target prebuilt --build-arg BASE_IMAGE=scratch --build-arg "BINARIES=bin/images/previous/linux-${arch}" \
  --tag call-operator:previous . 2>&1)"; then
  printf '%s\n' "${built}" >&2
  exit 1
fi

say "making the images of Asterisk and of a SIP phone"
if ! hack/phone-image.sh || ! make --no-print-directory asterisk-image; then
  [[ "${CALL_OPERATOR_REQUIRE_ASTERISK:-}" != 1 ]] || exit 1
  say "without them, the test of Asterisk is skipped"
  export WITHOUT_ASTERISK="the image of Asterisk or of a SIP phone cannot be made: hack/phone-image.sh and make asterisk-image say why"
fi

say "testing"
PREVIOUS_CONFIG="${work}/config" go test -tags e2e -count=1 -timeout 45m -run "${RUN:-.}" -v ./test/e2e
