// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

func connectedCall(changes ...func(*v1alpha1.Call)) *v1alpha1.Call {
	return callWith(append([]func(*v1alpha1.Call){placed, func(c *v1alpha1.Call) {
		connected := at(0)
		c.Status.ConnectedTime, c.Status.Phase = &connected, v1alpha1.CallPhaseConnected
	}}, changes...)...)
}

// TestForeignAnswers: an answer from another server than ACS changes nothing about a call, and is reported on the Call and
// the provider.
func TestForeignAnswers(t *testing.T) {
	for _, f := range foreignAnswers {
		// A success that cannot be read leaves open whether there was an effect.
		while := f.want
		if f.status < http.StatusMultipleChoices {
			while = v1alpha1.ReasonDialUnresolved
		}
		stub := func() *acsStub { return &acsStub{status: f.status, kind: f.kind, answer: f.answer} }
		t.Run(f.name+"/dial", func(t *testing.T) {
			t.Parallel()
			l := newLifetime(t, stub(), callWith(), providerWith())
			l.pass(30 * time.Second)
			status := read(t, l.api).Status
			if status.Result != nil || (status.Attempt == nil) != (while == f.want) || status.Waiting == nil || status.Waiting.Reason != while {
				t.Fatalf("a Call that was not placed waits: %+v, %+v", status.Waiting, status.Result)
			}
			l.service.status, l.service.answer = http.StatusCreated, placesCalls().answer
			l.pass(2 * time.Minute)
			if status := read(t, l.api).Status; status.ConnectionID != "cc" {
				t.Errorf("it is placed when ACS answers: %+v", status)
			}
		})
		t.Run(f.name+"/connected", func(t *testing.T) {
			t.Parallel()
			l := newLifetime(t, stub(), connectedCall(), providerWith())
			l.pass(5 * time.Minute)
			status := read(t, l.api).Status
			observed, ready := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionObserved), meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady)
			if status.Result != nil || observed == nil || observed.Reason != f.want || !strings.HasSuffix(ready.Message, observed.Message) || l.writes > 2 {
				t.Fatalf("the record stays and says why, in %d writes: %+v, %+v", l.writes, status.Result, status.Conditions)
			}
			l.service.next = func(*http.Request) (int, string, string) {
				return http.StatusOK, "application/json", `{"callConnectionId":"cc","callConnectionState":"connected","value":[]}`
			}
			l.pass(2 * time.Minute)
			if status := read(t, l.api).Status; status.Result != nil || meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionObserved) != nil {
				t.Errorf("when ACS answers again, it is forgotten: %+v", status.Conditions)
			}
			l.service.next = func(*http.Request) (int, string, string) { return http.StatusNotFound, "application/json", goneAnswer }
			l.pass(3 * time.Minute)
			if result := read(t, l.api).Status.Result; result == nil {
				t.Error("ACS's own word ends it")
			}
		})
		t.Run(f.name+"/deleted", func(t *testing.T) {
			t.Parallel()
			deleted := connectedCall(func(c *v1alpha1.Call) { c.DeletionTimestamp = ptr.To(at(0)) })
			l := newLifetime(t, stub(), deleted, providerWith())
			l.pass(4 * time.Minute)
			if status := read(t, l.api).Status; status.Result != nil || status.Ending == nil {
				t.Errorf("it is hung up again and again, and not taken for gone: %+v", status)
			}
		})
		t.Run(f.name+"/answer", func(t *testing.T) {
			t.Parallel()
			call := incomingCall(answers)
			l := newLifetime(t, stub(), call, providerWith(), contextOf(call))
			l.pass(10 * time.Second)
			if status := read(t, l.api).Status; status.Result != nil || status.Waiting == nil || status.Waiting.Reason != while {
				t.Errorf("an incoming call rings on: %+v, %+v", status.Waiting, status.Result)
			}
		})
	}
}
