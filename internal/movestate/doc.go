// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package movestate is the single source of truth for how an event, a response or a poll changes a ParticipantMove's
// status. It does for moves what package callstate does for calls: Apply is a pure function of a status and a Fact, and
// every writer of a status writes what Apply returns.
//
// # States
//
//	Pending ──Intended──► Moving ──a report or a sighting of each participant──► Ended
//	   ▲  │                 │ │
//	   │  │                 │ └──Abandoned, Refused──► Ended
//	   │  └──TimedOut, Impossible──► Ended
//	   └────NotSent─────────┘
//
// # Invariants
//
//   - Ended is final, and so is the result of each participant: the first report counts.
//   - While status.attempt is set the participants may have been moved. Only NotSent, which says that they definitely
//     were not, removes it.
//   - A move ends when the last of its participants has a result; its outcome follows from theirs.
//   - The order of the events does not matter.
package movestate
