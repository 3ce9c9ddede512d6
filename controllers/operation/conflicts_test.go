// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access/accesstest"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/telephony/telephonytest"
)

// newReconciler reads from and writes to an API server in memory, through the interceptors. Providers have their
// connections already.
func newReconciler(t *testing.T, funcs interceptor.Funcs, objects ...client.Object) *Reconciler {
	t.Helper()
	api := controllertest.NewAPI(t, moveIndexes, interceptor.Funcs{}, append(objects, controllertest.ProviderWith())...)
	now := func() time.Time { return controllertest.Epoch.Add(time.Minute) }
	connections := accesstest.New(api, now)
	connections.Adapter = telephonytest.Adapter{Service: &telephonytest.Service{}}
	through := interceptor.NewClient(api, funcs)
	return &Reconciler{
		Kind: Moves,
		Base: once.Base{
			Client: through, Live: through, Recorder: events.NewFakeRecorder(100), Connections: connections, Now: now, NewID: func() string { return "id" },
		},
	}
}

func moveIndexes(builder *fake.ClientBuilder) *fake.ClientBuilder {
	for name, values := range Moves.Indexers() {
		builder = builder.WithIndex(&v1alpha1.ParticipantMove{}, name, values)
	}
	return builder
}

// movesAt is a Reconciler on an API server in memory and an ACS that is a stub.
func movesAt(t *testing.T, api client.WithWatch, service *controllertest.ACSStub) (*Reconciler, *events.FakeRecorder) {
	t.Helper()
	now, recorder := controllertest.NewClock(), events.NewFakeRecorder(64)
	connections := accesstest.New(api, now.Now)
	accesstest.SetTransport(connections, service)
	return &Reconciler{
		Kind: Moves,
		Base: once.Base{
			Client: api, Live: api, Recorder: recorder, Connections: connections, CallbackKeys: controllertest.KeysOf(t, "k"), Now: now.Now,
			NewID: func() string { return "attempt" },
		},
	}, recorder
}

func readMove(t *testing.T, r *Reconciler, name string) *v1alpha1.ParticipantMove {
	t.Helper()
	move := &v1alpha1.ParticipantMove{}
	if err := r.Get(t.Context(), client.ObjectKey{Namespace: "n", Name: name}, move); err != nil {
		t.Fatal(err)
	}
	return move
}

// TestLineIsClosedWhileOneGoes: from the look at the other moves until the intent is written nobody else may look, or two
// moves would not see each other. Here the older one is not in line at first, so that the younger one goes.
func TestLineIsClosedWhileOneGoes(t *testing.T) {
	var r *Reconciler
	looks, writes := 0, 0
	closed := func(what string) {
		if r.claiming.of("").TryLock() {
			r.claiming.of("").Unlock()
			t.Errorf("the line is open while %s", what)
		}
	}
	r = newReconciler(t, interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			if _, ok := list.(*v1alpha1.ParticipantMoveList); ok {
				looks++
				closed("one looks at it")
			}
			return c.List(ctx, list, options...)
		},
		SubResourceUpdate: func(ctx context.Context, c client.Client, _ string, object client.Object, options ...client.SubResourceUpdateOption) error {
			writes++
			closed("an intent is written")
			return c.Status().Update(ctx, object, options...)
		},
	},
		controllertest.OnTheAir("a"), controllertest.OnTheAir("b"),
		controllertest.MoveWith(named("older", 0), waitingMove(v1alpha1.ReasonThrottled, time.Hour)), controllertest.MoveWith(named("younger", time.Second)))
	next, err := claimed(t, r, readMove(t, r, "younger"))
	if err != nil || next.action != actionSend || looks != 1 || writes != 1 {
		t.Fatalf("decided %+v, error %v, with %d looks and %d writes", next, err, looks, writes)
	}
	younger := readMove(t, r, "younger")
	if younger.Status.Attempt == nil || !controllerutil.ContainsFinalizer(younger, v1alpha1.ParticipantMoveFinalizer) {
		t.Errorf("the request is about to be sent, and the API server knows %+v", younger)
	}
	older := readMove(t, r, "older")
	older.Status.Waiting = nil
	next, err = claimed(t, r, older)
	if err != nil || next.action != actionSayWhy || next.reason != v1alpha1.ReasonMoveInFlight {
		t.Errorf("the older one decided %+v, error %v: want it to wait for the one in flight", next, err)
	}
}

