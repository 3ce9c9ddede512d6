// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialout

import (
	"context"
	"fmt"
	"time"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/internal/dialout"
)

// statusInterval is how often the counts in status are written at most.
const statusInterval = time.Second

// What a DialOut says of itself.
var (
	running   = &conditions.Summary{State: conditions.Reconciling, Reason: v1alpha1.ReasonCalling, Message: "The targets are called as the spec says."}
	suspended = &conditions.Summary{Reason: v1alpha1.ReasonSuspended, Message: "No call is started: spec.suspend is set."}
)

func stalled(reason, message string) *conditions.Summary {
	return &conditions.Summary{State: conditions.Stalled, Reason: reason, Message: message}
}

// say writes status, with these conditions unless they are nil. The status in dialOut may have been changed before.
func (r *Reconciler) say(ctx context.Context, dialOut *v1alpha1.DialOut, summary *conditions.Summary) error {
	before := &v1alpha1.DialOut{}
	if err := r.Get(ctx, client.ObjectKeyFromObject(dialOut), before); err != nil {
		return err
	}
	status := &dialOut.Status
	status.ObservedGeneration, status.Phase = dialOut.Generation, phaseOf(dialOut)
	now := metav1.NewTime(r.Now().Truncate(time.Second))
	if summary == nil {
		summary = resultSummary(status)
	}
	conditions.Set(&status.Conditions, dialOut.Generation, now, *summary)
	conditions.SetOne(&status.Conditions, v1alpha1.ConditionComplete, status.Result != nil, dialOut.Generation, now, *summary)
	if apiequality.Semantic.DeepEqual(before.Status, *status) {
		return nil
	}
	updated := dialOut.DeepCopy()
	updated.SetManagedFields(nil)
	if err := r.Status().Update(ctx, updated); err != nil {
		return err
	}
	r.written.Store(dialOut.UID, r.Now())
	objects.AnnounceReady(r.Recorder, updated, before.Status.Conditions, updated.Status.Conditions)
	*dialOut = *updated
	return nil
}

func phaseOf(dialOut *v1alpha1.DialOut) v1alpha1.DialOutPhase {
	switch status := &dialOut.Status; {
	case status.Result != nil:
		return v1alpha1.DialOutPhaseEnded
	case status.Ending != "":
		return v1alpha1.DialOutPhaseEnding
	case dialOut.Spec.Suspend:
		return v1alpha1.DialOutPhaseSuspended
	case status.Targets == nil:
		return v1alpha1.DialOutPhasePending
	default:
		return v1alpha1.DialOutPhaseRunning
	}
}

// resultSummary is what the conditions say when a DialOut is over.
func resultSummary(status *v1alpha1.DialOutStatus) *conditions.Summary {
	state := conditions.Ready
	switch status.Result.Outcome {
	case v1alpha1.DialOutNotAccepted, v1alpha1.DialOutDeadlineExceeded, v1alpha1.DialOutOutcomeUnknown:
		state = conditions.Stalled
	}
	return &conditions.Summary{State: state, Reason: string(status.Result.Outcome), Message: status.Result.Message}
}

// finish ends a DialOut.
func (r *Reconciler) finish(ctx context.Context, dialOut *v1alpha1.DialOut, outcome v1alpha1.DialOutOutcome, message string) error {
	status := &dialOut.Status
	status.Result = &v1alpha1.DialOutResult{Outcome: outcome, Message: message, EndTime: metav1.NewTime(r.Now().Truncate(time.Second))}
	status.Waiting, status.NextStartTime = nil, nil
	return r.say(ctx, dialOut, nil)
}

// noteAccepted writes who accepted first into status.
func noteAccepted(dialOut *v1alpha1.DialOut, m *memory) {
	index := m.plan.Accepted()
	if index < 0 || dialOut.Status.Accepted != nil || dialOut.Spec.Until != v1alpha1.UntilFirstAccepted {
		return
	}
	dialOut.Status.Accepted = &v1alpha1.AcceptedTarget{Index: int32(index), Name: m.target(index).Name, Call: m.callName(dialOut, index)}
}

