// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package useractions

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

const (
	ours   = "+14255550100"
	theirs = "+442079460101"
)

// outbound is a Call that is being placed.
func outbound(change ...func(*v1alpha1.Call)) *v1alpha1.Call {
	return changed(&v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "ada"},
		Spec: v1alpha1.CallSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: "acs"}, State: v1alpha1.CallStateActive,
			From: &v1alpha1.Caller{PhoneNumber: ours}, To: &v1alpha1.Identifier{PhoneNumber: theirs},
		},
	}, change)
}

// incoming is a Call that rings.
func incoming(change ...func(*v1alpha1.Call)) *v1alpha1.Call {
	return changed(&v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "incoming"},
		Spec: v1alpha1.CallSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: "acs"}, State: v1alpha1.CallStateActive,
			Inbound: &v1alpha1.InboundCall{From: &v1alpha1.Identifier{PhoneNumber: theirs}, To: v1alpha1.Identifier{PhoneNumber: ours}},
		},
	}, change)
}

func changed(call *v1alpha1.Call, change []func(*v1alpha1.Call)) *v1alpha1.Call {
	for _, f := range change {
		f(call)
	}
	return call
}

func connected(call *v1alpha1.Call) { call.Status.ConnectedTime = &metav1.Time{} }

func hangingUp(call *v1alpha1.Call) { call.Spec.State = v1alpha1.CallStateEnded }

func named(name string) func(*v1alpha1.Call) { return func(call *v1alpha1.Call) { call.Name = name } }

func over(outcome v1alpha1.CallOutcome) func(*v1alpha1.Call) {
	return func(call *v1alpha1.Call) { call.Status.Result = &v1alpha1.CallResult{Outcome: outcome} }
}

func TestObstacles(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, reason, got, want string }{
		{"hang up", "a call that rings can be given up", CannotHangUp(outbound()), ""},
		{"hang up live", "a live call can be hung up", CannotHangUp(outbound(connected)), ""},
		{"hang up twice", "it is being done", CannotHangUp(outbound(hangingUp)), "being hung up"},
		{"hang up over", "nothing is left to hang up", CannotHangUp(outbound(over(v1alpha1.OutcomeBusy))), "over"},
		{"take", "nothing takes it", CannotTake(incoming()), ""},
		{"take outbound", "our own call is no incoming one", CannotTake(outbound()), "Only an incoming call"},
		{"take taken", "a route was there first", CannotTake(incoming(func(call *v1alpha1.Call) { call.Status.Route = &v1alpha1.RoutedCall{Name: "desk"} })), "CallRoute desk takes"},
		{"take twice", "it is decided once", CannotTake(incoming(func(call *v1alpha1.Call) { call.Spec.Action = &v1alpha1.RouteAction{} })), "decided already"},
		{"take missed", "it rang out", CannotTake(incoming(over(v1alpha1.OutcomeMissed))), "over"},
		{"take given up", "it was given up", CannotTake(incoming(hangingUp)), "given up"},
		{"retry busy", "that is what it is for", CannotRetry(outbound(over(v1alpha1.OutcomeBusy))), ""},
		{"retry completed", "it took place", CannotRetry(outbound(over(v1alpha1.OutcomeCompleted))), "took place"},
		{"retry live", "it goes on", CannotRetry(outbound()), "not over"},
		{"retry incoming", "who calls us cannot be made to call again", CannotRetry(incoming(over(v1alpha1.OutcomeMissed))), "Only a call that was placed from here"},
		{"move from ringing", "nobody is there yet", CannotMoveFrom(outbound()), "not connected"},
		{"move from ending", "it will be over", CannotMoveFrom(outbound(connected, hangingUp)), "being hung up"},
		{"move", "both are connected", CannotMoveTo(outbound(connected), incoming(connected)), ""},
		{"move to itself", "that is no move", CannotMoveTo(outbound(connected), outbound(connected)), "that the participant is in"},
		{"move across providers", "the service knows nothing of the other call", CannotMoveTo(outbound(connected), outbound(connected, named("ben"), func(call *v1alpha1.Call) { call.Spec.ProviderRef.Name = "other" })), "different providers"},
		{"move across namespaces", "moves live in one", CannotMoveTo(outbound(connected), outbound(connected, func(call *v1alpha1.Call) { call.Namespace = "other" })), "different namespaces"},
		{"move callee", "the callee can be moved", CannotMoveParticipant(outbound(connected), "4:"+theirs), ""},
		{"move ourselves", "our side stays", CannotMoveParticipant(outbound(connected), "4:"+ours), "our own side"},
		{"move called number", "of an incoming call it is the number that was called", CannotMoveParticipant(incoming(connected), "4:"+ours), "our own side"},
		{"move anonymous", "a move cannot name who withholds the number", CannotMoveParticipant(outbound(connected), "4:anonymous"), "cannot be named"},
		{"move named", "a move names by the raw ID who has no other name", CannotMoveParticipant(outbound(connected), "4:MyBank"), ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if (tc.got == "") != (tc.want == "") || !strings.Contains(tc.got, tc.want) {
				t.Errorf("%s: got %q, want %q", tc.reason, tc.got, tc.want)
			}
		})
	}
}

