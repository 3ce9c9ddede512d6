// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

var (
	tonesRequest  = acs.RecognizeRequest{RecognizeInputType: "dtmf", PlayPrompts: []acs.PlaySource{text("Enter your PIN.")}}
	speechRequest = acs.RecognizeRequest{RecognizeInputType: "speech", PlayPrompts: []acs.PlaySource{text("Who are you?")}}
	choiceRequest = acs.RecognizeRequest{RecognizeInputType: "choices", PlayPrompts: []acs.PlaySource{text("Will you come?")}, RecognizeOptions: acs.RecognizeOptions{
		Choices: []acs.Choice{
			{Label: "confirm", Phrases: []string{"yes", "confirm"}, Tone: acs.ToneOne}, {Label: "cancel", Phrases: []string{"no"}, Tone: acs.ToneTwo},
		},
	}}
)

// with is a request with other options.
func with(request acs.RecognizeRequest, change func(*acs.RecognizeOptions)) acs.RecognizeRequest {
	change(&request.RecognizeOptions)
	return request
}

// collects is a request for tones.
func collects(options acs.DTMFOptions) acs.RecognizeRequest {
	return with(tonesRequest, func(o *acs.RecognizeOptions) { o.DTMFOptions = &options })
}

// recognizeCases are recognitions whose prompt plays for 200 ms, and what they come to.
var recognizeCases = []struct {
	name, reason string
	script       []simulator.Reaction
	request      acs.RecognizeRequest
	want, learnt string
	after        time.Duration
	log          []string
}{
	{
		name: "as many tones as wanted", reason: "the tones end with the last that is wanted",
		script: []simulator.Reaction{{Heard: "pin", Press: "1234"}}, request: collects(acs.DTMFOptions{MaxTonesToCollect: ptr[int32](3)}),
		want: "RecognizeCompleted 200/8531", learnt: "dtmf one two three", after: 400 * time.Millisecond,
		log: []string{`heard "Enter your PIN."`, "pressed 1234"},
	},
	{
		name: "stop tone", reason: "a stop tone ends the tones and is not one of them",
		script:  []simulator.Reaction{{Press: "12#"}},
		request: collects(acs.DTMFOptions{MaxTonesToCollect: ptr[int32](9), StopTones: []acs.Tone{acs.TonePound}}),
		want:    "RecognizeCompleted 200/8514", learnt: "dtmf one two", after: 400 * time.Millisecond,
		log: []string{`heard "Enter your PIN."`, "pressed 12#"},
	},
	{
		name: "too few tones", reason: "a pause after a tone fails it when more are wanted",
		script:  []simulator.Reaction{{Press: "12"}},
		request: collects(acs.DTMFOptions{MaxTonesToCollect: ptr[int32](4), InterToneTimeoutInSeconds: ptr[int32](3)}),
		want:    "RecognizeFailed 400/8532", after: 3300 * time.Millisecond,
		log: []string{`heard "Enter your PIN."`, "pressed 12"},
	},
	{
		name: "a pause among the keys", reason: "a comma waits a second, which is less than the time-out between tones",
		script: []simulator.Reaction{{Press: "1,,,2"}}, request: collects(acs.DTMFOptions{MaxTonesToCollect: ptr[int32](2), InterToneTimeoutInSeconds: ptr[int32](4)}),
		want: "RecognizeCompleted 200/8531", learnt: "dtmf one two", after: 3300 * time.Millisecond,
		log: []string{`heard "Enter your PIN."`, "pressed 12"},
	},
	{
		name: "any number of tones", reason: "without a number, the pause completes it, with a failure's code",
		script: []simulator.Reaction{{Press: "12"}}, request: tonesRequest,
		want: "RecognizeCompleted 400/8532", learnt: "dtmf one two", after: 2300 * time.Millisecond,
		log: []string{`heard "Enter your PIN."`, "pressed 12"},
	},
	{
		name: "silence", reason: "the initial silence begins when the prompt ends",
		request: with(tonesRequest, func(o *acs.RecognizeOptions) { o.InitialSilenceTimeoutInSeconds = ptr[int32](7) }),
		want:    "RecognizeFailed 400/8510", after: 7200 * time.Millisecond, log: []string{`heard "Enter your PIN."`},
	},
	{
		name: "another prompt's reaction", reason: "a phone that waits for other words stays silent",
		script: []simulator.Reaction{{Heard: "goodbye", Press: "1"}}, request: tonesRequest,
		want: "RecognizeFailed 400/8510", after: 5200 * time.Millisecond, log: []string{`heard "Enter your PIN."`},
	},
	{
		name: "too late", reason: "a key after the time-out is lost",
		script: []simulator.Reaction{{Press: "1", After: simulator.Duration(6 * time.Second)}}, request: tonesRequest,
		want: "RecognizeFailed 400/8510", after: 5200 * time.Millisecond, log: []string{`heard "Enter your PIN."`, "pressed 1"},
	},
	{
		name: "barge-in", reason: "a key interrupts the prompt, and counts",
		script:  []simulator.Reaction{{Press: "1", During: true, After: simulator.Duration(50 * time.Millisecond)}},
		request: collects(acs.DTMFOptions{MaxTonesToCollect: ptr[int32](1)}),
		want:    "RecognizeCompleted 200/8531", learnt: "dtmf one", after: 50 * time.Millisecond,
		log: []string{`heard "Enter your PIN.", cut off`, "pressed 1"},
	},
	{
		name: "barge-in with the first of two keys", reason: "the prompt ends with the first key",
		script:  []simulator.Reaction{{Press: "1,2", During: true, After: simulator.Duration(50 * time.Millisecond)}},
		request: collects(acs.DTMFOptions{MaxTonesToCollect: ptr[int32](2)}),
		want:    "RecognizeCompleted 200/8531", learnt: "dtmf one two", after: 1150 * time.Millisecond,
		log: []string{`heard "Enter your PIN.", cut off`, "pressed 12"},
	},
	{
		name: "a prompt that cannot be interrupted", reason: "keys during it are lost",
		script:  []simulator.Reaction{{Press: "1", During: true, After: simulator.Duration(50 * time.Millisecond)}},
		request: with(collects(acs.DTMFOptions{MaxTonesToCollect: ptr[int32](1)}), func(o *acs.RecognizeOptions) { o.InterruptPrompt = ptr(false) }),
		want:    "RecognizeFailed 400/8510", after: 5200 * time.Millisecond,
		log: []string{`heard "Enter your PIN."`, "pressed 1"},
	},
	{
		name: "no prompt", reason: "a phone may react to silence in which somebody listens",
		script: []simulator.Reaction{{Heard: "pin", Press: "2"}, {Press: "1"}}, request: acs.RecognizeRequest{
			RecognizeInputType: "dtmf", RecognizeOptions: acs.RecognizeOptions{DTMFOptions: &acs.DTMFOptions{MaxTonesToCollect: ptr[int32](1)}},
		},
		want: "RecognizeCompleted 200/8531", learnt: "dtmf one", log: []string{"pressed 1"},
	},
	{
		name: "words where tones are wanted", reason: "they are not heard",
		script: []simulator.Reaction{{Say: "one"}}, request: tonesRequest,
		want: "RecognizeFailed 400/8510", after: 5200 * time.Millisecond, log: []string{`heard "Enter your PIN."`, `said "one"`},
	},
	{
		name: "speech", reason: "words are recognised when silence follows",
		script: []simulator.Reaction{{Heard: "who", Say: "Ada Lovelace", After: simulator.Duration(time.Second)}}, request: speechRequest,
		want: "RecognizeCompleted 200/8569", learnt: "speech Ada Lovelace", after: 1700 * time.Millisecond,
		log: []string{`heard "Who are you?"`, `said "Ada Lovelace"`},
	},
	{
		name: "tones where speech is wanted", reason: "they are not heard",
		script: []simulator.Reaction{{Press: "1"}}, request: speechRequest,
		want: "RecognizeFailed 400/8510", after: 5200 * time.Millisecond, log: []string{`heard "Who are you?"`, "pressed 1"},
	},
	{
		name: "speech or tones: tones", reason: "the result is that of what came",
		script: []simulator.Reaction{{Press: "7"}}, request: acs.RecognizeRequest{
			RecognizeInputType: "speechOrDtmf", RecognizeOptions: acs.RecognizeOptions{DTMFOptions: &acs.DTMFOptions{MaxTonesToCollect: ptr[int32](1)}},
		},
		want: "RecognizeCompleted 200/8531", learnt: "dtmf seven", log: []string{"pressed 7"},
	},
	{
		name: "speech or tones: speech", reason: "the end of speech is as long a silence as the request says",
		script: []simulator.Reaction{{Say: "seven"}}, request: acs.RecognizeRequest{
			RecognizeInputType: "speechOrDtmf", RecognizeOptions: acs.RecognizeOptions{SpeechOptions: &acs.SpeechOptions{EndSilenceTimeoutInMS: ptr[int64](1500)}},
		},
		want: "RecognizeCompleted 200/8569", learnt: "speech seven", after: 1500 * time.Millisecond, log: []string{`said "seven"`},
	},
	{
		name: "choice by tone", reason: "the tone's label is the result", script: []simulator.Reaction{{Press: "2"}}, request: choiceRequest,
		want: "RecognizeCompleted 200/8533", learnt: "choices cancel", after: 200 * time.Millisecond,
		log: []string{`heard "Will you come?"`, "pressed 2"},
	},
	{
		name: "choice by phrase", reason: "capitals and full stops are not heard", script: []simulator.Reaction{{Say: "Yes."}}, request: choiceRequest,
		want: "RecognizeCompleted 200/8545", learnt: "choices confirm yes", after: 700 * time.Millisecond,
		log: []string{`heard "Will you come?"`, `said "Yes."`},
	},
	{
		name: "wrong tone", reason: "a tone of no choice fails it", script: []simulator.Reaction{{Press: "9"}}, request: choiceRequest,
		want: "RecognizeFailed 500/8534", after: 200 * time.Millisecond, log: []string{`heard "Will you come?"`, "pressed 9"},
	},
	{
		name: "wrong phrase", reason: "words of no choice fail it", script: []simulator.Reaction{{Say: "perhaps"}}, request: choiceRequest,
		want: "RecognizeFailed 400/8547", after: 700 * time.Millisecond, log: []string{`heard "Will you come?"`, `said "perhaps"`},
	},
	{
		name: "silence of a choice", reason: "there is one code for silence", request: choiceRequest,
		want: "RecognizeFailed 400/8510", after: 5200 * time.Millisecond, log: []string{`heard "Will you come?"`},
	},
	{
		name: "hangs up in the middle", reason: "the call ends before the prompt does",
		script:  []simulator.Reaction{{HangUp: true, During: true, After: simulator.Duration(100 * time.Millisecond)}},
		request: choiceRequest, want: "CallDisconnected 0/560000", after: 100 * time.Millisecond,
		log: []string{`heard "Will you come?", cut off`, "hung up"},
	},
	{
		name: "hangs up after an answer", reason: "the answer comes first", script: []simulator.Reaction{{Press: "1", HangUp: true}}, request: choiceRequest,
		want: "RecognizeCompleted 200/8533", learnt: "choices confirm", after: 200 * time.Millisecond,
		log: []string{`heard "Will you come?"`, "pressed 1", "hung up"},
	},
	{
		name: "a file as the prompt", reason: "a file is heard by its URI", script: []simulator.Reaction{{Heard: "menu.wav", Press: "1"}},
		request: acs.RecognizeRequest{
			RecognizeInputType: "choices", PlayPrompt: ptr(file("https://files.example.test/menu.wav")), RecognizeOptions: choiceRequest.RecognizeOptions,
		},
		want: "RecognizeCompleted 200/8533", learnt: "choices confirm", after: 200 * time.Millisecond,
		log: []string{`heard "https://files.example.test/menu.wav"`, "pressed 1"},
	},
	{
		name: "a file that cannot be played", reason: "a prompt that fails is a failure of its own", request: acs.RecognizeRequest{
			RecognizeInputType: "dtmf", PlayPrompts: []acs.PlaySource{text("Hello."), file("https://files.example.test/menu.txt")},
		},
		want: "RecognizeFailed 500/8511", after: 200 * time.Millisecond, log: []string{`heard "Hello."`},
	},
}

