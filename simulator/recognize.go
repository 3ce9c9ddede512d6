// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/call-operator/call-operator/acs"
)

// Times of a recognition whose request does not give them.
// Source: https://learn.microsoft.com/azure/communication-services/how-tos/call-automation/recognize-action.
const (
	initialSilence = 5 * time.Second
	interTone      = 2 * time.Second
	endSilence     = 500 * time.Millisecond
)

// Limits of a recognition, in seconds. Source: the same.
const (
	maxSilence       = 300
	maxSpeechSilence = 20
	maxInterTone     = 60
)

// confidence is that of all speech.
const confidence = 0.9

// The kinds of input, and of results.
const (
	inputDTMF         = "dtmf"
	inputSpeech       = "speech"
	inputSpeechOrDTMF = "speechOrDtmf"
	inputChoices      = "choices"
)

// Results of a recognition, all documented. Source: the same, event codes, and those of the page before it about speech.
var (
	maxTonesReceived = result{200, 8531, "Action completed, max digits received."}
	stopToneReceived = result{200, 8514, "Action completed as stop tone was detected."}
	toneMatched      = result{200, 8533, "Action completed, DTMF option matched."}
	phraseMatched    = result{200, 8545, "Action completed, speech option matched."}
	speechRecognized = result{200, 8569, "Action completed, speech was recognized."}

	silenceTimedOut = result{400, 8510, "Action failed, initial silence timeout reached."}
	tonesTimedOut   = result{400, 8532, "Action failed, inter-digit silence timeout reached."}
	wrongTone       = result{500, 8534, "Action failed, incorrect tone entered."}
	wrongPhrase     = result{400, 8547, "Action failed, recognized phrase does not match a valid option."}
	// absent is assumed.
	absent = result{400, 8558, "Participant not present."}
)

// recognition is what is listened for.
type recognition struct {
	input   string
	options acs.RecognizeOptions
	target  *party
	// open says that tones and speech count: not while a prompt plays that they do not interrupt. That those are lost then, as
	// those before the operation are, is assumed.
	open  bool
	tones []acs.Tone
	// waits counts the times that are waited for: one that passes when there is a later one changes nothing.
	waits int
}

func (w *world) recognize(id string, request acs.RecognizeRequest) (answer, *apiError) {
	l, failure := w.connected(id)
	if failure != nil {
		return answer{}, failure
	}
	prompt := request.PlayPrompts
	if request.PlayPrompt != nil {
		prompt = []acs.PlaySource{*request.PlayPrompt}
	}
	if failure := l.checkRecognition(request, prompt); failure != nil {
		return answer{}, failure
	}
	target := l.conversation.find(request.RecognizeOptions.TargetParticipant.ID())
	if target == nil {
		return answer{}, noParticipant()
	}
	operation := &mediaOperation{
		name: "Recognize", context: of(request.OperationContext, request.OperationCallbackURI), prompt: prompt,
		named: []*party{target}, private: l.isGroup(),
		listening: &recognition{input: request.RecognizeInputType, options: request.RecognizeOptions, target: target},
	}
	if failure := w.queueMedia(l, operation, request.InterruptCallMediaOperation); failure != nil {
		return answer{}, failure
	}
	return answered(http.StatusAccepted, nil, l), nil
}

// checkRecognition refuses what is wrong with a request, and speech in a call that was set up without a speech service.
func (l *leg) checkRecognition(request acs.RecognizeRequest, prompt []acs.PlaySource) *apiError {
	options := request.RecognizeOptions
	speech := request.RecognizeInputType != inputDTMF
	longest := int32(maxSilence)
	if speech {
		longest = maxSpeechSilence
	}
	switch {
	case !slices.Contains([]string{inputDTMF, inputSpeech, inputSpeechOrDTMF, inputChoices}, request.RecognizeInputType):
		return invalid("The field RecognizeInputType is invalid.")
	case options.TargetParticipant.ID() == "":
		return invalid("The field TargetParticipant is invalid.")
	case outside(options.InitialSilenceTimeoutInSeconds, 0, longest):
		return invalid("The field InitialSilenceTimeoutInSeconds is invalid.")
	case request.RecognizeInputType == inputChoices && !validChoices(options.Choices):
		return invalid("The field Choices is invalid.")
	case options.DTMFOptions != nil && !validTones(*options.DTMFOptions):
		return invalid("The field DtmfOptions is invalid.")
	case speech && !l.speaks:
		return noSpeech()
	}
	return l.checkSources(prompt)
}

func outside(value *int32, least, most int32) bool {
	return value != nil && (*value < least || *value > most)
}

func validTones(options acs.DTMFOptions) bool {
	return !outside(options.InterToneTimeoutInSeconds, 1, maxInterTone) && (options.MaxTonesToCollect == nil || *options.MaxTonesToCollect > 0) &&
		!slices.ContainsFunc(options.StopTones, func(tone acs.Tone) bool { return !slices.Contains(tones, string(tone)) })
}

// validChoices tells whether each choice has a label, and a tone either all or none of them. The latter is documented.
func validChoices(choices []acs.Choice) bool {
	pressed := 0
	for _, choice := range choices {
		if choice.Label == "" || choice.Tone != "" && !slices.Contains(tones, string(choice.Tone)) {
			return false
		}
		if choice.Tone != "" {
			pressed++
		}
	}
	return len(choices) > 0 && (pressed == 0 || pressed == len(choices))
}

