// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/telephony"
	"github.com/call-operator/call-operator/telephony/acs/acstest"
	acsreports "github.com/call-operator/call-operator/telephony/acs/reports"
)

const (
	namespace    = "team-a"
	callUID      = "8c1d2b7e-5d2c-4a9e-9a53-9c8a2f2c1f00"
	connectionID = "connection-1"
	resourceID   = acstest.ResourceID
	callee       = "+14255550123"
)

// fixture is a Server before an API server in memory, with a cache that lags behind when a test says so.
type fixture struct {
	*Server
	t testing.TB
	// api is the API server itself, not counted.
	api      client.WithWatch
	registry *prometheus.Registry
	events   *events.FakeRecorder
	jwks     *acstest.Issuer

	// cache answers cached reads; nil is a cache that is up to date.
	cache client.Reader
	// onWrite, onMoveWrite and onLiveRead come before what they are named after; an error takes its place.
	onWrite     func(*v1alpha1.Call) error
	onMoveWrite func(*v1alpha1.ParticipantMove) error
	onLiveRead  func() error
	onCreate    func(client.Object) error

	writes, providerWrites, liveReads, creates atomic.Int32
}

type fixtureOption func(*fixture, *Config)

func withLog(log logr.Logger) fixtureOption {
	return func(_ *fixture, c *Config) { c.Log = log }
}

// newFixture starts with these objects in the API server.
func newFixture(t testing.TB, objects []client.Object, options ...fixtureOption) *fixture {
	t.Helper()
	f := &fixture{t: t, registry: prometheus.NewRegistry(), events: events.NewFakeRecorder(100), jwks: acstest.NewIssuer(t)}
	f.api = newAPI(t, objects...)
	counted := f.client()
	live := interceptor.NewClient(f.api, interceptor.Funcs{Get: f.liveGet})
	config := Config{
		Client: counted, APIReader: live, Recorder: f.events, Keys: testKeys(t, 1), Registry: f.registry,
		Streams: streamStub(func(http.ResponseWriter, *http.Request, telephony.Sink) {
			t.Error("a connection is served that the test does not expect")
		}),
	}
	for _, option := range options {
		option(f, &config)
	}
	var err error
	config.Reports, err = acsreports.New(acsreports.Config{
		Issuer: f.jwks.URL, JWKSURL: f.jwks.URL + "/keys", EntraURL: f.jwks.URL, Registry: f.registry, Now: config.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	if f.Server, err = New(config); err != nil {
		t.Fatal(err)
	}
	// Conditions of refusals are written in the background: their reads may come before or after a test's counting.
	f.refusals.live = f.api
	// Tests about patience set it.
	f.eventGrid.incoming.patience = 0
	t.Cleanup(f.refusals.drain)
	return f
}

// client reads from the fixture's cache, and counts its writes.
func (f *fixture) client() client.Client {
	return interceptor.NewClient(f.api, interceptor.Funcs{Get: f.cachedGet, SubResourceUpdate: f.update, Create: f.create})
}

func newAPI(t testing.TB, objects ...client.Object) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, corev1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(
		&v1alpha1.Call{}, &v1alpha1.ParticipantMove{}, &v1alpha1.CallAction{}, &v1alpha1.CallProvider{},
	).WithObjects(objects...).Build()
}

func (f *fixture) cachedGet(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
	if f.cache != nil {
		return f.cache.Get(ctx, key, object, options...)
	}
	return c.Get(ctx, key, object, options...)
}

func (f *fixture) liveGet(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
	f.liveReads.Add(1)
	if f.onLiveRead != nil {
		if err := f.onLiveRead(); err != nil {
			return err
		}
	}
	return c.Get(ctx, key, object, options...)
}

func (f *fixture) update(ctx context.Context, c client.Client, _ string, object client.Object, options ...client.SubResourceUpdateOption) error {
	if provider, ok := object.(*v1alpha1.CallProvider); ok {
		f.providerWrites.Add(1)
		return c.Status().Update(ctx, provider, options...)
	}
	f.writes.Add(1)
	if call, ok := object.(*v1alpha1.Call); ok && f.onWrite != nil {
		if err := f.onWrite(call); err != nil {
			return err
		}
	}
	if move, ok := object.(*v1alpha1.ParticipantMove); ok && f.onMoveWrite != nil {
		if err := f.onMoveWrite(move); err != nil {
			return err
		}
	}
	return c.Status().Update(ctx, object, options...)
}

// create gives objects what an API server gives them.
func (f *fixture) create(ctx context.Context, c client.WithWatch, object client.Object, options ...client.CreateOption) error {
	f.creates.Add(1)
	if f.onCreate != nil {
		if err := f.onCreate(object); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if object.GetUID() != "" || object.GetResourceVersion() != "" {
		f.t.Errorf("%s is created with a UID or a version, which the API server would refuse", object.GetName())
	}
	object.SetUID(types.UID(uuid.NewString()))
	return c.Create(ctx, object, options...)
}

// freezeCache makes cached reads return a snapshot of the API server, taken now.
func (f *fixture) freezeCache() {
	f.t.Helper()
	var objects []client.Object
	call, provider := &v1alpha1.Call{}, &v1alpha1.CallProvider{}
	for name, object := range map[string]client.Object{"call": call, "provider": provider} {
		if err := f.api.Get(f.t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, object); err == nil {
			objects = append(objects, object)
		}
	}
	f.cache = newAPI(f.t, objects...)
}

// status is the Call's, from the API server.
func (f *fixture) status() v1alpha1.CallStatus {
	f.t.Helper()
	call := &v1alpha1.Call{}
	if err := f.api.Get(f.t.Context(), client.ObjectKey{Namespace: namespace, Name: "call"}, call); err != nil {
		f.t.Fatal(err)
	}
	return call.Status
}

// tell is another writer, such as the manager or another replica.
func (f *fixture) tell(facts ...callstatus.Fact) {
	f.t.Helper()
	call := &v1alpha1.Call{}
	if err := f.api.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: "call"}, call); err != nil {
		f.t.Error(err)
		return
	}
	if err := f.api.Status().Update(context.Background(), told(call, facts...)); err != nil {
		f.t.Error(err)
	}
}

