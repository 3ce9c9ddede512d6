// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
)

// errDead is what a receiver that was cut off gets for everything it still requests.
var errDead = errors.New("the receiver is dead")

// apiGate is between a receiver and the API server. It notes the requests: all writes, and the reads that pass by the cache.
type apiGate struct {
	// cut is the request at which the receiver dies, from 1; 0 is none. If lost, that request has its effect, and its answer is lost.
	cut  int
	lost bool

	mu   sync.Mutex
	sent []string
	dead bool
}

func (g *apiGate) pass(name string, request func() error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.dead {
		return errDead
	}
	g.sent = append(g.sent, name)
	if len(g.sent) != g.cut {
		return request()
	}
	if g.dead = true; g.lost {
		_ = request()
	}
	return errDead
}

// through lets a receiver reach an API server through the gate. It reads from a cache of its own.
func (g *apiGate) through(api, cache client.WithWatch) fixtureOption {
	return func(f *fixture, c *Config) {
		f.api = api
		c.Now = func() time.Time { return gridTime.Add(time.Minute) }
		c.APIReader = interceptor.NewClient(api, interceptor.Funcs{
			Get: func(ctx context.Context, next client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
				return g.pass(fmt.Sprintf("get %T", object), func() error { return next.Get(ctx, key, object, options...) })
			},
		})
		c.Client = interceptor.NewClient(api, interceptor.Funcs{
			Get: func(ctx context.Context, _ client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
				return cache.Get(ctx, key, object, options...)
			},
			List: func(ctx context.Context, _ client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
				return cache.List(ctx, list, options...)
			},
			Create: func(ctx context.Context, next client.WithWatch, object client.Object, options ...client.CreateOption) error {
				return g.pass(fmt.Sprintf("create %T", object), func() error { return next.Create(ctx, object, options...) })
			},
			SubResourceUpdate: func(ctx context.Context, next client.Client, _ string, object client.Object, options ...client.SubResourceUpdateOption) error {
				return g.pass(fmt.Sprintf("update %T", object), func() error { return next.Status().Update(ctx, object, options...) })
			},
		})
	}
}

// storedEvent is an event about an operation that the receiver stores.
type storedEvent struct {
	name, reason string
	asked        v1alpha1.CallOperation
	event        map[string]any
	// grid says that it comes from Event Grid. begun is the service's ID of what the request has begun.
	grid  bool
	begun string
	// secret says that the answer is to be in a Secret, and nowhere else.
	secret string
}

const cutAttempt, nextAttempt = "attempt-1", "attempt-2"

func storedEvents() []storedEvent {
	asks := func(sensitive bool) v1alpha1.CallOperation {
		return v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{Sensitive: sensitive, Tones: &v1alpha1.ToneInput{}}}
	}
	of := func(eventType string, more map[string]any) map[string]any {
		data := map[string]any{"operationContext": cutAttempt}
		for name, value := range more {
			data[name] = value
		}
		return event("event-1", eventType, data)
	}
	pressed := of("RecognizeCompleted", map[string]any{"recognitionType": "dtmf", "dtmfResult": map[string]any{"tones": []any{"four", "two"}}})
	stored := gridEvent("event-1", "Microsoft.Communication.RecordingFileStatusUpdated", map[string]any{
		"recordingStorageInfo": map[string]any{"recordingChunks": []any{map[string]any{
			"documentId": "document-1", "index": 0, "endReason": "CallEnded", "contentLocation": "https://storage.example.com/content",
		}}},
	})
	stored["subject"] = "/recording/call/call-1/serverCallId/server-1/recordingId/recording-1"
	return []storedEvent{
		{name: "played", reason: "what follows waits for it", asked: recordedPlay, event: of("PlayCompleted", nil)},
		{name: "answered", reason: "the answer is in the status", asked: asks(false), event: pressed},
		{name: "answered in secret", reason: "the answer is in a Secret, before the status says so", asked: asks(true), event: pressed, secret: "42"},
		{
			name: "records", reason: "the event says of which recording, and not for which attempt", asked: recordedRecord,
			event: event("event-1", "RecordingStateChanged", map[string]any{"recordingId": "recording-1", "state": "active"}),
		},
		{name: "recorded", reason: "the content may be reported long after the operation", asked: recordedRecord, event: stored, grid: true, begun: "recording-1"},
	}
}

// cutWorld is an API server with a Call, and an action or a step of the Call's flow that waits for an event.
type cutWorld struct {
	t *testing.T
	storedEvent
	ofFlow bool
	api    client.WithWatch
	// cache is the receiver's. It may be older than the request, so that the receiver has to read past it.
	cache client.WithWatch
	// announced are the Kubernetes Events.
	announced int
}

