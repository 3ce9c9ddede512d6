// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

// TestDecideReminders: a service is asked for a report of what lasts, slowly.
func TestDecideReminders(t *testing.T) {
	epoch := controllertest.Epoch
	for _, c := range []struct {
		name, reason string
		operation    v1alpha1.CallOperation
		now          time.Duration
		want         decision
	}{
		{"played", "it may still be played", v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{}}, reportPoll - time.Second, decision{action: actionWait, after: time.Second}},
		{"played, silence", "the report may be lost", v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{}}, reportPoll, decision{action: actionRemind}},
		{"asked, silence", "the report may be lost", v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{}}, reportPoll, decision{action: actionRemind}},
		{"added, silence", "the roster tells", v1alpha1.CallOperation{AddParticipant: &v1alpha1.AddParticipantOperation{}}, reportPoll, decision{action: actionPollRosters}},
		{"tones, silence", "there is nothing to report", v1alpha1.CallOperation{SendTones: &v1alpha1.SendTonesOperation{}}, reportPoll, decision{action: actionWait, after: time.Hour - reportPoll}},
	} {
		t.Run(c.name, func(t *testing.T) {
			action := &v1alpha1.CallAction{Spec: v1alpha1.CallActionSpec{CallOperation: c.operation, Timeout: &metav1.Duration{Duration: time.Hour}}}
			action.UID = "uid"
			action.Status.Attempt = &v1alpha1.RequestAttempt{ID: "attempt", ObjectUID: action.UID, FirstSent: metav1.NewTime(epoch)}
			action.Status.Accepted = true
			o := observation{
				kind: Actions, op: callAction{action}, now: epoch.Add(c.now), lastTalk: epoch, accepted: epoch, poll: rosterPoll, recheck: time.Minute,
			}
			if diff := cmp.Diff(c.want, decide(o), cmp.AllowUnexported(decision{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}
