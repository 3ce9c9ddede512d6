// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
)

var errDown = errors.New("connection refused")

// Every answer that a callback can get, in the order in which a request is looked at.
func TestAnswers(t *testing.T) {
	genuine := genuineURL(t, target())
	path, _, _ := strings.Cut(strings.TrimPrefix(genuine, "https://calls.example.com"), "?")
	body := func(events ...map[string]any) io.Reader { return strings.NewReader(batch(t, events...)) }
	post := func(url string, body io.Reader) *http.Request { return httptest.NewRequest(http.MethodPost, url, body) }
	genuinePost := func(*fixture) *http.Request { return post(genuine, body(connected("1"))) }
	plain := []client.Object{dialing(), provider("")}
	strict := []client.Object{dialing(), provider(resourceID)}
	moved := target()
	moved.UID = "another"

	tests := []struct {
		name, reason string
		objects      []client.Object
		arrange      func(*fixture)
		request      func(*fixture) *http.Request
		code         int
		want         string
		// written says that the Call is connected afterwards.
		written bool
	}{{
		name: "Get", reason: "a callback is a POST",
		objects: plain, request: func(*fixture) *http.Request { return httptest.NewRequest(http.MethodGet, genuine, nil) },
		code: 405, want: "method",
	}, {
		name: "Root", reason: "there is nothing else to find here",
		objects: plain, request: func(*fixture) *http.Request { return post("/", body()) },
		code: 404, want: "path",
	}, {
		name: "EscapedPath", reason: "an escape is not a second spelling of a genuine URL",
		objects: plain,
		request: func(*fixture) *http.Request { return post(strings.Replace(genuine, "/call/", "/c%61ll/", 1), body()) },
		code:    404, want: "path",
	}, {
		name: "OtherKind", reason: "no other kind is reported on",
		objects: plain, request: func(*fixture) *http.Request { return post(strings.Replace(genuine, "/calls/", "/pods/", 1), body()) },
		code: 404, want: "kind",
	}, {
		name: "NoToken", reason: "knowing an object's name is no permission to write it",
		objects: plain, request: func(*fixture) *http.Request { return post(path, body(connected("1"))) },
		code: 401, want: "token_missing",
	}, {
		name: "ForgedToken", reason: "a made-up token is refused",
		objects: plain,
		request: func(*fixture) *http.Request {
			return post(path+"?token="+strings.Repeat("A", 43), body(connected("1")))
		},
		code: 401, want: "token_invalid",
	}, {
		name: "ForeignToken", reason: "a genuine token of another object is refused",
		objects: plain,
		request: func(*fixture) *http.Request {
			_, foreign, _ := strings.Cut(genuineURL(t, callbackurl.Target{Kind: "calls", Namespace: "team-b", Name: "call", UID: callUID}), "?")
			return post(path+"?"+foreign, body(connected("1")))
		},
		code: 401, want: "token_invalid",
	}, {
		name: "BodyUnreadWithoutToken", reason: "without a token nobody makes the receiver read",
		objects: plain, request: func(*fixture) *http.Request { return post(path, failingReader{t}) },
		code: 401, want: "token_missing",
	}, {
		name: "TooLarge", reason: "a body has a bound",
		objects: plain, request: func(*fixture) *http.Request { return post(genuine, bytes.NewReader(make([]byte, maxBodyBytes+1))) },
		code: 413, want: "body_too_large",
	}, {
		name: "TooLargeChunked", reason: "the bound holds where the sender does not say how much comes",
		objects: plain, request: func(*fixture) *http.Request {
			r := post(genuine, bytes.NewReader(make([]byte, maxBodyBytes+1)))
			r.ContentLength = -1
			return r
		},
		code: 413, want: "body_too_large",
	}, {
		name: "BodyCutOff", reason: "half a body is no body",
		objects: plain, request: func(*fixture) *http.Request { return post(genuine, io.MultiReader(body(), cutOff{})) },
		code: 400, want: "body_unreadable",
	}, {
		name: "NotJSON", reason: "what cannot be read cannot be recorded, and will not be readable later",
		objects: plain, request: func(*fixture) *http.Request { return post(genuine, strings.NewReader("token=x")) },
		code: 400, want: "body_malformed",
	}, {
		name: "NotCloudEvents", reason: "JSON alone does not say what happened",
		objects: plain, request: func(*fixture) *http.Request { return post(genuine, strings.NewReader(`[{"a":1}]`)) },
		code: 400, want: "body_malformed",
	}, {
		name: "NoEvents", reason: "an empty batch says nothing",
		objects: plain, request: func(*fixture) *http.Request { return post(genuine, body()) },
		code: 200, want: "empty",
	}, {
		name: "UnknownType", reason: "the service may send new events on any day",
		objects: plain, request: func(*fixture) *http.Request { return post(genuine, body(event("1", "SomethingNew", nil))) },
		code: 200, want: "unknown_type",
	}, {
		name: "Recorded", reason: "what the event says is in the API server",
		objects: plain, request: genuinePost, code: 200, want: "recorded", written: true,
	}, {
		name: "RecordedWithUnknown", reason: "an unknown event does not hide a known one",
		objects: plain, request: func(*fixture) *http.Request {
			return post(genuine, body(event("1", "SomethingNew", nil), connected("2"), connected("2")))
		},
		code: 200, want: "recorded", written: true,
	}, {
		name: "AnyContentType", reason: "which type the service sends is not documented",
		objects: plain, request: func(f *fixture) *http.Request {
			r := genuinePost(f)
			r.Header.Set("Content-Type", "application/cloudevents-batch+json; charset=utf-8")
			return r
		},
		code: 200, want: "recorded", written: true,
	}, {
		name: "OldNews", reason: "an event that came before is acknowledged again",
		objects: plain, arrange: func(f *fixture) { f.post(batch(t, connected("1"))) }, request: genuinePost,
		code: 200, want: "old_news", written: true,
	}, {
		name: "Gone", reason: "a Call is deleted only after it is over, so nothing is lost",
		objects: []client.Object{provider("")}, request: genuinePost, code: 200, want: "gone",
	}, {
		name: "Recreated", reason: "news of a deleted Call does not reach one of the same name",
		objects: plain, request: func(*fixture) *http.Request { return post(genuineURL(t, moved), body(connected("1"))) },
		code: 200, want: "gone",
	}, {
		name: "GoneMalformed", reason: "nonsense is nonsense, whatever it is about",
		objects: []client.Object{provider("")}, request: func(*fixture) *http.Request { return post(genuine, strings.NewReader("{")) },
		code: 400, want: "body_malformed",
	}, {
		name: "NoJWT", reason: "the provider's resource ID makes a signed token necessary",
		objects: strict, request: genuinePost, code: 401, want: "jwt_missing",
	}, {
		name: "BasicAuth", reason: "a password is not a signed token",
		objects: strict, request: func(f *fixture) *http.Request {
			r := genuinePost(f)
			r.SetBasicAuth("user", f.jwks.Token(time.Now()))
			return r
		},
		code: 401, want: "jwt_missing",
	}, {
		name: "ForgedJWT", reason: "what is no token of the service is refused",
		objects: strict, request: func(f *fixture) *http.Request {
			r := genuinePost(f)
			r.Header.Set("Authorization", "Bearer x.y.z")
			return r
		},
		code: 401, want: "jwt_malformed",
	}, {
		name: "GenuineJWT", reason: "the service's own token opens the door",
		objects: strict, request: func(f *fixture) *http.Request {
			r := genuinePost(f)
			r.Header.Set("Authorization", "bearer "+f.jwks.Token(time.Now()))
			return r
		},
		code: 200, want: "recorded", written: true,
	}, {
		name: "JWTWithoutURLToken", reason: "a token of the service does not replace the one for this object",
		objects: strict, request: func(f *fixture) *http.Request {
			r := post(path, body(connected("1")))
			r.Header.Set("Authorization", "Bearer "+f.jwks.Token(time.Now()))
			return r
		},
		code: 401, want: "token_missing",
	}, {
		name: "KeysUnavailable", reason: "a token that cannot be checked now is neither accepted nor refused",
		objects: strict,
		arrange: func(f *fixture) {
			f.jwks.Answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
		},
		request: func(f *fixture) *http.Request {
			r := genuinePost(f)
			r.Header.Set("Authorization", "Bearer "+f.jwks.Token(time.Now()))
			return r
		},
		code: 503, want: "keys_unavailable",
	}, {
		name: "ProviderMissing", reason: "whether a signed token is needed is not known, so the sender shall come again",
		objects: []client.Object{dialing()}, request: genuinePost, code: 503, want: "provider_missing",
	}, {
		name: "ProviderNotInCache", reason: "a provider that the cache has not heard of yet is looked up",
		objects: plain,
		arrange: func(f *fixture) { f.cache = newAPI(t, dialing()) },
		request: genuinePost, code: 200, want: "recorded", written: true,
	}, {
		name: "CallNotInCache", reason: "an object that the cache has not heard of yet is looked up",
		objects: plain,
		arrange: func(f *fixture) { f.cache = newAPI(t, provider("")) },
		request: genuinePost, code: 200, want: "recorded", written: true,
	}, {
		name: "LookUpFails", reason: "not in the cache and no API server: nobody can say that the Call is gone",
		objects: plain,
		arrange: func(f *fixture) {
			f.cache = newAPI(t, provider(""))
			f.onLiveRead = func() error { return errDown }
		},
		request: genuinePost, code: 503, want: "api_unavailable",
	}, {
		name: "Unavailable", reason: "what is not in the API server is not acknowledged",
		objects: plain,
		arrange: func(f *fixture) { f.onWrite = func(*v1alpha1.Call) error { return errDown } },
		request: genuinePost, code: 503, want: "api_unavailable",
	}, {
		name: "Forbidden", reason: "a missing permission is not the sender's fault, and waiting does not fix it",
		objects: plain,
		arrange: func(f *fixture) {
			f.onWrite = func(*v1alpha1.Call) error {
				return apierrors.NewForbidden(schema.GroupResource{Resource: "calls"}, "call", errors.New("rbac"))
			}
		},
		request: genuinePost, code: 500, want: "api_refused",
	}, {
		name: "Panic", reason: "one event does not take the receiver down",
		objects: plain,
		arrange: func(f *fixture) { f.onWrite = func(*v1alpha1.Call) error { panic(callee) } },
		request: genuinePost, code: 500, want: "internal",
	}, {
		name: "Overloaded", reason: "the work at one time has a bound",
		objects: plain,
		arrange: func(f *fixture) { f.slots = make(chan struct{}) },
		request: genuinePost, code: 503, want: "overloaded",
	}}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := newFixture(t, tc.objects)
			if tc.code >= 500 {
				// What fails is retried until then; what does not has the time that it needs.
				f.batcher.timeout = 50 * time.Millisecond
			}
			if tc.arrange != nil {
				tc.arrange(f)
			}
			code, reason := f.send(tc.request(f))
			if code != tc.code || reason != tc.want {
				t.Errorf("%s: answer %d %s, want %d %s", tc.reason, code, reason, tc.code, tc.want)
			}
			if n := f.metric("call_operator_receiver_requests_total", "code", strconv.Itoa(tc.code), "reason", tc.want); n != 1 {
				t.Errorf("%s: the answer is counted %v times, want once", tc.reason, n)
			}
			call := &v1alpha1.Call{}
			err := f.api.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "call"}, call)
			if written := call.Status.ConnectedTime != nil; written != tc.written {
				t.Errorf("%s: connected %t (%v), want %t", tc.reason, written, err, tc.written)
			}
		})
	}
}

