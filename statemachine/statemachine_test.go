// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package statemachine_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/statemachine"
)

func TestCommit(t *testing.T) {
	first := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	committed := metav1.NewTime(first)
	cases := []struct {
		name, reason string
		attempt      *v1alpha1.RequestAttempt
		at           time.Time
		want         *v1alpha1.RequestAttempt
	}{
		{"no attempt", "nothing is about to be sent", nil, first, nil},
		{"first", "from then on the phone may ring", &v1alpha1.RequestAttempt{ID: "a"}, first, &v1alpha1.RequestAttempt{ID: "a", CommittedTime: &committed}},
		{
			"again", "the first time is when the phone may have begun to ring", &v1alpha1.RequestAttempt{ID: "a", CommittedTime: &committed},
			first.Add(time.Minute), &v1alpha1.RequestAttempt{ID: "a", CommittedTime: &committed},
		},
		{
			"part of a second", "a status that was read back must equal the one that was written", &v1alpha1.RequestAttempt{ID: "a"},
			first.Add(999 * time.Millisecond).In(time.FixedZone("CET", 3600)), &v1alpha1.RequestAttempt{ID: "a", CommittedTime: &committed},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			statemachine.Commit(c.attempt, c.at)
			if diff := cmp.Diff(c.want, c.attempt); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			if c.attempt != nil && c.attempt.CommittedTime.Location() != time.UTC {
				t.Errorf("%s: the time is in %s", c.reason, c.attempt.CommittedTime.Location())
			}
		})
	}
}
