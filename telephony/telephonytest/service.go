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

	mu    sync.Mutex
	calls map[string]*Call
	done  map[string]telephony.Answer
	log   []string
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
func (s *Service) Dial(_ context.Context, request telephony.DialRequest, attempt telephony.Attempt) (telephony.Answer, error) {
	return s.once("dial", attempt, func() (telephony.Answer, error) { return s.place(party.RawID(request.To)), nil })
}

// AnswerIncoming implements telephony.Service.
func (s *Service) AnswerIncoming(_ context.Context, _ secret.Text, attempt telephony.Attempt) (telephony.Answer, error) {
	return s.once("answer", attempt, func() (telephony.Answer, error) { return s.place(""), nil })
}

// Redirect implements telephony.Service.
func (s *Service) Redirect(_ context.Context, _ secret.Text, _ *v1alpha1.Identifier, attempt telephony.Attempt) (telephony.Answer, error) {
	return s.once("redirect", attempt, confirmed)
}

// Reject implements telephony.Service.
func (s *Service) Reject(_ context.Context, _ secret.Text, _ v1alpha1.RejectReason, attempt telephony.Attempt) (telephony.Answer, error) {
	return s.once("reject", attempt, confirmed)
}

// Move implements telephony.Service.
func (s *Service) Move(_ context.Context, request telephony.MoveRequest, attempt telephony.Attempt) (telephony.Answer, error) {
	return s.once("move", attempt, func() (telephony.Answer, error) {
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
		return confirmed()
	})
}

// HangUp implements telephony.Service.
func (s *Service) HangUp(_ context.Context, connection string) error {
	return s.ask("hangUp", connection, func(call *Call) { call.Phase, call.Participants = telephony.PhaseOver, nil })
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

// place adds a ringing call. The caller holds the lock.
func (s *Service) place(callee string) telephony.Answer {
	if s.calls == nil {
		s.calls = map[string]*Call{}
	}
	connection := fmt.Sprintf("connection-%d", len(s.calls)+1)
	s.calls[connection] = &Call{Phase: telephony.PhaseRinging, Participants: []telephony.Participant{{ID: callee}}}
	return telephony.Answer{Call: idsOf(connection), Repeatability: v1alpha1.RepeatabilityConfirmed}
}

// once carries out the request of an attempt, unless that was done before.
func (s *Service) once(operation string, attempt telephony.Attempt, carryOut func() (telephony.Answer, error)) (telephony.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, operation)
	failed := s.failure(operation)
	if failed != nil && failed.Outcome != telephony.OutcomeUnknown {
		return telephony.Answer{}, failed
	}
	answer, known := s.done[attempt.Record.ID]
	if !known {
		var err error
		if answer, err = carryOut(); err != nil {
			return telephony.Answer{}, err
		}
		if s.done == nil {
			s.done = map[string]telephony.Answer{}
		}
		s.done[attempt.Record.ID] = answer
	}
	if failed != nil {
		return telephony.Answer{}, failed
	}
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

func gone() error {
	return &telephony.Error{
		Class: telephony.ClassGone, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonInvalidRequest, Code: 404,
		Sentence: "The service does not know the call.",
	}
}
