// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/telephony"
)

// recordedPlayer plays the service, and of the manager what has to be there for events to be heard.
type recordedPlayer struct {
	*fixture
	session recordedSession
	round   int
	start   time.Time
	now     time.Time
	// calls are where the events of each leg go, in this round.
	calls map[string]callbackurl.Target
	// operation is what was asked for in leg A, nil if nothing was.
	operation *recordedAttempt
}

func newRecordedPlayer(t *testing.T, session recordedSession, steps []recordedStep) *recordedPlayer {
	t.Helper()
	first := slices.MinFunc(steps, func(a, b recordedStep) int { return a.at.Compare(b.at) })
	p := &recordedPlayer{session: session, start: first.at.Add(-3 * time.Second)}
	p.now = p.start
	p.fixture = newFixture(t, []client.Object{provider("")}, func(_ *fixture, c *Config) { c.Now = func() time.Time { return p.now } })
	return p
}

// playAll plays steps to the Calls of a round and says what is wrong afterwards.
func (p *recordedPlayer) playAll(round int, steps []recordedStep) (wrong []string) {
	p.t.Helper()
	p.begin(round)
	rosters := map[string]string{}
	for _, step := range steps {
		if step.ends() && p.statusOf(step.leg).Result == nil {
			rosters[step.leg] = rosterText(p.statusOf(step.leg))
		}
		p.play(step)
	}
	for _, leg := range p.session.legs {
		p.settle(leg.name)
		status := p.statusOf(leg.name)
		roster, over := rosters[leg.name]
		if !over {
			roster = rosterText(status)
		}
		wrong = append(wrong, leg.check(steps, status, roster, round == 0)...)
	}
	if round == 0 {
		wrong = append(wrong, p.replay(steps)...)
	}
	for i := range wrong {
		wrong[i] = fmt.Sprintf("round %d: %s", round, wrong[i])
	}
	return wrong
}

// begin makes the Calls of a round, but for those that an IncomingCall makes.
func (p *recordedPlayer) begin(round int) {
	p.t.Helper()
	p.round, p.now, p.calls = round, p.start, map[string]callbackurl.Target{}
	for _, leg := range p.session.legs {
		if leg.answers {
			continue
		}
		call := pending()
		call.Name = fmt.Sprintf("leg-%s-%d", strings.ToLower(leg.name), round)
		call.Status = v1alpha1.CallStatus{ObservedGeneration: -1}
		if err := p.api.Create(p.t.Context(), call); err != nil {
			p.t.Fatal(err)
		}
		p.prepare(leg, call, p.start)
	}
}

// prepare writes what the manager has written before the events of a leg come.
func (p *recordedPlayer) prepare(leg recordedLeg, call *v1alpha1.Call, at time.Time) {
	p.t.Helper()
	p.calls[leg.name] = callbackurl.Target{Kind: callbackurl.KindCalls, Namespace: namespace, Name: call.Name, UID: call.UID}
	if err := p.api.Status().Update(p.t.Context(), told(call, prepared(leg, at)...)); err != nil {
		p.t.Fatal(err)
	}
}

// prepared is what the manager knows of a leg by then.
func prepared(leg recordedLeg, at time.Time) []callstatus.Fact {
	facts := []callstatus.Fact{callstatus.Observed{Generation: 1, At: at}}
	if leg.answers {
		facts = append(facts, callstatus.Rang{At: at},
			callstatus.Routed{ID: "attempt-" + leg.name, Route: v1alpha1.RoutedCall{Name: "desk", Action: v1alpha1.RouteActionAnswer}, At: at})
	} else {
		facts = append(facts, callstatus.Intended{ID: "attempt-" + leg.name, At: at})
	}
	return append(facts, callstatus.Placed{At: at, Call: telephony.CallIDs{
		Connection: "connection-" + leg.name, Correlation: leg.correlation,
	}})
}

// play delivers one step. Time does not run backwards: what comes late is heard late.
func (p *recordedPlayer) play(step recordedStep) {
	p.t.Helper()
	if heard := step.at.Add(80 * time.Millisecond); heard.After(p.now) {
		p.now = heard
	}
	if step.kind == "IncomingCall" {
		p.ring(step)
		return
	}
	target := p.calls[step.leg]
	if p.operation != nil && p.operation.reports(step) {
		target = p.operation.target
		// The events of a recording have no context.
		if p.operation.asked.Record == nil {
			step.context = p.operation.id
		}
	}
	url := genuineURL(p.t, target)
	body := batch(p.t, step.event(p.session, p.round))
	if code, reason := p.send(httptest.NewRequest(http.MethodPost, url, strings.NewReader(body))); code != http.StatusOK {
		p.t.Fatalf("%s: the answer to %s is %d %s", p.session.name, step.text, code, reason)
	}
}

// ring delivers an IncomingCall, and lets a route answer the Call that it makes.
func (p *recordedPlayer) ring(step recordedStep) {
	p.t.Helper()
	id := step.eventID(p.round)
	event := incomingEvent(id, map[string]any{
		"from": step.parties[0].identifier(), "to": step.parties[1].identifier(), "correlationId": p.leg(step.leg).correlation,
		"customContext": nil,
	})
	event["eventTime"] = step.at.Format(time.RFC3339Nano)
	if code, reason := p.deliver(event); code != http.StatusOK {
		p.t.Fatalf("%s: the answer to %s is %d %s", p.session.name, step.text, code, reason)
	}
	call := p.incomingCall("incoming-" + id)
	if p.calls[step.leg].Name != "" {
		return
	}
	p.prepare(p.leg(step.leg), call, step.at)
}

func (p *recordedPlayer) leg(name string) recordedLeg {
	return p.session.legs[slices.IndexFunc(p.session.legs, func(l recordedLeg) bool { return l.name == name })]
}

func (p *recordedPlayer) statusOf(leg string) v1alpha1.CallStatus {
	p.t.Helper()
	return p.incomingCall(p.calls[leg].Name).Status
}

// settle does what the manager does once no report can come any more that somebody had answered a call whose end was reported.
func (p *recordedPlayer) settle(leg string) {
	p.t.Helper()
	call := p.incomingCall(p.calls[leg].Name)
	if call.Status.ReportedEnd == nil {
		return
	}
	if err := p.api.Status().Update(p.t.Context(), told(call, callstatus.Settled{At: p.now})); err != nil {
		p.t.Fatal(err)
	}
}

// replay delivers every step once more and says what that changed: what was heard before is old news.
func (p *recordedPlayer) replay(steps []recordedStep) (wrong []string) {
	p.t.Helper()
	writes, before := p.writes.Load(), map[string]v1alpha1.CallStatus{}
	for _, leg := range p.session.legs {
		before[leg.name] = p.statusOf(leg.name)
	}
	steps = slices.Clone(steps)
	slices.SortStableFunc(steps, func(a, b recordedStep) int { return cmp.Compare(a.index, b.index) })
	for _, step := range steps {
		p.play(step)
	}
	for _, leg := range p.session.legs {
		if diff := gocmp.Diff(before[leg.name], p.statusOf(leg.name)); diff != "" {
			wrong = append(wrong, fmt.Sprintf("the second delivery changed leg %s (-before +after)\n%s", leg.name, diff))
		}
	}
	if n := p.writes.Load() - writes; n != 0 {
		wrong = append(wrong, fmt.Sprintf("the second delivery caused %d writes", n))
	}
	return wrong
}
