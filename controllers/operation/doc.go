// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package operation reconciles the operations on live calls: ParticipantMoves.
//
// # How participants are moved exactly once
//
// Moves differ in two ways. First, only one move at a time is in flight for a source Call and for a participant: in claim, one lock
// covers both the check of the other moves and the write of the intent, and the check sees what this process wrote. Second, the service's answer says only that it has accepted the move. Events
// report the result for each participant; without them, the rosters of both calls are polled until movePatience is over. The
// controller of Calls then polls the rosters once more, so that they are right even if the service's reports were lost.
package operation
