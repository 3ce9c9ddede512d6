// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package telephonytest has a telephony service in memory, for tests of what uses package telephony.
package telephonytest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/internal/secret"
	"github.com/call-operator/call-operator/telephony"
)

// Service is a telephony service whose phones do what a test says. It carries out the request of an attempt once.
type Service struct {
	// Fail returns the error of a request, by operation; nil is none. A made request whose error has OutcomeUnknown was carried out
	// and its answer lost.
	Fail func(operation string) *telephony.Error
	// Phones says what a callee's phone does by itself; unset, it rings until a test changes the call.
	Phones func(callee string) Phone
	// Live are the calls that the service lists; unset, none.
	Live func() []telephony.LiveCall
	// Report receives the events of calls; unset, there are none.
	Report func(telephony.Event)
	// Received is called with each request that is carried out once, before anything else; nil is nothing.
	Received func(operation string, attempt telephony.Attempt)
	// Commits says that the service does not recognise a repetition: it carries out an attempt each time that it could commit it, and
	// looks up one that is committed already.
	Commits bool

	mu    sync.Mutex
	calls map[string]*Call
	done  map[string]telephony.Answer
	log   []string
	// placed is how many calls there were.
	placed int
}

// Phone is what a phone does when it is called. The zero value rings.
type Phone struct {
	Answers bool
	// Refuses is why the phone refuses, "" if it does not.
	Refuses telephony.Cause
}

// Call is one call of the service.
type Call struct {
	Phase        telephony.Phase
	Participants []telephony.Participant
}

var _ telephony.Service = (*Service)(nil)

// Requests are the operations that the service was asked for, in order.
func (s *Service) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// Change lets a test change a call by its connection, and tells whether there is one.
func (s *Service) Change(connection string, change func(*Call)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	call, ok := s.calls[connection]
	if ok {
		change(call)
	}
	return ok
}

// Pins implements telephony.Service.
func (s *Service) Pins() v1alpha1.AttemptRequest { return v1alpha1.AttemptRequest{} }

// Dial implements telephony.Service. The phone rings once.
func (s *Service) Dial(ctx context.Context, request telephony.DialRequest, attempt telephony.Attempt) (telephony.Answer, error) {
	return s.once(ctx, "dial", attempt, func() (telephony.Answer, error) { return s.place(party.RawID(request.To)), nil })
}

// AnswerIncoming implements telephony.Service.
func (s *Service) AnswerIncoming(ctx context.Context, _ secret.Text, attempt telephony.Attempt) (telephony.Answer, error) {
	return s.once(ctx, "answer", attempt, func() (telephony.Answer, error) { return s.place(""), nil })
}

// Redirect implements telephony.Service.
func (s *Service) Redirect(ctx context.Context, _ secret.Text, _ *v1alpha1.Identifier, attempt telephony.Attempt) (telephony.Answer, error) {
	return s.once(ctx, "redirect", attempt, confirmed)
}

// Reject implements telephony.Service.
func (s *Service) Reject(ctx context.Context, _ secret.Text, _ v1alpha1.RejectReason, attempt telephony.Attempt) (telephony.Answer, error) {
	return s.once(ctx, "reject", attempt, confirmed)
}

// Move implements telephony.Service.
func (s *Service) Move(ctx context.Context, request telephony.MoveRequest, attempt telephony.Attempt) (telephony.Answer, error) {
	return s.once(ctx, "move", attempt, func() (telephony.Answer, error) {
		from, to := s.calls[request.From], s.calls[request.To]
		if from == nil || to == nil {
			return telephony.Answer{}, gone()
		}
		moved := func(p telephony.Participant) bool { return slices.Contains(request.Participants, p.ID) }
		for _, p := range from.Participants {
			if moved(p) {
				to.Participants = append(to.Participants, p)
			}
		}
		from.Participants = slices.DeleteFunc(from.Participants, moved)
		if len(from.Participants) == 0 {
			s.end(request.From)
		}
		return confirmed()
	})
}