func newCutWorld(t *testing.T, stored storedEvent, ofFlow, stale bool) *cutWorld {
	t.Helper()
	w := &cutWorld{t: t, storedEvent: stored, ofFlow: ofFlow}
	w.api = newAPI(t, w.objects(false)...)
	if w.cache = w.api; stale {
		w.cache = newAPI(t, w.objects(false)...)
	}
	for _, object := range w.objects(true)[1:] {
		current := object.DeepCopyObject().(client.Object)
		if err := w.api.Get(t.Context(), client.ObjectKeyFromObject(object), current); err != nil {
			t.Fatal(err)
		}
		object.SetResourceVersion(current.GetResourceVersion())
		if err := w.api.Status().Update(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// objects are those in the cluster before the request is sent, or afterwards.
func (w *cutWorld) objects(sent bool) []client.Object {
	at := time.Unix(1000, 0)
	cprov := provider("")
	cprov.UID = "provider-1"
	service := &v1alpha1.AttemptService{ProviderName: cprov.Name, ProviderUID: cprov.UID, Endpoint: "acs.example.com"}
	call := told(dialing(), reported(w.t, connected("connected")))
	call.Status.Attempt.Service = service
	objects := []client.Object{cprov, call}
	if w.ofFlow {
		call.Status.Flow = &v1alpha1.FlowProgress{Name: "flow"}
		facts := []callstatus.Fact{callstatus.FlowMoved{Progress: w.flow("asks"), At: at}}
		if sent {
			facts = append(facts, callstatus.StepIntended{ID: cutAttempt, At: at})
		}
		if sent && w.begun != "" {
			facts = append(facts, callstatus.StepAccepted{ID: cutAttempt, Handle: w.begun, At: at})
		}
		told(call, facts...)
		return objects
	}
	action := &v1alpha1.CallAction{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "action", UID: "action-1", Generation: 1},
		Spec:       v1alpha1.CallActionSpec{Call: v1alpha1.CallReference{Name: call.Name}, CallOperation: w.asked},
		Status:     v1alpha1.CallActionStatus{OperationStatus: v1alpha1.OperationStatus{ObservedGeneration: -1}},
	}
	facts := []operationstatus.Fact{operationstatus.Observed{Generation: 1, At: at}}
	if sent {
		facts = append(facts, operationstatus.Intended{
			ID: cutAttempt, At: at, Calls: []v1alpha1.OperatedCall{{Name: call.Name, UID: call.UID, ConnectionID: connectionID}},
		})
	}
	if sent && w.begun != "" {
		facts = append(facts, operationstatus.Accepted{Handle: w.begun, At: at})
	}
	action.Status = operationstatus.ApplyToAction(&w.asked, action.Status, facts...)
	if sent {
		action.Status.Attempt.Service = service
	}
	return append(objects, action)
}

// flow is one that comes to a step.
func (w *cutWorld) flow(step v1alpha1.StepName) v1alpha1.FlowProgress {
	return v1alpha1.FlowProgress{Name: "flow", Step: step, Does: string(w.asked.Name()), Sensitive: w.secret != ""}
}

// deliver gives the event to a receiver that has just started, and returns the answer and what it requested of the API server.
func (w *cutWorld) deliver(gate *apiGate) (code int, sent []string) {
	w.t.Helper()
	f := newFixture(w.t, nil, gate.through(w.api, w.cache))
	// A dead receiver tries for as long as this.
	f.batcher.timeout, f.eventGrid.timeout = 20*time.Millisecond, 20*time.Millisecond
	if gate.cut == 0 {
		f.batcher.timeout, f.eventGrid.timeout = time.Minute, time.Minute
	}
	target := callbackurl.Target{Kind: callbackurl.KindCallActions, Namespace: namespace, Name: "action", UID: "action-1"}
	if w.ofFlow {
		target = callbackurl.Target{Kind: callbackurl.KindCalls, Namespace: namespace, Name: "call", UID: callUID}
	}
	url := genuineURL(w.t, target)
	if w.grid {
		url = gridURL(w.t)
	}
	code, _ = f.send(httptest.NewRequest(http.MethodPost, url, strings.NewReader(batch(w.t, w.event))))
	w.announced += len(f.events.Events)
	return code, gate.sent
}

// cutState is what the API server has: the status, and the Secrets without their volatile metadata.
type cutState struct {
	Action  *v1alpha1.CallActionStatus
	Call    *v1alpha1.CallStatus
	Secrets map[string]map[string]string
}

func (w *cutWorld) state() cutState {
	w.t.Helper()
	state := cutState{Secrets: map[string]map[string]string{}}
	call, action, secrets := &v1alpha1.Call{}, &v1alpha1.CallAction{}, &corev1.SecretList{}
	if err := w.api.Get(w.t.Context(), client.ObjectKey{Namespace: namespace, Name: "call"}, call); err != nil {
		w.t.Fatal(err)
	}
	state.Call = &call.Status
	if !w.ofFlow {
		if err := w.api.Get(w.t.Context(), client.ObjectKey{Namespace: namespace, Name: "action"}, action); err != nil {
			w.t.Fatal(err)
		}
		state.Action = &action.Status
	}
	if err := w.api.List(w.t.Context(), secrets); err != nil {
		w.t.Fatal(err)
	}
	for _, secret := range secrets.Items {
		state.Secrets[secret.Name] = secret.StringData
	}
	return state
}

// moveOn lets the manager see the result, if there is one: the call comes to another step, which does the same.
func (w *cutWorld) moveOn() (moved bool) {
	w.t.Helper()
	call := &v1alpha1.Call{}
	if err := w.api.Get(w.t.Context(), client.ObjectKey{Namespace: namespace, Name: "call"}, call); err != nil {
		w.t.Fatal(err)
	}
	if !w.ofFlow || w.grid || call.Status.Flow.Result == nil {
		return false
	}
	next := w.flow("asks-again")
	next.Recordings = call.Status.Flow.Recordings
	call = told(call, callstatus.FlowMoved{Progress: next, At: time.Unix(2000, 0)}, callstatus.StepIntended{ID: nextAttempt, At: time.Unix(2000, 0)})
	if err := w.api.Status().Update(w.t.Context(), call); err != nil {
		w.t.Fatal(err)
	}
	return true
}

// TestReceiverDiesAtEveryRequest cuts the receiver off at each of its requests to the API server while it stores an event of an action, or
// of a step of a flow. The service delivers the event again, to another receiver, and in the end all is as if nothing had happened. If the
// manager saw the result in between, and came to another step, that one learns nothing.
func TestReceiverDiesAtEveryRequest(t *testing.T) {
	t.Parallel()
	for _, stored := range storedEvents() {
		for _, ofFlow := range []bool{false, true} {
			for _, stale := range []bool{false, true} {
				if stored.grid && stale {
					// Such an event is about a recording that the cache has to know.
					continue
				}
				t.Run(fmt.Sprintf("%s, of a flow %t, stale cache %t", stored.name, ofFlow, stale), func(t *testing.T) {
					t.Parallel()
					clean := newCutWorld(t, stored, ofFlow, stale)
					code, requests := clean.deliver(&apiGate{})
					want := clean.state()
					t.Logf("%s: %v", stored.reason, requests)
					if code != http.StatusOK || len(requests) == 0 || stored.secret != "" && len(want.Secrets) != 1 {
						t.Fatalf("%s: without a cut it answered %d after %v, with %d Secrets", stored.reason, code, requests, len(want.Secrets))
					}
					if before := newCutWorld(t, stored, ofFlow, stale).state(); gocmp.Equal(before, want) {
						t.Fatalf("the event says nothing: %+v", before)
					}
					for at := range requests {
						for _, lost := range []bool{false, true} {
							w := newCutWorld(t, stored, ofFlow, stale)
							w.liveWithCut(&apiGate{cut: at + 1, lost: lost}, requests, want, clean.announced)
						}
					}
				})
			}
		}
	}
}

// liveWithCut delivers the event to a receiver that dies, and then to another one.
func (w *cutWorld) liveWithCut(gate *apiGate, requests []string, want cutState, announced int) {
	w.t.Helper()
	cut := fmt.Sprintf("%s: cut at %s of %v, answer lost: %t", w.reason, requests[gate.cut-1], requests, gate.lost)
	if code, sent := w.deliver(gate); code < 300 || len(sent) != gate.cut {
		w.t.Errorf("%s: the dead receiver answered %d after %v", cut, code, sent)
	}
	moved := w.moveOn()
	if moved {
		want = w.state()
	}
	if code, sent := w.deliver(&apiGate{}); code != http.StatusOK {
		w.t.Errorf("%s: the second delivery was answered with %d after %v", cut, code, sent)
	}
	if diff := gocmp.Diff(want, w.state(), cmpopts.EquateEmpty()); diff != "" {
		w.t.Errorf("%s, another step then: %t (-want +got)\n%s", cut, moved, diff)
	}
	if w.announced > announced {
		w.t.Errorf("%s: %d Kubernetes Events, want %d at most", cut, w.announced, announced)
	}
	for _, values := range w.state().Secrets {
		if values["tones"] != w.secret {
			w.t.Errorf("%s: a Secret has %v", cut, values)
		}
	}
}
