// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/secret"
	"github.com/call-operator/call-operator/telephony"
)

// streamStub serves connections as a test says.
type streamStub func(w http.ResponseWriter, r *http.Request, sink telephony.Sink)

func (s streamStub) Serve(w http.ResponseWriter, r *http.Request, sink telephony.Sink) { s(w, r, sink) }

func withStreams(serve streamStub) fixtureOption {
	return func(_ *fixture, c *Config) { c.Streams = serve }
}

// pbx is a provider whose service reports on a connection.
func pbx(name string) *v1alpha1.CallProvider {
	p := provider("")
	p.Name = name
	p.Spec = v1alpha1.CallProviderSpec{Asterisk: &v1alpha1.AsteriskProvider{URL: "https://pbx.example.com:8089/ari", Endpoint: "PJSIP/$(number)@trunk"}}
	return p
}

// connect is a service's request to open its connection.
func connect(path, password string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if password != "" {
		r.SetBasicAuth("asterisk", password)
	}
	return r
}

func genuineConnect(t testing.TB) *http.Request {
	t.Helper()
	return connect(callbackurl.StreamPath(namespace, "provider"), streamPassword(t, namespace, "provider"))
}

func streamPassword(t testing.TB, namespace, provider string) string {
	t.Helper()
	password, err := testKeys(t, 1).StreamPassword(namespace, provider)
	if err != nil {
		t.Fatal(err)
	}
	return password
}

// Every answer that a service can get that opens a connection, in the order in which its request is looked at.
func TestStreamAnswers(t *testing.T) {
	path := callbackurl.StreamPath(namespace, "provider")
	genuine := streamPassword(t, namespace, "provider")
	_, gridToken, _ := strings.Cut(gridURL(t), "token=")
	_, callbackToken, _ := strings.Cut(genuineURL(t, target()), "token=")
	known := []client.Object{pbx("provider")}
	tests := []struct {
		name, reason string
		objects      []client.Object
		arrange      func(*fixture)
		request      *http.Request
		code         int
		want         string
		served       bool
	}{
		{name: "NoProvider", reason: "a namespace alone has no service", objects: known, request: connect("/v1/streams/"+namespace, genuine), code: 404, want: "path"},
		{name: "EscapedPath", reason: "an escape is not a second spelling", objects: known, request: connect("/v1/streams/"+namespace+"/pro%76ider", genuine), code: 404, want: "path"},
		{name: "NoPassword", reason: "knowing a provider's name is no permission", objects: known, request: connect(path, ""), code: 401, want: "token_missing"},
		{name: "WrongPassword", reason: "a made-up password is refused", objects: known, request: connect(path, strings.Repeat("A", 43)), code: 401, want: "token_invalid"},
		{
			name: "AnotherProvider", reason: "one provider's service does not report for another", objects: append(known, pbx("other")),
			request: connect(path, streamPassword(t, namespace, "other")), code: 401, want: "token_invalid",
		},
		{
			name: "AnotherNamespace", reason: "one team's service does not report for another team", objects: known,
			request: connect(path, streamPassword(t, "team-b", "provider")), code: 401, want: "token_invalid",
		},
		{name: "EventGridToken", reason: "Event Grid's token opens another door", objects: known, request: connect(path, gridToken), code: 401, want: "token_invalid"},
		{name: "CallbackToken", reason: "a callback's token opens another door", objects: known, request: connect(path, callbackToken), code: 401, want: "token_invalid"},
		{name: "PasswordInQuery", reason: "URLs end up in logs", objects: known, request: connect(path+"?token="+genuine, ""), code: 401, want: "token_missing"},
		{name: "ProviderMissing", reason: "neither cache nor API server has it: it may be created yet", request: connect(path, genuine), code: 503, want: "provider_missing"},
		{
			name: "LookUpFails", reason: "not in the cache and no API server: nobody can say that it is missing", objects: known,
			arrange: func(f *fixture) { f.cache, f.onLiveRead = newAPI(t), func() error { return errDown } }, request: connect(path, genuine),
			code: 503, want: "api_unavailable",
		},
		{
			name: "ProviderNotInCache", reason: "a provider that the cache has not heard of yet is looked up", objects: known,
			arrange: func(f *fixture) { f.cache = newAPI(t) }, request: connect(path, genuine), code: 200, served: true,
		},
		{name: "Genuine", reason: "the password opens the door", objects: known, request: connect(path, genuine), code: 200, served: true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			served := false
			f := newFixture(t, tc.objects, withStreams(func(http.ResponseWriter, *http.Request, telephony.Sink) { served = true }))
			if tc.arrange != nil {
				tc.arrange(f)
			}
			code, reason := f.send(tc.request)
			if code != tc.code || reason != tc.want || served != tc.served {
				t.Errorf("%s: answer %d %s, served %t, want %d %s, %t", tc.reason, code, reason, served, tc.code, tc.want, tc.served)
			}
		})
	}
}

