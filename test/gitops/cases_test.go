// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
	"github.com/call-operator/call-operator/telephony"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

// state is an object in some state, and what a tool should make of it.
type state struct {
	name, reason string
	object       client.Object
	want         status.Status
}

var epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// states are all states of all kinds, as the product's own code writes them.
func states(t *testing.T) []state {
	t.Helper()
	return append(append(append(callStates(), moveStates()...), providerStates(t)...), routeStates(t)...)
}

// changes of an object outside its status.
func deleted(object client.Object) {
	object.SetDeletionTimestamp(&metav1.Time{Time: epoch})
	object.SetFinalizers([]string{v1alpha1.CallFinalizer})
}

func changed(object client.Object) { object.SetGeneration(object.GetGeneration() + 1) }

func meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: "default", Name: name, UID: "5a1ad0e5-0000-4000-8000-000000000001", Generation: 1}
}

// call is a Call after some facts; without facts it was not reconciled yet.
func call(facts []callstatus.Fact, changes ...func(client.Object)) *v1alpha1.Call {
	c := &v1alpha1.Call{ObjectMeta: meta("call"), Status: v1alpha1.CallStatus{ObservedGeneration: -1}}
	c.Spec = v1alpha1.CallSpec{
		ProviderRef: v1alpha1.ProviderReference{Name: "acs"}, From: &v1alpha1.Caller{PhoneNumber: "+14255550100"},
		To: &v1alpha1.Identifier{PhoneNumber: "+14255550123"},
	}
	c.Status = callstatus.Apply(c.Status, facts...)
	for _, change := range changes {
		change(c)
	}
	return c
}

// Lives of a Call.
var (
	unseen   []callstatus.Fact
	seen     = []callstatus.Fact{callstatus.Observed{Generation: 1, From: "+14255550100", To: "+14255550123", At: epoch}}
	rang     = then(seen, callstatus.Rang{At: epoch})
	intended = then(seen, callstatus.Intended{ID: "attempt", At: epoch})
	placed   = then(intended, callstatus.Placed{Call: telephony.CallIDs{Connection: "cc-1"}, At: epoch})
	talking  = then(placed, event(&acs.CallConnected{CallEvent: acs.CallEvent{CallConnectionID: "cc-1"}}))
)

// then continues an object's life.
func then(life []callstatus.Fact, facts ...callstatus.Fact) []callstatus.Fact {
	return append(append([]callstatus.Fact(nil), life...), facts...)
}

// event is one of the service's, with an ID of its own for each type: what was heard already is no news.
func event(data acs.EventData) callstatus.Fact {
	return callstatus.Reported{Event: telephonyacs.EventOf(acs.Event{ID: fmt.Sprintf("%T", data), Time: epoch, Data: data}), At: epoch}
}

func over(code, subCode int) callstatus.Fact {
	return event(&acs.CallDisconnected{CallEvent: acs.CallEvent{
		CallConnectionID: "cc-1", ResultInformation: &acs.ResultInformation{Code: code, SubCode: subCode},
	}})
}

func waits(reason string) callstatus.Fact {
	return callstatus.Waits{Reason: reason, Message: "It waits.", At: epoch}
}

func routed(action v1alpha1.RouteActionType) callstatus.Fact {
	return callstatus.Routed{ID: "attempt", At: epoch, Route: v1alpha1.RoutedCall{
		Name: "route", Action: action, RedirectTo: &v1alpha1.Identifier{CommunicationUser: "8:acs:resource_user"},
	}}
}

func ending(reason v1alpha1.EndingReason) callstatus.Fact {
	return callstatus.EndingBegun{Reason: reason, At: epoch}
}

