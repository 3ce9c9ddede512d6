// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/telephony"
	"github.com/call-operator/call-operator/telephony/telephonytest"
)

// TestNothingIsSentWithoutIntent: the request that rings a phone leaves only after a write that may lose has won.
func TestNothingIsSentWithoutIntent(t *testing.T) {
	writtenAndLost := func(ctx context.Context, c client.Client, object client.Object) error {
		if err := c.Status().Update(ctx, object); err != nil {
			return err
		}
		return apierrors.NewTimeoutError("the answer was lost", 1)
	}
	patchFails := func(err error) interceptor.Funcs {
		return interceptor.Funcs{Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
			return err
		}}
	}
	cases := []struct {
		name, reason string
		funcs        interceptor.Funcs
		wantErr      bool
		sent         []string
		// free says that the Call gives its slot to others.
		free bool
	}{
		{"no fault", "an attempt that is written is sent, once", interceptor.Funcs{}, false, []string{"attempt"}, false},
		{"finalizer conflicts", "somebody changed the Call: it may no longer be wanted", patchFails(controllertest.Conflicted), false, nil, true},
		{"finalizer cannot be written", "the Call could vanish and leave its call behind", patchFails(controllertest.ErrBroken), true, nil, false},
		{"attempt conflicts", "another process may have written its own attempt", controllertest.OnStatusUpdate(controllertest.Failing(controllertest.Conflicted)), false, nil, true},
		{"attempt forbidden", "nothing was written, and nothing will be", controllertest.OnStatusUpdate(controllertest.Failing(controllertest.Forbidden)), true, nil, true},
		{"attempt cannot be written", "after a crash nobody would know the ID", controllertest.OnStatusUpdate(controllertest.Failing(controllertest.ErrBroken)), true, nil, false},
		{"attempt is written and the answer lost", "it will be sent, and needs its slot", controllertest.OnStatusUpdate(writtenAndLost), true, nil, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			api := newAPI(t, c.funcs, controllertest.CallWith(), controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
			service := controllertest.PlacesCalls()
			service.Seen = func(request *http.Request) {
				if written := controllertest.Read(t, api).Status.Attempt; written == nil || written.ID != request.Header.Get("Repeatability-Request-ID") {
					t.Errorf("a request was sent whose ID is not written: %v", written)
				}
			}
			r, _ := newReconciler(t, api, service)
			if _, err := r.Reconcile(t.Context(), controllertest.TheCall); (err != nil) != c.wantErr {
				t.Errorf("%s: Reconcile() = %v", c.reason, err)
			}
			if diff := cmp.Diff(c.sent, service.IDs()); diff != "" {
				t.Errorf("%s: requests (-want +got):\n%s", c.reason, diff)
			}
			younger := controllertest.CallWith(func(c *v1alpha1.Call) {
				c.UID, c.Name, c.CreationTimestamp, c.Spec.To.PhoneNumber = "u2", "c2", controllertest.At(time.Second), "+14255550124"
			})
			decision, err := r.Admission.Admit(younger, controllertest.ProviderWith(), controllertest.Epoch)
			if err != nil || decision.Admitted != c.free {
				t.Errorf("%s: the slot is free exactly when no attempt can have been written, got %+v, %v", c.reason, decision, err)
			}
			if again, err := r.Admission.Admit(controllertest.CallWith(), controllertest.ProviderWith(), controllertest.Epoch); err != nil || again.Admitted == c.free {
				t.Errorf("%s: who kept the slot has it at the next look, got %+v, %v", c.reason, again, err)
			}
		})
	}
}

// TestSameAttemptAfterLostAnswer: an attempt that was written though the write seemed to fail is the one that is sent.
func TestSameAttemptAfterLostAnswer(t *testing.T) {
	t.Parallel()
	lost := false
	api := newAPI(t, controllertest.OnStatusUpdate(func(ctx context.Context, c client.Client, object client.Object) error {
		err := c.Status().Update(ctx, object)
		if err == nil && !lost {
			lost = true
			return apierrors.NewTimeoutError("the answer was lost", 1)
		}
		return err
	}), controllertest.CallWith(), controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
	service := controllertest.PlacesCalls()
	r, _ := newReconciler(t, api, service)
	ids := []string{"first", "second"}
	r.NewID = func() string { id := ids[0]; ids = ids[1:]; return id }
	if _, err := r.Reconcile(t.Context(), controllertest.TheCall); err == nil {
		t.Fatal("the lost answer is an error")
	}
	if _, err := r.Reconcile(t.Context(), controllertest.TheCall); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"first"}, service.IDs()); diff != "" {
		t.Errorf("one intent, one ID (-want +got):\n%s", diff)
	}
	if got := controllertest.Read(t, api).Status; got.ConnectionID != "cc" {
		t.Errorf("the call is placed: %+v", got)
	}
}

