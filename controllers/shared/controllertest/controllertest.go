// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package controllertest has what the tests of the reconcilers share: an API server in memory, an ACS that is a stub, a clock, and
// objects.
package controllertest

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

// Epoch is when the objects of the tests were created.
var Epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// At is so long after the epoch of these tests.
func At(after time.Duration) metav1.Time { return metav1.NewTime(Epoch.Add(after)) }

// CallWith is an outbound Call as the API server would hand it out, changed by the changes.
func CallWith(changes ...func(*v1alpha1.Call)) *v1alpha1.Call {
	call := &v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{Name: "c", Namespace: "n", UID: "u", Generation: 1, CreationTimestamp: At(0)},
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

// Attempted is a Call with an attempt.
func Attempted(c *v1alpha1.Call) {
	c.Finalizers = []string{v1alpha1.CallFinalizer}
	c.Status.Attempt = &v1alpha1.RequestAttempt{ID: "a", FirstSent: At(0)}
}

// Placed is a Call that the service has placed.
func Placed(c *v1alpha1.Call) { Attempted(c); c.Status.ConnectionID = "cc" }

// ConnectedAt is a Call that was answered so long after Epoch.
func ConnectedAt(after time.Duration) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) { Placed(c); c.Status.ConnectedTime = ptr.To(At(after)) }
}

// EndingSince is a Call that is being hung up.
func EndingSince(after time.Duration, reason v1alpha1.EndingReason) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) {
		Placed(c)
		c.Status.Ending = &v1alpha1.CallEnding{Reason: reason, Time: At(after)}
	}
}

// EndedAt is a Call that ended so long after Epoch.
func EndedAt(after time.Duration) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) {
		Placed(c)
		c.Status.Result = &v1alpha1.CallResult{Outcome: v1alpha1.OutcomeCompleted, EndTime: At(after)}
	}
}

// DeletedCall is a Call that is being deleted.
func DeletedCall(c *v1alpha1.Call) { DeletedAt(0)(c) }

// DeletedAt is a Call that was deleted so long after Epoch.
func DeletedAt(after time.Duration) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) { c.DeletionTimestamp = ptr.To(At(after)) }
}

// TheCall is the request to reconcile the Call; the errors are what the API server may answer.
var (
	TheCall    = ctrl.Request{NamespacedName: client.ObjectKey{Namespace: "n", Name: "c"}}
	ErrBroken  = apierrors.NewInternalError(errors.New("broken"))
	Forbidden  = apierrors.NewForbidden(schema.GroupResource{Resource: "calls"}, "c", errors.New("not allowed"))
	Conflicted = apierrors.NewConflict(schema.GroupResource{Resource: "calls"}, "c", errors.New("changed meanwhile"))
)

// StatusUpdate is a write of status, with something that a test does before it or instead of it.
type StatusUpdate func(ctx context.Context, c client.Client, object client.Object) error

// OnStatusUpdate intercepts the writes of status.
func OnStatusUpdate(do StatusUpdate) interceptor.Funcs {
	return interceptor.Funcs{SubResourceUpdate: func(ctx context.Context, c client.Client, _ string, object client.Object, _ ...client.SubResourceUpdateOption) error {
		return do(ctx, c, object)
	}}
}

// Failing is a write that fails.
func Failing(err error) StatusUpdate {
	return func(context.Context, client.Client, client.Object) error { return err }
}

// CallbackTo changes the provider's callback URL.
func CallbackTo(url string) func(*v1alpha1.CallProvider) {
	return func(p *v1alpha1.CallProvider) { p.Spec.CallbackURL = url }
}

// AccessKey is what no text may show.
const AccessKey = "c2VjcmV0LXRoYXQtbm8tdGV4dC1tYXktc2hvdw=="

// ConnectionString is the value of the provider's Secret.
const ConnectionString = "endpoint=https://acs.example.com/;accesskey=" + AccessKey

// Clock is a time that only a test moves.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock is a clock at Epoch.
func NewClock() *Clock { return &Clock{now: Epoch} }

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Pass moves the clock.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Indexes adds a kind's indexes to an API server.
type Indexes func(*fake.ClientBuilder) *fake.ClientBuilder

