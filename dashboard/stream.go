// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

const (
	// gather is how long changes are collected before they are sent, so that many changes become one message.
	gather = 50 * time.Millisecond
	// heartbeat is how often something is sent, so that the page knows that the connection is alive.
	heartbeat = 10 * time.Second
	// writePatience is how long a browser may take to read a message.
	writePatience = 20 * time.Second
	// settlePatience is how long the first message waits for the API server's answers.
	settlePatience = 5 * time.Second
)

// message is sent to the page. Objects that are not in it are unchanged, unless Anew is set.
type message struct {
	// Anew says that the message is complete. Only such a message has User, Namespace and SignIn.
	Anew      bool   `json:"anew,omitempty"`
	User      string `json:"user,omitempty"`
	Namespace string `json:"namespace,omitempty"`

	Now       time.Time         `json:"now"`
	Calls     []callView        `json:"calls,omitempty"`
	Moves     []moveView        `json:"moves,omitempty"`
	Actions   []actionView      `json:"actions,omitempty"`
	DialOuts  []dialOutView     `json:"dialOuts,omitempty"`
	Flows     []flowView        `json:"flows,omitempty"`
	Routes    []routeView       `json:"routes,omitempty"`
	Providers []providerView    `json:"providers,omitempty"`
	Gone      []string          `json:"gone,omitempty"`
	Trouble   []trouble         `json:"trouble"`
	Rights    map[string]Rights `json:"rights"`
}

// session is sent to the page before the user is known.
type session struct {
	// SignIn makes the page ask for a token of the cluster; SignedIn says that a proxy in front adds one to each
	// request.
	SignIn    bool   `json:"signIn"`
	SignedIn  bool   `json:"signedIn"`
	Namespace string `json:"namespace"`
}

func (s *Server) session(w http.ResponseWriter, r *http.Request) {
	takesTokens, brought := s.options.Authenticator.SignIn(), bearer(r) != ""
	writeJSON(w, http.StatusOK, session{SignIn: takesTokens && !brought, SignedIn: takesTokens && brought, Namespace: s.options.Namespace})
}

// stream sends the current state, and then each change, while the page is open.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	person, c, ok := s.person(w, r)
	if !ok {
		return
	}
	user, err := nameOf(r.Context(), c)
	if err != nil {
		refuse(w, err)
		return
	}
	namespace := s.options.Namespace
	if r.URL.Query().Has("namespace") {
		namespace = r.URL.Query().Get("namespace")
	}
	found, leave, err := s.viewers.enter(person, user, c, namespace)
	if err != nil {
		refuse(w, err)
		return
	}
	defer leave()
	window := found.open()
	defer found.shut(window)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy passes on what is sent as it is sent
	line := &numberQueue{viewer: found, window: window, out: w, control: http.NewResponseController(w)}
	if err := line.run(s, r, message{Anew: true, User: user, Namespace: namespace}); err != nil {
		s.options.Log.V(1).Info("a page was closed", "error", err.Error())
	}
}

// line is the connection to one page.
type numberQueue struct {
	viewer    *viewer
	window    *window
	out       http.ResponseWriter
	control   *http.ResponseController
	providers map[string]providerView
}

func (l *numberQueue) run(s *Server, r *http.Request, first message) error {
	select {
	case <-l.viewer.settled:
	case <-time.After(settlePatience):
	case <-r.Context().Done():
		return nil
	}
	l.window.take()
	if err := l.send(l.everything(first)); err != nil {
		return err
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-s.closing:
			return nil
		case <-r.Context().Done():
			return nil
		case <-beat.C:
		case <-l.window.wake:
			<-time.After(gather)
		}
		if err := l.send(l.changes()); err != nil {
			return err
		}
	}
}

