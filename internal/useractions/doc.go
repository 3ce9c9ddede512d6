// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package useractions implements the user actions of the dashboard and of kubectl call: place, hang up, answer,
// redirect, reject, move, retry. Each action only creates or changes a resource, with the user's own permissions. Pure
// functions decide whether an action can succeed: an empty string means that it can.
package useractions
