// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package once carries out the requests that must take effect only once.
//
// The engine does this for dialling, for the action of a route, and for moves:
//
//  1. AddFinalizer: from here on the object is not removed while what it asked for may be active. (If the API server began to delete it
//     before that, it is removed all the same: see made.)
//  2. Begin writes status.attempt with the resource version that was read. If that write conflicts, another process has
//     newer information, and nothing is sent. The attempt records the object, the service and the contents of the request: see
//     package attempt.
//  3. First sends the request with the attempt's ID and first-sent time. Its outcome is made (a Call has status.connectionID then), not
//     made (the attempt is withdrawn) or unknown (the attempt stays).
//  4. If this process or a later one finds an attempt without an outcome, Repeat sends the same request, with the same ID, within
//     attempt.RepeatabilityWindow. A repetition can only confirm: its errors say nothing about earlier requests. After the window the
//     object ends as OutcomeUnknown.
//  5. ensureRepetitionKnown records the repetition before it is sent, and that write can conflict too. Otherwise a process that
//     lost its lease without noticing could get "not made" for its first request, withdraw the attempt, and make a second one for a
//     call that another process's repetition has placed.
//  6. A repetition is exactly the recorded request, and goes only to the recorded service. No other service is asked about a placed
//     call. An object that carries another object's attempt never acts.
package once

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/masking"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/telephony"
)

// LongestRepeat keeps several repetitions of an unresolved request inside attempt.RepeatabilityWindow.
const LongestRepeat = 15 * time.Second

// Request is a request that must take effect only once, for one object. The object's status has its record; F are the facts that
// change that status.
type Request[F any] interface {
	// About describes the request as the object has it now.
	About() About
	// Provider names the CallProvider to send it to.
	Provider(ctx context.Context) (types.NamespacedName, error)
	// Prepare reads what the request needs, and returns what sends it.
	Prepare(ctx context.Context) (Sender, error)
	// Doubt is what people read while nobody knows whether the request was carried out, and when to try again; zero is the usual
	// back-off.
	Doubt(ctx context.Context) (message string, pause time.Duration)
	// Write records facts in the status. It returns a conflict if the object was changed since it was read. WriteRetrying retries on
	// conflict: for facts that hold whatever was written meanwhile.
	Write(ctx context.Context, facts ...F) error
	WriteRetrying(ctx context.Context, facts ...F) error
	Outcomes[F]
}

// Outcomes are what may become of a request, each as facts of its object.
type Outcomes[F any] interface {
	// Intended says that the request is about to be sent for the first time.
	Intended(id string, pins attempt.Pins) []F
	// Committed says that the request is about to pass the point of no return.
	Committed() F
	// Unresolved says that nobody knows yet whether the request was carried out. It is written before the first repetition.
	Unresolved(message string) F
	// Adopted completes an attempt that an earlier version wrote.
	Adopted(pins attempt.Pins) F
	// Elsewhere says that the request is not repeated because its CallProvider leads to another service.
	Elsewhere(message string) F
	// Made says that the service carried out the request.
	Made(answer telephony.Answer) F
	// NotMade says that the request had no effect, and when to make another one, unless it was too late already.
	NotMade(why Failure, retry time.Time) F
	// Refused says that the request had no effect, and that the service will never carry it out.
	Refused(ctx context.Context, why Failure, cause error, service telephony.Service) F
}

// Sender sends a request.
type Sender func(ctx context.Context, service telephony.Service, attempt telephony.Attempt) (telephony.Answer, error)

// About describes a request.
type About struct {
	Object    client.Object
	Finalizer string
	// Attempt is the record of the request; nil before it was written.
	Attempt *v1alpha1.RequestAttempt
	// Reported is the kind in the callback URL; "" if the service reports nothing about the request.
	Reported string
	// Called is who the request calls, nil if it calls nobody.
	Called *v1alpha1.Identifier
	// NotAfter is when the request must not be sent any more; zero is never.
	NotAfter time.Time
	// Operation is the service's name of the request, for metrics.
	Operation string
	// Repeated says that the request may have been sent more than once.
	Repeated bool
	// Waiting is what the object waits for, and WaitingSince since when.
	Waiting      string
	WaitingSince time.Time
}

// Engine carries out requests once:
//
//	Begin ──► First ──► made
//	  ▲         ├─────► refused for good
//	  └─not made┤
//	            └─unknown──► Repeat, again and again, until it is made or its owner gives up
type Engine[F any] struct{ *Base }

