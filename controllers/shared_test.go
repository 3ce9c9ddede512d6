// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/callbackurl"
)

var decideEpoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// at is so long after the epoch of these tests.
func at(after time.Duration) metav1.Time { return metav1.NewTime(decideEpoch.Add(after)) }

// callWith is an outbound Call as the API server would hand it out, changed by the changes.
func callWith(changes ...func(*v1alpha1.Call)) *v1alpha1.Call {
	call := &v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{Name: "c", Namespace: "n", UID: "u", Generation: 1, CreationTimestamp: at(0)},
		Spec: v1alpha1.CallSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: "p"},
			From:        &v1alpha1.Caller{PhoneNumber: "+14255550100"},
			To:          &v1alpha1.Identifier{PhoneNumber: "+14255550123"},
			State:       v1alpha1.CallStateActive,
			RingTimeout: &metav1.Duration{Duration: 60 * time.Second},
			MaxDuration: &metav1.Duration{Duration: time.Hour},
		},
		Status: v1alpha1.CallStatus{ObservedGeneration: 1, Phase: v1alpha1.CallPhasePending},
	}
	for _, change := range changes {
		change(call)
	}
	return call
}

func attempted(c *v1alpha1.Call) {
	c.Finalizers = []string{v1alpha1.CallFinalizer}
	c.Status.Attempt = &v1alpha1.RequestAttempt{ID: "a", FirstSent: at(0)}
}

func placed(c *v1alpha1.Call) { attempted(c); c.Status.ConnectionID = "cc" }

func connectedAt(after time.Duration) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) { placed(c); c.Status.ConnectedTime = ptr.To(at(after)) }
}

func endingSince(after time.Duration, reason v1alpha1.EndingReason) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) {
		placed(c)
		c.Status.Ending = &v1alpha1.CallEnding{Reason: reason, Time: at(after)}
	}
}

func endedAt(after time.Duration) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) {
		placed(c)
		c.Status.Result = &v1alpha1.CallResult{Outcome: v1alpha1.OutcomeCompleted, EndTime: at(after)}
	}
}

func deletedCall(c *v1alpha1.Call) { deletedAt(0)(c) }

func deletedAt(after time.Duration) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) { c.DeletionTimestamp = ptr.To(at(after)) }
}

var (
	theCall    = ctrl.Request{NamespacedName: client.ObjectKey{Namespace: "n", Name: "c"}}
	errBroken  = apierrors.NewInternalError(errors.New("broken"))
	forbidden  = apierrors.NewForbidden(schema.GroupResource{Resource: "calls"}, "c", errors.New("not allowed"))
	conflicted = apierrors.NewConflict(schema.GroupResource{Resource: "calls"}, "c", errors.New("changed meanwhile"))
)

// statusUpdate is a write of status, before or in place of which a test does something.
type statusUpdate func(ctx context.Context, c client.Client, object client.Object) error

func onStatusUpdate(do statusUpdate) interceptor.Funcs {
	return interceptor.Funcs{SubResourceUpdate: func(ctx context.Context, c client.Client, _ string, object client.Object, _ ...client.SubResourceUpdateOption) error {
		return do(ctx, c, object)
	}}
}

func failing(err error) statusUpdate {
	return func(context.Context, client.Client, client.Object) error { return err }
}

func callbackTo(url string) func(*v1alpha1.CallProvider) {
	return func(p *v1alpha1.CallProvider) { p.Spec.CallbackURL = url }
}

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

// indexed adds a kind's indexes to an API server.
type indexed func(*fake.ClientBuilder) *fake.ClientBuilder

// apiWith is an in-memory API server with indexes, or none, whose requests pass through funcs.
func apiWith(t *testing.T, indexes indexed, funcs interceptor.Funcs, objects ...client.Object) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.Call{}, &v1alpha1.CallProvider{}, &v1alpha1.ParticipantMove{}).
		WithInterceptorFuncs(funcs)
	if indexes != nil {
		builder = indexes(builder)
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

// withoutCacheOptions drops options of the cache, which the API server in memory does not know.
func withoutCacheOptions() interceptor.Funcs {
	return interceptor.Funcs{List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, _ ...client.ListOption) error {
		return c.List(ctx, list)
	}}
}

func wantEvent(t *testing.T, recorder *events.FakeRecorder, part string) {
	t.Helper()
	for len(recorder.Events) > 0 {
		if event := <-recorder.Events; strings.Contains(event, part) {
			return
		}
	}
	t.Errorf("no Event says %q", part)
}

// foreignAnswers are answers that are not of ACS, as people met them.
var foreignAnswers = []struct {
	name         string
	status       int
	kind, answer string
	want         string
}{
	{"withdrawn version", 404, "application/json; charset=utf-8", `{"Message":"No HTTP resource was found that matches the request URI 'https://acs.example.test/calling/callConnections/1?api-version=2024-11-15-preview'."}`, v1alpha1.ReasonAPIVersionNotServed},
	{"proxy's page", 404, "text/html", "<html>\r\n<head><title>404 Not Found</title></head></html>\r\n", v1alpha1.ReasonEndpointNotACS},
	{"empty 404", 404, "", "", v1alpha1.ReasonEndpointNotACS},
	{"empty 410", 410, "", "", v1alpha1.ReasonEndpointNotACS},
	{"default backend", 404, "text/plain", "default backend - 404", v1alpha1.ReasonEndpointNotACS},
	{"another service of Azure", 404, "application/json", `{"error":{"code":"404","message":"Resource not found"}}`, v1alpha1.ReasonEndpointNotACS},
	{"sign-in", 200, "text/html", "<html>Sign in</html>", v1alpha1.ReasonEndpointNotACS},
	{"other API", 200, "application/json", `["ok"]`, v1alpha1.ReasonEndpointNotACS},
	{"firewall", 403, "text/html", "<html>blocked</html>", v1alpha1.ReasonEndpointNotACS},
}