// NewAPI is an in-memory API server with indexes, or none, whose requests pass through funcs.
func NewAPI(t *testing.T, indexes Indexes, funcs interceptor.Funcs, objects ...client.Object) client.WithWatch {
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

// ProviderWith is the provider of the Calls, changed by the changes.
func ProviderWith(changes ...func(*v1alpha1.CallProvider)) *v1alpha1.CallProvider {
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

// SecretWith is the provider's Secret with a connection string.
func SecretWith(value string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "s", Namespace: "n"},
		Data:       map[string][]byte{"connectionString": []byte(value)},
	}
}

// ACSStub answers every request to ACS alike, and keeps them.
type ACSStub struct {
	Status int
	Answer string
	// Kind is the Content-Type; next, if set, creates each answer.
	Kind string
	Next func(*http.Request) (status int, kind, answer string)
	// Seen is called with each request before it is answered.
	Seen func(*http.Request)

	mu          sync.Mutex
	sent, Paths []string
}

// Do implements telephony.Transport.
func (a *ACSStub) Do(request *http.Request) (*http.Response, error) {
	if a.Seen != nil {
		a.Seen(request)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sent = append(a.sent, request.Header.Get("Repeatability-Request-ID"))
	a.Paths = append(a.Paths, request.URL.Path)
	if a.Next != nil {
		a.Status, a.Kind, a.Answer = a.Next(request)
	}
	header := http.Header{}
	if a.Kind != "" {
		header.Set("Content-Type", a.Kind)
	}
	return &http.Response{
		StatusCode: a.Status, Header: header, Body: io.NopCloser(strings.NewReader(a.Answer)), Request: request,
	}, nil
}

// IDs are the Repeatability-Request-IDs that were sent.
func (a *ACSStub) IDs() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.sent...)
}

// PlacesCalls is an ACS that places every call.
func PlacesCalls() *ACSStub {
	return &ACSStub{Status: http.StatusCreated, Answer: `{"callConnectionId":"cc","serverCallId":"sc","correlationId":"co"}`}
}

// WithoutCacheOptions drops options of the cache, which the API server in memory does not know.
func WithoutCacheOptions() interceptor.Funcs {
	return interceptor.Funcs{List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, _ ...client.ListOption) error {
		return c.List(ctx, list)
	}}
}

// WantEvent fails the test unless an Event has the text.
func WantEvent(t *testing.T, recorder *events.FakeRecorder, part string) {
	t.Helper()
	for len(recorder.Events) > 0 {
		if event := <-recorder.Events; strings.Contains(event, part) {
			return
		}
	}
	t.Errorf("no Event says %q", part)
}

// ForeignAnswers are answers that are not of ACS, as people met them.
var ForeignAnswers = []struct {
	Name         string
	Status       int
	Kind, Answer string
	Want         string
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

// GoneAnswer is ACS's own answer about a call that it does not know.
const GoneAnswer = `{"error":{"code":"8522","message":"Call not found."}}`

// SentPins are those of an attempt that this version sent for an object by the provider of these tests.
func SentPins(t *testing.T, object client.Object) attempt.Pins {
	t.Helper()
	provider := ProviderWith()
	return attempt.PinsOf(object, provider, attempt.Service(provider, "https://acs.example.com/"), v1alpha1.AttemptRequest{APIVersion: "2026-03-12"}, KeysOf(t, "k").ID())
}

// KeysOf is a key file in which each key is one character, many times.
func KeysOf(t *testing.T, keys ...string) callbackurl.Keys {
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

// ContextOf is the Secret with an incoming call's context.
func ContextOf(call *v1alpha1.Call) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: call.Namespace, Name: call.Name, OwnerReferences: []metav1.OwnerReference{{Kind: "Call", Name: call.Name, UID: call.UID}},
		},
		Type: v1alpha1.IncomingCallContextSecretType, Data: map[string][]byte{v1alpha1.IncomingCallContextKey: []byte("context")},
	}
}

