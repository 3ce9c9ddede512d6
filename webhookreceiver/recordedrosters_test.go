// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

// Who is in a call: numbers with gaps, twice, late, and after the end.
var recordedRosters = []recordedSession{{
	name:   "third party added and one removed",
	reason: "three legs with numbers of their own, rosters 2 s late; the last one counts, and the removed leg alone is over",
	source: recordedJava + "createVOIPCallAndAnswerThenAddParticipantFinallyRemoveParticipantAutomatedTest.json 2025-06-16", version: "2025-06-15",
	legs: []recordedLeg{
		placed(recordedWant{connected: "19:25:59", roster: "u1 u3"}),
		arrived(recordedWant{outcome: completed, connected: "19:25:59", ended: "19:26:07", result: "200/5300", roster: all}),
		invited(recordedWant{connected: "19:26:04", roster: "u1 u3"}),
	},
	steps: `2025-06-16
		B 19:25:56.0000000 IncomingCall u1 u2
		B 19:25:59.7038152 CallConnected 200/0
		A 19:25:59.8739237 CallConnected 200/0
		B 19:25:59.9219814 ParticipantsUpdated 200/0 #1 u1 u2
		A 19:25:59.9624798 ParticipantsUpdated 200/0 #1 u1 u2
		A 19:26:02.4123211 ParticipantsUpdated 200/0 #3 u1 u2
		C 19:26:02.4120000 IncomingCall u1 u3
		B 19:26:02.4124982 ParticipantsUpdated 200/0 #3 u1 u2
		C 19:26:04.7566519 CallConnected 200/0
		B 19:26:05.1378311 ParticipantsUpdated 200/0 #4 u1 u2 u3
		C 19:26:05.4990964 ParticipantsUpdated 200/0 #6 u1 u2 u3
		A 19:26:05.1378311 ParticipantsUpdated 200/0 #4 u1 u2 u3
		A 19:26:05.1364933 AddParticipantSucceeded 200/0 u3
		C 19:26:05.6180455 ParticipantsUpdated 200/0 #6 u1 u2 u3
		B 19:26:05.2596285 ParticipantsUpdated 200/0 #5 u1 u2 u3
		C 19:26:05.7318420 ParticipantsUpdated 200/0 #7 u1 u2 u3
		A 19:26:05.2621843 ParticipantsUpdated 200/0 #5 u1 u2 u3
		C 19:26:07.9049203 ParticipantsUpdated 200/0 #8 u1 u3
		A 19:26:05.4990965 ParticipantsUpdated 200/0 #6 u1 u2 u3
		B 19:26:05.4992542 ParticipantsUpdated 200/0 #6 u1 u2 u3
		A 19:26:05.6243625 ParticipantsUpdated 200/0 #7 u1 u2 u3
		B 19:26:05.6497366 ParticipantsUpdated 200/0 #7 u1 u2 u3
		A 19:26:07.8999899 RemoveParticipantSucceeded 200/0 u2
		A 19:26:07.9071145 ParticipantsUpdated 200/0 #8 u1 u3
		B 19:26:07.9714922 CallDisconnected 200/5300`,
}, {
	name:   "third party added",
	reason: "the invited leg starts at 5 and has 9 three times; the event of success comes after the roster that shows it",
	source: recordedJS + "CallConnection_Live_Tests_Add_a_participant_and_get_call_properties.json 2025-03-05", version: "2024-09-01-preview",
	legs: []recordedLeg{
		placed(recordedWant{connected: "08:58:45", roster: all}),
		arrived(recordedWant{connected: "08:58:45", roster: all}),
		invited(recordedWant{connected: "08:58:56", roster: all}),
	},
	steps: `2025-03-05
		B 08:58:42.0000000 IncomingCall u1 u2
		B 08:58:45.3375741 ParticipantsUpdated 200/0 #1 u1 u2
		A 08:58:45.3380968 ParticipantsUpdated 200/0 #1 u1 u2
		B 08:58:45.3682826 CallConnected 200/0 ctx=answer
		A 08:58:45.4007182 CallConnected 200/0 ctx=create
		B 08:58:52.2597784 ParticipantsUpdated 200/0 #3 u1 u2
		A 08:58:52.2776320 ParticipantsUpdated 200/0 #3 u1 u2
		C 08:58:52.5000000 IncomingCall u1 u3
		C 08:58:56.4795731 CallConnected 200/0 ctx=answer
		A 08:58:56.7029380 ParticipantsUpdated 200/0 #4 u1 u2 u3
		C 08:58:56.7481832 ParticipantsUpdated 200/0 #5 u1 u2 u3
		B 08:58:56.7093550 ParticipantsUpdated 200/0 #4 u1 u2 u3
		C 08:58:57.1284906 ParticipantsUpdated 200/0 #9 u1 u2 u3
		A 08:58:56.7029380 AddParticipantSucceeded 200/0 ctx=add u3
		C 08:58:57.4996507 ParticipantsUpdated 200/0 #9 u1 u2 u3
		A 08:58:57.0652019 ParticipantsUpdated 200/0 #6 u1 u2 u3
		C 08:58:57.8583245 ParticipantsUpdated 200/0 #9 u1 u2 u3
		B 08:58:57.0778883 ParticipantsUpdated 200/0 #6 u1 u2 u3`,
}, {
	name:   "third party added and muted",
	reason: "rosters of one number up to four times, some without participants or number; what they do not say stays as it was",
	source: recordedJS + "CallConnection_Live_Tests_Mute_a_participant.json 2025-03-05", version: "2024-09-01-preview",
	legs: []recordedLeg{
		placed(recordedWant{connected: "08:59:22", roster: all}),
		arrived(recordedWant{connected: "08:59:22", roster: "u1 u2 u3!"}),
		invited(recordedWant{connected: "08:59:33", roster: all}),
	},
	steps: `2025-03-05
		B 08:59:19.0000000 IncomingCall u1 u2
		B 08:59:22.3948085 CallConnected 200/0
		B 08:59:22.4104063 ParticipantsUpdated 200/0 #1 u1 u2
		A 08:59:22.4574578 ParticipantsUpdated 200/0 #1 u1 u2
		A 08:59:22.4574578 CallConnected 200/0
		A 08:59:29.1535473 ParticipantsUpdated 200/0 #1 u1 u2
		B 08:59:29.1378622 ParticipantsUpdated 200/0
		C 08:59:30.0000000 IncomingCall u1 u3
		C 08:59:33.8520282 CallConnected 200/0
		A 08:59:34.1010612 AddParticipantSucceeded 200/0 ctx=add u3
		C 08:59:34.1487277 ParticipantsUpdated 200/0 ctx=add
		A 08:59:34.1027815 ParticipantsUpdated 200/0 #4 u1 u2 u3
		C 08:59:34.5810960 ParticipantsUpdated 200/0 #6 u1 u2 u3
		B 08:59:34.1027815 ParticipantsUpdated 200/0 #4 u1 u2 u3
		C 08:59:34.9773973 ParticipantsUpdated 200/0 #10 u1 u2 u3
		B 08:59:34.4578590 ParticipantsUpdated 200/0 #6 u1 u2 u3
		C 08:59:35.3400709 ParticipantsUpdated 200/0 #10 u1 u2 u3
		A 08:59:34.4578590 ParticipantsUpdated 200/0 #6 u1 u2 u3
		C 08:59:35.7125544 ParticipantsUpdated 200/0 #10 u1 u2 u3
		B 08:59:34.8389951 ParticipantsUpdated 200/0 #6 u1 u2 u3
		C 08:59:36.0656564 ParticipantsUpdated 200/0 #10 u1 u2 u3
		A 08:59:34.8508630 ParticipantsUpdated 200/0 #6 u1 u2 u3
		C 08:59:36.4476425 ParticipantsUpdated 200/0 #13 u1 u2 u3
		A 08:59:35.2157036 ParticipantsUpdated 200/0 #10 u1 u2 u3
		C 08:59:36.8262435 ParticipantsUpdated 200/0 #13 u1 u2 u3
		B 08:59:35.2168648 ParticipantsUpdated 200/0 #10 u1 u2 u3!
		C 08:59:37.2065267 ParticipantsUpdated 200/0 #13 u1 u2 u3`,
}, {
	name:   "invitation cancelled, 487/5234",
	reason: "an event of success with a failure's codes, about an invitation: the call is none the worse for it",
	source: recordedJava + "createVOIPCallAndAnswerThenAddParticipantFinallyCancelAddParticipant.json 2025-07-12", version: "2025-06-15",
	legs: []recordedLeg{placed(recordedWant{connected: "01:16:41", roster: both}), arrived(recordedWant{connected: "01:16:41", roster: both})},
	steps: `2025-07-12
		B 01:16:38.0000000 IncomingCall u1 u2
		A 01:16:41.4383982 ParticipantsUpdated 200/0 #1 u1 u2
		B 01:16:41.4285248 ParticipantsUpdated 200/0 #1 u1 u2
		A 01:16:41.6365406 CallConnected 200/0
		B 01:16:41.5707658 CallConnected 200/0
		A 01:16:43.1410872 ParticipantsUpdated 200/0 #3 u1 u2
		B 01:16:43.1410933 ParticipantsUpdated 200/0 #3 u1 u2
		A 01:16:45.2254194 CancelAddParticipantSucceeded 487/5234 invitationId=invitation`,
}, {
	name:   "invitation cancelled, 200/5300",
	reason: "the same with the code of a removed party; a roster of an older call comes first",
	source: recordedJS + "CallConnection_Live_Tests_Add_a_participant_cancels_add_participant_request.json 2025-03-05", version: "2024-09-01-preview",
	legs: []recordedLeg{placed(recordedWant{connected: "08:59:48", roster: both}), arrived(recordedWant{connected: "08:59:47", roster: both})},
	steps: `2025-03-05
		A/old 08:59:35.5803071 ParticipantsUpdated 200/0 #10 u1 u2 u3
		B 08:59:44.0000000 IncomingCall u1 u2
		B 08:59:47.9233264 CallConnected 200/0 ctx=answer
		B 08:59:47.9390126 ParticipantsUpdated 200/0 #1 u1 u2
		A 08:59:48.0024452 ParticipantsUpdated 200/0 #1 u1 u2
		A 08:59:48.0024452 CallConnected 200/0 ctx=create
		A 08:59:52.4763810 ParticipantsUpdated 200/0 #3 u1 u2
		B 08:59:52.4613533 ParticipantsUpdated 200/0 #3 u1 u2
		A 08:59:53.9219232 CancelAddParticipantSucceeded 200/5300 ctx=cancel invitationId=invitation`,
}, {
	name:   "roster after the end",
	reason: "three rosters numbered 7, and one numbered 9 after the end, which changes nothing",
	source: recordedJava + "createACSCallAndUnmixedAudioTest.json 2025-06-16", version: "2025-06-15",
	legs: []recordedLeg{placed(recordedWant{outcome: completed, connected: "21:22:37", ended: "21:22:42", result: "200/7000", roster: both})},
	steps: `2025-06-16
		A 21:22:37.5203676 ParticipantsUpdated 200/0 #1 u1 u2
		A 21:22:37.4933451 CallConnected 200/0
		A 21:22:41.7278732 ParticipantsUpdated 200/0 #3 u1 u2
		A 21:22:41.8710059 ParticipantsUpdated 200/0 #4 u1 u2
		A 21:22:42.0163098 ParticipantsUpdated 200/0 #7 u1 u2
		A 21:22:42.1387818 ParticipantsUpdated 200/0 #7 u1 u2
		A 21:22:42.2670406 ParticipantsUpdated 200/0 #7 u1 u2
		A 21:22:42.3834387 ParticipantsUpdated 200/0 #8 u1 u2
		A 21:22:42.5697241 CallDisconnected 200/7000
		A 21:22:42.5054386 ParticipantsUpdated 200/0 #9 u1 u2`,
}, {
	name:   "recording raises the number",
	reason: "a recording that starts and stops gives a dozen rosters in which nobody comes or goes",
	source: recordedJava + "createACSCallAndStartRecordingWithCallConnectionIdTest.json 2025-05-23", version: "2024-09-01-preview",
	legs: []recordedLeg{placed(recordedWant{outcome: completed, connected: "00:39:52", ended: "00:40:09", result: "200/7000", roster: both})},
	steps: `2025-05-23
		A 00:39:52.0543927 CallConnected 200/0
		A 00:39:52.1119064 ParticipantsUpdated 200/0 #1 u1 u2
		A 00:39:57.5448979 ParticipantsUpdated 200/0 #4 u1 u2
		A 00:39:57.6729964 ParticipantsUpdated 200/0 #6 u1 u2
		A 00:39:57.7963634 ParticipantsUpdated 200/0 #6 u1 u2
		A 00:39:57.9382743 ParticipantsUpdated 200/0 #7 u1 u2
		A 00:39:58.0628679 ParticipantsUpdated 200/0 #8 u1 u2
		A 00:39:58.2049010 ParticipantsUpdated 200/0 #9 u1 u2
		A 00:39:58.3310655 ParticipantsUpdated 200/0 #10 u1 u2
		A 00:39:58.5856102 PlayStarted 200/0
		A 00:39:58.6944046 ParticipantsUpdated 200/0 #11 u1 u2
		A 00:40:02.8192571 PlayCompleted 200/0
		A 00:40:04.0525181 ParticipantsUpdated 200/0 #12 u1 u2
		A 00:40:04.6595648 ParticipantsUpdated 200/0 #13 u1 u2
		A 00:40:09.7330509 CallDisconnected 200/7000`,
}, {
	name:   "recorder's own connection",
	reason: "the recording reports with a connection that is no leg of the call, and its end before its start",
	source: recordedJS + "CallRecording_Live_Tests_Creates_a_call,_start_recording,_and_hangs_up.json 2025-03-05", version: "2024-09-01-preview",
	legs: []recordedLeg{placed(recordedWant{connected: "08:58:24", roster: both}), arrived(recordedWant{connected: "08:58:24", roster: both})},
	steps: `2025-03-05
		B 08:58:21.0000000 IncomingCall u1 u2
		B 08:58:24.5505235 ParticipantsUpdated 200/0 #1 u1 u2
		A 08:58:24.5035311 ParticipantsUpdated 200/0 #1 u1 u2
		B 08:58:24.5828865 CallConnected 200/0 ctx=answer
		A 08:58:24.6772552 CallConnected 200/0 ctx=create
		A 08:58:27.8326080 PlayStarted 200/0 ctx=play
		B 08:58:29.9759777 ParticipantsUpdated 200/0 #3 u1 u2
		A 08:58:29.9759777 ParticipantsUpdated 200/0 #3 u1 u2
		A/recorder 08:58:29.9685604 RecordingStateChanged 200/0 recordingId=recording state=inactive startDateTime=0001-01-01T00:00:00+00:00
		A/recorder 08:58:30.0465581 RecordingStateChanged 200/0 recordingId=recording state=active startDateTime=2025-03-05T08:58:29.6625123+00:00
		A 08:58:30.3526512 ParticipantsUpdated 200/0 #5 u1 u2
		B 08:58:30.3526512 ParticipantsUpdated 200/0 #4 u1 u2
		A 08:58:30.7161320 ParticipantsUpdated 200/0 #5 u1 u2
		B 08:58:30.7798001 ParticipantsUpdated 200/0 #7 u1 u2
		A 08:58:31.1066245 ParticipantsUpdated 200/0 #8 u1 u2
		B 08:58:31.1616402 ParticipantsUpdated 200/0 #7 u1 u2
		A 08:58:31.4763024 ParticipantsUpdated 200/0 #8 u1 u2
		B 08:58:31.5952691 ParticipantsUpdated 200/0 #7 u1 u2
		A 08:58:31.8432588 ParticipantsUpdated 200/0 #8 u1 u2`,
}, {
	name:   "roster that names nobody",
	reason: "a roster without participants and number says nothing, not that nobody is there",
	source: recordedJS + "CallConnection_Live_Tests_List_all_participants.json 2025-03-05", version: "2024-09-01-preview",
	legs: []recordedLeg{placed(recordedWant{connected: "08:58:28", roster: both}), arrived(recordedWant{connected: "08:58:28", roster: "unknown"})},
	steps: `2025-03-05
		B 08:58:25.0000000 IncomingCall u1 u2
		B 08:58:28.0757438 CallConnected 200/0 ctx=answer
		B 08:58:28.0757438 ParticipantsUpdated 200/0 ctx=answer
		A 08:58:28.0757438 ParticipantsUpdated 200/0 #1 u1 u2
		A 08:58:28.9557016 CallConnected 200/0 ctx=create`,
}}
