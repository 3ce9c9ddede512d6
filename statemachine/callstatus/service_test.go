// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/statemachine"
	"github.com/call-operator/call-operator/telephony"
)

var pins = attempt.Pins{
	ObjectUID: "u",
	Service:   &v1alpha1.AttemptService{ProviderName: "p", ProviderUID: "pu", Endpoint: "a.example.com"},
	Request:   &v1alpha1.AttemptRequest{CallbackURL: "https://calls.example.com", CallbackKeyID: "key"},
}

func elsewhere(n int) Fact {
	return ProviderChanged{Message: "The provider leads elsewhere.", At: second(n)}
}

// TestProviderChanged: what a status says while the provider leads elsewhere, and what it says when that is over.
func TestProviderChanged(t *testing.T) {
	dialled := []Fact{observed(1), Intended{ID: "attempt-1", Pins: pins, At: second(2)}}
	talking := after(dialled, placed(3), reported(4, "c", event("CallConnected", leg())))
	cases := []struct {
		name, reason string
		facts        []Fact
		// ready is the reason of Ready; connected is the condition; repeated, whether another may be sending the request.
		ready               string
		connected, repeated bool
		outcome             v1alpha1.CallOutcome
	}{
		{"never sent", "nothing is anywhere", []Fact{observed(1), elsewhere(2)}, "Pending", false, false, ""},
		{"unresolved", "it is not repeated", after(dialled, elsewhere(5)), "ProviderChanged", false, true, ""},
		{"unresolved, and then refused", "what one sending is told says nothing of the others", after(dialled, elsewhere(5), notPlaced(6)), "ProviderChanged", false, true, ""},
		{"unresolved, and then heard of", "the service reports all the same", after(dialled, elsewhere(5), reported(6, "c", event("CallConnected", leg()))), "Connected", true, false, ""},
		{"unresolved for good", "nobody will ever know", after(dialled, elsewhere(5), GaveUp{At: second(300)}), "OutcomeUnknown", false, false, v1alpha1.OutcomeUnknown},
		{"connected", "it is connected as far as anybody knows", after(talking, elsewhere(5)), "ProviderChanged", true, false, ""},
		{"connected, hung up", "that it cannot be hung up is what a person has to know", after(talking, ending(5, v1alpha1.EndingRequested), elsewhere(6)), "ProviderChanged", true, false, ""},
		{"led back, polled", "an answer proves it", after(talking, elsewhere(5), polled(6, telephony.PhaseConnected)), "Connected", true, false, ""},
		{"led back, hung up", "so does one to the hang-up", after(talking, ending(5, v1alpha1.EndingRequested), elsewhere(6), Reached{At: second(7)}), "Ending", true, false, ""},
		{"ended meanwhile", "the service reports the end all the same", after(talking, elsewhere(5), disconnected(6, 0, 560000)), "Completed", false, false, v1alpha1.OutcomeCompleted},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status := Apply(unseen(), c.facts...)
			ready := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady)
			connected := meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionConnected)
			if ready == nil || ready.Reason != c.ready || connected != c.connected || Repeated(&status) != c.repeated {
				t.Errorf("%s: ready %+v, connected %t, repeated %t", c.reason, ready, connected, Repeated(&status))
			}
			got := v1alpha1.CallOutcome("")
			if status.Result != nil {
				got = status.Result.Outcome
			}
			if got != c.outcome || status.Result != nil && status.Unreachable != nil {
				t.Errorf("%s: the outcome is %q, unreachable %+v", c.reason, got, status.Unreachable)
			}
		})
	}
}

func TestProviderChangedIsToldOnce(t *testing.T) {
	before := Apply(unseen(), after(inTalk)...)
	changed := Apply(before, elsewhere(20))
	want := []statemachine.Announcement{{Warning: true, Reason: "ProviderChanged", Action: "Poll", Message: "The provider leads elsewhere."}}
	if diff := cmp.Diff(want, Announce(before, changed)); diff != "" {
		t.Errorf("a person has to act (-want +got):\n%s", diff)
	}
	again := Apply(changed, elsewhere(40))
	if diff := cmp.Diff(changed, again); diff != "" {
		t.Errorf("what is known is not written again (-before +after):\n%s", diff)
	}
}

// TestPinsAreKept: what an attempt records is what was sent, and no fact changes it.
func TestPinsAreKept(t *testing.T) {
	another := attempt.Pins{ObjectUID: "v", Service: &v1alpha1.AttemptService{ProviderName: "q", ProviderUID: "qu", Endpoint: "b.example.com"}}
	sent := Apply(unseen(), observed(1), Intended{ID: "attempt-1", Pins: pins, At: second(2)})
	want := sent.Attempt.DeepCopy()
	if want.ObjectUID != "u" || want.Service == nil || want.Request == nil {
		t.Fatalf("the intent records its pins: %+v", want)
	}
	found := Polled{State: stateOf(telephony.PhaseConnected), Pins: another, At: second(4)}
	got := Apply(sent, placed(3), found, Adopted{Pins: another, At: second(5)})
	if diff := cmp.Diff(want, got.Attempt); diff != "" {
		t.Errorf("(-sent +later):\n%s", diff)
	}
	old := Apply(unseen(), observed(1), intended(2), placed(3))
	if got := Apply(old, found).Attempt; got.ObjectUID != "v" || got.Service == nil {
		t.Errorf("an attempt of the version before gets what proved to be its service: %+v", got)
	}
	foreign := found
	foreign.State.Call.Connection = "another"
	if got := Apply(old, foreign).Attempt; got.Service != nil {
		t.Errorf("another call proves nothing: %+v", got.Service)
	}
	routed := Apply(unseen(), observed(1), Routed{ID: "attempt-1", Route: widestRoute(0), Pins: pins, At: second(2)})
	if routed.Attempt.ObjectUID != "u" {
		t.Errorf("so does the intent to take an incoming call: %+v", routed.Attempt)
	}
}

func TestCopied(t *testing.T) {
	copied := Copied{At: second(9)}
	cases := []struct {
		name, reason string
		status       v1alpha1.CallStatus
		want         string
	}{
		{"known original", "it names the original", Apply(unseen(), observed(1), Intended{ID: "a", Pins: pins, At: second(2)}, placed(3)), "the Call with the UID u"},
		{"old version", "the original is not known", Apply(unseen(), observed(1), intended(2)), "an older Call"},
		{"incoming", "it cannot be placed", Apply(unseen(), observed(1), Routed{ID: "a", Route: widestRoute(0), Pins: pins, At: second(2)}), "the Call with the UID u"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := Apply(c.status, copied)
			if got.Result == nil || got.Result.Outcome != v1alpha1.OutcomeUnknown || !strings.Contains(got.Result.Message, c.want) {
				t.Fatalf("%s: %+v", c.reason, got.Result)
			}
			if anew := strings.Contains(got.Result.Message, "kubectl call retry"); anew != (c.status.Route == nil) {
				t.Errorf("%s: %s", c.reason, got.Result.Message)
			}
		})
	}
	if got := Apply(Apply(unseen(), observed(1)), copied); got.Result != nil {
		t.Errorf("without an attempt nothing was copied: %+v", got.Result)
	}
}
