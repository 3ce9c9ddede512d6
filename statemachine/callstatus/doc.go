// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package callstatus is the single source of truth for how an event, a response or a poll changes a Call's status.
//
// Apply is a pure function of a status and a Fact. The manager and the webhook receiver both write statuses, and both write
// only what Apply returns, so it does not matter which of them learns of a fact first.
//
// # States
//
//	Pending ──Intended──► Dialing ──CallConnected──► Connected ──EndingBegun──► Ending ──► Ended
//	   ▲                     │ │                                                   ▲
//	   └────NotPlaced────────┘ └──EndingBegun (ring time-out, spec, deletion)──────┘
//	Ringing (inbound) ──Routed, CallConnected──► Connected
//	Ringing (inbound) ──Routed, RedirectedOrRejected; RingOver; or 30 s without any of them──► Ended
//
// Every state has an edge to Ended: CallDisconnected, CreateCallFailed, a refusal, a poll that finds nothing.
//
// # How a call ended
//
// The outcome and its message depend on three things: whether the call was connected, whether the operator had begun to hang up,
// and the cause that the service reported. It does not matter which event reports the end. So the two final
// events of an unanswered call, CallDisconnected and CreateCallFailed, give the same result in either order and each alone.
// Proof of a connection is CallConnected, a roster of two, or a poll that finds the call connected.
//
// One case has to wait. Events arrive in any order, so CallDisconnected with a success code may arrive before CallConnected.
// Without proof of a connection it does not end the call yet: it is stored in status.reportedEnd, and the call is Ending.
// Later proof, or CreateCallFailed, which proves the contrary, ends the call at once. Without either, the manager ends it
// after a few seconds (Settled), as does a poll that finds nothing (Gone). Anything after that is too late.
//
// # Incoming calls that nobody answered
//
// A service may report that a call no longer rings (telephony.RingOver). Why is not always known: the caller hung up, or a request of
// ours ended the ring. So what the report does depends on what was requested:
//
//	nothing yet                the call ends as Missed
//	an answer                  the same; or as Cancelled, if the operator had begun to hang up
//	a redirection, rejection   nothing: the answer to the request ends the call, as Redirected or Rejected if the request was carried
//	                           out, as Missed if there was nothing left to redirect or reject
//	connected, or Ended        nothing: it is old news
//
// The attempt is written before its request is sent, so no report of the ring that a request ended can find a status without it.
//
// # Invariants
//
//   - Ended is final: once a result is written, no fact changes anything but the observed generation and, until it has ended too, the flow
//     with the events that are about it.
//   - An outdated fact (a repeated event, a roster with a lower sequence number, or with the same one and no later time, an
//     event of another connection) changes nothing, so the status stays equal and no write happens.
//   - Facts commute as far as users can see: the outcome, the code and the sub-code do not depend on the order of a call's
//     events. If any one event is missing, the outcome is still the same; the codes may be lost.
//   - While status.attempt is set the callee may have been rung, or the route of an incoming call carried out. Only
//     NotPlaced, which says that this definitely did not happen, removes it, and the route with it.
//   - A Call that was connected before the operator began to hang up ends as Completed; one that was not ends as
//     NoAnswer (ring time-out) or Cancelled, even if somebody answers while it is being hung up.
//   - A Call that was never connected is never Completed, and is Cancelled only if the operator cancelled it.
//   - Status shows the service's times, within bounds. Deadlines are computed from the time at which a fact was received.
package callstatus