// progress writes how far the calls have come, and ends a DialOut when they are over. It returns when to write again; zero is with the
// next news.
func (r *Reconciler) progress(
	ctx context.Context, dialOut *v1alpha1.DialOut, m *memory, started dialout.Started, hoursErr error, w *work,
) (time.Duration, error) {
	status := &dialOut.Status
	before := status.DeepCopy()
	m.plan.Summarise(status)
	noteAccepted(dialOut, m)
	if len(m.called) == 0 && m.plan.Calling() == 0 && (status.Ending != "" || m.plan.Finished()) {
		outcome, message := resultOf(dialOut)
		return time.Millisecond, r.finish(ctx, dialOut, outcome, message)
	}
	status.Waiting, status.NextStartTime = waitingOf(dialOut, started, w), nil
	if next := started.Next; !next.IsZero() && status.Ending == "" && next.Sub(r.Now()) > statusInterval {
		at := metav1.NewTime(next.Truncate(time.Second))
		status.NextStartTime = &at
	}
	summary := *running
	switch {
	case dialOut.Spec.Suspend && status.Ending == "":
		summary = *suspended
	case hoursErr != nil:
		summary = *stalled(v1alpha1.ReasonInvalidCallingHours, "spec.callingHours cannot be used: "+hoursErr.Error())
	case status.Ending != "":
		summary.Reason, summary.Message = string(status.Ending), "No call is started any more. The calls that are under way come to their end."
	case status.Waiting != nil:
		summary.Reason, summary.Message = status.Waiting.Reason, status.Waiting.Message
	}
	// Only the counts have changed: they need not be written at once.
	written, known := r.written.Load(dialOut.UID)
	if known && apiequality.Semantic.DeepEqual(before.Waiting, status.Waiting) && before.ObservedGeneration == dialOut.Generation {
		if left := written.(time.Time).Add(statusInterval).Sub(r.Now()); left > 0 {
			return left, nil
		}
	}
	return 0, r.say(ctx, dialOut, &summary)
}

// resultOf is how a DialOut ended whose calls are over.
func resultOf(dialOut *v1alpha1.DialOut) (v1alpha1.DialOutOutcome, string) {
	counts := dialOut.Status.Counts
	switch {
	case dialOut.Status.Ending == v1alpha1.DialOutAccepted:
		name := dialOut.Status.Accepted.Name
		if name == "" {
			name = fmt.Sprintf("Target %d", dialOut.Status.Accepted.Index)
		}
		return v1alpha1.DialOutAccepted, fmt.Sprintf("%s accepted; %d of %d targets were not called.", name, counts.Pending, counts.Total)
	case dialOut.Status.Ending == v1alpha1.DialOutDeadlineExceeded:
		return v1alpha1.DialOutDeadlineExceeded, fmt.Sprintf(
			"activeDeadlineSeconds passed: %d of %d targets were not called, and %d were to be called again.", counts.Pending, counts.Total, counts.Waiting)
	case dialOut.Spec.Until == v1alpha1.UntilFirstAccepted:
		return v1alpha1.DialOutNotAccepted, fmt.Sprintf("All %d targets were called, and nobody accepted.", counts.Total)
	default:
		return v1alpha1.DialOutAllCalled, fmt.Sprintf("All %d targets were called.", counts.Total)
	}
}

// waitingOf is what a DialOut waits for if it starts no call.
func waitingOf(dialOut *v1alpha1.DialOut, started dialout.Started, w *work) *v1alpha1.DialOutWaiting {
	if dialOut.Status.Ending != "" || dialOut.Spec.Suspend {
		return nil
	}
	if w.refused != nil {
		return w.refused
	}
	at := started.Next.UTC().Format(time.RFC3339)
	switch started.For {
	case dialout.WaitsForHours:
		return &v1alpha1.DialOutWaiting{Reason: v1alpha1.ReasonOutsideCallingHours, Message: "It is outside the calling hours of those who are left: the next call may start at " + at + "."}
	case dialout.WaitsForAttempt:
		return &v1alpha1.DialOutWaiting{Reason: v1alpha1.ReasonWaitingForAttempt, Message: "Those who are left wait for their next attempt: the first one is due at " + at + "."}
	case dialout.WaitsForCalls:
		return undialled(w)
	default:
		return nil
	}
}

// undialled is why none of the Calls is dialled, nil if one is.
func undialled(w *work) *v1alpha1.DialOutWaiting {
	var first *v1alpha1.DialOutWaiting
	for _, report := range w.reports {
		waiting := w.live[report.Name].Status.Waiting
		if report.Dialled || waiting == nil {
			return nil
		}
		if first == nil {
			first = &v1alpha1.DialOutWaiting{Reason: waiting.Reason, Message: waiting.Message}
			if first.Message == "" {
				first.Message = "Call " + report.Name + " waits."
			}
		}
	}
	return first
}
