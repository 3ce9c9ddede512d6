// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/call-operator/call-operator/acs"
)

const (
	eventPrefix = "Microsoft.Communication."

	// eventTime has the service's seven fractional digits and explicit offset.
	eventTime = "2006-01-02T15:04:05.0000000-07:00"
)

// eventKinds are the types of events that are sent, without prefix.
var eventKinds = strings.Fields(`
	CallConnected CallDisconnected CreateCallFailed AnswerFailed ConnectFailed ParticipantsUpdated
	AddParticipantSucceeded AddParticipantFailed CancelAddParticipantSucceeded CancelAddParticipantFailed
	RemoveParticipantSucceeded RemoveParticipantFailed MoveParticipantSucceeded MoveParticipantFailed
	CallTransferAccepted CallTransferFailed PlayStarted PlayCompleted PlayFailed PlayCanceled
	RecognizeCompleted RecognizeFailed RecognizeCanceled SendDtmfTonesCompleted SendDtmfTonesFailed HoldFailed
	ContinuousDtmfRecognitionToneReceived ContinuousDtmfRecognitionStopped MediaStreamingStarted MediaStreamingStopped
	TranscriptionStarted TranscriptionStopped TranscriptionUpdated RecordingStateChanged StartRecordingFailed IncomingCall
	RecordingFileStatusUpdated`)

// outgoing is an event on its way to a webhook.
type outgoing struct {
	// stream is the connection that the event belongs to: events of one are delivered one after the other.
	stream string
	// group are the events among which this one can be overtaken.
	group string
	// age is how many resets there were before the event.
	age    int
	uri    string
	header http.Header
	// retries are the pauses before each further try.
	retries []time.Duration
	// kind is the type without its prefix.
	kind string
	id   string
	body []byte
	// bearer says that it carries the service's token.
	bearer bool
	// connectionID, correlationID and operationContext are for the journal.
	connectionID, correlationID, operationContext string
}

// envelope is a CloudEvent as the service sends it.
type envelope struct {
	ID              string         `json:"id"`
	Source          string         `json:"source"`
	Type            string         `json:"type"`
	Data            map[string]any `json:"data"`
	Time            string         `json:"time"`
	SpecVersion     string         `json:"specversion"`
	DataContentType string         `json:"datacontenttype"`
	Subject         string         `json:"subject"`
}

// operationContext says which operation context an event carries, and where it goes.
type operationContext struct {
	none     bool
	text     string
	callback string
}

var (
	// withContext carries the leg's own context, given when it was created or answered.
	withContext = operationContext{}
	// withoutContext carries none.
	withoutContext = operationContext{none: true}
)

// of carries the context of one request, and goes where that request says.
func of(text, callback string) operationContext {
	return operationContext{text: text, callback: callback, none: text == ""}
}

func success() result { return result{200, 0, ""} }

// emit delivers an event of a leg. Details are added to the data. Nothing follows CallDisconnected.
func (w *world) emit(l *leg, kind string, context operationContext, outcome result, details ...map[string]any) {
	if l.state == acs.CallConnectionStateDisconnected {
		return
	}
	data := map[string]any{
		"version":           w.options.EventVersion,
		"publicEventType":   eventPrefix + kind,
		"callConnectionId":  l.id,
		"serverCallId":      l.ids.server,
		"correlationId":     l.ids.correlation,
		"resultInformation": map[string]any{"code": outcome.code, "subCode": outcome.subCode, "message": outcome.message},
	}
	text, uri := context.text, l.callback
	if context == withContext {
		text = l.operationContext
	}
	if context.callback != "" {
		uri = context.callback
	}
	if !context.none && text != "" {
		data["operationContext"] = text
	}
	for _, detail := range details {
		for name, value := range detail {
			data[name] = value
		}
	}
	subject := "calling/callConnections/" + l.id
	id := uuid.NewString()
	body, err := json.Marshal([]envelope{{
		ID: id, Source: subject, Subject: subject, Type: eventPrefix + kind, Data: data,
		Time: w.options.Now().UTC().Format(eventTime), SpecVersion: "1.0", DataContentType: "application/json",
	}})
	if err != nil {
		panic("an event is always JSON: " + err.Error())
	}
	w.journal.add(Entry{
		Kind: EntryEvent, EventType: kind, EventID: id, ConnectionID: l.id, CorrelationID: l.ids.correlation, OperationContext: text,
	})
	w.effects = append(w.effects, effect{event: &outgoing{
		stream: l.id, group: l.id, uri: uri, kind: kind, id: id, body: body, retries: w.options.CallbackRetries, bearer: true, connectionID: l.id,
		correlationID: l.ids.correlation, operationContext: text,
	}})
}

// tellRoster sends the roster to every connected leg. Roster numbers have gaps, like the service's.
func (w *world) tellRoster(c *conversation) {
	c.sequence++
	if c.sequence > 1 {
		c.sequence++
	}
	roster := map[string]any{"participants": c.roster(), "sequenceNumber": c.sequence}
	for _, l := range c.legs {
		if l.state == acs.CallConnectionStateConnected {
			w.emit(l, "ParticipantsUpdated", withoutContext, success(), roster)
		}
	}
}

func (c *conversation) roster() []acs.CallParticipant {
	roster := make([]acs.CallParticipant, 0, len(c.parties))
	for _, p := range c.parties {
		roster = append(roster, p.participant())
	}
	return roster
}

func (p *party) participant() acs.CallParticipant {
	return acs.CallParticipant{Identifier: acs.ParseRawID(p.id), IsMuted: p.muted, IsOnHold: p.held}
}

// gridTime is the time of an Event Grid event.
func gridTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }
