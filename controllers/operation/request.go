// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"context"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
	"github.com/call-operator/call-operator/telephony"
)

// request is the request that carries out an operation, for the engine. All its contents are in status or the provider, so a
// repetition is the same request.
type request struct {
	*Reconciler
	op operation
	// calls are the Calls of an operation that is sent now.
	calls []resolvedCall
	// recording is the service's ID of the recording that such an operation is about, "" if it is about none.
	recording string
}

var _ once.Request[operationstatus.Fact] = (*request)(nil)

func (r *Reconciler) engine() once.Engine[operationstatus.Fact] {
	return once.Engine[operationstatus.Fact]{Base: &r.Base}
}

func (r *Reconciler) request(o *observation) *request {
	return &request{Reconciler: r, op: o.op, calls: o.calls, recording: o.recording}
}

func (r *request) About() once.About {
	status := r.op.status()
	about := once.About{
		Object: r.op.object(), Finalizer: r.Kind.finalizer, Attempt: status.Attempt, Reported: r.Kind.callbacks,
		Operation: r.op.request(), Called: r.op.called(), Repeated: operationstatus.Repeated(status.Attempt, status.Waiting),
	}
	if waiting := status.Waiting; waiting != nil {
		about.Waiting, about.WaitingSince = waiting.Reason, waiting.Since.Time
	}
	return about
}

func (r *request) Provider(ctx context.Context) (types.NamespacedName, error) {
	return r.providerOf(ctx, r.op)
}

func (r *request) Prepare(context.Context) (once.Sender, error) {
	return func(ctx context.Context, service telephony.Service, attempt telephony.Attempt) (telephony.Answer, error) {
		return r.op.send(ctx, service, attempt, r.calls)
	}, nil
}

func (r *request) Doubt(context.Context) (message string, pause time.Duration) {
	if !r.op.traits().repeats {
		return fmt.Sprintf("It is not known whether the service accepted the %s; it is not sent again, and the service's reports will tell.", r.Kind.words.noun), 0
	}
	return fmt.Sprintf("It is not known yet whether the service accepted the %s; the same request is repeated.", r.Kind.words.noun), 0
}

func (r *request) Write(ctx context.Context, facts ...operationstatus.Fact) error {
	return r.op.write(ctx, r.Reconciler, facts...)
}

func (r *request) WriteRetrying(ctx context.Context, facts ...operationstatus.Fact) error {
	return r.op.writeRetrying(ctx, r.Reconciler, facts...)
}

func (r *request) Intended(id string, pins attempt.Pins) []operationstatus.Fact {
	calls := make([]v1alpha1.OperatedCall, len(r.calls))
	for i := range r.calls {
		call := r.calls[i].call()
		calls[i] = v1alpha1.OperatedCall{Name: call.Name, UID: call.UID, ConnectionID: call.Status.ConnectionID}
	}
	intent := r.op.intent(calls, r.calls, r.recording)
	intent.ID, intent.Pins, intent.At = id, pins, r.Now()
	return []operationstatus.Fact{intent}
}

func (r *request) Committed() operationstatus.Fact { return operationstatus.Committed{At: r.Now()} }

func (r *request) Unresolved(message string) operationstatus.Fact {
	return operationstatus.Unresolved{Message: message, At: r.Now()}
}

func (r *request) Adopted(pins attempt.Pins) operationstatus.Fact {
	return operationstatus.Adopted{Pins: pins, At: r.Now()}
}

func (r *request) Elsewhere(message string) operationstatus.Fact {
	return operationstatus.ProviderChanged{Message: message, At: r.Now()}
}

func (r *request) Made(answer telephony.Answer) operationstatus.Fact {
	return operationstatus.Accepted{Repeatability: answer.Repeatability, Done: answer.Done, Handle: answer.Handle, At: r.Now()}
}

func (r *request) NotMade(why once.Failure, retry time.Time) operationstatus.Fact {
	return operationstatus.NotSent{Reason: why.Reason, Message: why.Message, Retry: retry, At: r.Now()}
}

func (r *request) Refused(ctx context.Context, why once.Failure, cause error, service telephony.Service) operationstatus.Fact {
	return operationstatus.Refused{Code: why.Code, SubCode: why.SubCode, Message: refusal(ctx, r.op, service, cause), At: r.Now()}
}

// refusal says why the service will never carry out the operation: which of the calls is over, or the service's own words.
func refusal(ctx context.Context, op operation, service telephony.Service, err error) string {
	if telephony.Is(err, telephony.ClassGone) {
		if gone := goneCalls(ctx, op, service); len(gone) > 0 {
			return fmt.Sprintf("%s The service no longer knows the call of %s.", once.CauseOf(err), strings.Join(gone, " and "))
		}
	}
	return once.RefusalOf(err)
}

// goneCalls asks the service which of the calls it no longer knows.
func goneCalls(ctx context.Context, op operation, service telephony.Service) []string {
	var gone []string
	for _, call := range op.sent() {
		if _, err := service.State(ctx, call.ConnectionID); telephony.Is(err, telephony.ClassGone) {
			gone = append(gone, "Call "+call.Name)
		}
	}
	return gone
}

// providerOf names the provider of a sent operation: the one in its attempt or, for one from a version that recorded none, the
// provider of its Calls.
func (r *Reconciler) providerOf(ctx context.Context, op operation) (types.NamespacedName, error) {
	namespace := op.object().GetNamespace()
	if sent := op.status().Attempt; sent != nil && sent.Service != nil {
		return types.NamespacedName{Namespace: namespace, Name: sent.Service.ProviderName}, nil
	}
	for _, name := range namesOfSent(op) {
		call := &v1alpha1.Call{}
		err := r.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, call)
		switch {
		case err == nil:
			return objects.ProviderKey(call), nil
		case !apierrors.IsNotFound(err):
			return types.NamespacedName{}, err
		}
	}
	return types.NamespacedName{}, telephony.Unusable(v1alpha1.ReasonCallNotFound,
		"The Calls of the %s do not exist any more: %s.", r.Kind.words.noun, strings.Join(namesOfSent(op), ", "))
}