func TestRecognize(t *testing.T) {
	for _, tc := range recognizeCases {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, simulator.Options{Phones: []simulator.Phone{hears(person, tc.script...)}}, func(f *fixture) {
				id := f.connected("call", number(person)).CallConnectionID
				f.settle()
				began := time.Now()
				tc.request.OperationContext = "menu"
				ended := f.listen(id, tc.request)
				took := time.Since(began)
				time.Sleep(time.Second)
				f.settle()
				if got := kind(ended) + " " + outcome(ended); got != tc.want || learnt(ended) != tc.learnt {
					t.Errorf("%s: got %s with %q, want %s with %q", tc.reason, got, learnt(ended), tc.want, tc.learnt)
				}
				if context := ended.Data.Common().OperationContext; strings.HasPrefix(kind(ended), "Recognize") && context != "menu" {
					t.Errorf("the operation context is %q, want that of the request", context)
				}
				if took != tc.after {
					t.Errorf("%s: it took %s, want %s", tc.reason, took, tc.after)
				}
				if diff := cmp.Diff(tc.log, f.log(person)); diff != "" {
					t.Errorf("%s:\n%s", tc.reason, diff)
				}
			})
		})
	}
}

// TestSeveralMenusInACall has a phone that presses a wrong key first, hears one menu twice, and hangs up in another.
func TestSeveralMenusInACall(t *testing.T) {
	phone := hears(person,
		simulator.Reaction{Heard: "come", Press: "9"}, simulator.Reaction{Heard: "come"}, simulator.Reaction{Heard: "COME", Say: "confirm"},
		simulator.Reaction{Heard: "PIN", Press: "12#"}, simulator.Reaction{Heard: "thank you", HangUp: true},
	)
	bubble(t, simulator.Options{Phones: []simulator.Phone{phone}}, func(f *fixture) {
		id := f.connected("call", number(person)).CallConnectionID
		pin := collects(acs.DTMFOptions{MaxTonesToCollect: ptr[int32](8), StopTones: []acs.Tone{acs.TonePound}})
		var got []string
		for _, request := range []acs.RecognizeRequest{choiceRequest, choiceRequest, choiceRequest, pin} {
			ended := f.listen(id, request)
			got = append(got, strings.TrimSpace(outcome(ended)+" "+learnt(ended)))
		}
		f.ok(f.client.Play(f.Context(), id, acs.PlayRequest{PlaySources: []acs.PlaySource{text("Thank you.")}}))
		f.event("CallDisconnected", id)
		f.settle()
		if diff := cmp.Diff([]string{"500/8534", "400/8510", "200/8545 choices confirm confirm", "200/8514 dtmf one two"}, got); diff != "" {
			t.Errorf("the menus:\n%s", diff)
		}
		want := []string{
			`heard "Will you come?"`, "pressed 9", `heard "Will you come?"`, `heard "Will you come?"`, `said "confirm"`,
			`heard "Enter your PIN."`, "pressed 12#", `heard "Thank you."`, "hung up",
		}
		if diff := cmp.Diff(want, f.log(person)); diff != "" {
			t.Errorf("the phone:\n%s", diff)
		}
		if diff := cmp.Diff([]string{"Will you come?", "Will you come?", "Will you come?", "Enter your PIN.", "Thank you."}, f.sim.Heard("4:"+person)); diff != "" {
			t.Errorf("what it heard:\n%s", diff)
		}
	})
}

