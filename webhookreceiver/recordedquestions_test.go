// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

// Questions, and announcements that are stopped or fail in the middle. None of them changes what the call shows. No public recording has
// an answer to a question: nobody speaks or presses a key in them.
var recordedQuestions = []recordedSession{{
	name:   "question about keys, nobody presses one",
	reason: "the prompt is a file, and its beginning is not reported",
	source: recordedNet + "CallMediaAutomatedLiveTests/DtmfRecognizeWithMultipleFileSourcesTest.json 2025-07-15", version: "2024-09-01-preview",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "09:27:18", ended: "09:27:35", result: "200/7000", roster: both}),
		arrived(recordedWant{outcome: completed, connected: "09:27:18", ended: "09:27:36", result: "200/7000", roster: both}),
	},
	steps: `2025-07-15
		B 09:27:15.0000000 IncomingCall u1 u2
		B 09:27:18.7649703 CallConnected 200/0
		A 09:27:18.8348596 CallConnected 200/0
		B 09:27:19.0279341 ParticipantsUpdated 200/0 #1 u1 u2
		A 09:27:19.0553638 ParticipantsUpdated 200/0 #1 u1 u2
		A 09:27:34.4805783 RecognizeFailed 400/8510 ctx=question
		A 09:27:35.9790861 CallDisconnected 200/7000
		B 09:27:36.0425789 CallDisconnected 200/7000`,
}, {
	name:   "question with choices, nobody answers",
	reason: "the beginning of the prompt is reported, with the question's context; the other leg's end is not",
	source: recordedNet + "CallMediaAutomatedLiveTests/ChoiceRecognizeWithMultipleTextSourcesTest.json 2025-07-17", version: "2025-08-15-preview",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "05:24:24", ended: "05:24:40", result: "200/7000", roster: both}),
		arrived(recordedWant{connected: "05:24:24", roster: both}),
	},
	steps: `2025-07-17
		B 05:24:21.0000000 IncomingCall u1 u2
		A 05:24:24.5097484 ParticipantsUpdated 200/0 #1 u1 u2
		B 05:24:24.5064439 ParticipantsUpdated 200/0 #1 u1 u2
		B 05:24:24.6301492 CallConnected 200/0
		A 05:24:24.6536429 CallConnected 200/0
		A 05:24:30.2946402 PlayStarted 200/0 ctx=question
		A 05:24:39.6902425 RecognizeFailed 400/8510 ctx=question
		A 05:24:40.9440494 CallDisconnected 200/7000`,
}, {
	name:   "open question, nobody speaks",
	reason: "the same for speech, in a version without preview",
	source: recordedNet + "CallMediaAutomatedLiveTests/SpeechRecognizeWithMultipleTextSourcesTest.json 2025-05-16", version: "2025-05-15",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "17:49:44", ended: "17:49:56", result: "200/7000", roster: both}),
		arrived(recordedWant{outcome: completed, connected: "17:49:44", ended: "17:49:56", result: "200/5001", roster: both}),
	},
	steps: `2025-05-16
		B 17:49:40.0000000 IncomingCall u1 u2
		A 17:49:43.8861338 ParticipantsUpdated 200/0 #1 u1 u2
		B 17:49:43.8972598 ParticipantsUpdated 200/0 #1 u1 u2
		A 17:49:44.0962809 CallConnected 200/0
		B 17:49:44.7062780 CallConnected 200/0
		A 17:49:46.3734279 PlayStarted 200/0 ctx=question
		A 17:49:55.8417577 RecognizeFailed 400/8510 ctx=question
		A 17:49:56.1810931 CallDisconnected 200/7000
		B 17:49:56.1810931 CallDisconnected 200/5001`,
}, {
	name:   "question by key or word, nobody answers",
	reason: "eighteen seconds after the connection; the other leg's end is not reported",
	source: recordedNet + "CallMediaAutomatedLiveTests/SpeechOrDtmfRecognizeWithMultipleTextSourcesTest.json 2025-01-22", version: "2024-09-01-preview",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "07:05:57", ended: "07:06:16", result: "200/7000", roster: both}),
		arrived(recordedWant{connected: "07:05:56", roster: both}),
	},
	steps: `2025-01-22
		B 07:05:53.0000000 IncomingCall u1 u2
		B 07:05:56.9682076 CallConnected 200/0
		A 07:05:57.0975160 CallConnected 200/0
		A 07:05:57.1399591 ParticipantsUpdated 200/0 #1 u1 u2
		B 07:05:57.1399591 ParticipantsUpdated 200/0 #1 u1 u2
		A 07:06:15.1019800 RecognizeFailed 400/8510 ctx=question
		A 07:06:16.5728286 CallDisconnected 200/7000`,
}, {
	name:   "question whose prompt fails",
	reason: "the file of the prompt does not exist: that is no silence",
	source: recordedNet + "CallMediaAutomatedLiveTests/DtmfRecognizeWithInvalidFileSourcesTest.json 2025-05-16", version: "2025-05-15",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "17:41:53", ended: "17:41:56", result: "200/7000", roster: both}),
		arrived(recordedWant{outcome: completed, connected: "17:41:53", ended: "17:41:56", result: "200/5001", roster: both}),
	},
	steps: `2025-05-16
		B 17:41:50.0000000 IncomingCall u1 u2
		B 17:41:53.3872148 ParticipantsUpdated 200/0 #1 u1 u2
		A 17:41:53.3872148 ParticipantsUpdated 200/0 #1 u1 u2
		B 17:41:53.4822262 CallConnected 200/0
		A 17:41:53.5308621 CallConnected 200/0
		A 17:41:55.6431545 RecognizeFailed 500/8511 ctx=question failedPlaySourceIndex=0
		A 17:41:56.3692393 CallDisconnected 200/7000
		B 17:41:56.3858151 CallDisconnected 200/5001`,
}, {
	name:   "play stopped, no results",
	reason: "neither its beginning nor a code is reported",
	source: recordedJS + "Call_Media_Client_Live_Tests_Cancel_all_media_operations.txt 2024-07-09", version: "2024-06-15-preview",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "06:43:22", ended: "06:43:24", result: "0/0", roster: both}),
		arrived(recordedWant{outcome: completed, connected: "06:43:22", ended: "06:43:24", result: "0/0", roster: both}),
	},
	steps: `2024-07-09
		B 06:43:19.0000000 IncomingCall u1 u2
		B 06:43:22.0938321 ParticipantsUpdated #1 u1 u2
		B 06:43:22.0624024 CallConnected ctx=answer
		A 06:43:22.1251583 CallConnected ctx=create
		A 06:43:22.1407578 ParticipantsUpdated #1 u1 u2
		A 06:43:23.6813700 PlayCanceled ctx=play
		A 06:43:24.8958721 CallDisconnected ctx=create
		B 06:43:24.9746955 CallDisconnected ctx=answer`,
}, {
	name:    "play whose second file fails",
	reason:  "it has begun to play, and fails four seconds later",
	source:  recordedPythonEvents + "test_e2e_media_client.pyTestMediaAutomatedLiveTesttest_play_with_invalid_and_valid_file_sources_with_play_media.event.json 2025-06-13",
	version: "2025-05-15",
	legs:    []recordedLeg{placed(recordedWant{outcome: completed, connected: "19:10:03", ended: "19:10:12", result: "200/7000", roster: both})},
	steps: `2025-06-13
		A 19:10:03.0403181 CallConnected 200/0
		A 19:10:07.1802851 PlayStarted 200/0
		A 19:10:11.5338153 PlayFailed 400/8535 failedPlaySourceIndex=1
		A 19:10:11.5338153 ParticipantsUpdated 200/0 #5 u1 u2
		A 19:10:12.9246110 CallDisconnected 200/7000`,
}, {
	name:   "play to one on hold",
	reason: "the music is paused meanwhile, and its end has the codes of a failure",
	source: recordedNet + "CallMediaAutomatedLiveTests/InterruptHoldAudioForPlayMediaAsyncTest.json 2025-01-17", version: "2024-09-01-preview",
	legs: []recordedLeg{
		placed(recordedWant{outcome: completed, connected: "18:32:46", ended: "18:33:08", result: "200/7000", roster: both}),
		arrived(recordedWant{outcome: completed, connected: "18:32:46", ended: "18:33:08", result: "200/5001", roster: both}),
	},
	steps: `2025-01-17
		B 18:32:43.0000000 IncomingCall u1 u2
		B 18:32:46.6022089 ParticipantsUpdated 200/0 #1 u1 u2
		A 18:32:46.5920494 ParticipantsUpdated 200/0 #1 u1 u2
		B 18:32:46.6047786 CallConnected 200/0
		A 18:32:46.6492754 CallConnected 200/0
		A 18:32:49.9469007 ParticipantsUpdated 200/0 #3 u1 u2~
		B 18:32:49.9469007 ParticipantsUpdated 200/0 #3 u1 u2~
		A 18:32:50.0902110 HoldAudioStarted 200/0
		A 18:32:52.3071611 HoldAudioPaused 200/0
		A 18:32:52.3175630 PlayStarted 200/0
		A 18:33:05.1593867 PlayCompleted 200/0
		A 18:33:05.1584019 HoldAudioResumed 200/0
		A 18:33:06.5348125 HoldAudioCompleted 400/8508
		A 18:33:06.6243495 ParticipantsUpdated 200/0 #5 u1 u2
		B 18:33:06.6243495 ParticipantsUpdated 200/0 #5 u1 u2
		A 18:33:08.8519444 CallDisconnected 200/7000
		B 18:33:08.9295778 CallDisconnected 200/5001`,
}}
