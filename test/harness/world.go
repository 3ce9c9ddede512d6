// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/simulator"
	judge "github.com/call-operator/call-operator/test/history"
)

// Names of the objects that every World begins with.
const (
	ProviderName = "acs"
	SecretName   = "acs-connection"
	SecretKey    = "connectionString"
)

// World is what one test sees of the Plane.
type World struct {
	Plane     *Plane
	Namespace string
	// Client reads and writes as the test, without a cache.
	Client client.WithWatch
	// Sim is ACS, Wire what its callbacks travel over.
	Sim  *Simulator
	Wire *Wire
	// Keys sign and verify the callback URLs.
	Keys callbackurl.Keys

	keyFile  string
	traces   trace.TracerProvider
	now      func() time.Time
	calls    *timeline[*v1alpha1.Call]
	moves    *timeline[*v1alpha1.ParticipantMove]
	actions  *timeline[*v1alpha1.CallAction]
	dialOuts *timeline[*v1alpha1.DialOut]
	record   record

	mu        sync.Mutex
	processes []*process
	probes    int
	ended     bool
}

// Options change what a World begins with.
type Options struct {
	// Phones are scripts by number.
	Phones map[string]Script
	// MaxConcurrent is the limit of each caller number; zero is a limit that no test reaches.
	MaxConcurrent int32
	// Numbers are those that the provider and the resource own; none means Caller.
	Numbers []string
	// EventGrid has the simulator tell the receiver of incoming calls, in this schema; empty is not at all.
	EventGrid simulator.GridSchema
	// ResourceID has the receiver ask for the service's token.
	ResourceID string
	// RepeatabilityWindow is how long the service remembers requests; zero is its default.
	RepeatabilityWindow time.Duration
	// UnansweredRequests is the provider's; zero is Repeat, since most faults are about repetitions.
	UnansweredRequests v1alpha1.UnansweredRequests
	// ForgottenRepeatability are the operations whose repetitions the service does not recognise.
	ForgottenRepeatability []string
	// CognitiveServices is the provider's speech service; "" is none.
	CognitiveServices string
	// NoProvider and NoSecret leave them out.
	NoProvider, NoSecret bool
	// NoReceiver starts none.
	NoReceiver bool
	// Now is the clock of the service, the managers and the receivers; nil is the machine's, which the API server has.
	Now func() time.Time
	// Traces takes the spans of managers and receivers; nil makes none.
	Traces trace.TracerProvider
}

// New makes a World that lasts as long as the test. No manager runs in it yet.
func New(t testing.TB, plane *Plane, options Options) *World {
	t.Helper()
	ctx := t.Context()
	w := &World{Plane: plane, Client: plane.Client, Wire: newWire(plane.newest), traces: options.Traces, now: options.Now}
	t.Cleanup(w.Wire.close)
	if len(options.Numbers) == 0 {
		options.Numbers = []string{Caller}
	}
	w.makeKeys(t)
	w.makeNamespace(t, ctx)
	w.Sim = newSimulator(t, options, w.subscriptions(t, options.EventGrid))
	w.watch(t, ctx)
	t.Cleanup(func() { w.end(t) })
	if !options.NoReceiver {
		w.StartReceiver(t, nil)
	}
	if !options.NoSecret {
		w.CreateSecret(t, w.Sim.ConnectionString())
	}
	if !options.NoProvider {
		w.CreateProvider(t, options)
	}
	return w
}

// watch follows what happens in the namespace.
func (w *World) watch(t testing.TB, ctx context.Context) {
	t.Helper()
	ctx = context.WithoutCancel(ctx)
	calls, stopCalls, err := watchKind(ctx, w.Client, w.Namespace, &v1alpha1.CallList{},
		func(kind watch.EventType, call *v1alpha1.Call) { w.record.add(kind, call, judge.Revision{Call: call}) })
	must(t, err)
	t.Cleanup(stopCalls)
	moves, stopMoves, err := watchKind(ctx, w.Client, w.Namespace, &v1alpha1.ParticipantMoveList{},
		func(kind watch.EventType, move *v1alpha1.ParticipantMove) {
			w.record.add(kind, move, judge.Revision{Move: move})
		})
	must(t, err)
	t.Cleanup(stopMoves)
	_, stopProviders, err := watchKind(ctx, w.Client, w.Namespace, &v1alpha1.CallProviderList{},
		func(kind watch.EventType, provider *v1alpha1.CallProvider) {
			w.record.add(kind, provider, judge.Revision{Provider: provider})
		})
	must(t, err)
	t.Cleanup(stopProviders)
	actions, stopActions, err := watchKind(ctx, w.Client, w.Namespace, &v1alpha1.CallActionList{}, func(kind watch.EventType, action *v1alpha1.CallAction) {
		w.record.add(kind, action, judge.Revision{Action: action})
	})
	must(t, err)
	t.Cleanup(stopActions)
	dialOuts, stopDialOuts, err := watchKind(ctx, w.Client, w.Namespace, &v1alpha1.DialOutList{}, func(watch.EventType, *v1alpha1.DialOut) {})
	must(t, err)
	t.Cleanup(stopDialOuts)
	w.calls, w.moves, w.actions, w.dialOuts = calls, moves, actions, dialOuts
}

// end stops what runs and checks what no test may leave behind.
func (w *World) end(t testing.TB) {
	w.mu.Lock()
	w.ended = true
	processes := slices.Clone(w.processes)
	w.mu.Unlock()
	for _, p := range slices.Backward(processes) {
		p.Stop(t)
	}
	w.checkOneAtATime(t)
	w.judge(t)
	if t.Failed() {
		t.Log(w.Describe())
	}
}

