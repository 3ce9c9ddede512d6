// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/telephony"
	"github.com/call-operator/call-operator/telephony/telephonytest"
)

// commitTest is a Call on a service that does not recognise a repetition.
type commitTest struct {
	*lifetime
	service *telephonytest.Service
	// onCommit comes before the write of a commit; an error takes its place.
	onCommit func() error
	// received are the IDs of the requests, and whether the service saw them committed.
	received []receivedRequest
}

type receivedRequest struct {
	ID        string
	Committed bool
}

func newCommitTest(t *testing.T, call *v1alpha1.Call) *commitTest {
	t.Helper()
	c := &commitTest{service: &telephonytest.Service{Commits: true}}
	c.service.Received = func(_ string, attempt telephony.Attempt) {
		c.received = append(c.received, receivedRequest{attempt.Record.ID, attempt.Committed()})
	}
	c.lifetime = onAnyService(t, c.service, call)
	c.api = interceptor.NewClient(c.api, controllertest.OnStatusUpdate(func(ctx context.Context, api client.Client, object client.Object) error {
		status := object.(*v1alpha1.Call).Status
		if status.Attempt != nil && status.Attempt.CommittedTime != nil && controllertest.Read(t, api).Status.Attempt.CommittedTime == nil {
			if err := c.onCommit(); err != nil {
				return err
			}
		}
		return api.Status().Update(ctx, object)
	}))
	c.onCommit = func() error { return nil }
	c.Client, c.Live = c.api, c.api
	return c
}

// rings is how many phones have rung.
func (c *commitTest) rings() int {
	n := 0
	for c.service.Change(fmt.Sprintf("connection-%d", n+1), func(*telephonytest.Call) {}) {
		n++
	}
	return n
}

func (c *commitTest) status() v1alpha1.CallStatus { return controllertest.Read(c.t, c.api).Status }

// TestCommitComesBeforeTheRing: that the phone may ring is in the API server before it does.
func TestCommitComesBeforeTheRing(t *testing.T) {
	t.Parallel()
	c := newCommitTest(t, controllertest.CallWith())
	commits := 0
	c.onCommit = func() error {
		commits++
		if c.rings() != 0 {
			t.Error("the phone rings, and the status does not say so")
		}
		return nil
	}
	c.pass(5 * time.Second)
	status := c.status()
	if commits != 1 || c.rings() != 1 || status.ConnectionID != "connection-1" || !status.Attempt.CommittedTime.Equal(&status.Attempt.FirstSent) {
		t.Errorf("%d commits and %d rings, the attempt is %+v", commits, c.rings(), status.Attempt)
	}
}

// TestNothingIsDoneWithoutTheCommit: a commit that is not written sends nothing, and decides nothing. The same attempt is sent later.
func TestNothingIsDoneWithoutTheCommit(t *testing.T) {
	for name, failure := range map[string]error{"conflict": controllertest.Conflicted, "API server fails": controllertest.ErrBroken} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCommitTest(t, controllertest.CallWith())
			c.onCommit = func() error { return failure }
			c.pass(30 * time.Second)
			status := c.status()
			if c.rings() != 0 || status.Attempt == nil || status.Attempt.CommittedTime != nil || status.Result != nil || status.ConnectionID != "" {
				t.Fatalf("%d rings, the attempt is %+v, the result %+v", c.rings(), status.Attempt, status.Result)
			}
			if status.Waiting == nil || status.Waiting.Reason != v1alpha1.ReasonDialUnresolved {
				t.Errorf("the attempt is unresolved: %+v", status.Waiting)
			}
			c.onCommit = func() error { return nil }
			c.pass(20 * time.Second)
			if status := c.status(); c.rings() != 1 || status.ConnectionID != "connection-1" || status.Attempt.CommittedTime == nil {
				t.Errorf("%d rings: %+v", c.rings(), status)
			}
			for _, request := range c.received {
				if request != (receivedRequest{ID: "attempt"}) {
					t.Errorf("%+v was sent, want the attempt, which nothing has committed", request)
				}
			}
		})
	}
}

// TestRepetitionSeesTheCommit: the answer was lost after the commit. The service is told, and looks the call up.
func TestRepetitionSeesTheCommit(t *testing.T) {
	t.Parallel()
	c := newCommitTest(t, controllertest.CallWith())
	c.service.Fail = lostOnce("dial")
	c.pass(time.Second)
	first := c.status().Attempt.CommittedTime
	c.pass(20 * time.Second)
	want := []receivedRequest{{"attempt", false}, {"attempt", true}}
	if diff := cmp.Diff(want, c.received); diff != "" || c.rings() != 1 {
		t.Errorf("%d rings, requests (-want +got):\n%s", c.rings(), diff)
	}
	if status := c.status(); status.ConnectionID != "connection-1" || first == nil || !status.Attempt.CommittedTime.Equal(first) {
		t.Errorf("the repetition finds the call, and commits nothing anew (first in %v): %+v", first, status)
	}
}

