// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"slices"
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/telephony"
	"github.com/call-operator/call-operator/telephony/telephonytest"
)

// onAnyService is a Call on a service that is not ACS.
func onAnyService(t *testing.T, service *telephonytest.Service, call *v1alpha1.Call) *lifetime {
	t.Helper()
	l := newLifetime(t, &controllertest.ACSStub{}, call, controllertest.ProviderWith())
	l.Connections.Adapter = telephonytest.Adapter{Service: service}
	return l
}

func lostOnce(operation string) func(string) *telephony.Error {
	lost := false
	return func(asked string) *telephony.Error {
		if asked != operation || lost {
			return nil
		}
		lost = true
		return &telephony.Error{
			Class: telephony.ClassUnavailable, Outcome: telephony.OutcomeUnknown, Reason: v1alpha1.ReasonServiceUnavailable,
			Sentence: "The answer was lost.",
		}
	}
}

// TestLifeOnAnyService: the operator needs no more of a service than package telephony says. The answer to the dial is lost, the
// request is repeated, and the phone rings once; the answer, the talk and the end are found by polls alone.
func TestLifeOnAnyService(t *testing.T) {
	t.Parallel()
	service := &telephonytest.Service{Fail: lostOnce("dial")}
	l := onAnyService(t, service, controllertest.CallWith())
	l.pass(20 * time.Second)
	status := controllertest.Read(t, l.api).Status
	if status.Phase != v1alpha1.CallPhaseDialing || status.ConnectionID != "connection-1" {
		t.Fatalf("the repetition finds the call that was placed: %+v", status)
	}
	if requests := service.Requests(); !slices.Equal(requests[:2], []string{"dial", "dial"}) || service.Change("connection-2", func(*telephonytest.Call) {}) {
		t.Errorf("the request is sent twice and carried out once: %v", requests)
	}
	service.Change("connection-1", func(call *telephonytest.Call) {
		call.Phase = telephony.PhaseConnected
		call.Participants = append(call.Participants, telephony.Participant{ID: "4:+14255550100", Muted: true})
	})
	l.pass(time.Minute)
	status = controllertest.Read(t, l.api).Status
	if status.Phase != v1alpha1.CallPhaseConnected || *status.ParticipantCount != 2 || !status.Participants[1].Muted {
		t.Errorf("polls find the answer and the roster: %+v", status)
	}
	call := controllertest.Read(t, l.api)
	call.Spec.State = v1alpha1.CallStateEnded
	if err := l.api.Update(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	l.pass(time.Minute)
	if result := controllertest.Read(t, l.api).Status.Result; result == nil || result.Outcome != v1alpha1.OutcomeCompleted {
		t.Errorf("it is hung up: %+v", result)
	}
}

// TestRefusalOfAnyService: the service's sentence and words are the Call's.
func TestRefusalOfAnyService(t *testing.T) {
	t.Parallel()
	service := &telephonytest.Service{Fail: func(string) *telephony.Error {
		return &telephony.Error{
			Class: telephony.ClassRefused, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonForbidden, Code: 7,
			Sentence: "The trunk refused the call.", Words: "Not on Sundays.",
		}
	}}
	l := onAnyService(t, service, controllertest.CallWith())
	l.pass(time.Second)
	result := controllertest.Read(t, l.api).Status.Result
	if result == nil || result.Outcome != v1alpha1.OutcomeFailed || result.Code != 7 || result.Reason != v1alpha1.ReasonForbidden ||
		result.Message != "The trunk refused the call. Not on Sundays." {
		t.Errorf("it ended as %+v", result)
	}
}
