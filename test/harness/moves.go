// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"fmt"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/acs"
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

// checkOneAtATime follows all moves in the order of their writes, and finds two in flight that exclude each other.
func (w *World) checkOneAtATime(t testing.TB) {
	t.Helper()
	var all []*v1alpha1.ParticipantMove
	for _, name := range w.moves.names() {
		all = append(all, w.moves.of(name)...)
	}
	slices.SortStableFunc(all, func(a, b *v1alpha1.ParticipantMove) int {
		order, err := resourceversion.CompareResourceVersion(a.ResourceVersion, b.ResourceVersion)
		must(t, err)
		return order
	})
	inFlight := map[string]*v1alpha1.ParticipantMove{}
	for _, move := range all {
		delete(inFlight, move.Name)
		if move.Status.Attempt == nil || move.Status.Result != nil {
			continue
		}
		for _, other := range inFlight {
			if excludeEachOther(move, other) {
				t.Errorf("ParticipantMoves %s and %s were in flight at once", move.Name, other.Name)
			}
		}
		inFlight[move.Name] = move
	}
}

// excludeEachOther tells whether two moves are of one source Call or of one participant.
func excludeEachOther(a, b *v1alpha1.ParticipantMove) bool {
	return a.Status.From.Name == b.Status.From.Name ||
		slices.ContainsFunc(a.Status.Participants, func(p v1alpha1.MovedParticipant) bool {
			return slices.ContainsFunc(b.Status.Participants, func(q v1alpha1.MovedParticipant) bool { return p.RawID == q.RawID })
		})
}

// MoveRequest is a moveParticipants that reached the service.
type MoveRequest struct {
	// ID is the Repeatability-Request-ID, which is the attempt's.
	ID string
	// Status is the answer; Repeated says that it was answered from memory.
	Status   int
	Repeated bool
}

// MoveRequests are the moveParticipants that reached the service, in order.
func (s *Simulator) MoveRequests() []MoveRequest {
	var requests []MoveRequest
	for _, e := range s.simulator.Journal() {
		if e.Kind == simulator.EntryRequest && e.Operation == "moveParticipants" {
			requests = append(requests, MoveRequest{ID: e.RepeatabilityID, Status: e.Status, Repeated: e.Repeated})
		}
	}
	return requests
}

// Moves is how many moveParticipants the service carried out.
func (s *Simulator) Moves() int {
	return len(slices.DeleteFunc(s.MoveRequests(), func(r MoveRequest) bool { return r.Status/100 != 2 || r.Repeated }))
}

// EndAtService ends a Call's call at the service, as if somebody there had.
func (w *World) EndAtService(t testing.TB, name string) {
	t.Helper()
	call := w.Await(t, name, "the service knows it", func(call *v1alpha1.Call) bool { return call.Status.ConnectionID != "" })
	endpoint, key, err := acs.ParseConnectionString(w.Sim.ConnectionString())
	must(t, err)
	service, err := acs.NewClient(endpoint, key, &acs.ClientOptions{AllowHTTP: true})
	must(t, err)
	must(t, service.Terminate(t.Context(), call.Status.ConnectionID, acs.Repeatability{}))
	for {
		if _, err := service.GetCall(t.Context(), call.Status.ConnectionID); err != nil {
			return
		}
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
