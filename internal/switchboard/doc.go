// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package switchboard is what a person does with calls, for the dashboard and for kubectl call: place, hang up, answer,
// redirect, reject, move, try again. Each deed creates or changes a resource with the person's own rights, and nothing
// else. Whether a deed can succeed is decided by pure functions: an empty string says that nothing is in its way.
package switchboard
