// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
)

// Move is a ParticipantMove of phones from one Call to another, not created yet.
func (w *World) Move(name, from, to string, numbers ...string) *v1alpha1.ParticipantMove {
	move := &v1alpha1.ParticipantMove{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name},
		Spec: v1alpha1.ParticipantMoveSpec{
			From: v1alpha1.CallReference{Name: from}, To: v1alpha1.CallReference{Name: to},
		},
	}
	for _, number := range numbers {
		move.Spec.Participants = append(move.Spec.Participants, v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(number)})
	}
	return move
}

// CreateMove creates a ParticipantMove.
func (w *World) CreateMove(t testing.TB, move *v1alpha1.ParticipantMove) {
	t.Helper()
	must(t, w.Client.Create(t.Context(), move))
}

// DeleteMove deletes a ParticipantMove.
func (w *World) DeleteMove(t testing.TB, name string) {
	t.Helper()
	must(t, w.Client.Delete(t.Context(), w.Move(name, "", "")))
}

// AwaitMove waits until cond holds for a move and returns the revision for which it did.
func (w *World) AwaitMove(t testing.TB, name, what string, cond func(*v1alpha1.ParticipantMove) bool) *v1alpha1.ParticipantMove {
	t.Helper()
	var found *v1alpha1.ParticipantMove
	awaitIn(t, w, w.moves, name, what, func(move *v1alpha1.ParticipantMove, gone bool) bool {
		if move == nil || gone || !cond(move) {
			return false
		}
		found = move
		return true
	}, describeMove)
	return found
}

// AwaitMoveEnd waits until a move has a result.
func (w *World) AwaitMoveEnd(t testing.TB, name string) *v1alpha1.ParticipantMove {
	t.Helper()
	return w.AwaitMove(t, name, "it has a result", func(move *v1alpha1.ParticipantMove) bool { return move.Status.Result != nil })
}

// AwaitMoveWaits waits until a move waits for a reason.
func (w *World) AwaitMoveWaits(t testing.TB, name, reason string) *v1alpha1.ParticipantMove {
	t.Helper()
	return w.AwaitMove(t, name, "it waits as "+reason, func(move *v1alpha1.ParticipantMove) bool {
		return move.Status.Waiting != nil && move.Status.Waiting.Reason == reason
	})
}

// AwaitMoveGone waits until a move is gone.
func (w *World) AwaitMoveGone(t testing.TB, name string) {
	t.Helper()
	awaitIn(t, w, w.moves, name, "it is gone", func(_ *v1alpha1.ParticipantMove, gone bool) bool { return gone }, describeMove)
}

// MoveRevisions are all that was ever seen of a move.
func (w *World) MoveRevisions(name string) []*v1alpha1.ParticipantMove { return w.moves.of(name) }

func describeMove(move *v1alpha1.ParticipantMove, gone bool) string {
	switch {
	case move == nil:
		return "not there"
	case gone:
		return "gone"
	}
	status, err := yaml.Marshal(move.Status)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("deletion %v, finalizers %v\n%s", move.DeletionTimestamp, move.Finalizers, status)
}

// checkMoves finds what no move may ever do, in all that the moves of the World did.
func (w *World) checkMoves(t testing.TB) {
	t.Helper()
	for _, name := range w.moves.names() {
		all := w.moves.of(name)
		for i := 1; i < len(all); i++ {
			if fault := illegalMove(all[i-1], all[i]); fault != "" {
				t.Errorf("ParticipantMove %s, resource version %s: %s\nbefore: %s\nafter: %s", name, all[i].ResourceVersion, fault,
					describeMove(all[i-1], false), describeMove(all[i], false))
			}
		}
	}
}

// illegalMove says what is wrong with the step from one revision of a move to the next.
func illegalMove(before, after *v1alpha1.ParticipantMove) string {
	was, is := &before.Status, &after.Status
	switch {
	case before.UID != after.UID:
		return ""
	case was.Result != nil && (is.Result == nil || *was.Result != *is.Result):
		return "a result changed, which is final"
	case was.Accepted && !is.Accepted:
		return "the service is no longer known to have taken it"
	case was.Accepted && was.Attempt.ID != is.Attempt.ID:
		return "what the service had taken was tried anew"
	case was.ObservedGeneration > is.ObservedGeneration:
		return "the observed generation went back"
	}
	for _, p := range was.Participants {
		if p.State != v1alpha1.ParticipantPending && !slices.Contains(is.Participants, p) {
			return "what became of a participant changed"
		}
	}
	return ""
}

// MoveRequest is a moveParticipants that reached the service.
type MoveRequest struct {
	// Context is the operation context, which is the attempt's ID.
	Context string
	// Status is the answer; Repeated says that it was answered from memory.
	Status   int
	Repeated bool
}

// MoveRequests are the moveParticipants that reached the service, in order.
func (s *Simulator) MoveRequests() []MoveRequest {
	var requests []MoveRequest
	for _, e := range s.simulator.Journal() {
		if e.Kind == simulator.EntryRequest && e.Operation == "moveParticipants" {
			requests = append(requests, MoveRequest{Context: e.OperationContext, Status: e.Status, Repeated: e.Repeated})
		}
	}
	return requests
}

// Moves is how many moveParticipants the service carried out.
func (s *Simulator) Moves() int {
	return len(slices.DeleteFunc(s.MoveRequests(), func(r MoveRequest) bool { return r.Status/100 != 2 || r.Repeated }))
}

// MoveEvents are the contexts of the operations that the service reported about, a participant each, in order.
func (s *Simulator) MoveEvents() []string {
	var contexts []string
	for _, e := range s.simulator.Journal() {
		if e.Kind == simulator.EntryEvent && strings.HasPrefix(e.EventType, "MoveParticipant") {
			contexts = append(contexts, e.OperationContext)
		}
	}
	return contexts
}

// AwaitReady waits until nothing is to be heard of the World's Calls any more but by what a test does: each is connected
// and its roster is that of a call between two.
func (w *World) AwaitReady(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		w.AwaitRoster(t, name, 2)
	}
}

// AwaitRoster waits until a connected Call has so many participants.
func (w *World) AwaitRoster(t testing.TB, name string, count int32) *v1alpha1.Call {
	t.Helper()
	return w.Await(t, name, fmt.Sprintf("it is connected and has %d participants", count), func(call *v1alpha1.Call) bool {
		return call.Status.ConnectedTime != nil && call.Status.Result == nil &&
			call.Status.ParticipantCount != nil && *call.Status.ParticipantCount == count
	})
}