// Operate implements telephony.Service. Participants are added, as their phones do, and removed. Another operation has begun; a test reports
// what becomes of it.
func (s *Service) Operate(ctx context.Context, request telephony.OperateRequest, attempt telephony.Attempt) (telephony.Answer, error) {
	return s.once(ctx, string(request.Operation.Name()), attempt, func() (telephony.Answer, error) {
		call := s.calls[request.Connection]
		if call == nil {
			return telephony.Answer{}, gone()
		}
		if outcome := s.change(call, request); outcome != "" {
			s.report(request.Connection, telephony.OperationReported{Attempt: attempt.Record.ID, Outcome: outcome})
		}
		return telephony.Answer{Repeatability: v1alpha1.RepeatabilityConfirmed, Handle: "handle-" + attempt.Record.ID}, nil
	})
}

// change changes who is in a call, and returns how the operation ended; "" if it has not.
func (s *Service) change(call *Call, request telephony.OperateRequest) v1alpha1.ActionOutcome {
	switch asked := request.Operation; {
	case asked.AddParticipant != nil && s.Phones != nil:
		phone := s.Phones(request.Participant)
		switch {
		case phone.Answers:
			call.Participants = append(call.Participants, telephony.Participant{ID: request.Participant})
			return v1alpha1.ActionCompleted
		case phone.Refuses == telephony.CauseBusy:
			return v1alpha1.ActionBusy
		case phone.Refuses == telephony.CauseDeclined:
			return v1alpha1.ActionDeclined
		}
	case asked.RemoveParticipant != nil && s.Phones != nil:
		call.Participants = slices.DeleteFunc(call.Participants, func(p telephony.Participant) bool { return p.ID == request.Participant })
		return v1alpha1.ActionCompleted
	}
	return ""
}

// Stop implements telephony.Service.
func (s *Service) Stop(_ context.Context, request telephony.OperateRequest, _ telephony.Attempt) error {
	return s.ask("stop "+string(request.Operation.Name()), request.Connection, func(*Call) {})
}

// HangUp implements telephony.Service.
func (s *Service) HangUp(_ context.Context, connection string) error {
	return s.ask("hangUp", connection, func(*Call) { s.end(connection) })
}

// State implements telephony.Service.
func (s *Service) State(_ context.Context, connection string) (state telephony.State, err error) {
	err = s.ask("state", connection, func(call *Call) { state = telephony.State{Call: idsOf(connection), Phase: call.Phase} })
	return state, err
}

// Roster implements telephony.Service.
func (s *Service) Roster(_ context.Context, connection string) (roster []telephony.Participant, err error) {
	err = s.ask("roster", connection, func(call *Call) { roster = slices.Clone(call.Participants) })
	return roster, err
}

// LiveCalls implements telephony.Lister.
func (s *Service) LiveCalls(context.Context) ([]telephony.LiveCall, error) {
	if s.Live == nil {
		return nil, nil
	}
	return s.Live(), nil
}

// place adds a ringing call. The caller holds the lock.
func (s *Service) place(callee string) telephony.Answer {
	if s.calls == nil {
		s.calls = map[string]*Call{}
	}
	s.placed++
	connection := fmt.Sprintf("connection-%d", s.placed)
	call := &Call{Phase: telephony.PhaseRinging, Participants: []telephony.Participant{{ID: callee}}}
	s.calls[connection] = call
	if s.Phones != nil {
		s.ring(connection, call, s.Phones(callee))
	}
	return telephony.Answer{Call: idsOf(connection), Repeatability: v1alpha1.RepeatabilityConfirmed}
}

