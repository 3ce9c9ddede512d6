// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package callflow is what a CallFlow means: what is wrong with one, what a step says once its parameters are known, and which step
// comes next. All of it is pure.
package callflow
