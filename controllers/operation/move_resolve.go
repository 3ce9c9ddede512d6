// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/conditions"
)

// resolvedCall is a resolved reference to a Call.
type resolvedCall struct {
	ref v1alpha1.CallReference
	// calls are the named Call, or the active Calls with the labels.
	calls []*v1alpha1.Call
	// invalid says why the selector cannot be used.
	invalid error
}

// blocker is why a move cannot be sent; the zero value is none.
type blocker struct {
	reason, message string
	// forGood says that it can never be sent.
	forGood bool
}

func permanent(format string, args ...any) blocker {
	return blocker{message: fmt.Sprintf(format, args...), forGood: true}
}

// call is the Call that the reference resolves to, nil if there is none or several.
func (s resolvedCall) call() *v1alpha1.Call {
	if len(s.calls) != 1 {
		return nil
	}
	return s.calls[0]
}

// blocker is why participants cannot be moved from or to the referenced Call.
func (s resolvedCall) blocker() blocker {
	switch {
	case s.invalid != nil:
		return permanent("A selector of the move cannot be used: %v.", s.invalid)
	case len(s.calls) == 0 && s.ref.Name != "":
		return blocker{reason: v1alpha1.ReasonCallNotFound, message: fmt.Sprintf("Call %s does not exist.", s.ref.Name)}
	case len(s.calls) == 0:
		return blocker{reason: v1alpha1.ReasonCallNotFound, message: fmt.Sprintf("No active Call has the labels %s.", selectorText(s.ref.Selector))}
	case len(s.calls) > 1:
		return blocker{
			reason: v1alpha1.ReasonCallAmbiguous,
			message: fmt.Sprintf("%d active Calls have the labels %s: %s. The move needs one.",
				len(s.calls), selectorText(s.ref.Selector), someNames(s.calls)),
		}
	}
	return notConnected(s.calls[0])
}

// notConnected is why participants cannot be moved from or to a Call.
func notConnected(call *v1alpha1.Call) blocker {
	switch status := &call.Status; {
	case status.Result != nil:
		return permanent("Call %s has ended (%s), so nobody can be moved from it or to it.", call.Name, status.Result.Outcome)
	case attempt.Copied(call, status.Attempt):
		return permanent("Call %s is a copy of another Call, so nobody can be moved from it or to it.", call.Name)
	case status.Ending != nil || objects.Deleting(call):
		return blocker{reason: v1alpha1.ReasonCallNotConnected, message: fmt.Sprintf("Call %s is being hung up.", call.Name)}
	case status.ConnectedTime == nil || status.ConnectionID == "":
		return blocker{reason: v1alpha1.ReasonCallNotConnected, message: fmt.Sprintf("Call %s is not connected yet.", call.Name)}
	default:
		return blocker{}
	}
}

// blocker is why the move cannot be sent now.
func (o moveObservation) blocker() blocker {
	if why := betweenCalls(o.from, o.to); why != (blocker{}) {
		return why
	}
	if o.unusable != nil {
		return blocker{reason: o.unusable.Reason, message: o.unusable.Message}
	}
	if first := o.blockingMove(); first != nil {
		return blocker{
			reason:  v1alpha1.ReasonMoveInFlight,
			message: fmt.Sprintf("ParticipantMove %s, of the same Call or participant, goes first.", first.Name),
		}
	}
	return blocker{}
}

// betweenCalls is why participants cannot be moved between the two referenced Calls.
func betweenCalls(from, to resolvedCall) blocker {
	source, target := from.call(), to.call()
	because := []blocker{from.blocker(), to.blocker()}
	both := source != nil && target != nil
	switch {
	case because[0].forGood:
		return because[0]
	case because[1].forGood:
		return because[1]
	case both && source.UID == target.UID:
		return permanent("from and to both lead to Call %s: the participants are there already.", source.Name)
	case both && objects.ProviderKey(source) != objects.ProviderKey(target):
		return permanent("Call %s is of CallProvider %s and Call %s of CallProvider %s: participants can be moved only between calls of one provider.",
			source.Name, source.Spec.ProviderRef.Name, target.Name, target.Spec.ProviderRef.Name)
	case because[0].reason != "" && because[1].reason != "" && because[0] != because[1]:
		return blocker{reason: because[0].reason, message: because[0].message + " " + because[1].message}
	case because[0].reason != "":
		return because[0]
	default:
		return because[1]
	}
}

// longestNames limits labels and names in a message, so that two of each fit into a status.
const longestNames = 180

func selectorText(selector *metav1.LabelSelector) string {
	return conditions.Shortened(metav1.FormatLabelSelector(selector), longestNames)
}

func someNames(calls []*v1alpha1.Call) string {
	names := make([]string, len(calls))
	for i, call := range calls {
		names[i] = call.Name
	}
	slices.Sort(names)
	return conditions.Shortened(strings.Join(names, ", "), longestNames)
}

// resolve resolves the references of an unsent move, and checks that its provider can be used.
func (r *MoveReconciler) resolve(ctx context.Context, o *moveObservation) error {
	if err := r.resolveCalls(ctx, o); err != nil {
		return err
	}
	if betweenCalls(o.from, o.to) != (blocker{}) {
		return nil
	}
	source, target := o.from.call(), o.to.call()
	found, err := r.Connections.ForAttempt(ctx, objects.ProviderKey(source), source.Status.Attempt, attempt.Relation.HasCall)
	if err == nil {
		err = callsAreAt(found.Connection, source, target)
	}
	o.service = found
	if errors.As(err, &o.unusable) {
		return nil
	}
	return err
}

func (r *MoveReconciler) resolveCalls(ctx context.Context, o *moveObservation) (err error) {
	if o.from, err = r.resolveCall(ctx, o.move.Namespace, o.move.Spec.From); err != nil {
		return err
	}
	o.to, err = r.resolveCall(ctx, o.move.Namespace, o.move.Spec.To)
	return err
}

func (r *MoveReconciler) resolveCall(ctx context.Context, namespace string, ref v1alpha1.CallReference) (resolvedCall, error) {
	sighting := resolvedCall{ref: ref}
	if ref.Name == "" {
		return r.selected(ctx, namespace, sighting)
	}
	call := &v1alpha1.Call{}
	err := r.Get(ctx, types.NamespacedName{Namespace: namespace, Name: ref.Name}, call)
	if err == nil {
		sighting.calls = []*v1alpha1.Call{call}
	}
	return sighting, client.IgnoreNotFound(err)
}

// selected finds the active Calls with the labels.
func (r *MoveReconciler) selected(ctx context.Context, namespace string, sighting resolvedCall) (resolvedCall, error) {
	selector, err := metav1.LabelSelectorAsSelector(sighting.ref.Selector)
	if err != nil {
		sighting.invalid = err
		return sighting, nil
	}
	var calls v1alpha1.CallList
	err = r.List(ctx, &calls, client.InNamespace(namespace), client.MatchingLabelsSelector{Selector: selector}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return sighting, fmt.Errorf("list the Calls that a move selects: %w", err)
	}
	for i := range calls.Items {
		if calls.Items[i].Status.Result == nil {
			sighting.calls = append(sighting.calls, &calls.Items[i])
		}
	}
	return sighting, nil
}
