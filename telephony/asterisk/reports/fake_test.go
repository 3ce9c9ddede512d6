// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/telephony"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// now is the time of the reports.
var now = time.Date(2026, 11, 29, 20, 0, 0, 0, time.UTC)

// fakeAsterisk is an Asterisk that has opened its WebSocket to the reports. It answers the requests that come on it.
type fakeAsterisk struct {
	t      *testing.T
	socket *websocket.Conn
	sink   *sink
	// stop has the reports end the connection, and served is closed when they have.
	stop   context.CancelFunc
	served chan struct{}

	mu sync.Mutex
	// channels and bridges are what it says of them, as JSON.
	channels, bridges string
	// variables are those of targets, by the path and the name.
	variables map[string]string
	// failing are the requests that it answers with 500.
	failing map[string]bool
	// gone are the requests that it answers with 404.
	gone []string
	// gate, if there is one, holds up every answer.
	gate     chan struct{}
	requests []string
	// answered is how many of them are.
	answered int
}

// connect is an Asterisk with some channels and bridges.
func connect(t *testing.T, channels, bridges string) *fakeAsterisk {
	t.Helper()
	return connectTo(t, &sink{news: make(chan recorded, 100)}, channels, bridges)
}

func connectTo(t *testing.T, to *sink, channels, bridges string) *fakeAsterisk {
	t.Helper()
	a := &fakeAsterisk{t: t, sink: to, served: make(chan struct{}), channels: channels, bridges: bridges, failing: map[string]bool{}, variables: map[string]string{}}
	stopped, stop := context.WithCancel(context.Background())
	a.stop = stop
	reports := &Reports{Now: func() time.Time { return now }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(a.served)
		reports.Serve(w, r.WithContext(stopped), a.sink)
	}))
	t.Cleanup(server.Close)
	socket, response, err := websocket.Dial(t.Context(), server.URL, &websocket.DialOptions{Subprotocols: []string{"ari"}})
	if err != nil {
		t.Fatal(err)
	}
	if response.Body != nil {
		_ = response.Body.Close()
	}
	a.socket = socket
	answering, silent := context.WithCancel(context.Background())
	t.Cleanup(func() {
		_ = socket.CloseNow()
		silent()
		<-a.served
	})
	go a.answer(answering)
	return a
}

// answer answers the requests that come on the WebSocket.
func (a *fakeAsterisk) answer(ctx context.Context) {
	for {
		_, data, err := a.socket.Read(ctx)
		if err != nil {
			return
		}
		var request struct {
			Type      string `json:"type"`
			RequestID string `json:"request_id"`
			Method    string `json:"method"`
			URI       string `json:"uri"`
			Body      string `json:"message_body"`
			Query     []struct {
				Name  string `json:"name"`
				Value string `json:"value"`
			} `json:"query_strings"`
		}
		if err := json.Unmarshal(data, &request); err != nil || request.Type != "RESTRequest" {
			a.t.Errorf("this is no request: %s", data)
			return
		}
		query := url.Values{}
		for _, parameter := range request.Query {
			query.Add(parameter.Name, parameter.Value)
		}
		line := request.Method + " " + request.URI
		if len(query) > 0 {
			line += "?" + query.Encode()
		}
		go func() {
			a.keep(request.URI, request.Body)
			status, body := a.answerTo(line)
			text, err := json.Marshal(map[string]any{
				"type": "RESTResponse", "request_id": request.RequestID, "status_code": status, "reason_phrase": http.StatusText(status),
				"content_type": "application/json", "message_body": body,
			})
			if err != nil {
				a.t.Error(err)
			}
			_ = a.socket.Write(ctx, websocket.MessageText, text)
			a.mu.Lock()
			defer a.mu.Unlock()
			a.answered++
		}()
	}
}

func (a *fakeAsterisk) answerTo(line string) (status int, body string) {
	a.mu.Lock()
	a.requests = append(a.requests, line)
	gate := a.gate
	a.mu.Unlock()
	if gate != nil {
		<-gate
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.failing[line]:
		return http.StatusInternalServerError, `{"message":"Not today"}`
	case slices.Contains(a.gone, line):
		return http.StatusNotFound, `{"message":"Channel not found"}`
	case strings.HasPrefix(line, "GET ") && strings.Contains(line, "/variable?variable="):
		return a.variable(strings.TrimPrefix(line, "GET "))
	case strings.HasPrefix(line, "GET channels/"):
		return a.one(a.channels, strings.TrimPrefix(line, "GET channels/"))
	case line == "GET bridges":
		return http.StatusOK, "[" + a.bridges + "]"
	case strings.HasPrefix(line, "GET bridges/"):
		return a.one(a.bridges, strings.TrimPrefix(line, "GET bridges/"))
	case strings.HasPrefix(line, "DELETE bridges/"):
		return http.StatusNotFound, `{"message":"Bridge not found"}`
	default:
		return http.StatusNoContent, ""
	}
}

// one is the one of a list that has an ID.
func (a *fakeAsterisk) one(list, id string) (status int, body string) {
	var all []json.RawMessage
	if err := json.Unmarshal([]byte("["+list+"]"), &all); err != nil {
		a.t.Error(err)
	}
	for _, one := range all {
		var named struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(one, &named); err == nil && named.ID == id {
			return http.StatusOK, string(one)
		}
	}
	return http.StatusNotFound, `{"message":"Not found"}`
}

