// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

const spoken = `<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US"><voice name="en-US-NancyNeural">Good <emphasis>morning</emphasis>.</voice></speak>`

// plays asks to play something.
func (f *fixture) plays(id, operationContext string, sources ...acs.PlaySource) acs.PlayRequest {
	f.Helper()
	request := acs.PlayRequest{PlaySources: sources, OperationContext: operationContext}
	f.ok(f.client.Play(f.Context(), id, request))
	return request
}

func TestPlayWaitsItsTurn(t *testing.T) {
	bubble(t, simulator.Options{Phones: []simulator.Phone{answering(person)}}, func(f *fixture) {
		id := f.connected("call", number(person)).CallConnectionID
		f.plays(id, "first", text("One."), ssml(spoken))
		f.plays(id, "second", file("https://files.example.test/three.mp3"))
		time.Sleep(500 * time.Millisecond)
		f.settle()
		want := []string{"PlayStarted 200/0 first", "PlayCompleted 200/0 first", "PlayStarted 200/0 second"}
		if diff := cmp.Diff(want, f.media(id)); diff != "" {
			t.Errorf("the second begins when the first has ended:\n%s", diff)
		}
		time.Sleep(500 * time.Millisecond)
		f.settle()
		if diff := cmp.Diff([]string{"One.", "Good morning.", "https://files.example.test/three.mp3"}, f.sim.Heard(person)); diff != "" {
			t.Errorf("the phone hears words, without markup, and files:\n%s", diff)
		}
	})
}

func TestInterruptingPrompts(t *testing.T) {
	bubble(t, simulator.Options{Phones: []simulator.Phone{answering(person)}}, func(f *fixture) {
		id := f.connected("call", number(person)).CallConnectionID
		loop := acs.PlayRequest{PlaySources: []acs.PlaySource{text("Please hold.")}, PlayOptions: &acs.PlayOptions{Loop: true}, OperationContext: "loop"}
		f.ok(f.client.Play(f.Context(), id, loop))
		f.plays(id, "queued", text("Never heard."))
		time.Sleep(500 * time.Millisecond)
		last := acs.PlayRequest{PlaySources: []acs.PlaySource{text("Now.")}, OperationContext: "last", InterruptCallMediaOperation: ptr(true)}
		f.ok(f.client.Play(f.Context(), id, last))
		time.Sleep(time.Minute)
		f.settle()
		want := []string{
			"PlayStarted 200/0 loop", "PlayCanceled 400/8508 loop", "PlayCanceled 400/8508 queued", "PlayStarted 200/0 last", "PlayCompleted 200/0 last",
		}
		if diff := cmp.Diff(want, f.media(id)); diff != "" {
			t.Errorf("what runs and what waits is cancelled:\n%s", diff)
		}
		if diff := cmp.Diff([]string{`heard "Please hold.", 3 times, cut off`, `heard "Now."`}, f.log(person)); diff != "" {
			t.Errorf("a loop is one thing that is heard, several times:\n%s", diff)
		}
	})
}

func TestCancellingAllMedia(t *testing.T) {
	bubble(t, simulator.Options{Phones: []simulator.Phone{answering(person)}}, func(f *fixture) {
		id := f.connected("call", number(person)).CallConnectionID
		f.ok(f.client.Recognize(f.Context(), id, acs.RecognizeRequest{
			RecognizeInputType: "dtmf", RecognizeOptions: acs.RecognizeOptions{TargetParticipant: number(person)}, OperationContext: "listens",
		}))
		f.plays(id, "waits", text("Hello."))
		time.Sleep(time.Second)
		f.ok(f.client.CancelAllMediaOperations(f.Context(), id))
		time.Sleep(time.Minute)
		f.settle()
		if diff := cmp.Diff([]string{"RecognizeCanceled 400/8508 listens", "PlayCanceled 400/8508 waits"}, f.media(id)); diff != "" {
			t.Errorf("each operation ends by an event of its own:\n%s", diff)
		}
	})
}

