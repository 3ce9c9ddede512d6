#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Makes sure that there is an Asterisk, and prints the folder of its root file system. What it is doing goes to standard error.
#
# CALL_OPERATOR_ASTERISK, when it is set, is that folder. Else it comes from the cache; else it is made from Debian packages, once,
# without root and without touching the packages of this machine. apt checks the packages' signatures. With -built nothing is made:
# the exit status is 3 if there is none yet.
#
# DEBIAN_MIRROR is where the packages come from; without it, the Debian archive that apt is set up with.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
suite=sid # The suite of Debian that has an Asterisk with long-term support.
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

if [[ -n "${CALL_OPERATOR_ASTERISK:-}" ]]; then
  if [[ ! -x "${CALL_OPERATOR_ASTERISK}/usr/sbin/asterisk" ]]; then
    echo "CALL_OPERATOR_ASTERISK is ${CALL_OPERATOR_ASTERISK}, which has no usr/sbin/asterisk: unset it, or set it to a root file system with Asterisk." >&2
    exit 1
  fi
  printf '%s\n' "${CALL_OPERATOR_ASTERISK}"
  exit 0
fi

cache="${XDG_CACHE_HOME:-${HOME:?set HOME or XDG_CACHE_HOME, where Asterisk is kept}/.cache}/call-operator"
root="${cache}/asterisk-${suite}-$(uname -m)-$(cksum <"${BASH_SOURCE[0]}" | cut -d' ' -f1)"

if [[ -d "${root}" ]]; then
  printf '%s\n' "${root}"
  exit 0
fi
if [[ "${1:-}" == -built ]]; then
  exit 3
fi

cannot() {
  printf 'Asterisk cannot be put together: %s\nRun this on Debian or Ubuntu, or set CALL_OPERATOR_ASTERISK to a root file system with Asterisk 22.10 or later.\n' "$*" >&2
  exit 1
}
for needed in apt-get dpkg-deb flock tar; do
  command -v "${needed}" >/dev/null || cannot "this machine has no ${needed}."
done
[[ -r "${keyring}" ]] || cannot "the keys that Debian signs with are missing; install the package debian-archive-keyring."

# Two runs at once share one build.
mkdir -p "${cache}"
exec 9>"${cache}/asterisk.lock"
flock -n 9 || "${here}/progress.sh" "wait for another build of Asterisk" flock 9
if [[ -d "${root}" ]]; then
  printf '%s\n' "${root}"
  exit 0
fi

mirror="${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(SITE)' 'Identifier: Packages' |
  sed -n 's/^Debian|Debian|//p' | head -n 1)}"
[[ -n "${mirror}" ]] || cannot "apt has no list of a Debian archive. Run apt-get update, or set DEBIAN_MIRROR to the URL of a mirror."

# Everything that Asterisk loads: it loads all modules that are there.
modules=(
  app_{dial,echo,mixmonitor,playback,playtones,senddtmf,stack,stasis,verbose}
  bridge_{builtin_features,holding,native_rtp,simple,softmix}
  chan_{audiosocket,bridge_media,pjsip,rtp,websocket}
  codec_{a_mu,alaw,g722,gsm,resample,ulaw}
  format_{gsm,pcm,sln,wav}
  func_{callerid,channel,dialplan,global,hangupcause,logic,pjsip_aor,pjsip_contact,pjsip_endpoint,strings,talkdetect,timeout,uri,uuid}
  pbx_config
  res_ari res_ari_{applications,asterisk,bridges,channels,device_states,endpoints,events,model,playbacks,recordings,sounds}
  res_{audiosocket,clioriginate,convert,crypto,curl,http_media_cache,http_websocket,musiconhold,mutestream,pjproject}
  res_pjsip res_pjsip_{acl,authenticator_digest,caller_id,diversion,dlg_options,dtmf_info,empty_info,endpoint_identifier_anonymous}
  res_pjsip_{endpoint_identifier_ip,endpoint_identifier_user,header_funcs,history,logger,nat,outbound_authenticator_digest}
  res_pjsip_{outbound_registration,path,pubsub,refer,registrar,rfc3326,sdp_rtp,session}
  res_{rtp_asterisk,rtp_multicast,security_log,srtp,timing_pthread,timing_timerfd,websocket_client}
  res_sorcery_{astdb,config,memory}
  res_stasis res_stasis_{answer,device_state,playback,recording,snoop}
)

work="$(mktemp -d "${cache}/asterisk.XXXXXX")"
trap 'rm -rf "${work}"' EXIT

