// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/telephony/acs/acstest"
)

// Every answer that Event Grid can get, in the order in which a request is looked at. made says that the Call and its
// Secret are there afterwards.
func TestGridAnswers(t *testing.T) {
	genuine := gridURL(t)
	path, query, _ := strings.Cut(strings.TrimPrefix(genuine, "https://calls.example.com"), "?")
	token := strings.TrimPrefix(query, callbackurl.TokenParameter+"=")
	body := batch(t, incomingEvent(gridEventID, nil))
	post := func(url string, body io.Reader) *http.Request { return httptest.NewRequest(http.MethodPost, url, body) }
	genuinePost := func(*fixture) *http.Request { return post(genuine, strings.NewReader(body)) }
	plain := []client.Object{provider("")}
	strict := []client.Object{entraProvider()}
	entraPost := func(token string) func(*fixture) *http.Request {
		return func(*fixture) *http.Request {
			r := post(genuine, strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+token)
			return r
		}
	}
	failCreate := func(err error) func(*fixture) {
		return func(f *fixture) { f.onCreate = func(client.Object) error { return err } }
	}
	now := gridTime.Add(time.Second)

	tests := []struct {
		name, reason string
		objects      []client.Object
		arrange      func(*fixture)
		request      func(*fixture) *http.Request
		code         int
		want         string
		made         bool
	}{{
		name: "Get", reason: "events are posted",
		objects: plain, request: func(*fixture) *http.Request { return httptest.NewRequest(http.MethodGet, genuine, nil) },
		code: 405, want: "method",
	}, {
		name: "NoProvider", reason: "a namespace alone receives nothing",
		objects: plain, request: func(*fixture) *http.Request { return post("/v1/event-grid/"+namespace+query, failingReader{t}) },
		code: 404, want: "path",
	}, {
		name: "NoToken", reason: "knowing a provider's name is no permission",
		objects: plain, request: func(*fixture) *http.Request { return post(path, failingReader{t}) },
		code: 401, want: "token_missing",
	}, {
		name: "ForeignToken", reason: "a token of another provider opens another door",
		objects: plain, request: func(*fixture) *http.Request {
			return post(strings.Replace(genuine, "/provider?", "/another?", 1), failingReader{t})
		},
		code: 401, want: "token_invalid",
	}, {
		name: "CallbackToken", reason: "a callback's token opens another door",
		objects: plain, request: func(*fixture) *http.Request {
			_, callback, _ := strings.Cut(genuineURL(t, target()), "?")
			return post(path+"?"+callback, failingReader{t})
		},
		code: 401, want: "token_invalid",
	}, {
		name: "HandshakeWithoutToken", reason: "nobody else learns that there is an endpoint",
		objects: plain, request: func(*fixture) *http.Request { return optionsRequest(path, "eventgrid.azure.net") },
		code: 401, want: "token_missing",
	}, {
		name: "TokenInHeader", reason: "Event Grid can keep a header secret, but not a URL",
		objects: plain, request: func(*fixture) *http.Request {
			r := post(path, strings.NewReader(body))
			r.Header.Set(callbackurl.TokenHeader, token)
			return r
		},
		code: 200, want: "recorded", made: true,
	}, {
		name: "ForgedHeader", reason: "a header is no easier to forge",
		objects: plain, request: func(*fixture) *http.Request {
			r := post(path, failingReader{t})
			r.Header.Set(callbackurl.TokenHeader, strings.Repeat("A", 43))
			return r
		},
		code: 401, want: "token_invalid",
	}, {
		name: "Overloaded", reason: "the work at one time has a bound; the event comes again while the call rings",
		objects: plain, arrange: func(f *fixture) { f.eventGrid.slots = make(chan struct{}) }, request: genuinePost,
		code: 500, want: "overloaded",
	}, {
		name: "ProviderMissing", reason: "neither cache nor API server has it: no repetition brings it back",
		request: genuinePost, code: 404, want: "provider_missing",
	}, {
		name: "ProviderNotInCache", reason: "a provider that the cache has not heard of yet is looked up",
		objects: plain, arrange: func(f *fixture) { f.cache = newAPI(t) }, request: genuinePost, code: 200, want: "recorded", made: true,
	}, {
		name: "LookUpFails", reason: "not in the cache and no API server: nobody can say that it is missing",
		objects: plain, arrange: func(f *fixture) { f.cache, f.onLiveRead = newAPI(t), func() error { return errDown } }, request: genuinePost,
		code: 500, want: "api_unavailable",
	}, {
		name: "NoJWT", reason: "the provider asks for a token of Entra ID in addition to the secret in the URL",
		objects: strict, request: genuinePost, code: 401, want: "jwt_missing",
	}, {
		name: "BodyUnreadWithoutJWT", reason: "without the token nobody makes the receiver read",
		objects: strict, request: func(*fixture) *http.Request { return post(genuine, failingReader{t}) }, code: 401, want: "jwt_missing",
	}, {
		name: "ForeignJWT", reason: "a token that somebody else in the tenant got is refused",
		objects: strict, request: entraPost(acstest.EntraToken(t, now, map[string]any{"appid": "another"})), code: 401, want: "jwt_caller",
	}, {
		name: "GenuineJWT", reason: "Event Grid's own token opens the door",
		objects: strict, request: entraPost(acstest.EntraToken(t, now, nil)), code: 200, want: "recorded", made: true,
	}, {
		name: "KeysUnavailable", reason: "a token that cannot be checked now is neither accepted nor refused",
		objects: strict,
		arrange: func(f *fixture) {
			f.jwks.Answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
		},
		request: entraPost(acstest.EntraToken(t, now, nil)), code: 500, want: "keys_unavailable",
	}, {
		name: "ValidationWithoutJWT", reason: "the handshake in the Event Grid schema is a delivery like others",
		objects: strict, request: func(*fixture) *http.Request {
			return post(genuine, strings.NewReader(batch(t, validationEvent("code"))))
		},
		code: 401, want: "jwt_missing",
	}, {
		name: "TooLarge", reason: "a body has a bound",
		objects: plain, request: func(*fixture) *http.Request { return post(genuine, bytes.NewReader(make([]byte, maxGridBodyBytes+1))) },
		code: 413, want: "body_too_large",
	}, {
		name: "FullBatch", reason: "Event Grid's largest batch has 1 MB, more than a callback may have",
		objects: plain, request: func(*fixture) *http.Request {
			return post(genuine, strings.NewReader(strings.Replace(body, "[", "["+strings.Repeat(" ", 1<<20), 1)))
		},
		code: 200, want: "recorded", made: true,
	}, {
		name: "BodyCutOff", reason: "half a body comes again as a whole",
		objects: plain, request: func(*fixture) *http.Request { return post(genuine, io.MultiReader(strings.NewReader("["), cutOff{})) },
		code: 500, want: "body_unreadable",
	}, {
		name: "NotJSON", reason: "what cannot be read will not be readable later",
		objects: plain, request: func(*fixture) *http.Request { return post(genuine, strings.NewReader("token=x")) },
		code: 400, want: "body_malformed",
	}, {
		name: "NestedLists", reason: "an event in a list of its own, or none, is no event",
		objects: plain, request: func(*fixture) *http.Request { return post(genuine, strings.NewReader("[[],["+body[1:]+"]")) },
		code: 400, want: "event_malformed",
	}, {
		name: "NestedEvents", reason: "two events in a list of their own are no event: one of them would be lost",
		objects: plain, request: func(*fixture) *http.Request {
			return post(genuine, strings.NewReader("["+batch(t, incomingEvent("1", nil), incomingEvent("2", nil))+"]"))
		},
		code: 400, want: "event_malformed",
	}, {
		name: "EmptyBody", reason: "nothing is no event", objects: plain, request: func(*fixture) *http.Request { return post(genuine, http.NoBody) },
		code: 200, want: "empty",
	}, {
		name: "Recorded", reason: "Call and Secret are in the API server", objects: plain, request: genuinePost, code: 200, want: "recorded", made: true,
	}, {
		name: "CloudEvent", reason: "one CloudEvent by itself is understood",
		objects: plain, request: func(*fixture) *http.Request {
			return post(genuine, strings.NewReader(encoded(t, asCloudEvent(incomingEvent(gridEventID, nil)))))
		},
		code: 200, want: "recorded", made: true,
	}, {
		name: "CloudEventBatch", reason: "a batch of CloudEvents is understood",
		objects: plain, request: func(*fixture) *http.Request {
			return post(genuine, strings.NewReader(batch(t, asCloudEvent(incomingEvent(gridEventID, nil)))))
		},
		code: 200, want: "recorded", made: true,
	}, {
		name: "Again", reason: "a delivery that is repeated is acknowledged again",
		objects: plain, arrange: func(f *fixture) { f.deliver(incomingEvent(gridEventID, nil)) }, request: genuinePost,
		code: 200, want: "old_news", made: true,
	}, {
		name: "Unavailable", reason: "what is not in the API server is not acknowledged, and comes again in 10 seconds",
		objects: plain, arrange: failCreate(errDown), request: genuinePost, code: 500, want: "api_unavailable",
	}, {
		name: "Forbidden", reason: "a missing permission or a quota is not the sender's fault, and somebody may fix it",
		objects: plain, arrange: failCreate(apierrors.NewForbidden(callResource, "call", errors.New("rbac"))), request: genuinePost,
		code: 500, want: "api_refused",
	}, {
		name: "NamespaceGoes", reason: "in a namespace that is being deleted nothing is made any more",
		objects: plain, arrange: failCreate(terminating()), request: genuinePost, code: 404, want: "namespace_gone",
	}, {
		name: "NamespaceGone", reason: "the cache was older than the deletion of the namespace",
		objects: plain, arrange: failCreate(apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, namespace)), request: genuinePost,
		code: 404, want: "namespace_gone",
	}, {
		name: "Invalid", reason: "a Call that the API server will never take is given up, not repeated for a day",
		objects: plain, arrange: failCreate(invalidCall()), request: genuinePost, code: 400, want: "api_invalid",
	}, {
		name: "Panic", reason: "one event does not take the receiver down",
		objects: plain, arrange: func(f *fixture) { f.onCreate = func(client.Object) error { panic(callee) } }, request: genuinePost,
		code: 500, want: "internal",
	}}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := newGridFixture(t, tc.objects...)
			if tc.code >= 500 {
				// What fails is retried until then; what does not has the time that it needs.
				f.eventGrid.timeout = 50 * time.Millisecond
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
			var want []string
			if tc.made {
				want = []string{"incoming-" + gridEventID}
			}
			calls, secrets := f.made()
			if diff := cmp.Diff([][]string{want, want}, [][]string{calls, secrets}); diff != "" {
				t.Errorf("%s: Calls and Secrets (-want +got)\n%s", tc.reason, diff)
			}
		})
	}
}