// listen lets input count from now on, and waits for it.
func (w *world) listen(l *leg, operation *mediaOperation) {
	r := operation.listening
	r.open = true
	silence := initialSilence
	if seconds := r.options.InitialSilenceTimeoutInSeconds; seconds != nil {
		silence = time.Duration(*seconds) * time.Second
	}
	w.await(l, operation, silence, func(w *world) { w.finishMedia(l, operation, "Failed", silenceTimedOut) })
}

// await does something after a time, unless something is heard before.
func (w *world) await(l *leg, operation *mediaOperation, pause time.Duration, do func(*world)) {
	r := operation.listening
	r.waits++
	waits := r.waits
	w.later(pause, func(w *world) {
		if l.runs() != operation || r.waits != waits {
			return
		}
		if r.target.in != l.conversation {
			w.finishMedia(l, operation, "Failed", absent)
			return
		}
		do(w)
	})
}

// listening is the running recognition that hears a party, nil for none. A prompt that may be interrupted is by that.
func (l *leg) listening(p *party) *mediaOperation {
	operation := l.runs()
	if operation == nil || operation.listening == nil || operation.listening.target != p {
		return nil
	}
	interrupts := operation.listening.options.InterruptPrompt
	if !operation.listening.open && interrupts != nil && !*interrupts {
		return nil
	}
	return operation
}

// interrupt ends the prompt, if it still plays.
func (w *world) interrupt(operation *mediaOperation) {
	if !operation.listening.open {
		w.stopPrompt(operation)
		operation.listening.open = true
	}
}

// hearTone counts a tone.
func (w *world) hearTone(l *leg, operation *mediaOperation, tone acs.Tone) {
	r := operation.listening
	switch r.input {
	case inputSpeech:
	case inputChoices:
		w.chooseByTone(l, operation, tone)
	default:
		w.interrupt(operation)
		w.collect(l, operation, tone)
	}
}

func (w *world) chooseByTone(l *leg, operation *mediaOperation, tone acs.Tone) {
	choices := operation.listening.options.Choices
	if choices[0].Tone == "" {
		return
	}
	w.interrupt(operation)
	for _, choice := range choices {
		if choice.Tone == tone {
			w.finishMedia(l, operation, "Completed", toneMatched, recognized(inputChoices, "choiceResult", map[string]any{"label": choice.Label}))
			return
		}
	}
	w.finishMedia(l, operation, "Failed", wrongTone)
}

// collect adds a tone to those that were heard. A stop tone is not one of them, which is assumed. A time-out between tones
// is documented both as a completion and as a failure: it is assumed to be a failure if a number of tones was wanted.
func (w *world) collect(l *leg, operation *mediaOperation, tone acs.Tone) {
	r := operation.listening
	options := acs.DTMFOptions{}
	if r.options.DTMFOptions != nil {
		options = *r.options.DTMFOptions
	}
	complete := func(w *world, because result) {
		w.finishMedia(l, operation, "Completed", because, recognized(inputDTMF, "dtmfResult", map[string]any{"tones": append([]acs.Tone{}, r.tones...)}))
	}
	if slices.Contains(options.StopTones, tone) {
		complete(w, stopToneReceived)
		return
	}
	r.tones = append(r.tones, tone)
	if most := options.MaxTonesToCollect; most != nil && len(r.tones) >= int(*most) {
		complete(w, maxTonesReceived)
		return
	}
	pause := interTone
	if seconds := options.InterToneTimeoutInSeconds; seconds != nil {
		pause = time.Duration(*seconds) * time.Second
	}
	w.await(l, operation, pause, func(w *world) {
		if options.MaxTonesToCollect != nil {
			w.finishMedia(l, operation, "Failed", tonesTimedOut)
			return
		}
		complete(w, tonesTimedOut)
	})
}

// hearWords counts what was said, when silence follows.
func (w *world) hearWords(l *leg, operation *mediaOperation, said string) {
	r := operation.listening
	if r.input == inputDTMF {
		return
	}
	w.interrupt(operation)
	pause := endSilence
	if options := r.options.SpeechOptions; options != nil && options.EndSilenceTimeoutInMS != nil {
		pause = time.Duration(*options.EndSilenceTimeoutInMS) * time.Millisecond
	}
	w.await(l, operation, pause, func(w *world) {
		if r.input == inputChoices {
			w.chooseByPhrase(l, operation, said)
			return
		}
		w.finishMedia(l, operation, "Completed", speechRecognized,
			recognized(inputSpeech, "speechResult", map[string]any{"speech": said, "confidence": confidence}))
	})
}

func (w *world) chooseByPhrase(l *leg, operation *mediaOperation, said string) {
	for _, choice := range operation.listening.options.Choices {
		for _, phrase := range choice.Phrases {
			if plain(phrase) == plain(said) {
				w.finishMedia(l, operation, "Completed", phraseMatched, recognized(inputChoices, "choiceResult",
					map[string]any{"label": choice.Label, "recognizedPhrase": phrase, "confidence": confidence}))
				return
			}
		}
	}
	w.finishMedia(l, operation, "Failed", wrongPhrase)
}

// plain is what is said, without what is not heard of it.
func plain(phrase string) string {
	return strings.ToLower(strings.Trim(strings.TrimSpace(phrase), ".!?,"))
}

// recognized is what RecognizeCompleted says.
func recognized(kind, field string, what map[string]any) map[string]any {
	return map[string]any{"recognitionType": kind, field: what}
}