# download gets Asterisk and all that it depends on, with an apt of its own, which believes that nothing is installed.
download() {
  local apt="${work}/apt"
  mkdir -p "${apt}"/etc/{apt.conf.d,preferences.d} "${apt}/state/lists/partial" "${apt}/cache/archives/partial"
  : >"${apt}/status"
  printf 'deb [signed-by=%s] %s %s main\n' "${keyring}" "${mirror}" "${suite}" >"${apt}/sources.list"
  {
    # How this machine reaches archives, such as through a proxy.
    apt-config dump | grep '^Acquire::' | grep -v -E '^Acquire::(IndexTargets|Languages)' || true
    printf '%s;\n' "Dir::Etc \"${apt}/etc\"" "Dir::Etc::sourcelist \"${apt}/sources.list\"" 'Dir::Etc::sourceparts "/nonexistent"' \
      "Dir::State \"${apt}/state\"" "Dir::State::status \"${apt}/status\"" "Dir::Cache \"${apt}/cache\"" \
      'APT::Install-Recommends "false"' 'APT::Sandbox::User ""' 'Acquire::Languages "none"' 'Debug::NoLocking "true"'
  } >"${apt}/apt.conf"
  export APT_CONFIG="${apt}/apt.conf"
  apt-get update
  apt-get install --yes --download-only asterisk
}

# unpack unpacks the packages, and runs none of their scripts.
unpack() {
  local stage="${work}/stage" package
  mkdir -p "${stage}"/usr/{lib,lib64,bin,sbin}
  ln -s usr/lib usr/lib64 usr/bin usr/sbin "${stage}"
  for package in "${work}"/apt/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "${package}" | tar -x -C "${stage}" --keep-directory-symlink --no-same-owner \
      --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/locale'
  done
}

# keep copies Asterisk, its modules, and the libraries that these load.
keep() {
  local stage="${work}/stage" out="${work}/root" loader lib module
  loader="$(find "${stage}/usr/" -type f -name 'ld-linux*.so.*' -print -quit)"
  lib="usr/lib/$(basename "$(dirname "$(find "${stage}/usr/lib" -name libc.so.6 -print -quit)")")"
  mkdir -p "${out}/${lib}/asterisk/modules" "${out}"/usr/{sbin,bin,lib64} "${out}/usr/share/asterisk" "${out}"/{etc,tmp,dev,proc,var/lib}
  ln -s usr/lib usr/lib64 usr/bin usr/sbin "${out}"
  cp "${stage}/usr/sbin/asterisk" "${out}/usr/sbin/"
  for module in "${modules[@]}"; do
    cp "${stage}/${lib}/asterisk/modules/${module}.so" "${out}/${lib}/asterisk/modules/"
  done
  cp -a "${stage}"/usr/share/asterisk/{documentation,rest-api,sounds} "${out}/usr/share/asterisk/"
  [[ -e "${out}/usr/share/asterisk/sounds/en" ]] || ln -s en_US_f_Allison "${out}/usr/share/asterisk/sounds/en"
  # The unpacked loader finds the libraries, not the one of this machine.
  find "${out}" -type f -path '*/usr/*' \( -name '*.so' -o -name asterisk \) -print0 |
    xargs -0 -n 1 "${loader}" --library-path "${stage}/${lib}:${stage}/usr/lib" --list |
    awk '$3 ~ /^\// { print $3 } /not found/ { print; exit 1 }' | sort -u |
    while read -r library; do cp -L "${library}" "${out}/${lib}/"; done
  # These are loaded by name.
  find "${stage}/${lib}/" \( -name 'libsoftokn3.*' -o -name 'libfreebl*3.*' \) -exec cp -L {} "${out}/${lib}/" \;
  cp "${loader}" "${out}/usr/lib64/"
  find "${out}" -xtype l -delete # They lead to folders that the packages' scripts would have made.
  printf 'root:x:0:0::/:/bin/false\nasterisk:x:1000:1000::/:/bin/false\n' >"${out}/etc/passwd"
  printf 'root:x:0:\nasterisk:x:1000:\n' >"${out}/etc/group"
  printf 'hosts: files dns\n' >"${out}/etc/nsswitch.conf"
  dpkg-deb --field "${work}"/apt/cache/archives/asterisk_*.deb Version >"${out}/VERSION"
}

export -f download unpack keep
export work mirror suite keyring
"${here}/progress.sh" -roughly "some 60 MB" "download Asterisk from ${mirror}" bash -euo pipefail -c download
"${here}/progress.sh" "unpack Asterisk" bash -euo pipefail -c unpack
keep >&2
mv "${work}/root" "${root}"
printf '%s\n' "${root}"