// hear writes what the receiver would write, past the reconciler.
func hear(t *testing.T, ctx context.Context, api client.Client) {
	t.Helper()
	call := controllertest.Read(t, api)
	call.Status = callstatus.Apply(call.Status, callstatus.Reported{At: controllertest.Epoch, Event: telephony.Event{
		ID: "e", Type: "CallConnected", Time: controllertest.Epoch, Call: telephony.CallIDs{Connection: "cc"}, News: telephony.Connected{},
	}})
	if err := api.Status().Update(ctx, call); err != nil {
		t.Fatal(err)
	}
}

func TestRecordAfterConflict(t *testing.T) {
	t.Parallel()
	writes := 0
	api := newAPI(t, controllertest.OnStatusUpdate(func(ctx context.Context, c client.Client, object client.Object) error {
		if writes++; writes == 1 {
			hear(t, ctx, c)
		}
		return c.Status().Update(ctx, object)
	}), controllertest.CallWith(controllertest.Attempted))
	r, recorder := newReconciler(t, api, controllertest.PlacesCalls())
	call := controllertest.Read(t, api)
	placed := callstatus.Placed{At: controllertest.Epoch, Call: telephony.CallIDs{Connection: "cc", ServerCall: "sc"}}
	if err := r.writeStatusRetrying(t.Context(), call, placed); err != nil {
		t.Fatal(err)
	}
	got := controllertest.Read(t, api).Status
	if got.ServerCallID != "sc" || got.ConnectedTime == nil || len(got.History) != 1 {
		t.Errorf("what the service answered and what the receiver heard hold both: %+v", got)
	}
	if diff := cmp.Diff(got, call.Status); diff != "" {
		t.Errorf("the Call in hand is the one that was written (-API server +hand):\n%s", diff)
	}
	if writes != 2 {
		t.Errorf("%d writes, want the one that lost and the one that won", writes)
	}
	if len(recorder.Events) != 0 {
		t.Errorf("who wrote the change announces it, and that was the receiver: %s", <-recorder.Events)
	}
}

func TestRecordWhenStopped(t *testing.T) {
	t.Parallel()
	api := newAPI(t, controllertest.OnStatusUpdate(func(ctx context.Context, c client.Client, object client.Object) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("a manager that stops does not wait for ever")
		}
		return c.Status().Update(ctx, object)
	}), controllertest.CallWith(controllertest.Attempted))
	r, _ := newReconciler(t, api, controllertest.PlacesCalls())
	stopped, stop := context.WithCancel(t.Context())
	stop()
	err := r.writeStatusRetrying(stopped, controllertest.Read(t, api), callstatus.Placed{At: controllertest.Epoch, Call: telephony.CallIDs{Connection: "cc"}})
	if err != nil || controllertest.Read(t, api).Status.ConnectionID != "cc" {
		t.Errorf("what the service answered is known to nobody else, and is written all the same: %v", err)
	}
}

func TestRecordErrors(t *testing.T) {
	t.Parallel()
	vanishes := func(ctx context.Context, c client.Client, _ client.Object) error {
		if err := c.Delete(ctx, controllertest.Read(t, c)); err != nil {
			return err
		}
		return controllertest.Conflicted
	}
	replaced := func(ctx context.Context, c client.Client, _ client.Object) error {
		if err := c.Delete(ctx, controllertest.Read(t, c)); err != nil {
			return err
		}
		if err := c.Create(ctx, controllertest.CallWith(func(call *v1alpha1.Call) { call.UID, call.ResourceVersion = "another", "" })); err != nil {
			return err
		}
		return controllertest.Conflicted
	}
	cases := []struct {
		name, reason string
		update       controllertest.StatusUpdate
		want         func(error) bool
	}{
		{"gone", "the process that placed its call has to end it", vanishes, apierrors.IsNotFound},
		{"replaced", "another Call of the same name is another one", replaced, apierrors.IsNotFound},
		{"broken", "the error is the work queue's to try again", controllertest.Failing(controllertest.ErrBroken), func(err error) bool { return errors.Is(err, controllertest.ErrBroken) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			call := controllertest.CallWith(controllertest.Attempted)
			call.Finalizers = nil
			api := newAPI(t, controllertest.OnStatusUpdate(c.update), call)
			r, _ := newReconciler(t, api, controllertest.PlacesCalls())
			err := r.writeStatusRetrying(t.Context(), controllertest.Read(t, api), callstatus.Placed{At: controllertest.Epoch, Call: telephony.CallIDs{Connection: "cc"}})
			if !c.want(err) {
				t.Errorf("%s: got %v", c.reason, err)
			}
			another := &v1alpha1.Call{}
			if err := api.Get(t.Context(), controllertest.TheCall.NamespacedName, another); err == nil && another.Status.ConnectionID != "" {
				t.Errorf("%s: got %+v", c.reason, another.Status)
			}
		})
	}
}

