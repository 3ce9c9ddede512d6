// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/legs"
)

// pairOf names the two numbers that a call connects, at its provider.
func pairOf(call *v1alpha1.Call) string {
	from := ""
	if call.Spec.From != nil {
		from = string(call.Spec.From.PhoneNumber)
	}
	return providerKey(call).String() + " " + from + " " + partyKey(call.Spec.To)
}

// arrives tells whether a call that was placed comes in again, as an incoming call.
func arrives(call *v1alpha1.Call) bool { return call.Spec.To != nil && call.Status.OtherLeg != nil }

// legOnItsWay tells whether the arriving leg of a call that was placed has not been seen, and may still come.
func legOnItsWay(call *v1alpha1.Call) bool {
	status := &call.Status
	return status.OtherLeg.State == v1alpha1.OtherLegExpected && status.ConnectedTime == nil && status.Result == nil
}

// noteLastLeg notes until when the leg may still come of a call that is answered or over and whose leg was not seen.
func (s *Slots) noteLastLeg(call *v1alpha1.Call) {
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
	// A second is for times in status, which are whole seconds.
	if until := over.Add(legs.Grace + time.Second); until.After(s.lastLeg[pairOf(call)]) {
		s.lastLeg[pairOf(call)] = until
	}
}

// lastLegIn is for how long such a leg may still come.
func (s *Slots) lastLegIn(pair string, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := s.lastLeg[pair].Sub(now)
	if left <= 0 {
		delete(s.lastLeg, pair)
	}
	return left
}
