// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package telephonytest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/internal/rawid"
	"github.com/call-operator/call-operator/telephony"
)

// patience is how long a case waits for what a service does or reports.
const patience = 20 * time.Second

// World is a service with phones, for [Conformance].
type World struct {
	Service telephony.Service
	// From is a number that may be shown as the caller's.
	From v1alpha1.PhoneNumber
	// Answers and AlsoAnswers are phones that answer soon, and Rings one that rings for ever. Busy and Declines refuse.
	Answers, AlsoAnswers, Rings, Busy, Declines v1alpha1.PhoneNumber
	// RingsOf counts how often a phone rang.
	RingsOf func(v1alpha1.PhoneNumber) int
	// Reported is what the service reported, and CallbackURL where it does.
	Reported    *Reported
	CallbackURL string
}

// Reported collects what a service reports.
type Reported struct {
	mu     sync.Mutex
	events []telephony.Event
}

// Add adds an event.
func (r *Reported) Add(event telephony.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, event)
}

// outcome is how an attempt's operation ended, "" before that.
func (r *Reported) outcome(attempt string) v1alpha1.ActionOutcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.events {
		if news, ok := r.events[i].News.(telephony.OperationReported); ok && news.Attempt == attempt && news.Outcome != "" {
			return news.Outcome
		}
	}
	return ""
}

// of is the news about a call, oldest first.
func (r *Reported) of(connection string) []telephony.News {
	r.mu.Lock()
	defer r.mu.Unlock()
	var news []telephony.News
	for i := range r.events {
		if r.events[i].Call.Connection == connection && r.events[i].News != nil {
			news = append(news, r.events[i].News)
		}
	}
	return news
}

// Conformance tries what every adapter promises. NewWorld returns a service whose phones are idle.
func Conformance(t *testing.T, newWorld func(t *testing.T) World) {
	t.Helper()
	cases := []struct {
		name, reason string
		try          func(t *testing.T, w conformance)
	}{
		{"answered", "a call rings, is answered, has a roster and ends for everybody", answered},
		{"repeated", "one attempt rings once, however often its request is sent", repeated},
		{"repeated by two", "two processes that send one attempt at the same time ring once", repeatedByTwo},
		{"busy", "a refusal has the same cause everywhere", refused(func(w World) v1alpha1.PhoneNumber { return w.Busy }, telephony.CauseBusy)},
		{"declined", "a refusal has the same cause everywhere", refused(func(w World) v1alpha1.PhoneNumber { return w.Declines }, telephony.CauseDeclined)},
		{"hung up while it rings", "nobody was connected", hungUpWhileRinging},
		{"moved", "a participant changes calls, and a call that everybody has left is over", moved},
		{"added", "somebody is called into a call, once, and can be removed", added},
		{"added, busy", "who is busy does not end the call", notAdded(func(w World) v1alpha1.PhoneNumber { return w.Busy }, v1alpha1.ActionBusy)},
		{"added, declined", "who declines does not end the call", notAdded(func(w World) v1alpha1.PhoneNumber { return w.Declines }, v1alpha1.ActionDeclined)},
		{"unknown", "only the service's own word says that a call is gone", unknown},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.try(t, conformance{World: newWorld(t), reason: c.reason})
		})
	}
}

// conformance is a world with what all cases need.
type conformance struct {
	World
	reason string
}

// attempt is the record of a new request.
func (w conformance) attempt() telephony.Attempt {
	id := uuid.NewString()
	record := &v1alpha1.RequestAttempt{ID: id, FirstSent: metav1.Now()}
	var committing sync.Mutex
	return telephony.Attempt{
		Record: record, CallbackURL: w.CallbackURL,
		Target: callbackurl.Target{Kind: callbackurl.KindCalls, Namespace: "n", Name: "call", UID: types.UID(id)},
		Commit: func(context.Context) error {
			committing.Lock()
			defer committing.Unlock()
			if record.CommittedTime != nil {
				return errConflict
			}
			now := metav1.Now()
			record.CommittedTime = &now
			return nil
		},
	}
}