// Begin records a request before it is sent. If one of the writes conflicts, nothing is sent. If the provider must not call the party that
// the request calls, nothing is written, and the error is that of MayCall.
func (e Engine[F]) Begin(ctx context.Context, r Request[F], found *access.Found) error {
	about := r.About()
	if err := e.Connections.MayCall(ctx, found.Provider, about.Called); err != nil {
		return err
	}
	if err := objects.AddFinalizer(ctx, e.Client, about.Object, about.Finalizer); err != nil {
		return err
	}
	if err := r.Write(ctx, r.Intended(e.Contacts.Minted(about.Object, e.NewID()), e.pins(about, found))...); err != nil {
		return err
	}
	if about.Called != nil {
		ctrl.LoggerFrom(ctx).Info("a party is called", "operation", r.About().Operation, "called", masking.Numbers(party.Text(about.Called)),
			"requestedBy", about.Object.GetAnnotations()[v1alpha1.RequestedByAnnotation])
	}
	return nil
}

func (e Engine[F]) pins(about About, found *access.Found) attempt.Pins {
	return attempt.PinsOf(about.Object, found.Provider, found.Service, found.Telephony.Pins(), e.CallbackKeys.ID())
}

// First sends a request that was recorded just now. Only here is "not made" certain: nothing was sent with its ID before, and any
// resend is recorded in status first.
func (e Engine[F]) First(ctx context.Context, r Request[F], found *access.Found) error {
	answer, err := e.send(ctx, r, found)
	if err == nil {
		return e.made(ctx, r, answer, found)
	}
	why := DescribeFailure(err)
	switch {
	case telephony.OutcomeOf(err) != telephony.OutcomeNotMade && !neverSent(err):
		return e.unresolved(ctx, r, err)
	case why.Final:
		return r.WriteRetrying(ctx, r.Refused(ctx, why, err, found.Telephony))
	case why.Reason == v1alpha1.ReasonUnauthorized:
		e.Connections.Invalidate(client.ObjectKeyFromObject(found.Provider))
	}
	return r.WriteRetrying(ctx, r.NotMade(why, e.retryAfter(r.About(), why)))
}

// retryAfter is when to make another request. Times in status are whole seconds; it rounds up so that no retry comes early.
func (e Engine[F]) retryAfter(about About, why Failure) time.Time {
	now := e.Now()
	since := now
	if about.Waiting == why.Reason {
		since = about.WaitingSince
	}
	pause := max(pauses.Jitter(pauses.Backoff(now.Sub(since), pauses.LongestBackoff), about.Object.GetUID()), why.retryAfter, pauses.ShortestBackoff)
	return now.Add(pause + time.Second).Truncate(time.Second)
}

// Repeat sends a request once more, with the same ID and contents, and only to the service that its attempt names.
func (e Engine[F]) Repeat(ctx context.Context, r Request[F]) error {
	sent := r.About().Attempt
	key, err := r.Provider(ctx)
	if err != nil {
		return e.unresolved(ctx, r, err)
	}
	found, err := e.Connections.ForAttempt(ctx, key, sent, attempt.Relation.MayRepeat)
	switch {
	case err != nil:
		return e.unresolved(ctx, r, err)
	case !found.Relation.MayRepeat():
		e.repeatLater(r.About(), 0)
		return r.Write(ctx, r.Elsewhere(access.RequestElsewhere(sent, found)))
	}
	if err := e.Connections.MayCall(ctx, found.Provider, r.About().Called); err != nil {
		return e.unresolved(ctx, r, err)
	}
	if err := e.ensureRepetitionKnown(ctx, r, found); err != nil {
		return err
	}
	e.Metrics.Repeated(r.About().Operation)
	answer, err := e.send(ctx, r, found)
	if err != nil {
		return e.unresolved(ctx, r, err)
	}
	return e.made(ctx, r, answer, found)
}

// hangUpPatience limits the hang-up of a call whose object is gone.
const hangUpPatience = 30 * time.Second

// made records that the service carried out a request. A finalizer does not always keep an object: the API server removes it all the same
// if it began to delete it just before the finalizer was added. Nothing else knows its call then, so the call is hung up here.
func (e Engine[F]) made(ctx context.Context, r Request[F], answer telephony.Answer, found *access.Found) error {
	err := r.WriteRetrying(ctx, r.Made(answer))
	if !apierrors.IsNotFound(err) || answer.Call.Connection == "" {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), hangUpPatience)
	defer cancel()
	log := ctrl.LoggerFrom(ctx).WithValues("connectionID", answer.Call.Connection, "service", found.Service.Endpoint, "provider", found.Provider.Name)
	if hungUp := found.Telephony.HangUp(ctx, answer.Call.Connection); hungUp != nil && !telephony.Is(hungUp, telephony.ClassGone) {
		e.Metrics.Abandoned()
		log.Error(nil, "an object was deleted while its call was placed, and the call could not be hung up: hang it up at the service",
			"cause", masking.Numbers(DescribeFailure(hungUp).Message))
		return err
	}
	log.Info("an object was deleted while its call was placed: the call was hung up")
	return err
}

