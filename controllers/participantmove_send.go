// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/internal/movestate"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/telephony"
)

// ensureIntent adds the finalizer and records the attempt before anything is sent. If either write conflicts, nothing
// is sent.
func (r *ParticipantMoveReconciler) ensureIntent(ctx context.Context, move *v1alpha1.ParticipantMove, o *moveObservation) error {
	if err := addFinalizer(ctx, r.Client, move, v1alpha1.ParticipantMoveFinalizer); err != nil {
		return err
	}
	participants := make([]string, len(move.Spec.Participants))
	for i := range move.Spec.Participants {
		participants[i] = party.RawID(&move.Spec.Participants[i])
	}
	return r.writeStatus(ctx, move, movestate.Intended{
		ID: r.NewID(), Participants: participants, Pins: o.pins, At: r.Now(), From: movedCall(o.from.call()), To: movedCall(o.to.call()),
	})
}

func movedCall(call *v1alpha1.Call) v1alpha1.MovedCall {
	return v1alpha1.MovedCall{Name: call.Name, UID: call.UID, ConnectionID: call.Status.ConnectionID}
}

// onFailure records the failure of a request.
type onFailure func(ctx context.Context, move *v1alpha1.ParticipantMove, connection *Connection, err error) error

// send sends the request that moves the participants, and records the result. All its contents are in status or the
// provider, so a repetition is the same request.
func (r *ParticipantMoveReconciler) send(ctx context.Context, move *v1alpha1.ParticipantMove, failed onFailure) error {
	provider, connection, err := r.serviceOf(ctx, move)
	if err != nil {
		return failed(ctx, move, nil, err)
	}
	attempt, err := r.attemptFor(move, provider)
	if err != nil {
		return failed(ctx, move, connection, err)
	}
	answer, err := connection.Telephony.Move(ctx, requestOf(move), attempt)
	r.contacts.talked(move, r.Now())
	if err != nil {
		return failed(ctx, move, connection, err)
	}
	return r.writeStatusRetrying(ctx, move, movestate.Accepted{Repeatability: answer.Repeatability, At: r.Now()})
}

// repeat sends the request once more, with the same ID. It records the repetition first, as for a Call: see
// CallReconciler.ensureRepetitionKnown. If the write conflicts, nothing is sent.
func (r *ParticipantMoveReconciler) repeat(ctx context.Context, move *v1alpha1.ParticipantMove) error {
	provider, connection, err := r.serviceOf(ctx, move)
	if err != nil {
		return r.repeatFailure(ctx, move, nil, err)
	}
	if err := r.ensureRepetitionKnown(ctx, move, provider, connection); err != nil {
		return err
	}
	r.Calls.Metrics.repeated("moveParticipants")
	return r.send(ctx, move, r.repeatFailure)
}

func requestOf(move *v1alpha1.ParticipantMove) telephony.MoveRequest {
	request := telephony.MoveRequest{From: move.Status.From.ConnectionID, To: move.Status.To.ConnectionID}
	for i := range move.Status.Participants {
		request.Participants = append(request.Participants, move.Status.Participants[i].RawID)
	}
	return request
}

// attemptFor is the attempt of a move as its service needs it.
func (r *ParticipantMoveReconciler) attemptFor(move *v1alpha1.ParticipantMove, provider *v1alpha1.CallProvider) (telephony.Attempt, error) {
	callback, err := callbackFor(r.CallbackKeys, move.Status.Attempt, provider, callbackurl.Target{
		Kind: callbackurl.KindParticipantMoves, Namespace: move.Namespace, Name: move.Name, UID: move.UID,
	})
	return telephony.Attempt{Record: move.Status.Attempt, CallbackURL: callback}, err
}

// firstFailure records why the first request of an attempt failed. Only here is "not made" certain: nothing was sent
// with this ID before, and any resend is recorded in status first.
func (r *ParticipantMoveReconciler) firstFailure(ctx context.Context, move *v1alpha1.ParticipantMove, connection *Connection, err error) error {
	if telephony.OutcomeOf(err) != telephony.OutcomeNotMade && !neverSent(err) {
		return r.repeatFailure(ctx, move, connection, err)
	}
	now := r.Now()
	failure := describeFailure(err)
	if failure.final {
		return r.writeStatusRetrying(ctx, move, movestate.Refused{
			Code: failure.code, SubCode: failure.subCode, Message: r.refusal(ctx, move, connection, err), At: now,
		})
	}
	if failure.reason == v1alpha1.ReasonUnauthorized {
		if key, err := r.providerOf(ctx, move); err == nil {
			r.Calls.Connections.Invalidate(key)
		}
	}
	waitingSince := now
	if waiting := move.Status.Waiting; waiting != nil && waiting.Reason == failure.reason {
		waitingSince = waiting.Since.Time
	}
	pause := max(jitter(backoff(now.Sub(waitingSince), longestBackoff), move.UID), failure.retryAfter, shortestBackoff)
	return r.writeStatusRetrying(ctx, move, movestate.NotSent{
		// Times in status are whole seconds; round up so that no retry comes early.
		Reason: failure.reason, Message: failure.message, Retry: now.Add(pause + time.Second).Truncate(time.Second), At: now,
	})
}

// repeatFailure records that it is still unknown whether the service accepted the move. The error of a repetition says
// nothing about the first request.
func (r *ParticipantMoveReconciler) repeatFailure(ctx context.Context, move *v1alpha1.ParticipantMove, _ *Connection, err error) error {
	now := r.Now()
	r.contacts.repeatAt(move, now.Add(backoff(now.Sub(move.Status.Attempt.FirstSent.Time), longestRepeat)))
	if changed, ok := isProviderChanged(err); ok {
		return r.writeStatusRetrying(ctx, move, movestate.ProviderChanged{Message: changed.Message, At: now})
	}
	return r.writeStatusRetrying(ctx, move, movestate.Unresolved{
		Message: moveUnresolved + " Last: " + causeOf(err), At: now,
	})
}

const moveUnresolved = "Nobody knows yet whether ACS took the move; the same request is repeated."

// refusal says why the service will never accept the move: which of the calls is over, or the service's own words.
func (r *ParticipantMoveReconciler) refusal(ctx context.Context, move *v1alpha1.ParticipantMove, connection *Connection, err error) string {
	message := causeOf(err)
	if notFound(err) {
		if gone := goneCalls(ctx, move, connection); len(gone) > 0 {
			return fmt.Sprintf("%s The service no longer knows the call of %s.", message, strings.Join(gone, " and "))
		}
	}
	var failed *telephony.Error
	if errors.As(err, &failed) && failed.Words != "" {
		message += " The service said: " + conditions.Shortened(failed.Words, longestWords)
	}
	return message
}

// goneCalls asks the service which of the calls it no longer knows.
func goneCalls(ctx context.Context, move *v1alpha1.ParticipantMove, connection *Connection) []string {
	var gone []string
	for _, moved := range []*v1alpha1.MovedCall{move.Status.From, move.Status.To} {
		if _, err := connection.Telephony.State(ctx, moved.ConnectionID); notFound(err) {
			gone = append(gone, "Call "+moved.Name)
		}
	}
	return gone
}
