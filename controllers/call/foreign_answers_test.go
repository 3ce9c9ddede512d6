// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

func connectedCall(changes ...func(*v1alpha1.Call)) *v1alpha1.Call {
	return controllertest.CallWith(append([]func(*v1alpha1.Call){controllertest.Placed, func(c *v1alpha1.Call) {
		connected := controllertest.At(0)
		c.Status.ConnectedTime, c.Status.Phase = &connected, v1alpha1.CallPhaseConnected
	}}, changes...)...)
}

// TestForeignAnswers: an answer from another server than ACS changes nothing about a call, and is reported on the Call and
// the provider.
func TestForeignAnswers(t *testing.T) {
	for _, f := range controllertest.ForeignAnswers {
		// A success that cannot be read leaves open whether there was an effect.
		while := f.Want
		if f.Status < http.StatusMultipleChoices {
			while = v1alpha1.ReasonDialUnresolved
		}
		stub := func() *controllertest.ACSStub {
			return &controllertest.ACSStub{Status: f.Status, Kind: f.Kind, Answer: f.Answer}
		}
		t.Run(f.Name+"/dial", func(t *testing.T) {
			t.Parallel()
			l := newLifetime(t, stub(), controllertest.CallWith(), controllertest.ProviderWith())
			l.pass(30 * time.Second)
			status := controllertest.Read(t, l.api).Status
			if status.Result != nil || (status.Attempt == nil) != (while == f.Want) || status.Waiting == nil || status.Waiting.Reason != while {
				t.Fatalf("a Call that was not placed waits: %+v, %+v", status.Waiting, status.Result)
			}
			l.service.Status, l.service.Answer = http.StatusCreated, controllertest.PlacesCalls().Answer
			l.pass(2 * time.Minute)
			if status := controllertest.Read(t, l.api).Status; status.ConnectionID != "cc" {
				t.Errorf("it is placed when ACS answers: %+v", status)
			}
		})
		t.Run(f.Name+"/connected", func(t *testing.T) {
			t.Parallel()
			l := newLifetime(t, stub(), connectedCall(), controllertest.ProviderWith())
			l.pass(5 * time.Minute)
			status := controllertest.Read(t, l.api).Status
			observed, ready := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionObserved), meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady)
			if status.Result != nil || observed == nil || observed.Reason != f.Want || !strings.HasSuffix(ready.Message, observed.Message) || l.writes > 2 {
				t.Fatalf("the record stays and says why, in %d writes: %+v, %+v", l.writes, status.Result, status.Conditions)
			}
			l.service.Next = func(*http.Request) (int, string, string) {
				return http.StatusOK, "application/json", `{"callConnectionId":"cc","callConnectionState":"connected","value":[]}`
			}
			l.pass(2 * time.Minute)
			if status := controllertest.Read(t, l.api).Status; status.Result != nil || meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionObserved) != nil {
				t.Errorf("when ACS answers again, it is forgotten: %+v", status.Conditions)
			}
			l.service.Next = func(*http.Request) (int, string, string) {
				return http.StatusNotFound, "application/json", controllertest.GoneAnswer
			}
			l.pass(3 * time.Minute)
			if result := controllertest.Read(t, l.api).Status.Result; result == nil {
				t.Error("ACS's own word ends it")
			}
		})
		t.Run(f.Name+"/deleted", func(t *testing.T) {
			t.Parallel()
			deleted := connectedCall(func(c *v1alpha1.Call) { c.DeletionTimestamp = ptr.To(controllertest.At(0)) })
			l := newLifetime(t, stub(), deleted, controllertest.ProviderWith())
			l.pass(4 * time.Minute)
			if status := controllertest.Read(t, l.api).Status; status.Result != nil || status.Ending == nil {
				t.Errorf("it is hung up again and again, and not taken for gone: %+v", status)
			}
		})
		t.Run(f.Name+"/answer", func(t *testing.T) {
			t.Parallel()
			call := incomingCall(answers)
			l := newLifetime(t, stub(), call, controllertest.ProviderWith(), controllertest.ContextOf(call))
			l.pass(10 * time.Second)
			if status := controllertest.Read(t, l.api).Status; status.Result != nil || status.Waiting == nil || status.Waiting.Reason != while {
				t.Errorf("an incoming call rings on: %+v, %+v", status.Waiting, status.Result)
			}
		})
	}
}
