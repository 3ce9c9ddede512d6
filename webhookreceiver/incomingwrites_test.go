// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Every way in which the two writes can break, and what the next delivery makes of it. Whatever was answered with 2xx is
// in the API server.
func TestBrokenWrites(t *testing.T) {
	isSecret := func(object client.Object) bool { _, ok := object.(*corev1.Secret); return ok }
	// nth fails the nth creation with err; after lets it have its effect.
	nth := func(f *fixture, n int32, after bool, err error) {
		f.onCreate = func(object client.Object) error {
			if f.creates.Load() != n {
				return nil
			}
			if after {
				object = object.DeepCopyObject().(client.Object)
				object.SetUID("made-all-the-same")
				if err := f.api.Create(t.Context(), object); err != nil {
					t.Error(err)
				}
			}
			return err
		}
	}
	timeout := apierrors.NewTimeoutError("later", 1)
	tests := []struct {
		name, reason string
		arrange      func(*fixture)
		code         int
		want         string
		secret       bool
	}{
		{name: "CallFailsOnce", reason: "an API server that comes back in time costs nothing", arrange: func(f *fixture) { nth(f, 1, false, errDown) }, code: 200, want: "recorded", secret: true},
		{name: "CallAnswerLost", reason: "a Call whose answer was lost is found", arrange: func(f *fixture) { nth(f, 1, true, timeout) }, code: 200, want: "recorded", secret: true},
		{name: "SecretFailsOnce", reason: "the Secret is created for the Call that exists", arrange: func(f *fixture) { nth(f, 2, false, errDown) }, code: 200, want: "recorded", secret: true},
		{name: "SecretAnswerLost", reason: "a Secret whose answer was lost is there", arrange: func(f *fixture) { nth(f, 2, true, timeout) }, code: 200, want: "old_news", secret: true},
		{name: "LookUpFails", reason: "as long as nobody knows what the Call is like, nothing is acknowledged", arrange: func(f *fixture) {
			nth(f, 1, true, timeout)
			f.onLiveRead = func() error { return errDown }
		}, code: 500, want: "api_unavailable"},
		{name: "SecretNeverMade", reason: "a Call alone cannot be answered, so the event must come again", arrange: func(f *fixture) {
			f.onCreate = func(object client.Object) error {
				if isSecret(object) {
					return errDown
				}
				return nil
			}
		}, code: 500, want: "api_unavailable"},
		{name: "SecretForbidden", reason: "somebody may fix the permission while the call rings", arrange: func(f *fixture) {
			f.onCreate = func(object client.Object) error {
				if isSecret(object) {
					return apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "x", errDown)
				}
				return nil
			}
		}, code: 500, want: "api_refused"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := newGridFixture(t, provider(""))
			f.eventGrid.timeout = time.Second
			if tc.code != http.StatusOK {
				f.eventGrid.timeout = 30 * time.Millisecond
			}
			tc.arrange(f)
			code, reason := f.deliver(incomingEvent("1", nil))
			if code != tc.code || reason != tc.want {
				t.Errorf("%s: answer %d %s, want %d %s", tc.reason, code, reason, tc.code, tc.want)
			}
			if _, secrets := f.made(); (len(secrets) == 1) != tc.secret {
				t.Errorf("%s: Secrets %v", tc.reason, secrets)
			}
			// A goroutine that reads too reports what is refused.
			f.settled()
			f.onCreate, f.onLiveRead, f.eventGrid.timeout = nil, nil, time.Second
			if code, reason := f.deliver(incomingEvent("1", nil)); code != http.StatusOK {
				t.Errorf("%s: the next delivery is answered %d %s", tc.reason, code, reason)
			}
			if calls, secrets := f.made(); len(calls) != 1 || len(secrets) != 1 {
				t.Errorf("%s: after the next delivery there are Calls %v and Secrets %v, want one each", tc.reason, calls, secrets)
			}
		})
	}
}

