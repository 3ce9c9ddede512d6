// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"strings"
	"testing/synctest"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

const voiceName = "en-US-NancyNeural"

func text(words string) acs.PlaySource {
	return acs.PlaySource{Kind: "text", Text: &acs.TextSource{Text: words, VoiceName: voiceName}}
}

func file(uri string) acs.PlaySource {
	return acs.PlaySource{Kind: "file", File: &acs.FileSource{URI: uri}}
}

func ssml(markup string) acs.PlaySource {
	return acs.PlaySource{Kind: "ssml", SSML: &acs.SSMLSource{SSMLText: markup}}
}

func ptr[T any](value T) *T { return &value }

// hears is a phone that answers at once and follows a script.
func hears(number string, script ...simulator.Reaction) simulator.Phone {
	return simulator.Phone{Number: number, Answer: &simulator.After{}, Script: script}
}

// log is what a phone heard and did, in words.
func (f *fixture) log(phone string) []string {
	var log []string
	for _, event := range f.sim.PhoneLog(phone) {
		log = append(log, event.String())
	}
	return log
}

// settle waits until nothing happens any more at this moment of simulated time.
func (f *fixture) settle() {
	f.Helper()
	if !f.bubbled {
		f.Fatal("only simulated time settles")
	}
	synctest.Wait()
}

// media are the events about media of a connection until now: kind, result, and operation context, such as
// "PlayCompleted 200/0 menu".
func (f *fixture) media(connectionID string) []string {
	f.Helper()
	deliveries, _ := f.sink.all()
	var media []string
	for _, e := range eventsOf(deliveries, connectionID) {
		for _, prefix := range []string{"Play", "Recognize", "SendDtmf", "Continuous", "Hold", "Recording"} {
			if strings.HasPrefix(kind(e), prefix) {
				media = append(media, strings.TrimSpace(kind(e)+" "+outcome(e)+" "+e.Data.Common().OperationContext))
			}
		}
	}
	return media
}

// listen asks for a recognition with a prompt and waits for its end.
func (f *fixture) listen(id string, request acs.RecognizeRequest) acs.Event {
	f.Helper()
	if request.RecognizeOptions.TargetParticipant.ID() == "" {
		request.RecognizeOptions.TargetParticipant = number(person)
	}
	deliveries, _ := f.sink.all()
	before := len(eventsOf(deliveries, id))
	f.ok(f.client.Recognize(f.Context(), id, request))
	return await(f, "the end of the recognition", func(deliveries []delivery) (acs.Event, bool) {
		for _, e := range eventsOf(deliveries, id)[before:] {
			if strings.HasPrefix(kind(e), "Recognize") || kind(e) == "CallDisconnected" {
				return e, true
			}
		}
		return acs.Event{}, false
	})
}

// learnt is what a recognition gave: tones, a label with the phrase, or words.
func learnt(e acs.Event) string {
	completed, ok := e.Data.(*acs.RecognizeCompleted)
	switch {
	case !ok:
		return ""
	case completed.DTMFResult != nil:
		tones := make([]string, 0, len(completed.DTMFResult.Tones))
		for _, tone := range completed.DTMFResult.Tones {
			tones = append(tones, string(tone))
		}
		return completed.RecognitionType + " " + strings.Join(tones, " ")
	case completed.ChoiceResult != nil:
		return strings.TrimSpace(completed.RecognitionType + " " + completed.ChoiceResult.Label + " " + completed.ChoiceResult.RecognizedPhrase)
	default:
		return completed.RecognitionType + " " + completed.SpeechResult.Speech
	}
}