// TestAReactionIsKeptForAPromptThatIsHeard cancels a prompt: the reaction to it is left for the same prompt later.
func TestAReactionIsKeptForAPromptThatIsHeard(t *testing.T) {
	bubble(t, simulator.Options{Phones: []simulator.Phone{hears(person, simulator.Reaction{Heard: "come", Press: "1"})}}, func(f *fixture) {
		id := f.connected("call", number(person)).CallConnectionID
		request := choiceRequest
		request.RecognizeOptions.TargetParticipant = number(person)
		f.ok(f.client.Recognize(f.Context(), id, request))
		time.Sleep(100 * time.Millisecond)
		f.ok(f.client.CancelAllMediaOperations(f.Context(), id))
		if got := outcome(f.event("RecognizeCanceled", id)); got != "400/8508" {
			t.Errorf("a cancelled recognition has %s, want 400/8508", got)
		}
		if got := learnt(f.listen(id, request)); got != "choices confirm" {
			t.Errorf("the second time: %q, want choices confirm", got)
		}
		if diff := cmp.Diff([]string{`heard "Will you come?", cut off`, `heard "Will you come?"`, "pressed 1"}, f.log(person)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestThePromptOfARecognitionIsReported(t *testing.T) {
	for _, c := range []struct {
		reason string
		prompt []acs.PlaySource
		want   []string
	}{
		{"its beginning is reported, and its end is not", []acs.PlaySource{text("Enter your PIN.")}, []string{"PlayStarted 200/0 question", "RecognizeFailed 400/8510 question"}},
		{"a prompt that cannot be played does not begin", []acs.PlaySource{file("https://files.example.test/a.doc")}, []string{"RecognizeFailed 500/8511 question"}},
		{"without a prompt nothing begins", nil, []string{"RecognizeFailed 400/8510 question"}},
	} {
		bubble(t, simulator.Options{Phones: []simulator.Phone{answering(person)}}, func(f *fixture) {
			id := f.connected("call", number(person)).CallConnectionID
			request := tonesRequest
			request.PlayPrompts, request.RecognizeOptions.TargetParticipant, request.OperationContext = c.prompt, number(person), "question"
			f.ok(f.client.Recognize(f.Context(), id, request))
			time.Sleep(time.Minute)
			f.settle()
			if diff := cmp.Diff(c.want, f.media(id)); diff != "" {
				t.Errorf("%s:\n%s", c.reason, diff)
			}
		})
	}
}

// TestKeysBeforeARecognitionAreLost presses a key at a prompt that nobody listens after.
func TestKeysBeforeARecognitionAreLost(t *testing.T) {
	script := []simulator.Reaction{{Heard: "welcome", Press: "1", During: true}, {Heard: "come", Press: "2", After: simulator.Duration(time.Second)}}
	bubble(t, simulator.Options{Phones: []simulator.Phone{hears(person, script...)}}, func(f *fixture) {
		id := f.connected("call", number(person)).CallConnectionID
		f.ok(f.client.Play(f.Context(), id, acs.PlayRequest{PlaySources: []acs.PlaySource{text("Welcome.")}}))
		if got := learnt(f.listen(id, choiceRequest)); got != "choices cancel" {
			t.Errorf("got %q, want choices cancel: the key that counts is pressed when somebody listens", got)
		}
		if diff := cmp.Diff([]string{`heard "Welcome."`, "pressed 1", `heard "Will you come?"`, "pressed 2"}, f.log(person)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAReactionForever(t *testing.T) {
	script := []simulator.Reaction{{Press: "1"}, {Press: "9", Always: true}}
	bubble(t, simulator.Options{Phones: []simulator.Phone{hears(person, script...)}}, func(f *fixture) {
		for range 2 {
			id := f.connected("call", number(person)).CallConnectionID
			var got []string
			for range 3 {
				got = append(got, outcome(f.listen(id, choiceRequest)))
			}
			if diff := cmp.Diff([]string{"200/8533", "500/8534", "500/8534"}, got); diff != "" {
				t.Errorf("a reaction is used once in each call, unless it is for always:\n%s", diff)
			}
			f.ok(f.client.HangUp(f.Context(), id))
			f.event("CallDisconnected", id)
		}
	})
}

func TestTheTargetLeavesARecognition(t *testing.T) {
	phones := []simulator.Phone{hears(person, simulator.Reaction{HangUp: true}), answering(other)}
	bubble(t, simulator.Options{Phones: phones}, func(f *fixture) {
		id := f.connected("group", number(person), number(other)).CallConnectionID
		if got := f.listen(id, tonesRequest); kind(got) != "RecognizeFailed" || outcome(got) != "400/8558" {
			t.Errorf("got %s %s, want RecognizeFailed 400/8558", kind(got), outcome(got))
		}
	})
}

func TestRecognitionsThatAreRefused(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{DefaultPhone: &simulator.Phone{Answer: after(0)}})
	id := f.connected("call", number(person)).CallConnectionID
	mute := f.request("no speech service", number(other))
	mute.CallIntelligenceOptions = nil
	silent := got(f.client.CreateCall(f.Context(), mute, repeat()))(f).CallConnectionID
	f.roster(silent, 2)
	bare := func(change func(*acs.RecognizeRequest)) acs.RecognizeRequest {
		request := acs.RecognizeRequest{RecognizeInputType: "dtmf", RecognizeOptions: acs.RecognizeOptions{TargetParticipant: number(person)}}
		change(&request)
		return request
	}
	for _, tc := range []struct {
		reason, call, want string
		request            acs.RecognizeRequest
	}{
		{"a kind of input", id, "400 8523", bare(func(r *acs.RecognizeRequest) { r.RecognizeInputType = "gesture" })},
		{"somebody to listen to", id, "400 8523", acs.RecognizeRequest{RecognizeInputType: "dtmf"}},
		{"somebody in the call", id, "404 8522", bare(func(r *acs.RecognizeRequest) { r.RecognizeOptions.TargetParticipant = number(outbound) })},
		{"a silence", id, "400 8523", bare(func(r *acs.RecognizeRequest) { r.RecognizeOptions.InitialSilenceTimeoutInSeconds = ptr[int32](301) })},
		{"a silence before speech", id, "400 8523", bare(func(r *acs.RecognizeRequest) {
			r.RecognizeInputType, r.RecognizeOptions.InitialSilenceTimeoutInSeconds = "speech", ptr[int32](21)
		})},
		{"a number of tones", id, "400 8523", bare(func(r *acs.RecognizeRequest) {
			r.RecognizeOptions.DTMFOptions = &acs.DTMFOptions{MaxTonesToCollect: ptr[int32](0)}
		})},
		{"a time-out between tones", id, "400 8523", bare(func(r *acs.RecognizeRequest) {
			r.RecognizeOptions.DTMFOptions = &acs.DTMFOptions{InterToneTimeoutInSeconds: ptr[int32](61)}
		})},
		{"a stop tone", id, "400 8523", bare(func(r *acs.RecognizeRequest) {
			r.RecognizeOptions.DTMFOptions = &acs.DTMFOptions{StopTones: []acs.Tone{"#"}}
		})},
		{"choices", id, "400 8523", bare(func(r *acs.RecognizeRequest) { r.RecognizeInputType = "choices" })},
		{"a tone for each choice or none", id, "400 8523", bare(func(r *acs.RecognizeRequest) {
			r.RecognizeInputType = "choices"
			r.RecognizeOptions.Choices = []acs.Choice{{Label: "a", Tone: acs.ToneOne}, {Label: "b"}}
		})},
		{"a speech service for speech", silent, "405 8522", bare(func(r *acs.RecognizeRequest) {
			r.RecognizeInputType, r.RecognizeOptions.TargetParticipant = "speech", number(other)
		})},
		{"a speech service for text", silent, "405 8522", bare(func(r *acs.RecognizeRequest) {
			r.PlayPrompts, r.RecognizeOptions.TargetParticipant = []acs.PlaySource{text("Hello.")}, number(other)
		})},
		{"no speech service for tones", silent, "", bare(func(r *acs.RecognizeRequest) { r.RecognizeOptions.TargetParticipant = number(other) })},
	} {
		if got := refusal(f.client.Recognize(f.Context(), tc.call, tc.request)); got != tc.want {
			t.Errorf("a recognition needs %s: got %q, want %q", tc.reason, got, tc.want)
		}
	}
}

// TestWhoIsAnswered: the journal tells which request played, listened and rang. A key that is pressed when nobody listens any more
// belongs to none.
func TestWhoIsAnswered(t *testing.T) {
	phones := []simulator.Phone{{Number: person, Answer: after(0), Script: []simulator.Reaction{{Heard: "pin", Press: "123"}}}, answering(other)}
	bubble(t, simulator.Options{Phones: phones}, func(f *fixture) {
		id := f.connected("call", number(person)).CallConnectionID
		asked := collects(acs.DTMFOptions{MaxTonesToCollect: ptr[int32](2)})
		asked.RecognizeOptions.TargetParticipant, asked.OperationContext = number(person), "question"
		f.ok(f.client.Recognize(f.Context(), id, asked))
		time.Sleep(time.Minute)
		got(f.client.AddParticipant(f.Context(), id, acs.AddParticipantRequest{
			ParticipantToAdd: number(other), SourceCallerIDNumber: &acs.PhoneNumber{Value: owned}, OperationContext: "guest",
		}, repeat()))(f)
		f.settle()
		var told []string
		for _, e := range f.sim.Journal() {
			if e.Kind == simulator.EntryPhone || e.Kind == simulator.EntryRing || e.Operation == "recognize" {
				told = append(told, strings.TrimSpace(string(e.Kind)+" "+string(e.PhoneEvent)+" "+e.Text+" "+e.OperationContext))
			}
		}
		want := []string{
			"ring", "request   question", "phone heard Enter your PIN. question", "phone pressed 1 question", "phone pressed 2 question", "phone pressed 3",
			"ring   guest",
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
