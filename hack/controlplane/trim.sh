#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Takes out of the vendored sources of kube-apiserver what neither the demo nor a test uses and takes long to compile:
# hack/controlplane/trim.sh VENDOR_FOLDER
#
# Every API remains, since the tests of roles ask for each resource, and so does what looks at the Pods that are shipped.
set -euo pipefail
cd "$1/k8s.io"

# A fake client for tests of others.
rm apiserver/pkg/admission/plugin/policy/generic/policy_test_context.go

# Admission plugins for nodes, scheduling, volumes, ingresses and certificates.
plugins=(
  alwayspullimages antiaffinity autoprovision certapproval certsigning certsubjectrestriction ctbattest defaultingressclass
  denyserviceexternalips eventratelimit exists extendedresourcetoleration imagepolicy limitranger nodedeclaredfeatures noderestriction
  nodetaint podgroupprotection podnodeselector podresize podtolerationrestriction podtopologylabels resize runtimeclass
  setdefault storageobjectinuseprotection
)
for plugin in "${plugins[@]}"; do
  perl -ni -e 'BEGIN { $p = shift } print unless m{^\t+$p\.(PluginName|Register)\b} || m{^\t($p )?"k8s.io/kubernetes/plugin/pkg/admission/(.*/)?$p"} || m{^\t$p "}' \
    "${plugin}" kubernetes/pkg/kubeapiserver/options/plugins.go
done
