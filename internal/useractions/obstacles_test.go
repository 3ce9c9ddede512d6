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
		{"hang up", "a call that rings can be hung up", CannotHangUp(outbound()), ""},
		{"hang up live", "a live call can be hung up", CannotHangUp(outbound(connected)), ""},
		{"hang up twice", "it is already being hung up", CannotHangUp(outbound(hangingUp)), "being hung up"},
		{"hang up over", "there is nothing to hang up", CannotHangUp(outbound(over(v1alpha1.OutcomeBusy))), "over"},
		{"handle", "no route takes it", CannotHandleIncoming(incoming()), ""},
		{"handle outbound", "an outbound call is not an incoming one", CannotHandleIncoming(outbound()), "Only an incoming call"},
		{"handle routed", "a route already takes it", CannotHandleIncoming(incoming(func(call *v1alpha1.Call) { call.Status.Route = &v1alpha1.RoutedCall{Name: "desk"} })), "CallRoute desk takes"},
		{"handle twice", "an action is set once", CannotHandleIncoming(incoming(func(call *v1alpha1.Call) { call.Spec.Action = &v1alpha1.RouteAction{} })), "already has an action"},
		{"handle missed", "it no longer rings", CannotHandleIncoming(incoming(over(v1alpha1.OutcomeMissed))), "over"},
		{"handle ended", "it is being ended", CannotHandleIncoming(incoming(hangingUp)), "being ended"},
		{"retry busy", "the call did not take place", CannotRetry(outbound(over(v1alpha1.OutcomeBusy))), ""},
		{"retry completed", "it took place", CannotRetry(outbound(over(v1alpha1.OutcomeCompleted))), "took place"},
		{"retry live", "it is still active", CannotRetry(outbound()), "not over"},
		{"retry incoming", "a caller cannot be made to call again", CannotRetry(incoming(over(v1alpha1.OutcomeMissed))), "Only an outbound call"},
		{"move from ringing", "nobody is there yet", CannotOperate(outbound()), "not connected"},
		{"move from ending", "it will be over", CannotOperate(outbound(connected, hangingUp)), "being hung up"},
		{"move", "both are connected", CannotMoveTo(outbound(connected), incoming(connected)), ""},
		{"move to itself", "nothing would change", CannotMoveTo(outbound(connected), outbound(connected)), "already in that call"},
		{"move across providers", "another service does not know the call", CannotMoveTo(outbound(connected), outbound(connected, named("ben"), func(call *v1alpha1.Call) { call.Spec.ProviderRef.Name = "other" })), "different providers"},
		{"move across namespaces", "a move is in one namespace", CannotMoveTo(outbound(connected), outbound(connected, func(call *v1alpha1.Call) { call.Namespace = "other" })), "different namespaces"},
		{"move callee", "the callee can be moved", CannotMoveParticipant(outbound(connected), "4:"+theirs), ""},
		{"move own side", "the own side stays", CannotMoveParticipant(outbound(connected), "4:"+ours), "own side"},
		{"move called number", "the own side of an incoming call is the called number", CannotMoveParticipant(incoming(connected), "4:"+ours), "own side"},
		{"move anonymous", "a move cannot name a caller without a number", CannotMoveParticipant(outbound(connected), "4:anonymous"), "cannot be moved"},
		{"move raw ID", "a move can name a participant by raw ID", CannotMoveParticipant(outbound(connected), "4:MyBank"), ""},
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
		{"callee", "a phone number is not the application", outbound(), "4:" + theirs, TheirSide},
		{"caller", "nor is the caller", incoming(), "4:" + theirs, TheirSide},
		{"application", "the application has an ID that the call does not name", outbound(), app, PerhapsOurs},
		{"application that answered", "the same for an incoming call", incoming(), app, PerhapsOurs},
		{"called user", "the call names its callee; case does not matter", outbound(to(person)), "8:acs:r_person", TheirSide},
		{"own user", "the call was placed as this user", outbound(as(person)), person, OurSide},
		{"our number", "the own number is always the own side", outbound(), "4:" + ours, OurSide},
		{"number that came in", "numbers are never the application", outbound(), "4:+442079460199", TheirSide},
		{"another Teams user", "nor are people in Teams", outbound(), "8:orgid:11111111-2222-4333-8444-555555555555", TheirSide},
		{"unknown kind", "nor are other kinds", outbound(), "28:anonymous", TheirSide},
		{"caller who withheld the number", "an empty ID matches nothing", incoming(func(call *v1alpha1.Call) { call.Spec.Inbound.From = nil }), app, PerhapsOurs},
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
			t.Errorf("%q is parsed as %q, %v; want %q", text, got, err, want)
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
			t.Errorf("%s is retried as %s, want %s", name, got, want)
		}
	}
}

func TestLabelsOfRetry(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, reason, label string }{
		{"argo cd", "Argo CD prunes what it does not find in git", "argocd.argoproj.io/instance"},
		{"argo cd's default", "this is its default label", "app.kubernetes.io/instance"},
		{"managed by", "Helm would adopt it", "app.kubernetes.io/managed-by"},
		{"helm", "the chart had no such Call", "helm.sh/chart"},
		{"flux kustomization", "Flux prunes what it does not find in git", "kustomize.toolkit.fluxcd.io/name"},
		{"restored", "the new Call is not a copy, and must be placed", "velero.io/restore-name"},
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
