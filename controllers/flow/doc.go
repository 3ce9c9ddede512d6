// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package flow reconciles CallFlows, and runs them in Calls.
//
// How far a call has come is in its status.flow. A step costs two writes: the manager writes the step together with the attempt of its
// request before it sends that, and the receiver writes its result. Which step comes next is read from the CallFlow when the result is
// there. So a process that dies leaves a call at its step: what was answered is not asked again.
//
// What may have been heard is never sent again. When the answer to such a request is lost, the step fails unless its report comes soon.
package flow
