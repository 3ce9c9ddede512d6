// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package gitops compares what kstatus and Argo CD make of each state that an object can be in. It is a module of its own, since
// both bring along much that the product does not need.
package gitops
