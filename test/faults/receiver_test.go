// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/test/harness"
)

// heldCall is a connected call with one callback held back, and a receiver that requires the service's token.
func heldCall(t *testing.T, options harness.Options) (*harness.World, harness.Callback) {
	t.Helper()
	options.Phones = map[string]harness.Script{harness.Callee(1): forLong(), harness.Callee(2): forLong()}
	w := harness.New(t, plane, options)
	w.Wire.SetRoute(func(harness.Callback) harness.Route { return harness.Hold })
	m := w.StartManager(t, harness.ManagerOptions{})
	w.AwaitProvider(t)
	w.Create(t, w.Call(callName, harness.Callee(1)))
	w.Create(t, w.Call("other", harness.Callee(2)))
	w.Await(t, callName, "it was placed", placed)
	w.Await(t, "other", "it was placed", placed)
	held := w.Wire.AwaitHeld(t, "it is connected", func(held []harness.Callback) bool {
		_, found := connectedEvent(held, callName)
		_, foundOther := connectedEvent(held, "other")
		return found && foundOther
	})
	callback, _ := connectedEvent(held, callName)
	// Its poll would say that the call is connected, on a slow machine before the test is over.
	m.Stop(t)
	return w, callback
}

func connectedEvent(held []harness.Callback, name string) (harness.Callback, bool) {
	for _, callback := range held {
		if callback.Type == "CallConnected" && callback.About(name) {
			return callback, true
		}
	}
	return harness.Callback{}, false
}

// TestReceiverRefuses sends what nobody may send. The Call has to stay as it is.
func TestReceiverRefuses(t *testing.T) {
	t.Parallel()
	w, genuine := heldCall(t, harness.Options{ResourceID: harness.ResourceID})
	other, _ := connectedEvent(w.Wire.Held(), "other")
	path, token, _ := strings.Cut(genuine.URI, "?")
	_, otherToken, _ := strings.Cut(other.URI, "?")
	foreign := w.Sim.TokenFor(t, "11111111-2222-3333-4444-555555555555")
	cases := []struct {
		name, reason string
		change       func(*harness.Callback)
		want         int
	}{
		{name: "noToken", reason: "a URL without a token is anybody's", want: 401, change: func(c *harness.Callback) { c.URI = path }},
		{name: "emptyToken", reason: "so is one with an empty token", want: 401, change: func(c *harness.Callback) { c.URI = path + "?token=" }},
		{
			name: "forgedToken", reason: "one letter of the token is another", want: 401,
			change: func(c *harness.Callback) { c.URI = path + "?" + flipped(token) },
		},
		{
			name: "foreignToken", reason: "a token is for one object", want: 401,
			change: func(c *harness.Callback) { c.URI = path + "?" + otherToken },
		},
		{name: "noJWT", reason: "the provider has a resource ID", want: 401, change: func(c *harness.Callback) { c.Header.Del("Authorization") }},
		{
			name: "foreignJWT", reason: "the service signed it for another resource", want: 401,
			change: func(c *harness.Callback) { c.Header.Set("Authorization", "Bearer "+foreign) },
		},
		{
			name: "tamperedJWT", reason: "the signature does not fit", want: 401,
			change: func(c *harness.Callback) { c.Header.Set("Authorization", flippedMiddle(c.Header.Get("Authorization"))) },
		},
		{name: "unknownPath", reason: "there is nothing else here", want: 404, change: func(c *harness.Callback) { c.URI = "/v1/callbacks/calls" }},
		{
			name: "unknownKind", reason: "a token that fits does not make a kind", want: 404,
			change: func(c *harness.Callback) {
				c.URI = signed(t, w, callbackurl.Target{Kind: "pods", Namespace: w.Namespace, Name: callName, UID: "1"})
			},
		},
		{
			name: "tooLarge", reason: "nobody fills the memory", want: 413,
			change: func(c *harness.Callback) { c.Body = bytes.Repeat([]byte(" "), 300<<10) },
		},
		{name: "notJSON", reason: "a body that says nothing is the sender's fault", want: 400, change: func(c *harness.Callback) { c.Body = []byte("{") }},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			forged := genuine
			forged.Header = genuine.Header.Clone()
			tc.change(&forged)
			if status, answer := w.Wire.Deliver(forged); status != tc.want {
				t.Errorf("%s: answered %d %s, want %d", tc.reason, status, answer, tc.want)
			}
			call := currentCall(t, w, callName)
			if call.Status.ConnectedTime != nil || len(call.Status.History) > 0 {
				t.Fatalf("%s: the Call believed it: %+v", tc.reason, call.Status.History)
			}
		})
	}
	if status, answer := w.Wire.Deliver(genuine); status != http.StatusOK {
		t.Errorf("the genuine callback was answered %d %s, want 200", status, answer)
	}
	if call := currentCall(t, w, callName); call.Status.ConnectedTime == nil {
		t.Error("the genuine callback was acknowledged and is not in the API server")
	}
}

