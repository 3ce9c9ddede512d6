// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package operation reconciles the operations on live calls: ParticipantMoves.
//
// All kinds of operations go through the same life, in the same code. What one kind does in its own way is its Kind, an entry of a
// table, and its implementation of operation: which Calls it is about, what it excludes, its request, and what rosters show of it.
// move.go has both for ParticipantMoves.
//
// # How an operation is carried out exactly once
//
// Operations differ from calls in two ways. First, of the operations that claim the same Call or participant only one is in flight:
// in claim, one lock covers both the check of the other operations and the write of the intent, and the check sees what this process
// wrote. Second, the service's answer says only that it has accepted the operation. Events report the result; without them, the
// rosters of the calls are polled until patience is over. The controller of Calls then polls the rosters once more, so that they are
// right even if the service's reports were lost.
package operation
