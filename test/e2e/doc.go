// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package e2e installs call-operator on a kind cluster, from its own image and manifests and with the simulator as a
// pod, and then upgrades, breaks, repairs and uninstalls it.
//
// The tests are behind the build tag e2e; make test-e2e builds what they need and runs them. They share one cluster and
// run one after the other, in the order of TestEndToEnd, since most of them break something that all of them use.
//
// Tests act through kubectl, as a person would. They read results from the API server, and from the simulator's
// journal, which records how often each phone rang. The test of Asterisk reads them from the logs and the recordings of
// SIP phones, which are pods.
package e2e
