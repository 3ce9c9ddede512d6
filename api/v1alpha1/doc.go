// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 holds the call-operator.dev/v1alpha1 kinds: phone calls and what they need, as Kubernetes objects.
//
// Spec is the desired state, status the observed state. A phase is for people; programs read conditions: Ready,
// Reconciling and Stalled as kstatus defines them, and also Connected and Ended on a Call. See
// https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md.
//
// +kubebuilder:object:generate=true
// +groupName=call-operator.dev
package v1alpha1