// callAnswered is an event as a service's stream reports it.
func callAnswered() telephony.Event {
	return telephony.Event{
		ID: "1", Type: "ChannelStateChange", Time: time.Unix(1001, 0), News: telephony.Connected{},
		Call: telephony.CallIDs{Connection: connectionID, ServerCall: connectionID},
	}
}

func participantMoved() telephony.Event {
	return telephony.Event{ID: "1", Type: "Moved", Time: time.Unix(1001, 0), News: telephony.ParticipantMoved{Participant: "4:" + callee}}
}

// TestStreamRecords: what a service reports of an object is written if the object is its provider's, and of nobody else's.
func TestStreamRecords(t *testing.T) {
	of := func(provider string) client.Object {
		call := dialing()
		call.Spec.ProviderRef.Name = provider
		return call
	}
	elsewhere := func() client.Object {
		call := dialing()
		call.Namespace = "team-b"
		return call
	}
	at := func(change func(*callbackurl.Target)) callbackurl.Target {
		changed := target()
		change(&changed)
		return changed
	}
	ofMove := callbackurl.Target{Kind: callbackurl.KindParticipantMoves, Namespace: namespace, Name: "move", UID: moveUID}
	tests := []struct {
		name, reason string
		objects      []client.Object
		about        callbackurl.Target
		event        telephony.Event
		want         error
		writes       int32
		result       string
	}{
		{name: "Call", reason: "its own provider's service reports", objects: []client.Object{of("provider")}, about: target(), event: callAnswered(), writes: 1, result: "recorded"},
		{
			name: "Move", reason: "the provider of a move is that of its Calls", objects: []client.Object{of("provider"), orderedMove(sentMove())},
			about: ofMove, event: participantMoved(), writes: 1, result: "recorded",
		},
		{
			name: "AnotherProvidersCall", reason: "a password for one provider is not one for another", objects: []client.Object{of("other"), pbx("other")},
			about: target(), event: callAnswered(), want: errOfAnother,
		},
		{
			name: "AnotherProvidersMove", reason: "its Calls are another provider's", objects: []client.Object{of("other"), pbx("other"), orderedMove(sentMove())},
			about: ofMove, event: participantMoved(), want: errOfAnother,
		},
		{
			name: "AnotherNamespace", reason: "a provider of that name in another namespace is another one", objects: []client.Object{elsewhere()},
			about: at(func(t *callbackurl.Target) { t.Namespace = "team-b" }), event: callAnswered(), want: errOfAnother,
		},
		{
			name: "NothingInAnotherNamespace", reason: "a service does not even learn what another namespace lacks",
			about: at(func(t *callbackurl.Target) { t.Namespace = "team-b" }), event: callAnswered(), want: errOfAnother,
		},
		{name: "AnotherKind", reason: "no other kind is reported on", about: at(func(t *callbackurl.Target) { t.Kind = "secrets" }), event: callAnswered(), want: errOfAnother},
		{name: "Gone", reason: "a Call that does not exist any more needs no news", about: target(), event: callAnswered(), result: "gone"},
		{
			name: "Namesake", reason: "another Call of that name was not asked for", objects: []client.Object{of("provider")},
			about: at(func(t *callbackurl.Target) { t.UID = "another" }), event: callAnswered(), result: "gone",
		},
		{
			name: "OldNews", reason: "late news changes nothing", objects: []client.Object{told(dialing(), reported(t, connected("1")), reported(t, disconnected("2")))},
			about: target(), event: callAnswered(), result: "old",
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var got error
			f := newFixture(t, append(tc.objects, pbx("provider")), withStreams(func(_ http.ResponseWriter, r *http.Request, sink telephony.Sink) {
				got = sink.Record(r.Context(), tc.about, tc.event)
			}))
			f.send(genuineConnect(t))
			if !errors.Is(got, tc.want) || f.writes.Load() != tc.writes {
				t.Errorf("%s: error %v after %d writes, want %v after %d", tc.reason, got, f.writes.Load(), tc.want, tc.writes)
			}
			if tc.result != "" && f.metric("call_operator_receiver_events_total", "result", tc.result, "type", tc.event.Type) != 1 {
				t.Errorf("%s: it is not counted as %s", tc.reason, tc.result)
			}
		})
	}
}

