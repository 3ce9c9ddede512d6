// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// operating is an action in a Call.
func operating(operation string) string { return "{call: {name: a}, " + operation + "}" }

func TestActionSpec(t *testing.T) {
	t.Parallel()
	const (
		oneOperation = "set exactly one operation: play, recognize,"
		someone      = "participant: {phoneNumber: '+14255550123'}"
	)
	judge(t, "CallAction", []judged{
		{"the least", "a Call and an operation", operating("cancelMedia: {}"), ""},
		{"by labels", "a Call and an operation", "{call: {selector: {matchLabels: {a: b}}}, cancelMedia: {}}", ""},
		{"in no call", "where?", "{cancelMedia: {}}", "spec.call: Required value"},
		{"in two calls", "which of them?", "{call: {name: a, selector: {}}, cancelMedia: {}}", "select the Call in exactly one way"},
		{"nothing", "what is done?", "{call: {name: a}}", oneOperation},
		{"two operations", "which of them?", operating("cancelMedia: {}, unhold: {}"), oneOperation},
		{"deadline", "the bound is allowed", operating("cancelMedia: {}, startingDeadlineSeconds: 86400"), ""},
		{"no deadline", "it could never be sent", operating("cancelMedia: {}, startingDeadlineSeconds: 0"), "greater than or equal to 1"},
		{"too late a deadline", "nobody remembers it", operating("cancelMedia: {}, startingDeadlineSeconds: 86401"), "less than or equal to 86400"},
		{"kept for no time", "deleted at once", operating("cancelMedia: {}, ttlSecondsAfterFinished: 0"), ""},
		{"kept for less", "no time is negative", operating("cancelMedia: {}, ttlSecondsAfterFinished: -1"), "greater than or equal to 0"},

		{"tones", "as on a phone", operating("sendTones: {tones: '0123456789*#ABCD'}"), ""},
		{"no tones", "nothing would be sent", operating("sendTones: {}"), "spec.sendTones.tones: Required value"},
		{"letters", "there is no such key", operating("sendTones: {tones: 12e}"), "write tones as on a phone"},
		{"65 tones", "beyond the bound", operating("sendTones: {tones: '" + strings.Repeat("1", 65) + "'}"), "spec.sendTones.tones: Too long"},

		{"add", "a party", operating("addParticipant: {" + someone + "}"), ""},
		{"add nobody", "whom?", operating("addParticipant: {}"), "spec.addParticipant.participant: Required value"},
		{"add a raw ID", "it has no address", operating("addParticipant: {participant: {rawID: '4:72727'}}"), "a party that has only a raw ID cannot be called"},
		{"ring for too long", "no network rings so long", operating("addParticipant: {" + someone + ", ringTimeoutSeconds: 181}"), "less than or equal to 180"},
		{"headers", "as a Call has them", operating("addParticipant: {" + someone + ", headers: {sip: {Ticket: '1'}}}"), "a SIP header is User-To-User"},
		{"remove a raw ID", "anybody can be removed", operating("removeParticipant: {participant: {rawID: '4:72727'}}"), ""},
		{"remove nobody", "whom?", operating("removeParticipant: {}"), "spec.removeParticipant.participant: Required value"},
		{"remove two", "which of them?", operating("removeParticipant: {participant: {phoneNumber: '+14255550123', rawID: '4:72727'}}"), "name the party in exactly one way"},
		{"transfer", "to a party", operating("transfer: {to: {phoneNumber: '+14255550123'}}"), ""},
		{"transfer to nobody", "to whom?", operating("transfer: {}"), "spec.transfer.to: Required value"},
		{"transfer to a raw ID", "it has no address", operating("transfer: {to: {rawID: '4:72727'}}"), "a party that has only a raw ID cannot be called"},
		{"mute nobody", "whom?", operating("mute: {}"), "spec.mute.participant: Required value"},
		{"hold", "the other party", operating("hold: {}"), ""},
		{"hold with music", "which is a prompt", operating("hold: {music: {file: 'https://files.example.com/a.wav'}}"), ""},
		{"hold without music", "leave it out instead", operating("hold: {music: {}}"), "say what to play in exactly one way"},

		{"record", "it starts", operating("record: {}"), ""},
		{"record as", "how it is recorded", operating("record: {channels: Unmixed, format: MP3, containerURL: 'https://calls.blob.core.windows.net/a'}"), ""},
		{"record elsewhere", "over a safe connection", operating("record: {containerURL: 'http://calls.example.com/a'}"), "containerURL must be an https URL"},
		{"stop as", "it has begun otherwise", operating("record: {command: Stop, format: MP3}"), "channels, format and containerURL go with command Start"},
		{"stop one", "which one", operating("record: {command: Stop, startedBy: a}"), ""},
		{"start one", "there is none yet", operating("record: {startedBy: a}"), "startedBy names the recording to pause, resume or stop"},
		{"rewind", "misspelt", operating("record: {command: Rewind}"), "spec.record.command: Unsupported value"},
	})
}