// A delivery that finds the Call makes the Secret only if the manager can still use it.
func TestRedelivery(t *testing.T) {
	annotated := map[string]string{v1alpha1.IncomingCallContextAnnotation: "true"}
	tests := []struct {
		name, reason string
		change       func(*v1alpha1.Call)
		heard        time.Duration
		want         string
	}{
		{name: "Untouched", reason: "the first delivery got no further than the Call", change: func(*v1alpha1.Call) {}, want: "recorded"},
		{name: "NoAnnotation", reason: "the manager has done what there was to do", change: func(c *v1alpha1.Call) { c.Annotations = nil }, want: "old_news"},
		{name: "Attempt", reason: "the manager is at it, and deletes the Secret that it knows of",
			change: func(c *v1alpha1.Call) { c.Status.Attempt = &v1alpha1.RequestAttempt{ID: "1"} }, want: "old_news"},
		{name: "Result", reason: "the call is over", change: func(c *v1alpha1.Call) { c.Status.Result = &v1alpha1.CallResult{Outcome: v1alpha1.OutcomeMissed} }, want: "old_news"},
		{name: "Deleted", reason: "somebody does not want the call", change: func(c *v1alpha1.Call) { c.DeletionTimestamp = new(metav1.Now()) }, want: "old_news"},
		{name: "Outbound", reason: "a Call that a person gave this name is not ours", change: func(c *v1alpha1.Call) { c.Spec.Inbound = nil }, want: "old_news"},
		{name: "OtherProvider", reason: "another provider's subscription reported the same call before",
			change: func(c *v1alpha1.Call) { c.Spec.ProviderRef.Name = "another" }, want: "old_news"},
		{name: "Late", reason: "the call has rung out meanwhile", change: func(*v1alpha1.Call) {}, heard: time.Minute, want: "old_news"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			call := &v1alpha1.Call{
				ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "incoming-1", UID: "uid", Annotations: annotated, Finalizers: []string{v1alpha1.CallFinalizer}},
				Spec: v1alpha1.CallSpec{ProviderRef: v1alpha1.ProviderReference{Name: "provider"}, Inbound: &v1alpha1.InboundCall{
					To: v1alpha1.Identifier{PhoneNumber: callee}, ReceivedTime: metav1.NewTime(gridTime)}},
			}
			tc.change(call)
			f := newFixture(t, []client.Object{provider(""), call}, at(gridTime.Add(time.Second+tc.heard)))
			code, reason := f.deliver(incomingEvent("1", nil))
			if code != http.StatusOK || reason != tc.want {
				t.Errorf("%s: answer %d %s, want 200 %s", tc.reason, code, reason, tc.want)
			}
			if _, secrets := f.made(); (len(secrets) == 1) != (tc.want == "recorded") {
				t.Errorf("%s: Secrets %v", tc.reason, secrets)
			}
		})
	}
}

// A Call that disappears between the attempt to make it and the look at it was over.
func TestDeletedDuringDelivery(t *testing.T) {
	f := newGridFixture(t, provider(""))
	f.onCreate = func(client.Object) error { return apierrors.NewAlreadyExists(callResource, "incoming-1") }
	if code, reason := f.deliver(incomingEvent("1", nil)); code != http.StatusOK || reason != "old_news" {
		t.Errorf("answer %d %s, want 200 old_news", code, reason)
	}
}

// Two replicas get the same ten events, each five times, all at once: ten Calls, ten Secrets, and after every 200 both
// exist.
func TestConcurrentDeliveries(t *testing.T) {
	first := newGridFixture(t, provider(""))
	second := newGridFixture(t, provider(""))
	second.eventGrid.incoming = first.eventGrid.incoming
	var group sync.WaitGroup
	begin := make(chan struct{})
	for n := range 100 {
		replica, id := []*fixture{first, second}[n%2], fmt.Sprint(n/2%10)
		request := gridRequest(t, batch(t, incomingEvent(id, nil)))
		group.Go(func() {
			<-begin
			response := httptest.NewRecorder()
			replica.ServeHTTP(response, request)
			if response.Code != http.StatusOK {
				t.Errorf("event %s: answer %d %s", id, response.Code, response.Body)
				return
			}
			key := types.NamespacedName{Namespace: namespace, Name: "incoming-" + id}
			for _, object := range []client.Object{&v1alpha1.Call{}, &corev1.Secret{}} {
				if err := first.api.Get(t.Context(), key, object); err != nil {
					t.Errorf("event %s was acknowledged: %v", id, err)
				}
			}
		})
	}
	close(begin)
	group.Wait()
	calls, secrets := first.made()
	if diff := cmp.Diff(calls, secrets); diff != "" || len(calls) != 10 {
		t.Errorf("%d Calls, want 10, each with its Secret (-calls +secrets)\n%s", len(calls), diff)
	}
	recorded := 0.0
	for _, f := range []*fixture{first, second} {
		recorded += f.metric("call_operator_receiver_incoming_calls_total", "result", "recorded")
	}
	if recorded < 10 {
		t.Errorf("%v events counted as recorded, want at least one of each of ten", recorded)
	}
	for _, name := range secrets {
		if owner := first.incomingSecret(name).OwnerReferences[0].UID; owner != first.incomingCall(name).UID {
			t.Errorf("the Secret %s belongs to another Call", name)
		}
	}
}

// A sender that hangs up after the Call was made does not leave it without its Secret.
func TestSenderGone(t *testing.T) {
	f := newGridFixture(t, provider(""))
	request := gridRequest(t, batch(t, incomingEvent("1", nil)))
	ctx, hangUp := context.WithCancel(t.Context())
	f.onCreate = func(client.Object) error { hangUp(); return nil }
	f.send(request.WithContext(ctx))
	if calls, secrets := f.made(); len(calls) != 1 || len(secrets) != 1 {
		t.Errorf("Calls %v and Secrets %v, want one each", calls, secrets)
	}
}
