// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/call"
	"github.com/call-operator/call-operator/controllers/operation"
	"github.com/call-operator/call-operator/controllers/shared/access/accesstest"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/controllers/shared/once"
)

// resource is an ACS resource in memory: it knows the calls that were placed with it, and no others.
type resource struct {
	mu sync.Mutex
	// loses says that every request is carried out and every answer lost; down, that nothing is carried out.
	loses, down bool
	// calls are the live connections, rings the attempts that placed a call.
	calls, rings map[string]bool
	// sent are the requests that change something, asked those that read.
	sent, asked []sentRequest
}

// sentRequest is a request as far as a repetition has to be the same.
type sentRequest struct{ Method, URL, ID, FirstSent, Body string }

// serve carries a request out and answers it.
func (a *resource) serve(request *http.Request) (status int, answer string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	body := []byte{}
	if request.Body != nil {
		body, _ = io.ReadAll(request.Body)
	}
	received := sentRequest{
		request.Method, request.URL.RequestURI(),
		request.Header.Get("Repeatability-Request-ID"), request.Header.Get("Repeatability-First-Sent"), string(body),
	}
	if request.Method == http.MethodGet {
		a.asked = append(a.asked, received)
	} else {
		a.sent = append(a.sent, received)
	}
	if a.down {
		return http.StatusServiceUnavailable, `{}`
	}
	status, answer = a.carryOut(request, received.ID)
	if a.loses {
		// Says as little as no answer, and is not tried again at once by the client.
		return http.StatusConflict, `{}`
	}
	return status, answer
}

func (a *resource) carryOut(request *http.Request, id string) (status int, answer string) {
	_, rest, _ := strings.Cut(request.URL.Path, "/calling/callConnections")
	connection, action, _ := strings.Cut(strings.TrimPrefix(rest, "/"), ":")
	connection, roster := strings.CutSuffix(connection, "/participants")
	switch {
	case action == "redirect" || action == "reject":
		return http.StatusNoContent, ""
	case connection == "":
		a.rings[id], a.calls["cc-"+id] = true, true
		status = map[bool]int{true: http.StatusOK, false: http.StatusCreated}[action == "answer"]
		return status, fmt.Sprintf(`{"callConnectionId":"cc-%s","serverCallId":"sc","correlationId":"co"}`, id)
	case !a.calls[connection]:
		return http.StatusNotFound, `{"error":{"code":"8522","message":"Call not found."}}`
	case action == "terminate":
		delete(a.calls, connection)
		return http.StatusNoContent, ""
	case action != "" || request.Method == http.MethodPost:
		return http.StatusAccepted, `{}`
	case roster:
		return http.StatusOK, `{"value":[]}`
	default:
		return http.StatusOK, fmt.Sprintf(`{"callConnectionId":%q,"callConnectionState":"connected"}`, connection)
	}
}

// requests are how many requests came.
func (a *resource) requests() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.sent) + len(a.asked)
}

// lastSent is the last request that changes something.
func (a *resource) lastSent(t *testing.T) sentRequest {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.sent) == 0 {
		t.Fatal("nothing was sent")
	}
	return a.sent[len(a.sent)-1]
}

// world is a manager, an API server in memory, and two ACS resources; a provider leads to one of them.
type world struct {
	t     *testing.T
	api   client.WithWatch
	now   *controllertest.Clock
	calls *call.Reconciler
	moves *operation.Reconciler
	news  *events.FakeRecorder
	a, b  *resource
}

const (
	hostA = "a.example.com"
	hostB = "b.example.com"
)

func connectionStringAt(host string) string {
	return "endpoint=https://" + host + "/;accesskey=" + controllertest.AccessKey
}

// newWorld begins with a provider that leads to resource A.
func newWorld(t *testing.T, objects ...client.Object) *world {
	t.Helper()
	w := &world{t: t, a: &resource{}, b: &resource{}}
	for _, r := range []*resource{w.a, w.b} {
		r.calls, r.rings = map[string]bool{}, map[string]bool{}
	}
	w.api = controllertest.NewAPI(t, worldIndexes, interceptor.Funcs{}, append(objects, controllertest.ProviderWith(), controllertest.SecretWith(connectionStringAt(hostA)))...)
	w.restart()
	return w
}

func worldIndexes(builder *fake.ClientBuilder) *fake.ClientBuilder {
	for name, values := range call.Indexers() {
		builder = builder.WithIndex(&v1alpha1.Call{}, name, values)
	}
	for name, values := range operation.Moves.Indexers() {
		builder = builder.WithIndex(&v1alpha1.ParticipantMove{}, name, values)
	}
	return builder
}

