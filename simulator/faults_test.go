// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

func TestFaultsOfRequests(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, reason string
		fault        map[string]any
		want         string
		retryAfter   time.Duration
		// rings are those before the request is repeated; after it there is one.
		rings   int
		outcome acs.Outcome
	}{
		{name: "throttle", reason: "nothing happened", fault: map[string]any{"kind": "throttle"}, want: "429 8516", outcome: acs.OutcomeNotMade},
		{name: "throttle with Retry-After", reason: "nothing happened", fault: map[string]any{"kind": "throttle", "retryAfter": 7}, want: "429 8516", retryAfter: 7 * time.Second, outcome: acs.OutcomeNotMade},
		{name: "errorBefore", reason: "nothing happened, but nobody can know", fault: map[string]any{"kind": "errorBefore"}, want: "500 InternalServerError", outcome: acs.OutcomeUnknown},
		{name: "errorBefore 503", reason: "the status is the fault's", fault: map[string]any{"kind": "errorBefore", "status": 503}, want: "503 InternalServerError", outcome: acs.OutcomeUnknown},
		{name: "errorAfter", reason: "the call was placed", fault: map[string]any{"kind": "errorAfter", "status": 502}, want: "502 InternalServerError", rings: 1, outcome: acs.OutcomeUnknown},
		{name: "dropBefore", reason: "nothing happened, but nobody can know", fault: map[string]any{"kind": "dropBefore"}, want: "0 ", outcome: acs.OutcomeUnknown},
		{name: "dropAfter", reason: "the call was placed", fault: map[string]any{"kind": "dropAfter"}, want: "0 ", rings: 1, outcome: acs.OutcomeUnknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, simulator.Options{Phones: []simulator.Phone{answering(person)}})
			tc.fault["operation"], tc.fault["count"] = "createCall", 1
			f.fault(tc.fault)
			same := repeat()
			_, err := f.client.CreateCall(f.Context(), f.request("call", number(person)), same)
			var failed *acs.Error
			if !errors.As(err, &failed) || refusal(err) != tc.want || failed.RetryAfter != tc.retryAfter || acs.OutcomeOf(err) != tc.outcome {
				t.Errorf("%s: got %v, Retry-After of %v and outcome %s", tc.reason, err, failed, acs.OutcomeOf(err))
			}
			if got := f.sim.Rings("4:" + person); got != tc.rings {
				t.Errorf("%s: the phone rang %d times, want %d", tc.reason, got, tc.rings)
			}
			call := got(f.client.CreateCall(f.Context(), f.request("call", number(person)), same))(f)
			f.event("CallConnected", call.CallConnectionID)
			if got := f.sim.Rings("4:" + person); got != 1 {
				t.Errorf("after the request was repeated the phone rang %d times, want once", got)
			}
			requests := f.entries("requests", 2, func(e simulator.Entry) bool { return e.Kind == simulator.EntryRequest })
			if string(requests[0].Fault) != tc.fault["kind"] || requests[1].Fault != "" {
				t.Errorf("the journal names the fault, once: %+v", requests)
			}
		})
	}
}

func TestFaultsMeetTheirOperationOnly(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{})
	f.fault(map[string]any{"kind": "throttle", "operation": "hangupCall"})
	id := f.connected("call", number(person)).CallConnectionID
	for range 3 {
		if got := refusal(f.client.HangUp(f.Context(), id)); got != "429 8516" {
			t.Errorf("without a count it is for ever: got %q", got)
		}
	}
	f.admin(http.MethodDelete, "/faults", nil, nil)
	f.ok(f.client.HangUp(f.Context(), id))
}

func TestLatency(t *testing.T) {
	bubble(t, simulator.Options{}, func(f *fixture) {
		f.fault(map[string]any{"kind": "latency", "operation": "createCall", "delay": "3s", "count": 1})
		began := time.Now()
		f.create("call", number(person))
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("the request took %s, want 3s", took)
		}
	})
}

// TestEarlyCallbacks awaits an answer and an event, and tells which came first.
func TestEarlyCallbacks(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{Phones: []simulator.Phone{answering(person), answering(other)}})
	first := f.connected("first", number(person)).CallConnectionID
	second := f.connected("second", number(other)).CallConnectionID
	f.fault(map[string]any{"kind": "early"})
	got(f.move(first, second, number(other)))(f)
	deliveries, _ := f.sink.all()
	if events := eventsOf(deliveries, first); !slices.ContainsFunc(events, func(e acs.Event) bool { return kind(e) == "MoveParticipantSucceeded" }) {
		t.Error("the move was answered before its event was delivered")
	}
	f.admin(http.MethodDelete, "/faults", nil, nil)
	f.fault(map[string]any{"kind": "early", "operation": "createCall", "eventType": "ParticipantsUpdated"})
	call := f.create("early", number(person)).CallConnectionID
	deliveries, _ = f.sink.all()
	if events := eventsOf(deliveries, call); !slices.ContainsFunc(events, func(e acs.Event) bool { return kind(e) == "ParticipantsUpdated" }) {
		t.Error("createCall was answered before the event that the fault names was delivered")
	}
}

