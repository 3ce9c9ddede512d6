// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/statemachine/callstatus"
)

// recordedSession is what the real service was recorded to send, retold in the form of this project. Types, result
// codes, sequence numbers, times, order, and which IDs are equal are as recorded. IDs, numbers and, where a recording
// hides it, which participant is which are fictional.
type recordedSession struct {
	name, reason string
	// source is the recording: repository, file and date.
	source string
	// version is what the service calls the version of its events; those of 2023 have none.
	version string
	legs    []recordedLeg
	// steps are one event a line: leg, time, type, and in any order code/sub-code, #sequence number, ctx=context, other
	// fields as name=value, and parties, see recordedNames. A leg such as A/other is an event of another connection that came to A.
	steps string
}

// recordedLeg is one connection, which is one Call.
type recordedLeg struct {
	// name is a letter; the connection's ID is made from it.
	name, correlation string
	// answers says that the leg arrived; otherwise it was placed.
	answers bool
	want    recordedWant
}

// recordedWant is the expected state of a leg after its events.
type recordedWant struct {
	// outcome is empty for a leg whose end was not recorded.
	outcome v1alpha1.CallOutcome
	// connected is the time of day in seconds, empty when nobody answered.
	connected, ended string
	// result is code/sub-code of the end.
	result string
	// roster is who was in the call before its end; "unknown" when the service never said.
	roster string
}

// neverAnswered is any outcome that tells nobody that the call went as wanted. It takes the place of an outcome where
// a recording shows that the callee declined, and its codes do not say so.
const neverAnswered v1alpha1.CallOutcome = "never answered"

func recordedSessions() []recordedSession {
	return slices.Concat(recordedTelephone, recordedEnds, recordedRosters, recordedMedia, recordedQuestions)
}

// recordedRounds is how often a session is played, each time to Calls of its own: as it was recorded, and then in other
// orders.
const recordedRounds = 3

// Sessions that were recorded with the real service, through the receiver and the state machine: in the order in which
// they came, and in others that the promises cover.
func TestRecordedSessions(t *testing.T) {
	for _, session := range recordedSessions() {
		t.Run(strings.ReplaceAll(session.name, " ", "_"), func(t *testing.T) {
			steps := session.parse(t)
			p := newRecordedPlayer(t, session, steps)
			wrong := p.playAll(0, steps)
			for round := 1; round < recordedRounds; round++ {
				wrong = append(wrong, p.playAll(round, shuffled(session, steps, uint64(round)))...)
			}
			if len(wrong) > 0 {
				t.Errorf("%s\n%s\n%s", session.reason, session.source, strings.Join(wrong, "\n"))
			}
		})
	}
}

// check says what is wrong with a leg. Exact says that the events came as recorded.
func (l recordedLeg) check(steps []recordedStep, status v1alpha1.CallStatus, roster string, exact bool) (wrong []string) {
	complain := func(what string, want, got any) {
		wrong = append(wrong, fmt.Sprintf("leg %s has the %s %v, want %v", l.name, what, got, want))
	}
	var outcome v1alpha1.CallOutcome
	var ended, result string
	if r := status.Result; r != nil {
		outcome, ended, result = r.Outcome, r.EndTime.UTC().Format(time.TimeOnly), fmt.Sprintf("%d/%d", r.Code, r.SubCode)
	}
	if l.want.outcome == neverAnswered {
		if outcome == "" || callstatus.AsWanted(outcome) {
			complain("outcome", neverAnswered, outcome)
		}
	} else if outcome != l.want.outcome {
		complain("outcome", l.want.outcome, outcome)
	}
	if result != l.want.result {
		complain("result", l.want.result, result)
	}
	if ended != l.want.ended {
		complain("end", l.want.ended, ended)
	}
	if roster != l.want.roster {
		complain("roster", l.want.roster, roster)
	}
	if status.CorrelationID != l.correlation {
		complain("correlation ID", l.correlation, status.CorrelationID)
	}
	connected := ""
	if status.ConnectedTime != nil {
		connected = status.ConnectedTime.UTC().Format(time.TimeOnly)
	}
	first, last := l.connections(steps)
	if exact {
		last = l.want.connected
	}
	if (connected == "") != (l.want.connected == "") || connected < first || connected > last {
		complain("connected time", first+" to "+last, connected)
	}
	return wrong
}

// connections are the seconds from which a leg may count as connected, and until which it does in any order: a roster
// with two parties proves a connection too, and may be the first thing that is heard.
func (l recordedLeg) connections(steps []recordedStep) (first, last string) {
	first = l.want.connected
	for _, step := range steps {
		if step.leg != l.name || step.connection != l.name {
			continue
		}
		second := step.at.Format(time.TimeOnly)
		if last = max(last, second); len(step.parties) > 1 && step.kind == "ParticipantsUpdated" {
			first = min(first, second)
		}
	}
	return first, last
}

// rosterText is the participants as the steps write them, in alphabetical order.
func rosterText(status v1alpha1.CallStatus) string {
	if status.ParticipantCount == nil {
		return "unknown"
	}
	var parties []string
	for _, p := range status.Participants {
		text := recordedParties[p.RawID]
		if p.Muted {
			text += "!"
		}
		if p.OnHold {
			text += "~"
		}
		parties = append(parties, text)
	}
	slices.Sort(parties)
	return strings.Join(parties, " ")
}

// shuffled is another order of the steps, with some of them twice. What ended a connected call stays after what came
// before it, since the service says that CallDisconnected is the last event: the end of a call that was not known as
// connected says something else. A call that never connected has no such order.
func shuffled(session recordedSession, steps []recordedStep, seed uint64) (order []recordedStep) {
	random := rand.New(rand.NewPCG(seed, 1))
	for _, leg := range session.legs {
		var first, before, after []recordedStep
		over := false
		for _, step := range steps {
			switch over = over || (step.leg == leg.name && step.ends() && leg.want.connected != ""); {
			case step.leg != leg.name:
			case step.kind == "IncomingCall":
				first = append(first, step)
			case over:
				after = append(after, step)
			default:
				before = append(before, step)
			}
		}
		random.Shuffle(len(before), func(i, j int) { before[i], before[j] = before[j], before[i] })
		order = slices.Concat(order, first, before, after)
		for _, step := range slices.Concat(first, before) {
			if random.IntN(3) == 0 {
				order = append(order, step)
			}
		}
	}
	return order
}