// claimed is what a move that waits for nothing but its turn does next.
func claimed(t *testing.T, r *Reconciler, move *v1alpha1.ParticipantMove) (decision, error) {
	t.Helper()
	o, err := r.observe(t.Context(), Moves.of(move))
	if err != nil {
		t.Fatal(err)
	}
	return r.claim(t.Context(), o)
}

// TestOlderGoesFirst: a move looks at what the references of older ones lead to, not at what they say they wait for.
func TestOlderGoesFirst(t *testing.T) {
	selecting := func(m *v1alpha1.ParticipantMove) {
		m.Spec.From = v1alpha1.CallReference{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"team": "a"}}}
	}
	labelled := func(c *v1alpha1.Call) { c.Labels = map[string]string{"team": "a"} }
	cases := []struct {
		name, reason string
		older        *v1alpha1.ParticipantMove
		want         action
	}{
		{"by name", "it moves from the same Call", controllertest.MoveWith(named("older", 0), movesPhone("+14255550199")), actionSayWhy},
		{"by selector", "so does this one", controllertest.MoveWith(named("older", 0), movesPhone("+14255550199"), selecting), actionSayWhy},
		{"not waiting any more", "its Call is there, it only has not looked", controllertest.MoveWith(named("older", 0), waitingMove(v1alpha1.ReasonCallNotFound, 0)), actionSayWhy},
		{"without its Call", "it cannot go", controllertest.MoveWith(named("older", 0), func(m *v1alpha1.ParticipantMove) { m.Spec.To.Name = "c" }), actionSend},
		{"over", "it went", controllertest.MoveWith(named("older", 0), overMove(0)), actionSend},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newReconciler(t, interceptor.Funcs{}, controllertest.OnTheAir("a", labelled), controllertest.OnTheAir("b"), c.older, controllertest.MoveWith(named("younger", time.Second)))
			if next, err := claimed(t, r, readMove(t, r, "younger")); err != nil || next.action != c.want {
				t.Errorf("%s: decided %+v, error %v, want %s", c.reason, next, err, c.want)
			}
		})
	}
}

