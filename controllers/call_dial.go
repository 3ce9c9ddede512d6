// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/callstate"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/telephony"
)

// dial places a pending call, or records what it waits for.
func (r *CallReconciler) dial(ctx context.Context, call *v1alpha1.Call) (step, error) {
	provider, connection, err := r.openProvider(ctx, call)
	if err != nil {
		return r.waitForProvider(ctx, call, err)
	}
	if reading := r.Slots.Ready(call); reading != slotsReady {
		return r.waitForQueue(ctx, call, reading)
	}
	r.Slots.Serves(client.ObjectKeyFromObject(provider), connection.Endpoint)
	verdict, err := r.Slots.Admit(call, provider, r.Now())
	if err != nil {
		return r.waitForProvider(ctx, call, err)
	}
	if !verdict.Admitted {
		return r.waitInLine(ctx, call, verdict)
	}
	admitted := r.Now()
	ctx, span := r.Tracer.Start(ctx, call, spanOfCall(actionDial))
	defer span.End()
	if err := r.ensureIntent(ctx, call, provider, r.pins(call, provider, connection)); err != nil {
		if notWritten(err) {
			r.Slots.Release(call)
		}
		return step{}, err
	}
	return r.send(ctx, call, provider, connection, sending{since: admitted, failed: r.firstFailure})
}

// notWritten tells that a failed write changed nothing. After any other error the API server may have stored the write, and only
// the answer was lost.
func notWritten(err error) bool {
	return conflictOrGone(err) || apierrors.IsInvalid(err) || apierrors.IsForbidden(err) || apierrors.IsTooManyRequests(err)
}

// openProvider is provider for a new call: a provider that is being deleted places none.
func (r *CallReconciler) openProvider(ctx context.Context, call *v1alpha1.Call) (*v1alpha1.CallProvider, *Connection, error) {
	provider, connection, err := r.provider(ctx, call)
	if err == nil && !provider.DeletionTimestamp.IsZero() {
		return nil, nil, unusable(v1alpha1.ReasonInUse, "CallProvider %s is being deleted and takes no new calls: create it again when it is gone.", provider.Name)
	}
	return provider, connection, err
}

// repeat sends the request that places the call once more, with the same ID.
func (r *CallReconciler) repeat(ctx context.Context, call *v1alpha1.Call) (step, error) {
	if why := r.heldBack(ctx, call); why != "" {
		return step{}, r.holdBack(ctx, call, why)
	}
	provider, connection, err := r.providerFor(ctx, providerKey(call), call.Status.Attempt, attempt.Relation.MayRepeat)
	if err == nil && !attempt.Compare(call.Status.Attempt, &connection.Service).MayRepeat() {
		return r.repeatNowhere(ctx, call, &connection.Service)
	}
	if err != nil {
		return r.repeatFailure(ctx, call, err)
	}
	if err := r.ensureRepetitionKnown(ctx, call, r.pins(call, provider, connection)); err != nil {
		return step{}, err
	}
	r.Metrics.repeated(operationFor(call))
	if call.Status.Route != nil {
		return r.repeatRouted(ctx, call, provider, connection)
	}
	return r.send(ctx, call, provider, connection, sending{since: call.Status.Attempt.FirstSent.Time, failed: r.repeatFailure})
}

// provider returns the Call's provider and a connection to it. The error is an UnusableError if a person has to fix something.
func (r *CallReconciler) provider(ctx context.Context, call *v1alpha1.Call) (*v1alpha1.CallProvider, *Connection, error) {
	return r.providerNamed(ctx, providerKey(call))
}

func providerKey(call *v1alpha1.Call) types.NamespacedName {
	return types.NamespacedName{Namespace: call.Namespace, Name: call.Spec.ProviderRef.Name}
}

// waitForProvider writes to status what has to be fixed. The provider's controller checks the Secret repeatedly, and its change
// of the provider requeues the Call; the delay here is only a safety net.
func (r *CallReconciler) waitForProvider(ctx context.Context, call *v1alpha1.Call, err error) (step, error) {
	r.Slots.Release(call)
	var cause *telephony.UnusableError
	if !errors.As(err, &cause) {
		return step{}, err
	}
	fact := callstate.Waits{Reason: cause.Reason, Message: cause.Message, Deadline: deadlineFor(call), At: r.Now()}
	return step{stop: true, after: jitter(longestBackoff, call.UID)}, r.writeStatus(ctx, call, fact)
}

