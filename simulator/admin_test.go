// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

func TestAdminRefusesBadInputWithASentence(t *testing.T) {
	t.Parallel()
	f := serve(t, resource(simulator.GridSchemaEventGrid))
	for _, tc := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{http.MethodPost, "/faults", `{`, 400, "the body"},
		{http.MethodPost, "/faults", `{"knd":"lose"}`, 400, `unknown field \"knd\"`},
		{http.MethodPost, "/faults", `{"kind":"rain"}`, 400, `kind \"rain\" is not one of`},
		{http.MethodPost, "/faults", `{"kind":"throttle","operation":"createcall"}`, 400, "write a name of the API's definition, such as createCall"},
		{http.MethodPost, "/faults", `{"kind":"lose","eventType":"Connected"}`, 400, "write one such as CallConnected or IncomingCall"},
		{http.MethodPost, "/faults", `{"kind":"lose","operation":"createCall"}`, 400, "name an eventType, not an operation"},
		{http.MethodPost, "/faults", `{"kind":"throttle","eventType":"CallConnected"}`, 400, "name an operation, not an eventType"},
		{http.MethodPost, "/faults", `{"kind":"latency"}`, 400, "kind latency needs a delay, such as 2s"},
		{http.MethodPost, "/faults", `{"kind":"late"}`, 400, "kind late needs a delay"},
		{http.MethodPost, "/faults", `{"kind":"late","delay":"-2s"}`, 400, "is not a duration such as 300ms or 2s"},
		{http.MethodPost, "/faults", `{"kind":"lose","delay":"2s"}`, 400, "kind lose has no delay"},
		{http.MethodPost, "/faults", `{"kind":"errorAfter","status":200}`, 400, "status 200 is no error"},
		{http.MethodPost, "/faults", `{"kind":"throttle","status":503}`, 400, "kind throttle has no status"},
		{http.MethodPost, "/faults", `{"kind":"early","retryAfter":1}`, 400, "kind early has no retryAfter"},
		{http.MethodPost, "/faults", `{"kind":"throttle","retryAfter":-1}`, 400, "retryAfter is in seconds"},
		{http.MethodPost, "/faults", `{"kind":"lose","probability":2}`, 400, "probability is from 0 to 1"},
		{http.MethodPost, "/faults", `{"kind":"fail"}`, 400, "kind fail needs an operation: one of [play recognize sendDtmfTones hold startRecording]"},
		{http.MethodPost, "/faults", `{"kind":"lose","subCode":8536}`, 400, "kind lose has no subCode"},
		{http.MethodDelete, "/faults/17", "", 404, `there is no fault \"17\"`},
		{http.MethodPut, "/phones", `{"number":"+442079460001"}`, 400, "set exactly one of answer"},
		{http.MethodPut, "/phones", `{"number":"020 7946 0001","busy":{}}`, 400, "write the number in E.164 form"},
		{http.MethodGet, "/journal?since=x", "", 400, "since is the sequence of an entry, such as 17"},
		{http.MethodGet, "/journal?wait=1h", "", 400, "wait is a duration of at most 30s, such as 5s"},
		{http.MethodPost, "/incoming-calls", `{"to":"+14255550101"}`, 400, "Set from and to"},
		{http.MethodPost, "/incoming-calls", `{"from":"+442079460001","to":"+442079460002"}`, 400, "Only an owned number or an ACS user can be called"},
		{http.MethodPost, "/incoming-calls", `{"from":"+442079460001","to":"bob"}`, 400, "Only an owned number or an ACS user can be called"},
		{http.MethodPut, "/access-keys", `{"keys":[]}`, 400, "set one access key at least"},
		{http.MethodPut, "/access-keys", `{"keys":["not base64"]}`, 400, "base64"},
		{http.MethodPut, "/subscriptions", `{"url":"receiver.example.test"}`, 400, "an Event Grid endpoint is a URL such as"},
		{http.MethodPut, "/subscriptions", `{"url":"https://receiver.example.test","schema":"xml"}`, 400, "eventgrid or cloudevents"},
		{http.MethodGet, "/nothing", "", 404, "there is no GET /_simulator/nothing"},
	} {
		r, err := http.NewRequestWithContext(f.Context(), tc.method, f.base+"/_simulator"+tc.path, bytes.NewReader([]byte(tc.body)))
		f.ok(err)
		got := f.send(r)
		if got.status != tc.status || !strings.Contains(string(got.body), tc.want) {
			t.Errorf("%s %s %s: got %d %s, want %d and %q", tc.method, tc.path, tc.body, got.status, got.body, tc.status, tc.want)
		}
	}
}

