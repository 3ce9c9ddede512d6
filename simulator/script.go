// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"strings"
	"time"

	"github.com/call-operator/call-operator/acs"
)

const (
	// keyPause is the time from one key to the next.
	keyPause = 100 * time.Millisecond

	// commaPause is how long a comma among keys waits.
	commaPause = time.Second
)

// keys are the keys of a phone and their tones.
var keys = map[rune]acs.Tone{
	'0': acs.ToneZero, '1': acs.ToneOne, '2': acs.ToneTwo, '3': acs.ToneThree, '4': acs.ToneFour, '5': acs.ToneFive, '6': acs.ToneSix,
	'7': acs.ToneSeven, '8': acs.ToneEight, '9': acs.ToneNine, '*': acs.ToneAsterisk, '#': acs.TonePound,
	'A': acs.ToneA, 'B': acs.ToneB, 'C': acs.ToneC, 'D': acs.ToneD,
}

// keyOf is the key of a tone.
func keyOf(tone acs.Tone) string {
	for key, of := range keys {
		if of == tone {
			return string(key)
		}
	}
	return string(tone)
}

// Reaction is what a phone does when it hears a prompt. The first reaction of the script that matches is taken, and is used
// once in a call. One that neither presses, says nor hangs up stays silent at its prompt.
type Reaction struct {
	// Heard is a part of what is heard: of the words of a text or of SSML, or of the URI of a file. Upper and lower case are
	// the same. Empty, it matches every prompt, and silence in which somebody listens.
	Heard string `json:"heard,omitempty"`
	// After is the pause before the reaction, from the end of the prompt; with During, from its beginning.
	After  Duration `json:"after,omitempty"`
	During bool     `json:"during,omitempty"`
	// Press are the keys to press: 0 to 9, *, # and A to D, 100 ms apart. A comma waits a second.
	Press string `json:"press,omitempty"`
	// Say is what is said after that.
	Say string `json:"say,omitempty"`
	// HangUp hangs up after that.
	HangUp bool `json:"hangUp,omitempty"`
	// Always reacts so each time, and not once in a call.
	Always bool `json:"always,omitempty"`
}

func (r Reaction) validate() error {
	for _, key := range r.Press {
		if _, known := keys[key]; !known && key != ',' {
			return fmt.Errorf("press %q: keys are 0 to 9, *, #, A to D, and a comma for a pause of a second", r.Press)
		}
	}
	return nil
}

// matches tells whether the reaction is to these words.
func (r Reaction) matches(words string) bool {
	return strings.Contains(strings.ToLower(words), strings.ToLower(r.Heard))
}

// chosenReaction is a reaction of a script, with its place there.
type chosenReaction struct {
	index int
	Reaction
}

// choose takes the reaction of the party's phone to what it hears, if there is one.
func (p *party) choose(words string) (chosenReaction, bool) {
	for i, reaction := range p.phone.Script {
		if p.used[i] || !reaction.matches(words) {
			continue
		}
		if !reaction.Always {
			if p.used == nil {
				p.used = map[int]bool{}
			}
			p.used[i] = true
		}
		return chosenReaction{i, reaction}, true
	}
	return chosenReaction{index: -1}, false
}

// step is a part of a reaction: something to do after a pause.
type step struct {
	pause time.Duration
	do    func(*world)
}

// steps are what a party does to react.
func (r Reaction) steps(p *party) []step {
	var steps []step
	var pause time.Duration
	row := new(*phoneRecord)
	for _, key := range r.Press {
		if key == ',' {
			pause += commaPause
			continue
		}
		steps = append(steps, step{pause, func(w *world) { w.press(p, keys[key], row) }})
		pause = keyPause
	}
	if r.Say != "" {
		steps = append(steps, step{pause, func(w *world) { w.say(p, r.Say) }})
		pause = 0
	}
	if r.HangUp {
		steps = append(steps, step{pause, func(w *world) { w.phoneHangsUp(p) }})
	}
	return steps
}

// pressTones is a reaction that presses tones.
func pressTones(tones []acs.Tone) Reaction {
	var press strings.Builder
	for _, tone := range tones {
		press.WriteString(keyOf(tone))
	}
	return Reaction{Press: press.String()}
}

// react lets a party react after a pause, as long as it is in a call.
func (w *world) react(p *party, reaction Reaction) {
	w.takeSteps(p, time.Duration(reaction.After), reaction.steps(p))
}

func (w *world) takeSteps(p *party, pause time.Duration, steps []step) {
	if len(steps) == 0 {
		return
	}
	w.later(pause+steps[0].pause, func(w *world) {
		if p.in == nil {
			return
		}
		steps[0].do(w)
		w.takeSteps(p, 0, steps[1:])
	})
}

// press presses a key, which is one of a row. The recognition that listens to the phone hears it.
func (w *world) press(p *party, tone acs.Tone, row **phoneRecord) {
	if *row == nil {
		*row = w.note(p, PhoneEvent{Kind: PhonePressed})
	}
	w.pressKey(*row, tone, p.listener())
	for _, l := range p.in.legs {
		w.hearContinuously(l, p, tone)
		if operation := l.listening(p); operation != nil {
			w.hearTone(l, operation, tone)
		}
	}
}

// listener is the operation context of the recognition that hears a party, "" for none.
func (p *party) listener() string {
	for _, l := range p.in.legs {
		if operation := l.listening(p); operation != nil {
			return operation.context.text
		}
	}
	return ""
}

// say says something. The recognition that listens to the phone hears it, unless the phone is muted or on hold.
func (w *world) say(p *party, words string) {
	w.record(p, PhoneEvent{Kind: PhoneSaid, Text: words})
	if p.muted || p.held {
		return
	}
	for _, l := range p.in.legs {
		if operation := l.listening(p); operation != nil {
			w.hearWords(l, operation, words)
		}
	}
}

// phoneHangsUp hangs up.
func (w *world) phoneHangsUp(p *party) {
	if p.in == nil {
		return
	}
	w.record(p, PhoneEvent{Kind: PhoneHungUp})
	w.partyHangsUp(p)
}
