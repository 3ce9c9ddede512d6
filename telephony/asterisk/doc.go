// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package asterisk is the adapter for Asterisk: package telephony's words on one side, Asterisk's REST interface (package ari) on the
// other.
//
// # What a call is
//
// A call's connection is the ID of its own channel: the leg to the callee, or the incoming one. As soon as a second party joins, or
// something is played or recorded, a bridge connects who is there: [BridgeOf]. Its ID is another one than the channel's, since Asterisk
// reports the events of only one of two things that have one ID.
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
// # What is played, and listened for
//
// Each operation notes what it asks for before it begins, and each event names the operation in the ID of a playback, a recording or a
// channel ([OperationID]). So the process that hears an event needs no memory: the last one may have been heard by another.
//
//   - VariableMedia, on the bridge or the channel that is played to or listened to, has what was last asked for there. The manager writes it.
//   - VariableStopped, on the bridge, has the attempts that were stopped last. The manager writes it before it stops them: Asterisk reports
//     the end of what was stopped like any other end.
//   - VariableProgress, on the bridge, has how far the last question has come. Only who hears the events writes it, in their order.
//
// A channel takes no request while something is played to it alone, but for the end of that. So what everybody may hear is played to the
// bridge, which always takes requests, and what is written during a playback is written to the bridge.
//
// A question is in one of these states:
//
//	prompt ──its end──► wait 0 ──key──► wait 1 ──key──► … ──► over
//	   └──key (unless keys are ignored)────▲
//
// It is over after the last key, after a stop tone (Completed), when a wait is over (NoInput), or when the prompt could not be played
// (Failed). A wait is some seconds of silence that Asterisk plays to the bridge: its end is an event, which Asterisk keeps while nobody
// listens, so no process has a timer. The ID of a wait has the number of keys before it, so that the end of an earlier one says nothing.
//
// A key belongs to the question that its own event names: what the channel listened for when the key was pressed. If that is over or
// another one was asked since, the key is dropped. What was written and not reported is reported when the wait ends once more: Remind has
// it end.
//
// # Who is called into a call
//
// The channel has the attempt's ID, and rings once as above. It has no key of a Call, so that its events are about no Call; VariableInvite
// names the operation and the call. When its phone is answered, it enters the call's bridge. When the call is over, it is hung up.
//
// # What is not promised
//
// A key that was sent to a receiver that dies before it has written it is lost. Whether a transfer succeeded is not reported.
//
// A manager that dies between the mark and the dialling, or a request to dial that is lost on its way, leaves a channel that rings nobody
// until its ring time-out. Two processes that find a channel without its mark at the same moment may both dial it: one invitation leaves,
// and the call ends.
//
// Nothing survives a restart of Asterisk. A call that was dialled before the restart, and whose channel is gone, is over.
package asterisk