func TestAdminPhonesFaultsAndCalls(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{Phones: []simulator.Phone{answering(person)}})
	f.admin(http.MethodPut, "/phones", simulator.Phone{Number: other, Busy: after(time.Second)}, nil)
	var phones struct{ Phones []simulator.Phone }
	f.admin(http.MethodGet, "/phones", nil, &phones)
	want := []simulator.Phone{answering(person), {Number: other, Busy: after(time.Second)}}
	if diff := cmp.Diff(want, phones.Phones); diff != "" {
		t.Errorf("phones:\n%s", diff)
	}

	f.fault(map[string]any{"kind": "late", "delay": "2s", "count": 3})
	f.fault(map[string]any{"kind": "lose", "eventType": "CallConnected"})
	f.admin(http.MethodDelete, "/faults/1", nil, nil)
	var faults struct{ Faults []simulator.Fault }
	f.admin(http.MethodGet, "/faults", nil, &faults)
	if diff := cmp.Diff([]simulator.Fault{{ID: "2", Kind: simulator.FaultLose, EventType: "CallConnected"}}, faults.Faults, cmpopts.IgnoreUnexported(simulator.Fault{})); diff != "" {
		t.Errorf("faults:\n%s", diff)
	}

	call := f.connected("call", number(person))
	var calls struct{ Calls []simulator.CallState }
	f.admin(http.MethodGet, "/calls", nil, &calls)
	wantCalls := []simulator.CallState{{
		ConnectionID: call.CallConnectionID, CorrelationID: call.CorrelationID, State: acs.CallConnectionStateConnected,
		Participants: []string{call.Source.ID(), "4:" + person},
	}}
	if diff := cmp.Diff(wantCalls, calls.Calls); diff != "" {
		t.Errorf("calls:\n%s", diff)
	}
	var rings struct{ Rings map[string]int }
	f.admin(http.MethodGet, "/rings", nil, &rings)
	if diff := cmp.Diff(map[string]int{"4:" + person: 1}, rings.Rings); diff != "" {
		t.Errorf("rings:\n%s", diff)
	}
	if got := f.admin(http.MethodGet, "/healthz", nil, nil); got.status != http.StatusOK || string(got.body) != "ok\n" {
		t.Errorf("health: %d %s", got.status, got.body)
	}
}

func TestJournal(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{Phones: []simulator.Phone{answering(person)}})
	call := f.connected("intent", number(person))
	f.ok(f.client.HangUp(f.Context(), call.CallConnectionID))
	f.entries("deliveries", 3, func(e simulator.Entry) bool { return e.Kind == simulator.EntryDelivery })
	counts := map[simulator.EntryKind]int{}
	for i, e := range f.sim.Journal() {
		counts[e.Kind]++
		if e.Sequence != int64(i+1) || e.Time.IsZero() {
			t.Errorf("entry %d has sequence %d at %s", i+1, e.Sequence, e.Time)
		}
		if e.CorrelationID != call.CorrelationID {
			t.Errorf("an entry names another call: %+v", e)
		}
	}
	want := map[simulator.EntryKind]int{"request": 2, "ring": 1, "answer": 1, "event": 3, "delivery": 3}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("entries by kind:\n%s", diff)
	}
	if text := jsonText(f.sim.Journal()); strings.Contains(text, f.webhook) || strings.Contains(text, accessKey) {
		t.Errorf("the journal holds a callback URL or a key: %s", text)
	}
	var page struct{ Entries []simulator.Entry }
	f.admin(http.MethodGet, "/journal?since=8", nil, &page)
	if len(page.Entries) != 2 || page.Entries[0].Sequence != 9 {
		t.Errorf("since 8 come 9 and 10: %+v", page.Entries)
	}
	f.admin(http.MethodGet, "/journal?since=1000", nil, &page)
	if len(page.Entries) != 0 {
		t.Errorf("nothing came since 1000: %+v", page.Entries)
	}
}

func TestTheJournalIsBounded(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason      string
		limit, kept int
	}{{"the newest are kept", 10, 10}, {"none are kept", -1, 0}} {
		f := serve(t, simulator.Options{JournalLimit: tc.limit})
		for range 50 {
			_, _ = f.client.GetCall(f.Context(), "none")
		}
		entries := f.sim.Journal()
		if len(entries) != tc.kept || tc.kept > 0 && entries[tc.kept-1].Sequence != 50 {
			t.Errorf("%s: %d entries, the last is %+v", tc.reason, len(entries), entries[max(len(entries)-1, 0):])
		}
	}
}