// post sends a callback for the Call with a genuine URL and returns the answer.
func (f *fixture) post(body string) (code int, reason string) {
	return f.send(f.request(body))
}

func (f *fixture) request(body string) *http.Request {
	f.t.Helper()
	return httptest.NewRequest(http.MethodPost, genuineURL(f.t, target()), strings.NewReader(body))
}

func (f *fixture) send(request *http.Request) (code int, reason string) {
	response := httptest.NewRecorder()
	f.ServeHTTP(response, request)
	return response.Code, strings.TrimSpace(response.Body.String())
}

// metric is the value of a counter or the count of a histogram; labels are pairs.
func (f *fixture) metric(name string, labels ...string) float64 {
	f.t.Helper()
	return metricIn(f.t, f.registry, name, labels...)
}

func metricIn(t testing.TB, registry prometheus.Gatherer, name string, labels ...string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			var got []string
			for _, label := range metric.GetLabel() {
				got = append(got, label.GetName(), label.GetValue())
			}
			if family.GetName() == name && strings.Join(got, ",") == strings.Join(labels, ",") {
				return metric.GetCounter().GetValue() + float64(metric.GetHistogram().GetSampleCount())
			}
		}
	}
	return 0
}

func target() callbackurl.Target {
	return callbackurl.Target{Kind: callbackurl.KindCalls, Namespace: namespace, Name: "call", UID: callUID}
}

func testKeys(t testing.TB, b byte) callbackurl.Keys {
	t.Helper()
	keys, err := callbackurl.ParseKeys([]byte(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32))))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func genuineURL(t testing.TB, target callbackurl.Target) string {
	t.Helper()
	u, err := testKeys(t, 1).URL("https://calls.example.com", target)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// intended is the manager's note that it dials, in time for every event.
func intended() callstatus.Fact {
	return callstatus.Intended{ID: "attempt-1", At: time.Unix(1000, 0)}
}

// reported is an event, as another replica heard it.
func reported(t testing.TB, event map[string]any) callstatus.Fact {
	t.Helper()
	events, _, err := new(acsreports.Reports).DecodeEvents([]byte(batch(t, event)))
	if err != nil {
		t.Fatal(err)
	}
	return callstatus.Reported{Event: events[0], At: time.Unix(1000, 0)}
}

// dialing is a Call whose callee is being rung.
func dialing() *v1alpha1.Call {
	return told(pending(), intended())
}

// pending is a Call that nothing was asked of the service for.
func pending() *v1alpha1.Call {
	call := &v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "call", UID: callUID, Generation: 1},
		Spec: v1alpha1.CallSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: "provider"},
			To:          &v1alpha1.Identifier{PhoneNumber: callee},
		},
		Status: v1alpha1.CallStatus{ObservedGeneration: -1},
	}
	return told(call, callstatus.Observed{Generation: 1, At: time.Unix(1000, 0)})
}

func told(call *v1alpha1.Call, facts ...callstatus.Fact) *v1alpha1.Call {
	call.Status = callstatus.Apply(call.Status, facts...)
	return call
}

// provider needs a JSON Web Token if resourceID is not empty.
func provider(resourceID string) *v1alpha1.CallProvider {
	return &v1alpha1.CallProvider{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "provider"},
		Spec:       v1alpha1.CallProviderSpec{ACS: &v1alpha1.ACSProvider{ResourceID: resourceID}},
	}
}

// event is a CloudEvent as Call Automation sends it.
func event(id, eventType string, extra map[string]any) map[string]any {
	data := map[string]any{
		"callConnectionId": connectionID, "serverCallId": "server-1", "correlationId": "correlation-1",
		"resultInformation": map[string]any{"code": 200, "subCode": 0, "message": ""},
	}
	for key, value := range extra {
		data[key] = value
	}
	return map[string]any{
		"id": id, "source": "calling/callConnections/" + connectionID, "type": "Microsoft.Communication." + eventType,
		"subject": "calling/callConnections/" + connectionID, "specversion": "1.0", "datacontenttype": "application/json",
		"time": "2026-03-17T17:47:59.8386576+00:00", "data": data,
	}
}

func connected(id string) map[string]any { return event(id, "CallConnected", nil) }

func disconnected(id string) map[string]any {
	return event(id, "CallDisconnected", map[string]any{
		"resultInformation": map[string]any{"code": 200, "subCode": 7000, "message": "The conversation has ended."},
	})
}

// roster is a list of one participant.
func roster(id string, sequence int) map[string]any {
	return event(id, "ParticipantsUpdated", map[string]any{
		"sequenceNumber": sequence,
		"participants": []any{map[string]any{
			"identifier": map[string]any{"rawId": "4:" + callee, "kind": "phoneNumber", "phoneNumber": map[string]any{"value": callee}},
		}},
	})
}

func batch(t testing.TB, events ...map[string]any) string {
	t.Helper()
	if events == nil {
		events = []map[string]any{}
	}
	body, err := json.Marshal(events)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
