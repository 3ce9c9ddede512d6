// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/internal/movestate"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/telephony"
)

// moveRequest is the request that moves the participants, for the engine. All its contents are in status or the provider, so a
// repetition is the same request.
type moveRequest struct {
	*ParticipantMoveReconciler
	move *v1alpha1.ParticipantMove
	// from and to are the Calls of a move that is sent now.
	from, to resolvedCall
}

var _ request[movestate.Fact] = (*moveRequest)(nil)

func (r *ParticipantMoveReconciler) engine() engine[movestate.Fact] {
	return engine[movestate.Fact]{
		Client: r.Client, connections: r.Connections, keys: r.CallbackKeys, contacts: &r.contacts, metrics: r.Metrics, now: r.Now, newID: r.NewID,
	}
}

func (r *ParticipantMoveReconciler) request(o *moveObservation) *moveRequest {
	return &moveRequest{ParticipantMoveReconciler: r, move: o.move, from: o.from, to: o.to}
}

func (r *moveRequest) about() about {
	move := r.move
	about := about{
		object: move, finalizer: v1alpha1.ParticipantMoveFinalizer, attempt: move.Status.Attempt, reported: callbackurl.KindParticipantMoves,
		operation: "moveParticipants", repeated: movestate.Repeated(&move.Status),
	}
	if waiting := move.Status.Waiting; waiting != nil {
		about.waiting, about.waitingSince = waiting.Reason, waiting.Since.Time
	}
	return about
}

func (r *moveRequest) provider(ctx context.Context) (types.NamespacedName, error) {
	return r.providerOf(ctx, r.move)
}

func (r *moveRequest) prepare(context.Context) (sender, error) {
	request := telephony.MoveRequest{From: r.move.Status.From.ConnectionID, To: r.move.Status.To.ConnectionID}
	for i := range r.move.Status.Participants {
		request.Participants = append(request.Participants, r.move.Status.Participants[i].RawID)
	}
	return func(ctx context.Context, service telephony.Service, attempt telephony.Attempt) (telephony.Answer, error) {
		return service.Move(ctx, request, attempt)
	}, nil
}

const moveUnresolved = "It is not known yet whether the service accepted the move; the same request is repeated."

func (r *moveRequest) doubt(context.Context) (message string, pause time.Duration) {
	return moveUnresolved, 0
}

func (r *moveRequest) write(ctx context.Context, facts ...movestate.Fact) error {
	return r.writeStatus(ctx, r.move, facts...)
}

func (r *moveRequest) writeRetrying(ctx context.Context, facts ...movestate.Fact) error {
	return r.statuses().writeRetrying(ctx, r.move, facts...)
}

func (r *moveRequest) intended(id string, pins attempt.Pins) []movestate.Fact {
	participants := make([]string, len(r.move.Spec.Participants))
	for i := range r.move.Spec.Participants {
		participants[i] = party.RawID(&r.move.Spec.Participants[i])
	}
	return []movestate.Fact{movestate.Intended{
		ID: id, Participants: participants, Pins: pins, At: r.Now(), From: movedCall(r.from.call()), To: movedCall(r.to.call()),
	}}
}

func movedCall(call *v1alpha1.Call) v1alpha1.MovedCall {
	return v1alpha1.MovedCall{Name: call.Name, UID: call.UID, ConnectionID: call.Status.ConnectionID}
}

func (r *moveRequest) unresolved(message string) movestate.Fact {
	return movestate.Unresolved{Message: message, At: r.Now()}
}

func (r *moveRequest) adopted(pins attempt.Pins) movestate.Fact {
	return movestate.Adopted{Pins: pins, At: r.Now()}
}

func (r *moveRequest) elsewhere(message string) movestate.Fact {
	return movestate.ProviderChanged{Message: message, At: r.Now()}
}

func (r *moveRequest) made(answer telephony.Answer) movestate.Fact {
	return movestate.Accepted{Repeatability: answer.Repeatability, At: r.Now()}
}

func (r *moveRequest) notMade(why failure, retry time.Time) movestate.Fact {
	return movestate.NotSent{Reason: why.reason, Message: why.message, Retry: retry, At: r.Now()}
}

func (r *moveRequest) refused(ctx context.Context, why failure, cause error, service telephony.Service) movestate.Fact {
	return movestate.Refused{Code: why.code, SubCode: why.subCode, Message: refusal(ctx, r.move, service, cause), At: r.Now()}
}

// refusal says why the service will never accept the move: which of the calls is over, or the service's own words.
func refusal(ctx context.Context, move *v1alpha1.ParticipantMove, service telephony.Service, err error) string {
	message := causeOf(err)
	if telephony.Is(err, telephony.ClassGone) {
		if gone := goneCalls(ctx, move, service); len(gone) > 0 {
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
func goneCalls(ctx context.Context, move *v1alpha1.ParticipantMove, service telephony.Service) []string {
	var gone []string
	for _, moved := range []*v1alpha1.MovedCall{move.Status.From, move.Status.To} {
		if _, err := service.State(ctx, moved.ConnectionID); telephony.Is(err, telephony.ClassGone) {
			gone = append(gone, "Call "+moved.Name)
		}
	}
	return gone
}

// callsAreAt says why a connection cannot carry out an unsent move: the Calls are at another service.
func callsAreAt(connection *Connection, calls ...*v1alpha1.Call) error {
	for _, call := range calls {
		if !attempt.Compare(call.Status.Attempt, &connection.Service).HasCall() {
			return telephony.Unusable(v1alpha1.ReasonProviderChanged,
				"Call %s is at %s, but CallProvider %s now points to %s: participants can be moved when it points back.",
				call.Name, call.Status.Attempt.Service.Endpoint, connection.Service.ProviderName, connection.Service.Endpoint)
		}
	}
	return nil
}

// providerOf names the provider of a sent move: the one in its attempt or, for a move from a version that recorded none, the
// provider of its Calls.
func (r *ParticipantMoveReconciler) providerOf(ctx context.Context, move *v1alpha1.ParticipantMove) (types.NamespacedName, error) {
	if sent := move.Status.Attempt; sent != nil && sent.Service != nil {
		return types.NamespacedName{Namespace: move.Namespace, Name: sent.Service.ProviderName}, nil
	}
	for _, moved := range []*v1alpha1.MovedCall{move.Status.From, move.Status.To} {
		call := &v1alpha1.Call{}
		err := r.Get(ctx, types.NamespacedName{Namespace: move.Namespace, Name: moved.Name}, call)
		switch {
		case err == nil:
			return providerKey(call), nil
		case !apierrors.IsNotFound(err):
			return types.NamespacedName{}, err
		}
	}
	return types.NamespacedName{}, telephony.Unusable(v1alpha1.ReasonCallNotFound,
		"Neither Call %s nor Call %s exists any more.", move.Status.From.Name, move.Status.To.Name)
}
