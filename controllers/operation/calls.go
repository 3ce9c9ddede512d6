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

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/telephony"
)

// resolvedCall is a resolved reference to a Call.
type resolvedCall struct {
	ref v1alpha1.CallReference
	// calls are the named Call, or the active Calls with the labels.
	calls []*v1alpha1.Call
	// invalid says why the selector cannot be used.
	invalid error
}

// blocker is why an operation cannot be sent; the zero value is none.
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

// blocker is why an operation cannot be carried out on the referenced Call.
func (s resolvedCall) blocker(words words) blocker {
	switch {
	case s.invalid != nil:
		return permanent("A selector of the %s cannot be used: %v.", words.noun, s.invalid)
	case len(s.calls) == 0 && s.ref.Name != "":
		return blocker{reason: v1alpha1.ReasonCallNotFound, message: fmt.Sprintf("Call %s does not exist.", s.ref.Name)}
	case len(s.calls) == 0:
		return blocker{reason: v1alpha1.ReasonCallNotFound, message: fmt.Sprintf("No active Call has the labels %s.", selectorText(s.ref.Selector))}
	case len(s.calls) > 1:
		return blocker{
			reason: v1alpha1.ReasonCallAmbiguous,
			message: fmt.Sprintf("%d active Calls have the labels %s: %s. The %s needs one.",
				len(s.calls), selectorText(s.ref.Selector), someNames(s.calls), words.noun),
		}
	}
	return notConnected(s.calls[0], words)
}

// notConnected is why an operation cannot be carried out on a Call.
func notConnected(call *v1alpha1.Call, words words) blocker {
	switch status := &call.Status; {
	case status.Result != nil:
		return permanent("Call %s has ended (%s), so %s.", call.Name, status.Result.Outcome, words.cannot)
	case attempt.Copied(call, status.Attempt):
		return permanent("Call %s is a copy of another Call, so %s.", call.Name, words.cannot)
	case status.Ending != nil || objects.Deleting(call):
		return blocker{reason: v1alpha1.ReasonCallNotConnected, message: fmt.Sprintf("Call %s is being hung up.", call.Name)}
	case status.ConnectedTime == nil || status.ConnectionID == "":
		return blocker{reason: v1alpha1.ReasonCallNotConnected, message: fmt.Sprintf("Call %s is not connected yet.", call.Name)}
	default:
		return blocker{}
	}
}

// blocker is why the operation cannot be sent now.
func (o observation) blocker() blocker {
	if why := o.callsBlocker(); why != (blocker{}) {
		return why
	}
	if o.unusable != nil {
		_, blocked := access.IsBlocked(o.unusable)
		return blocker{reason: o.unusable.Reason, message: o.unusable.Message, forGood: blocked}
	}
	if why := o.op.unready(&o); why != (blocker{}) {
		return why
	}
	if first := o.blocking(); first != nil {
		return blocker{reason: o.kind.words.turn, message: first.goesFirst(o.kind)}
	}
	return blocker{}
}

// callsBlocker is why the operation cannot be carried out on the Calls that its references lead to: what will never be possible comes
// first, then what is missing, each thing said once.
func (o observation) callsBlocker() blocker {
	var why blocker
	found := make([]*v1alpha1.Call, len(o.calls))
	reasons := make([]blocker, len(o.calls))
	for i, resolved := range o.calls {
		found[i], reasons[i] = resolved.call(), resolved.blocker(o.kind.words)
		if reasons[i].forGood {
			return reasons[i]
		}
	}
	if never := o.op.impossible(found); never != (blocker{}) {
		return never
	}
	for i, reason := range reasons {
		switch {
		case reason == (blocker{}) || slices.Contains(reasons[:i], reason):
		case why == (blocker{}):
			why = reason
		default:
			why.message += " " + reason.message
		}
	}
	return why
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

// resolve resolves the references of an unsent operation, and checks that its provider can be used.
func (r *Reconciler) resolve(ctx context.Context, o *observation) error {
	if err := r.resolveCalls(ctx, o); err != nil {
		return err
	}
	if o.callsBlocker() != (blocker{}) {
		return nil
	}
	first := o.calls[0].call()
	found, err := r.Connections.ForAttempt(ctx, objects.ProviderKey(first), first.Status.Attempt, attempt.Relation.HasCall)
	if err == nil {
		err = o.callsAreAt(found.Connection)
	}
	o.service = found
	if errors.As(err, &o.unusable) {
		return nil
	}
	if err != nil {
		return err
	}
	o.recording, err = r.recordingOf(ctx, o.op, first)
	return err
}

// callsAreAt says why a connection cannot carry out an unsent operation: the Calls are at another service.
func (o observation) callsAreAt(connection *access.Connection) error {
	for _, resolved := range o.calls {
		call := resolved.call()
		if !attempt.Compare(call.Status.Attempt, &connection.Service).HasCall() {
			return telephony.Unusable(v1alpha1.ReasonProviderChanged,
				"Call %s is at %s, but CallProvider %s now points to %s: %s when it points back.",
				call.Name, call.Status.Attempt.Service.Endpoint, connection.Service.ProviderName, connection.Service.Endpoint, o.kind.words.can)
		}
	}
	return nil
}

func (r *Reconciler) resolveCalls(ctx context.Context, o *observation) error {
	for _, ref := range o.op.references() {
		calls, invalid, err := objects.Referenced(ctx, r.Client, o.op.object().GetNamespace(), ref)
		if err != nil {
			return fmt.Errorf("find the Calls that a %s selects: %w", r.Kind.words.noun, err)
		}
		o.calls = append(o.calls, resolvedCall{ref: ref, calls: calls, invalid: invalid})
	}
	return nil
}
