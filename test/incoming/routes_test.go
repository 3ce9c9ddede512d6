// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package incoming

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

func toCaller() *v1alpha1.RouteMatch {
	return &v1alpha1.RouteMatch{To: []v1alpha1.PartyMatch{{Exact: &v1alpha1.Identifier{PhoneNumber: harness.Caller}}}}
}

func newWorld(t *testing.T, options harness.Options) *harness.World {
	t.Helper()
	options.EventGrid = simulator.GridSchemaEventGrid
	w := harness.New(t, plane, options)
	if !options.NoProvider {
		w.Sim.AwaitSubscription(t)
	}
	return w
}

// TestRouteAppearsWhileItRings has a call ring that no route takes, and then one that does.
func TestRouteAppearsWhileItRings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{})
	m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll})
	name := w.Incoming(t, w.Sim.Dial(t, harness.Callee(1), harness.Caller))
	waiting := w.AwaitReason(t, name, v1alpha1.ReasonNoRoute)
	if waiting.Status.Phase != v1alpha1.CallPhaseRinging {
		t.Errorf("the phase of a call that is left ringing is %s, want Ringing", waiting.Status.Phase)
	}
	createRoute(t, w, "late", 0, toCaller(), answer(nil))
	call := w.AwaitCondition(t, name, v1alpha1.ConditionConnected)
	if call.Status.Route == nil || call.Status.Route.Name != "late" {
		t.Errorf("the call was taken by %+v, want late", call.Status.Route)
	}
	w.HangUp(t, name)
	w.Await(t, name, "it is over", func(call *v1alpha1.Call) bool { return call.Status.Result != nil })
	w.AwaitNoContext(t)
	w.CheckNoLiveConnection(t)
	w.CheckQuiet(t, m)
}

// TestHighestPriorityTakes has several routes match one call.
func TestHighestPriorityTakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{})
	createRoute(t, w, "a-low", -1, nil, reject())
	createRoute(t, w, "c-high", 5, toCaller(), answer(map[string]string{"taken": "by-c"}))
	createRoute(t, w, "d-high", 5, toCaller(), reject())
	createRoute(t, w, "b-other", 9, &v1alpha1.RouteMatch{From: []v1alpha1.PartyMatch{{Prefix: "+1999"}}}, reject())
	w.StartManager(t, harness.ManagerOptions{Poll: cutPoll})
	name := w.Incoming(t, w.Sim.Dial(t, harness.Callee(1), harness.Caller))
	call := w.AwaitCondition(t, name, v1alpha1.ConditionConnected)
	if call.Status.Route.Name != "c-high" {
		t.Errorf("the call was taken by %s, want c-high: the highest priority, then the first by name", call.Status.Route.Name)
	}
	w.Await(t, name, "it has the route's labels", func(call *v1alpha1.Call) bool { return call.Labels["taken"] == "by-c" })
	w.AwaitRoute(t, "d-high", v1alpha1.ReasonAmbiguous)
	w.AwaitRoute(t, "c-high", v1alpha1.ReasonAccepted)
}

// TestContextRefused has ACS refuse the context of a call, for good.
func TestContextRefused(t *testing.T) {
	cases := []struct {
		name, reason string
		fault        harness.Fault
		outcome      v1alpha1.CallOutcome
	}{
		{
			name: "gone", reason: "the caller gave up, or somebody else took the call",
			fault: harness.Fault{Status: 404, Body: `{"error":{"code":"8522","message":"The call is over."}}`}, outcome: v1alpha1.OutcomeMissed,
		},
		{
			name: "invalid", reason: "a context that ACS does not take will not be taken later",
			fault: harness.Fault{Status: 400, Body: `{"error":{"code":"8523","message":"The incoming call context is invalid."}}`}, outcome: v1alpha1.OutcomeFailed,
		},
		{
			name: "foreign", reason: "a number of another resource",
			fault: harness.Fault{Status: 403, Body: `{"error":{"code":"7507","message":"Forbidden."}}`}, outcome: v1alpha1.OutcomeFailed,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, harness.Options{})
			createRoute(t, w, "route", 0, nil, answer(nil))
			m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll, Faults: harness.NewFaults().On("answer", &tc.fault)})
			name := w.Incoming(t, w.Sim.Dial(t, harness.Callee(1), harness.Caller))
			call := w.Await(t, name, "it is over", func(call *v1alpha1.Call) bool { return call.Status.Result != nil })
			if call.Status.Result.Outcome != tc.outcome || call.Status.Result.Message == "" {
				t.Errorf("%s: the result is %+v, want %s with a sentence", tc.reason, call.Status.Result, tc.outcome)
			}
			w.AwaitNoContext(t)
			w.CheckQuiet(t, m)
		})
	}
}

