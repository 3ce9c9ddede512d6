// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

var epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func at(second int) metav1.Time {
	return metav1.NewTime(epoch.Add(time.Duration(second) * time.Second))
}

// create creates a Call in a namespace, and gives it a status if there is one.
func create(t *testing.T, namespace, name, spec string, status *v1alpha1.CallStatus) *v1alpha1.Call {
	t.Helper()
	made := object(t, "Call", name, spec)
	made.SetNamespace(namespace)
	if err := plane.Client.Create(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	call := &v1alpha1.Call{}
	if err := plane.Client.Get(t.Context(), client.ObjectKeyFromObject(made), call); err != nil {
		t.Fatal(err)
	}
	if status != nil {
		call.Status = *status
		if err := plane.Client.Status().Update(t.Context(), call); err != nil {
			t.Fatal(err)
		}
	}
	return call
}

func TestCallDefaults(t *testing.T) {
	t.Parallel()
	call := create(t, namespace(t), "c", "providerRef: {name: acs}\nto: {teamsUser: {userID: u}}", nil)
	want := v1alpha1.CallSpec{
		ProviderRef: v1alpha1.ProviderReference{Name: "acs"},
		To:          &v1alpha1.Identifier{TeamsUser: &v1alpha1.TeamsUser{UserID: "u", Cloud: v1alpha1.TeamsCloudPublic}},
		State:       v1alpha1.CallStateActive,
		RingTimeout: &metav1.Duration{Duration: time.Minute},
		MaxDuration: &metav1.Duration{Duration: 4 * time.Hour},
	}
	if diff := cmp.Diff(want, call.Spec); diff != "" {
		t.Errorf("what nobody wrote has its default (-want +got):\n%s", diff)
	}
	undefaulted := &v1alpha1.Call{}
	if call.RingTimeout() != undefaulted.RingTimeout() || call.MaxDuration() != undefaulted.MaxDuration() {
		t.Error("the defaults in Go are not those of the API server")
	}
	if diff := cmp.Diff(v1alpha1.CallStatus{ObservedGeneration: -1}, call.Status); diff != "" {
		t.Errorf("an object that nobody has looked at is never taken for healthy (-want +got):\n%s", diff)
	}
}

func TestCallProviderDefaults(t *testing.T) {
	t.Parallel()
	made := object(t, "CallProvider", "p", and(`numbers: [{phoneNumber: "+14255550100"}]`))
	made.SetNamespace(namespace(t))
	if err := plane.Client.Create(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	provider := &v1alpha1.CallProvider{}
	if err := plane.Client.Get(t.Context(), client.ObjectKeyFromObject(made), provider); err != nil {
		t.Fatal(err)
	}
	want := v1alpha1.CallProviderSpec{
		CallbackURL: "https://calls.example.com",
		Numbers:     []v1alpha1.OwnedNumber{{PhoneNumber: "+14255550100"}},
		ACS: &v1alpha1.ACSProvider{
			ConnectionStringSecretRef: &v1alpha1.SecretKeyReference{Name: "acs-connection", Key: "connectionString"}, APIVersion: "2026-03-12",
		},
	}
	if diff := cmp.Diff(want, provider.Spec); diff != "" {
		t.Errorf("what nobody wrote has its default (-want +got):\n%s", diff)
	}
	if limit := provider.Spec.Numbers[0].Limit(); limit != 2 {
		t.Errorf("a number without a limit has the service's own, got %d", limit)
	}
	if diff := cmp.Diff(v1alpha1.CallProviderStatus{ObservedGeneration: -1}, provider.Status); diff != "" {
		t.Errorf("an object that nobody has looked at is never taken for healthy (-want +got):\n%s", diff)
	}
}

// Statuses of a Call at some time of its life.
var (
	unseen   *v1alpha1.CallStatus
	waiting  = &v1alpha1.CallStatus{ObservedGeneration: 1, Waiting: &v1alpha1.CallWaiting{Reason: "Paced", Since: at(0)}}
	dialled  = &v1alpha1.CallStatus{ObservedGeneration: 1, Attempt: &v1alpha1.RequestAttempt{ID: "a", FirstSent: at(0)}}
	finished = &v1alpha1.CallStatus{ObservedGeneration: 1, Result: &v1alpha1.CallResult{Outcome: v1alpha1.OutcomeCancelled, EndTime: at(0)}}
)

// TestCallChanges changes Calls, at the times of their lives when that is and is not possible.
func TestCallChanges(t *testing.T) {
	t.Parallel()
	const (
		fixedTo       = "spec.to: Invalid value: cannot change once the call is placed: create a new Call"
		fixedFrom     = "spec.from: Invalid value: cannot change once the call is placed: create a new Call"
		fixedProvider = "spec.providerRef: Invalid value: cannot change once the call is placed: create a new Call"
		fixedStart    = "spec.notBefore: Invalid value: cannot change once the call is placed: create a new Call"
		fixedDeadline = "spec.startingDeadlineSeconds: Invalid value: cannot change once the call is placed: create a new Call"
		fixedInbound  = "inbound records an incoming call and cannot change: leave it as it is"
		cameInAt      = "providerRef of an incoming call cannot change: leave it as it is"
		noWayBack     = "a call that was ended cannot be resumed: create a new Call"

		toOther       = `{"to":{"phoneNumber":"+14255550124"}}`
		toUser        = `{"to":{"phoneNumber":null,"communicationUser":"8:acs:r_u"}}`
		fromOther     = `{"from":{"phoneNumber":"+14255550101"}}`
		fromNamed     = `{"from":{"displayName":"Ada"}}`
		startLater    = `{"notBefore":"2026-11-23T13:00:00Z","startingDeadlineSeconds":60}`
		otherProvider = `{"providerRef":{"name":"other"}}`
		end           = `{"state":"Ended"}`
		takeUp        = `{"state":"Active"}`
		turnAround    = `{"to":null,"inbound":{"to":{"phoneNumber":"+14255550100"},"receivedTime":"2026-11-23T12:00:00Z"}}`
	)
	cases := []struct {
		name, reason string
		spec         string
		status       *v1alpha1.CallStatus
		patch, want  string
	}{
		{"to, unseen", "nobody was rung", numberToNumber, unseen, toOther, ""},
		{"to, waiting", "nobody was rung", numberToNumber, waiting, toOther, ""},
		{"to, dialled", "somebody may have been rung", numberToNumber, dialled, toOther, fixedTo},
		{"to, finished", "a record is a record", numberToNumber, finished, toOther, fixedTo},
		{"kind of to, waiting", "nobody was rung", numberToNumber, waiting, toUser, ""},
		{"kind of to, dialled", "somebody may have been rung", numberToNumber, dialled, toUser, fixedTo},
		{"from, waiting", "nobody saw it", numberToNumber, waiting, fromOther, ""},
		{"from, dialled", "it was shown", numberToNumber, dialled, fromOther, fixedFrom},
		{"name, dialled", "it was shown", numberToNumber, dialled, fromNamed, fixedFrom},
		{"from, removed when dialled", "it was shown", "providerRef: {name: acs}\nfrom: {displayName: Ada}\nto: {communicationUser: \"8:acs:r_u\"}", dialled, `{"from":null}`, fixedFrom},
		{"provider, waiting", "another may have capacity", numberToNumber, waiting, otherProvider, ""},
		{"provider, dialled", "only this one can hang it up", numberToNumber, dialled, otherProvider, fixedProvider},
		{"provider, finished", "a record is a record", numberToNumber, finished, otherProvider, fixedProvider},
		{"start, waiting", "it may be put off", numberToNumber, waiting, startLater, ""},
		{"notBefore, dialled", "it was placed", numberToNumber, dialled, `{"notBefore":"2026-11-23T13:00:00Z"}`, fixedStart},
		{"notBefore, finished", "a record is a record", with(`notBefore: "2026-11-23T12:00:00Z"`), finished, `{"notBefore":null}`, fixedStart},
		{"deadline, dialled", "it was placed", numberToNumber, dialled, `{"startingDeadlineSeconds":60}`, fixedDeadline},
		{"deadline, finished", "a record is a record", with("startingDeadlineSeconds: 60"), finished, `{"startingDeadlineSeconds":90}`, fixedDeadline},
		{"start as it was, dialled", "nothing changes", with("startingDeadlineSeconds: 60"), dialled, `{"startingDeadlineSeconds":60,"maxDuration":"1h"}`, ""},
		{"ended, waiting", "it is withdrawn", numberToNumber, waiting, end, ""},
		{"ended, dialled", "it is hung up", numberToNumber, dialled, end, ""},
		{"taken up again", "one Call is one call", with("state: Ended"), unseen, takeUp, noWayBack},
		{"taken up again by default", "one Call is one call", with("state: Ended"), unseen, `{"state":null}`, noWayBack},
		{"times, dialled", "how long it may last is no part of what happened", numberToNumber, dialled, `{"ringTimeout":"90s","maxDuration":"1h","ttlSecondsAfterFinished":5}`, ""},
		{"time to live, finished", "how long a record is kept may change", numberToNumber, finished, `{"ttlSecondsAfterFinished":0}`, ""},
		{"bad time, dialled", "a change is judged as a creation", numberToNumber, dialled, `{"ringTimeout":"4m"}`, saysRing},
		{"turned around", "an outbound call does not become an incoming one", numberToNumber, unseen, turnAround, fixedInbound},
		{"inbound, removed", "an incoming call does not become an outbound one", inbound(arrived), unseen, `{"inbound":null,"to":{"communicationUser":"8:acs:r_u"}}`, fixedInbound},
		{"inbound from another", "what happened is never edited", inbound(arrived), unseen, `{"inbound":{"from":{"phoneNumber":"+14255550123"}}}`, fixedInbound},
		{"inbound later", "what happened is never edited", inbound(arrived), unseen, `{"inbound":{"receivedTime":"2026-11-23T13:00:00Z"}}`, fixedInbound},
		{"inbound elsewhere", "it came in where it came in", inbound(arrived), unseen, otherProvider, cameInAt},
		{"inbound, ended", "it is hung up like any other", inbound(arrived), dialled, end, ""},
	}
	cases = append(cases, changedHeaders()...)
	ns := namespace(t)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			call := create(t, ns, fmt.Sprintf("c-%d", i), c.spec, c.status)
			patch := fmt.Appendf(nil, `{"spec":%s}`, c.patch)
			err := plane.Client.Patch(t.Context(), call, client.RawPatch(types.MergePatchType, patch))
			checkVerdict(t, c.reason, err, c.want)
		})
	}
}