// TestNoCallOutlivesItsObject: the API server removes an object in spite of its finalizer if it began to delete it before. The call that
// was placed meanwhile is hung up.
func TestNoCallOutlivesItsObject(t *testing.T) {
	t.Parallel()
	api := newAPI(t, controllertest.OnStatusUpdate(func(ctx context.Context, c client.Client, object client.Object) error {
		if object.(*v1alpha1.Call).Status.ConnectionID == "" {
			return c.Status().Update(ctx, object)
		}
		return apierrors.NewNotFound(schema.GroupResource{Resource: "calls"}, "c")
	}), controllertest.CallWith(func(c *v1alpha1.Call) { c.Finalizers = nil }), controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
	service := controllertest.PlacesCalls()
	r, _ := newReconciler(t, api, service)
	if _, err := r.Reconcile(t.Context(), controllertest.TheCall); err != nil {
		t.Fatal(err)
	}
	want := []string{"/calling/callConnections", "/calling/callConnections/cc:terminate"}
	if diff := cmp.Diff(want, service.Paths); diff != "" {
		t.Errorf("the call is placed, and hung up (-want +got):\n%s", diff)
	}
}

func TestRecordOldNews(t *testing.T) {
	t.Parallel()
	writes := 0
	api := newAPI(t, controllertest.OnStatusUpdate(func(ctx context.Context, c client.Client, object client.Object) error {
		writes++
		return c.Status().Update(ctx, object)
	}), controllertest.CallWith())
	r, recorder := newReconciler(t, api, controllertest.PlacesCalls())
	call := controllertest.Read(t, api)
	fact := callstatus.Waits{Reason: v1alpha1.ReasonProviderNotFound, Message: "m", At: controllertest.Epoch}
	for range 3 {
		if err := r.writeStatus(t.Context(), call, fact); err != nil {
			t.Fatal(err)
		}
	}
	if writes != 1 || len(recorder.Events) != 1 {
		t.Errorf("%d writes and %d events: what is true already is neither written nor announced again", writes, len(recorder.Events))
	}
}

// TestConflictWaitsForNews: a write that lost is not an error; the newer object wakes the Call.
func TestConflictWaitsForNews(t *testing.T) {
	t.Parallel()
	api := newAPI(t, controllertest.OnStatusUpdate(controllertest.Failing(controllertest.Conflicted)), controllertest.CallWith(), controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
	r, _ := newReconciler(t, api, controllertest.PlacesCalls())
	got, err := r.Reconcile(t.Context(), controllertest.TheCall)
	if err != nil || got.RequeueAfter != pauses.ConflictPause {
		t.Errorf("Reconcile() = %+v, %v", got, err)
	}
}

func TestRetryTimeKeepsWhatWasAsked(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason      string
		retryAfter, least time.Duration
	}{
		{"asked to wait", "who was told to wait does not come early", 90 * time.Second, 90 * time.Second},
		{"not asked", "the first pause is the shortest", 0, pauses.ShortestBackoff},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			refused := &telephony.Error{
				Class: telephony.ClassThrottled, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonThrottled, Code: 429, RetryAfter: c.retryAfter,
			}
			api := newAPI(t, interceptor.Funcs{}, controllertest.CallWith(), controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
			r, _ := newReconciler(t, api, controllertest.PlacesCalls())
			r.Connections.Adapter = telephonytest.Adapter{Service: &telephonytest.Service{Fail: func(string) *telephony.Error { return refused }}}
			if _, err := r.Reconcile(t.Context(), controllertest.TheCall); err != nil {
				t.Fatal(err)
			}
			status := controllertest.Read(t, api).Status
			if status.Attempt != nil {
				t.Error("the call was not placed, so the next try is another attempt")
			}
			pause := status.Waiting.RetryTime.Sub(controllertest.Epoch)
			if pause < c.least || pause > c.least+2*time.Second {
				t.Errorf("%s: tried again after %s, want %s and little more", c.reason, pause, c.least)
			}
		})
	}
}
