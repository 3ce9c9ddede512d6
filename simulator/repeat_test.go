// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

// repeated is a createCall with Repeatability headers.
func (f *fixture) repeated(id, firstSent, callee string) *http.Request {
	r := f.signed(http.MethodPost, "/calling/callConnections", `{"callbackUri":"`+f.webhook+`/callbacks","sourceCallerIdNumber":{"value":"`+owned+`"},
		"targets":[{"kind":"phoneNumber","phoneNumber":{"value":"`+callee+`"}}]}`)
	if id != "" {
		r.Header.Set("Repeatability-Request-ID", id)
	}
	if firstSent != "" {
		r.Header.Set("Repeatability-First-Sent", firstSent)
	}
	return r
}

func imf(t time.Time) string { return t.UTC().Format(http.TimeFormat) }

func TestARepeatedRequestHasOneEffect(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{Phones: []simulator.Phone{answering(person)}})
	id, sent := uuid.NewString(), imf(time.Now())
	first := f.send(f.repeated(id, sent, person))
	f.event("CallConnected", guid.FindString(string(first.body)))
	second := f.send(f.repeated(id, sent, person))
	if second.status != http.StatusCreated || string(second.body) != string(first.body) || second.header.Get("X-Microsoft-Skype-Chain-ID") != first.header.Get("X-Microsoft-Skype-Chain-ID") {
		t.Errorf("the same request gets the same answer:\n%s", cmp.Diff(string(first.body), string(second.body)))
	}
	for i, got := range []answer{first, second} {
		if got := got.header.Values("Repeatability-Result"); len(got) != 0 {
			t.Errorf("answer %d has Repeatability-Result %q: answers to createCall were recorded without", i+1, got)
		}
	}
	if got := f.sim.Rings("4:" + person); got != 1 {
		t.Errorf("the phone rang %d times", got)
	}
	requests := f.entries("requests", 2, func(e simulator.Entry) bool { return e.Kind == simulator.EntryRequest })
	if requests[0].Repeated || !requests[1].Repeated || requests[1].RepeatabilityID != id || requests[1].ConnectionID != requests[0].ConnectionID {
		t.Errorf("the journal tells which was repeated: %+v", requests)
	}
	third := f.send(f.repeated(uuid.NewString(), sent, person))
	if string(third.body) == string(first.body) {
		t.Error("another ID is another call")
	}
}

func TestManyAtOnceHaveOneEffect(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{Phones: []simulator.Phone{answering(person)}})
	same := repeat()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := f.client.CreateCall(f.Context(), f.request("call", number(person)), same)
			if got := refusal(err); got != "" && got != "409 8519" {
				t.Errorf("got %q, want the call or 409: its original is under way", got)
			}
		})
	}
	all.Wait()
	if got := f.sim.Rings("4:" + person); got != 1 {
		t.Errorf("the phone rang %d times", got)
	}
}

// TestWhatAnswersSayOfRepeatability: what was recorded of the service is the default, and each operation can be switched.
func TestWhatAnswersSayOfRepeatability(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason       string
		options            simulator.Options
		created, ended     string
		connections, rings int
	}{
		{"recorded", "createCall is not confirmed, terminate is", simulator.Options{}, "", "accepted", 1, 1},
		{"all", "a service that confirms everything", simulator.Options{UnconfirmedRepeatability: []string{}}, "accepted", "accepted", 1, 1},
		{"none", "a service that confirms nothing", simulator.Options{UnconfirmedRepeatability: []string{"createCall", "terminateCall"}}, "", "", 1, 1},
		{"forgets", "a service that does not recognise a repetition", simulator.Options{ForgottenRepeatability: []string{"createCall"}}, "", "accepted", 2, 2},
		{
			"lies", "one that says that it does", simulator.Options{ForgottenRepeatability: []string{"createCall"}, UnconfirmedRepeatability: []string{}},
			"accepted", "accepted", 2, 2,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.options.Phones = []simulator.Phone{answering(person)}
			f := serve(t, tc.options)
			same, result := repeat(), acs.RepeatabilityResult("")
			same.Result = &result
			connections := map[string]bool{}
			for range 2 {
				call := got(f.client.CreateCall(f.Context(), f.request("call", number(person)), same))(f)
				connections[call.CallConnectionID] = true
				if string(result) != tc.created {
					t.Errorf("%s: createCall is answered with Repeatability-Result %q", tc.reason, result)
				}
			}
			ending := repeat()
			ending.Result = &result
			for id := range connections {
				if err := f.client.Terminate(f.Context(), id, ending); err != nil || string(result) != tc.ended {
					t.Errorf("%s: terminate is answered with Repeatability-Result %q, %v", tc.reason, result, err)
				}
				ending.ID = uuid.NewString()
			}
			if got := f.sim.Rings("4:" + person); got != tc.rings || len(connections) != tc.connections {
				t.Errorf("%s: %d calls, %d rings", tc.reason, len(connections), got)
			}
		})
	}
}

