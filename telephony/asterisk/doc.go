// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package asterisk is the adapter for Asterisk: package telephony's words on one side, Asterisk's REST interface (package ari) on the
// other.
//
// # What a call is
//
// A call's connection is the ID of its own channel: the leg to the callee, or the incoming one. As soon as a second party joins, a
// bridge with the same ID connects them. Until then there is nobody to hear.
//
// # How a phone rings once
//
// Asterisk does not recognise a repetition: an ID can be used again as soon as its channel has ended. So Dial has three steps:
//
//  1. Create a channel whose ID is the attempt's. It rings nobody. Another process that does the same gets 409.
//  2. Commit: the attempt's record says that the phone may ring from now on. Of two processes only one succeeds in writing it.
//  3. Mark the channel, and dial it, once.
//
// After a crash before step 2 everything begins again, with the same ID. After step 2 nothing is created any more: the channel is looked
// up. If it is there with its mark, it is the call. If it is there without its mark, it is dialled: however often a channel is dialled, at
// most one invitation leaves Asterisk. If it is not there, events may still tell what became of it.
//
// # What is not promised
//
// A manager that dies between the mark and the dialling, or a request to dial that is lost on its way, leaves a channel that rings nobody
// until its ring time-out. Two processes that find a channel without its mark at the same moment may both dial it: one invitation leaves,
// and the call ends.
//
// Nothing survives a restart of Asterisk. A call that was dialled before the restart, and whose channel is gone, is over.
package asterisk
