// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import "github.com/call-operator/call-operator/api/v1alpha1"

// How calls end.
var recordedEnds = []recordedSession{{
	name:   "declined, 200/5002",
	reason: "both final events have a success code, the one with the later time first; nobody ever answered",
	source: recordedJava + "createVOIPCallAndRejectAutomatedTest.json 2025-06-16", version: "2025-06-15",
	legs: []recordedLeg{placed(recordedWant{outcome: neverAnswered, ended: "21:17:25", result: "200/5002", roster: "unknown"})},
	steps: `2025-06-16
		A 21:17:25.4548513 CallDisconnected 200/5002
		A 21:17:25.4542734 CreateCallFailed 200/5002`,
}, {
	name:   "declined, no result",
	reason: "one event and no result is all that comes of a declined call",
	source: recordedJava + "createVOIPCallAndRejectAutomatedTest.json 2024-08-06", version: "2024-06-15-preview",
	legs: []recordedLeg{placed(recordedWant{outcome: neverAnswered, ended: "20:33:28", result: "0/0", roster: "unknown"})},
	steps: `2024-08-06
		A 20:33:28.3876486 CallDisconnected`,
}, {
	name:   "declined, no result JS",
	reason: "the same from another SDK, with an operation context",
	source: recordedJS + "Call_Automation_Main_Client_Live_Tests_Reject_call.txt 2024-07-09", version: "2024-06-15-preview",
	legs: []recordedLeg{placed(recordedWant{outcome: neverAnswered, ended: "06:42:05", result: "0/0", roster: "unknown"})},
	steps: `2024-07-09
		A 06:42:05.7206196 CallDisconnected ctx=create`,
}, {
	name:   "declined, 603",
	reason: "here the code says so, in both events; only one of them has the operation context",
	source: recordedJS + "Call_Automation_Main_Client_Live_Tests_Reject_call.json 2025-03-05", version: "2024-09-01-preview",
	legs: []recordedLeg{placed(recordedWant{outcome: v1alpha1.OutcomeDeclined, ended: "08:58:50", result: "603/0", roster: "unknown"})},
	steps: `2025-03-05
		A 08:58:50.0629553 CallDisconnected 603/0 ctx=create
		A 08:58:50.0623639 CreateCallFailed 603/0`,
}, {
	name:   "hung up by one side",
	reason: "who hangs up has 7000, the other side 5001: both have talked",
	source: recordedJava + "createVOIPCallAndAnswerThenHangupAutomatedTest.json 2025-06-16", version: "2025-06-15",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "18:38:11", ended: "18:38:14", result: "200/5001", roster: both}),
		arrived(recordedWant{outcome: completed, connected: "18:38:11", ended: "18:38:13", result: "200/7000", roster: both}),
	},
	steps: `2025-06-16
		B 18:38:08.4000000 IncomingCall u1 u2
		B 18:38:11.4159110 CallConnected 200/0
		A 18:38:11.6541618 CallConnected 200/0
		A 18:38:11.6719487 ParticipantsUpdated 200/0 #1 u1 u2
		B 18:38:11.7089134 ParticipantsUpdated 200/0 #1 u1 u2
		B 18:38:13.9945099 CallDisconnected 200/7000
		A 18:38:14.0537371 CallDisconnected 200/5001`,
}, {
	name:   "hung up, no results",
	reason: "the same without results",
	source: recordedJava + "createVOIPCallAndAnswerThenHangupAutomatedTest.json 2024-08-05", version: "2024-06-15-preview",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "18:49:44", ended: "18:49:46", result: "0/0", roster: both}),
		arrived(recordedWant{outcome: completed, connected: "18:49:44", ended: "18:49:46", result: "0/0", roster: both}),
	},
	steps: `2024-08-05
		B 18:49:41.0000000 IncomingCall u1 u2
		A 18:49:44.7605811 ParticipantsUpdated #1 u1 u2
		A 18:49:44.7605811 CallConnected
		B 18:49:44.8517811 CallConnected
		B 18:49:44.8512255 ParticipantsUpdated #1 u1 u2
		A 18:49:46.4498024 CallDisconnected
		B 18:49:46.5023104 CallDisconnected`,
}, {
	name:   "hung up, one leg of 2023",
	reason: "the oldest form: no version, no results",
	source: recordedPython + "test_create_VOIP_call_and_answer_then_hangup.txt 2023-06-13",
	legs:   []recordedLeg{placed(recordedWant{outcome: completed, connected: "21:09:26", ended: "21:10:10", result: "0/0", roster: both})},
	steps: `2023-06-13
		A 21:09:26.9711272 ParticipantsUpdated #1 u1 u2
		A 21:09:26.9711272 CallConnected
		A 21:10:10.8500098 CallDisconnected`,
}, {
	name:   "hung up, roster before connection",
	reason: "the rosters of both legs come before either is connected",
	source: recordedJS + "Call_Automation_Main_Client_Live_Tests_answer_call_with_custom_context_and_hangup.json 2025-03-05", version: "2024-09-01-preview",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "08:58:37", ended: "08:58:40", result: "200/7000", roster: both}),
		arrived(recordedWant{outcome: completed, connected: "08:58:37", ended: "08:58:40", result: "200/5001", roster: both}),
	},
	steps: `2025-03-05
		B 08:58:34.0000000 IncomingCall u1 u2
		B 08:58:37.6980507 ParticipantsUpdated 200/0 #1 u1 u2
		A 08:58:37.7117307 ParticipantsUpdated 200/0 #1 u1 u2
		B 08:58:37.7137004 CallConnected 200/0 ctx=answer
		A 08:58:37.9243417 CallConnected 200/0 ctx=create
		A 08:58:40.3288766 CallDisconnected 200/7000 ctx=create
		B 08:58:40.3883301 CallDisconnected 200/5001 ctx=answer`,
}, {
	name:   "hung up, roster before connection, Java",
	reason: "the same from another SDK",
	source: recordedJava + "createVOIPCallAndAnswerWithCustomContextThenHangupAutomatedTest.json 2025-07-15", version: "2024-09-01-preview",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "10:35:09", ended: "10:35:12", result: "200/7000", roster: both}),
		arrived(recordedWant{outcome: completed, connected: "10:35:09", ended: "10:35:12", result: "200/5001", roster: both}),
	},
	steps: `2025-07-15
		B 10:35:06.0000000 IncomingCall u1 u2
		B 10:35:09.5325158 ParticipantsUpdated 200/0 #1 u1 u2
		A 10:35:09.5149969 ParticipantsUpdated 200/0 #1 u1 u2
		A 10:35:09.5992743 CallConnected 200/0
		B 10:35:09.6311844 CallConnected 200/0
		A 10:35:12.4440669 CallDisconnected 200/7000
		B 10:35:12.4750845 CallDisconnected 200/5001`,
}, {
	name:   "contexts swapped",
	reason: "each end has the operation context of the other leg: the connection decides whose end it is",
	source: recordedJS + "Call_Media_Client_Live_Tests_Cancel_all_media_operations.json 2025-03-05", version: "2024-09-01-preview",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "08:59:05", ended: "08:59:08", result: "200/7000", roster: both}),
		arrived(recordedWant{outcome: completed, connected: "08:59:05", ended: "08:59:08", result: "200/5001", roster: both}),
	},
	steps: `2025-03-05
		B 08:59:02.0000000 IncomingCall u1 u2
		B 08:59:05.1326826 CallConnected 200/0 ctx=attempt-B
		B 08:59:05.1326826 ParticipantsUpdated 200/0 #1 u1 u2
		A 08:59:05.1443971 CallConnected 200/0 ctx=attempt-A
		A 08:59:05.1287881 ParticipantsUpdated 200/0 #1 u1 u2
		A 08:59:06.9791870 PlayCanceled 400/8508 ctx=play
		A 08:59:08.1645465 CallDisconnected 200/7000 ctx=attempt-B
		B 08:59:08.1866783 CallDisconnected 200/5001 ctx=attempt-A`,
}, {
	name:   "a third leg ends all",
	reason: "a leg that joins by connect starts at roster 2, and ends the other two with it",
	source: recordedJava + "createVOIPCallAndConnectCallTest.json 2025-06-16", version: "2025-06-15",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "18:43:32", ended: "18:43:38", result: "200/5001", roster: both}),
		arrived(recordedWant{outcome: completed, connected: "18:43:32", ended: "18:43:38", result: "200/5001", roster: both}),
		joined(recordedWant{outcome: completed, connected: "18:43:37", ended: "18:43:38", result: "200/7000", roster: both}),
	},
	steps: `2025-06-16
		B 18:43:29.0000000 IncomingCall u1 u2
		B 18:43:32.5419567 CallConnected 200/0
		A 18:43:32.5070726 CallConnected 200/0
		B 18:43:32.7081650 ParticipantsUpdated 200/0 #1 u1 u2
		A 18:43:32.7189161 ParticipantsUpdated 200/0 #1 u1 u2
		C 18:43:37.0191719 CallConnected 200/0
		C 18:43:37.0167001 ParticipantsUpdated 200/0 #2 u1 u2
		C 18:43:37.1917215 ParticipantsUpdated 200/0 #3 u1 u2
		C 18:43:38.7896745 CallDisconnected 200/7000
		A 18:43:38.8293958 CallDisconnected 200/5001
		B 18:43:38.8658432 CallDisconnected 200/5001`,
}, {
	name:   "a third leg without a roster",
	reason: "a call that ends soon may never say who is in it",
	source: recordedJava + "createVOIPCallAndConnectCallTest.json 2024-07-26", version: "2024-06-15-preview",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "16:20:10", ended: "16:20:15", result: "0/0", roster: both}),
		arrived(recordedWant{outcome: completed, connected: "16:20:10", ended: "16:20:15", result: "0/0", roster: both}),
		joined(recordedWant{outcome: completed, connected: "16:20:14", ended: "16:20:15", result: "0/0", roster: "unknown"}),
	},
	steps: `2024-07-26
		B 16:20:07.0000000 IncomingCall u1 u2
		A 16:20:10.4135743 ParticipantsUpdated #1 u1 u2
		A 16:20:10.4135743 CallConnected
		B 16:20:10.4930667 CallConnected
		B 16:20:10.4930667 ParticipantsUpdated #1 u1 u2
		C 16:20:14.6899351 CallConnected
		C 16:20:15.2075060 CallDisconnected
		B 16:20:15.2390612 CallDisconnected
		A 16:20:15.2697479 CallDisconnected`,
}, {
	name:   "one removed, the last one left",
	reason: "the removed side has 5300 and the one that is left alone 5002; a roster of an older call comes first",
	source: recordedJS + "CallConnection_Live_Tests_Remove_a_participant.json 2025-03-05", version: "2024-09-01-preview",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "08:59:08", ended: "08:59:11", result: "200/5002", roster: both}),
		arrived(recordedWant{outcome: completed, connected: "08:59:08", ended: "08:59:11", result: "200/5300", roster: both}),
	},
	steps: `2025-03-05
		A/old 08:58:58.2206262 ParticipantsUpdated 200/0 #9 u1 u2 u3
		B 08:59:05.5000000 IncomingCall u1 u2
		B 08:59:08.5665837 ParticipantsUpdated 200/0 #1 u1 u2
		A 08:59:08.5806261 ParticipantsUpdated 200/0 #1 u1 u2
		B 08:59:08.5963163 CallConnected 200/0 ctx=answer
		A 08:59:08.6599704 CallConnected 200/0 ctx=create
		A 08:59:11.3331906 RemoveParticipantSucceeded 200/0 ctx=remove u2
		B 08:59:11.3600578 CallDisconnected 200/5300 ctx=answer
		A 08:59:11.3947610 CallDisconnected 200/5002 ctx=create`,
}, {
	name:   "one removed, whose end does not come",
	reason: "the end of one leg says nothing of the other",
	source: recordedJS + "CallConnection_Live_Tests_Remove_a_participant.txt 2024-07-09", version: "2024-06-15-preview",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "06:42:31", ended: "06:42:33", result: "0/0", roster: both}),
		arrived(recordedWant{connected: "06:42:31", roster: both}),
	},
	steps: `2024-07-09
		B 06:42:28.0000000 IncomingCall u1 u2
		B 06:42:31.8774781 CallConnected ctx=answer
		B 06:42:31.9038723 ParticipantsUpdated #1 u1 u2
		A 06:42:31.9495410 ParticipantsUpdated #1 u1 u2
		A 06:42:31.9495410 CallConnected ctx=create
		A 06:42:33.6049860 RemoveParticipantSucceeded ctx=remove u2
		A 06:42:33.6776723 CallDisconnected ctx=create`,
}}