// errConflict is what the second of two writers of a record gets.
var errConflict = errors.New("the record was changed by another process")

func (w conformance) dial(t *testing.T, to v1alpha1.PhoneNumber) (connection string, attempt telephony.Attempt) {
	t.Helper()
	attempt = w.attempt()
	answer, err := w.Service.Dial(t.Context(), w.to(to), attempt)
	if err != nil || answer.Call.Connection == "" {
		t.Fatalf("%s: dial: %+v, %v", w.reason, answer, err)
	}
	return answer.Call.Connection, attempt
}

func (w conformance) to(number v1alpha1.PhoneNumber) telephony.DialRequest {
	return telephony.DialRequest{From: &v1alpha1.Caller{PhoneNumber: w.From}, To: &v1alpha1.Identifier{PhoneNumber: number}}
}

func (w conformance) until(t *testing.T, what string, is func(context.Context) bool) {
	t.Helper()
	if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) { return is(ctx), nil }); err != nil {
		t.Fatalf("%s: %s: %v", w.reason, what, err)
	}
}

func (w conformance) untilConnected(t *testing.T, connection string) {
	t.Helper()
	w.until(t, "connected", func(ctx context.Context) bool {
		state, err := w.Service.State(ctx, connection)
		return err == nil && state.Phase == telephony.PhaseConnected && state.Call.Connection == connection
	})
}

func (w conformance) untilGone(t *testing.T, connection string) {
	t.Helper()
	w.until(t, "gone", func(ctx context.Context) bool {
		_, err := w.Service.State(ctx, connection)
		return telephony.Is(err, telephony.ClassGone)
	})
}

// untilReported waits for news of the type N about a call.
func untilReported[N telephony.News](t *testing.T, w conformance, connection string) N {
	t.Helper()
	var found N
	w.until(t, fmt.Sprintf("%T is reported", found), func(context.Context) bool {
		for _, news := range w.Reported.of(connection) {
			if n, ok := news.(N); ok {
				found = n
				return true
			}
		}
		return false
	})
	return found
}

