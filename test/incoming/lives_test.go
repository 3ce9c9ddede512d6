// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package incoming

import (
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

const (
	// cutPoll is the poll interval here. A manager that dies with an answer in its hands may have to ask again.
	cutPoll = time.Second

	user = "8:acs:00000000-1111-2222-3333-444444444444_00000000-0000-4000-8000-000000000001"
)

// life is what may happen to an incoming call from its ring to its end.
type life struct {
	name, reason string
	// caller is what the phone that calls does.
	caller harness.Script
	action v1alpha1.RouteAction
	// faults stand between the manager and ACS.
	faults func(*harness.Faults)
	// drive does what people do to the Call meanwhile.
	drive func(t *testing.T, w *harness.World, name string)
	// outcomes are how it may end; gone says that the object is gone then.
	outcomes []v1alpha1.CallOutcome
	gone     bool
	// effective is the operation that is to have its effect once.
	effective string
}

func answer(labels map[string]string) v1alpha1.RouteAction {
	return v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{CallLabels: labels}}
}

func redirect(to string) v1alpha1.RouteAction {
	return v1alpha1.RouteAction{Redirect: &v1alpha1.RedirectAction{To: v1alpha1.Identifier{CommunicationUser: to}}}
}

func reject() v1alpha1.RouteAction {
	return v1alpha1.RouteAction{Reject: &v1alpha1.RejectAction{Reason: v1alpha1.RejectReasonBusy}}
}

func only(outcomes ...v1alpha1.CallOutcome) []v1alpha1.CallOutcome { return outcomes }

// triesOfOneRequest is how often the client tries one request before its caller hears of the failure.
const triesOfOneRequest = 3

func lives() []life {
	return []life{
		{
			name: "answered", reason: "a route answers, and the caller hangs up", action: answer(map[string]string{"desk": "one"}),
			caller: harness.Script{HangUpAfter: 200 * time.Millisecond}, outcomes: only(v1alpha1.OutcomeCompleted), effective: "answerCall",
		},
		{
			name: "deleted", reason: "deleting an answered call hangs up", action: answer(nil),
			outcomes: only(v1alpha1.OutcomeCompleted), gone: true, effective: "answerCall",
			drive: func(t *testing.T, w *harness.World, name string) {
				w.AwaitCondition(t, name, v1alpha1.ConditionConnected)
				w.Delete(t, name)
			},
		},
		{
			name: "redirected", reason: "a route passes the call on, and it is no longer ours", action: redirect(user),
			outcomes: only(v1alpha1.OutcomeRedirected), effective: "redirectCall",
		},
		{
			name: "rejected", reason: "a route refuses the call", action: reject(),
			outcomes: only(v1alpha1.OutcomeRejected), effective: "rejectCall",
		},
		{
			name: "throttled", reason: "a request that ACS did not take is sent again as a new attempt", action: answer(nil),
			caller: harness.Script{HangUpAfter: 200 * time.Millisecond}, outcomes: only(v1alpha1.OutcomeCompleted), effective: "answerCall",
			faults: func(f *harness.Faults) {
				f.On("answer", harness.Repeat(triesOfOneRequest, &harness.Fault{Status: 429})...)
			},
		},
		{
			name: "answerLost", reason: "a request whose answers are lost is repeated as the same attempt", action: answer(nil),
			caller: harness.Script{HangUpAfter: 200 * time.Millisecond}, outcomes: only(v1alpha1.OutcomeCompleted), effective: "answerCall",
			faults: func(f *harness.Faults) {
				f.On("answer", &harness.Fault{AfterEffect: true})
			},
		},
		{
			name: "redirectLost", reason: "a redirect whose answers are lost is repeated too", action: redirect(user),
			outcomes: only(v1alpha1.OutcomeRedirected), effective: "redirectCall",
			faults: func(f *harness.Faults) {
				f.On("redirect", &harness.Fault{AfterEffect: true})
			},
		},
	}
}

func faultsFor(l life) *harness.Faults {
	faults := harness.NewFaults()
	if l.faults != nil {
		l.faults(faults)
	}
	return faults
}