func terminating() error {
	err := apierrors.NewForbidden(callResource, "call", errors.New("the namespace is being terminated"))
	err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{Type: corev1.NamespaceTerminatingCause})
	return err
}

func invalidCall() error {
	return apierrors.NewInvalid(schema.GroupKind{Kind: "Call"}, "call", field.ErrorList{
		field.Invalid(field.NewPath("spec", "inbound", "to"), "4:"+callee, "no"),
	})
}

func optionsRequest(url, origin string) *http.Request {
	r := httptest.NewRequest(http.MethodOptions, url, nil)
	if origin != "" {
		r.Header.Set("WebHook-Request-Origin", origin)
	}
	return r
}

// Both handshakes, in the very words that Event Grid waits for.
func TestHandshakes(t *testing.T) {
	tests := []struct {
		name, reason string
		provider     *v1alpha1.CallProvider
		request      *http.Request
		code         int
		want         string
		headers      map[string]string
	}{{
		name: "EventGridSchema", reason: "the code comes back", provider: provider(""),
		request: gridRequest(t, batch(t, validationEvent(`512d38b6"<`))),
		code:    200, want: `{"validationResponse":"512d38b6\"\u003c"}`, headers: map[string]string{"Content-Type": "application/json; charset=utf-8"},
	}, {
		name: "NoCode", reason: "there is nothing to send back", provider: provider(""),
		request: gridRequest(t, batch(t, validationEvent(""))), code: 400, want: "event_malformed\n",
	}, {
		name: "LongCode", reason: "nobody has the receiver repeat a text of any length", provider: provider(""),
		request: gridRequest(t, batch(t, validationEvent(strings.Repeat("x", 257)))), code: 400, want: "event_malformed\n",
	}, {
		name: "CloudEvents", reason: "the origin is welcome at any rate", provider: provider(""), request: optionsRequest(gridURL(t), "eventgrid.azure.net"),
		code: 200, want: "consent\n", headers: map[string]string{"WebHook-Allowed-Origin": "eventgrid.azure.net", "WebHook-Allowed-Rate": "*", "Allow": "POST"},
	}, {
		name: "CloudEventsEntra", reason: "consent gives nothing away, so it needs no token of Entra ID", provider: entraProvider(),
		request: optionsRequest(gridURL(t), "EventGrid.azure.net"), code: 200, want: "consent\n", headers: map[string]string{"WebHook-Allowed-Origin": "EventGrid.azure.net"},
	}, {
		name: "NoOrigin", reason: "this is not the question", provider: provider(""), request: optionsRequest(gridURL(t), ""),
		code: 400, want: "origin\n", headers: map[string]string{"WebHook-Allowed-Origin": "", "WebHook-Allowed-Rate": ""},
	}, {
		name: "StrangeOrigin", reason: "an origin is a host name, and nothing else is sent back", provider: provider(""),
		request: optionsRequest(gridURL(t), "a b<script>"), code: 400, want: "origin\n", headers: map[string]string{"WebHook-Allowed-Origin": ""},
	}, {
		name: "OtherMethod", reason: "a 405 says what is allowed", provider: provider(""), request: httptest.NewRequest(http.MethodPut, gridURL(t), nil),
		code: 405, want: "method\n", headers: map[string]string{"Allow": "OPTIONS, POST"},
	}}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := newGridFixture(t, tc.provider)
			response := httptest.NewRecorder()
			f.ServeHTTP(response, tc.request)
			if response.Code != tc.code || response.Body.String() != tc.want {
				t.Errorf("%s: answer %d %q, want %d %q", tc.reason, response.Code, response.Body, tc.code, tc.want)
			}
			for name, want := range tc.headers {
				if got := response.Header().Get(name); got != want {
					t.Errorf("%s: %s is %q, want %q", tc.reason, name, got, want)
				}
			}
		})
	}
}