func TestAnswerHeaders(t *testing.T) {
	f := newFixture(t, []client.Object{dialing(), provider("")})
	tests := []struct {
		name, reason string
		request      *http.Request
		header, want string
	}{
		{name: "Allow", reason: "a 405 says what is allowed (RFC 9110, section 15.5.6)",
			request: httptest.NewRequest(http.MethodPut, "/", nil), header: "Allow", want: "POST"},
		{name: "CloseUnread", reason: "nobody reads the rest of a body that was refused",
			request: httptest.NewRequest(http.MethodPost, "/", nil), header: "Connection", want: "close"},
		{name: "KeepRead", reason: "the service may use its connection again",
			request: f.request(batch(t, connected("1"))), header: "Connection", want: ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			response := httptest.NewRecorder()
			f.ServeHTTP(response, tc.request)
			if got := response.Header().Get(tc.header); got != tc.want {
				t.Errorf("%s: %s is %q, want %q", tc.reason, tc.header, got, tc.want)
			}
		})
	}
}

func TestEventsAreCounted(t *testing.T) {
	f := newFixture(t, []client.Object{dialing(), provider("")})
	f.post(batch(t, connected("1"), roster("2", 1), event("3", "SomethingNew", nil), event("4", "Another", nil)))
	f.post(batch(t, connected("1")))
	if err := f.api.Delete(t.Context(), dialing()); err != nil {
		t.Fatal(err)
	}
	f.post(batch(t, disconnected("5")))

	tests := []struct {
		reason, eventType, result string
		want                      float64
	}{
		{reason: "the first CallConnected changed the status", eventType: "CallConnected", result: "recorded", want: 1},
		{reason: "the second was known", eventType: "CallConnected", result: "old", want: 1},
		{reason: "the roster changed the status", eventType: "ParticipantsUpdated", result: "recorded", want: 1},
		{reason: "an unknown type is no label: anybody could invent more", eventType: "unknown", result: "unknown_type", want: 2},
		{reason: "the Call was deleted", eventType: "CallDisconnected", result: "gone", want: 1},
	}
	for _, tc := range tests {
		if got := f.metric("call_operator_receiver_events_total", "result", tc.result, "type", tc.eventType); got != tc.want {
			t.Errorf("%s: %s %s counted %v times, want %v", tc.reason, tc.eventType, tc.result, got, tc.want)
		}
	}
	if got := f.metric("call_operator_receiver_record_seconds"); got != 1 {
		t.Errorf("one callback was recorded, the delay was observed %v times", got)
	}
}

// Whatever comes in a body, it is either understood or refused.
func FuzzBody(f *testing.F) {
	f.Add(batch(f, connected("1")))
	f.Add(batch(f, roster("1", 3), disconnected("2")))
	f.Add(`[{"id":"1","type":"Microsoft.Communication.ParticipantsUpdated","specversion":"1.0","source":"a","data":{"participants":[{}]}}]`)
	f.Add(`{}`)
	f.Add(`[null]`)
	f.Fuzz(func(t *testing.T, body string) {
		fixture := newFixture(t, []client.Object{dialing(), provider("")})
		code, reason := fixture.post(body)
		if code != http.StatusOK && code != http.StatusBadRequest && code != http.StatusRequestEntityTooLarge {
			t.Errorf("answer %d %s", code, reason)
		}
	})
}

// failingReader fails the test that reads it.
type failingReader struct{ t *testing.T }

func (r failingReader) Read([]byte) (int, error) {
	r.t.Error("the body was read")
	return 0, io.EOF
}

type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