func worldFor(t *testing.T, l life) *harness.World {
	t.Helper()
	w := harness.New(t, plane, harness.Options{
		ResourceID: harness.ResourceID, EventGrid: simulator.GridSchemaEventGrid, Phones: map[string]harness.Script{harness.Callee(1): l.caller},
	})
	w.Sim.SetPhone(t, simulator.Phone{User: user, NoAnswer: &struct{}{}})
	if l.faults != nil {
		// The callbacks would tell what the requests that meet the faults are repeated for.
		w.Wire.SetDelay(func(c harness.Callback) time.Duration {
			if c.Type == "CallConnected" || c.Type == "ParticipantsUpdated" {
				return 3 * time.Second
			}
			return 0
		})
	}
	if l.action != (v1alpha1.RouteAction{}) {
		createRoute(t, w, "route", 0, &v1alpha1.RouteMatch{To: []v1alpha1.PartyMatch{{Kind: v1alpha1.PartyKindPhoneNumber}}}, l.action)
	}
	w.Sim.AwaitSubscription(t)
	return w
}

func createRoute(t *testing.T, w *harness.World, name string, priority int32, match *v1alpha1.RouteMatch, action v1alpha1.RouteAction) {
	t.Helper()
	route := &v1alpha1.CallRoute{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name},
		Spec: v1alpha1.CallRouteSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: harness.ProviderName}, Priority: priority, Match: match, Action: action,
		},
	}
	if err := w.Client.Create(t.Context(), route); err != nil {
		t.Fatal(err)
	}
}

// live has a phone call us, and returns the name of the Call when its life is over.
func live(t *testing.T, w *harness.World, l life) string {
	t.Helper()
	name := w.Incoming(t, w.Sim.Dial(t, harness.Callee(1), harness.Caller))
	if l.drive != nil {
		l.drive(t, w, name)
	}
	if l.gone {
		w.AwaitGone(t, name)
		return name
	}
	w.Await(t, name, "it has a result, and nothing is left to do", func(call *v1alpha1.Call) bool {
		_, unfinished := call.Annotations[v1alpha1.IncomingCallContextAnnotation]
		return call.Status.Result != nil && !unfinished
	})
	return name
}

// checkEnd checks what a life left behind.
func checkEnd(t *testing.T, w *harness.World, l life, name string, m *harness.Manager) {
	t.Helper()
	w.AwaitWork(t)
	effects := 0
	for _, entry := range w.Sim.Journal() {
		if entry.Kind == simulator.EntryRequest && entry.Operation == l.effective && entry.Status/100 == 2 && !entry.Repeated {
			effects++
		}
	}
	if effects != 1 {
		t.Errorf("%s: %s had its effect %d times, want once", l.reason, l.effective, effects)
	}
	if outcome := lastOutcome(w, name); !slices.Contains(l.outcomes, outcome) {
		t.Errorf("%s: the outcome is %q, want one of %q", l.reason, outcome, l.outcomes)
	}
	w.CheckNoLiveConnection(t)
	if l.effective == "redirectCall" {
		// The call has come back as one to the person, which no route takes. It is not left to ring out.
		w.HangUp(t, w.IncomingTo(t, user))
	}
	w.AwaitNoContext(t)
	if len(l.outcomes) > 0 && !l.gone {
		checkCounted(t, w)
	}
	w.CheckQuiet(t, m)
}

// checkCounted checks that the route says that it took one call.
func checkCounted(t *testing.T, w *harness.World) {
	t.Helper()
	var routes v1alpha1.CallRouteList
	list(t, w, &routes)
	for _, route := range routes.Items {
		if route.Status.CallsTaken != 1 || route.Status.LastTakenTime == nil {
			t.Errorf("the route says that it took %d calls, last %v, want 1", route.Status.CallsTaken, route.Status.LastTakenTime)
		}
	}
}

func lastOutcome(w *harness.World, name string) v1alpha1.CallOutcome {
	for _, call := range slices.Backward(w.Revisions(name)) {
		if call.Status.Result != nil {
			return call.Status.Result.Outcome
		}
	}
	return ""
}
