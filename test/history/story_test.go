// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
)

const (
	ourNumber = "+14255550100"
	phone     = "4:+442079460101"
	attempt1  = "00000000-0000-4000-8000-000000000001"
	attempt2  = "00000000-0000-4000-8000-000000000002"
)

// story is a History that is built record by record, a second apart.
type story struct {
	History
	now     time.Time
	version uint64
}

func newStory() *story {
	s := &story{now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
	s.revision(Revision{Provider: &v1alpha1.CallProvider{
		ObjectMeta: metav1.ObjectMeta{Name: "acs", UID: "provider"},
		Spec:       v1alpha1.CallProviderSpec{Numbers: []v1alpha1.OwnedNumber{{PhoneNumber: ourNumber, MaxConcurrentCalls: 2}}},
	}})
	return s
}

func (s *story) tick() time.Time {
	s.now = s.now.Add(time.Second)
	return s.now
}

func (s *story) revision(r Revision) {
	s.version++
	r.Version, r.Seen = s.version, s.tick()
	s.Revisions = append(s.Revisions, r)
}

// call is an outbound Call with a status, as it is written now.
func (s *story) call(name string, status v1alpha1.CallStatus) *v1alpha1.Call {
	call := &v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name)},
		Spec:       v1alpha1.CallSpec{From: &v1alpha1.Caller{PhoneNumber: ourNumber}, To: &v1alpha1.Identifier{PhoneNumber: "+442079460101"}},
		Status:     status,
	}
	s.revision(Revision{Call: call})
	return call
}

// gone tells that the Call ada is no more.
func (s *story) gone(status v1alpha1.CallStatus) {
	s.revision(Revision{Gone: true, Call: &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Name: "ada", UID: "ada"}, Status: status}})
}

func (s *story) entry(e simulator.Entry) {
	e.Sequence, e.Time = int64(len(s.Journal)+1), s.tick()
	s.Journal = append(s.Journal, e)
}

// request is a request that the service carried out.
func (s *story) request(operation, attempt, connection string) {
	status := 200
	if operation == "createCall" {
		status = 201
	}
	s.entry(simulator.Entry{Kind: simulator.EntryRequest, Operation: operation, Status: status, RepeatabilityID: attempt, ConnectionID: connection, CorrelationID: "of-" + connection})
}

func (s *story) ring(connection string) {
	s.entry(simulator.Entry{Kind: simulator.EntryRing, Phone: phone, CorrelationID: "of-" + connection})
}

// event is something that the service says of a connection.
func (s *story) event(kind, id, connection string) Event {
	s.entry(simulator.Entry{Kind: simulator.EntryEvent, EventType: kind, EventID: id, ConnectionID: connection})
	return Event{ID: id, Type: kind, ConnectionID: connection}
}

// answer is the receiver's answer to events about an object, once all records so far are in the API server.
func (s *story) answer(status int, uid types.UID, events ...Event) {
	s.Answers = append(s.Answers, Answer{Time: s.tick(), Status: status, UID: uid, Events: events, Current: s.version})
}

// forged is what the receiver says to a forged request about the Call ada.
func (s *story) forged(a Answer) {
	a.Time, a.UID, a.Current, a.Forged = s.tick(), "ada", s.version, "no token"
	s.Answers = append(s.Answers, a)
}

func (s *story) rest() {
	s.Rest = &Span{From: s.tick(), To: s.now.Add(time.Minute)}
}

// observing is the Call ada of a generation, with a status that speaks of one.
func observing(generation, observed int64) Revision {
	return Revision{Call: &v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{Name: "ada", UID: "ada", Generation: generation}, Status: v1alpha1.CallStatus{ObservedGeneration: observed},
	}}
}

// statuses of a Call in the order of its life.
func intended(attempt string) v1alpha1.CallStatus {
	return v1alpha1.CallStatus{Phase: v1alpha1.CallPhaseDialing, Attempt: &v1alpha1.RequestAttempt{ID: attempt}}
}

func placed(attempt, connection string) v1alpha1.CallStatus {
	status := intended(attempt)
	status.ConnectionID = connection
	return status
}

func connected(attempt, connection string, heard ...string) v1alpha1.CallStatus {
	status := placed(attempt, connection)
	status.Phase, status.ConnectedTime = v1alpha1.CallPhaseConnected, &metav1.Time{Time: time.Unix(1, 0)}
	for _, id := range heard {
		status.History = append(status.History, v1alpha1.CallEvent{ID: id, Type: "CallConnected"})
	}
	return status
}

func ended(attempt, connection string, outcome v1alpha1.CallOutcome) v1alpha1.CallStatus {
	status := connected(attempt, connection, "e1")
	status.Phase, status.Result = v1alpha1.CallPhaseEnded, &v1alpha1.CallResult{Outcome: outcome}
	return status
}

// live tells the life of the Call ada until it is connected.
func (s *story) live() {
	s.call("ada", v1alpha1.CallStatus{ObservedGeneration: -1})
	s.call("ada", intended(attempt1))
	s.request("createCall", attempt1, "c1")
	s.ring("c1")
	s.call("ada", placed(attempt1, "c1"))
	e := s.event("CallConnected", "e1", "c1")
	s.call("ada", connected(attempt1, "c1", "e1"))
	s.answer(200, "ada", e)
}

// end tells the rest of it.
func (s *story) end() {
	e := s.event("CallDisconnected", "e2", "c1")
	s.call("ada", ended(attempt1, "c1", v1alpha1.OutcomeCompleted))
	s.answer(200, "ada", e)
}

// action is the CallAction of a name in the Call ada with a status, as it is written now.
func (s *story) action(name string, asked v1alpha1.CallOperation, status v1alpha1.CallActionStatus) *v1alpha1.CallAction {
	action := &v1alpha1.CallAction{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), CreationTimestamp: metav1.NewTime(s.now)},
		Spec:       v1alpha1.CallActionSpec{Call: v1alpha1.CallReference{Name: "ada"}, CallOperation: asked}, Status: status,
	}
	s.revision(Revision{Action: action})
	return action
}

// sentAction is the status of an action that is sent to the connection c1, and about the phone.
func sentAction(attempt string) v1alpha1.CallActionStatus {
	return v1alpha1.CallActionStatus{
		OperationStatus: v1alpha1.OperationStatus{Attempt: &v1alpha1.RequestAttempt{ID: attempt}},
		Call:            &v1alpha1.OperatedCall{Name: "ada", ConnectionID: "c1"}, Participant: phone,
	}
}

func endedAction(attempt string, outcome v1alpha1.ActionOutcome) v1alpha1.CallActionStatus {
	status := sentAction(attempt)
	status.Result = &v1alpha1.ActionResult{Outcome: outcome}
	return status
}

// play is a request to play, or to ask, that the service carried out.
func (s *story) play(operation, attempt string) {
	s.entry(simulator.Entry{Kind: simulator.EntryRequest, Operation: operation, Status: 202, OperationContext: attempt, ConnectionID: "c1"})
}

// at is something that the phone heard or did in the call, for an attempt.
func (s *story) at(event simulator.PhoneEventKind, attempt, text string) {
	s.entry(simulator.Entry{Kind: simulator.EntryPhone, Phone: phone, PhoneEvent: event, Text: text, Times: 1, CorrelationID: "of-c1", OperationContext: attempt})
}
