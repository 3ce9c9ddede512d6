// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"slices"
	"time"

	"github.com/call-operator/call-operator/acs"
)

// PhoneEventKind is the kind of a PhoneEvent.
type PhoneEventKind string

// The kinds of phone events.
const (
	PhoneHeard PhoneEventKind = "heard"
	// PhoneHeardTones are tones that the app sent to the phone.
	PhoneHeardTones PhoneEventKind = "heardTones"
	PhonePressed    PhoneEventKind = "pressed"
	PhoneSaid       PhoneEventKind = "said"
	PhoneHungUp     PhoneEventKind = "hungUp"
	PhoneHeld       PhoneEventKind = "held"
	PhoneUnheld     PhoneEventKind = "unheld"
	PhoneMuted      PhoneEventKind = "muted"
)

// PhoneEvent is something that a phone heard or did in a call, or that happened to it there.
type PhoneEvent struct {
	Time time.Time      `json:"time"`
	Kind PhoneEventKind `json:"kind"`
	// Text is what was heard or said: the words of a text or of SSML, the URI of a file, or keys such as 12#.
	Text string `json:"text,omitempty"`
	// Source is text, ssml or file, for what was heard.
	Source string `json:"source,omitempty"`
	// Times is how often it was heard, more than once in a loop; Complete tells whether the last time was to its end.
	Times    int  `json:"times,omitempty"`
	Complete bool `json:"complete,omitempty"`
	// CorrelationID names the call. OperationContext is that of the request which played it.
	CorrelationID    string `json:"correlationId,omitempty"`
	OperationContext string `json:"operationContext,omitempty"`
}

// String is the event in words, such as: heard "Press 1.", cut off.
func (e PhoneEvent) String() string {
	switch e.Kind {
	case PhoneHeard:
		text := fmt.Sprintf("heard %q", e.Text)
		if e.Times > 1 {
			text += fmt.Sprintf(", %d times", e.Times)
		}
		if !e.Complete {
			text += ", cut off"
		}
		return text
	case PhoneHeardTones:
		return "heard the tones " + e.Text
	case PhonePressed:
		return "pressed " + e.Text
	case PhoneSaid:
		return fmt.Sprintf("said %q", e.Text)
	case PhoneHungUp:
		return "hung up"
	case PhoneHeld:
		return "was put on hold"
	case PhoneUnheld:
		return "was taken off hold"
	case PhoneMuted:
		return "was muted"
	}
	return string(e.Kind)
}

// PhoneLog is what a phone heard and did, in order. The phone is a number such as +14255550123, or a raw ID.
func (s *Simulator) PhoneLog(phone string) []PhoneEvent {
	return s.journal.phoneLog(partyOf(phone).ID())
}

// Heard is what a phone heard, in order: the words of texts and SSML, and the URIs of files. The phone is a number such as
// +14255550123, or a raw ID.
func (s *Simulator) Heard(phone string) []string {
	var heard []string
	for _, event := range s.PhoneLog(phone) {
		if event.Kind == PhoneHeard {
			heard = append(heard, event.Text)
		}
	}
	return heard
}

// phoneLog copies the log of a phone.
func (j *journal) phoneLog(phone string) []PhoneEvent {
	j.mu.Lock()
	defer j.mu.Unlock()
	events := make([]PhoneEvent, 0, len(j.phones[phone]))
	for _, event := range j.phones[phone] {
		events = append(events, *event)
	}
	return events
}

// note begins an event in the log of a phone. It keeps as many as the journal keeps entries.
func (j *journal) note(phone string, event PhoneEvent) *PhoneEvent {
	j.mu.Lock()
	defer j.mu.Unlock()
	event.Time = j.now()
	if j.limit > 0 {
		kept := j.phones[phone]
		if len(kept) >= j.limit {
			kept = slices.Delete(kept, 0, len(kept)-j.limit+1)
		}
		j.phones[phone] = append(kept, &event)
	}
	return &event
}

// phoneRecord is an event in a phone's log that is not over yet.
type phoneRecord struct {
	journal *journal
	phone   string
	event   *PhoneEvent
}

// change changes the event, and returns it as it is then.
func (r *phoneRecord) change(change func(*PhoneEvent)) PhoneEvent {
	r.journal.mu.Lock()
	defer r.journal.mu.Unlock()
	change(r.event)
	return *r.event
}

// note begins an event in the log of a party's phone.
func (w *world) note(p *party, event PhoneEvent) *phoneRecord {
	if p.in != nil {
		event.CorrelationID = p.in.ids.correlation
	}
	return &phoneRecord{journal: w.journal, phone: p.rang, event: w.journal.note(p.rang, event)}
}

// tell adds an event of a phone to the journal.
func (w *world) tell(phone string, event PhoneEvent) {
	w.journal.add(Entry{
		Kind: EntryPhone, Phone: phone, PhoneEvent: event.Kind, Text: event.Text, Times: event.Times, Complete: event.Complete,
		CorrelationID: event.CorrelationID, OperationContext: event.OperationContext,
	})
}

// record adds an event that is over to the log of a party's phone and to the journal. An app has no phone.
func (w *world) record(p *party, event PhoneEvent) {
	if p.phone == nil {
		return
	}
	record := w.note(p, event)
	w.tell(record.phone, *record.event)
}

// pressKey adds a key to the row that a phone presses, with the operation context of the recognition that hears it.
func (w *world) pressKey(row *phoneRecord, tone acs.Tone, listener string) {
	event := row.change(func(event *PhoneEvent) { event.Text += keyOf(tone) })
	event.Text, event.OperationContext = keyOf(tone), listener
	w.tell(row.phone, event)
}
