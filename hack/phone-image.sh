#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Makes the image call-operator-phone:dev for test/e2e: this machine's SIP phone baresip, its modules in /modules, and a shell that reads
# its recordings. The image is not for giving to others.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

hack/need-phones.sh
root="bin/images/phone/linux-$(go env GOARCH)"
rm -rf "${root}"
mkdir -p "${root}"/usr/{bin,lib,lib64} "${root}/modules"
ln -s usr/bin usr/lib usr/lib64 "${root}"
cp -L "$(command -v baresip)" "$(command -v cat)" "${root}/usr/bin/"
cp -L "$(command -v sh)" "${root}/usr/bin/sh"
modules="$(find /usr/lib /usr/local/lib -path '*/baresip/modules/g711.so' -printf '%h' -quit)"
cp "${modules}"/{account,aubridge,ausine,g711,menu,sndfile,uuid}.so "${root}/modules/"
# Libraries, and the loader that is named by its path, have their own places.
ldd "${root}"/usr/bin/* "${root}"/modules/* | awk '$2 == "=>" { print $3 } NF == 2 && $1 ~ /^\// { print $1 }' | sort -u |
  xargs cp -L --parents --target-directory="${root}"
hack/build-image.sh call-operator-phone:dev "${root}" scratch "BSD-3-Clause AND GPL-3.0-or-later AND LGPL-2.1-or-later"
