// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/telephony"
)

const (
	// longestRepeat keeps several repetitions of an unresolved request inside attempt.RepeatabilityWindow.
	longestRepeat = 15 * time.Second
)

// request is a request that must take effect only once, for one object. The object's status has its record; F are the facts that
// change that status.
type request[F any] interface {
	// about describes the request as the object has it now.
	about() about
	// provider names the CallProvider to send it to.
	provider(ctx context.Context) (types.NamespacedName, error)
	// prepare reads what the request needs, and returns what sends it.
	prepare(ctx context.Context) (sender, error)
	// doubt is what people read while nobody knows whether the request was carried out, and when to try again; zero is the usual
	// back-off.
	doubt(ctx context.Context) (message string, pause time.Duration)
	// write records facts in the status. It returns a conflict if the object was changed since it was read. writeRetrying retries on
	// conflict: for facts that hold whatever was written meanwhile.
	write(ctx context.Context, facts ...F) error
	writeRetrying(ctx context.Context, facts ...F) error
	outcomes[F]
}

// outcomes are what may become of a request, each as facts of its object.
type outcomes[F any] interface {
	// intended says that the request is about to be sent for the first time.
	intended(id string, pins attempt.Pins) []F
	// unresolved says that nobody knows yet whether the request was carried out. It is written before the first repetition.
	unresolved(message string) F
	// adopted completes an attempt that an earlier version wrote.
	adopted(pins attempt.Pins) F
	// elsewhere says that the request is not repeated because its CallProvider leads to another service.
	elsewhere(message string) F
	// made says that the service carried out the request.
	made(answer telephony.Answer) F
	// notMade says that the request had no effect, and when to make another one, unless it was too late already.
	notMade(why failure, retry time.Time) F
	// refused says that the request had no effect, and that the service will never carry it out.
	refused(ctx context.Context, why failure, cause error, service telephony.Service) F
}

// sender sends a request.
type sender func(ctx context.Context, service telephony.Service, attempt telephony.Attempt) (telephony.Answer, error)

// about describes a request.
type about struct {
	object    client.Object
	finalizer string
	// attempt is the record of the request; nil before it was written.
	attempt *v1alpha1.RequestAttempt
	// reported is the kind in the callback URL; "" if the service reports nothing about the request.
	reported string
	// notAfter is when the request must not be sent any more; zero is never.
	notAfter time.Time
	// operation is the service's name of the request, for metrics.
	operation string
	// repeated says that the request may have been sent more than once.
	repeated bool
	// waiting is what the object waits for, and waitingSince since when.
	waiting      string
	waitingSince time.Time
}

// engine carries out requests once:
//
//	begin ──► first ──► made
//	  ▲         ├─────► refused for good
//	  └─not made┤
//	            └─unknown──► repeat, again and again, until it is made or its owner gives up
type engine[F any] struct {
	client.Client
	connections *Connections
	keys        callbackurl.Keys
	contacts    *contactLog
	metrics     *Metrics
	now         func() time.Time
	newID       func() string
}

// begin records a request before it is sent. If one of the writes conflicts, nothing is sent.
func (e engine[F]) begin(ctx context.Context, r request[F], found *reached) error {
	about := r.about()
	if err := addFinalizer(ctx, e.Client, about.object, about.finalizer); err != nil {
		return err
	}
	return r.write(ctx, r.intended(e.contacts.minted(about.object, e.newID()), e.pins(about, found))...)
}

func (e engine[F]) pins(about about, found *reached) attempt.Pins {
	return attempt.PinsOf(about.object, found.provider, found.Service, found.Telephony.Pins(), e.keys.ID())
}

// first sends a request that was recorded just now. Only here is "not made" certain: nothing was sent with its ID before, and any
// resend is recorded in status first.
func (e engine[F]) first(ctx context.Context, r request[F], found *reached) error {
	answer, err := e.send(ctx, r, found)
	if err == nil {
		return r.writeRetrying(ctx, r.made(answer))
	}
	why := describeFailure(err)
	switch {
	case telephony.OutcomeOf(err) != telephony.OutcomeNotMade && !neverSent(err):
		return e.unresolved(ctx, r, err)
	case why.final:
		return r.writeRetrying(ctx, r.refused(ctx, why, err, found.Telephony))
	case why.reason == v1alpha1.ReasonUnauthorized:
		e.connections.Invalidate(client.ObjectKeyFromObject(found.provider))
	}
	return r.writeRetrying(ctx, r.notMade(why, e.retryAfter(r.about(), why)))
}

