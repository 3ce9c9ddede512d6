// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package call reconciles Calls: it places them, routes incoming ones, follows them, hangs up, and removes their records.
//
// Reconcile collects what is known of a Call (observe), decideCall chooses the next action, and carryOut takes it. Admission decides when a
// call may be placed.
//
// # How an incoming call is taken exactly once
//
//  1. The webhook receiver creates the Call, with a finalizer, and the Secret with the context that ACS requires to act on the
//     call. The Call is named after the event, so a repeated event creates no second one.
//  2. chooseRoute asks package callroute. While it is unknown whether one of our Calls placed the call, no route that depends on
//     this, and no later route, takes the call.
//  3. The engine records the route's decision with the attempt, and sends the request.
//  4. finishInbound deletes the Secret, counts the call for its route, and only then removes the annotation that marks this work as
//     pending. It is idempotent, so a crash at any point does no harm.
package call