// TestMediaCompatibility follows the table of the service's guide: operations on participants exclude each other.
func TestMediaCompatibility(t *testing.T) {
	target := acs.TargetRequest{TargetParticipant: number(person)}
	operations := map[string]func(f *fixture, id string) error{
		"PlayToAll": func(f *fixture, id string) error {
			return f.client.Play(f.Context(), id, acs.PlayRequest{PlaySources: []acs.PlaySource{text("All.")}})
		},
		"PlayTo": func(f *fixture, id string) error {
			return f.client.Play(f.Context(), id, acs.PlayRequest{PlaySources: []acs.PlaySource{text("You.")}, PlayTo: []acs.Identifier{number(person)}})
		},
		"Recognize": func(f *fixture, id string) error {
			return f.client.Recognize(f.Context(), id, acs.RecognizeRequest{RecognizeInputType: "dtmf", RecognizeOptions: acs.RecognizeOptions{TargetParticipant: number(person)}})
		},
		"SendDTMF": func(f *fixture, id string) error {
			_, err := f.client.SendDTMFTones(f.Context(), id, acs.SendDTMFTonesRequest{Tones: []acs.Tone{acs.ToneOne}, TargetParticipant: number(person)}, repeat())
			return err
		},
		"StartContinuousDtmfRecognition": func(f *fixture, id string) error {
			return f.client.StartContinuousDTMFRecognition(f.Context(), id, target)
		},
	}
	for _, tc := range []struct {
		existing string
		group    bool
		refused  []string
	}{
		{"PlayToAll", false, nil},
		{"Recognize", false, nil},
		{"PlayTo", false, []string{"PlayTo", "SendDTMF", "StartContinuousDtmfRecognition"}},
		{"Recognize", true, []string{"PlayTo", "Recognize", "SendDTMF", "StartContinuousDtmfRecognition"}},
		{"SendDTMF", true, []string{"PlayTo", "Recognize", "SendDTMF", "StartContinuousDtmfRecognition"}},
		{"StartContinuousDtmfRecognition", true, nil},
	} {
		bubble(t, simulator.Options{DefaultPhone: &simulator.Phone{Answer: after(0)}}, func(f *fixture) {
			for name, operation := range operations {
				callees := []acs.Identifier{number(person)}
				if tc.group {
					callees = append(callees, number(other))
				}
				id := f.connected("call", callees...).CallConnectionID
				f.ok(operations[tc.existing](f, id))
				want := ""
				for _, refused := range tc.refused {
					if refused == name {
						want = "412 8583"
					}
				}
				if got := refusal(operation(f, id)); got != want {
					t.Errorf("%s after %s in a group call %v: got %q, want %q", name, tc.existing, tc.group, got, want)
				}
			}
		})
	}
}

func TestPlayingToSomebody(t *testing.T) {
	bubble(t, simulator.Options{DefaultPhone: &simulator.Phone{Answer: after(0)}}, func(f *fixture) {
		id := f.connected("group", number(person), number(other)).CallConnectionID
		f.ok(f.client.Hold(f.Context(), id, acs.HoldRequest{TargetParticipant: number(person)}))
		f.plays(id, "all", text("For all."))
		f.ok(f.client.Play(f.Context(), id, acs.PlayRequest{PlaySources: []acs.PlaySource{text("For you.")}, PlayTo: []acs.Identifier{number(person)}}))
		err := f.client.Play(f.Context(), id, acs.PlayRequest{PlaySources: []acs.PlaySource{text("For nobody.")}, PlayTo: []acs.Identifier{number(outbound)}})
		if got := refusal(err); got != "404 8522" {
			t.Errorf("playing to somebody who is not there: got %q, want 404 8522", got)
		}
		time.Sleep(time.Second)
		f.settle()
		if diff := cmp.Diff([]string{"was put on hold", `heard "For you."`}, f.log(person)); diff != "" {
			t.Errorf("who is on hold hears what is played to them alone:\n%s", diff)
		}
		if diff := cmp.Diff([]string{`heard "For all."`}, f.log(other)); diff != "" {
			t.Errorf("the other one hears what is played to all:\n%s", diff)
		}
	})
}

