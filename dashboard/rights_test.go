// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// answering is an API server that answers reviews in one way.
type answering struct {
	client.Client
	denied bool
	err    error
}

func (a *answering) Create(_ context.Context, object client.Object, _ ...client.CreateOption) error {
	object.(*authorizationv1.SelfSubjectAccessReview).Status.Allowed = !a.denied
	return a.err
}

// TestRightsWhenTheServerDoesNotAnswer asks several times, of a server that answers differently each time.
func TestRightsWhenTheServerDoesNotAnswer(t *testing.T) {
	t.Parallel()
	broken := errors.New("timed out")
	denied := Rights{
		Dial: "You may not create calls in the namespace team.", Change: "You may not patch calls in the namespace team.",
		Move: "You may not create participantmoves in the namespace team.", Operate: "You may not create callactions in the namespace team.",
		Suspend: "You may not patch dialouts in the namespace team.",
	}
	unknown := Rights{Dial: notSaid + "timed out", Change: notSaid + "timed out", Move: notSaid + "timed out", Operate: notSaid + "timed out", Suspend: notSaid + "timed out"}
	allowed, refused, silent := &answering{}, &answering{denied: true}, &answering{err: broken}
	cases := []struct {
		name, reason string
		answers      []*answering
		want         Rights
		last         time.Duration
	}{
		{"allowed", "an answer is cached", []*answering{allowed}, Rights{}, rightsLast},
		{"refused", "a refusal too", []*answering{refused}, denied, rightsLast},
		{"never answered", "a failed review is retried soon", []*answering{silent}, unknown, rightsRetry},
		{"silent after yes", "a failed review keeps the previous rights", []*answering{allowed, silent}, Rights{}, rightsRetry},
		{"silent after no", "and the previous refusals", []*answering{refused, silent}, denied, rightsRetry},
		{"answered at last", "a later answer replaces the failure", []*answering{silent, refused}, denied, rightsLast},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			r := newRights(nil, func() {})
			r.now = func() time.Time { return now }
			var again time.Duration
			r.after = func(d time.Duration, _ func()) { again = d }
			r.known["team"] = knownRights{rights: unasked}
			for _, answer := range tc.answers {
				again, r.client = 0, answer
				r.ask(t.Context(), "team")
			}
			known := r.known["team"]
			if diff := cmp.Diff(tc.want, known.rights); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if last := known.until.Sub(now); last != tc.last {
				t.Errorf("%s: the answer is cached for %s, want %s", tc.reason, last, tc.last)
			}
			if (again != 0) != (tc.last == rightsRetry) {
				t.Errorf("%s: it is asked again after %s", tc.reason, again)
			}
		})
	}
}