func TestFaultsOfCallbacks(t *testing.T) {
	connected, roster, gone := "CallConnected", "ParticipantsUpdated", "CallDisconnected"
	for _, tc := range []struct {
		name, reason string
		fault        map[string]any
		kinds        []string
	}{
		{name: "none", reason: "events come in order", kinds: []string{connected, roster, gone}},
		{name: "twice", reason: "an event comes twice", fault: map[string]any{"kind": "twice", "eventType": roster}, kinds: []string{connected, roster, roster, gone}},
		{name: "lose", reason: "an event never comes", fault: map[string]any{"kind": "lose", "eventType": connected}, kinds: []string{roster, gone}},
		{name: "reorder", reason: "the next one overtakes", fault: map[string]any{"kind": "reorder", "eventType": connected}, kinds: []string{roster, connected, gone}},
		{name: "reorder the last", reason: "none overtakes, so it comes after a time", fault: map[string]any{"kind": "reorder", "eventType": gone}, kinds: []string{connected, roster, gone}},
		{name: "late", reason: "later ones overtake", fault: map[string]any{"kind": "late", "delay": "1m", "eventType": connected, "count": 1}, kinds: []string{roster, gone, connected}},
		{name: "prefix", reason: "the full type is understood", fault: map[string]any{"kind": "lose", "eventType": acs.EventTypeCallDisconnected}, kinds: []string{connected, roster}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			phone := simulator.Phone{Number: person, Answer: after(0), HangUp: after(time.Second)}
			bubble(t, simulator.Options{Phones: []simulator.Phone{phone}}, func(f *fixture) {
				if tc.fault != nil {
					f.fault(tc.fault)
				}
				id := f.create("call", number(person)).CallConnectionID
				time.Sleep(10 * time.Minute)
				deliveries, _ := f.sink.all()
				var kinds []string
				ids := map[string]bool{}
				for _, e := range eventsOf(deliveries, id) {
					kinds = append(kinds, kind(e))
					ids[e.ID] = true
				}
				if diff := cmp.Diff(tc.kinds, kinds); diff != "" {
					t.Errorf("%s:\n%s", tc.reason, diff)
				}
				if tc.name == "twice" && len(ids) != 3 {
					t.Errorf("%s, with the same ID: %d IDs", tc.reason, len(ids))
				}
			})
		})
	}
}

// TestChancesFollowFromTheSeed records what a random fault does, with and without another fault.
func TestChancesFollowFromTheSeed(t *testing.T) {
	t.Parallel()
	record := func(seed uint64, prepare func(f *fixture)) (met string) {
		bubble(t, simulator.Options{Seed: seed}, func(f *fixture) {
			f.fault(map[string]any{"kind": "throttle", "operation": "getCall", "probability": 0.5})
			prepare(f)
			for range 64 {
				_, err := f.client.GetCall(f.Context(), "none")
				met += refusal(err)[:len("404")] + " "
			}
		})
		return met
	}
	nothing := func(*fixture) {}
	one := record(1, nothing)
	if again := record(1, nothing); again != one {
		t.Errorf("the same seed gives the same:\n%s\n%s", one, again)
	}
	if withOther := record(1, func(f *fixture) {
		f.fault(map[string]any{"kind": "throttle", "operation": "hangupCall", "probability": 0.5})
		for range 10 {
			_ = f.client.HangUp(f.Context(), "none")
		}
	}); withOther != one {
		t.Errorf("another fault changed the random choices:\n%s\n%s", one, withOther)
	}
	if reset := record(1, func(f *fixture) {
		_, _ = f.client.GetCall(f.Context(), "none")
		f.sim.Reset()
		f.fault(map[string]any{"kind": "throttle", "operation": "getCall", "probability": 0.5})
	}); reset != one {
		t.Errorf("a reset begins anew:\n%s\n%s", one, reset)
	}
	if two := record(2, nothing); two == one {
		t.Errorf("another seed gives something else: %s", two)
	}
}

func TestCallbacksAreTriedAgain(t *testing.T) {
	options := simulator.Options{CallbackRetries: []time.Duration{time.Second, 2 * time.Second}}
	bubble(t, options, func(f *fixture) {
		f.sink.answer = func(w http.ResponseWriter, _ delivery, _ int) bool {
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		id := f.create("call", number(person)).CallConnectionID
		tries := f.entries("deliveries", 6, func(e simulator.Entry) bool { return e.Kind == simulator.EntryDelivery })
		time.Sleep(time.Hour)
		deliveries, _ := f.sink.all()
		if got := len(eventsOf(deliveries, id)); got != 6 {
			t.Errorf("two events were posted %d times in all, want three times each", got)
		}
		for _, e := range tries {
			if e.Status != http.StatusServiceUnavailable || e.Error == "" || e.Try < 1 || e.Try > 3 {
				t.Errorf("the journal tells of each try: %+v", e)
			}
		}
	})
}
