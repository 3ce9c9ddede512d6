// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// TestServiceThatForgets has a service that does not recognise a repetition of createCall, and every answer to it lost. With
// unansweredRequests Wait, the phone rings once, and what the service reports tells the rest.
func TestServiceThatForgets(t *testing.T) {
	t.Parallel()
	l := life{reason: "a request that may ring somebody is sent once", phone: briefly(), rings: 1, outcomes: only(v1alpha1.OutcomeCompleted)}
	w := harness.New(t, plane, harness.Options{
		Phones:                 map[string]harness.Script{harness.Callee(1): l.phone},
		UnansweredRequests:     v1alpha1.UnansweredWait,
		ForgottenRepeatability: []string{"createCall"},
	})
	faults := harness.NewFaults().On("createCall", harness.Repeat(60, &harness.Fault{AfterEffect: true})...)
	m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll, Faults: faults})
	live(t, w, l)
	if tries := len(faults.Times("createCall")); tries != 1 {
		t.Errorf("createCall was tried %d times", tries)
	}
	checkEnd(t, w, l, m)
}
