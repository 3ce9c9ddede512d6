// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/once"
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
	*MoveReconciler
	move *v1alpha1.ParticipantMove
	// from and to are the Calls of a move that is sent now.
	from, to resolvedCall
}

var _ once.Request[movestate.Fact] = (*moveRequest)(nil)

func (r *MoveReconciler) engine() once.Engine[movestate.Fact] {
	return once.Engine[movestate.Fact]{
		Client: r.Client, Connections: r.Connections, Keys: r.CallbackKeys, Contacts: &r.contacts, Metrics: r.Metrics, Now: r.Now, NewID: r.NewID,
	}
}

func (r *MoveReconciler) request(o *moveObservation) *moveRequest {
	return &moveRequest{MoveReconciler: r, move: o.move, from: o.from, to: o.to}
}

func (r *moveRequest) About() once.About {
	move := r.move
	about := once.About{
		Object: move, Finalizer: v1alpha1.ParticipantMoveFinalizer, Attempt: move.Status.Attempt, Reported: callbackurl.KindParticipantMoves,
		Operation: "moveParticipants", Repeated: movestate.Repeated(&move.Status),
	}
	if waiting := move.Status.Waiting; waiting != nil {
		about.Waiting, about.WaitingSince = waiting.Reason, waiting.Since.Time
	}
	return about
}

func (r *moveRequest) Provider(ctx context.Context) (types.NamespacedName, error) {
	return r.providerOf(ctx, r.move)
}

func (r *moveRequest) Prepare(context.Context) (once.Sender, error) {
	request := telephony.MoveRequest{From: r.move.Status.From.ConnectionID, To: r.move.Status.To.ConnectionID}
	for i := range r.move.Status.Participants {
		request.Participants = append(request.Participants, r.move.Status.Participants[i].RawID)
	}
	return func(ctx context.Context, service telephony.Service, attempt telephony.Attempt) (telephony.Answer, error) {
		return service.Move(ctx, request, attempt)
	}, nil
}

const moveUnresolved = "It is not known yet whether the service accepted the move; the same request is repeated."

func (r *moveRequest) Doubt(context.Context) (message string, pause time.Duration) {
	return moveUnresolved, 0
}

func (r *moveRequest) Write(ctx context.Context, facts ...movestate.Fact) error {
	return r.writeStatus(ctx, r.move, facts...)
}

func (r *moveRequest) WriteRetrying(ctx context.Context, facts ...movestate.Fact) error {
	return r.statuses().WriteRetrying(ctx, r.move, facts...)
}

func (r *moveRequest) Intended(id string, pins attempt.Pins) []movestate.Fact {
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

func (r *moveRequest) Unresolved(message string) movestate.Fact {
	return movestate.Unresolved{Message: message, At: r.Now()}
}

func (r *moveRequest) Adopted(pins attempt.Pins) movestate.Fact {
	return movestate.Adopted{Pins: pins, At: r.Now()}
}

func (r *moveRequest) Elsewhere(message string) movestate.Fact {
	return movestate.ProviderChanged{Message: message, At: r.Now()}
}

func (r *moveRequest) Made(answer telephony.Answer) movestate.Fact {
	return movestate.Accepted{Repeatability: answer.Repeatability, At: r.Now()}
}

func (r *moveRequest) NotMade(why once.Failure, retry time.Time) movestate.Fact {
	return movestate.NotSent{Reason: why.Reason, Message: why.Message, Retry: retry, At: r.Now()}
}

func (r *moveRequest) Refused(ctx context.Context, why once.Failure, cause error, service telephony.Service) movestate.Fact {
	return movestate.Refused{Code: why.Code, SubCode: why.SubCode, Message: refusal(ctx, r.move, service, cause), At: r.Now()}
}

// refusal says why the service will never accept the move: which of the calls is over, or the service's own words.
func refusal(ctx context.Context, move *v1alpha1.ParticipantMove, service telephony.Service, err error) string {
	message := once.CauseOf(err)
	if telephony.Is(err, telephony.ClassGone) {
		if gone := goneCalls(ctx, move, service); len(gone) > 0 {
			return fmt.Sprintf("%s The service no longer knows the call of %s.", message, strings.Join(gone, " and "))
		}
	}
	var failed *telephony.Error
	if errors.As(err, &failed) && failed.Words != "" {
		message += " The service said: " + conditions.Shortened(failed.Words, once.LongestWords)
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
func callsAreAt(connection *access.Connection, calls ...*v1alpha1.Call) error {
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
func (r *MoveReconciler) providerOf(ctx context.Context, move *v1alpha1.ParticipantMove) (types.NamespacedName, error) {
	if sent := move.Status.Attempt; sent != nil && sent.Service != nil {
		return types.NamespacedName{Namespace: move.Namespace, Name: sent.Service.ProviderName}, nil
	}
	for _, moved := range []*v1alpha1.MovedCall{move.Status.From, move.Status.To} {
		call := &v1alpha1.Call{}
		err := r.Get(ctx, types.NamespacedName{Namespace: move.Namespace, Name: moved.Name}, call)
		switch {
		case err == nil:
			return objects.ProviderKey(call), nil
		case !apierrors.IsNotFound(err):
			return types.NamespacedName{}, err
		}
	}
	return types.NamespacedName{}, telephony.Unusable(v1alpha1.ReasonCallNotFound,
		"Neither Call %s nor Call %s exists any more.", move.Status.From.Name, move.Status.To.Name)
}