// ensureIntent adds the finalizer and records the attempt before anything is sent. If either write conflicts, nothing is sent.
func (r *CallReconciler) ensureIntent(ctx context.Context, call *v1alpha1.Call, provider *v1alpha1.CallProvider, pins attempt.Pins) error {
	if err := addFinalizer(ctx, r.Client, call, v1alpha1.CallFinalizer); err != nil {
		return err
	}
	intended := callstate.Intended{ID: r.contacts.minted(call, r.NewID()), Pins: pins, ArrivesHere: arrivalExpected(call, provider), At: r.Now()}
	return r.writeStatus(ctx, call, intended)
}

// ensureRepetitionKnown records a repetition before it is sent. The process that wrote the attempt may still be sending it for
// the first time. It must not rely on a refusal then: it would make a new attempt for a call that this repetition places. If the
// write conflicts, nothing is sent.
//
// An attempt from a version without pins gets those of this repetition, so later repetitions go to the same service only.
func (r *CallReconciler) ensureRepetitionKnown(ctx context.Context, call *v1alpha1.Call, pins attempt.Pins) error {
	var facts []callstate.Fact
	if !callstate.Repeated(&call.Status) {
		facts = append(facts, callstate.Unresolved{Message: unresolved, At: r.Now()})
	}
	if attempt.Lacks(call.Status.Attempt) {
		facts = append(facts, callstate.Adopted{Pins: pins, At: r.Now()})
	}
	if len(facts) == 0 {
		return nil
	}
	return r.writeStatus(ctx, call, facts...)
}

// sending describes how a request that places a call is sent.
type sending struct {
	// since is when the call could be placed.
	since time.Time
	// failed records a failure.
	failed func(context.Context, *v1alpha1.Call, error) (step, error)
}

// send sends the request that places the call, and records the result.
func (r *CallReconciler) send(ctx context.Context, call *v1alpha1.Call, provider *v1alpha1.CallProvider, connection *Connection, s sending) (step, error) {
	attempt, err := r.attemptFor(call, provider)
	if err != nil {
		return s.failed(ctx, call, err)
	}
	r.contacts.sent(call)
	request := telephony.DialRequest{From: call.Spec.From, To: call.Spec.To, Headers: call.Spec.Headers}
	placed, err := connection.Telephony.Dial(ctx, request, attempt)
	answered := r.Now()
	r.contacts.talked(call, answered)
	if err != nil {
		return s.failed(ctx, call, err)
	}
	r.Metrics.dialed(answered.Sub(s.since))
	return step{}, r.writeStatusRetrying(ctx, call, callstate.Placed{Call: placed.Call, Repeatability: placed.Repeatability, At: answered})
}

// attemptFor is the attempt of a Call as its service needs it.
func (r *CallReconciler) attemptFor(call *v1alpha1.Call, provider *v1alpha1.CallProvider) (telephony.Attempt, error) {
	callback, err := r.callbackURL(call, provider)
	sent := telephony.Attempt{Record: call.Status.Attempt, CallbackURL: callback}
	if call.Spec.To != nil {
		sent.NotAfter = deadlineFor(call)
	}
	return sent, err
}

// callbackURL is the URL to which the service reports the call's events.
func (r *CallReconciler) callbackURL(call *v1alpha1.Call, provider *v1alpha1.CallProvider) (string, error) {
	return callbackFor(r.CallbackKeys, call.Status.Attempt, provider, callbackurl.Target{
		Kind: callbackurl.KindCalls, Namespace: call.Namespace, Name: call.Name, UID: call.UID,
	})
}