func TestPrompts(t *testing.T) {
	t.Parallel()
	const one = "say what to play in exactly one way: set text, ssml or file"
	playing := func(prompt string) string { return operating("play: {" + prompt + "}") }
	judge(t, "CallAction", []judged{
		{"text", "with a voice and a language", playing("text: Hello., voice: en-GB-SoniaNeural, locale: en-GB"), ""},
		{"ssml", "a text with marks", playing("ssml: <speak/>"), ""},
		{"file", "from the web", playing("file: 'https://files.example.com/a.wav'"), ""},
		{"sound of Asterisk", "what Asterisk has", playing("file: 'sound:hello-world'"), ""},
		{"nothing", "what is played?", playing(""), one},
		{"two", "which of them?", playing("text: Hello., file: 'https://files.example.com/a.wav'"), one},
		{"voice of a file", "a file has its own", playing("file: 'https://files.example.com/a.wav', voice: a"), "voice and locale go with text"},
		{"locale of SSML", "SSML has its own", playing("ssml: <speak/>, locale: en-GB"), "voice and locale go with text"},
		{"locale in words", "no service knows it", playing("text: Hello., locale: British English"), "locale must be a language tag, such as en-GB"},
		{"path", "the service fetches it", playing("file: /a.wav"), "file must be the URL of an audio file"},
		{"longest text", "the bound is allowed", playing("text: " + strings.Repeat("a", 4000)), ""},
		{"too long a text", "beyond the bound", playing("text: " + strings.Repeat("a", 4001)), "spec.play.text: Too long"},
		{"to 21", "beyond the bound", playing("text: Hello., to: " + times(21, "{phoneNumber: '+14255550123'}")), "must have at most 20 items"},
		{"to nobody", "leave it out instead", playing("text: Hello., to: []"), "spec.play.to: Invalid value"},
	})
}

func TestQuestions(t *testing.T) {
	t.Parallel()
	const what = "say what to listen for: set choices alone, or tones, speech or both"
	asking := func(question string) string { return operating("recognize: {" + question + "}") }
	judge(t, "CallAction", []judged{
		{"keys", "what is pressed", asking("tones: {max: 4, stopTones: '#'}"), ""},
		{"words", "what is said", asking("speech: {endSilenceTimeoutMilliseconds: 500}, locale: de-DE"), ""},
		{"keys or words", "whatever comes first", asking("tones: {}, speech: {}"), ""},
		{"choices", "one of them", asking("choices: [{label: a, tone: '1', phrases: [sure]}, {label: b, tone: '2'}]"), ""},
		{"nothing", "what is the answer?", asking("prompt: {text: Hello.}"), what},
		{"choices and keys", "which of them?", asking("choices: [{label: a, tone: '1'}], tones: {}"), what},
		{"empty prompt", "leave it out instead", asking("prompt: {}, tones: {}"), "say what to play in exactly one way"},
		{"locale in words", "no service knows it", asking("speech: {}, locale: German please"), "locale must be a language tag, such as en-GB"},
		{"no key", "nothing could be pressed", asking("tones: {max: 0}"), "greater than or equal to 1"},
		{"33 keys", "beyond the bound", asking("tones: {max: 33}"), "less than or equal to 32"},
		{"silence", "the bound is allowed", asking("tones: {}, initialSilenceTimeoutSeconds: 300"), ""},
		{"long silence", "beyond the bound", asking("tones: {}, initialSilenceTimeoutSeconds: 301"), "less than or equal to 300"},
		{"one tone twice", "which of them?", asking("choices: [{label: a, tone: '1'}, {label: b, tone: '1'}]"), "two choices have the same tone: set a different one for each"},
		{"one label twice", "which of them?", asking("choices: [{label: a, tone: '1'}, {label: a, tone: '2'}]"), "Duplicate value"},
		{"choice without an input", "how is it chosen?", asking("choices: [{label: a}]"), "a choice has to be pressed or said"},
		{"two keys", "a choice has one", asking("choices: [{label: a, tone: '12'}]"), "spec.recognize.choices[0].tone: Unsupported value"},
		{"17 choices", "beyond the bound", asking("choices: " + times(17, "{label: a, tone: '1'}")), "must have at most 16 items"},
	})
}

func TestActionTimeout(t *testing.T) {
	t.Parallel()
	cases := durations("spec.timeout", "timeout must be a duration from 1s to 24h, such as 10m", true)
	for i := range cases {
		cases[i].spec = operating("cancelMedia: {}, timeout: " + cases[i].spec)
	}
	judge(t, "CallAction", cases)
}