// heard is a Call as the receiver makes it, of a call that began to ring so long ago, without a Secret.
func heard(w *harness.World, name string, ago time.Duration, change ...func(*v1alpha1.Call)) *v1alpha1.Call {
	call := &v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: w.Namespace, Name: name, Finalizers: []string{v1alpha1.CallFinalizer},
			Annotations: map[string]string{v1alpha1.IncomingCallContextAnnotation: ""},
		},
		Spec: v1alpha1.CallSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: harness.ProviderName},
			Inbound: &v1alpha1.InboundCall{
				From: &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(harness.Callee(1))}, To: v1alpha1.Identifier{PhoneNumber: harness.Caller},
				CorrelationID: "c-" + name, ReceivedTime: metav1.NewTime(time.Now().Add(-ago)),
			},
		},
	}
	for _, f := range change {
		f(call)
	}
	return call
}

// TestMissed has calls ring out for each reason that nothing took them, which their results have to tell.
func TestMissed(t *testing.T) {
	cases := []struct {
		name, reason string
		ago          time.Duration
		route        bool
		change       func(*v1alpha1.Call)
		says         string
	}{
		{name: "late", reason: "the news came after the ring", ago: time.Minute, route: true, says: "Nothing answered"},
		{name: "noroute", reason: "no route matches", ago: 28 * time.Second, says: "No CallRoute of provider acs matches"},
		{name: "nocontext", reason: "the Secret never came", ago: 28 * time.Second, route: true, says: "Secret with the call's context"},
		{
			name: "notowned", reason: "nobody owns the number", ago: 28 * time.Second, says: "does not own +14255550199",
			change: func(call *v1alpha1.Call) { call.Spec.Inbound.To.PhoneNumber = "+14255550199" },
		},
		{
			name: "noprovider", reason: "the provider is gone", ago: 28 * time.Second, says: "CallProvider nobody does not exist",
			change: func(call *v1alpha1.Call) { call.Spec.ProviderRef.Name = "nobody" },
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, harness.Options{})
			if tc.route {
				createRoute(t, w, "route", 0, toCaller(), answer(nil))
			}
			m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll})
			w.AwaitProvider(t)
			call := heard(w, tc.name, tc.ago)
			if tc.change != nil {
				tc.change(call)
			}
			w.Create(t, call)
			missed := w.Await(t, tc.name, "it is over", func(call *v1alpha1.Call) bool { return call.Status.Result != nil })
			if missed.Status.Result.Outcome != v1alpha1.OutcomeMissed || !strings.Contains(missed.Status.Result.Message, tc.says) {
				t.Errorf("%s: the result is %+v, want Missed, with %q", tc.reason, missed.Status.Result, tc.says)
			}
			w.CheckQuiet(t, m)
		})
	}
}

// TestForeignSecret has somebody else's Secret stand where the context is looked for: it is neither used nor deleted.
func TestForeignSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{})
	createRoute(t, w, "route", 0, toCaller(), answer(nil))
	m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll})
	w.AwaitProvider(t)
	foreign := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "ringing"},
		StringData: map[string]string{v1alpha1.IncomingCallContextKey: "anything"},
	}
	if err := w.Client.Create(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	w.Create(t, heard(w, "ringing", 28*time.Second))
	w.Await(t, "ringing", "it is missed", func(call *v1alpha1.Call) bool {
		return call.Status.Result != nil && call.Status.Result.Outcome == v1alpha1.OutcomeMissed
	})
	w.CheckQuiet(t, m)
	if err := w.Client.Get(t.Context(), client.ObjectKeyFromObject(foreign), foreign); err != nil {
		t.Errorf("the Secret that belongs to nobody's call is gone: %v", err)
	}
}

// TestNobodyWantsIt ends or deletes a Call that still rings.
func TestNobodyWantsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{})
	m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll})
	ended := w.Incoming(t, w.Sim.Dial(t, harness.Callee(1), harness.Caller))
	deleted := w.Incoming(t, w.Sim.Dial(t, harness.Callee(2), harness.Caller))
	w.AwaitReason(t, ended, v1alpha1.ReasonNoRoute)
	w.AwaitReason(t, deleted, v1alpha1.ReasonNoRoute)
	w.HangUp(t, ended)
	w.Delete(t, deleted)
	w.AwaitGone(t, deleted)
	call := w.Await(t, ended, "it is over", func(call *v1alpha1.Call) bool { return call.Status.Result != nil })
	if call.Status.Result.Outcome != v1alpha1.OutcomeCancelled {
		t.Errorf("a ringing call that was ended has the outcome %s, want Cancelled", call.Status.Result.Outcome)
	}
	w.AwaitNoContext(t)
	w.CheckQuiet(t, m)
}

