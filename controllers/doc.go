// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package controllers reconciles Calls, ParticipantMoves, CallRoutes and CallProviders.
//
// A reconciler collects the current state in an observation, asks a pure function for the next step (decide, without clock, client
// and randomness), takes that one step, and repeats until there is nothing to do but wait. Only packages callstate and movestate
// decide how a fact changes a status.
//
// # How a request is carried out exactly once
//
// The engine does this for dialling, for the action of a route, and for moves:
//
//  1. addFinalizer: from here on the object cannot be removed while what it asked for may be active.
//  2. begin writes status.attempt with the resource version that was read. If that write conflicts, another process has
//     newer information, and nothing is sent. The attempt records the object, the service and the contents of the request: see
//     package attempt.
//  3. first sends the request with the attempt's ID and first-sent time. Its outcome is made (a Call has status.connectionID then), not
//     made (the attempt is withdrawn) or unknown (the attempt stays).
//  4. If this process or a later one finds an attempt without an outcome, repeat sends the same request, with the same ID, within
//     attempt.RepeatabilityWindow. A repetition can only confirm: its errors say nothing about earlier requests. After the window the
//     object ends as OutcomeUnknown.
//  5. ensureRepetitionKnown records the repetition before it is sent, and that write can conflict too. Otherwise a process that
//     lost its lease without noticing could get "not made" for its first request, withdraw the attempt, and make a second one for a
//     call that another process's repetition has placed.
//  6. A repetition is exactly the recorded request, and goes only to the recorded service. No other service is asked about a placed
//     call. An object that carries another object's attempt never acts.
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
//
// # How participants are moved exactly once
//
// Moves differ in two ways. First, only one move at a time is in flight for a source Call and for a participant: in claim, one lock
// covers both the check of the other moves and the write of the intent, and the check sees what this process wrote. Second, the service's answer says only that it has accepted the move. Events
// report the result for each participant; without them, the rosters of both calls are polled until movePatience is over. The
// controller of Calls then polls the rosters once more, so that they are right even if the service's reports were lost.
package controllers
