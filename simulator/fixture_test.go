// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

const (
	accessKey = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

	owned    = "+14255550100"
	inbound  = "+14255550101"
	outbound = "+14255550102"
	person   = "+442079460001"
	other    = "+442079460002"
	user     = "8:acs:resource_agent"

	// A test that waits for what never comes ends; simulated time costs nothing.
	patience          = time.Minute
	simulatedPatience = time.Hour
)

// fixture is a simulator, a client of it, and a webhook.
type fixture struct {
	testing.TB
	sim      *simulator.Simulator
	client   *acs.Client
	web      *http.Client
	base     string
	webhook  string
	sink     *sink
	patience time.Duration
	// bubbled says that the test runs on simulated time.
	bubbled bool
}

// serve starts a simulator on a loopback port.
func serve(t *testing.T, options simulator.Options) *fixture {
	t.Helper()
	f := &fixture{TB: t, sink: newSink(), web: &http.Client{Transport: &http.Transport{}}, patience: patience}
	webhook := httptest.NewServer(f.sink)
	f.webhook = webhook.URL
	f.start(options)
	server := httptest.NewServer(f.sim.Handler())
	t.Cleanup(func() {
		f.sim.Close()
		server.Close()
		webhook.Close()
		f.web.CloseIdleConnections()
	})
	f.connect(server.URL)
	return f
}

// bubble runs a test on simulated time. There is no network: requests are handed to their handlers.
func bubble(t *testing.T, options simulator.Options, test func(f *fixture)) {
	t.Helper()
	bubbleWith(t, options, nil, test)
}

// bubbleWith is a bubble whose webhook answers so from the beginning.
func bubbleWith(t *testing.T, options simulator.Options, answer func(w http.ResponseWriter, d delivery, nth int) bool, test func(f *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &fixture{TB: t, sink: newSink(), webhook: "https://app.example.test", patience: simulatedPatience, bubbled: true}
		f.sink.answer = answer
		served := func(w http.ResponseWriter, r *http.Request) { f.sim.Handler().ServeHTTP(w, r) }
		handlers := handlers{"app.example.test": f.sink, "acs.example.test": http.HandlerFunc(served)}
		f.web = &http.Client{Transport: handlers}
		options.Client = &http.Client{Transport: handlers, Timeout: 30 * time.Second}
		f.start(options)
		f.connect("https://acs.example.test")
		test(f)
		f.sim.Close()
	})
}

// start makes the simulator. URLs of Event Grid are paths of the webhook.
func (f *fixture) start(options simulator.Options) {
	f.Helper()
	options.AccessKey = accessKey
	for i := range options.EventGrid {
		options.EventGrid[i].URL = f.webhook + options.EventGrid[i].URL
	}
	var err error
	if f.sim, err = simulator.New(options); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) connect(base string) {
	f.Helper()
	f.base = base
	key, err := acs.NewAccessKey(accessKey)
	if err != nil {
		f.Fatal(err)
	}
	f.client, err = acs.NewClient(base, key, &acs.ClientOptions{
		AllowHTTP:     true,
		ClientOptions: azcore.ClientOptions{Transport: f.web, Retry: policy.RetryOptions{MaxRetries: -1}},
	})
	if err != nil {
		f.Fatal(err)
	}
}

// handlers are reached by host, in the goroutine that asks.
type handlers map[string]http.Handler

func (h handlers) RoundTrip(r *http.Request) (response *http.Response, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			response, err = nil, io.ErrUnexpectedEOF
		}
	}()
	served := r.Clone(r.Context())
	served.RequestURI = r.URL.RequestURI()
	if served.Host == "" {
		served.Host = r.URL.Host
	}
	if served.Body == nil {
		served.Body = http.NoBody
	}
	recorder := httptest.NewRecorder()
	h[r.URL.Host].ServeHTTP(recorder, served)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

// delivery is a request to the webhook.
type delivery struct {
	method, path string
	header       http.Header
	body         []byte
}

// sink is a webhook that remembers what it was sent.
type sink struct {
	// answer answers instead of 200, if set; nth counts the requests to the path from 1.
	answer func(w http.ResponseWriter, d delivery, nth int) bool

	mu         sync.Mutex
	deliveries []delivery
	paths      map[string]int
	changed    chan struct{}
}