// TestAnActionCannotChange: what was said is not said otherwise.
func TestAnActionCannotChange(t *testing.T) {
	t.Parallel()
	made := created(t, "CallAction", "immutable", operating("play: {text: Hello.}, startingDeadlineSeconds: 60"))
	cases := []struct{ name, spec string }{
		{"call", "{call: {name: b}, play: {text: Hello.}, startingDeadlineSeconds: 60}"},
		{"text", operating("play: {text: Bye.}, startingDeadlineSeconds: 60")},
		{"operation", operating("cancelMedia: {}, startingDeadlineSeconds: 60")},
		{"deadline", operating("play: {text: Hello.}, startingDeadlineSeconds: 61")},
		{"timeout", operating("play: {text: Hello.}, startingDeadlineSeconds: 60, timeout: 11m")},
		{"time to live", operating("play: {text: Hello.}, startingDeadlineSeconds: 60, ttlSecondsAfterFinished: 1")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			changed := made.DeepCopy()
			changed.Object["spec"] = parse(t, c.spec)
			err := plane.Client.Update(t.Context(), changed, client.DryRunAll)
			checkVerdict(t, "what is done once cannot change", err, "an action cannot change: create a new CallAction")
		})
	}
}

func TestActionStatus(t *testing.T) {
	t.Parallel()
	const result = "{observedGeneration: 1, result: {endTime: '2026-11-23T12:00:00Z', outcome: "
	cases := []status{
		{
			"all", "what a controller writes", `{observedGeneration: 1, phase: Ended, operation: recognize, accepted: true, call: {name: a, connectionID: c},
			  participant: '4:+14255550123', attempt: {id: x, firstSent: '2026-11-23T12:00:00Z'}, startTime: '2026-11-23T12:00:00Z',
			  answer: {summary: confirm, label: confirm, tones: '1', speech: one, confidencePercent: 90},
			  result: {outcome: Completed, endTime: '2026-11-23T12:00:00Z', code: 200, subCode: 8531, message: m}}`, "",
		},
		{"unknown phase", "misspelt", "{observedGeneration: 1, phase: Playing}", "status.phase: Unsupported value"},
		{"unknown outcome", "misspelt", result + "Done}}", "status.result.outcome: Unsupported value"},
		{"long message", "status stays small", result + "Failed, message: " + strings.Repeat("m", 1025) + "}}", "status.result.message: Too long"},
		{"long summary", "it is for a column", "{observedGeneration: 1, answer: {summary: " + strings.Repeat("m", 65) + "}}", "status.answer.summary: Too long"},
		{"long speech", "status stays small", "{observedGeneration: 1, answer: {speech: " + strings.Repeat("m", 1025) + "}}", "status.answer.speech: Too long"},
		{"surer than sure", "it is in percent", "{observedGeneration: 1, answer: {confidencePercent: 101}}", "less than or equal to 100"},
	}
	for _, outcome := range []v1alpha1.ActionOutcome{
		v1alpha1.ActionCompleted, v1alpha1.ActionNoInput, v1alpha1.ActionNoMatch, v1alpha1.ActionNoAnswer, v1alpha1.ActionBusy, v1alpha1.ActionDeclined,
		v1alpha1.ActionCancelled, v1alpha1.ActionCallEnded, v1alpha1.ActionFailed, v1alpha1.ActionExpired, v1alpha1.ActionUnknown,
	} {
		cases = append(cases, status{"outcome " + string(outcome), "every outcome", result + string(outcome) + "}}", ""})
	}
	judgeStatus(t, created(t, "CallAction", "status", operating("cancelMedia: {}")), cases)
}

func TestActionDefaults(t *testing.T) {
	t.Parallel()
	made := created(t, "CallAction", "action-go-defaults", operating("cancelMedia: {}"))
	action := &v1alpha1.CallAction{}
	if err := plane.Client.Get(t.Context(), client.ObjectKeyFromObject(made), action); err != nil {
		t.Fatal(err)
	}
	undefaulted := &v1alpha1.CallAction{}
	if action.StartingDeadline() != undefaulted.StartingDeadline() || action.StartingDeadline() != 5*time.Minute || action.Timeout() != undefaulted.Timeout() {
		t.Error("the defaults in Go are not those of the API server")
	}
	if action.Status.ObservedGeneration != -1 {
		t.Errorf("nobody has looked at it, but the observed generation is %d", action.Status.ObservedGeneration)
	}
}

// TestActionColumnsFit: kubectl get fits in 120 columns.
func TestActionColumnsFit(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	made := object(t, "CallAction", "remove-reminder-ada-x7k2p", operating("removeParticipant: {participant: {phoneNumber: '+14255550123'}}"))
	made.SetNamespace(ns)
	if err := plane.Client.Create(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	made.Object["status"] = parse(t, `{observedGeneration: 1, phase: Ended, operation: removeParticipant, call: {name: reminder-ada, connectionID: c},
	  answer: {summary: confirm}, result: {outcome: OutcomeUnknown, endTime: '2026-11-23T12:00:00Z'},
	  conditions: [{type: Ready, status: 'False', reason: OutcomeUnknown, message: m, lastTransitionTime: '2026-11-23T12:00:00Z'}]}`)
	if err := plane.Client.Status().Update(t.Context(), made, client.FieldOwner("test")); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(kubectl(t, ns, "", "get", "cact")) {
		if width := len(strings.TrimRight(line, " \n")); width > 120 {
			t.Errorf("%d columns:\n%s", width, line)
		}
	}
}