// TestSources plays what the service takes and what it does not.
func TestSources(t *testing.T) {
	const index = "failedPlaySourceIndex"
	good := text("Good.")
	markup := func(change ...string) acs.PlaySource { return ssml(strings.NewReplacer(change...).Replace(spoken)) }
	spokenBy := func(voice string) acs.PlaySource {
		return acs.PlaySource{Kind: "text", Text: &acs.TextSource{Text: "Hello.", VoiceName: voice}}
	}
	for _, tc := range []struct {
		reason  string
		sources []acs.PlaySource
		// want is the refusal, or the kinds and results of the events.
		refused string
		want    []string
		failed  int
	}{
		{reason: "text with a voice", sources: []acs.PlaySource{good}, want: []string{"PlayStarted 200/0", "PlayCompleted 200/0"}},
		{reason: "text with a locale", sources: []acs.PlaySource{{Kind: "text", Text: &acs.TextSource{Text: "Hello.", SourceLocale: "en-US", VoiceKind: "female"}}},
			want: []string{"PlayStarted 200/0", "PlayCompleted 200/0"}},
		{reason: "a multilingual voice", sources: []acs.PlaySource{spokenBy("en-US-Ava:DragonHDLatestNeural")}, want: []string{"PlayStarted 200/0", "PlayCompleted 200/0"}},
		{reason: "a voice of one's own", sources: []acs.PlaySource{{Kind: "text", Text: &acs.TextSource{Text: "Hello.", VoiceName: "Ours", CustomVoiceEndpointID: "e"}}},
			want: []string{"PlayStarted 200/0", "PlayCompleted 200/0"}},
		{reason: "the longest text", sources: []acs.PlaySource{text(strings.Repeat("ä", 4000))}, want: []string{"PlayStarted 200/0", "PlayCompleted 200/0"}},
		{reason: "a longer text", sources: []acs.PlaySource{text(strings.Repeat("a", 4001))}, want: []string{"PlayFailed 400/8565"}},
		{reason: "no words", sources: []acs.PlaySource{text(" ")}, want: []string{"PlayFailed 400/8582"}},
		{reason: "no voice", sources: []acs.PlaySource{spokenBy("")}, want: []string{"PlayFailed 401/8565"}},
		{reason: "no such voice", sources: []acs.PlaySource{spokenBy("Nancy")}, want: []string{"PlayFailed 400/8565"}},
		{reason: "no such locale", sources: []acs.PlaySource{{Kind: "text", Text: &acs.TextSource{Text: "Hello.", SourceLocale: "English"}}}, want: []string{"PlayFailed 400/8565"}},
		{reason: "SSML", sources: []acs.PlaySource{ssml(spoken)}, want: []string{"PlayStarted 200/0", "PlayCompleted 200/0"}},
		{reason: "SSML that is no XML", sources: []acs.PlaySource{markup("</voice>", "")}, want: []string{"PlayFailed 400/8565"}},
		{reason: "SSML with another root", sources: []acs.PlaySource{markup("speak", "say")}, want: []string{"PlayFailed 400/8565"}},
		{reason: "SSML with two roots", sources: []acs.PlaySource{ssml(spoken + spoken)}, want: []string{"PlayFailed 400/8565"}},
		{reason: "SSML without a version", sources: []acs.PlaySource{markup(` version="1.0"`, "")}, want: []string{"PlayFailed 400/8565"}},
		{reason: "SSML without a language", sources: []acs.PlaySource{markup(` xml:lang="en-US"`, "")}, want: []string{"PlayFailed 400/8565"}},
		{reason: "SSML without a voice", sources: []acs.PlaySource{markup(`<voice name="en-US-NancyNeural">`, "", "</voice>", "")}, want: []string{"PlayFailed 400/8565"}},
		{reason: "SSML with an unknown voice", sources: []acs.PlaySource{markup("en-US-NancyNeural", "Nancy")}, want: []string{"PlayFailed 400/8565"}},
		{reason: "empty SSML", sources: []acs.PlaySource{ssml("")}, want: []string{"PlayFailed 400/8582"}},
		{reason: "WAV and MP3", sources: []acs.PlaySource{file("https://files.example.test/a.WAV"), file("https://files.example.test/a.mp3?sig=x")},
			want: []string{"PlayStarted 200/0", "PlayCompleted 200/0"}},
		// Recorded: a prompt that fails at once does not start, one that fails with its second source does.
		{reason: "another format", sources: []acs.PlaySource{file("https://files.example.test/a.ogg")}, want: []string{"PlayFailed 400/8535"}},
		{reason: "a second source of another format", sources: []acs.PlaySource{good, file("https://files.example.test/a.ogg")},
			want: []string{"PlayStarted 200/0", "PlayFailed 400/8535"}, failed: 1},
		{reason: "a file on a disk", sources: []acs.PlaySource{file("file:///a.wav")}, refused: "400 8523"},
		{reason: "a relative file", sources: []acs.PlaySource{file("a.wav")}, refused: "400 8523"},
		{reason: "no file", sources: []acs.PlaySource{{Kind: "file"}}, refused: "400 8523"},
		{reason: "no text", sources: []acs.PlaySource{{Kind: "text"}}, refused: "400 8523"},
		{reason: "no kind", sources: []acs.PlaySource{{Text: &acs.TextSource{Text: "Hello."}}}, refused: "400 8523"},
	} {
		bubble(t, simulator.Options{Phones: []simulator.Phone{answering(person)}}, func(f *fixture) {
			id := f.connected("call", number(person)).CallConnectionID
			err := f.client.Play(f.Context(), id, acs.PlayRequest{PlaySources: tc.sources})
			time.Sleep(time.Second)
			f.settle()
			if got := refusal(err); got != tc.refused {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.refused)
			}
			if diff := cmp.Diff(tc.want, f.media(id)); diff != "" {
				t.Errorf("%s:\n%s", tc.reason, diff)
			}
			if len(tc.want) > 0 && strings.HasPrefix(tc.want[len(tc.want)-1], "PlayFailed") {
				failed, _ := f.event("PlayFailed", id).Data.(*acs.PlayFailed)
				if failed.FailedPlaySourceIndex == nil || *failed.FailedPlaySourceIndex != tc.failed {
					t.Errorf("%s: the %s is %v, want %d", tc.reason, index, failed.FailedPlaySourceIndex, tc.failed)
				}
			}
		})
	}
}

