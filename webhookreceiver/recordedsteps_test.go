// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The parties of the recorded sessions: two numbers of one resource, the app's own users in telephone legs, and users.
var recordedNames = map[string]string{
	"num1": "4:+14255550111", "num2": "4:+14255550122",
	"app1": recordedUser + "a1", "app2": recordedUser + "a2",
	"u1": recordedUser + "01", "u2": recordedUser + "02", "u3": recordedUser + "03",
}

const recordedUser = "8:acs:11111111-2222-4333-8444-555555555555_00000000-0000-4000-8000-0000000000"

// recordedParties is recordedNames by raw ID.
var recordedParties = func() map[string]string {
	parties := map[string]string{}
	for name, rawID := range recordedNames {
		parties[rawID] = name
	}
	return parties
}()

// recordedParty is a party of a step: its name, with ! when muted and ~ when on hold.
type recordedParty struct {
	rawID         string
	muted, onHold bool
}

func (p recordedParty) identifier() map[string]any {
	if number, ok := strings.CutPrefix(p.rawID, "4:"); ok {
		return map[string]any{"rawId": p.rawID, "kind": "phoneNumber", "phoneNumber": map[string]any{"value": number}}
	}
	return map[string]any{"rawId": p.rawID, "kind": "communicationUser", "communicationUser": map[string]any{"id": p.rawID}}
}

// recordedStep is one event of a session.
type recordedStep struct {
	text  string
	index int
	// leg is where the event came; connection is which it speaks of.
	leg, connection string
	at              time.Time
	kind            string
	result, context string
	sequence        string
	// more are other fields of the event's data.
	more    map[string]any
	parties []recordedParty
}

// ends tells whether the event ends its leg.
func (s recordedStep) ends() bool {
	return s.connection == s.leg && (s.kind == "CallDisconnected" || s.kind == "CreateCallFailed" || s.kind == "AnswerFailed")
}

// parse reads the steps of a session. The first line is the date.
func (session recordedSession) parse(t *testing.T) (steps []recordedStep) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(session.steps), "\n")
	for i, line := range lines[1:] {
		step, err := parseRecordedStep(strings.TrimSpace(lines[0]), line)
		if err != nil {
			t.Fatalf("%s: %q: %v", session.name, line, err)
		}
		step.index = i
		steps = append(steps, step)
	}
	return steps
}

func parseRecordedStep(date, line string) (step recordedStep, err error) {
	fields := strings.Fields(line)
	if len(fields) < 3 {
		return step, fmt.Errorf("it has %d fields", len(fields))
	}
	step.text, step.kind = strings.TrimSpace(line), fields[2]
	var other bool
	if step.leg, step.connection, other = strings.Cut(fields[0], "/"); !other {
		step.connection = step.leg
	}
	if step.at, err = time.Parse(time.RFC3339Nano, date+"T"+fields[1]+"Z"); err != nil {
		return step, err
	}
	for _, field := range fields[3:] {
		switch {
		case strings.HasPrefix(field, "#"):
			step.sequence = field[1:]
		case strings.HasPrefix(field, "ctx="):
			step.context = field[4:]
		case strings.Contains(field, "="):
			step.add(field)
		case field[0] >= '0' && field[0] <= '9':
			step.result = field
		default:
			party := recordedParty{muted: strings.Contains(field, "!"), onHold: strings.Contains(field, "~")}
			if party.rawID = recordedNames[strings.TrimRight(field, "!~")]; party.rawID == "" {
				return step, fmt.Errorf("nobody is called %s", field)
			}
			step.parties = append(step.parties, party)
		}
	}
	return step, nil
}

// add adds a field of the event's data, which is a number or a text.
func (s *recordedStep) add(field string) {
	name, text, _ := strings.Cut(field, "=")
	if s.more == nil {
		s.more = map[string]any{}
	}
	s.more[name] = text
	if n, err := strconv.Atoi(text); err == nil {
		s.more[name] = n
	}
}

// eventID is different in each round, as Calls are named by it.
func (s recordedStep) eventID(round int) string {
	return fmt.Sprintf("%08d-0000-4000-8000-%012d", round, s.index)
}

// event is the step as the service sends it.
func (s recordedStep) event(session recordedSession, round int) map[string]any {
	correlation := "correlation-of-" + s.connection
	for _, leg := range session.legs {
		if leg.name == s.connection {
			correlation = leg.correlation
		}
	}
	path := "calling/callConnections/connection-" + s.connection
	data := map[string]any{"callConnectionId": "connection-" + s.connection, "serverCallId": "server-" + correlation, "correlationId": correlation}
	if session.version != "" {
		data["version"], data["publicEventType"] = session.version, "Microsoft.Communication."+s.kind
	}
	if s.context != "" {
		data["operationContext"] = s.context
	}
	if code, subCode, ok := strings.Cut(s.result, "/"); ok {
		data["resultInformation"] = map[string]any{"code": number(code), "subCode": number(subCode), "message": ""}
	}
	maps.Copy(data, s.more)
	s.people(data)
	return map[string]any{
		"id": s.eventID(round), "source": path, "type": "Microsoft.Communication." + s.kind, "data": data, "subject": path,
		"time": s.at.Format("2006-01-02T15:04:05.9999999") + "+00:00", "specversion": "1.0", "datacontenttype": "application/json",
	}
}

// people adds the parties and the sequence number. A roster that names nobody and has no number says neither.
func (s recordedStep) people(data map[string]any) {
	if s.sequence != "" {
		data["sequenceNumber"] = number(s.sequence)
	}
	if s.kind != "ParticipantsUpdated" && len(s.parties) > 0 {
		data["participant"] = s.parties[0].identifier()
		return
	}
	var participants []any
	for _, party := range s.parties {
		participants = append(participants, map[string]any{"identifier": party.identifier(), "isMuted": party.muted, "isOnHold": party.onHold})
	}
	if participants != nil {
		data["participants"] = participants
	}
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}