// firstFailure records why the first request of an attempt failed. Only here is "not placed" certain: nothing was sent with this
// ID before, and any resend is recorded in status first.
func (r *CallReconciler) firstFailure(ctx context.Context, call *v1alpha1.Call, err error) (step, error) {
	now := r.Now()
	failure := describeFailure(err)
	if telephony.OutcomeOf(err) == telephony.OutcomeNotMade {
		if recorded, err := r.expired(ctx, call, err); recorded {
			return step{}, err
		}
	}
	switch {
	case telephony.OutcomeOf(err) != telephony.OutcomeNotMade && !neverSent(err):
		return r.repeatFailure(ctx, call, err)
	case failure.final:
		return step{}, r.writeStatusRetrying(ctx, call, callstate.Refused{
			Code: failure.code, SubCode: failure.subCode, Reason: failure.reason, Message: failure.message, At: now,
			Missed: call.Spec.Inbound != nil && (notFound(err) || telephony.Is(err, telephony.ClassRingOver) || !now.Before(ringEnd(call))),
		})
	case failure.reason == v1alpha1.ReasonUnauthorized:
		r.Connections.Invalidate(providerKey(call))
	}
	waitingSince := now
	if waiting := call.Status.Waiting; waiting != nil && waiting.Reason == failure.reason {
		waitingSince = waiting.Since.Time
	}
	pause := max(jitter(backoff(now.Sub(waitingSince), longestBackoff), call.UID), failure.retryAfter, shortestBackoff)
	err = r.writeStatusRetrying(ctx, call, callstate.NotPlaced{
		// Times in status are whole seconds; round up so that no retry comes early.
		Reason: failure.reason, Message: failure.message, Retry: now.Add(pause + time.Second).Truncate(time.Second),
		Deadline: deadlineFor(call), At: now,
	})
	if err == nil && call.Status.Attempt == nil {
		r.Slots.Release(call)
	}
	return step{}, err
}

// neverSent tells whether an error occurred before the request was sent.
func neverSent(err error) bool {
	var cause *telephony.UnusableError
	return errors.As(err, &cause)
}

// repeatFailure records that it is still unknown whether the call was placed. The error of a repetition says nothing about the
// first request.
func (r *CallReconciler) repeatFailure(ctx context.Context, call *v1alpha1.Call, err error) (step, error) {
	now := r.Now()
	said, pause := r.heldBack(ctx, call), heldRecheck
	if said == "" {
		said, pause = unresolved, backoff(now.Sub(call.Status.Attempt.FirstSent.Time), longestRepeat)
	}
	r.contacts.repeatAt(call, now.Add(pause))
	return step{}, r.writeStatusRetrying(ctx, call, callstate.Unresolved{Message: lastMet(said, err), At: now})
}

// lastMet adds the error of the last try to a sentence.
func lastMet(sentence string, err error) string { return sentence + " Last: " + causeOf(err) }

// causeOf describes an error without the service's own words, which may differ with each try.
func causeOf(err error) string {
	var failed *telephony.Error
	if errors.As(err, &failed) {
		return failed.Sentence
	}
	return describeFailure(err).message
}

// failure is what an error of a request means for the next try.
type failure struct {
	// reason is a condition reason, message a sentence that is the same each time.
	reason, message string
	// code and subCode are the service's.
	code, subCode int
	// final says that the request can never succeed unchanged.
	final bool
	// retryAfter is how long the service asked to wait.
	retryAfter time.Duration
}

// describeFailure describes an error of a request: of the service, of the API server, or of the provider.
func describeFailure(err error) failure {
	var failed *telephony.Error
	var cause *telephony.UnusableError
	var local apierrors.APIStatus
	switch {
	case errors.As(err, &local):
		return failure{reason: v1alpha1.ReasonServiceUnavailable, message: "The API server of Kubernetes did not do what it was asked for."}
	case errors.As(err, &cause):
		return failure{reason: cause.Reason, message: cause.Message}
	case !errors.As(err, &failed):
		return failure{reason: v1alpha1.ReasonServiceUnavailable, message: "The service could not be reached."}
	}
	described := failure{
		reason: failed.Reason, message: failed.Sentence, code: failed.Code, subCode: failed.SubCode, final: failed.Class.Final(), retryAfter: failed.RetryAfter,
	}
	if failed.Words != "" {
		described.message += " " + conditions.Shortened(failed.Words, longestWords)
	}
	return described
}

// longestWords limits the service's own words in a message.
const longestWords = 500
