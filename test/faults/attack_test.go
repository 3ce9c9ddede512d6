// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// attackedCall is a placed Call whose receiver got no callback yet, with the genuine callback that says that it is
// connected.
func attackedCall(t *testing.T) (*harness.World, harness.Callback) {
	t.Helper()
	w := harness.New(t, plane, harness.Options{
		ResourceID: harness.ResourceID, Phones: map[string]harness.Script{harness.Callee(1): forLong()},
	})
	w.Wire.SetRoute(func(harness.Callback) harness.Route { return harness.Hold })
	m := w.StartManager(t, harness.ManagerOptions{})
	w.AwaitProvider(t)
	w.Create(t, w.Call(callName, harness.Callee(1)))
	w.Await(t, callName, "it was placed", placed)
	held := w.Wire.AwaitHeld(t, "it is connected", func(held []harness.Callback) bool {
		_, found := connectedEvent(held, callName)
		return found
	})
	genuine, _ := connectedEvent(held, callName)
	// Its poll would say that the call is connected, on a slow machine before the attack is over.
	m.Stop(t)
	return w, genuine
}

// TestReceiverUnderAttack sends callbacks that an attacker can build from one genuine callback without the secrets. The
// receiver must refuse all of them, and then accept the genuine callback once.
func TestReceiverUnderAttack(t *testing.T) {
	t.Parallel()
	w, genuine := attackedCall(t)
	path, query, _ := strings.Cut(genuine.URI, "?")
	token := strings.TrimPrefix(query, "token=")
	cases := []struct {
		name, reason string
		change       func(*harness.Callback)
		want         int
	}{
		{"tokenInPath", "a token stands in the query only", func(c *harness.Callback) { c.URI = path + "/" + token }, 404},
		{"tokenInHeader", "and in no header", func(c *harness.Callback) { c.URI = path; c.Header.Set("Call-Operator-Token", token) }, 401},
		{"tokenTwice", "of two tokens the first counts", func(c *harness.Callback) { c.URI = path + "?token=x&" + query }, 401},
		{"tokenInOtherCase", "names of parameters have a case", func(c *harness.Callback) { c.URI = path + "?Token=" + token }, 401},
		{"tokenCut", "half a token is none", func(c *harness.Callback) { c.URI = genuine.URI[:len(genuine.URI)-8] }, 401},
		{"tokenLonger", "nor is a longer one", func(c *harness.Callback) { c.URI += "A" }, 401},
		{"dotSegments", "a path has one spelling", func(c *harness.Callback) {
			c.URI = "/v1/callbacks/../callbacks" + strings.TrimPrefix(genuine.URI, "/v1/callbacks")
		}, 404},
		{"doubleSlash", "a path has one spelling", func(c *harness.Callback) { c.URI = "/" + genuine.URI }, 404},
		{"trailingSlash", "a path has one spelling", func(c *harness.Callback) { c.URI = path + "/?" + query }, 404},
		{"escapedSlash", "an escape is no other spelling", func(c *harness.Callback) { c.URI = strings.Replace(genuine.URI, "/calls/", "/calls%2F", 1) }, 404},
		{"upperCase", "kinds have a case", func(c *harness.Callback) { c.URI = strings.Replace(genuine.URI, "/calls/", "/Calls/", 1) }, 404},
		{"get", "a callback is a POST", func(c *harness.Callback) { c.Method = http.MethodGet }, 405},
		{"methodOverride", "no header makes a POST of it", func(c *harness.Callback) {
			c.Method = http.MethodGet
			c.Header.Set("X-HTTP-Method-Override", "POST")
		}, 405},
		{"forwardedFor", "where a request says that it comes from opens no door", func(c *harness.Callback) {
			c.URI = path
			c.Header.Set("X-Forwarded-For", "127.0.0.1")
		}, 401},
		{"originalURL", "nor does another URL in a header", func(c *harness.Callback) {
			c.URI = path
			c.Header.Set("X-Original-URL", genuine.URI)
		}, 401},
		{"jwtNone", "an unsigned token is none", bearing(jwt(`{"alg":"none"}`, claims(), nil)), 401},
		{"jwtHS256", "a key that everybody knows signs nothing", bearing(jwt(`{"alg":"HS256","kid":"acs-simulator-1"}`, claims(), []byte("public"))), 401},
		{"jwtUnknownKey", "nobody knows this key", bearing(jwt(`{"alg":"RS256","kid":"mine"}`, claims(), []byte("x"))), 401},
		{"jwtKeyURL", "a token that names where its key is, is not believed", bearing(jwt(`{"alg":"RS256","jku":"http://127.0.0.1:1/keys","kid":"acs-simulator-1"}`, claims(), []byte("x"))), 401},
		{"jwtTwice", "two tokens are none", func(c *harness.Callback) {
			c.Header["Authorization"] = []string{"Bearer x", c.Header.Get("Authorization")}
		}, 401},
		{"truncated", "half a body is no body", func(c *harness.Callback) { c.Body = c.Body[:len(c.Body)/2] }, 400},
		{"oversized", "nobody fills the memory", func(c *harness.Callback) { c.Body = []byte(`[` + strings.Repeat(" ", 300<<10) + `]`) }, 413},
		{"deep", "nor with brackets", func(c *harness.Callback) { c.Body = []byte(strings.Repeat("[", 100_000)) }, 400},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			forged := genuine
			forged.Header = genuine.Header.Clone()
			tc.change(&forged)
			if status, answer := w.Wire.Deliver(forged); status != tc.want {
				t.Errorf("%s: answered %d %s, want %d", tc.reason, status, answer, tc.want)
			}
			if call := currentCall(t, w, callName); call.Status.ConnectedTime != nil || len(call.Status.History) > 0 {
				t.Fatalf("%s: the Call believed it: %+v", tc.reason, call.Status.History)
			}
		})
	}
	if status, answer := w.Wire.Deliver(genuine); status != http.StatusOK {
		t.Fatalf("the genuine callback was answered %d %s, want 200", status, answer)
	}
	heard := currentCall(t, w, callName)
	if heard.Status.ConnectedTime == nil {
		t.Error("the genuine callback was acknowledged and is not in the API server")
	}
	for range 3 {
		if status, answer := w.Wire.Deliver(genuine); status != http.StatusOK || !strings.Contains(string(answer), "old_news") {
			t.Errorf("a replay was answered %d %s, want 200 old_news", status, answer)
		}
	}
	if now := currentCall(t, w, callName); now.ResourceVersion != heard.ResourceVersion {
		t.Errorf("a replay was written: %+v", now.Status.History)
	}
}

