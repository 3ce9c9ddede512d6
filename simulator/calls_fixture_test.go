// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

// answering is a phone that answers at once.
func answering(number string) simulator.Phone {
	return simulator.Phone{Number: number, Answer: &simulator.After{}}
}

func after(d time.Duration) *simulator.After {
	return &simulator.After{After: simulator.Duration(d)}
}

// request asks for a call from the resource's number.
func (f *fixture) request(operationContext string, targets ...acs.Identifier) acs.CreateCallRequest {
	return acs.CreateCallRequest{
		Targets: targets, CallbackURI: f.webhook + "/callbacks", OperationContext: operationContext,
		SourceCallerIDNumber:    &acs.PhoneNumber{Value: owned},
		CallIntelligenceOptions: &acs.CallIntelligenceOptions{CognitiveServicesEndpoint: "https://speech.example.test/"},
	}
}

func number(e164 string) acs.Identifier { return acs.PhoneNumberIdentifier(e164) }

// create places a call.
func (f *fixture) create(operationContext string, targets ...acs.Identifier) *acs.CallConnectionProperties {
	f.Helper()
	return got(f.client.CreateCall(f.Context(), f.request(operationContext, targets...), repeat()))(f)
}

// connected places a call and waits until all targets are in it.
func (f *fixture) connected(operationContext string, targets ...acs.Identifier) *acs.CallConnectionProperties {
	f.Helper()
	call := f.create(operationContext, targets...)
	f.roster(call.CallConnectionID, len(targets)+1)
	return call
}

// roster waits for a roster of so many.
func (f *fixture) roster(connectionID string, count int) *acs.ParticipantsUpdated {
	f.Helper()
	return await(f, fmt.Sprintf("a roster of %d", count), func(deliveries []delivery) (*acs.ParticipantsUpdated, bool) {
		events := eventsOf(deliveries, connectionID)
		for _, e := range slices.Backward(events) {
			if roster, ok := e.Data.(*acs.ParticipantsUpdated); ok && len(roster.Participants) == count {
				return roster, true
			}
		}
		return nil, false
	})
}

// answer answers an incoming call.
func (f *fixture) answer(call *acs.IncomingCall, operationContext string) *acs.CallConnectionProperties {
	f.Helper()
	return got(f.client.AnswerCall(f.Context(), acs.AnswerCallRequest{
		IncomingCallContext: call.IncomingCallContext, CallbackURI: f.webhook + "/callbacks", OperationContext: operationContext,
	}, repeat()))(f)
}

// participants are the raw IDs of a call, sorted, the app's own left out.
func (f *fixture) participants(connectionID string) []string {
	f.Helper()
	listed := got(f.client.ListParticipants(f.Context(), connectionID))(f)
	var ids []string
	for _, p := range listed {
		if !strings.HasPrefix(p.Identifier.ID(), "8:acs:"+simulator.DefaultResourceID) {
			ids = append(ids, p.Identifier.ID())
		}
	}
	slices.Sort(ids)
	return ids
}

// got is the result of a call that must not fail: got(call())(f).
func got[T any](result T, err error) func(*fixture) T {
	return func(f *fixture) T {
		f.Helper()
		if err != nil {
			f.Fatal(err)
		}
		return result
	}
}

func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// refusal is the status and the code of an error; empty without one.
func refusal(err error) string {
	var failed *acs.Error
	if !errors.As(err, &failed) {
		return ""
	}
	return fmt.Sprintf("%d %s", failed.StatusCode, failed.Code)
}

// outcome is what an event says of its result.
func outcome(e acs.Event) string {
	result := e.Data.Common().ResultInformation
	if result == nil {
		return ""
	}
	return fmt.Sprintf("%d/%d", result.Code, result.SubCode)
}

// shape decodes JSON after replacing what differs from call to call by its name.
func shape(f *fixture, body []byte, names map[string]string) any {
	f.Helper()
	text := string(body)
	for id, name := range names {
		if id != "" {
			text = strings.ReplaceAll(text, id, name)
		}
	}
	var decoded any
	if err := json.Unmarshal([]byte(text), &decoded); err != nil {
		f.Fatalf("%s: %v", text, err)
	}
	return decoded
}

// parsed decodes the JSON that a test writes.
func parsed(f *fixture, text string) any {
	f.Helper()
	return shape(f, []byte(text), nil)
}

func decode(f *fixture, body []byte, into any) {
	f.Helper()
	if err := json.Unmarshal(body, into); err != nil {
		f.Fatalf("%s: %v", body, err)
	}
}
