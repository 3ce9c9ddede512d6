// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// TestWhichCallPlacedIt: the page matches the two ends of a call by the key of the Call that placed it.
func TestWhichCallPlacedIt(t *testing.T) {
	t.Parallel()
	number := &v1alpha1.Identifier{PhoneNumber: "+14255550111"}
	paired := &v1alpha1.OtherLeg{State: v1alpha1.OtherLegPaired, Name: "call-2"}
	invited := &v1alpha1.OtherLeg{State: v1alpha1.OtherLegInvited, Name: "call-2"}
	cases := []struct {
		name, reason string
		spec         v1alpha1.CallSpec
		leg          *v1alpha1.OtherLeg
		want         string
	}{
		{"incoming", "it was paired", v1alpha1.CallSpec{Inbound: &v1alpha1.InboundCall{To: *number}}, paired, "Call/n/call-2"},
		{"invited", "no Call placed it", v1alpha1.CallSpec{Inbound: &v1alpha1.InboundCall{To: *number}}, invited, ""},
		{"from outside", "no Call placed it", v1alpha1.CallSpec{Inbound: &v1alpha1.InboundCall{To: *number}}, nil, ""},
		{"outbound", "it is the one that placed it", v1alpha1.CallSpec{To: number}, paired, ""},
	}
	for _, c := range cases {
		call := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "c"}, Spec: c.spec, Status: v1alpha1.CallStatus{OtherLeg: c.leg}}
		if got := viewOfCall(call).Placed; got != c.want {
			t.Errorf("%s: %s: got %q, want %q", c.name, c.reason, got, c.want)
		}
	}
}
