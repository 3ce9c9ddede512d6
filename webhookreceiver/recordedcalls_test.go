// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import "github.com/call-operator/call-operator/api/v1alpha1"

// Where the recordings are. Each file is named by what it has below its folder.
const (
	recordedJS     = "Azure/azure-sdk-for-js sdk/communication/communication-call-automation/recordings/"
	recordedPython = "Azure/azure-sdk-for-python sdk/communication/azure-communication-callautomation/tests/recordings/"
	// recordedPythonEvents has one event of each type for each test, so that the order is that of their times.
	recordedPythonEvents = "Azure/azure-sdk-for-python sdk/communication/azure-communication-callautomation/tests/events/"

	recordedNet  = "Azure/azure-sdk-for-net sdk/communication/Azure.Communication.CallAutomation/tests/SessionRecordedEvents/"
	recordedJava = "Azure/azure-sdk-for-java sdk/communication/azure-communication-callautomation/src/test/resources/"
)

// placed and arrived are the two legs of a call between two app users, which share the correlation ID; who of them is
// who is fictional where the recording has no operation context.
func placed(want recordedWant) recordedLeg {
	return recordedLeg{name: "A", correlation: "X", want: want}
}
func arrived(want recordedWant) recordedLeg {
	return recordedLeg{name: "B", correlation: "X", answers: true, want: want}
}

// invited and joined are a third leg of the same call: one that rings for it, and one that its app connects itself.
func invited(want recordedWant) recordedLeg {
	return recordedLeg{name: "C", correlation: "X", answers: true, want: want}
}
func joined(want recordedWant) recordedLeg {
	return recordedLeg{name: "C", correlation: "X", want: want}
}

// telephoneLegs are the two legs of a telephone call between two numbers of one resource. They share no ID.
func telephoneLegs(a, b recordedWant) []recordedLeg {
	return []recordedLeg{{name: "A", correlation: "X", want: a}, {name: "B", correlation: "Y", answers: true, want: b}}
}

const (
	completed = v1alpha1.OutcomeCompleted
	both      = "u1 u2"
	all       = "u1 u2 u3"
)

