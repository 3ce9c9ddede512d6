// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operationstatus

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// heardAt is a fact that is heard later than it happened.
func heardAt(fact Fact, heard time.Time) Fact {
	switch f := fact.(type) {
	case Reported:
		f.At = heard
		return f
	case Accepted:
		f.At = heard
		return f
	case Unresolved:
		f.At = heard
		return f
	default:
		return fact
	}
}

// permute calls visit with every order of the facts, in place.
func permute(told []Fact, visit func([]Fact)) {
	all := slices.Clone(told)
	var place func(k int)
	place = func(k int) {
		if k == len(all) {
			visit(all)
			return
		}
		for i := k; i < len(all); i++ {
			all[k], all[i] = all[i], all[k]
			place(k + 1)
			all[k], all[i] = all[i], all[k]
		}
	}
	place(0)
}

// live applies the facts as they are heard, one a second.
func live(t *testing.T, begin, told []Fact) v1alpha1.ParticipantMoveStatus {
	t.Helper()
	status := ApplyToMove(unseen(), begin...)
	for i, fact := range told {
		status = check(t, status, heardAt(fact, second(100+i)))
	}
	return status
}

// timeless is a status without the times of its hearing.
func timeless(status v1alpha1.ParticipantMoveStatus) v1alpha1.ParticipantMoveStatus {
	status = *status.DeepCopy()
	for i := range status.Conditions {
		status.Conditions[i].LastTransitionTime = metav1.Time{}
	}
	if status.Result != nil {
		status.Result.EndTime = metav1.Time{}
	}
	return status
}

// TestEveryOrder hears of a move in every order, and of each thing twice in turn: the end is the same.
func TestEveryOrder(t *testing.T) {
	three := []Fact{observed(1), intended(2, one, two, other)}
	cases := []struct {
		name, reason string
		begin, told  []Fact
		outcome      v1alpha1.MoveOutcome
	}{
		{"moved", "early and late events say the same", sent, []Fact{accepted(0), succeeded(4, one), succeeded(5, two)}, v1alpha1.MoveOutcomeMoved},
		{"answer lost", "the events resolve the attempt", sent, []Fact{unresolved(0), succeeded(4, one), succeeded(5, two)}, v1alpha1.MoveOutcomeMoved},
		{"answer lost, then repeated", "whatever came first", sent, []Fact{unresolved(0), accepted(0), failed(4, one), succeeded(5, two)}, v1alpha1.MoveOutcomePartlyMoved},
		{"at the second try", "the wait of the first try ends with the first thing heard", after(sent, notSent(3), intended(33, one, two)), []Fact{accepted(0), succeeded(4, one), failed(5, two)}, v1alpha1.MoveOutcomePartlyMoved},
		{"failed", "nobody was moved", three, []Fact{accepted(0), failed(4, one), failed(5, two), failed(6, other)}, v1alpha1.MoveOutcomeFailed},
		{"some", "as many as there are", three, []Fact{accepted(0), succeeded(4, one), failed(5, two), succeeded(6, other)}, v1alpha1.MoveOutcomePartlyMoved},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			want := timeless(live(t, c.begin, c.told))
			if want.Result == nil || want.Result.Outcome != c.outcome {
				t.Fatalf("%s: ended as %+v, want %s", c.reason, want.Result, c.outcome)
			}
			for i := range c.told {
				permute(append(slices.Clone(c.told), c.told[i]), func(order []Fact) {
					if got := timeless(live(t, c.begin, order)); !reflect.DeepEqual(want, got) {
						t.Fatalf("%s: heard as %v (-want +got):\n%s", c.reason, order, cmp.Diff(want, got))
					}
				})
			}
		})
	}
}

// everyEnd are lives that end with every outcome that there is a fact for.
func everyEnd() [][]Fact {
	return [][]Fact{
		after(taken, succeeded(4, one), succeeded(5, two)), after(taken, succeeded(4, one), failed(5, two)),
		after(taken, failed(4, one), failed(5, two)), after(taken, seen(4, []string{one, two}, nil)), after(taken, abandoned(9)),
		after(sent, refused(9)), {observed(1), Impossible{Message: "no", At: second(9)}}, {observed(1), TimedOut{Message: "no", At: second(9)}},
	}
}

// TestTerminalStatesAbsorb: after any outcome no fact of any type changes anything but the observed generation.
func TestTerminalStatesAbsorb(t *testing.T) {
	for _, life := range everyEnd() {
		status := ApplyToMove(unseen(), life...)
		if status.Result == nil {
			t.Fatalf("%v do not end a move", life)
		}
		for kind := range byte(16) {
			for says := range byte(36) {
				fact := factFor(kind, says, 500)
				want := *status.DeepCopy()
				if o, ok := fact.(Observed); ok {
					want.ObservedGeneration = o.Generation
					for i := range want.Conditions {
						want.Conditions[i].ObservedGeneration = o.Generation
					}
				}
				if diff := cmp.Diff(want, ApplyToMove(status, fact)); diff != "" {
					t.Errorf("%#v changed %s (-want +got):\n%s", fact, status.Result.Outcome, diff)
				}
			}
		}
	}
}

// TestSilenceIsSurvived: a sighting tells the same as the events that were lost.
func TestSilenceIsSurvived(t *testing.T) {
	heard := ApplyToMove(unseen(), after(taken, succeeded(4, one), succeeded(5, two))...)
	for _, begin := range [][]Fact{sent, taken, after(sent, unresolved(3)), after(taken, succeeded(4, one)), after(taken, succeeded(4, two))} {
		if got := ApplyToMove(unseen(), after(begin, seen(5, []string{one, two}, nil))...); *got.Result != *heard.Result {
			t.Errorf("seen after %v it ended as %+v, heard of as %+v", begin, got.Result, heard.Result)
		}
	}
}