// However a delivery ends, the log at its most talkative holds nothing that gives access or names a person.
func TestGridLogKeepsSecrets(t *testing.T) {
	var log strings.Builder
	logger := funcr.New(func(prefix, args string) { log.WriteString(prefix + args + "\n") }, funcr.Options{Verbosity: 10})
	f := newFixture(t, []client.Object{entraProvider()}, withLog(logger), at(gridTime.Add(time.Second)))
	f.eventGrid.timeout = 20 * time.Millisecond
	jwt := acstest.EntraToken(t, gridTime, nil)
	send := func(body string) {
		request := gridRequest(t, body)
		request.Header.Set("Authorization", "Bearer "+jwt)
		f.send(request)
	}
	send(batch(t, incomingEvent("1", nil)))
	send(batch(t, incomingEvent("2", map[string]any{"to": nil})))
	send("[" + callee)
	send(batch(t, validationEvent("secret-code")))
	for _, err := range []error{invalidCall(), errDown} {
		f.onCreate = func(client.Object) error { return err }
		send(batch(t, incomingEvent("3", nil)))
	}
	f.onCreate = func(client.Object) error { panic(callee) }
	send(batch(t, incomingEvent("4", nil)))
	for _, want := range []string{"recorded", "callee_unknown", "spec.inbound.to", "api_unavailable", "panic"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %s:\n%s", want, log.String())
		}
	}
	genuine, _ := url.Parse(gridURL(t))
	for what, secret := range map[string]string{
		"the token": genuine.Query().Get("token"), "a JWT": strings.Split(jwt, ".")[2], "the called number": callee,
		"the caller's number": caller, "the context": callContext, "the caller's name": "A. Caller", "the validation code": "secret-code",
	} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %s:\n%s", what, log.String())
		}
	}
}

// Whatever comes in a body, it is either understood or refused, and at once.
func FuzzGridBody(f *testing.F) {
	f.Add(batch(f, incomingEvent("1", nil)))
	f.Add(batch(f, validationEvent("x"), incomingEvent("A B", map[string]any{"from": nil})))
	f.Add(encoded(f, asCloudEvent(incomingEvent("1", map[string]any{"to": map[string]any{"rawId": "8:acs:"}}))))
	f.Add(`[[{"id":"1","eventType":"a"}],null,1]`)
	f.Add(`],[`)
	f.Fuzz(func(t *testing.T, body string) {
		fixture := newGridFixture(t, provider(""))
		code, reason := fixture.send(gridRequest(t, body))
		if code != http.StatusOK && code != http.StatusBadRequest && code != http.StatusRequestEntityTooLarge {
			t.Errorf("answer %d %s", code, reason)
		}
	})
}