// Telephone calls from one number of the resource to another. When an IncomingCall came is not recorded: it is put
// before the first event.
var recordedTelephone = []recordedSession{{
	name:   "telephone, results",
	reason: "the placing and the arriving leg have different correlation IDs, each sees the far number and a user of the app",
	source: recordedJS + "Call_Media_Client_Live_Tests_Trigger_DTMF_actions.json 2025-03-05", version: "2024-09-01-preview",
	legs: telephoneLegs(
		recordedWant{outcome: completed, connected: "08:59:24", ended: "08:59:30", result: "200/7000", roster: "app1 num2"},
		recordedWant{outcome: completed, connected: "08:59:24", ended: "08:59:30", result: "200/540000", roster: "app2 num1"},
	),
	steps: `2025-03-05
		B 08:59:21.1000000 IncomingCall num1 num2
		A 08:59:24.2346627 ParticipantsUpdated 200/0 #1 num2 app1
		A 08:59:24.3133673 CallConnected 200/0
		B 08:59:24.5459238 CallConnected 200/0
		B 08:59:25.2588507 ParticipantsUpdated 200/0 #1 num1 app2
		A 08:59:28.1773551 SendDtmfTonesCompleted 200/0 ctx=send
		A 08:59:29.0586908 ContinuousDtmfRecognitionStopped 200/7000 ctx=stop
		A 08:59:30.2742859 CallDisconnected 200/7000
		B 08:59:30.7692717 CallDisconnected 200/540000`,
}, {
	name:   "telephone, arriving leg first",
	reason: "the arriving leg is connected half a second before the placing one; the end of a tone recognition is not the call's",
	source: recordedJava + "dtmfActionsInACallAutomatedTest.json 2025-06-16", version: "2025-06-15",
	legs: telephoneLegs(
		recordedWant{connected: "20:52:33", roster: "app1 num2"},
		recordedWant{connected: "20:52:32", roster: "app2 num1"},
	),
	steps: `2025-06-16
		B 20:52:29.0000000 IncomingCall num1 num2
		B 20:52:32.9896642 CallConnected 200/0
		B 20:52:33.0965622 ParticipantsUpdated 200/0 #1 num1 app2
		A 20:52:33.5331516 CallConnected 200/0
		A 20:52:33.7311030 ParticipantsUpdated 200/0 #1 app1 num2
		A 20:52:37.8231080 SendDtmfTonesCompleted 200/0
		A 20:52:38.4303326 ContinuousDtmfRecognitionStopped 200/7000`,
}, {
	name:   "telephone, no results",
	reason: "without a result in any event the call is a completed one all the same: it was connected",
	source: recordedPython + "test_dtmf_actions_in_a_call.txt 2023-06-26",
	legs: telephoneLegs(
		recordedWant{outcome: completed, connected: "11:56:50", ended: "11:58:29", result: "0/0", roster: "app1 num2"},
		recordedWant{outcome: completed, connected: "11:56:50", ended: "11:58:29", result: "0/0", roster: "app2 num1"},
	),
	steps: `2023-06-26
		B 11:56:46.7000000 IncomingCall num1 num2
		A 11:56:50.4806123 CallConnected
		B 11:56:50.5905633 CallConnected
		B 11:56:51.3405765 ParticipantsUpdated #1 app2 num1
		A 11:56:50.4337327 ParticipantsUpdated #1 num2 app1
		A 11:57:46.0867790 SendDtmfCompleted
		B 11:57:46.8320312 ContinuousDtmfRecognitionToneReceived 200/0
		A 11:58:19.1529146 ContinuousDtmfRecognitionStopped
		B 11:58:29.5888314 CallDisconnected
		A 11:58:29.8286998 CallDisconnected`,
}, {
	name:   "telephone, no results, newer",
	reason: "as before, a year later and with the placing leg's end first",
	source: recordedJS + "Call_Media_Client_Live_Tests_Trigger_DTMF_actions.txt 2024-07-09", version: "2024-06-15-preview",
	legs: telephoneLegs(
		recordedWant{outcome: completed, connected: "06:43:31", ended: "06:43:37", result: "0/0", roster: "app1 num2"},
		recordedWant{outcome: completed, connected: "06:43:31", ended: "06:43:37", result: "0/0", roster: "app2 num1"},
	),
	steps: `2024-07-09
		B 06:43:28.0000000 IncomingCall num1 num2
		B 06:43:31.3688693 CallConnected
		A 06:43:31.5579062 ParticipantsUpdated #1 num2 app1
		A 06:43:31.5545000 CallConnected
		B 06:43:31.6940699 ParticipantsUpdated #1 num1 app2
		A 06:43:35.3458403 SendDtmfTonesCompleted ctx=send
		A 06:43:36.1052910 ContinuousDtmfRecognitionStopped ctx=stop
		A 06:43:37.3117394 CallDisconnected
		B 06:43:37.5125548 CallDisconnected`,
}, {
	name:   "telephone, ends of older calls first",
	reason: "the ends of two calls of ten minutes ago come first, and are nothing to this one",
	source: recordedJava + "dtmfActionsInACallAutomatedTest.json 2024-07-23", version: "2024-06-15-preview",
	legs: telephoneLegs(
		recordedWant{connected: "21:50:37", roster: "app1 num2"},
		recordedWant{connected: "21:50:37", roster: "app2 num1"},
	),
	steps: `2024-07-23
		A/old1 21:40:10.6524323 CallDisconnected
		A/old2 21:40:10.8534756 CallDisconnected
		B 21:50:33.9000000 IncomingCall num1 num2
		B 21:50:37.1774817 CallConnected
		B 21:50:37.2606045 ParticipantsUpdated #1 num1 app2
		A 21:50:37.3529018 ParticipantsUpdated #1 app1 num2
		A 21:50:37.3529018 CallConnected
		A 21:50:41.4242628 SendDtmfTonesCompleted
		A 21:50:42.0207871 ContinuousDtmfRecognitionStopped`,
}, {
	name:   "telephone, first roster numbered 0",
	reason: "the first roster of the arriving leg has the number 0 and lists the caller alone; the next one has 1 and lists the app too",
	source: recordedJS + "Call_Media_Client_Live_Tests_Trigger_DTMF_actions.json 2024-07-15 (a7dbda6c)", version: "2024-06-15-preview",
	legs: telephoneLegs(
		recordedWant{outcome: completed, connected: "19:06:49", ended: "19:06:54", result: "0/0", roster: "app1 num2"},
		recordedWant{outcome: completed, connected: "19:06:48", ended: "19:06:54", result: "0/0", roster: "app2 num1"},
	),
	steps: `2024-07-15
		B 19:06:45.0000000 IncomingCall num1 num2
		B 19:06:48.7206070 CallConnected
		B 19:06:48.7206070 ParticipantsUpdated #0 num1
		A 19:06:49.0291435 ParticipantsUpdated #1 num2 app1
		A 19:06:49.0301744 CallConnected
		B 19:06:49.3314802 ParticipantsUpdated #1 app2 num1
		A 19:06:52.3409072 SendDtmfTonesCompleted ctx=send
		A 19:06:53.1510426 ContinuousDtmfRecognitionStopped ctx=stop
		A 19:06:54.2921962 CallDisconnected
		B 19:06:54.5516420 CallDisconnected`,
}}
