// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/telephony"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

// accessKey is what no text may show.
const accessKey = "c2VjcmV0LXRoYXQtbm8tdGV4dC1tYXktc2hvdw=="

const connectionString = "endpoint=https://acs.example.com/;accesskey=" + accessKey

// clock is a time that only a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: decideEpoch} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// newAPI is an in-memory API server whose requests pass through funcs.
func newAPI(t *testing.T, funcs interceptor.Funcs, objects ...client.Object) client.WithWatch {
	t.Helper()
	scheme, err := Scheme()
	if err != nil {
		t.Fatal(err)
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.Call{}, &v1alpha1.CallProvider{}, &v1alpha1.ParticipantMove{}).
		WithIndex(&v1alpha1.CallRoute{}, providerIndex, func(object client.Object) []string {
			return []string{object.(*v1alpha1.CallRoute).Spec.ProviderRef.Name}
		}).
		WithIndex(&v1alpha1.ParticipantMove{}, openMoveIndex, openMove).
		WithInterceptorFuncs(funcs)
	for name := range callIndexes {
		builder = builder.WithIndex(&v1alpha1.Call{}, name, indexedBy(name))
	}
	return builder.Build()
}

func providerWith(changes ...func(*v1alpha1.CallProvider)) *v1alpha1.CallProvider {
	provider := &v1alpha1.CallProvider{
		ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "n", UID: "pu", Generation: 1},
		Spec: v1alpha1.CallProviderSpec{
			CallbackURL: "https://calls.example.com",
			Numbers:     []v1alpha1.OwnedNumber{{PhoneNumber: "+14255550100", MaxConcurrentCalls: 1}},
			ACS: &v1alpha1.ACSProvider{
				ConnectionStringSecretRef: &v1alpha1.SecretKeyReference{Name: "s", Key: "connectionString"},
				UnansweredRequests:        v1alpha1.UnansweredRepeat,
			},
		},
		Status: v1alpha1.CallProviderStatus{ObservedGeneration: -1},
	}
	for _, change := range changes {
		change(provider)
	}
	return provider
}

func secretWith(value string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "s", Namespace: "n"},
		Data:       map[string][]byte{"connectionString": []byte(value)},
	}
}

// acsStub answers every request to ACS alike, and keeps them.
type acsStub struct {
	status int
	answer string
	// kind is the Content-Type; next, if set, creates each answer.
	kind string
	next func(*http.Request) (status int, kind, answer string)
	// seen is called with each request before it is answered.
	seen func(*http.Request)

	mu          sync.Mutex
	sent, paths []string
}

func (a *acsStub) Do(request *http.Request) (*http.Response, error) {
	if a.seen != nil {
		a.seen(request)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sent = append(a.sent, request.Header.Get("Repeatability-Request-ID"))
	a.paths = append(a.paths, request.URL.Path)
	if a.next != nil {
		a.status, a.kind, a.answer = a.next(request)
	}
	header := http.Header{}
	if a.kind != "" {
		header.Set("Content-Type", a.kind)
	}
	return &http.Response{
		StatusCode: a.status, Header: header, Body: io.NopCloser(strings.NewReader(a.answer)), Request: request,
	}, nil
}

// ids are the Repeatability-Request-IDs that were sent.
func (a *acsStub) ids() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.sent...)
}

func placesCalls() *acsStub {
	return &acsStub{status: http.StatusCreated, answer: `{"callConnectionId":"cc","serverCallId":"sc","correlationId":"co"}`}
}

// newReconciler is a CallReconciler on an API server in memory and an ACS that is a stub.
func newReconciler(t *testing.T, api client.WithWatch, service *acsStub) (*CallReconciler, *events.FakeRecorder) {
	t.Helper()
	keys, err := callbackurl.ParseKeys([]byte(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))))
	if err != nil {
		t.Fatal(err)
	}
	now := newClock()
	slots := NewSlots()
	// Tests in which the list fails say so themselves.
	_ = slots.Load(t.Context(), api)
	recorder := events.NewFakeRecorder(64)
	connections := newConnections(api, now.Now)
	setTransport(connections, service)
	return &CallReconciler{
		Client: api, Live: api, Recorder: recorder,
		Connections:  connections,
		CallbackKeys: keys, Slots: slots, PollInterval: time.Minute,
		Now: now.Now, NewID: func() string { return "attempt" },
	}, recorder
}

// newConnections are the connections to ACS that a manager makes.
func newConnections(secrets client.Reader, now func() time.Time) *Connections {
	return &Connections{Providers: secrets, Secrets: secrets, Now: now, Adapter: &telephonyacs.Adapter{Now: now}}
}

func setTransport(connections *Connections, transport telephony.Transport) {
	connections.Adapter.(*telephonyacs.Adapter).Transport = transport
}

func setNow(connections *Connections, now func() time.Time) {
	connections.Now = now
	connections.Adapter.(*telephonyacs.Adapter).Now = now
}

// setClock has a reconciler that was not used yet tell the time of a clock.
func setClock(r *CallReconciler) *clock {
	now := newClock()
	r.Now = now.Now
	setNow(r.Connections, now.Now)
	return now
}

// read is a Call as the API server has it.
func read(t *testing.T, api client.Reader) *v1alpha1.Call {
	t.Helper()
	call := &v1alpha1.Call{}
	if err := api.Get(t.Context(), client.ObjectKey{Namespace: "n", Name: "c"}, call); err != nil {
		t.Fatal(err)
	}
	return call
}
