// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"slices"
	"strings"

	"github.com/call-operator/call-operator/acs"
)

// played is the result of what was played.
// Recorded: azure-sdk-for-js, Play_audio_to_target_participant_when_participant_on_hold, 2025-03.
var played = result{200, 0, "Action completed successfully."}

// hearing is a source that a party hears.
type hearing struct {
	party *party
	index int
}

// promptReaction is how a phone reacts at the end of a prompt.
type promptReaction struct {
	party *party
	chosenReaction
}

// playPrompt plays a prompt from a source on, in the nth round of a loop.
func (w *world) playPrompt(l *leg, operation *mediaOperation, index, round int) {
	if index == 0 && !w.promptBegins(l, operation, round) {
		return
	}
	if index == len(operation.prompt) {
		w.promptEnds(l, operation, round)
		return
	}
	if because := sourceFailure(operation.prompt[index]); because != nil {
		w.failPrompt(l, operation, *because, index)
		return
	}
	for _, p := range operation.hearers(l) {
		w.hear(operation, hearing{p, index}, operation.prompt[index])
	}
	stops := operation.stops
	w.later(w.options.PromptTime, func(w *world) {
		if l.runs() == operation && operation.stops == stops {
			w.heard(l, operation, index)
			w.playPrompt(l, operation, index+1, round)
		}
	})
}

// promptBegins tells of the beginning, also of the prompt of a question, and tells whether the prompt can be played. One that fails with its
// first source did not begin. Recorded: azure-sdk-for-js, Play_wrong_source_with_play, 2025-03; azure-sdk-for-python,
// play_with_invalid_and_valid_file_sources, 2025-06; azure-sdk-for-net, ChoiceRecognizeWithMultipleTextSourcesTest, 2025-07.
func (w *world) promptBegins(l *leg, operation *mediaOperation, round int) bool {
	if round > 1 {
		return true
	}
	name := strings.ToLower(operation.name)
	if because := w.failing(name); because != nil {
		w.failPrompt(l, operation, *because, 0)
		return false
	}
	if len(operation.prompt) > 0 && sourceFailure(operation.prompt[0]) == nil {
		w.emit(l, "PlayStarted", operation.context, played)
	}
	w.choose(l, operation)
	return true
}

// choose finds out how each phone will react to the prompt. Those that do not wait for its end begin now.
func (w *world) choose(l *leg, operation *mediaOperation) {
	for _, p := range operation.hearers(l) {
		chosen, ok := p.choose(words(operation.prompt))
		switch {
		case ok && chosen.During:
			w.react(p, chosen.Reaction)
		case ok:
			operation.reactions = append(operation.reactions, promptReaction{p, chosen})
		case operation.listening != nil:
			chosen.Reaction = pressTones(p.phone.Press)
			operation.reactions = append(operation.reactions, promptReaction{p, chosen})
		}
	}
}

// promptEnds lets a recognition listen, and the phones react.
func (w *world) promptEnds(l *leg, operation *mediaOperation, round int) {
	if operation.listening != nil {
		w.listen(l, operation)
	}
	for _, r := range operation.reactions {
		w.react(r.party, r.Reaction)
	}
	operation.reactions = nil
	switch {
	case operation.listening != nil:
	case operation.loop:
		w.playPrompt(l, operation, 0, round+1)
	default:
		w.finishMedia(l, operation, "Completed", played)
	}
}

// failPrompt ends an operation whose prompt cannot be played. A recognition has a code of its own for files, which is documented.
func (w *world) failPrompt(l *leg, operation *mediaOperation, because result, index int) {
	if operation.listening != nil && because.subCode == badFile.subCode {
		because = result{500, 8511, "Action failed, encountered failure while trying to play the prompt."}
	}
	w.finishMedia(l, operation, "Failed", because, map[string]any{"failedPlaySourceIndex": index})
}

// hearers are the people who hear the operation's prompt. Who is on hold hears only what is played to them by name.
func (o *mediaOperation) hearers(l *leg) []*party {
	var hearers []*party
	for _, p := range l.conversation.parties {
		if p.phone != nil && (slices.Contains(o.named, p) || len(o.named) == 0 && !p.held) {
			hearers = append(hearers, p)
		}
	}
	return hearers
}

// hear notes that somebody hears a source from now on, perhaps again.
func (w *world) hear(operation *mediaOperation, what hearing, source acs.PlaySource) {
	if record, again := operation.playing[what]; again {
		record.change(func(event *PhoneEvent) { event.Times, event.Complete = event.Times+1, false })
		return
	}
	if operation.playing == nil {
		operation.playing = map[hearing]*phoneRecord{}
	}
	operation.playing[what] = w.note(what.party, heardSource(source, operation.context.text))
}

// heardSource is the event of a source that begins.
func heardSource(source acs.PlaySource, operationContext string) PhoneEvent {
	return PhoneEvent{
		Kind: PhoneHeard, Text: words([]acs.PlaySource{source}), Source: source.Kind, Times: 1, OperationContext: operationContext,
	}
}

// heard notes that the source was played to its end. Who left meanwhile did not hear it to the end.
func (w *world) heard(l *leg, operation *mediaOperation, index int) {
	for _, what := range operation.order() {
		if what.index != index || what.party.in != l.conversation {
			continue
		}
		record := operation.playing[what]
		event := record.change(func(event *PhoneEvent) { event.Complete = true })
		if !operation.loop {
			w.tell(record.phone, event)
			delete(operation.playing, what)
		}
	}
}

// stopPrompt ends what plays. Reactions that were to come at its end do not come: they are left for the next prompt.
func (w *world) stopPrompt(operation *mediaOperation) {
	operation.stops++
	for _, what := range operation.order() {
		record := operation.playing[what]
		w.tell(record.phone, *record.event)
	}
	for _, r := range operation.reactions {
		delete(r.party.used, r.index)
	}
	operation.playing, operation.reactions = nil, nil
}

// order is the order in which the phones began to hear what plays.
func (o *mediaOperation) order() []hearing {
	order := make([]hearing, 0, len(o.playing))
	for what := range o.playing {
		order = append(order, what)
	}
	slices.SortFunc(order, func(a, b hearing) int {
		if a.index != b.index {
			return a.index - b.index
		}
		return strings.Compare(a.party.id, b.party.id)
	})
	return order
}