func TestTextNeedsASpeechService(t *testing.T) {
	t.Parallel()
	f := serve(t, resource(simulator.GridSchemaEventGrid, simulator.Phone{Number: person, Answer: after(0)}))
	f.agreed(1)
	request := f.request("call", number(inbound))
	request.CallIntelligenceOptions = nil
	placed := got(f.client.CreateCall(f.Context(), request, repeat()))(f).CallConnectionID
	answered := got(f.client.AnswerCall(f.Context(), acs.AnswerCallRequest{
		IncomingCallContext: f.incoming(1, "4:"+inbound).IncomingCallContext, CallbackURI: f.webhook + "/callbacks",
		CallIntelligenceOptions: &acs.CallIntelligenceOptions{CognitiveServicesEndpoint: "https://speech.example.test/"},
	}, repeat()))(f).CallConnectionID
	f.roster(answered, 2)
	f.roster(placed, 2)
	play := acs.PlayRequest{PlaySources: []acs.PlaySource{text("Hello.")}}
	if got := refusal(f.client.Play(f.Context(), placed, play)); got != "405 8522" {
		t.Errorf("text in a call that was placed without: got %q, want 405 8522", got)
	}
	f.ok(f.client.Play(f.Context(), answered, play))
	play.PlaySources = []acs.PlaySource{file("https://files.example.test/a.wav")}
	f.ok(f.client.Play(f.Context(), placed, play))
}