// TestStreamRecordsWhatWasHeard: an event is recorded once the API server takes it, and even if the connection has ended meanwhile. What
// the API server refuses for good is given up.
func TestStreamRecordsWhatWasHeard(t *testing.T) {
	forbidden := apierrors.NewForbidden(callResource, "call", errors.New("rbac"))
	tests := []struct {
		name, reason string
		// failures are what the first writes end with.
		failures []error
		closed   bool
		want     error
	}{
		{name: "APIServerAway", reason: "nothing heard is lost, however long it takes", failures: []error{errDown, errDown, errDown, errDown, errDown}},
		{name: "ConnectionEnded", reason: "it was read before the connection ended", failures: []error{errDown}, closed: true},
		{name: "Forbidden", reason: "the next try would be refused, too", failures: []error{forbidden}, want: forbidden},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var got error
			f := newFixture(t, []client.Object{dialing(), pbx("provider")}, withStreams(func(_ http.ResponseWriter, r *http.Request, sink telephony.Sink) {
				ctx, cancel := context.WithCancel(r.Context())
				defer cancel()
				if tc.closed {
					cancel()
				}
				got = sink.Record(ctx, target(), callAnswered())
			}))
			// The API server does not come back within one job.
			f.batcher.timeout = time.Millisecond
			failures := tc.failures
			f.onWrite = func(*v1alpha1.Call) error {
				if len(failures) == 0 {
					return nil
				}
				failed := failures[0]
				failures = failures[1:]
				return failed
			}
			f.send(genuineConnect(t))
			if !errors.Is(got, tc.want) || (f.status().ConnectedTime != nil) != (tc.want == nil) {
				t.Errorf("%s: error %v, and the Call is %+v", tc.reason, got, f.status())
			}
		})
	}
}

// TestStreamRecordsIncomingCalls: a call that rings is recorded as Event Grid's are.
func TestStreamRecordsIncomingCalls(t *testing.T) {
	rings := &telephony.IncomingCall{
		ID: "sip-call-id", Time: gridTime, From: &v1alpha1.Identifier{PhoneNumber: caller}, To: &v1alpha1.Identifier{PhoneNumber: callee},
		Call: telephony.CallIDs{ServerCall: "1700000000.1", Correlation: "sip-call-id"}, Handle: secret.New("1700000000.1"),
	}
	var errs []error
	f := newFixture(t, []client.Object{pbx("provider")}, at(gridTime.Add(time.Second)), withStreams(func(_ http.ResponseWriter, r *http.Request, sink telephony.Sink) {
		ctx, cancel := context.WithCancel(r.Context())
		// The connection has ended meanwhile.
		cancel()
		for range 2 {
			errs = append(errs, sink.RecordIncoming(ctx, rings))
		}
	}))
	f.send(genuineConnect(t))
	calls, secrets := f.made()
	if diff := cmp.Diff([]error{nil, nil}, errs); diff != "" || len(calls) != 1 || len(secrets) != 1 {
		t.Fatalf("Calls %v and Secrets %v (-want +got errors):\n%s", calls, secrets, diff)
	}
	call := &v1alpha1.Call{}
	if err := f.api.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: calls[0]}, call); err != nil {
		t.Fatal(err)
	}
	if inbound := call.Spec.Inbound; call.Spec.ProviderRef.Name != "provider" || inbound.From.PhoneNumber != caller || inbound.To.PhoneNumber != callee ||
		inbound.CorrelationID != "sip-call-id" || !inbound.ReceivedTime.Time.Equal(gridTime) {
		t.Errorf("the Call is %+v", call.Spec)
	}
	if got := f.metric("call_operator_receiver_event_to_status_seconds", "source", "stream"); got != 1 {
		t.Errorf("%v incoming calls are counted for streams, want 1", got)
	}
	f.onCreate = func(client.Object) error { return exceeded() }
	errs, rings = nil, &telephony.IncomingCall{ID: "another", Time: gridTime, To: rings.To, Handle: rings.Handle}
	f.send(genuineConnect(t))
	f.settled()
	if condition := f.condition(v1alpha1.ConditionIncomingCallsRefused); errs[0] == nil || condition == nil || condition.Reason != v1alpha1.ReasonQuotaExceeded {
		t.Errorf("a call that is not recorded is reported: error %v, condition %+v", errs[0], condition)
	}
}

