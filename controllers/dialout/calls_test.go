// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialout

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/internal/dialout"
)

var now = controllertest.Epoch

func TestReportOf(t *testing.T) {
	t.Parallel()
	ended := func(before time.Duration) *v1alpha1.CallResult {
		return &v1alpha1.CallResult{Outcome: v1alpha1.OutcomeCompleted, EndTime: metav1.NewTime(now.Add(-before))}
	}
	deleting := func(call *v1alpha1.Call) { call.DeletionTimestamp = ptr.To(metav1.NewTime(now)) }
	cases := []struct {
		name, reason string
		call         func(*v1alpha1.Call)
		want         dialout.Report
		after        time.Duration
	}{
		{"waits", "nothing has happened", func(*v1alpha1.Call) {}, dialout.Report{}, 0},
		{"rings", "the callee may have been rung", func(call *v1alpha1.Call) { call.Status.Attempt = &v1alpha1.RequestAttempt{} }, dialout.Report{Dialled: true}, 0},
		{"over", "nothing more comes", func(call *v1alpha1.Call) { call.Status.Result = ended(time.Second) },
			dialout.Report{Over: true, Outcome: v1alpha1.OutcomeCompleted, End: now.Add(-time.Second)}, 0},
		{"flow not over", "its outcome may still come", func(call *v1alpha1.Call) {
			call.Status.Result, call.Status.Flow = ended(time.Second), &v1alpha1.FlowProgress{}
		}, dialout.Report{Outcome: v1alpha1.OutcomeCompleted, End: now.Add(-time.Second)}, flowPatience - time.Second},
		{"flow never over", "it is not waited for forever", func(call *v1alpha1.Call) {
			call.Status.Result, call.Status.Flow = ended(flowPatience), &v1alpha1.FlowProgress{}
		}, dialout.Report{Over: true, Outcome: v1alpha1.OutcomeCompleted, End: now.Add(-flowPatience)}, 0},
		{"accepted, and talks on", "the flow's outcome is known before the end of the call", func(call *v1alpha1.Call) {
			call.Status.ConnectedTime, call.Status.Flow = ptr.To(metav1.NewTime(now)), &v1alpha1.FlowProgress{Outcome: "accepted"}
		}, dialout.Report{Connected: &now, FlowOutcome: "accepted"}, 0},
		{"deleted before it was dialled", "such a Call has no result", deleting, dialout.Report{Over: true, Outcome: v1alpha1.OutcomeCancelled, End: now}, 0},
		{"deleted while it rings", "it is being hung up", func(call *v1alpha1.Call) {
			deleting(call)
			call.Status.Attempt = &v1alpha1.RequestAttempt{}
		}, dialout.Report{Dialled: true}, 0},
		{"deleted while it may be dialled", "its controller has not looked at the deletion", func(call *v1alpha1.Call) {
			deleting(call)
			call.Finalizers = []string{v1alpha1.CallFinalizer}
		}, dialout.Report{}, 0},
		{"withdrawn", "the DialOut ended it", func(call *v1alpha1.Call) {
			call.Annotations = map[string]string{v1alpha1.EndedByDialOutAnnotation: "Suspended"}
		}, dialout.Report{Withdrawn: true}, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			call := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Name: "c"}}
			c.call(call)
			got, after := reportOf(call, 7, 2, now)
			c.want.Index, c.want.Call, c.want.Name = 7, 2, "c"
			if diff := cmp.Diff(c.want, got); diff != "" || after != c.after {
				t.Errorf("%s: after %s, want %s (-want +got):\n%s", c.reason, after, c.after, diff)
			}
		})
	}
}

func TestEndReason(t *testing.T) {
	t.Parallel()
	accepted := &v1alpha1.AcceptedTarget{Index: 3}
	cases := []struct {
		name, reason string
		suspend      bool
		status       v1alpha1.DialOutStatus
		report       dialout.Report
		want         string
	}{
		{"runs", "it is wanted", false, v1alpha1.DialOutStatus{}, dialout.Report{Dialled: true}, ""},
		{"suspended, not dialled", "nobody is to be rung now", true, v1alpha1.DialOutStatus{}, dialout.Report{}, "Suspended"},
		{"suspended, rings", "it comes to its own end", true, v1alpha1.DialOutStatus{}, dialout.Report{Dialled: true}, ""},
		{"somebody else accepted", "one is enough", false, v1alpha1.DialOutStatus{Ending: v1alpha1.DialOutAccepted, Accepted: accepted}, dialout.Report{Index: 2, Dialled: true}, "Accepted"},
		{"accepted", "who accepted stays in the call", false, v1alpha1.DialOutStatus{Ending: v1alpha1.DialOutAccepted, Accepted: accepted}, dialout.Report{Index: 3}, ""},
		{"deadline", "all calls end", true, v1alpha1.DialOutStatus{Ending: v1alpha1.DialOutDeadlineExceeded}, dialout.Report{Dialled: true}, "DeadlineExceeded"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dialOut := &v1alpha1.DialOut{Spec: v1alpha1.DialOutSpec{Suspend: c.suspend}, Status: c.status}
			if got := endReason(dialOut, c.report); got != c.want {
				t.Errorf("%s: got %q, want %q", c.reason, got, c.want)
			}
		})
	}
}

// TestCallFor: what a Call says follows from spec, target and line, so that a process that creates it again creates the same.
func TestCallFor(t *testing.T) {
	t.Parallel()
	dialOut := &v1alpha1.DialOut{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "d", UID: "u", Annotations: map[string]string{v1alpha1.RequestedByAnnotation: "ada"}}}
	dialOut.Spec.CallTemplate = v1alpha1.CallTemplate{
		Metadata: &v1alpha1.CallTemplateMetadata{Labels: map[string]string{"team": "sales"}},
		Spec: v1alpha1.CallTemplateSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: "acs"}, Flow: &v1alpha1.FlowUse{Name: "f", Parameters: map[string]string{"clinic": "Elm", "who": "you"}},
		},
	}
	start := now.Add(1500 * time.Millisecond)
	line := dialout.Line{State: dialout.Calling, Calls: 2, From: "+14255550100", Start: &start, StartSeconds: 60}
	m := &memory{
		plan: dialout.NewPlan([]dialout.Line{line}, []v1alpha1.TimeZone{""}), targets: [][]byte{[]byte(`{"name":"ada","to":{"phoneNumber":"+442079460150"},"parameters":{"who":"Ada"}}`)},
	}
	want := &v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "n", Name: "d-0-x-2", Finalizers: []string{v1alpha1.DialOutFinalizer},
			Labels:      map[string]string{"team": "sales", v1alpha1.DialOutLabel: "u"},
			Annotations: map[string]string{v1alpha1.DialOutTargetAnnotation: "0/2", v1alpha1.RequestedByAnnotation: "ada"},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: "call-operator.dev/v1alpha1", Kind: "DialOut", Name: "d", UID: "u", Controller: ptr.To(true),
			}},
		},
		Spec: v1alpha1.CallSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: "acs"}, State: v1alpha1.CallStateActive,
			From: &v1alpha1.Caller{PhoneNumber: "+14255550100"}, To: &v1alpha1.Identifier{PhoneNumber: "+442079460150"},
			Flow:      &v1alpha1.FlowUse{Name: "f", Parameters: map[string]string{"clinic": "Elm", "who": "Ada"}},
			NotBefore: ptr.To(metav1.NewTime(now.Add(time.Second))), StartingDeadlineSeconds: ptr.To[int64](60),
		},
	}
	for range 2 {
		if diff := cmp.Diff(want, m.callFor(dialOut, "d-0-x-2", 0)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
