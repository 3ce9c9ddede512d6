// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package e2e installs call-operator on a kind cluster, from its own image and manifests and with the simulator as a
// pod, and does to it what people, accidents and uninstallers do.
//
// The tests are behind the build tag e2e; make test-e2e builds what they need and runs them. They share one cluster and
// go one after the other, in the order of TestEndToEnd, since most of them break something that all use.
//
// What is done is done with kubectl, as a person would. What became of it is read from the API server, and from the
// simulator's journal, which knows how often each phone rang.
package e2e