// ring has a phone do what it does by itself.
func (s *Service) ring(connection string, call *Call, phone Phone) {
	switch {
	case phone.Answers:
		call.Phase = telephony.PhaseConnected
		s.report(connection, telephony.Connected{})
		s.report(connection, telephony.Roster{Sequence: 1, Participants: slices.Clone(call.Participants)})
	case phone.Refuses != "":
		call.Phase = telephony.PhaseOver
		delete(s.calls, connection)
		s.report(connection, telephony.NotConnected{Reason: telephony.Reason{Cause: phone.Refuses, Code: 1, Sentence: "The phone refused."}})
	}
}

// end ends a call for everybody.
func (s *Service) end(connection string) {
	delete(s.calls, connection)
	s.report(connection, telephony.Disconnected{Reason: telephony.Reason{Cause: telephony.CauseEnded}})
}

func (s *Service) report(connection string, news telephony.News) {
	if s.Report != nil {
		s.Report(telephony.Event{ID: fmt.Sprintf("%s %T", connection, news), Call: idsOf(connection), News: news})
	}
}

// once carries out the request of an attempt, unless that was done before.
func (s *Service) once(
	ctx context.Context, operation string, attempt telephony.Attempt, carryOut func() (telephony.Answer, error),
) (telephony.Answer, error) {
	if s.Received != nil {
		s.Received(operation, attempt)
	}
	failed := s.begin(operation)
	if failed != nil && failed.Outcome != telephony.OutcomeUnknown {
		return telephony.Answer{}, failed
	}
	recognises := true
	if s.Commits {
		if recognises = attempt.Committed(); recognises {
			carryOut = lost
		} else if err := attempt.Commit(ctx); err != nil {
			return telephony.Answer{}, unknownOutcome("The attempt could not be committed, so nothing was done.", err)
		}
	}
	answer, err := s.carryOut(attempt.Record.ID, recognises, carryOut)
	if err == nil && failed != nil {
		return telephony.Answer{}, failed
	}
	return answer, err
}

// begin logs a request, and returns its error.
func (s *Service) begin(operation string) *telephony.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, operation)
	return s.failure(operation)
}

// carryOut carries out an attempt, unless it was carried out before and is recognised.
func (s *Service) carryOut(id string, recognises bool, carryOut func() (telephony.Answer, error)) (telephony.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answer, known := s.done[id]; known && recognises {
		return answer, nil
	}
	answer, err := carryOut()
	if err != nil {
		return telephony.Answer{}, err
	}
	if s.done == nil {
		s.done = map[string]telephony.Answer{}
	}
	s.done[id] = answer
	return answer, nil
}

// ask runs a request about a call.
func (s *Service) ask(operation, connection string, about func(*Call)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, operation)
	if failed := s.failure(operation); failed != nil {
		return failed
	}
	call, ok := s.calls[connection]
	if !ok {
		return gone()
	}
	about(call)
	return nil
}

func (s *Service) failure(operation string) *telephony.Error {
	if s.Fail == nil {
		return nil
	}
	return s.Fail(operation)
}

func idsOf(connection string) telephony.CallIDs {
	return telephony.CallIDs{Connection: connection, ServerCall: "server-" + connection, Correlation: "correlation-" + connection}
}

func confirmed() (telephony.Answer, error) {
	return telephony.Answer{Repeatability: v1alpha1.RepeatabilityConfirmed}, nil
}

// lost is the answer to a committed attempt that the service does not know.
func lost() (telephony.Answer, error) {
	return telephony.Answer{}, unknownOutcome("The attempt was committed, and the service does not know it.", nil)
}

func unknownOutcome(sentence string, err error) error {
	return &telephony.Error{
		Class: telephony.ClassUnavailable, Outcome: telephony.OutcomeUnknown, Reason: v1alpha1.ReasonServiceUnavailable, Sentence: sentence, Err: err,
	}
}

func gone() error {
	return &telephony.Error{
		Class: telephony.ClassGone, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonInvalidRequest, Code: 404,
		Sentence: "The service does not know the call.",
	}
}