func TestOperationsWithoutRepeatability(t *testing.T) {
	t.Parallel()
	for _, options := range []simulator.Options{{ForgottenRepeatability: []string{"getCall"}}, {UnconfirmedRepeatability: []string{"create"}}} {
		if _, err := simulator.New(options); err == nil {
			t.Errorf("%v: an operation that takes no such headers is a mistake", options)
		}
	}
}

func TestRepeatabilityHeadersThatAreRefused(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{UnconfirmedRepeatability: []string{}})
	used := uuid.NewString()
	f.send(f.repeated(used, imf(time.Now()), person))
	for _, tc := range []struct {
		reason, id, sent, callee string
		status                   int
	}{
		{"the ID was used for another body", used, imf(time.Now()), other, http.StatusBadRequest},
		{"the ID is no UUID", "one", imf(time.Now()), person, http.StatusBadRequest},
		{"the date is missing", uuid.NewString(), "", person, http.StatusBadRequest},
		{"the ID is missing", "", imf(time.Now()), person, http.StatusBadRequest},
		{"the date is no date", uuid.NewString(), "today", person, http.StatusBadRequest},
		{"the date is in the future", uuid.NewString(), imf(time.Now().Add(time.Hour)), person, http.StatusBadRequest},
		{"the date is longer ago than is remembered", uuid.NewString(), imf(time.Now().Add(-6 * time.Minute)), person, http.StatusPreconditionFailed},
	} {
		got := f.send(f.repeated(tc.id, tc.sent, tc.callee))
		if got.status != tc.status || got.header.Get("Repeatability-Result") != "rejected" {
			t.Errorf("%s: got %d, Repeatability-Result %q, want %d and rejected", tc.reason, got.status, got.header.Get("Repeatability-Result"), tc.status)
		}
	}
	if got := f.sim.Rings("4:" + other); got != 0 {
		t.Errorf("a request that was refused rang %d times", got)
	}
}

func TestARepeatedRequestIsRememberedForFiveMinutes(t *testing.T) {
	bubble(t, simulator.Options{}, func(f *fixture) {
		id, sent := uuid.NewString(), imf(time.Now())
		first := f.send(f.repeated(id, sent, person))
		time.Sleep(5 * time.Minute)
		if again := f.send(f.repeated(id, sent, person)); string(again.body) != string(first.body) {
			t.Errorf("after 5 minutes: got %d %s", again.status, again.body)
		}
		time.Sleep(time.Second)
		if again := f.send(f.repeated(id, sent, person)); again.status != http.StatusPreconditionFailed {
			t.Errorf("after more: got %d, want 412", again.status)
		}
		if got := f.sim.Rings("4:" + person); got != 1 {
			t.Errorf("the phone rang %d times", got)
		}
	})
}

func TestARefusedRequestMayBeSentAgain(t *testing.T) {
	bubble(t, simulator.Options{Phones: []simulator.Phone{{Number: other, Answer: after(200 * time.Millisecond)}}}, func(f *fixture) {
		one := f.connected("one", number(person)).CallConnectionID
		two := f.create("two", number(other)).CallConnectionID
		same := repeat()
		move := acs.MoveParticipantsRequest{TargetParticipants: []acs.Identifier{number(other)}, FromCall: two}
		_, err := f.client.MoveParticipants(f.Context(), one, move, same)
		if got := refusal(err); got != "400 8501" {
			t.Fatalf("the source rings: got %q, want 400 8501", got)
		}
		f.event("CallConnected", two)
		got(f.client.MoveParticipants(f.Context(), one, move, same))(f)
		f.event("MoveParticipantSucceeded", one)
	})
}