// keep keeps a variable that a request sets.
func (a *fakeAsterisk) keep(uri, body string) {
	var set struct{ Variable, Value string }
	if path, isVariable := strings.CutSuffix(uri, "/variable"); isVariable && json.Unmarshal([]byte(body), &set) == nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.variables[path+" "+set.Variable] = set.Value
	}
}

func (a *fakeAsterisk) variable(asked string) (status int, body string) {
	path, name, _ := strings.Cut(asked, "/variable?variable=")
	value, exists := a.variables[path+" "+name]
	if !exists {
		return http.StatusNotFound, `{"message":"Variable was not found"}`
	}
	text, err := json.Marshal(map[string]string{"value": value})
	if err != nil {
		a.t.Error(err)
	}
	return http.StatusOK, string(text)
}

// fail has it answer these requests, and no others, with 500.
func (a *fakeAsterisk) fail(lines ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.failing)
	for _, line := range lines {
		a.failing[line] = true
	}
}

// holdUp has it answer nothing until the gate is closed.
func (a *fakeAsterisk) holdUp() (gate chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.gate = make(chan struct{})
	return a.gate
}

// asked are the requests of some method so far, in any order.
func (a *fakeAsterisk) asked(methods ...string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var asked []string
	for _, line := range a.requests {
		if method, _, _ := strings.Cut(line, " "); slices.Contains(methods, method) {
			asked = append(asked, line)
		}
	}
	slices.Sort(asked)
	return asked
}

func (a *fakeAsterisk) await(what string, holds func() bool) {
	a.t.Helper()
	err := wait.PollUntilContextTimeout(a.t.Context(), time.Millisecond, patience, true, func(context.Context) (bool, error) { return holds(), nil })
	if err != nil {
		a.t.Fatalf("waited until %s: %v", what, err)
	}
}

// idle tells whether it has answered every request.
func (a *fakeAsterisk) idle() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.answered == len(a.requests)
}

// send sends an event.
func (a *fakeAsterisk) send(event string) {
	a.t.Helper()
	if err := a.socket.Write(a.t.Context(), websocket.MessageText, []byte(event)); err != nil {
		a.t.Fatal(err)
	}
}

// sendLast sends an event that is recorded of a call of its own, and returns all that was recorded before it.
func (a *fakeAsterisk) sendLast() []recorded {
	a.t.Helper()
	a.mu.Lock()
	a.channels = strings.Join(slices.DeleteFunc([]string{a.channels, channel("last", "Up", keyOf("last"), "")}, func(s string) bool { return s == "" }), ",")
	a.mu.Unlock()
	a.send(event("ChannelStateChange", `"channel":`+channel("last", "Up", keyOf("last"), "")))
	var all []recorded
	for {
		next := a.next()
		if next.Target.Name != "last" {
			all = append(all, next)
			continue
		}
		if _, last := next.Event.News.(telephony.Roster); last {
			return all
		}
	}
}

// next is the next thing that is recorded, or fails.
func (a *fakeAsterisk) next() recorded {
	a.t.Helper()
	select {
	case news := <-a.sink.news:
		return news
	case <-time.After(patience):
		a.t.Fatal("nothing is recorded")
		return recorded{}
	}
}

// recorded is something that the sink got.
type recorded struct {
	Target   callbackurl.Target
	Event    telephony.Event
	Incoming *telephony.IncomingCall
	// RingOver is the incoming call that Event says no longer rings.
	RingOver *telephony.IncomingCall
	// Failed is the step that failed.
	Failed string
}

// sink keeps what it gets. It implements telephony.Sink.
type sink struct {
	news chan recorded
	// refuse are the names of the objects of which nothing can be recorded.
	refuse map[string]bool
}

var errRefused = errors.New("refused")

func (s *sink) Record(_ context.Context, target callbackurl.Target, event telephony.Event) error {
	if s.refuse[target.Name] {
		return errRefused
	}
	s.news <- recorded{Target: target, Event: event}
	return nil
}

func (s *sink) RecordIncoming(_ context.Context, incoming *telephony.IncomingCall) error {
	s.news <- recorded{Incoming: incoming}
	return nil
}

func (s *sink) RecordRingOver(_ context.Context, incoming *telephony.IncomingCall, event telephony.Event) error {
	s.news <- recorded{RingOver: incoming, Event: event}
	return nil
}

func (s *sink) Failed(what string, _ error) { s.news <- recorded{Failed: what} }

// end closes the WebSocket once some requests have come, in any order, and fails if others have, or if more was recorded.
func (a *fakeAsterisk) end(want ...string) {
	a.t.Helper()
	changes := func() []string { return a.asked(http.MethodDelete, http.MethodPost, http.MethodPut) }
	err := wait.PollUntilContextTimeout(a.t.Context(), time.Millisecond, patience, true, func(context.Context) (bool, error) {
		return len(changes()) >= len(want) && a.idle(), nil
	})
	_ = a.socket.Close(websocket.StatusNormalClosure, "")
	<-a.served
	if got := changes(); err != nil || !slices.Equal(got, want) {
		a.t.Errorf("the requests are %v, want %v", got, want)
	}
	for len(a.sink.news) > 0 {
		a.t.Errorf("this is recorded, too: %+v", <-a.sink.news)
	}
}