// TestStreamRecordsRingsThatEnd: the Call of an incoming call is found by the ID and the channel of that call.
func TestStreamRecordsRingsThatEnd(t *testing.T) {
	rings := func(change func(*v1alpha1.Call)) client.Object {
		call := &v1alpha1.Call{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: nameOf("sip-call-id"), UID: "incoming-uid"},
			Spec: v1alpha1.CallSpec{
				ProviderRef: v1alpha1.ProviderReference{Name: "provider"},
				Inbound:     &v1alpha1.InboundCall{To: v1alpha1.Identifier{PhoneNumber: callee}, ServerCallID: "1700000000.1", ReceivedTime: metav1.NewTime(gridTime)},
			},
			Status: v1alpha1.CallStatus{ObservedGeneration: 1, To: callee, Phase: v1alpha1.CallPhaseRinging},
		}
		change(call)
		return call
	}
	same := func(*v1alpha1.Call) {}
	tests := []struct {
		name, reason string
		call         client.Object
		arrange      func(*fixture)
		want         error
		ended        bool
	}{
		{name: "Rings", reason: "nobody took it", call: rings(same), ended: true},
		{name: "Unseen", reason: "no manager runs", call: rings(func(call *v1alpha1.Call) { call.Status = v1alpha1.CallStatus{ObservedGeneration: -1} }), ended: true},
		{name: "NotInCache", reason: "it has just been created", call: rings(same), arrange: func(f *fixture) { f.cache = newAPI(t, pbx("provider")) }, ended: true},
		{name: "NeverRecorded", reason: "there is nothing to end", call: dialing()},
		{name: "AnotherChannel", reason: "the caller used the ID of another call again", call: rings(func(call *v1alpha1.Call) { call.Spec.Inbound.ServerCallID = "1700000000.9" })},
		{name: "NoIncomingCall", reason: "somebody gave a Call such a name", call: rings(func(call *v1alpha1.Call) { call.Spec.Inbound = nil })},
		{
			name: "AnotherProvider", reason: "a password for one provider is not one for another", want: errOfAnother,
			call: rings(func(call *v1alpha1.Call) { call.Spec.ProviderRef.Name = "other" }),
		},
	}
	over := telephony.Event{
		ID: "1", Type: "ChannelDestroyed", News: telephony.RingOver{Reason: telephony.Reason{Cause: telephony.CauseCancelled, Code: 487, SubCode: 127}},
	}
	incoming := &telephony.IncomingCall{ID: "sip-call-id", Call: telephony.CallIDs{ServerCall: "1700000000.1"}}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var got error
			f := newFixture(t, []client.Object{tc.call, pbx("provider"), pbx("other")}, withStreams(func(_ http.ResponseWriter, r *http.Request, sink telephony.Sink) {
				got = sink.RecordRingOver(r.Context(), incoming, over)
			}))
			if tc.arrange != nil {
				tc.arrange(f)
			}
			f.send(genuineConnect(t))
			call := &v1alpha1.Call{}
			if err := f.api.Get(t.Context(), client.ObjectKeyFromObject(tc.call), call); err != nil {
				t.Fatal(err)
			}
			ended := call.Status.Result != nil && call.Status.Result.Outcome == v1alpha1.OutcomeMissed && call.Status.To == callee
			if !errors.Is(got, tc.want) || ended != tc.ended {
				t.Errorf("%s: error %v, ended %t, want %v, %t", tc.reason, got, ended, tc.want, tc.ended)
			}
		})
	}
}

