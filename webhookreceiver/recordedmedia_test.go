// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

// What operations of other people's apps in a call do to it: nothing, but for who is muted or on hold.
var recordedMedia = []recordedSession{{
	name:   "hold and unhold",
	reason: "there is no event of its own; the rosters of both legs show it",
	source: recordedJava + "holdUnholdParticipantInACallTest.json 2025-06-16", version: "2025-06-15",
	legs: []recordedLeg{placed(recordedWant{connected: "20:54:42", roster: both}), arrived(recordedWant{connected: "20:54:42", roster: both})},
	steps: `2025-06-16
		B 20:54:39.0000000 IncomingCall u1 u2
		B 20:54:42.9321364 CallConnected 200/0
		A 20:54:42.9951739 CallConnected 200/0
		A 20:54:43.1267698 ParticipantsUpdated 200/0 #1 u1 u2
		B 20:54:43.1318916 ParticipantsUpdated 200/0 #1 u1 u2
		A 20:54:45.9912879 ParticipantsUpdated 200/0 #3 u1 u2~
		B 20:54:45.9913969 ParticipantsUpdated 200/0 #3 u1 u2~
		A 20:54:49.5495821 ParticipantsUpdated 200/0 #5 u1 u2
		B 20:54:49.5583442 ParticipantsUpdated 200/0 #5 u1 u2`,
}, {
	name:   "hold that fails",
	reason: "the roster shows the hold before its failure is reported, and its end afterwards",
	source: recordedJS + "Call_Media_Client_Live_Tests_Hold_Unhold_participant_in_a_call.json 2025-03-05", version: "2024-09-01-preview",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "09:02:40", ended: "09:02:54", result: "200/7000", roster: both}),
		arrived(recordedWant{outcome: completed, connected: "09:02:40", ended: "09:02:54", result: "200/5001", roster: both}),
	},
	steps: `2025-03-05
		B 09:02:37.0000000 IncomingCall u1 u2
		B 09:02:39.9736535 ParticipantsUpdated 200/0 #1 u1 u2
		A 09:02:39.9736535 ParticipantsUpdated 200/0 #1 u1 u2
		B 09:02:40.0987597 CallConnected 200/0
		A 09:02:40.1306613 CallConnected 200/0
		B 09:02:44.5397404 ParticipantsUpdated 200/0 #3 u1 u2~
		A 09:02:44.5397404 ParticipantsUpdated 200/0 #3 u1 u2~
		A 09:02:48.0427406 ParticipantsUpdated 200/0 #5 u1 u2
		B 09:02:48.0427406 ParticipantsUpdated 200/0 #5 u1 u2
		A 09:02:51.8709893 ParticipantsUpdated 200/0 #7 u1 u2~
		B 09:02:51.8709893 ParticipantsUpdated 200/0 #7 u1 u2~
		A 09:02:52.8433672 HoldFailed 400/8535 ctx=hold
		B 09:02:52.8589879 ParticipantsUpdated 200/0 #9 u1 u2
		A 09:02:52.8589879 ParticipantsUpdated 200/0 #9 u1 u2
		A 09:02:54.1603553 CallDisconnected 200/7000
		B 09:02:54.1794698 CallDisconnected 200/5001`,
}, {
	name:   "music on hold interrupted",
	reason: "a cancelled announcement has a failure's codes, and the call continues",
	source: recordedJava + "interruptAudioAndAnnounceToholdParticipantInACallTest.json 2025-03-05", version: "2024-09-01-preview",
	legs: []recordedLeg{placed(recordedWant{connected: "09:32:25", roster: both}), arrived(recordedWant{connected: "09:32:25", roster: both})},
	steps: `2025-03-05
		B 09:32:22.0000000 IncomingCall u1 u2
		A 09:32:25.8427220 ParticipantsUpdated 200/0 #1 u1 u2
		B 09:32:25.8427220 ParticipantsUpdated 200/0 #1 u1 u2
		B 09:32:25.9316162 CallConnected 200/0
		A 09:32:25.9366836 CallConnected 200/0
		A 09:32:30.3453902 ParticipantsUpdated 200/0 #3 u1 u2~
		B 09:32:30.3432027 ParticipantsUpdated 200/0 #3 u1 u2~
		A 09:32:34.4471303 PlayStarted 200/0
		A 09:32:37.5545238 PlayCanceled 400/8508
		A 09:32:37.6635913 ParticipantsUpdated 200/0 #5 u1 u2
		B 09:32:37.6635913 ParticipantsUpdated 200/0 #5 u1 u2`,
}, {
	name:   "play to one party",
	reason: "the other one counts as on hold while it lasts",
	source: recordedJava + "playMultipleTextSourcesWithPlayMediaTest.json 2025-06-16", version: "2025-06-15",
	legs: []recordedLeg{placed(recordedWant{connected: "20:51:32", roster: both}), arrived(recordedWant{connected: "20:51:32", roster: both})},
	steps: `2025-06-16
		B 20:51:29.0000000 IncomingCall u1 u2
		B 20:51:32.0712239 CallConnected 200/0
		A 20:51:32.3102608 CallConnected 200/0
		A 20:51:32.3199406 ParticipantsUpdated 200/0 #1 u1 u2
		B 20:51:32.3243809 ParticipantsUpdated 200/0 #1 u1 u2
		A 20:51:36.6126901 ParticipantsUpdated 200/0 #4 u1 u2~
		B 20:51:36.6094084 ParticipantsUpdated 200/0 #4 u1 u2~
		A 20:51:37.5031529 PlayStarted 200/0
		A 20:51:41.9573712 PlayCompleted 200/0
		B 20:51:42.0196840 ParticipantsUpdated 200/0 #5 u1 u2
		A 20:51:42.0229714 ParticipantsUpdated 200/0 #5 u1 u2`,
}, {
	name:   "play to one party fails",
	reason: "a failed operation is not a failed call",
	source: recordedJS + "Call_Media_Client_Live_Tests_Play_wrong_source_with_play.json 2025-03-05", version: "2024-09-01-preview",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "09:02:09", ended: "09:02:16", result: "200/7000", roster: both}),
		arrived(recordedWant{outcome: completed, connected: "09:02:09", ended: "09:02:16", result: "200/5001", roster: both}),
	},
	steps: `2025-03-05
		B 09:02:06.0000000 IncomingCall u1 u2
		B 09:02:09.7780996 CallConnected 200/0 ctx=answer
		A 09:02:09.7780996 ParticipantsUpdated 200/0 #1 u1 u2
		B 09:02:09.7780996 ParticipantsUpdated 200/0 #1 u1 u2
		A 09:02:09.8244379 CallConnected 200/0 ctx=create
		B 09:02:13.8808724 ParticipantsUpdated 200/0 #3 u1~ u2
		A 09:02:13.8808724 ParticipantsUpdated 200/0 #3 u1~ u2
		A 09:02:14.8558433 PlayFailed 400/8535 ctx=play
		A 09:02:14.8709073 ParticipantsUpdated 200/0 #5 u1 u2
		B 09:02:14.8709073 ParticipantsUpdated 200/0 #5 u1 u2
		A 09:02:16.2348820 CallDisconnected 200/7000 ctx=create
		B 09:02:16.2720073 CallDisconnected 200/5001 ctx=answer`,
}, {
	name:   "play to all",
	reason: "it changes nothing that the call shows",
	source: recordedJava + "playMediaInACallAutomatedTest.json 2025-06-16", version: "2025-06-15",
	legs: []recordedLeg{placed(recordedWant{connected: "20:54:05", roster: both}), arrived(recordedWant{connected: "20:54:05", roster: both})},
	steps: `2025-06-16
		B 20:54:02.0000000 IncomingCall u1 u2
		B 20:54:05.5275931 CallConnected 200/0
		A 20:54:05.7592747 ParticipantsUpdated 200/0 #1 u1 u2
		B 20:54:05.7637715 ParticipantsUpdated 200/0 #1 u1 u2
		A 20:54:05.7939381 CallConnected 200/0
		A 20:54:07.6267181 PlayStarted 200/0
		A 20:54:11.8244585 PlayCompleted 200/0`,
}, {
	name:   "media streaming",
	reason: "it changes nothing that the call shows",
	source: recordedJava + "createVOIPCallAndMediaStreamingTest.json 2025-06-16", version: "2025-06-15",
	legs: []recordedLeg{placed(recordedWant{connected: "20:54:23", roster: both}), arrived(recordedWant{connected: "20:54:23", roster: both})},
	steps: `2025-06-16
		B 20:54:20.0000000 IncomingCall u1 u2
		B 20:54:23.6382133 CallConnected 200/0
		B 20:54:23.7926479 ParticipantsUpdated 200/0 #1 u1 u2
		A 20:54:23.7901561 ParticipantsUpdated 200/0 #1 u1 u2
		A 20:54:23.7604597 CallConnected 200/0
		A 20:54:25.4247137 MediaStreamingStarted 200/0
		A 20:54:26.5199882 MediaStreamingStopped 200/0`,
}, {
	name:   "transcription",
	reason: "it changes nothing that the call shows",
	source: recordedJava + "createVOIPCallAndTranscriptionTest.json 2025-06-16", version: "2025-06-15",
	legs: []recordedLeg{placed(recordedWant{connected: "20:55:04", roster: both}), arrived(recordedWant{connected: "20:55:04", roster: both})},
	steps: `2025-06-16
		B 20:55:01.0000000 IncomingCall u1 u2
		B 20:55:04.2645517 CallConnected 200/0
		A 20:55:04.3809241 CallConnected 200/0
		A 20:55:04.4573877 ParticipantsUpdated 200/0 #1 u1 u2
		B 20:55:04.4556769 ParticipantsUpdated 200/0 #1 u1 u2
		A 20:55:06.1713504 TranscriptionStarted 200/0
		A 20:55:09.0934204 TranscriptionStopped 200/0`,
}}