func (w *World) makeKeys(t testing.TB) {
	t.Helper()
	key := make([]byte, 32)
	_, err := rand.Read(key)
	must(t, err)
	contents := []byte(base64.StdEncoding.EncodeToString(key))
	w.Keys, err = callbackurl.ParseKeys(contents)
	must(t, err)
	w.keyFile, err = writeKeyFile(t.TempDir(), contents)
	must(t, err)
}

func (w *World) makeNamespace(t testing.TB, ctx context.Context) {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	must(t, w.Client.Create(ctx, namespace))
	w.Namespace = namespace.Name
}

// subscriptions are whom the simulator tells of incoming calls.
func (w *World) subscriptions(t testing.TB, schema simulator.GridSchema) []simulator.EventGridSubscription {
	t.Helper()
	if schema == "" {
		return nil
	}
	url, err := w.Keys.EventGridURL(w.Wire.URL(), w.Namespace, ProviderName)
	must(t, err)
	return []simulator.EventGridSubscription{{URL: url, Schema: schema}}
}

// CreateSecret creates the Secret that the provider's connection string is in.
func (w *World) CreateSecret(t testing.TB, connectionString string) {
	t.Helper()
	must(t, w.Client.Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: SecretName},
		StringData: map[string]string{SecretKey: connectionString},
	}))
}

// CreateProvider creates the CallProvider, which owns Callers.
func (w *World) CreateProvider(t testing.TB, options Options) {
	t.Helper()
	limit := options.MaxConcurrent
	if limit == 0 {
		limit = 1000
	}
	if len(options.Numbers) == 0 {
		options.Numbers = []string{Caller}
	}
	var owned []v1alpha1.OwnedNumber
	for _, number := range options.Numbers {
		owned = append(owned, v1alpha1.OwnedNumber{PhoneNumber: v1alpha1.PhoneNumber(number), MaxConcurrentCalls: limit})
	}
	provider := &v1alpha1.CallProvider{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: ProviderName},
		Spec: v1alpha1.CallProviderSpec{
			CallbackURL: w.Wire.URL(),
			Numbers:     owned,
			ACS: &v1alpha1.ACSProvider{
				ConnectionStringSecretRef: &v1alpha1.SecretKeyReference{Name: SecretName, Key: SecretKey},
				ResourceID:                options.ResourceID,
				CognitiveServicesEndpoint: options.CognitiveServices,
				UnansweredRequests:        cmp.Or(options.UnansweredRequests, v1alpha1.UnansweredRepeat),
			},
		},
	}
	must(t, w.Client.Create(t.Context(), provider))
}

// Caller is the number that the World's provider owns.
const Caller = "+14255550100"

// Callee is the n-th number to call, from an unassigned range: +44 20 7946 0000 to 0999.
func Callee(n int) string { return fmt.Sprintf("+44207946%04d", n%1000) }

// Call is a Call from Caller, not created yet.
func (w *World) Call(name, to string, change ...func(*v1alpha1.CallSpec)) *v1alpha1.Call {
	call := &v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name},
		Spec: v1alpha1.CallSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: ProviderName},
			From:        &v1alpha1.Caller{PhoneNumber: Caller},
			To:          &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(to)},
		},
	}
	for _, f := range change {
		f(&call.Spec)
	}
	return call
}

// Create creates a Call.
func (w *World) Create(t testing.TB, call *v1alpha1.Call) {
	t.Helper()
	must(t, w.Client.Create(t.Context(), call))
}

// HangUp sets spec.state of a Call to Ended.
func (w *World) HangUp(t testing.TB, name string) {
	t.Helper()
	patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"state":"Ended"}}`))
	must(t, w.Client.Patch(t.Context(), w.reference(name), patch))
}

// Delete deletes a Call.
func (w *World) Delete(t testing.TB, name string) {
	t.Helper()
	must(t, w.Client.Delete(t.Context(), w.reference(name)))
}

// Label sets a label of a Call.
func (w *World) Label(t testing.TB, name, key, value string) {
	t.Helper()
	patch := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"metadata":{"labels":{%q:%q}}}`, key, value))
	if err := w.Client.Patch(t.Context(), w.reference(name), patch); err != nil {
		t.Error(err)
	}
}

func (w *World) reference(name string) *v1alpha1.Call {
	return &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name}}
}

// Revisions are all that was ever seen of a Call.
func (w *World) Revisions(name string) []*v1alpha1.Call { return w.calls.of(name) }

// Describe says what a person needs to understand a failure.
func (w *World) Describe() string {
	var text bytes.Buffer
	fmt.Fprintf(&text, "namespace %s\n", w.Namespace)
	w.mu.Lock()
	for i, p := range w.processes {
		fmt.Fprintf(&text, "%s %d (cut: %v, reached: %v) sent: %s\n", p.what, i, p.Gate.Cut, p.Gate.WasCut(), join(p.Gate.Sent()))
	}
	w.mu.Unlock()
	for _, callback := range w.Wire.Seen() {
		fmt.Fprintf(&text, "callback %s %s\n", callback.Type, callback.ID)
	}
	text.WriteString(w.Sim.Describe())
	return text.String()
}

func join(requests []Request) string {
	words := make([]string, len(requests))
	for i, request := range requests {
		words[i] = request.String()
	}
	return strings.Join(words, ", ")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