// restart is a manager that knows only the state in the API server.
func (w *world) restart() {
	w.t.Helper()
	if w.now == nil {
		w.now = controllertest.NewClock()
	}
	slots := call.NewAdmission()
	if err := slots.Load(w.t.Context(), w.api); err != nil {
		w.t.Fatal(err)
	}
	connections := accesstest.New(w.api, w.now.Now)
	accesstest.SetTransport(connections, w)
	w.news = events.NewFakeRecorder(64)
	base := func() once.Base {
		return once.Base{
			Client: w.api, Live: w.api, Recorder: w.news, Connections: connections, CallbackKeys: controllertest.KeysOf(w.t, "k"), Now: w.now.Now,
			NewID: func() string { return "attempt" },
		}
	}
	w.calls = &call.Reconciler{
		Base: base(), Secrets: w.api, Admission: slots, PollInterval: time.Minute,
	}
	w.moves = &operation.Reconciler{Base: base(), Kind: operation.Moves}
}

// Do sends a request to the resource of its host.
func (w *world) Do(request *http.Request) (*http.Response, error) {
	to := map[string]*resource{hostA: w.a, hostB: w.b}[request.URL.Host]
	if to == nil {
		w.t.Errorf("a request goes to %s", request.URL.Host)
		return nil, io.ErrUnexpectedEOF
	}
	status, answer := to.serve(request)
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: request}, nil
}

// reconcile lets time pass and then has the manager look at the Call.
func (w *world) reconcile(after time.Duration) {
	w.t.Helper()
	w.now.Pass(after)
	if _, err := w.calls.Reconcile(w.t.Context(), controllertest.TheCall); err != nil {
		w.t.Fatal(err)
	}
}

// settle has the manager look at the Call for some minutes.
func (w *world) settle() {
	w.t.Helper()
	for range 9 {
		w.reconcile(20 * time.Second)
	}
}

func (w *world) reconcileMove(after time.Duration) {
	w.t.Helper()
	w.now.Pass(after)
	if _, err := w.moves.Reconcile(w.t.Context(), ctrl.Request{NamespacedName: types.NamespacedName{Namespace: "n", Name: "m"}}); err != nil {
		w.t.Fatal(err)
	}
}

// lead has the provider's Secret lead to a host, which the manager has noticed.
func (w *world) lead(host string) {
	w.t.Helper()
	secret := &corev1.Secret{}
	if err := w.api.Get(w.t.Context(), client.ObjectKey{Namespace: "n", Name: "s"}, secret); err != nil {
		w.t.Fatal(err)
	}
	secret.Data["connectionString"] = []byte(connectionStringAt(host))
	if err := w.api.Update(w.t.Context(), secret); err != nil {
		w.t.Fatal(err)
	}
	w.calls.Connections.Invalidate(types.NamespacedName{Namespace: "n", Name: "p"})
}

// editProvider edits the provider as a person does.
func (w *world) editProvider(edit func(*v1alpha1.CallProvider)) {
	w.t.Helper()
	provider := &v1alpha1.CallProvider{}
	if err := w.api.Get(w.t.Context(), client.ObjectKey{Namespace: "n", Name: "p"}, provider); err != nil {
		w.t.Fatal(err)
	}
	edit(provider)
	provider.Generation++
	if err := w.api.Update(w.t.Context(), provider); err != nil {
		w.t.Fatal(err)
	}
}

// recreateProvider puts another provider of the name in the place of the first.
func (w *world) recreateProvider() {
	w.t.Helper()
	if err := w.api.Delete(w.t.Context(), controllertest.ProviderWith()); err != nil {
		w.t.Fatal(err)
	}
	if err := w.api.Create(w.t.Context(), controllertest.ProviderWith(func(p *v1alpha1.CallProvider) { p.UID = "another" })); err != nil {
		w.t.Fatal(err)
	}
}

// useKeys has the manager start again with a key file of these keys.
func (w *world) useKeys(keys ...string) {
	w.t.Helper()
	w.restart()
	w.calls.CallbackKeys = controllertest.KeysOf(w.t, keys...)
	w.moves.CallbackKeys = w.calls.CallbackKeys
}

func (w *world) call() *v1alpha1.Call {
	w.t.Helper()
	return controllertest.Read(w.t, w.api)
}

func (w *world) move() *v1alpha1.ParticipantMove {
	w.t.Helper()
	move := &v1alpha1.ParticipantMove{}
	if err := w.api.Get(w.t.Context(), client.ObjectKey{Namespace: "n", Name: "m"}, move); err != nil {
		w.t.Fatal(err)
	}
	return move
}

// told are the Events until now.
func (w *world) told() (news []string) {
	for {
		select {
		case one := <-w.news.Events:
			news = append(news, one)
		default:
			return news
		}
	}
}