// phones are the raw IDs of the phones in a call. A service may list the application too.
func (w conformance) phones(ctx context.Context, connection string) []string {
	roster, err := w.Service.Roster(ctx, connection)
	if err != nil {
		return []string{err.Error()}
	}
	var ids []string
	for _, p := range roster {
		if strings.HasPrefix(p.ID, rawid.PhonePrefix) {
			ids = append(ids, p.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func rawIDs(numbers ...v1alpha1.PhoneNumber) []string {
	ids := make([]string, len(numbers))
	for i, number := range numbers {
		ids[i] = party.RawID(&v1alpha1.Identifier{PhoneNumber: number})
	}
	slices.Sort(ids)
	return ids
}

func (w conformance) untilPhones(t *testing.T, connection string, numbers ...v1alpha1.PhoneNumber) {
	t.Helper()
	want := rawIDs(numbers...)
	var got []string
	defer func() {
		if t.Failed() {
			t.Logf("the phones in the call are %v, want %v", got, want)
		}
	}()
	w.until(t, "the roster", func(ctx context.Context) bool {
		got = w.phones(ctx, connection)
		return cmp.Equal(want, got)
	})
}

func (w conformance) hangUp(t *testing.T, connection string) {
	t.Helper()
	if err := w.Service.HangUp(t.Context(), connection); err != nil {
		t.Fatalf("%s: hang up: %v", w.reason, err)
	}
	w.untilGone(t, connection)
	if err := w.Service.HangUp(t.Context(), connection); !telephony.Is(err, telephony.ClassGone) {
		t.Errorf("%s: hanging up a call that is over: %v", w.reason, err)
	}
}

func answered(t *testing.T, w conformance) {
	connection, _ := w.dial(t, w.Answers)
	w.untilConnected(t, connection)
	untilReported[telephony.Connected](t, w, connection)
	w.untilPhones(t, connection, w.Answers)
	untilReported[telephony.Roster](t, w, connection)
	w.hangUp(t, connection)
	untilReported[telephony.Disconnected](t, w, connection)
	if rings := w.RingsOf(w.Answers); rings != 1 {
		t.Errorf("%s: the phone rang %d times", w.reason, rings)
	}
}

func repeated(t *testing.T, w conformance) {
	connection, attempt := w.dial(t, w.Answers)
	for range 3 {
		again, err := w.Service.Dial(t.Context(), w.to(w.Answers), attempt)
		if err != nil || again.Call.Connection != connection {
			t.Errorf("%s: the repetition got %+v, %v", w.reason, again, err)
		}
	}
	w.untilConnected(t, connection)
	w.hangUp(t, connection)
	if rings := w.RingsOf(w.Answers); rings != 1 {
		t.Errorf("%s: the phone rang %d times", w.reason, rings)
	}
}

func repeatedByTwo(t *testing.T, w conformance) {
	attempt := w.attempt()
	var processes sync.WaitGroup
	for range 2 {
		processes.Go(func() {
			// One of them may learn that the other one has written the record first.
			_, err := w.Service.Dial(t.Context(), w.to(w.Answers), attempt)
			if err != nil && telephony.OutcomeOf(err) == telephony.OutcomeNotMade {
				t.Errorf("%s: one says that nobody was called: %v", w.reason, err)
			}
		})
	}
	processes.Wait()
	answer, err := w.Service.Dial(t.Context(), w.to(w.Answers), attempt)
	if err != nil {
		t.Fatalf("%s: %v", w.reason, err)
	}
	w.untilConnected(t, answer.Call.Connection)
	w.hangUp(t, answer.Call.Connection)
	if rings := w.RingsOf(w.Answers); rings != 1 {
		t.Errorf("%s: the phone rang %d times", w.reason, rings)
	}
}

func refused(number func(World) v1alpha1.PhoneNumber, cause telephony.Cause) func(*testing.T, conformance) {
	return func(t *testing.T, w conformance) {
		connection, _ := w.dial(t, number(w.World))
		got := untilReported[telephony.NotConnected](t, w, connection)
		if got.Cause != cause || got.Code == 0 || got.Sentence == "" {
			t.Errorf("%s: %+v, want cause %s with a code and a sentence", w.reason, got, cause)
		}
		w.untilGone(t, connection)
	}
}

func hungUpWhileRinging(t *testing.T, w conformance) {
	connection, _ := w.dial(t, w.Rings)
	w.until(t, "it rings", func(ctx context.Context) bool {
		state, err := w.Service.State(ctx, connection)
		return err == nil && state.Phase == telephony.PhaseRinging && w.RingsOf(w.Rings) == 1
	})
	w.hangUp(t, connection)
	for _, news := range w.Reported.of(connection) {
		if _, connected := news.(telephony.Connected); connected {
			t.Errorf("%s: nobody had answered", w.reason)
		}
	}
}

func moved(t *testing.T, w conformance) {
	conference, _ := w.dial(t, w.Answers)
	lobby, _ := w.dial(t, w.AlsoAnswers)
	w.untilConnected(t, conference)
	w.untilConnected(t, lobby)
	request := telephony.MoveRequest{From: lobby, To: conference, Participants: rawIDs(w.AlsoAnswers)}
	attempt := w.attempt()
	if _, err := w.Service.Move(t.Context(), request, attempt); err != nil {
		t.Fatalf("%s: %v", w.reason, err)
	}
	w.untilPhones(t, conference, w.Answers, w.AlsoAnswers)
	if _, err := w.Service.Move(t.Context(), request, attempt); err != nil {
		t.Errorf("%s: the repetition: %v", w.reason, err)
	}
	w.untilGone(t, lobby)
	w.untilPhones(t, conference, w.Answers, w.AlsoAnswers)
	w.hangUp(t, conference)
}

// untilOutcome waits until the service has reported how an operation ended.
func (w conformance) untilOutcome(t *testing.T, attempt telephony.Attempt, want v1alpha1.ActionOutcome) {
	t.Helper()
	var got v1alpha1.ActionOutcome
	w.until(t, "the operation's end is reported", func(context.Context) bool {
		got = w.Reported.outcome(attempt.Record.ID)
		return got != ""
	})
	if got != want {
		t.Errorf("%s: the operation ended as %s, want %s", w.reason, got, want)
	}
}

// adding is a request that calls somebody into a call.
func (w conformance) adding(connection string, number v1alpha1.PhoneNumber) telephony.OperateRequest {
	return telephony.OperateRequest{
		Connection: connection, Participant: rawIDs(number)[0], From: &v1alpha1.Caller{PhoneNumber: w.From},
		Operation: &v1alpha1.CallOperation{AddParticipant: &v1alpha1.AddParticipantOperation{Participant: v1alpha1.Identifier{PhoneNumber: number}}},
	}
}

func added(t *testing.T, w conformance) {
	connection, _ := w.dial(t, w.Answers)
	w.untilConnected(t, connection)
	attempt := w.attempt()
	for range 2 {
		if _, err := w.Service.Operate(t.Context(), w.adding(connection, w.AlsoAnswers), attempt); err != nil {
			t.Fatalf("%s: add: %v", w.reason, err)
		}
	}
	w.untilOutcome(t, attempt, v1alpha1.ActionCompleted)
	w.untilPhones(t, connection, w.Answers, w.AlsoAnswers)
	if rings := w.RingsOf(w.AlsoAnswers); rings != 1 {
		t.Errorf("%s: the phone rang %d times", w.reason, rings)
	}
	who := v1alpha1.Identifier{PhoneNumber: w.AlsoAnswers}
	removing := telephony.OperateRequest{
		Connection: connection, Participant: party.RawID(&who),
		Operation: &v1alpha1.CallOperation{RemoveParticipant: &v1alpha1.RemoveParticipantOperation{Participant: who}},
	}
	if _, err := w.Service.Operate(t.Context(), removing, w.attempt()); err != nil {
		t.Fatalf("%s: remove: %v", w.reason, err)
	}
	w.untilPhones(t, connection, w.Answers)
	w.hangUp(t, connection)
}

func notAdded(number func(World) v1alpha1.PhoneNumber, want v1alpha1.ActionOutcome) func(*testing.T, conformance) {
	return func(t *testing.T, w conformance) {
		connection, _ := w.dial(t, w.Answers)
		w.untilConnected(t, connection)
		attempt := w.attempt()
		if _, err := w.Service.Operate(t.Context(), w.adding(connection, number(w.World)), attempt); err != nil {
			t.Fatalf("%s: add: %v", w.reason, err)
		}
		w.untilOutcome(t, attempt, want)
		w.untilPhones(t, connection, w.Answers)
		w.hangUp(t, connection)
	}
}

func unknown(t *testing.T, w conformance) {
	nobody := uuid.NewString()
	if _, err := w.Service.State(t.Context(), nobody); !telephony.Is(err, telephony.ClassGone) {
		t.Errorf("%s: state: %v", w.reason, err)
	}
	if _, err := w.Service.Roster(t.Context(), nobody); !telephony.Is(err, telephony.ClassGone) {
		t.Errorf("%s: roster: %v", w.reason, err)
	}
	if err := w.Service.HangUp(t.Context(), nobody); !telephony.Is(err, telephony.ClassGone) {
		t.Errorf("%s: hang up: %v", w.reason, err)
	}
	other, _ := w.dial(t, w.Answers)
	w.untilConnected(t, other)
	_, err := w.Service.Move(t.Context(), telephony.MoveRequest{From: other, To: nobody, Participants: rawIDs(w.Answers)}, w.attempt())
	if telephony.OutcomeOf(err) != telephony.OutcomeNotMade {
		t.Errorf("%s: move: %v", w.reason, err)
	}
	_, err = w.Service.Operate(t.Context(), w.adding(nobody, w.AlsoAnswers), w.attempt())
	if !telephony.Is(err, telephony.ClassGone) {
		t.Errorf("%s: operate: %v", w.reason, err)
	}
	w.hangUp(t, other)
}