const goneAnswer = `{"error":{"code":"8522","message":"Call not found."}}`

// sentPins are those of an attempt that this version sent for an object by the provider of these tests.
func sentPins(t *testing.T, object client.Object) attempt.Pins {
	t.Helper()
	provider := providerWith()
	return attempt.PinsOf(object, provider, attempt.Service(provider, "https://acs.example.com/"), v1alpha1.AttemptRequest{APIVersion: "2026-03-12"}, keysOf(t, "k").ID())
}

// keysOf is a key file in which each key is one character, many times.
func keysOf(t *testing.T, keys ...string) callbackurl.Keys {
	t.Helper()
	file := ""
	for _, key := range keys {
		file += base64.StdEncoding.EncodeToString([]byte(strings.Repeat(key, 32))) + "\n"
	}
	parsed, err := callbackurl.ParseKeys([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// contextOf is the Secret with an incoming call's context.
func contextOf(call *v1alpha1.Call) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: call.Namespace, Name: call.Name, OwnerReferences: []metav1.OwnerReference{{Kind: "Call", Name: call.Name, UID: call.UID}},
		},
		Type: v1alpha1.IncomingCallContextSecretType, Data: map[string][]byte{v1alpha1.IncomingCallContextKey: []byte("context")},
	}
}

func withContext(c *v1alpha1.Call) {
	c.Annotations = map[string]string{v1alpha1.IncomingCallContextAnnotation: ""}
}

func unfinalized(c *v1alpha1.Call) { c.Finalizers = nil }

func wantedEnded(c *v1alpha1.Call) { c.Spec.State = v1alpha1.CallStateEnded }

func inboundCall(c *v1alpha1.Call) {
	c.Spec.To, c.Spec.From = nil, nil
	c.Spec.Inbound = &v1alpha1.InboundCall{To: v1alpha1.Identifier{PhoneNumber: "+14255550100"}, ReceivedTime: at(0)}
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

// moveWith is a move of one phone from Call a to Call b as the API server would hand it out, changed by the changes.
func moveWith(changes ...func(*v1alpha1.ParticipantMove)) *v1alpha1.ParticipantMove {
	move := &v1alpha1.ParticipantMove{
		ObjectMeta: metav1.ObjectMeta{Name: "m", Namespace: "n", UID: "m", Generation: 1, CreationTimestamp: at(0)},
		Spec: v1alpha1.ParticipantMoveSpec{
			From: v1alpha1.CallReference{Name: "a"}, To: v1alpha1.CallReference{Name: "b"},
			Participants: []v1alpha1.Identifier{{PhoneNumber: "+14255550123"}},
			Timeout:      &metav1.Duration{Duration: 5 * time.Minute},
		},
		Status: v1alpha1.ParticipantMoveStatus{ObservedGeneration: 1},
	}
	for _, change := range changes {
		change(move)
	}
	return move
}

func sentMove(m *v1alpha1.ParticipantMove) {
	m.Finalizers = []string{v1alpha1.ParticipantMoveFinalizer}
	m.Status.Attempt = &v1alpha1.RequestAttempt{ID: "i", FirstSent: at(0)}
	m.Status.From, m.Status.To = &v1alpha1.MovedCall{Name: "a"}, &v1alpha1.MovedCall{Name: "b"}
}

func acceptedMove(m *v1alpha1.ParticipantMove) { sentMove(m); m.Status.Accepted = true }

func deletedMove(m *v1alpha1.ParticipantMove) { m.DeletionTimestamp = ptr.To(at(0)) }

// onTheAir is a connected Call.
func onTheAir(name string, changes ...func(*v1alpha1.Call)) *v1alpha1.Call {
	call := callWith(append([]func(*v1alpha1.Call){connectedAt(0)}, changes...)...)
	call.Name, call.UID = name, types.UID(name)
	return call
}

func ofProvider(name string) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) { c.Spec.ProviderRef.Name = name }
}

// sentFor has an attempt name an object and service A.
func sentFor(uid types.UID) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) {
		c.Status.Attempt.ObjectUID = uid
		c.Status.Attempt.Service = &v1alpha1.AttemptService{ProviderName: "p", ProviderUID: "pu", Endpoint: hostA}
	}
}

func routedTo(action v1alpha1.RouteActionType) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) {
		inboundCall(c)
		withContext(c)
		c.Status.Route = &v1alpha1.RoutedCall{Name: "r", Action: action, RedirectTo: &v1alpha1.Identifier{PhoneNumber: "+14255550124"}}
	}
}
