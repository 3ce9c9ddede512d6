// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// ErrDead is what a process that was cut off gets for everything it still tries to send.
var ErrDead = errors.New("harness: the process is dead")

// Request is one of the requests that a process sends.
type Request struct {
	// Name is the method and the resource of a request to the API server, such as "PUT calls/status", or the name of
	// an ACS operation, such as "createCall".
	Name string
	// Nth counts the requests of that name, from 1. Names with counts mean the same in two runs when one polled
	// once more, where a position in the whole list would not.
	Nth int
}

func (r Request) String() string { return fmt.Sprintf("%s #%d", r.Name, r.Nth) }

// Mode says on which side of a request the plug is pulled.
type Mode string

// The modes of a Cut.
const (
	// Before drops the request: it has no effect.
	Before Mode = "before"
	// After delivers the answer; the process gets nothing more out.
	After Mode = "after"
	// Lost lets the request take effect, and drops its answer.
	Lost Mode = "lost"
)

// Modes are all modes.
var Modes = []Mode{Before, After, Lost}

// Cut is where a process dies.
type Cut struct {
	At   Request
	Mode Mode
}

func (c Cut) String() string { return fmt.Sprintf("%s %s", c.Mode, c.At) }

// Gate is what a process sends everything through. It counts, and it can cut the process off. The zero value counts
// and never cuts.
type Gate struct {
	// Cut is where the process dies; nil is nowhere. Set it before the process starts.
	Cut *Cut
	// OnDeath is called once, when the process was cut off.
	OnDeath func()

	mu     sync.Mutex
	counts map[string]int
	sent   []Request
	// late are the writes that the API server refused because another writer came first.
	late   map[Request]bool
	reads  int
	events int
	dead   bool
	wasCut bool
}

// ToAPIServer puts the gate in front of a way to the API server.
func (g *Gate) ToAPIServer(next http.RoundTripper) http.RoundTripper { return g.wrap(next, apiRequest) }

// ToACS puts the gate in front of a way to ACS.
func (g *Gate) ToACS(next http.RoundTripper) http.RoundTripper { return g.wrap(next, acsRequest) }

// CutAt sets where the process dies, from now on.
func (g *Gate) CutAt(cut Cut) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.Cut = &cut
}

// Count is how many requests of a name were sent.
func (g *Gate) Count(name string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.counts[name]
}

// Sent are the counted requests so far: writes to the API server, and everything to ACS.
func (g *Gate) Sent() []Request {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.sent)
}

// CutPoints are the counted requests after the first ones, as a run has them in which no write comes too late: how many
// do depends on the machine, and a cut at one of them would not be met in another run.
func (g *Gate) CutPoints(after int) []Request {
	g.mu.Lock()
	defer g.mu.Unlock()
	var points []Request
	late := map[string]int{}
	for i, request := range g.sent {
		if g.late[request] {
			late[request.Name]++
			continue
		}
		if i >= after {
			points = append(points, Request{Name: request.Name, Nth: request.Nth - late[request.Name]})
		}
	}
	return points
}

// Writes are the counted requests to the API server.
func (g *Gate) Writes() []Request {
	return slices.DeleteFunc(g.Sent(), func(r Request) bool { return !strings.Contains(r.Name, " ") })
}

// KubernetesEvents is how many writes of Kubernetes Events were sent.
func (g *Gate) KubernetesEvents() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.events
}

// WasCut tells that the process reached its Cut.
func (g *Gate) WasCut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.wasCut
}

// Kill cuts the process off now.
func (g *Gate) Kill() { g.die(false) }

func (g *Gate) die(cut bool) {
	g.mu.Lock()
	already := g.dead
	g.dead = true
	g.wasCut = g.wasCut || cut
	g.mu.Unlock()
	if !already && g.OnDeath != nil {
		g.OnDeath()
	}
}

func (g *Gate) isDead() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.dead
}

// kind is how a request is treated.
type kind int

const (
	// counted requests are cut points.
	counted kind = iota
	// read requests change nothing; a cut before one is the same as a cut after what came before it.
	read
	// event requests write Kubernetes Events, which nothing depends on.
	event
)

// enter notes a request that is about to be sent. The mode is empty unless this is where the process dies.
func (g *Gate) enter(name string, k kind) (Request, Mode, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.dead {
		return Request{}, "", ErrDead
	}
	switch k {
	case read:
		g.reads++
		return Request{}, "", nil
	case event:
		g.events++
		return Request{}, "", nil
	}
	if g.counts == nil {
		g.counts = map[string]int{}
	}
	g.counts[name]++
	request := Request{Name: name, Nth: g.counts[name]}
	g.sent = append(g.sent, request)
	if g.Cut != nil && g.Cut.At == request {
		return request, g.Cut.Mode, nil
	}
	return request, "", nil
}

// answered notes what became of a request.
func (g *Gate) answered(request Request, response *http.Response) {
	change := strings.HasPrefix(request.Name, http.MethodPut+" ") || strings.HasPrefix(request.Name, http.MethodPatch+" ")
	if !change || response.StatusCode != http.StatusConflict {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.late == nil {
		g.late = map[Request]bool{}
	}
	g.late[request] = true
}

// namer tells what a request is.
type namer func(*http.Request) (name string, k kind)

// wrap puts the gate in front of next.
func (g *Gate) wrap(next http.RoundTripper, name namer) http.RoundTripper {
	return &gated{gate: g, next: next, name: name}
}

type gated struct {
	gate *Gate
	next http.RoundTripper
	name namer
}

// RoundTrip implements http.RoundTripper.
func (t *gated) RoundTrip(request *http.Request) (*http.Response, error) {
	name, k := t.name(request)
	sent, mode, err := t.gate.enter(name, k)
	if err != nil {
		return refuse(request, k)
	}
	if mode == Before {
		t.gate.die(true)
		return refuse(request, k)
	}
	response, err := t.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	t.gate.answered(sent, response)
	switch {
	case mode == After:
		return t.lastWords(response)
	case mode == Lost:
		discard(response)
		t.gate.die(true)
		return nil, ErrDead
	case k != read && t.gate.isDead():
		// Cut at another request, while this one was under way.
		discard(response)
		return nil, ErrDead
	}
	return response, nil
}

// lastWords delivers an answer to a process that is dead from here on. It is read first: death cancels the context
// that the reading depends on.
func (t *gated) lastWords(response *http.Response) (*http.Response, error) {
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("harness: reading the answer before the cut: %w", err)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	t.gate.die(true)
	return response, nil
}

// refuse answers a dead process. The sender of Kubernetes Events tries for two minutes on anything but an answer,
// and its goroutines would outlive the test.
func refuse(request *http.Request, k kind) (*http.Response, error) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
	if k != event {
		return nil, ErrDead
	}
	const body = `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403,"message":"the process is dead"}`
	return &http.Response{
		StatusCode: http.StatusForbidden, Status: "403 Forbidden", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  http.Header{"Content-Type": {"application/json"}},
		Body:    io.NopCloser(strings.NewReader(body)),
		Request: request,
	}, nil
}

func discard(response *http.Response) {
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
}