func TestSideOf(t *testing.T) {
	t.Parallel()
	// The service makes an ID for the application in each call, as the simulator does.
	const app, person = "8:acs:5a1ad0e5-0000-4000-8000-000000000001_0b9c7f3a-1f0e-4c39-9d21-3a8f4f6f2d10", "8:acs:r_Person"
	as := func(user string) func(*v1alpha1.Call) {
		return func(call *v1alpha1.Call) { call.Spec.From = &v1alpha1.Caller{CommunicationUser: user} }
	}
	to := func(user string) func(*v1alpha1.Call) {
		return func(call *v1alpha1.Call) { call.Spec.To = &v1alpha1.Identifier{CommunicationUser: user} }
	}
	cases := []struct {
		name, reason string
		call         *v1alpha1.Call
		rawID        string
		want         Side
	}{
		{"callee", "a telephone is not the application", outbound(), "4:" + theirs, TheirSide},
		{"caller", "nor is the one that called", incoming(), "4:" + theirs, TheirSide},
		{"application", "the application has an ID that the call does not name", outbound(), app, PerhapsOurs},
		{"application that answered", "so it has in a call that came in", incoming(), app, PerhapsOurs},
		{"called user", "the call names whom it was placed to, in any case of letters", outbound(to(person)), "8:acs:r_person", TheirSide},
		{"user that we are", "the call was placed as this user", outbound(as(person)), person, OurSide},
		{"our number", "it is ours wherever it is", outbound(), "4:" + ours, OurSide},
		{"number that came in", "numbers are never the application", outbound(), "4:+442079460199", TheirSide},
		{"another Teams user", "nor are people in Teams", outbound(), "8:orgid:11111111-2222-4333-8444-555555555555", TheirSide},
		{"unknown kind", "nor is what has no name here", outbound(), "28:anonymous", TheirSide},
		{"caller who withheld the number", "nobody's ID is not compared", incoming(func(call *v1alpha1.Call) { call.Spec.Inbound.From = nil }), app, PerhapsOurs},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := SideOf(tc.call, tc.rawID); got != tc.want {
				t.Errorf("%s: %s is %q, want %q", tc.reason, tc.rawID, got, tc.want)
			}
		})
	}
}

func TestUse(t *testing.T) {
	t.Parallel()
	provider := &v1alpha1.CallProvider{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "acs"},
		Spec:       v1alpha1.CallProviderSpec{Numbers: []v1alpha1.OwnedNumber{{PhoneNumber: ours}, {PhoneNumber: "+14255550101", MaxConcurrentCalls: 7}}},
	}
	placed := func(call *v1alpha1.Call) { call.Status.Attempt = &v1alpha1.RequestAttempt{} }
	calls := []*v1alpha1.Call{
		outbound(placed), outbound(placed, connected), outbound(), outbound(hangingUp), outbound(placed, over(v1alpha1.OutcomeCompleted)), incoming(placed),
		outbound(placed, func(call *v1alpha1.Call) { call.Namespace = "other" }),
		outbound(placed, func(call *v1alpha1.Call) { call.Spec.ProviderRef.Name = "other" }),
	}
	got := Use(provider, calls)
	want := []NumberUse{{Number: ours, Limit: 2, Used: 2, Waiting: 1}, {Number: "+14255550101", Limit: 7}}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("number %d is used as %+v, want %+v", i, got[i], want[i])
		}
	}
}

func TestParseParty(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"+442079460101": theirs, " +44 (20) 7946-0101 ": theirs, "8:acs:r_u": "8:acs:r_u", "4:+442079460101": theirs,
		"0207 946 0101": "", "ada": "", "": "", "8:acs:": "", "+0123": "",
	} {
		id, err := ParseParty(text)
		got := ""
		if id != nil {
			got = string(id.PhoneNumber) + id.CommunicationUser
		}
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is read as %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                  "",
		"Number +14255550100 is full.":      "Number ***0100 is full.",
		"4:+442079460101":                   "4:***0101",
		"8:acs:r_00000000-0000":             "8:acs:r_00000000-0000",
		"from +14255550100 to +14255550111": "from ***0100 to ***0111",
	} {
		if got := Mask(text); got != want {
			t.Errorf("%q is masked as %q, want %q", text, got, want)
		}
	}
}

func TestNameOfRetry(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"ada": "ada-retry-1", "ada-retry-1": "ada-retry-2", "ada-retry-9": "ada-retry-10", "call-2": "call-2-retry-1", "retry-1": "retry-1-retry-1"} {
		if got := NameOfRetry(name); got != want {
			t.Errorf("%s is tried again as %s, want %s", name, got, want)
		}
	}
}

func TestLabelsOfRetry(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, reason, label string }{
		{"argo cd", "Argo CD prunes what it does not find in git", "argocd.argoproj.io/instance"},
		{"argo cd's default", "so it does by the label that it uses unless told", "app.kubernetes.io/instance"},
		{"managed by", "Helm takes it for its own", "app.kubernetes.io/managed-by"},
		{"helm", "the chart had no such Call", "helm.sh/chart"},
		{"flux kustomization", "Flux prunes what it does not find in git", "kustomize.toolkit.fluxcd.io/name"},
		{"restored", "the new Call is nobody's copy, and is to be placed", "velero.io/restore-name"},
		{"flux helm", "Flux prunes what the chart does not have", "helm.toolkit.fluxcd.io/namespace"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			before := map[string]string{tc.label: "x", "team": "sales", "app.kubernetes.io/name": "reminder"}
			want := map[string]string{"team": "sales", "app.kubernetes.io/name": "reminder"}
			if diff := cmp.Diff(want, labelsOfRetry(before)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if len(before) != 3 {
				t.Error("the labels of the old Call were changed")
			}
		})
	}
	if got := labelsOfRetry(nil); got != nil {
		t.Errorf("no labels became %v", got)
	}
}
