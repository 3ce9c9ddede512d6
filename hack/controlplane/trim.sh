#!/usr/bin/env bash
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Takes out of the vendored sources of kube-apiserver what neither the demo nor a test uses, since it takes a fifth of the time that
# the control plane takes to compile: hack/controlplane/trim.sh VENDOR_FOLDER
#
# What remains is what serves custom resources, Secrets, RBAC, quotas, admission policies and Leases, and takes the manifests that are
# shipped (Deployments, Services, PodDisruptionBudgets, NetworkPolicies, Jobs).
set -euo pipefail
cd "$1/k8s.io"

# A fake client for tests of others.
rm apiserver/pkg/admission/plugin/policy/generic/policy_test_context.go

# Admission plugins for Pods, nodes, volumes, ingresses and certificates.
plugins=(
  alwayspullimages antiaffinity autoprovision certapproval certsigning certsubjectrestriction ctbattest defaultingressclass
  denyserviceexternalips eventratelimit exists extendedresourcetoleration imagepolicy limitranger nodedeclaredfeatures noderestriction
  nodetaint podgroupprotection podnodeselector podpriority podresize podtolerationrestriction podtopologylabels resize runtimeclass
  setdefault storageobjectinuseprotection
)
for plugin in "${plugins[@]}"; do
  perl -ni -e 'BEGIN { $p = shift } print unless m{^\t+$p\.(PluginName|Register)\b} || m{^\t($p )?"k8s.io/kubernetes/plugin/pkg/admission/(.*/)?$p"} || m{^\t$p "}' \
    "${plugin}" kubernetes/pkg/kubeapiserver/options/plugins.go
done

# API groups.
groups=(apiserverinternal autoscaling certificates discovery lifecycle node resource scheduling storage svm)
for group in "${groups[@]}"; do
  perl -ni -e 'BEGIN { $g = shift } print unless m{^\t${g}rest "} || m{^\t\t${g}rest\.\w+\{.*\},$} || (m{^\t\t${g}rest\.\w+\{$} .. m{^\t\t\},$})' \
    "${group}" kubernetes/pkg/controlplane/instance.go
done
