// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

func TestOtherLeg(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	dialled := []Fact{Observed{Generation: 1, At: at}, Intended{ID: "a", ArrivesHere: true, At: at}}
	placed := Placed{Call: telephony.CallIDs{Connection: "c"}, At: at}
	expected := &v1alpha1.OtherLeg{State: v1alpha1.OtherLegExpected}
	paired := &v1alpha1.OtherLeg{State: v1alpha1.OtherLegPaired, Name: "leg", UID: "leg", PairedBy: v1alpha1.PairedByParties}
	cases := []struct {
		name, reason string
		facts        []Fact
		want         *v1alpha1.OtherLeg
	}{
		{"to an own number", "it is expected from before the request is sent", nil, expected},
		{"answered", "what the service answers says nothing of it", []Fact{placed}, expected},
		{"seen", "it is named", []Fact{placed, OtherLegKnown{paired, at}}, paired},
		{"not placed", "nothing is on its way", []Fact{NotPlaced{Reason: "Throttled", Message: "m", At: at}}, nil},
		{"refused", "nothing is on its way", []Fact{Refused{Code: 400, Message: "m", At: at}}, nil},
		{"placed after all", "an event of it came before the refusal", []Fact{placed, Refused{Code: 400, Message: "m", At: at}}, expected},
		{"withdrawn from an incoming call", "nothing is known any more", []Fact{OtherLegKnown{paired, at}, OtherLegKnown{nil, at}}, nil},
		{"over", "what happened is never edited", []Fact{GaveUp{At: at}, OtherLegKnown{paired, at}}, expected},
	}
	for _, c := range cases {
		before := v1alpha1.CallStatus{ObservedGeneration: -1}
		got := Apply(before, append(append([]Fact{}, dialled...), c.facts...)...)
		if diff := cmp.Diff(c.want, got.OtherLeg); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", c.name, c.reason, diff)
		}
	}
	elsewhere := Apply(v1alpha1.CallStatus{ObservedGeneration: -1}, Observed{Generation: 1, At: at}, Intended{ID: "a", At: at})
	if elsewhere.OtherLeg != nil {
		t.Errorf("a call to anybody else has no other leg of ours: %+v", elsewhere.OtherLeg)
	}
}
