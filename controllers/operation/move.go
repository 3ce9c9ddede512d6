// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/calloperation"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
	"github.com/call-operator/call-operator/telephony"
)

// Moves are the ParticipantMoves.
var Moves = Kind{
	name: "ParticipantMove", callbacks: callbackurl.KindParticipantMoves, finalizer: v1alpha1.ParticipantMoveFinalizer,
	words: words{
		noun: "move", can: "participants can be moved", cannot: "nobody can be moved from it or to it",
		nothing: "Nobody was moved.", sharing: "of the same Call or participant",
		turn: v1alpha1.ReasonMoveInFlight, deadline: "spec.timeout",
	},
	newObject: func() client.Object { return &v1alpha1.ParticipantMove{} },
	newList:   func() client.ObjectList { return &v1alpha1.ParticipantMoveList{} },
	of:        func(object client.Object) operation { return move{object.(*v1alpha1.ParticipantMove)} },
}

// move is a ParticipantMove. The first of its Calls is the one that it moves from, the second the one that it moves to.
type move struct{ *v1alpha1.ParticipantMove }

func (m move) object() client.Object { return m.ParticipantMove }

func (m move) status() *v1alpha1.OperationStatus { return &m.Status.OperationStatus }

func (m move) ended() *metav1.Time {
	if m.Status.Result == nil {
		return nil
	}
	return &m.Status.Result.EndTime
}

func (m move) timeout() time.Duration { return m.Timeout() }

func (m move) patience() time.Duration { return patience }

func (m move) request() string { return "moveParticipants" }

func (m move) traits() traits { return traits{repeats: true, inRoster: true} }

func (m move) spec() any { return m.Spec }

func (m move) timeToLive() *int32 { return m.Spec.TTLSecondsAfterFinished }

func (m move) references() []v1alpha1.CallReference {
	return []v1alpha1.CallReference{m.Spec.From, m.Spec.To}
}

func (m move) sent() []*v1alpha1.OperatedCall {
	return []*v1alpha1.OperatedCall{m.Status.From, m.Status.To}
}

func (m move) impossible(calls []*v1alpha1.Call) blocker {
	source, target := calls[0], calls[1]
	switch {
	case source == nil || target == nil:
		return blocker{}
	case source.UID == target.UID:
		return permanent("from and to both lead to Call %s: the participants are there already.", source.Name)
	case objects.ProviderKey(source) != objects.ProviderKey(target):
		return permanent("Call %s is of CallProvider %s and Call %s of CallProvider %s: participants can be moved only between calls of one provider.",
			source.Name, source.Spec.ProviderRef.Name, target.Name, target.Spec.ProviderRef.Name)
	default:
		return blocker{}
	}
}

// called is nobody: who is moved is in a call already.
func (m move) called() *v1alpha1.Identifier { return nil }

func (m move) unready(*observation) blocker { return blocker{} }

// claims are the Call that it moves from, since the move may end it, and the participants, since nobody can be in two places.
func (m move) claims(calls []string) calloperation.Claims {
	claims := []string{"from " + calls[0]}
	for i := range m.Spec.Participants {
		if key := party.Key(&m.Spec.Participants[i]); key != "" {
			claims = append(claims, "participant "+key)
		}
	}
	return calloperation.Claims{Holds: claims, Needs: claims}
}

func (m move) intent(calls []v1alpha1.OperatedCall, _ []resolvedCall, _ string) operationstatus.Intended {
	participants := make([]string, len(m.Spec.Participants))
	for i := range m.Spec.Participants {
		participants[i] = party.RawID(&m.Spec.Participants[i])
	}
	return operationstatus.Intended{Calls: calls, Participants: participants}
}

func (m move) send(ctx context.Context, service telephony.Service, attempt telephony.Attempt, _ []resolvedCall) (telephony.Answer, error) {
	request := telephony.MoveRequest{From: m.Status.From.ConnectionID, To: m.Status.To.ConnectionID}
	for i := range m.Status.Participants {
		request.Participants = append(request.Participants, m.Status.Participants[i].RawID)
	}
	return service.Move(ctx, request, attempt)
}

func (m move) stop(context.Context, telephony.Service, telephony.Attempt) error { return nil }

func (m move) remind(context.Context, telephony.Reminder, telephony.Attempt) error { return nil }

func (m move) write(ctx context.Context, r *Reconciler, facts ...operationstatus.Fact) error {
	return m.statuses(r).Write(ctx, m.ParticipantMove, facts...)
}

func (m move) writeRetrying(ctx context.Context, r *Reconciler, facts ...operationstatus.Fact) error {
	return m.statuses(r).WriteRetrying(ctx, m.ParticipantMove, facts...)
}

func (m move) statuses(r *Reconciler) objects.StatusWriter[v1alpha1.ParticipantMove, *v1alpha1.ParticipantMove, v1alpha1.ParticipantMoveStatus, operationstatus.Fact] {
	return objects.StatusWriter[v1alpha1.ParticipantMove, *v1alpha1.ParticipantMove, v1alpha1.ParticipantMoveStatus, operationstatus.Fact]{
		Client: r.Client, Live: r.Live, Recorder: r.Recorder, Tracer: r.Tracer, Expired: &r.Expired,
		Status: func(move *v1alpha1.ParticipantMove) *v1alpha1.ParticipantMoveStatus { return &move.Status },
		Spec:   func(move *v1alpha1.ParticipantMove) any { return move.Spec },
		TTL:    func(move *v1alpha1.ParticipantMove) *int32 { return move.Spec.TTLSecondsAfterFinished },
		Apply: func(move *v1alpha1.ParticipantMove, facts ...operationstatus.Fact) v1alpha1.ParticipantMoveStatus {
			observed := operationstatus.Observed{Generation: move.Generation, At: r.Now()}
			return operationstatus.ApplyToMove(move.Status, append([]operationstatus.Fact{observed}, facts...)...)
		},
		Announce: operationstatus.AnnounceMove,
		First:    func(status *v1alpha1.ParticipantMoveStatus) bool { return status.ObservedGeneration < 0 },
		Changed: func(move *v1alpha1.ParticipantMove, before, after *v1alpha1.ParticipantMoveStatus) {
			r.Metrics.Life().MoveChanged(before, after)
			r.Tracer.MoveChanged(move, before, after)
		},
	}
}