// TestDialledCallTakesStatus: immutable fields do not block updates of status.
func TestDialledCallTakesStatus(t *testing.T) {
	t.Parallel()
	call := create(t, namespace(t), "c", numberToNumber, dialled)
	call.Spec.To.PhoneNumber = "+14255550199" // a write of status ignores this
	call.Status.Phase = v1alpha1.CallPhaseConnected
	if err := plane.Client.Status().Update(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	if call.Spec.To.PhoneNumber != "+14255550123" || call.Status.Phase != v1alpha1.CallPhaseConnected {
		t.Errorf("a write of status changes status: %s, %s", call.Spec.To.PhoneNumber, call.Status.Phase)
	}
	call.Spec.State = v1alpha1.CallStateEnded
	call.Status.Phase = v1alpha1.CallPhasePending
	if err := plane.Client.Update(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	if call.Status.Phase != v1alpha1.CallPhaseConnected {
		t.Error("a write of spec changes spec")
	}
}

// TestStatusBounds: a status that is out of bounds is a defect of the operator, which the API server shows.
func TestStatusBounds(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		change       func(*v1alpha1.CallStatus)
		want         string
	}{
		{"phase", "phases are named", func(s *v1alpha1.CallStatus) { s.Phase = "Talking" }, "supported values"},
		{"outcome", "outcomes are named", func(s *v1alpha1.CallStatus) { s.Result = &v1alpha1.CallResult{Outcome: "Fine", EndTime: at(0)} }, "supported values"},
		{"ending", "reasons are named", func(s *v1alpha1.CallStatus) { s.Ending = &v1alpha1.CallEnding{Reason: "Why", Time: at(0)} }, "supported values"},
		{"largest roster", "it is listed", func(s *v1alpha1.CallStatus) { s.Participants = roster(v1alpha1.MaxRoster) }, ""},
		{"roster", "a Call stays small", func(s *v1alpha1.CallStatus) { s.Participants = roster(v1alpha1.MaxRoster + 1) }, "must have at most 20 items"},
		{"longest history", "it is kept", func(s *v1alpha1.CallStatus) { s.History = history(v1alpha1.MaxHistory) }, ""},
		{"history", "a Call stays small", func(s *v1alpha1.CallStatus) { s.History = history(v1alpha1.MaxHistory + 1) }, "must have at most 10 items"},
		{"attempt without an ID", "a repetition needs it", func(s *v1alpha1.CallStatus) { s.Attempt = &v1alpha1.RequestAttempt{FirstSent: at(0)} }, "status.attempt.id: Required value"},
		{"waits for nothing", "a person reads why", func(s *v1alpha1.CallStatus) { s.Waiting = &v1alpha1.CallWaiting{Since: at(0), Ahead: ptr.To[int32](1)} }, "status.waiting.reason: Required value"},
	}
	ns := namespace(t)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			call := create(t, ns, fmt.Sprintf("c-%d", i), numberToNumber, nil)
			c.change(&call.Status)
			checkVerdict(t, c.reason, plane.Client.Status().Update(t.Context(), call), c.want)
		})
	}
}