// TestWhoIsWoken by a Call, by a provider, and by a move that steps aside.
func TestWhoIsWoken(t *testing.T) {
	bySelector := func(m *v1alpha1.ParticipantMove) {
		m.Spec.To = v1alpha1.CallReference{Selector: &metav1.LabelSelector{}}
	}
	toC := func(m *v1alpha1.ParticipantMove) { m.Spec.From.Name, m.Spec.To.Name = "c", "d" }
	r := newReconciler(t, interceptor.Funcs{},
		controllertest.MoveWith(named("names-it", 0)), controllertest.MoveWith(named("selects", 0), bySelector), controllertest.MoveWith(named("names-another", 0), toC),
		controllertest.MoveWith(named("sent", 0), controllertest.SentMove), controllertest.MoveWith(named("over", 0), overMove(0)))
	var byCall, byMove []string
	for _, request := range r.waitingFor(t.Context(), controllertest.OnTheAir("b")) {
		byCall = append(byCall, request.Name)
	}
	for _, request := range r.unsentNear(t.Context(), controllertest.MoveWith()) {
		byMove = append(byMove, request.Name)
	}
	slices.Sort(byMove)
	if diff := cmp.Diff([]string{"names-it", "selects"}, byCall); diff != "" {
		t.Errorf("a Call wakes who may wait for it (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"names-another", "names-it", "selects"}, byMove); diff != "" {
		t.Errorf("a move that steps aside wakes who is not sent (-want +got):\n%s", diff)
	}
}

// TestWhatWakes: not every change does.
func TestWhatWakes(t *testing.T) {
	takenBack := controllertest.MoveWith(controllertest.SentMove, waitingMove(v1alpha1.ReasonThrottled, time.Minute), func(m *v1alpha1.ParticipantMove) { m.Status.Attempt = nil })
	moves := []struct {
		reason        string
		before, after *v1alpha1.ParticipantMove
		want          bool
	}{
		{"it is over", controllertest.MoveWith(controllertest.AcceptedMove), controllertest.MoveWith(overMove(0)), true},
		{"it ended without being sent", controllertest.MoveWith(), controllertest.MoveWith(overMove(0)), true},
		{"it will not be sent", controllertest.MoveWith(), controllertest.MoveWith(controllertest.DeletedMove), true},
		{"it backs off", controllertest.MoveWith(controllertest.SentMove), takenBack, true},
		{"it waits for a provider", controllertest.MoveWith(), controllertest.MoveWith(waitingMove(v1alpha1.ReasonSecretNotFound, 0)), true},
		{"it is sent, and holds up more than before", controllertest.MoveWith(), controllertest.MoveWith(controllertest.SentMove), false},
		{"it is deleted in flight", controllertest.MoveWith(controllertest.SentMove), controllertest.MoveWith(controllertest.SentMove, controllertest.DeletedMove), false},
		{"it begins to wait for a Call, as others do", controllertest.MoveWith(), controllertest.MoveWith(waitingMove(v1alpha1.ReasonCallNotFound, 0)), false},
		{"it was over before", controllertest.MoveWith(overMove(0)), controllertest.MoveWith(overMove(0), controllertest.DeletedMove), false},
	}
	for _, c := range moves {
		if got := (&Reconciler{Kind: Moves}).changesThatUnblock().Update(event.UpdateEvent{ObjectOld: c.before, ObjectNew: c.after}); got != c.want {
			t.Errorf("a move wakes others: %t, when %s", got, c.reason)
		}
	}
	labelled := controllertest.OnTheAir("a")
	labelled.Labels = map[string]string{"team": "a"}
	roster := controllertest.OnTheAir("a")
	roster.Status.RosterSequence = 7
	calls := []struct {
		reason        string
		before, after *v1alpha1.Call
		want          bool
	}{
		{"it was answered", controllertest.CallWith(controllertest.Placed), controllertest.OnTheAir("a"), true},
		{"it is being hung up", controllertest.OnTheAir("a"), controllertest.OnTheAir("a", controllertest.EndingSince(0, v1alpha1.EndingRequested)), true},
		{"it is over", controllertest.OnTheAir("a"), controllertest.OnTheAir("a", controllertest.EndedAt(0)), true},
		{"it got a label", controllertest.OnTheAir("a"), labelled, true},
		{"somebody was muted", controllertest.OnTheAir("a"), roster, false},
	}
	for _, c := range calls {
		if got := (&Reconciler{Kind: Moves}).callsThatChange().Update(event.UpdateEvent{ObjectOld: c.before, ObjectNew: c.after}); got != c.want {
			t.Errorf("a Call wakes moves: %t, when %s", got, c.reason)
		}
	}
}

// TestMoveIndexes: who waits for a Call, and who is not over.
func TestMoveIndexes(t *testing.T) {
	cases := []struct {
		move        *v1alpha1.ParticipantMove
		open, calls []string
	}{
		{controllertest.MoveWith(), []string{isOpen}, []string{"a", "b"}},
		{controllertest.MoveWith(func(m *v1alpha1.ParticipantMove) {
			m.Spec.From, m.Spec.To = v1alpha1.CallReference{}, v1alpha1.CallReference{}
		}), []string{isOpen}, []string{bySelector}},
		{controllertest.MoveWith(controllertest.SentMove), []string{isOpen}, nil},
		{controllertest.MoveWith(overMove(0)), nil, nil},
	}
	for i, c := range cases {
		calls := waitsFor(move{c.move})
		slices.Sort(calls)
		if diff := cmp.Diff([][]string{c.open, c.calls}, [][]string{Moves.Indexers()[openIndex](c.move), calls}); diff != "" {
			t.Error(fmt.Sprintf("case %d (-want +got):", i), diff)
		}
	}
}