// TestCommittedAndNeverRung: a process died right after the commit. Nobody can tell whether it had rung, so nothing rings later.
func TestCommittedAndNeverRung(t *testing.T) {
	t.Parallel()
	c := newCommitTest(t, controllertest.CallWith(controllertest.Attempted, func(call *v1alpha1.Call) {
		committed := controllertest.At(0)
		call.Status.Attempt.CommittedTime = &committed
	}))
	c.pass(attempt.RepeatabilityWindow - time.Second)
	if status := c.status(); c.rings() != 0 || len(c.received) == 0 || status.Result != nil || status.Attempt.ID != "a" {
		t.Fatalf("%d rings after %d requests: %+v", c.rings(), len(c.received), status)
	}
	c.pass(5 * time.Second)
	if result := c.status().Result; c.rings() != 0 || result == nil || result.Outcome != v1alpha1.OutcomeUnknown {
		t.Errorf("%d rings, the result is %+v", c.rings(), result)
	}
}

// TestOneOfTwoCommits: two processes look after one Call. Just before the first one commits, the second one repeats the attempt.
func TestOneOfTwoCommits(t *testing.T) {
	t.Parallel()
	c := newCommitTest(t, controllertest.CallWith())
	second, _ := newReconciler(t, c.api, nil)
	second.Connections.Adapter, second.Now = c.Connections.Adapter, c.Now
	commits := 0
	c.onCommit = func() error {
		if commits++; commits > 1 {
			return nil
		}
		if _, err := second.Reconcile(t.Context(), controllertest.TheCall); err != nil {
			t.Error(err)
		}
		if c.rings() != 1 {
			t.Errorf("the second process rings first, and %d phones rang", c.rings())
		}
		return nil
	}
	c.pass(20 * time.Second)
	if status := c.status(); c.rings() != 1 || commits != 2 || status.ConnectionID != "connection-1" || status.Result != nil {
		t.Errorf("%d rings after %d tries to commit: %+v", c.rings(), commits, status)
	}
}

// TestAttemptOnAStream: a service that reports on a stream gets the object that its events are about, and no callback URL if the
// provider has none. A repetition gets the same, whatever the provider has by then.
func TestAttemptOnAStream(t *testing.T) {
	t.Parallel()
	service := &telephonytest.Service{Fail: lostOnce("dial")}
	var got []telephony.Attempt
	service.Received = func(_ string, attempt telephony.Attempt) { got = append(got, attempt) }
	l := newLifetime(t, &controllertest.ACSStub{}, controllertest.CallWith(), controllertest.ProviderWith(controllertest.CallbackTo("")))
	l.Connections.Adapter = telephonytest.Adapter{Service: service}
	l.pass(time.Second)
	if request := controllertest.Read(t, l.api).Status.Attempt.Request; request == nil || request.CallbackURL != "" || request.CallbackKeyID != "" {
		t.Errorf("no callback URL is recorded: %+v", request)
	}
	provider := &v1alpha1.CallProvider{}
	if err := l.api.Get(t.Context(), client.ObjectKeyFromObject(controllertest.ProviderWith()), provider); err != nil {
		t.Fatal(err)
	}
	provider.Spec.CallbackURL = "https://calls.example.com"
	if err := l.api.Update(t.Context(), provider); err != nil {
		t.Fatal(err)
	}
	// The key that would have signed is no longer there.
	l.CallbackKeys = controllertest.KeysOf(t, "n")
	l.pass(20 * time.Second)
	if len(got) != 2 {
		t.Fatalf("%d requests", len(got))
	}
	target := callbackurl.Target{Kind: callbackurl.KindCalls, Namespace: "n", Name: "c", UID: "u"}
	for i, attempt := range got {
		if attempt.CallbackURL != "" || attempt.Target != target {
			t.Errorf("request %d: the callback URL is %q, the target %+v", i, attempt.CallbackURL, attempt.Target)
		}
	}
	if status := controllertest.Read(t, l.api).Status; status.ConnectionID != "connection-1" {
		t.Errorf("the repetition finds the call: %+v", status)
	}
}
