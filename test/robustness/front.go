// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/test/history"
)

// front is the address that ACS knows: it passes callbacks to one of the receivers, and records what that answers. Now
// and then it sends a forgery first.
type front struct {
	URL string

	server    *http.Server
	client    *http.Client
	receivers []string
	// keysOf are where the services publish the keys of their tokens.
	keysOf []string
	// current returns the newest resource version of the API server.
	current  func(context.Context) (uint64, error)
	recorder *recorder

	mu     sync.Mutex
	random *rand.Rand
	next   int
}

func openFront(seed uint64, receivers []string, current func(context.Context) (uint64, error), r *recorder) (*front, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the receivers' front: %w", err)
	}
	f := &front{
		URL: "http://" + listener.Addr().String(), receivers: receivers, current: current, recorder: r,
		client: &http.Client{Timeout: 25 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}},
		random: rand.New(rand.NewPCG(seed, 3)),
	}
	f.server = &http.Server{Handler: f, ReadHeaderTimeout: time.Minute, ErrorLog: quiet}
	go func() { _ = f.server.Serve(listener) }()
	return f, nil
}

func (f *front) close() {
	_ = f.server.Close()
	f.client.CloseIdleConnections()
}

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == keysPath {
		f.serveKeys(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "no body", http.StatusBadRequest)
		return
	}
	f.noteSecrets(r, body)
	if forged := f.forgery(r, body); forged != nil {
		_, _, _ = f.pass(r.Context(), *forged)
	}
	status, header, answer := f.pass(r.Context(), passed{method: r.Method, uri: r.URL.RequestURI(), header: r.Header, body: body})
	maps.Copy(w.Header(), header)
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

// keysPath serves the keys of all services, as Microsoft publishes those of all resources in one place.
const keysPath = "/keys"

func (f *front) serveKeys(w http.ResponseWriter, r *http.Request) {
	var all struct {
		Keys []json.RawMessage `json:"keys"`
	}
	for _, url := range f.keysOf {
		contents, err := service{}.get(r.Context(), url)
		var published struct{ Keys []json.RawMessage }
		if err == nil {
			err = json.Unmarshal(contents, &published)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		all.Keys = append(all.Keys, published.Keys...)
	}
	_ = json.NewEncoder(w).Encode(all)
}

// passed is a request on its way to a receiver.
type passed struct {
	method, uri string
	header      http.Header
	body        []byte
	// forged says why it must not be trusted, genuineURL that its URL is genuine.
	forged     string
	genuineURL bool
}

// pass sends a request to the next receiver and records its answer, with the state of the API server at that time.
func (f *front) pass(ctx context.Context, p passed) (int, http.Header, []byte) {
	ctx = context.WithoutCancel(ctx)
	request, err := http.NewRequestWithContext(ctx, p.method, f.receiver()+p.uri, bytes.NewReader(p.body))
	if err != nil {
		return http.StatusBadGateway, nil, nil
	}
	request.Header = p.header.Clone()
	response, err := f.client.Do(request)
	if err != nil {
		return http.StatusBadGateway, nil, nil
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return http.StatusBadGateway, nil, nil
	}
	current, err := f.current(ctx)
	if err != nil {
		// Nothing can be said about this answer; the sender had better try again.
		return http.StatusBadGateway, nil, nil
	}
	f.recorder.answer(history.Answer{
		Time: time.Now(), Status: response.StatusCode, UID: history.TargetOf(p.uri), Events: history.EventsIn(p.body), Current: current,
		Forged: p.forged, GenuineURL: p.genuineURL,
	})
	return response.StatusCode, response.Header, answer
}

func (f *front) receiver() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	return f.receivers[f.next%len(f.receivers)]
}

// noteSecrets records the values in a request that must not appear elsewhere.
func (f *front) noteSecrets(r *http.Request, body []byte) {
	if token := r.URL.Query().Get(callbackurl.TokenParameter); token != "" {
		f.recorder.secret("a token of a callback URL", token)
	}
	if _, bearer, found := strings.Cut(r.Header.Get("Authorization"), "Bearer "); found {
		f.recorder.secret("the service's token", bearer[len(bearer)/2:])
	}
	var events []struct {
		Data struct{ IncomingCallContext string }
	}
	if json.Unmarshal(body, &events) != nil {
		return
	}
	for _, e := range events {
		if context := e.Data.IncomingCallContext; len(context) > 100 {
			f.recorder.secret("the context of an incoming call", context[len(context)/2:len(context)/2+64])
		}
	}
}

// forgery is a request that looks like a genuine one and is none; nil mostly.
func (f *front) forgery(r *http.Request, body []byte) *passed {
	f.mu.Lock()
	chance := f.random.IntN(12)
	f.mu.Unlock()
	uri := r.URL.RequestURI()
	path, token, found := strings.Cut(uri, "token=")
	events := history.EventsIn(body)
	if !found || len(events) == 0 || len(token) < 3 {
		return nil
	}
	forged := &passed{method: r.Method, uri: uri, header: r.Header.Clone(), body: bytes.ReplaceAll(body, []byte(events[0].ID), []byte("forged-"+events[0].ID))}
	switch chance {
	case 0:
		forged.uri, forged.forged = path+"token=", "no token in the URL"
	case 1:
		other := byte('A')
		if token[0] == other {
			other = 'B'
		}
		forged.uri, forged.forged = path+"token="+string(other)+token[1:], "another token in the URL"
	case 2:
		if history.TargetOf(uri) == "" {
			return nil // Event Grid has no token of the service
		}
		forged.header.Del("Authorization")
		forged.forged, forged.genuineURL = "no token of the service", true
	case 3:
		uid := string(history.TargetOf(uri))
		if uid == "" {
			return nil
		}
		forged.uri, forged.forged = strings.Replace(uri, uid, "00000000-0000-4000-8000-00000000dead", 1), "the token of another object"
	default:
		return nil
	}
	return forged
}
