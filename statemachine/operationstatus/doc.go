// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package operationstatus is the single source of truth for how an event, a response or a poll changes the status of an operation on
// live calls. It does for operations what package callstatus does for calls: every writer of a status writes what a pure function of a
// status and a Fact returns.
//
// All kinds of operations have the same life. What a fact means to one kind only is in its implementation of operation: move.go has
// that of ParticipantMoves.
//
// # States
//
//	Pending ──Intended──► Sent ──a report or a sighting of the whole result──► Ended
//	   ▲  │                 │ │
//	   │  │                 │ └──Abandoned, Refused──► Ended
//	   │  └──TimedOut, Impossible──► Ended
//	   └────NotSent─────────┘
//
// # Invariants
//
//   - Ended is final, and so is the result of each participant of a move: the first report counts.
//   - While status.attempt is set the operation may have been carried out. Only NotSent, which says that it definitely was not,
//     removes it.
//   - A move ends when the last of its participants has a result; its outcome follows from theirs.
//   - The order of the events does not matter.
package operationstatus
