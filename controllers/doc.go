// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package controllers reconciles Calls, ParticipantMoves, CallRoutes and CallProviders.
//
// A reconciler gathers what it sees into an observation, asks a pure function what to do (decide, without clock,
// client and randomness), does that one thing, and looks again, until there is nothing to do but wait. What a thing
// means for a status is said by packages callstate and movestate alone.
//
// # How a call is placed exactly once
//
//  1. addFinalizer: from here on the Call cannot vanish while a call lives.
//  2. ensureIntent: status.attempt is written with the resource version that was read. When that write loses, somebody
//     knows something newer, and nothing is sent.
//     The attempt records for which object and to which service the request is sent, and what it says: package attempt.
//  3. createCall is sent with the attempt's ID and first-sent time. Its outcome is made (status.connectionID is
//     written), not made (the attempt is taken back) or unknown (the attempt stays).
//  4. A Call that is found with an attempt and no connection ID, by this process or the next, has the same request
//     repeated, with the same ID, inside RepeatabilityWindow. A repetition can only confirm: no error that it meets
//     says anything about the earlier ones. After the window the Call ends as OutcomeUnknown.
//  5. ensureRepetitionKnown: that a request is repeated is written before it is, and that write can lose too. Otherwise
//     a process that lost its lease without noticing could be told "not made" of its first sending, take the attempt
//     back, and make a second one of a call that the repetition of another process has placed.
//  6. A repetition is the request that the attempt records, and goes to the service that it names or nowhere; nor is another
//     service asked about a call that was placed. An object that carries another object's attempt never acts.
//
// # How an incoming call is taken exactly once
//
//  1. The webhook receiver makes the Call, with a finalizer, and the Secret with the context, without which nothing can be
//     done with the call. The Call is named after the event, so that a repeated event makes no second one.
//  2. chooseRoute asks package callroute. While it is not known whether a Call of ours placed the call, no route that
//     depends on it, and none after it, takes the call.
//  3. ensureRouted writes the attempt and what the route says, as ensureIntent does for a dial; the request is sent and
//     repeated as there.
//  4. conclude deletes the Secret and counts the call for its route, and only then takes the annotation off the Call
//     that says that this is still to be done. It is done again after a crash at any point, to the same end.
//
// # How participants are moved exactly once
//
// As a call is placed, at the provider that the move's attempt names, with two differences. One move at a time is in flight for a source Call and for a participant: the
// look at the other moves and the write of the intent are under one lock, and the look sees what this process wrote.
// And the service's answer says only that it has taken the move; what became of each participant is told by events, or
// by the rosters of both calls, which are asked until movePatience is over. Who is in the Calls is then asked once more
// by the controller of Calls, so that their rosters are right when the service's reports of them were lost.
package controllers
