// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/internal/legs"
)

// pairOf names the two numbers that a call connects, at its provider.
func pairOf(call *v1alpha1.Call) string {
	from := ""
	if call.Spec.From != nil {
		from = string(call.Spec.From.PhoneNumber)
	}
	return objects.ProviderKey(call).String() + " " + from + " " + partyKey(call.Spec.To)
}

// arrives tells whether a placed call arrives again as an incoming call.
func arrives(call *v1alpha1.Call) bool { return call.Spec.To != nil && call.Status.OtherLeg != nil }

// legOnItsWay tells whether the leg of a placed call has not arrived and still may.
func legOnItsWay(call *v1alpha1.Call) bool {
	status := &call.Status
	return status.OtherLeg.State == v1alpha1.OtherLegExpected && status.ConnectedTime == nil && status.Result == nil
}

// noteLastLeg records until when the leg of an answered or ended call may still arrive.
func (s *Admission) noteLastLeg(call *v1alpha1.Call) {
	if !arrives(call) || call.Status.OtherLeg.State != v1alpha1.OtherLegExpected || legOnItsWay(call) {
		return
	}
	var over time.Time
	if call.Status.ConnectedTime != nil {
		over = call.Status.ConnectedTime.Time
	} else {
		over = call.Status.Result.EndTime.Time
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// One more second, since times in status are whole seconds.
	if until := over.Add(legs.Grace + time.Second); until.After(s.lastLeg[pairOf(call)]) {
		s.lastLeg[pairOf(call)] = until
	}
}

// lastLegIn is how long such a leg may still arrive.
func (s *Admission) lastLegIn(pair string, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := s.lastLeg[pair].Sub(now)
	if left <= 0 {
		delete(s.lastLeg, pair)
	}
	return left
}