func newSink() *sink { return &sink{paths: map[string]int{}, changed: make(chan struct{})} }

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	d := delivery{method: r.Method, path: r.URL.RequestURI(), header: r.Header.Clone(), body: body}
	s.mu.Lock()
	s.paths[d.path]++
	nth := s.paths[d.path]
	s.mu.Unlock()
	// When a delivery is visible, its answer has been decided.
	defer s.note(d)
	if s.answer != nil && s.answer(w, d, nth) || consent(w, r, body) {
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (s *sink) note(d delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deliveries = append(s.deliveries, d)
	close(s.changed)
	s.changed = make(chan struct{})
}

// consent answers the handshakes of Event Grid.
func consent(w http.ResponseWriter, r *http.Request, body []byte) bool {
	switch {
	case r.Method == http.MethodOptions:
		w.Header().Set("WebHook-Allowed-Origin", r.Header.Get("WebHook-Request-Origin"))
	case r.Header.Get("Aeg-Event-Type") == "SubscriptionValidation":
		events, err := acs.ParseEventGrid(body)
		if err != nil || len(events) != 1 || events[0].Validation == nil {
			w.WriteHeader(http.StatusBadRequest)
			return true
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"validationResponse": events[0].Validation.ValidationCode})
	default:
		return false
	}
	return true
}

// all are the deliveries until now, and a channel that is closed with the next one.
func (s *sink) all() ([]delivery, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]delivery(nil), s.deliveries...), s.changed
}

// await waits until find finds something in the deliveries.
func await[T any](f *fixture, what string, find func([]delivery) (T, bool)) T {
	f.Helper()
	late := time.After(f.patience)
	for {
		deliveries, changed := f.sink.all()
		if found, ok := find(deliveries); ok {
			return found
		}
		select {
		case <-changed:
		case <-late:
			for _, d := range deliveries {
				f.Logf("delivered: %s %s %.300s", d.method, d.path, d.body)
			}
			for _, e := range f.sim.Journal() {
				f.Logf("journal: %+v", e)
			}
			f.Fatalf("never came: %s", what)
		}
	}
}

// eventsOf are the callback events of a connection, in the order in which they came.
func eventsOf(deliveries []delivery, connectionID string) []acs.Event {
	var events []acs.Event
	for _, d := range deliveries {
		if !strings.HasPrefix(d.path, "/callbacks") {
			continue
		}
		parsed, err := acs.ParseEvents(d.body)
		if err != nil {
			panic(err)
		}
		if parsed[0].Data.Common().CallConnectionID == connectionID {
			events = append(events, parsed...)
		}
	}
	return events
}

func kind(e acs.Event) string { return strings.TrimPrefix(e.Type, "Microsoft.Communication.") }

// event waits for the nth event of a kind of a connection.
func (f *fixture) nth(nth int, wanted, connectionID string) acs.Event {
	f.Helper()
	return await(f, wanted, func(deliveries []delivery) (acs.Event, bool) {
		seen := 0
		for _, e := range eventsOf(deliveries, connectionID) {
			if kind(e) == wanted {
				if seen++; seen == nth {
					return e, true
				}
			}
		}
		return acs.Event{}, false
	})
}

func (f *fixture) event(wanted, connectionID string) acs.Event {
	f.Helper()
	return f.nth(1, wanted, connectionID)
}

// kinds waits for CallDisconnected and returns the kinds of all events of a connection: on simulated time also of those that are
// sent at the same moment.
func (f *fixture) kinds(connectionID string) []string {
	f.Helper()
	f.event("CallDisconnected", connectionID)
	if f.bubbled {
		synctest.Wait()
	}
	deliveries, _ := f.sink.all()
	var kinds []string
	for _, e := range eventsOf(deliveries, connectionID) {
		kinds = append(kinds, kind(e))
	}
	return kinds
}

// incoming waits for the nth IncomingCall to somebody.
func (f *fixture) incoming(nth int, to string) *acs.IncomingCall {
	f.Helper()
	return await(f, "IncomingCall to "+to, func(deliveries []delivery) (*acs.IncomingCall, bool) {
		seen := 0
		for _, d := range deliveries {
			if d.method != http.MethodPost || !strings.HasPrefix(d.path, "/grid") {
				continue
			}
			events, err := acs.ParseEventGrid(d.body)
			if err != nil {
				panic(err)
			}
			if call := events[0].IncomingCall; call != nil && call.To.ID() == to {
				if seen++; seen == nth {
					return call, true
				}
			}
		}
		return nil, false
	})
}

// agreed waits until all endpoints have agreed to receive incoming calls.
func (f *fixture) agreed(count int) {
	f.Helper()
	f.entries("subscriptions", count, func(e simulator.Entry) bool {
		return e.Kind == simulator.EntrySubscription && e.Error == ""
	})
}

// entries waits, through the admin API, for so many entries of the journal.
func (f *fixture) entries(what string, count int, wanted func(simulator.Entry) bool) []simulator.Entry {
	f.Helper()
	var found []simulator.Entry
	var since int64
	for until := time.Now().Add(f.patience); len(found) < count; {
		if time.Now().After(until) {
			f.Fatalf("never came: %d %s, only %+v", count, what, found)
		}
		var page struct{ Entries []simulator.Entry }
		f.admin(http.MethodGet, "/journal?wait=5s&since="+jsonText(since), nil, &page)
		for _, e := range page.Entries {
			since = e.Sequence
			if wanted(e) {
				found = append(found, e)
			}
		}
	}
	return found
}