// WithContext says that the Secret with an incoming call's context may still exist.
func WithContext(c *v1alpha1.Call) {
	c.Annotations = map[string]string{v1alpha1.IncomingCallContextAnnotation: ""}
}

// Unfinalized takes the finalizer away.
func Unfinalized(c *v1alpha1.Call) { c.Finalizers = nil }

// WantedEnded sets spec.state to Ended.
func WantedEnded(c *v1alpha1.Call) { c.Spec.State = v1alpha1.CallStateEnded }

// InboundCall makes the Call an incoming one.
func InboundCall(c *v1alpha1.Call) {
	c.Spec.To, c.Spec.From = nil, nil
	c.Spec.Inbound = &v1alpha1.InboundCall{To: v1alpha1.Identifier{PhoneNumber: "+14255550100"}, ReceivedTime: At(0)}
}

// Read is a Call as the API server has it.
func Read(t *testing.T, api client.Reader) *v1alpha1.Call {
	t.Helper()
	call := &v1alpha1.Call{}
	if err := api.Get(t.Context(), client.ObjectKey{Namespace: "n", Name: "c"}, call); err != nil {
		t.Fatal(err)
	}
	return call
}

// MoveWith is a move of one phone from Call a to Call b as the API server would hand it out, changed by the changes.
func MoveWith(changes ...func(*v1alpha1.ParticipantMove)) *v1alpha1.ParticipantMove {
	move := &v1alpha1.ParticipantMove{
		ObjectMeta: metav1.ObjectMeta{Name: "m", Namespace: "n", UID: "m", Generation: 1, CreationTimestamp: At(0)},
		Spec: v1alpha1.ParticipantMoveSpec{
			From: v1alpha1.CallReference{Name: "a"}, To: v1alpha1.CallReference{Name: "b"},
			Participants: []v1alpha1.Identifier{{PhoneNumber: "+14255550123"}},
			Timeout:      &metav1.Duration{Duration: 5 * time.Minute},
		},
		Status: v1alpha1.ParticipantMoveStatus{OperationStatus: v1alpha1.OperationStatus{ObservedGeneration: 1}},
	}
	for _, change := range changes {
		change(move)
	}
	return move
}

// SentMove is a move with an attempt.
func SentMove(m *v1alpha1.ParticipantMove) {
	m.Finalizers = []string{v1alpha1.ParticipantMoveFinalizer}
	m.Status.Attempt = &v1alpha1.RequestAttempt{ID: "i", FirstSent: At(0)}
	m.Status.From, m.Status.To = &v1alpha1.OperatedCall{Name: "a"}, &v1alpha1.OperatedCall{Name: "b"}
}

// AcceptedMove is a move that the service has accepted.
func AcceptedMove(m *v1alpha1.ParticipantMove) { SentMove(m); m.Status.Accepted = true }

// DeletedMove is a move that is being deleted.
func DeletedMove(m *v1alpha1.ParticipantMove) { m.DeletionTimestamp = ptr.To(At(0)) }

// OnTheAir is a connected Call.
func OnTheAir(name string, changes ...func(*v1alpha1.Call)) *v1alpha1.Call {
	call := CallWith(append([]func(*v1alpha1.Call){ConnectedAt(0)}, changes...)...)
	call.Name, call.UID = name, types.UID(name)
	return call
}

// OfProvider changes the Call's provider.
func OfProvider(name string) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) { c.Spec.ProviderRef.Name = name }
}

// SentFor has an attempt name an object, and the service at a.example.com.
func SentFor(uid types.UID) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) {
		c.Status.Attempt.ObjectUID = uid
		c.Status.Attempt.Service = &v1alpha1.AttemptService{ProviderName: "p", ProviderUID: "pu", Endpoint: "a.example.com"}
	}
}

// RoutedTo is an incoming Call with a route's action.
func RoutedTo(action v1alpha1.RouteActionType) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) {
		InboundCall(c)
		WithContext(c)
		c.Status.Route = &v1alpha1.RoutedCall{Name: "r", Action: action, RedirectTo: &v1alpha1.Identifier{PhoneNumber: "+14255550124"}}
	}
}