// TestForgeriesAskForNoKeys floods the receiver with tokens of made-up keys: the issuer is asked for its keys once or
// twice, not once for each, and who is genuine is heard all the while.
func TestForgeriesAskForNoKeys(t *testing.T) {
	t.Parallel()
	const floods, each = 8, 60
	w, genuine := attackedCall(t)
	var senders sync.WaitGroup
	for i := range floods {
		senders.Go(func() {
			for j := range each {
				forged := genuine
				forged.Header = genuine.Header.Clone()
				bearing(jwt(fmt.Sprintf(`{"alg":"RS256","kid":"made-up-%d-%d"}`, i, j), claims(), []byte("x")))(&forged)
				// 503 is the answer to a key that is unknown while the keys may not be fetched again so soon.
				if status, answer := w.Wire.Deliver(forged); status != http.StatusUnauthorized && status != http.StatusServiceUnavailable {
					t.Errorf("a forgery was answered %d %s, want 401 or 503", status, answer)
				}
			}
		})
	}
	if status, answer := w.Wire.Deliver(genuine); status != http.StatusOK {
		t.Errorf("in the flood, the genuine callback was answered %d %s, want 200", status, answer)
	}
	senders.Wait()
	if n := w.Sim.KeyFetches(); n < 1 || n > 3 {
		t.Errorf("the issuer was asked %d times for its keys, want 1 to 3 for %d forgeries", n, floods*each)
	}
	if call := currentCall(t, w, callName); call.Status.ConnectedTime == nil {
		t.Error("the genuine callback was acknowledged and is not in the API server")
	}
}

func bearing(token string) func(*harness.Callback) {
	return func(c *harness.Callback) { c.Header.Set("Authorization", "Bearer "+token) }
}

// claims are what the service says in its token.
func claims() string {
	text, err := json.Marshal(map[string]any{
		"iss": simulator.DefaultIssuer, "aud": harness.ResourceID, "exp": time.Now().Add(time.Hour).Unix(),
	})
	if err != nil {
		panic("claims are always JSON: " + err.Error())
	}
	return string(text)
}

// jwt is a token that is signed with HMAC by a key, or with nothing, whatever its header says.
func jwt(header, claims string, key []byte) string {
	encoded := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + "."
	if key == nil {
		return encoded
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(encoded[:len(encoded)-1]))
	return encoded + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