// retryAfter is when to make another request. Times in status are whole seconds; it rounds up so that no retry comes early.
func (e engine[F]) retryAfter(about about, why failure) time.Time {
	now := e.now()
	since := now
	if about.waiting == why.reason {
		since = about.waitingSince
	}
	pause := max(jitter(backoff(now.Sub(since), longestBackoff), about.object.GetUID()), why.retryAfter, shortestBackoff)
	return now.Add(pause + time.Second).Truncate(time.Second)
}

// repeat sends a request once more, with the same ID and contents, and only to the service that its attempt names.
func (e engine[F]) repeat(ctx context.Context, r request[F]) error {
	sent := r.about().attempt
	key, err := r.provider(ctx)
	if err != nil {
		return e.unresolved(ctx, r, err)
	}
	found, err := e.connections.forAttempt(ctx, key, sent, attempt.Relation.MayRepeat)
	switch {
	case err != nil:
		return e.unresolved(ctx, r, err)
	case !found.relation.MayRepeat():
		e.repeatLater(r.about(), 0)
		return r.write(ctx, r.elsewhere(requestElsewhere(sent, found)))
	}
	if err := e.ensureRepetitionKnown(ctx, r, found); err != nil {
		return err
	}
	e.metrics.repeated(r.about().operation)
	answer, err := e.send(ctx, r, found)
	if err != nil {
		return e.unresolved(ctx, r, err)
	}
	return r.writeRetrying(ctx, r.made(answer))
}

// ensureRepetitionKnown records a repetition before it is sent. The process that wrote the attempt may still be sending it for
// the first time. It must not rely on a refusal then: it would make a new attempt for what this repetition brings about. If the
// write conflicts, nothing is sent.
//
// An attempt from a version without pins gets those of this repetition, so later repetitions go to the same service only.
func (e engine[F]) ensureRepetitionKnown(ctx context.Context, r request[F], found *reached) error {
	var facts []F
	about := r.about()
	if !about.repeated {
		message, _ := r.doubt(ctx)
		facts = append(facts, r.unresolved(message))
	}
	if attempt.Lacks(about.attempt) {
		facts = append(facts, r.adopted(e.pins(about, found)))
	}
	if len(facts) == 0 {
		return nil
	}
	return r.write(ctx, facts...)
}

// unresolved records that it is still unknown whether a request was carried out. The error of a repetition says nothing about the
// first request.
func (e engine[F]) unresolved(ctx context.Context, r request[F], err error) error {
	message, pause := r.doubt(ctx)
	e.repeatLater(r.about(), pause)
	return r.writeRetrying(ctx, r.unresolved(lastMet(message, err)))
}

// repeatLater delays the next repetition; zero is the usual back-off.
func (e engine[F]) repeatLater(about about, pause time.Duration) {
	now := e.now()
	if pause == 0 {
		pause = backoff(now.Sub(about.attempt.FirstSent.Time), longestRepeat)
	}
	e.contacts.repeatAt(about.object, now.Add(pause))
}

func (e engine[F]) send(ctx context.Context, r request[F], found *reached) (telephony.Answer, error) {
	send, err := r.prepare(ctx)
	if err != nil {
		return telephony.Answer{}, err
	}
	about := r.about()
	sent, err := about.sentWith(e.keys, found.provider)
	if err != nil {
		return telephony.Answer{}, err
	}
	e.contacts.sent(about.object)
	answer, err := send(ctx, found.Telephony, sent)
	e.contacts.talked(about.object, e.now())
	return answer, err
}

// sentWith is the attempt as the service needs it.
func (a about) sentWith(keys callbackurl.Keys, provider *v1alpha1.CallProvider) (sent telephony.Attempt, err error) {
	sent = telephony.Attempt{Record: a.attempt, NotAfter: a.notAfter}
	if a.reported != "" {
		sent.CallbackURL, err = callbackFor(keys, a.attempt, provider, callbackurl.Target{
			Kind: a.reported, Namespace: a.object.GetNamespace(), Name: a.object.GetName(), UID: a.object.GetUID(),
		})
	}
	return sent, err
}

// callbackFor is the callback URL in the request of an attempt: the recorded one or, if none is recorded, the one from the
// provider and the newest key.
func callbackFor(keys callbackurl.Keys, sent *v1alpha1.RequestAttempt, provider *v1alpha1.CallProvider, target callbackurl.Target) (string, error) {
	base := provider.Spec.CallbackURL
	if sent != nil && sent.Request != nil {
		base = sent.Request.CallbackURL
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
