// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package gitops compares how kstatus and Argo CD judge each state of an object. It is a separate module, since both have many
// dependencies that the product does not need.
package gitops
