// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package callstate is the one truth about what an event, a response or a poll means for a Call's status.
//
// Apply is a pure function of a status and a Fact. The manager and the webhook receiver both write statuses, and both
// write only what Apply returns, so that it does not matter which of them hears a thing first.
//
// # States
//
//	Pending ──Intended──► Dialing ──CallConnected──► Connected ──EndingBegun──► Ending ──► Ended
//	   ▲                     │ │                                                   ▲
//	   └────NotPlaced────────┘ └──EndingBegun (ring time-out, spec, deletion)──────┘
//	Ringing (inbound) ──Routed, CallConnected──► Connected
//	Ringing (inbound) ──Routed, PassedOn; or 30 s without either──► Ended
//
// Every state has an edge to Ended: CallDisconnected, CreateCallFailed, a refusal, a poll that finds nothing.
//
// # How a call ended
//
// The outcome and its sentence follow from four things, in one table (acs.CallEnd): whether anybody was connected, whether
// the operator had begun to hang up, the code and the sub-code. Which event reports the end decides nothing, so that the two
// final events of a call that was not answered, CallDisconnected and CreateCallFailed, give the same result in either order
// and each alone. Proof of a connection is CallConnected, a roster of two, or a poll that finds the call connected.
//
// One thing needs patience. Events come in any order, so CallDisconnected with a code of success may come before
// CallConnected. Without proof of a connection it ends nothing yet: it is kept in status.reportedEnd, and the call is Ending.
// Proof that comes then, or CreateCallFailed, which proves the contrary, ends the call at once; without either the manager
// does after a few seconds (Settled), and a poll that finds nothing does too (Gone). What comes after that is too late.
//
// # Invariants
//
//   - Ended absorbs: once a result is written, no fact changes anything but the observed generation.
//   - A fact that is old news (a repeated event, a roster with a lower sequence number, or with the same one and no later
//     time, an event of another connection) changes nothing, so its status equals the one before and nobody writes.
//   - Facts commute as far as a person can tell: whatever the order of a call's events, the outcome, the code and the
//     sub-code are the same. With any one of them missing the outcome still is; the codes may be lost with it.
//   - While status.attempt is set the callee may have been rung, or the route of an incoming call carried out. Only
//     NotPlaced, which says that this is known not to be so, removes it, and the route with it.
//   - A Call that was connected before the operator began to hang up ends as Completed; one that was not ends as
//     NoAnswer (ring time-out) or Cancelled, even if somebody answers while it is being hung up.
//   - A Call that nobody was ever connected to is never Completed, and Cancelled only when the operator cancelled it.
//   - The service's times are shown, within bounds. When to act next follows from when things were heard.
package callstate