// TestDeliveredAgain has Event Grid deliver each event twice, and once more when the call is over.
func TestDeliveredAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): {HangUpAfter: 100 * time.Millisecond}}})
	createRoute(t, w, "route", 0, nil, answer(nil))
	w.Wire.SetRoute(func(c harness.Callback) harness.Route {
		if c.Type == "IncomingCall" {
			return harness.Twice
		}
		return harness.Pass
	})
	m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll})
	name := w.Incoming(t, w.Sim.Dial(t, harness.Callee(1), harness.Caller))
	w.Await(t, name, "it is over", func(call *v1alpha1.Call) bool { return call.Status.Result != nil })
	w.AwaitNoContext(t)
	for _, callback := range w.Wire.Seen() {
		if callback.Type == "IncomingCall" {
			if status, answer := w.Wire.Deliver(callback); status/100 != 2 {
				t.Errorf("the event was answered with %d %s when it came again, want 2xx", status, answer)
			}
		}
	}
	w.AwaitWork(t)
	answered := 0
	for _, entry := range w.Sim.Journal() {
		if entry.Kind == simulator.EntryRequest && entry.Operation == "answerCall" {
			answered++
		}
	}
	var calls v1alpha1.CallList
	list(t, w, &calls)
	incoming := 0
	for i := range calls.Items {
		if calls.Items[i].Spec.Inbound != nil {
			incoming++
		}
	}
	if answered != 1 || incoming != 1 {
		t.Errorf("one call that was told of four times made %d Calls and %d answers, want one of each", incoming, answered)
	}
	w.AwaitNoContext(t)
	w.CheckQuiet(t, m)
}

// TestRedirectDoesNotLoop has a route pass on every call, and so also the one that it has passed on, which comes back as
// an incoming call of the person's.
func TestRedirectDoesNotLoop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{})
	w.Sim.SetPhone(t, simulator.Phone{User: user, NoAnswer: &struct{}{}})
	createRoute(t, w, "all", 0, nil, redirect(user))
	w.StartManager(t, harness.ManagerOptions{Poll: cutPoll})
	correlationID := w.Sim.Dial(t, harness.Callee(1), harness.Caller)
	outcomes := func() map[v1alpha1.CallPhase]int {
		var calls v1alpha1.CallList
		list(t, w, &calls)
		found := map[v1alpha1.CallPhase]int{}
		for i := range calls.Items {
			if inbound := calls.Items[i].Spec.Inbound; inbound != nil && inbound.CorrelationID == correlationID {
				found[calls.Items[i].Status.Phase]++
			}
		}
		return found
	}
	// The first of them rings too, before it is passed on.
	want := map[v1alpha1.CallPhase]int{v1alpha1.CallPhaseEnded: 1, v1alpha1.CallPhaseRinging: 1}
	late := time.Now().Add(harness.Patience)
	for !maps.Equal(outcomes(), want) {
		if time.Now().After(late) {
			t.Fatalf("the call that came back is not left ringing: %v", outcomes())
		}
		<-time.After(50 * time.Millisecond) // which Call it is, is not known
	}
	w.AwaitWork(t)
	redirects := 0
	for _, entry := range w.Sim.Journal() {
		if entry.Kind == simulator.EntryRequest && entry.Operation == "redirectCall" {
			redirects++
		}
	}
	if found := outcomes(); redirects != 1 || !maps.Equal(found, want) {
		t.Errorf("the call was passed on %d times, and its Calls are %v: want once, one ended and one left ringing", redirects, found)
	}
}

// TestTwoManagersAnswerOnce has two managers work on the same incoming calls, as when a Lease is lost and the loser has
// not noticed.
func TestTwoManagersAnswerOnce(t *testing.T) {
	t.Parallel()
	const calls = 10
	phones := map[string]harness.Script{}
	for i := range calls {
		phones[harness.Callee(i)] = harness.Script{HangUpAfter: 200 * time.Millisecond}
	}
	w := newWorld(t, harness.Options{Phones: phones})
	createRoute(t, w, "route", 0, nil, answer(nil))
	first := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll})
	second := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll})
	w.AwaitProvider(t)
	names := make([]string, calls)
	for i := range calls {
		names[i] = w.Incoming(t, w.Sim.Dial(t, harness.Callee(i), harness.Caller))
	}
	for _, name := range names {
		call := w.Await(t, name, "it is over", func(call *v1alpha1.Call) bool { return call.Status.Result != nil })
		if call.Status.Result.Outcome != v1alpha1.OutcomeCompleted {
			t.Errorf("%s ended as %s, want Completed", name, call.Status.Result.Outcome)
		}
	}
	effects := map[string]int{}
	for _, entry := range w.Sim.Journal() {
		if entry.Kind == simulator.EntryRequest && entry.Operation == "answerCall" && entry.Status == 200 && !entry.Repeated {
			effects[entry.CorrelationID]++
		}
	}
	if len(effects) != calls {
		t.Errorf("%d calls were answered, want %d: %v", len(effects), calls, fmt.Sprint(effects))
	}
	w.AwaitNoContext(t)
	w.CheckNoLiveConnection(t)
	w.CheckQuiet(t, first)
	w.CheckQuiet(t, second)
}
