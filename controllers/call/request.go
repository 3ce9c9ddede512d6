// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"cmp"
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/secret"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/telephony"
)

// callRequest is the request that places a Call or carries out a route's action on it, for the engine.
type callRequest struct {
	*Reconciler
	call *v1alpha1.Call
	// since is when a call could be placed, and arrivesHere that it also arrives as an incoming one.
	since       time.Time
	arrivesHere bool
	// route is what is done with an incoming call that is taken now, and handle its context.
	route  v1alpha1.RoutedCall
	handle *secret.Text
}

var _ once.Request[callstatus.Fact] = (*callRequest)(nil)

func (r *Reconciler) engine() once.Engine[callstatus.Fact] {
	return once.Engine[callstatus.Fact]{Base: &r.Base}
}

// Repeat sends the request of a Call's attempt once more, with the same ID.
func (r *Reconciler) repeat(ctx context.Context, call *v1alpha1.Call) error {
	if why := r.heldBack(ctx, call); why != "" {
		return r.holdBack(ctx, call, why)
	}
	return r.engine().Repeat(ctx, &callRequest{Reconciler: r, call: call, since: call.Status.Attempt.FirstSent.Time})
}

func (r *callRequest) About() once.About {
	call := r.call
	about := once.About{
		Object: call, Finalizer: v1alpha1.CallFinalizer, Attempt: call.Status.Attempt, Reported: callbackurl.KindCalls,
		Operation: operationFor(call), Repeated: callstatus.Repeated(&call.Status),
	}
	if call.Spec.To != nil {
		about.Called, about.NotAfter = call.Spec.To, deadlineFor(call)
	} else if route := cmp.Or(call.Status.Route, &r.route); route.Action != v1alpha1.RouteActionAnswer {
		about.Called, about.Reported = route.RedirectTo, ""
	}
	if waiting := call.Status.Waiting; waiting != nil {
		about.Waiting, about.WaitingSince = waiting.Reason, waiting.Since.Time
	}
	return about
}

func (r *callRequest) Provider(context.Context) (types.NamespacedName, error) {
	return objects.ProviderKey(r.call), nil
}

func (r *callRequest) Prepare(ctx context.Context) (once.Sender, error) {
	if r.call.Spec.Inbound == nil {
		request := telephony.DialRequest{From: r.call.Spec.From, To: r.call.Spec.To, Headers: r.call.Spec.Headers}
		return func(ctx context.Context, service telephony.Service, attempt telephony.Attempt) (telephony.Answer, error) {
			return service.Dial(ctx, request, attempt)
		}, nil
	}
	if r.handle == nil {
		handle, err := r.incomingCallContext(ctx, r.call)
		if apierrors.IsNotFound(err) {
			return nil, telephony.Unusable(v1alpha1.ReasonContextMissing, contextMissing)
		}
		if err != nil {
			return nil, err
		}
		r.handle = &handle
	}
	return r.take, nil
}

// take sends the chosen action on an incoming call. An answer that it no longer rings means that an earlier request took it, or that
// it is over: nothing is repeated then, and events until heardOfBy tell which.
func (r *callRequest) take(ctx context.Context, service telephony.Service, attempt telephony.Attempt) (answer telephony.Answer, err error) {
	switch route := r.call.Status.Route; route.Action {
	case v1alpha1.RouteActionRedirect:
		answer, err = service.Redirect(ctx, *r.handle, route.RedirectTo, attempt)
	case v1alpha1.RouteActionReject:
		answer, err = service.Reject(ctx, *r.handle, route.RejectReason, attempt)
	default:
		answer, err = service.AnswerIncoming(ctx, *r.handle, attempt)
	}
	if r.missed(err) {
		r.Contacts.RingOver(r.call)
	}
	return answer, err
}

// missed tells whether an error says that an incoming call no longer rings.
func (r *callRequest) missed(err error) bool {
	return telephony.Is(err, telephony.ClassRingOver) || notFound(err) && !r.Now().Before(ringEnd(r.call))
}

func (r *callRequest) Doubt(ctx context.Context) (message string, pause time.Duration) {
	if why := r.heldBack(ctx, r.call); why != "" {
		return why, heldRecheck
	}
	return unresolved, 0
}

func (r *callRequest) Write(ctx context.Context, facts ...callstatus.Fact) error {
	return r.writeStatus(ctx, r.call, facts...)
}

func (r *callRequest) WriteRetrying(ctx context.Context, facts ...callstatus.Fact) error {
	err := r.writeStatusRetrying(ctx, r.call, facts...)
	if err == nil && r.call.Status.Attempt == nil {
		// It was not placed.
		r.Admission.Release(r.call)
	}
	return err
}

func (r *callRequest) Intended(id string, pins attempt.Pins) []callstatus.Fact {
	now := r.Now()
	if r.call.Spec.Inbound != nil {
		return []callstatus.Fact{callstatus.Rang{At: now}, callstatus.Routed{ID: id, Route: r.route, Pins: pins, At: now}}
	}
	intended := callstatus.Intended{ID: id, Pins: pins, ArrivesHere: r.arrivesHere, At: now}
	if flow := r.call.Spec.Flow; flow != nil {
		intended.Flow = flow.Name
	}
	return []callstatus.Fact{intended}
}

func (r *callRequest) Committed() callstatus.Fact { return callstatus.Committed{At: r.Now()} }

func (r *callRequest) Unresolved(message string) callstatus.Fact {
	return callstatus.Unresolved{Message: message, At: r.Now()}
}

func (r *callRequest) Adopted(pins attempt.Pins) callstatus.Fact {
	return callstatus.Adopted{Pins: pins, At: r.Now()}
}

func (r *callRequest) Elsewhere(message string) callstatus.Fact {
	return callstatus.ProviderChanged{Message: message, At: r.Now()}
}

func (r *callRequest) Made(answer telephony.Answer) callstatus.Fact {
	now, route := r.Now(), r.call.Status.Route
	if route == nil {
		r.Metrics.Dialed(now.Sub(r.since))
	} else if route.Action != v1alpha1.RouteActionAnswer {
		return callstatus.RedirectedOrRejected{Repeatability: answer.Repeatability, At: now}
	}
	return callstatus.Placed{Call: answer.Call, Repeatability: answer.Repeatability, At: now}
}

func (r *callRequest) NotMade(why once.Failure, retry time.Time) callstatus.Fact {
	if why.TooLate {
		return callstatus.Expired{Deadline: deadlineFor(r.call), Unsent: r.call.Status.Attempt.ID, At: r.Now()}
	}
	return callstatus.NotPlaced{Reason: why.Reason, Message: why.Message, Retry: retry, Deadline: deadlineFor(r.call), At: r.Now()}
}

func (r *callRequest) Refused(_ context.Context, why once.Failure, cause error, _ telephony.Service) callstatus.Fact {
	now := r.Now()
	return callstatus.Refused{
		Code: why.Code, SubCode: why.SubCode, Reason: why.Reason, Message: why.Message, At: now,
		Missed: r.call.Spec.Inbound != nil && (notFound(cause) || telephony.Is(cause, telephony.ClassRingOver) || !now.Before(ringEnd(r.call))),
	}
}

// operationFor is the name of the operation that a Call's attempt sends.
func operationFor(call *v1alpha1.Call) string {
	switch route := call.Status.Route; {
	case route == nil:
		return "createCall"
	case route.Action == v1alpha1.RouteActionRedirect:
		return "redirectCall"
	case route.Action == v1alpha1.RouteActionReject:
		return "rejectCall"
	default:
		return "answerCall"
	}
}
