// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	judge "github.com/call-operator/call-operator/test/history"
)

// Callback is a request that the simulator sent to the receiver.
type Callback struct {
	// Type is the event's type without the service's prefix, such as CallConnected; ID is the event's.
	Type, ID string

	// Method is POST for everything but a handshake. URI is its path and query, Header and Body are as they were sent.
	Method string
	URI    string
	Header http.Header
	Body   []byte
}

// Wire is what callbacks travel over, from the simulator to the receiver. By default it passes them on and hands back
// the receiver's answer.
type Wire struct {
	server *httptest.Server
	client *http.Client

	mu sync.Mutex
	// receiver is the base URL of the receiver.
	receiver string
	route    func(Callback) Route
	delay    func(Callback) time.Duration
	held     []Callback
	// holding says that HoldAll decides over the callbacks.
	holding bool
	seen    []Callback
	changed chan struct{}
	answers []judge.Answer

	// newest returns the newest resource version of the API server.
	newest func(context.Context) (uint64, error)
}

// Route is what a Wire does with a callback.
type Route string

// The routes of a callback.
const (
	// Pass delivers it and hands back the answer.
	Pass Route = "pass"
	// Lose drops it and reports success.
	Lose Route = "lose"
	// Hold keeps it for Deliver, and says that it was delivered.
	Hold Route = "hold"
	// Twice delivers it twice, and hands back the second answer.
	Twice Route = "twice"
	// Refuse drops it and reports an error.
	Refuse Route = "refuse"
)

func newWire(newest func(context.Context) (uint64, error)) *Wire {
	w := &Wire{newest: newest, changed: make(chan struct{}), client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}}
	w.server = httptest.NewServer(w)
	return w
}

// URL is what a CallProvider's callbackURL is set to.
func (w *Wire) URL() string { return w.server.URL }

func (w *Wire) connect(receiver string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.receiver = receiver
}

func (w *Wire) close() {
	w.server.Close()
	w.client.CloseIdleConnections()
}

// SetRoute decides over the callbacks from now on.
func (w *Wire) SetRoute(route func(Callback) Route) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.route, w.holding = route, false
}

// SetDelay has callbacks take so long from now on, each on its own, so that they overtake each other.
func (w *Wire) SetDelay(delay func(Callback) time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delay = delay
}

// Seen are the callbacks that the simulator sent, repetitions too.
func (w *Wire) Seen() []Callback {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Callback(nil), w.seen...)
}

// Held are the callbacks that wait for Deliver.
func (w *Wire) Held() []Callback {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Callback(nil), w.held...)
}

// HoldAll keeps every callback until Release.
func (w *Wire) HoldAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.route, w.holding = func(Callback) Route { return Hold }, true
}

// Release delivers what HoldAll has kept, and passes later callbacks on. It does nothing after another SetRoute.
func (w *Wire) Release() {
	w.mu.Lock()
	var held []Callback
	if w.holding {
		held, w.held, w.route, w.holding = w.held, nil, nil, false
	}
	w.mu.Unlock()
	for _, callback := range held {
		w.Deliver(callback)
	}
}

// AwaitHeld waits until enough holds for the callbacks that wait for Deliver.
func (w *Wire) AwaitHeld(t testing.TB, what string, enough func([]Callback) bool) []Callback {
	t.Helper()
	late := time.NewTimer(Patience)
	defer late.Stop()
	for {
		w.mu.Lock()
		held, changed := append([]Callback(nil), w.held...), w.changed
		w.mu.Unlock()
		if enough(held) {
			return held
		}
		select {
		case <-changed:
		case <-late.C:
			t.Fatalf("waited %s for callbacks until %s; held are %d", Patience, what, len(held))
		}
	}
}

// About tells whether the callback is about a Call.
func (c Callback) About(name string) bool {
	parts := strings.Split(c.URI, "/")
	return slices.Contains(parts, name)
}

// ServeHTTP implements http.Handler.
func (w *Wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "" {
		w.upgrade(rw, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	callback := Callback{Method: r.Method, Header: r.Header.Clone(), URI: r.URL.RequestURI(), Body: body}
	callback.Type, callback.ID = typeOf(body)
	route, delay := w.note(callback)
	switch route {
	case Lose, Hold:
		return
	case Refuse:
		rw.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	<-time.After(delay)
	if route == Twice {
		w.Deliver(callback)
	}
	status, header, answer := w.send(callback)
	maps.Copy(rw.Header(), header)
	rw.WriteHeader(status)
	_, _ = rw.Write(answer)
}

// upgrade passes a WebSocket on, for as long as it is open. It is refused while no receiver is there.
func (w *Wire) upgrade(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	receiver, err := url.Parse(w.receiver)
	w.mu.Unlock()
	if err != nil || receiver.Host == "" {
		rw.WriteHeader(http.StatusBadGateway)
		return
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(receiver) },
		ErrorHandler: func(rw http.ResponseWriter, _ *http.Request, _ error) { rw.WriteHeader(http.StatusBadGateway) },
	}
	proxy.ServeHTTP(rw, r)
}

func (w *Wire) note(callback Callback) (route Route, delay time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	route = Pass
	if w.route != nil {
		route = w.route(callback)
	}
	if w.delay != nil {
		delay = w.delay(callback)
	}
	w.seen = append(w.seen, callback)
	if route == Hold {
		w.held = append(w.held, callback)
	}
	close(w.changed)
	w.changed = make(chan struct{})
	return route, delay
}

// Deliver sends a callback to the receiver and returns what it answered; 502 when it is not there.
func (w *Wire) Deliver(callback Callback) (status int, answer []byte) {
	status, _, answer = w.send(callback)
	return status, answer
}

func (w *Wire) send(callback Callback) (status int, header http.Header, answer []byte) {
	w.mu.Lock()
	receiver := w.receiver
	w.mu.Unlock()
	request, err := http.NewRequest(cmp.Or(callback.Method, http.MethodPost), receiver+callback.URI, bytes.NewReader(callback.Body))
	if err != nil {
		return http.StatusBadGateway, nil, []byte(err.Error())
	}
	request.Header = callback.Header.Clone()
	response, err := w.client.Do(request)
	if err != nil {
		return http.StatusBadGateway, nil, []byte(err.Error())
	}
	defer func() { _ = response.Body.Close() }()
	answer, err = io.ReadAll(response.Body)
	if err != nil {
		return http.StatusBadGateway, nil, []byte(err.Error())
	}
	w.keep(callback, response.StatusCode)
	return response.StatusCode, response.Header, answer
}

// keep records the receiver's answer, with the state of the API server at that time.
func (w *Wire) keep(callback Callback, status int) {
	newest, err := w.newest(context.Background())
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers = append(w.answers, judge.Answer{
		Time: time.Now(), Status: status, UID: judge.TargetOf(callback.URI), Events: judge.EventsIn(callback.Body), Current: newest,
	})
}

// typeOf reads the first event of a body.
func typeOf(body []byte) (kind, id string) {
	type event struct{ Type, EventType, ID string }
	var events []event
	if json.Unmarshal(body, &events) != nil {
		// Event Grid sends a CloudEvent by itself.
		events = make([]event, 1)
		_ = json.Unmarshal(body, &events[0])
	}
	if len(events) == 0 {
		return "", ""
	}
	return strings.TrimPrefix(cmp.Or(events[0].EventType, events[0].Type), "Microsoft.Communication."), events[0].ID
}