// TestStreamReadsTheProvider: a provider may change while its service is connected.
func TestStreamReadsTheProvider(t *testing.T) {
	rings := func(id string, to *v1alpha1.Identifier) *telephony.IncomingCall {
		return &telephony.IncomingCall{ID: id, Time: gridTime, To: to, Handle: secret.New("1700000000.1")}
	}
	tests := []struct {
		name, reason string
		change       func(*testing.T, *fixture)
		want         error
		ttl          *int32
	}{
		{name: "Unchanged", reason: "it says nothing of old Calls", change: func(*testing.T, *fixture) {}},
		{
			name: "Changed", reason: "what it says now counts", ttl: ptr.To[int32](3600), change: func(t *testing.T, f *fixture) {
				p := &v1alpha1.CallProvider{}
				if err := f.api.Get(t.Context(), client.ObjectKeyFromObject(pbx("provider")), p); err != nil {
					t.Fatal(err)
				}
				p.Spec.IncomingCalls = &v1alpha1.IncomingCalls{TTLSecondsAfterFinished: ptr.To[int32](3600)}
				if err := f.api.Update(t.Context(), p); err != nil {
					t.Fatal(err)
				}
			},
		},
		{
			name: "Deleted", reason: "nobody can take its calls", want: errProviderMissing, change: func(t *testing.T, f *fixture) {
				if err := f.api.Delete(t.Context(), pbx("provider")); err != nil {
					t.Fatal(err)
				}
			},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var f *fixture
			var got error
			f = newFixture(t, []client.Object{pbx("provider")}, at(gridTime.Add(time.Second)), withStreams(func(_ http.ResponseWriter, r *http.Request, sink telephony.Sink) {
				tc.change(t, f)
				got = sink.RecordIncoming(r.Context(), rings("a", &v1alpha1.Identifier{PhoneNumber: callee}))
			}))
			f.send(genuineConnect(t))
			if !errors.Is(got, tc.want) {
				t.Fatalf("%s: error %v, want %v", tc.reason, got, tc.want)
			}
			if tc.want == nil {
				if diff := cmp.Diff(tc.ttl, f.incomingCall(nameOf("a")).Spec.TTLSecondsAfterFinished); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
				}
			}
		})
	}
}

// TestStreamRefusesIncompleteCalls: the provider's owner reads what the service leaves out.
func TestStreamRefusesIncompleteCalls(t *testing.T) {
	f := newFixture(t, []client.Object{pbx("provider")}, withStreams(func(_ http.ResponseWriter, r *http.Request, sink telephony.Sink) {
		_ = sink.RecordIncoming(r.Context(), &telephony.IncomingCall{ID: "a", Handle: secret.New("1700000000.1")})
	}))
	f.send(genuineConnect(t))
	f.settled()
	const want = "Incoming calls are not recorded, and nothing here takes them: what the service reports of them is not enough for a Call (callee_unknown). " +
		"Does its dialplan pass on the number that was called?"
	if condition := f.condition(v1alpha1.ConditionIncomingCallsRefused); condition == nil || condition.Message != want {
		t.Errorf("the condition is %+v", condition)
	}
}

// TestDrainIsLimited: a process stops although the API server is away, and takes no connection any more.
func TestDrainIsLimited(t *testing.T) {
	open, failed := make(chan struct{}), make(chan error, 2)
	f := newFixture(t, []client.Object{dialing(), pbx("provider")}, withStreams(func(_ http.ResponseWriter, r *http.Request, sink telephony.Sink) {
		close(open)
		failed <- sink.Record(r.Context(), target(), callAnswered())
		failed <- sink.RecordIncoming(r.Context(), &telephony.IncomingCall{ID: "a", To: &v1alpha1.Identifier{PhoneNumber: callee}, Handle: secret.New("1")})
	}))
	f.batcher.timeout, f.streams.patience = time.Millisecond, 50*time.Millisecond
	f.onWrite, f.onCreate = func(*v1alpha1.Call) error { return errDown }, func(client.Object) error { return errDown }
	go f.send(genuineConnect(t))
	<-open
	f.drain()
	for range 2 {
		if err := <-failed; err == nil {
			t.Error("an API server that is away has recorded something")
		}
	}
	if code, reason := f.send(genuineConnect(t)); code != http.StatusServiceUnavailable || reason != "stopping" {
		t.Errorf("the next connection gets %d %s", code, reason)
	}
}

// TestDrainEndsStreams: a process that stops closes the connections, and is over only when what they reported is written.
func TestDrainEndsStreams(t *testing.T) {
	open, drained := make(chan struct{}), make(chan struct{})
	f := newFixture(t, []client.Object{dialing(), pbx("provider")}, withStreams(func(_ http.ResponseWriter, r *http.Request, sink telephony.Sink) {
		close(open)
		<-r.Context().Done()
		if err := sink.Record(r.Context(), target(), callAnswered()); err != nil {
			t.Error(err)
		}
	}))
	const patience = 50 * time.Millisecond
	f.onWrite = func(*v1alpha1.Call) error {
		select {
		case <-drained:
			t.Error("the process is over before what was read is written")
		case <-time.After(patience):
		}
		return nil
	}
	go f.send(genuineConnect(t))
	<-open
	f.drain()
	close(drained)
	if f.status().ConnectedTime == nil {
		t.Error("what was read is lost")
	}
}