func TestHoldAudio(t *testing.T) {
	script := simulator.Reaction{Heard: "music", HangUp: true, After: simulator.Duration(20 * time.Second)}
	bubble(t, simulator.Options{Phones: []simulator.Phone{hears(person, script)}}, func(f *fixture) {
		id := f.connected("call", number(person)).CallConnectionID
		music := file("https://files.example.test/music.wav")
		f.ok(f.client.Hold(f.Context(), id, acs.HoldRequest{TargetParticipant: number(person), PlaySourceInfo: &music}))
		time.Sleep(500 * time.Millisecond)
		f.ok(f.client.Unhold(f.Context(), id, acs.TargetRequest{TargetParticipant: number(person)}))
		f.event("CallDisconnected", id)
		want := []string{"was put on hold", `heard "https://files.example.test/music.wav", 3 times, cut off`, "was taken off hold", "hung up"}
		if diff := cmp.Diff(want, f.log(person)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestHoldFails compares with a recording of azure-sdk-for-js, Hold_Unhold_participant_in_a_call, 2025-03: the participant is on
// hold, HoldFailed comes, and the participant is off hold again.
func TestHoldFails(t *testing.T) {
	bubble(t, simulator.Options{Phones: []simulator.Phone{answering(person)}}, func(f *fixture) {
		id := f.connected("call", number(person)).CallConnectionID
		bad := file("https://files.example.test/music.txt")
		f.ok(f.client.Hold(f.Context(), id, acs.HoldRequest{
			TargetParticipant: number(person), PlaySourceInfo: &bad, OperationContext: "hold", OperationCallbackURI: f.webhook + "/callbacks/own",
		}))
		if failed := f.event("HoldFailed", id); outcome(failed) != "400/8535" || failed.Data.Common().OperationContext != "hold" {
			t.Errorf("HoldFailed has %s and the context %q, want 400/8535 and hold", outcome(failed), failed.Data.Common().OperationContext)
		}
		f.settle()
		if diff := cmp.Diff([]string{"was put on hold", "was taken off hold"}, f.log(person)); diff != "" {
			t.Error(diff)
		}
		deliveries, _ := f.sink.all()
		for _, d := range deliveries {
			if strings.Contains(string(d.body), "HoldFailed") != (d.path == "/callbacks/own") {
				t.Errorf("%s went to %s", d.body, d.path)
			}
		}
	})
}

func TestTonesToAPhone(t *testing.T) {
	bubble(t, simulator.Options{Phones: []simulator.Phone{answering(person)}}, func(f *fixture) {
		id := f.connected("call", number(person)).CallConnectionID
		tones := []acs.Tone{acs.ToneOne, acs.TonePound}
		got(f.client.SendDTMFTones(f.Context(), id, acs.SendDTMFTonesRequest{Tones: tones, TargetParticipant: number(person)}, repeat()))(f)
		f.event("SendDtmfTonesCompleted", id)
		if diff := cmp.Diff([]string{"heard the tones 1#"}, f.log(person)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestToneByTone(t *testing.T) {
	script := []simulator.Reaction{{Heard: "PIN", Press: "12"}, {Heard: "again", Press: "3"}}
	bubble(t, simulator.Options{Phones: []simulator.Phone{hears(person, script...)}}, func(f *fixture) {
		id := f.connected("call", number(person)).CallConnectionID
		target := acs.TargetRequest{TargetParticipant: number(person), OperationContext: "tones"}
		f.ok(f.client.StartContinuousDTMFRecognition(f.Context(), id, target))
		f.plays(id, "", text("Your PIN, please."))
		for i, want := range []acs.Tone{acs.ToneOne, acs.ToneTwo} {
			tone, _ := f.nth(i+1, "ContinuousDtmfRecognitionToneReceived", id).Data.(*acs.ContinuousDtmfRecognitionToneReceived)
			if tone.Tone != want || tone.SequenceID != i+1 || tone.OperationContext != "tones" {
				t.Errorf("tone %d is %+v, want %s", i+1, tone, want)
			}
		}
		f.ok(f.client.StopContinuousDTMFRecognition(f.Context(), id, target))
		f.plays(id, "", text("And again."))
		time.Sleep(time.Second)
		f.settle()
		if got := strings.Count(strings.Join(f.media(id), " "), "ToneReceived"); got != 2 {
			t.Errorf("%d tones were received, want none after the end", got)
		}
	})
}

func TestAMutedPhoneIsNotHeard(t *testing.T) {
	phone := simulator.Phone{User: user, Answer: after(0), Script: []simulator.Reaction{{Say: "hello"}}}
	bubble(t, simulator.Options{Phones: []simulator.Phone{phone}}, func(f *fixture) {
		target := acs.CommunicationUserIdentifier(user)
		id := f.connected("call", target).CallConnectionID
		got(f.client.MuteParticipants(f.Context(), id, acs.MuteParticipantsRequest{TargetParticipants: []acs.Identifier{target}}, repeat()))(f)
		ended := f.listen(id, with(speechRequest, func(o *acs.RecognizeOptions) { o.TargetParticipant = target }))
		if got := outcome(ended); got != "400/8510" {
			t.Errorf("got %s, want 400/8510", got)
		}
		if diff := cmp.Diff([]string{"was muted", `heard "Who are you?"`, `said "hello"`}, f.log(user)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOperationsThatFailByAFault(t *testing.T) {
	bubble(t, simulator.Options{Phones: []simulator.Phone{answering(person)}}, func(f *fixture) {
		id := f.connected("call", number(person)).CallConnectionID
		f.fault(map[string]any{"kind": "fail", "operation": "play", "status": 400, "subCode": 8536, "count": 1})
		f.fault(map[string]any{"kind": "fail", "operation": "recognize", "count": 1})
		f.fault(map[string]any{"kind": "fail", "operation": "sendDtmfTones", "count": 1})
		f.plays(id, "a", text("Hello."))
		f.plays(id, "b", text("Hello."))
		f.ok(f.client.Recognize(f.Context(), id, acs.RecognizeRequest{
			RecognizeInputType: "dtmf", RecognizeOptions: acs.RecognizeOptions{TargetParticipant: number(person)}, OperationContext: "c",
		}))
		time.Sleep(time.Minute)
		got(f.client.SendDTMFTones(f.Context(), id, acs.SendDTMFTonesRequest{Tones: []acs.Tone{acs.ToneOne}, TargetParticipant: number(person), OperationContext: "d"}, repeat()))(f)
		time.Sleep(time.Second)
		f.settle()
		want := []string{"PlayFailed 400/8536 a", "PlayStarted 200/0 b", "PlayCompleted 200/0 b", "RecognizeFailed 500/9999 c", "SendDtmfTonesFailed 500/9999 d"}
		if diff := cmp.Diff(want, f.media(id)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestThePhoneLogOfTheAdminAPI(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{})
	f.admin(http.MethodPut, "/phones", map[string]any{
		"number": person, "answer": map[string]any{}, "script": []map[string]any{{"heard": "hello", "press": "1", "after": "10ms"}},
	}, nil)
	call := f.connected("call", number(person))
	f.plays(call.CallConnectionID, "greeting", text("Hello."))
	f.entries("keys", 1, func(e simulator.Entry) bool {
		return e.Kind == simulator.EntryPhone && e.PhoneEvent == simulator.PhonePressed && e.Text == "1" && e.Phone == "4:"+person
	})
	var log struct{ Events []simulator.PhoneEvent }
	f.admin(http.MethodGet, "/phones/"+person+"/log", nil, &log)
	for i := range log.Events {
		log.Events[i].Time = time.Time{}
	}
	want := []simulator.PhoneEvent{
		{Kind: simulator.PhoneHeard, Text: "Hello.", Source: "text", Times: 1, Complete: true, CorrelationID: call.CorrelationID, OperationContext: "greeting"},
		{Kind: simulator.PhonePressed, Text: "1", CorrelationID: call.CorrelationID},
	}
	if diff := cmp.Diff(want, log.Events); diff != "" {
		t.Error(diff)
	}
	f.admin(http.MethodPost, "/reset", nil, nil)
	if got := f.sim.PhoneLog(person); len(got) != 0 {
		t.Errorf("after a reset the phone's log has %v", got)
	}
}