func callStates() []state {
	return []state{
		{"call unseen", "nobody has looked at it", call(unseen), status.InProgressStatus},
		{"call pending", "it is about to be placed", call(seen), status.InProgressStatus},
		{"call without a provider", "it continues when the provider appears", call(then(seen, waits(v1alpha1.ReasonProviderNotFound))), status.InProgressStatus},
		{"call in the queue", "it continues when a slot is free", call(then(seen, waits(v1alpha1.ReasonWaitingForCapacity))), status.InProgressStatus},
		{"call behind a busy callee", "it continues when the callee is free", call(then(seen, waits(v1alpha1.ReasonWaitingForCallee))), status.InProgressStatus},
		{"call dialling", "nobody has answered", call(placed), status.InProgressStatus},
		{"call not placed yet", "it is tried again", call(then(intended, callstatus.NotPlaced{Reason: v1alpha1.ReasonThrottled, Message: "Slow.", Retry: epoch, At: epoch})), status.InProgressStatus},
		{"call unresolved", "the request is repeated", call(then(intended, callstatus.Unresolved{Message: "Lost.", At: epoch})), status.InProgressStatus},
		{"call ringing", "nothing has taken it", call(rang), status.InProgressStatus},
		{"call routed", "it is being taken", call(then(rang, routed(v1alpha1.RouteActionAnswer))), status.InProgressStatus},
		{"call connected", "it is as its spec wants it, for as long as it lasts", call(talking), status.CurrentStatus},
		{"call connected, spec changed", "nobody has looked at the change", call(talking, changed), status.InProgressStatus},
		{"call connected, deleted", "it is on its way out", call(talking, deleted), status.TerminatingStatus},
		{"call being hung up", "it is on its way to its end", call(then(talking, ending(v1alpha1.EndingRequested))), status.InProgressStatus},
		{"call being hung up, deleted", "it is on its way out", call(then(talking, ending(v1alpha1.EndingDeleted)), deleted), status.TerminatingStatus},
		{"call completed", "it ended as wanted", call(then(talking, over(0, 560000))), status.CurrentStatus},
		{"call completed, spec changed", "nobody has looked at the change", call(then(talking, over(0, 560000)), changed), status.InProgressStatus},
		{"call completed, deleted", "it is on its way out", call(then(talking, over(0, 560000)), deleted), status.TerminatingStatus},
		{"call after its longest time", "it ended as wanted", call(then(talking, ending(v1alpha1.EndingMaxDuration), over(0, 560000))), status.CurrentStatus},
		{"call withdrawn", "it ended as wanted", call(then(seen, callstatus.CancelledUnplaced{At: epoch})), status.CurrentStatus},
		{"call cancelled", "it ended as wanted", call(then(placed, ending(v1alpha1.EndingRequested), over(487, 0))), status.CurrentStatus},
		{"call redirected", "its route wanted that", call(then(rang, routed(v1alpha1.RouteActionRedirect), callstatus.RedirectedOrRejected{At: epoch})), status.CurrentStatus},
		{"call rejected", "its route wanted that", call(then(rang, routed(v1alpha1.RouteActionReject), callstatus.RedirectedOrRejected{At: epoch})), status.CurrentStatus},
		{"call busy", "the callee was not reached", call(then(placed, over(486, 560486))), status.FailedStatus},
		{"call declined", "the callee was not reached", call(then(placed, over(603, 0))), status.FailedStatus},
		{"call not answered", "the callee was not reached", call(then(placed, ending(v1alpha1.EndingRingTimeout), over(487, 0))), status.FailedStatus},
		{"call refused", "the service will never place it", call(then(intended, callstatus.Refused{Code: 400, Message: "No.", At: epoch})), status.FailedStatus},
		{"call missed", "nothing took it", call(then(rang, callstatus.Unanswered{At: epoch})), status.FailedStatus},
		{"call with an unknown outcome", "somebody has to find out", call(then(intended, callstatus.GaveUp{At: epoch})), status.FailedStatus},
	}
}