// ensureRepetitionKnown records a repetition before it is sent. The process that wrote the attempt may still be sending it for
// the first time. It must not rely on a refusal then: it would make a new attempt for what this repetition brings about. If the
// write conflicts, nothing is sent.
//
// An attempt from a version without pins gets those of this repetition, so later repetitions go to the same service only.
func (e Engine[F]) ensureRepetitionKnown(ctx context.Context, r Request[F], found *access.Found) error {
	var facts []F
	about := r.About()
	if !about.Repeated {
		message, _ := r.Doubt(ctx)
		facts = append(facts, r.Unresolved(message))
	}
	if attempt.Lacks(about.Attempt) {
		facts = append(facts, r.Adopted(e.pins(about, found)))
	}
	if len(facts) == 0 {
		return nil
	}
	return r.Write(ctx, facts...)
}

// unresolved records that it is still unknown whether a request was carried out. The error of a repetition says nothing about the
// first request.
func (e Engine[F]) unresolved(ctx context.Context, r Request[F], err error) error {
	message, pause := r.Doubt(ctx)
	e.repeatLater(r.About(), pause)
	return r.WriteRetrying(ctx, r.Unresolved(lastMet(message, err)))
}

// repeatLater delays the next repetition; zero is the usual back-off.
func (e Engine[F]) repeatLater(about About, pause time.Duration) {
	now := e.Now()
	if pause == 0 {
		pause = pauses.Backoff(now.Sub(about.Attempt.FirstSent.Time), LongestRepeat)
	}
	e.Contacts.RepeatAt(about.Object, now.Add(pause))
}

func (e Engine[F]) send(ctx context.Context, r Request[F], found *access.Found) (telephony.Answer, error) {
	send, err := r.Prepare(ctx)
	if err != nil {
		return telephony.Answer{}, err
	}
	about := r.About()
	sent, err := about.SentWith(e.CallbackKeys, found.Provider)
	if err != nil {
		return telephony.Answer{}, err
	}
	sent.Commit = func(ctx context.Context) error { return r.Write(ctx, r.Committed()) }
	e.Contacts.sent(about.Object)
	answer, err := send(ctx, found.Telephony, sent)
	e.Contacts.Talked(about.Object, e.Now())
	return answer, err
}

// SentWith is the attempt as the service needs it.
func (a About) SentWith(keys callbackurl.Keys, provider *v1alpha1.CallProvider) (sent telephony.Attempt, err error) {
	sent = telephony.Attempt{Record: a.Attempt, NotAfter: a.NotAfter}
	if a.Reported != "" {
		sent.Target = callbackurl.Target{Kind: a.Reported, Namespace: a.Object.GetNamespace(), Name: a.Object.GetName(), UID: a.Object.GetUID()}
		sent.CallbackURL, err = callbackFor(keys, a.Attempt, provider, sent.Target)
	}
	return sent, err
}

// callbackFor is the callback URL in the request of an attempt: the recorded one or, if no request is recorded, the one from the
// provider and the newest key. It is "" for a provider without one.
func callbackFor(keys callbackurl.Keys, sent *v1alpha1.RequestAttempt, provider *v1alpha1.CallProvider, target callbackurl.Target) (string, error) {
	base, recorded := provider.Spec.CallbackURL, sent != nil && sent.Request != nil
	if recorded {
		base = sent.Request.CallbackURL
	}
	if base == "" {
		return "", nil
	}
	if recorded {
		var err error
		if keys, err = keys.SignedBy(sent.Request.CallbackKeyID); err != nil {
			return "", telephony.Unusable(v1alpha1.ReasonCallbackKeyMissing,
				"The callback key %s, which signed the callback URL of the request, is no longer in the manager's key file, and with another one it would be another request. "+
					"Put the key back, below the new one, until the calls are over that it signed for.", sent.Request.CallbackKeyID)
		}
	}
	callback, err := keys.URL(base, target)
	if err != nil {
		return "", telephony.Unusable(v1alpha1.ReasonInvalidCallbackURL, "The callback URL cannot be made: %v.", err)
	}
	return callback, nil
}

// neverSent tells whether an error occurred before the request was sent.
func neverSent(err error) bool {
	var cause *telephony.UnusableError
	return errors.As(err, &cause)
}