// send writes a message. It drops the connection of a browser that does not read.
func (l *numberQueue) send(m message) error {
	m.Now = time.Now()
	m.Trouble = l.viewer.trouble()
	m.Rights = map[string]Rights{}
	for _, namespace := range l.viewer.namespaces() {
		m.Rights[namespace] = l.viewer.rights.of(l.viewer.ctx, namespace)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := l.control.SetWriteDeadline(time.Now().Add(writePatience)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(l.out, "data: %s\n\n", text); err != nil {
		return err
	}
	return l.control.Flush()
}

// everything is the complete state.
func (l *numberQueue) everything(m message) message {
	for _, call := range all[*v1alpha1.Call](l.viewer, kindCall) {
		m.Calls = append(m.Calls, viewOfCall(call, l.viewer.flowOf(call)))
	}
	for _, move := range all[*v1alpha1.ParticipantMove](l.viewer, kindMove) {
		m.Moves = append(m.Moves, viewOfMove(move))
	}
	for _, action := range all[*v1alpha1.CallAction](l.viewer, kindAction) {
		m.Actions = append(m.Actions, viewOfAction(action))
	}
	for _, dialOut := range all[*v1alpha1.DialOut](l.viewer, kindDialOut) {
		m.DialOuts = append(m.DialOuts, viewOfDialOut(dialOut))
	}
	for _, flow := range all[*v1alpha1.CallFlow](l.viewer, kindFlow) {
		m.Flows = append(m.Flows, viewOfFlow(flow))
	}
	for _, route := range all[*v1alpha1.CallRoute](l.viewer, kindRoute) {
		m.Routes = append(m.Routes, viewOfRoute(route))
	}
	l.providers = map[string]providerView{}
	m.Providers = l.newProviders()
	return m
}

// changes is what has changed since the last message.
func (l *numberQueue) changes() message {
	var m message
	recount := false
	for c := range l.window.take() {
		recount = recount || c.kind == kindCall || c.kind == kindProvider
		switch object := l.viewer.object(c).(type) {
		case *v1alpha1.Call:
			m.Calls = append(m.Calls, viewOfCall(object, l.viewer.flowOf(object)))
		case *v1alpha1.ParticipantMove:
			m.Moves = append(m.Moves, viewOfMove(object))
		case *v1alpha1.CallAction:
			m.Actions = append(m.Actions, viewOfAction(object))
		case *v1alpha1.DialOut:
			m.DialOuts = append(m.DialOuts, viewOfDialOut(object))
		case *v1alpha1.CallFlow:
			m.Flows = append(m.Flows, viewOfFlow(object))
			m.Calls = append(m.Calls, l.callsIn(object)...)
		case *v1alpha1.CallRoute:
			m.Routes = append(m.Routes, viewOfRoute(object))
		case nil:
			m.Gone = append(m.Gone, c.kind+"/"+c.key.String())
		}
	}
	if recount {
		m.Providers = l.newProviders()
	}
	return m
}

// callsIn are the calls at a step of a flow as it is now: what the step says may not have been known when they were sent.
func (l *numberQueue) callsIn(flow *v1alpha1.CallFlow) []callView {
	var views []callView
	for _, call := range all[*v1alpha1.Call](l.viewer, kindCall) {
		progress := call.Status.Flow
		if progress != nil && !progress.Over() && progress.Name == flow.Name && call.Namespace == flow.Namespace && progress.Generation == flow.Generation {
			views = append(views, viewOfCall(call, flow))
		}
	}
	return views
}

// newProviders are the providers that have changed since the last message, with recounted slots.
func (l *numberQueue) newProviders() []providerView {
	calls := all[*v1alpha1.Call](l.viewer, kindCall)
	var changed []providerView
	for _, provider := range all[*v1alpha1.CallProvider](l.viewer, kindProvider) {
		view := viewOfProvider(provider, calls)
		if !reflect.DeepEqual(l.providers[view.Key], view) {
			l.providers[view.Key] = view
			changed = append(changed, view)
		}
	}
	return changed
}

func compareKeys(a, b client.Object) int {
	return cmp.Or(cmp.Compare(a.GetNamespace(), b.GetNamespace()), cmp.Compare(a.GetName(), b.GetName()))
}

// person returns the user, and a client with the user's permissions.
func (s *Server) person(w http.ResponseWriter, r *http.Request) (Person, client.WithWatch, bool) {
	person, err := s.options.Authenticator.Person(r)
	if err == nil {
		var c client.WithWatch
		if c, err = person.client(); err == nil {
			return person, c, true
		}
	}
	refuse(w, err)
	return Person{}, nil, false
}

// refusal is what the page shows to the user when an action failed.
type refusal struct {
	Message string `json:"message"`
	// Reason is the API server's, in one word.
	Reason string `json:"reason,omitempty"`
}

// refuse answers with the original error message.
func refuse(w http.ResponseWriter, err error) {
	code, answer := http.StatusBadRequest, refusal{Message: err.Error()}
	var status apierrors.APIStatus
	switch {
	case errors.Is(err, errUnknown):
		code, answer.Message = http.StatusUnauthorized, "You are not signed in, or the dashboard was restarted: open the address that it printed."
	case apierrors.IsUnauthorized(err):
		code, answer.Message = http.StatusUnauthorized, "The API server does not know this token, or it has expired."
	case errors.Is(err, errTooManyUsers):
		code = http.StatusServiceUnavailable
	case errors.Is(err, errTooManyViews):
		code = http.StatusTooManyRequests
	case errors.As(err, &status):
		code, answer.Reason = int(status.Status().Code), string(status.Status().Reason)
		answer.Message = plain(status)
	}
	if code < 400 || code > 599 {
		code = http.StatusBadGateway
	}
	writeJSON(w, code, answer)
}

func writeJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body)
}