func TestWaitingForTheJournal(t *testing.T) {
	bubble(t, simulator.Options{}, func(f *fixture) {
		began := time.Now()
		var page struct{ Entries []simulator.Entry }
		f.admin(http.MethodGet, "/journal?wait=7s", nil, &page)
		if took := time.Since(began); took != 7*time.Second || len(page.Entries) != 0 {
			t.Errorf("nothing came, after %s: %+v", took, page.Entries)
		}
		time.AfterFunc(2*time.Second, func() { _, _ = f.client.GetCall(f.Context(), "none") })
		f.admin(http.MethodGet, "/journal?wait=7s", nil, &page)
		if took := time.Since(began); took != 9*time.Second || len(page.Entries) != 1 {
			t.Errorf("the next entry ends the wait, after %s: %+v", took, page.Entries)
		}
	})
}

func TestReset(t *testing.T) {
	options := simulator.Options{Phones: []simulator.Phone{{Number: person, Answer: after(10 * time.Second)}}, MaxConcurrentCallsPerNumber: 1}
	bubble(t, options, func(f *fixture) {
		f.sink.answer = func(w http.ResponseWriter, d delivery, _ int) bool {
			if strings.Contains(string(d.body), "CreateCallFailed") {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return false
		}
		f.fault(map[string]any{"kind": "late", "eventType": "CallDisconnected", "delay": "5s"})
		same := repeat()
		before := got(f.client.CreateCall(f.Context(), f.request("call", number(person)), same))(f)
		refused := f.create("over the limit", number(other)).CallConnectionID
		f.event("CreateCallFailed", refused)
		f.admin(http.MethodPut, "/phones", simulator.Phone{Number: person, Busy: after(0)}, nil)
		f.fault(map[string]any{"kind": "lose"})

		if got := f.admin(http.MethodPost, "/reset", nil, nil); got.status != http.StatusNoContent {
			t.Errorf("reset answers %d", got.status)
		}
		deliveries, _ := f.sink.all()
		time.Sleep(time.Hour)
		if later, _ := f.sink.all(); len(later) != len(deliveries) {
			t.Errorf("events from before the reset were delivered after it: %d, then %d", len(deliveries), len(later))
		}
		if entries, rings := f.sim.Journal(), f.sim.Rings("4:"+person); len(entries) != 0 || rings != 0 {
			t.Errorf("the journal has %+v and %d rings", entries, rings)
		}
		if _, err := f.client.GetCall(f.Context(), before.CallConnectionID); refusal(err) != "404 8522" {
			t.Errorf("the call is still there: %v", err)
		}
		same.FirstSent = time.Now()
		after := got(f.client.CreateCall(f.Context(), f.request("call", number(person)), same))(f)
		f.event("CallConnected", after.CallConnectionID)
		if after.CallConnectionID == before.CallConnectionID {
			t.Error("requests are remembered, or nothing was forgotten")
		}
	})
}

// TestTokensOfCallbacksVerify verifies as a receiver does.
func TestTokensOfCallbacksVerify(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{ResourceID: "11111111-2222-4333-8444-555555555555", Issuer: "https://issuer.example.test"})
	f.connected("call", number(person))
	var metadata struct {
		Issuer     string   `json:"issuer"`
		JWKS       string   `json:"jwks_uri"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	r, err := http.NewRequestWithContext(f.Context(), http.MethodGet, f.base+simulator.MetadataPath, nil)
	f.ok(err)
	decode(f, f.send(r).body, &metadata)
	if metadata.Issuer != f.sim.Issuer() || metadata.JWKS != f.base+simulator.JWKSPath || !cmp.Equal(metadata.Algorithms, []string{"RS256"}) {
		t.Errorf("metadata: %+v", metadata)
	}
	keys := oidc.NewRemoteKeySet(oidc.ClientContext(f.Context(), f.web), metadata.JWKS)
	verifier := oidc.NewVerifier("https://issuer.example.test", keys, &oidc.Config{ClientID: "11111111-2222-4333-8444-555555555555"})
	deliveries, _ := f.sink.all()
	for _, d := range deliveries {
		token, found := strings.CutPrefix(d.header.Get("Authorization"), "Bearer ")
		verified, err := verifier.Verify(f.Context(), token)
		if err != nil || !found {
			t.Fatalf("a callback's token: %v", err)
		}
		if life := verified.Expiry.Sub(verified.IssuedAt); life != 5*time.Minute {
			t.Errorf("a token lives %s, want 5m", life)
		}
	}
	foreign, err := f.sim.Token("somebody else")
	f.ok(err)
	if _, err := verifier.Verify(f.Context(), foreign); err == nil {
		t.Error("a token for another resource must not verify")
	}
}