// TestReceiverLetsGo sends genuine but useless events: a retry would not help, so they are acknowledged.
func TestReceiverLetsGo(t *testing.T) {
	t.Parallel()
	w, genuine := heldCall(t, harness.Options{})
	call := currentCall(t, w, callName)
	cases := []struct {
		name, reason string
		change       func(*harness.Callback)
	}{
		{
			name: "gone", reason: "an object that is gone takes no news",
			change: func(c *harness.Callback) {
				c.URI = signed(t, w, callbackurl.Target{Kind: callbackurl.KindCalls, Namespace: w.Namespace, Name: "nobody", UID: "1"})
			},
		},
		{
			name: "earlierUID", reason: "neither does a later object of the same name",
			change: func(c *harness.Callback) {
				c.URI = signed(t, w, callbackurl.Target{Kind: callbackurl.KindCalls, Namespace: w.Namespace, Name: callName, UID: types.UID("1")})
			},
		},
		{
			name: "unknownType", reason: "the service learns new events",
			change: func(c *harness.Callback) {
				c.Body = bytes.ReplaceAll(c.Body, []byte("CallConnected"), []byte("CallPondered"))
			},
		},
		{name: "empty", reason: "an empty list has no event", change: func(c *harness.Callback) { c.Body = []byte("[]") }},
		{
			name: "foreignConnection", reason: "an event of another connection is not about this call",
			change: func(c *harness.Callback) {
				c.Body = bytes.ReplaceAll(c.Body, []byte(call.Status.ConnectionID), []byte("another-connection"))
			},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			changed := genuine
			tc.change(&changed)
			if status, answer := w.Wire.Deliver(changed); status/100 != 2 {
				t.Errorf("%s: answered %d %s, want 2xx", tc.reason, status, answer)
			}
			if now := currentCall(t, w, callName); now.ResourceVersion != call.ResourceVersion {
				t.Errorf("%s: the Call was written: %+v", tc.reason, now.Status)
			}
		})
	}
}

// TestReceiverInAStorm delivers rosters at once, over several receivers, while a test changes the object as fast as it can: each
// write meets conflicts, and nothing may get lost. A receiver that finds no gap in time answers 503, and like the service the test
// delivers the roster again.
func TestReceiverInAStorm(t *testing.T) {
	t.Parallel()
	const rosters, receivers = 40, 3
	w, connected := heldCall(t, harness.Options{})
	wires := []func(harness.Callback) (int, []byte){w.Wire.Deliver}
	for range receivers - 1 {
		wires = append(wires, w.StartReceiverAside(t))
	}
	call := currentCall(t, w, callName)
	stop := make(chan struct{})
	var labels, senders sync.WaitGroup
	labels.Go(func() { relabel(t, w, stop) })
	for i := range rosters {
		senders.Go(func() {
			deliver, roster := wires[i%len(wires)], rosterEvent(t, connected, call.Status.ConnectionID, i+1)
			status, answer := deliver(roster)
			for begun := time.Now(); status == http.StatusServiceUnavailable && time.Since(begun) < harness.Patience; {
				status, answer = deliver(roster)
			}
			if status/100 != 2 {
				t.Errorf("roster %d was answered %d %s, want 2xx", i+1, status, answer)
			}
		})
	}
	senders.Wait()
	close(stop)
	labels.Wait()
	now := currentCall(t, w, callName)
	if now.Status.RosterSequence != rosters {
		t.Errorf("the roster is number %d, want the highest, %d: all were acknowledged", now.Status.RosterSequence, rosters)
	}
	if count := now.Status.ParticipantCount; count == nil || *count != rosters {
		t.Errorf("the roster has %d participants, want %d", ptr.Deref(count, -1), rosters)
	}
}

// relabel changes the Call's labels until stop is closed.
func relabel(t *testing.T, w *harness.World, stop <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
			w.Label(t, callName, "storm", fmt.Sprint(i))
		}
	}
}

// rosterEvent is a ParticipantsUpdated with as many participants as its sequence number.
func rosterEvent(t *testing.T, like harness.Callback, connectionID string, sequence int) harness.Callback {
	t.Helper()
	var events []map[string]any
	if err := json.Unmarshal(like.Body, &events); err != nil {
		t.Fatal(err)
	}
	event := events[0]
	event["id"] = fmt.Sprintf("roster-%d", sequence)
	event["type"] = "Microsoft.Communication.ParticipantsUpdated"
	participants := make([]map[string]any, sequence)
	for i := range participants {
		number := harness.Callee(i)
		participants[i] = map[string]any{"identifier": map[string]any{
			"rawId": "4:" + number, "kind": "phoneNumber", "phoneNumber": map[string]any{"value": number},
		}, "isMuted": false, "isOnHold": false}
	}
	event["data"] = map[string]any{
		"callConnectionId": connectionID, "serverCallId": "s", "correlationId": "c", "sequenceNumber": sequence, "participants": participants,
	}
	body, err := json.Marshal(events)
	if err != nil {
		t.Fatal(err)
	}
	like.Body, like.ID, like.Type = body, fmt.Sprintf("roster-%d", sequence), "ParticipantsUpdated"
	return like
}

func currentCall(t *testing.T, w *harness.World, name string) *v1alpha1.Call {
	t.Helper()
	call := &v1alpha1.Call{}
	if err := w.Client.Get(t.Context(), types.NamespacedName{Namespace: w.Namespace, Name: name}, call); err != nil {
		t.Fatal(err)
	}
	return call
}

// signed is the path and query of the URL that the manager would give for a target.
func signed(t *testing.T, w *harness.World, target callbackurl.Target) string {
	t.Helper()
	url, err := w.Keys.URL("http://x", target)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(url, "http://x")
}

// flipped changes the last letter but one of a token; in the last one not all bits count.
func flipped(token string) string { return flipAt(token, len(token)-2) }

func flippedMiddle(token string) string { return flipAt(token, len(token)*3/4) }

func flipAt(text string, at int) string {
	other := byte('A')
	if text[at] == other {
		other = 'B'
	}
	return text[:at] + string(other) + text[at+1:]
}