// move is a ParticipantMove after some facts.
func move(facts []operationstatus.Fact, changes ...func(client.Object)) *v1alpha1.ParticipantMove {
	m := &v1alpha1.ParticipantMove{ObjectMeta: meta("move"), Status: v1alpha1.ParticipantMoveStatus{OperationStatus: v1alpha1.OperationStatus{ObservedGeneration: -1}}}
	m.Status = operationstatus.ApplyToMove(m.Status, facts...)
	for _, change := range changes {
		change(m)
	}
	return m
}

func moveStates() []state {
	seen := []operationstatus.Fact{operationstatus.Observed{Generation: 1, At: epoch}}
	with := func(facts ...operationstatus.Fact) []operationstatus.Fact {
		return append(append([]operationstatus.Fact(nil), seen...), facts...)
	}
	waits := operationstatus.Waits{Reason: v1alpha1.ReasonCallNotConnected, Message: "It waits.", At: epoch}
	sent := operationstatus.Intended{
		ID: "attempt", Participants: []string{"4:+14255550123"}, At: epoch,
		Calls: []v1alpha1.OperatedCall{{Name: "source", ConnectionID: "cc-1"}, {Name: "target", ConnectionID: "cc-2"}},
	}
	taken := operationstatus.Accepted{At: epoch}
	moved := operationstatus.Seen{Rosters: [][]telephony.Participant{nil, {{ID: "4:+14255550123"}}}, At: epoch}
	return []state{
		{"move unseen", "nobody has looked at it", move(nil), status.InProgressStatus},
		{"move pending", "it is about to be sent", move(seen), status.InProgressStatus},
		{"move waiting", "it continues when the Call is connected", move(with(waits)), status.InProgressStatus},
		{"move sent", "nothing was reported yet", move(with(sent, taken)), status.InProgressStatus},
		{"move sent, deleted", "it is on its way out", move(with(sent, taken), deleted), status.TerminatingStatus},
		{"move done", "it ended as wanted", move(with(sent, taken, moved)), status.CurrentStatus},
		{"move refused", "nobody was moved", move(with(sent, operationstatus.Refused{Code: 404, Message: "No.", At: epoch})), status.FailedStatus},
		{"move too late", "nobody was moved", move(with(operationstatus.TimedOut{Message: "Late.", At: epoch})), status.FailedStatus},
		{"move impossible", "nobody was moved", move(with(operationstatus.Impossible{Message: "No.", At: epoch})), status.FailedStatus},
		{"move with an unknown outcome", "somebody has to find out", move(with(sent, taken, operationstatus.Abandoned{At: epoch})), status.FailedStatus},
	}
}

// asSent is an object as a tool reads it from the API server.
func asSent(t *testing.T, object client.Object) *unstructured.Unstructured {
	t.Helper()
	scheme, err := controllers.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	kind, err := apiutil.GVKForObject(object, scheme)
	if err != nil {
		t.Fatal(err)
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		t.Fatal(err)
	}
	sent := &unstructured.Unstructured{Object: content}
	sent.SetGroupVersionKind(kind)
	return sent
}

// TestStates: the objects are in the phase that they are named after, so no state is mistaken for another.
func TestStates(t *testing.T) {
	t.Parallel()
	phases := map[string]string{
		"pending": "Pending", "in line": "Pending", "dialling": "Dialing", "unresolved": "Dialing", "ringing": "Ringing", "connected": "Connected",
		"being hung up": "Ending", "completed": "Ended", "after its longest time": "Ended", "withdrawn": "Ended", "cancelled": "Ended",
		"redirected": "Ended", "rejected": "Ended", "busy": "Ended", "declined": "Ended", "not answered": "Ended", "refused": "Ended",
		"missed": "Ended", "sent": "Moving", "done": "Ended",
	}
	for _, s := range states(t) {
		name, _, _ := strings.Cut(s.name, ",")
		_, name, _ = strings.Cut(name, " ")
		want, named := phases[name]
		got, _, err := unstructured.NestedString(asSent(t, s.object).Object, "status", "phase")
		if named && (err != nil || got != want) {
			t.Errorf("%s is in the phase %q, want %q", s.name, got, want)
		}
	}
}
