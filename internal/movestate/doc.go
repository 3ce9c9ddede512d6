// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package movestate is the one truth about what an event, a response or a poll means for a ParticipantMove's status.
// It is to moves what package callstate is to calls: Apply is a pure function of a status and a Fact, and whoever writes
// a status writes what Apply returns.
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
//   - Ended absorbs, and so does what became of one participant: the first news of it stands.
//   - While status.attempt is set the participants may have been moved. Only NotSent, which says that this is known not
//     to be so, removes it.
//   - A move ends when the last of its participants has an end; its outcome follows from theirs.
//   - The order of the events makes no difference.
package movestate
