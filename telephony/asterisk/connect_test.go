// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// password is what no text may show.
const password = "a-password-that-nobody-may-see"

func secretWith(changes map[string]string) map[string][]byte {
	secret := map[string][]byte{"username": []byte("operator"), "password": []byte(password)}
	for key, value := range changes {
		secret[key] = []byte(value)
		if value == "" {
			delete(secret, key)
		}
	}
	return secret
}

func providerAt(url string) *v1alpha1.CallProvider {
	return &v1alpha1.CallProvider{Spec: v1alpha1.CallProviderSpec{Asterisk: &v1alpha1.AsteriskProvider{
		URL: url, CredentialsSecretRef: v1alpha1.SecretReference{Name: "pbx"}, Application: "operator", Endpoint: "PJSIP/$(number)@trunk",
	}}}
}

// watched is what an observer saw.
type watched struct {
	begun    []string
	statuses []int
	answered []telephony.Answered
}

func (w *watched) observer() telephony.Observer {
	return telephony.Observer{
		Begin: func(_ context.Context, operation string) func(int) {
			w.begun = append(w.begun, operation)
			return func(status int) { w.statuses = append(w.statuses, status) }
		},
		Answered: func(answer telephony.Answered) { w.answered = append(w.answered, answer) },
	}
}

// connected is the service at a URL, and what is seen of its requests.
func connected(t *testing.T, url string, credentials map[string][]byte) (telephony.Service, *watched) {
	t.Helper()
	seen := &watched{}
	made, endpoint, err := (&Adapter{}).Connect(providerAt(url), credentials, seen.observer())
	if err != nil || endpoint != url {
		t.Fatalf("endpoint %q, error %v", endpoint, err)
	}
	return made, seen
}

func TestProviderSays(t *testing.T) {
	provider := providerAt("https://pbx.example.com:8089/ari")
	adapter := &Adapter{}
	need := telephony.SecretNeed{Name: "pbx", Content: "the keys username and password, of a user in ari.conf"}
	if got := adapter.Credentials(provider); got != need {
		t.Errorf("the credentials are %+v", got)
	}
	if got := adapter.Endpoint(provider); got != "https://pbx.example.com:8089/ari" {
		t.Errorf("the endpoint is %s", got)
	}
	if got := adapter.Traits(provider); !got.RepeatsUnanswered || got.CallsBack {
		t.Errorf("a repetition rings nobody twice, and events come on a WebSocket: %+v", got)
	}
}

func TestUnusable(t *testing.T) {
	const badURL = "spec.asterisk.url cannot be used: "
	cases := []struct {
		name, reason, url string
		secret            map[string][]byte
		wantReason, want  string
	}{
		{
			"no user name", "a person has to add it", "https://pbx.example.com/ari", secretWith(map[string]string{"username": ""}),
			v1alpha1.ReasonSecretKeyNotFound, "Secret pbx has no key username: add the keys username and password, of a user in ari.conf.",
		},
		{
			"no password", "a person has to add it", "https://pbx.example.com/ari", secretWith(map[string]string{"password": ""}),
			v1alpha1.ReasonSecretKeyNotFound, "Secret pbx has no key password: add the keys username and password, of a user in ari.conf.",
		},
		{
			"empty Secret", "the first key that is missing is named", "https://pbx.example.com/ari", nil,
			v1alpha1.ReasonSecretKeyNotFound, "Secret pbx has no key username: add the keys username and password, of a user in ari.conf.",
		},
		{
			"no certificate", "a key or a path was pasted in place of the certificate", "https://pbx.example.com/ari", secretWith(map[string]string{"ca.crt": password}),
			v1alpha1.ReasonInvalidCredentials, "The key ca.crt of Secret pbx has no certificate in PEM form.",
		},
		{"no scheme", "an old CRD may let it through", "pbx.example.com/ari", secretWith(nil), v1alpha1.ReasonInvalidEndpoint, badURL},
		{"another scheme", "ARI speaks HTTP", "ftp://pbx.example.com/ari", secretWith(nil), v1alpha1.ReasonInvalidEndpoint, badURL},
		{"password in the URL", "it belongs into the Secret", "https://u:" + password + "@pbx.example.com/ari", secretWith(nil), v1alpha1.ReasonInvalidEndpoint, badURL},
		{"query", "it would be lost", "https://pbx.example.com/ari?api_key=u:" + password, secretWith(nil), v1alpha1.ReasonInvalidEndpoint, badURL},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			made, _, err := (&Adapter{}).Connect(providerAt(c.url), c.secret, telephony.Observer{})
			var cause *telephony.UnusableError
			if !errors.As(err, &cause) || made != nil {
				t.Fatalf("%s: got %v, %v, want an UnusableError", c.reason, made, err)
			}
			if cause.Reason != c.wantReason || !strings.HasPrefix(cause.Message, c.want) || !strings.HasSuffix(cause.Message, ".") {
				t.Errorf("%s: got %s: %s\nwant %s: %s", c.reason, cause.Reason, cause.Message, c.wantReason, c.want)
			}
			if shown := fmt.Sprintf("%+v %#v", err, cause); strings.Contains(shown, password) {
				t.Errorf("%s: the error shows the password: %s", c.reason, shown)
			}
		})
	}
}

// TestRequestsAreWatched: each request is signed and seen, and whether Asterisk itself has answered is known.
func TestRequestsAreWatched(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, given, _ := r.BasicAuth(); name != "operator" || given != password {
			t.Errorf("the credentials are %q and %q", name, given)
		}
		switch r.URL.Path {
		case "/ari/bridges":
			_, _ = w.Write([]byte("[]"))
		case "/ari/channels/call":
			panic(http.ErrAbortHandler)
		default:
			w.Header().Set("Server", "Asterisk/22.10.1")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"message":"Channel not found"}`))
		}
	}))
	defer server.Close()
	made, seen := connected(t, server.URL+"/ari", secretWith(nil))
	if _, err := made.State(t.Context(), "call"); telephony.OutcomeOf(err) != telephony.OutcomeUnknown {
		t.Errorf("the second answer was lost: %v", err)
	}
	if err := made.(*service).client.Answer(t.Context(), "call"); err == nil {
		t.Error("an unknown channel is answered")
	}
	want := &watched{
		begun: []string{"Bridges", "Channel", "Answer"}, statuses: []int{200, 0, 404},
		answered: []telephony.Answered{{Operation: "Bridges", Genuine: true}, {Operation: "Channel"}, {Operation: "Answer", Genuine: true}},
	}
	if diff := cmp.Diff(want, seen, cmp.AllowUnexported(watched{})); diff != "" {
		t.Errorf("seen of the requests (-want +got):\n%s", diff)
	}
}

// TestRedirectIsNotFollowed: the password goes to the host that the provider names, and to no other.
func TestRedirectIsNotFollowed(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s was sent on", r.URL) }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	made, seen := connected(t, server.URL+"/ari", secretWith(nil))
	_, err := made.State(t.Context(), "call")
	if !telephony.Is(err, telephony.ClassMisdirected) || strings.Contains(fmt.Sprintf("%+v", err), password) {
		t.Errorf("a redirect is not Asterisk's answer: %v", err)
	}
	if len(seen.answered) != 1 || seen.answered[0].Genuine || seen.answered[0].Obstacle == nil || seen.answered[0].Obstacle.Reason != v1alpha1.ReasonEndpointNotAsterisk {
		t.Errorf("the provider is told: %+v", seen.answered)
	}
}

// TestTrust: the certificates in the Secret are trusted, and an unknown one is not.
func TestTrust(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ari/bridges" {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"message":"Channel not found"}`))
			return
		}
		_, _ = w.Write([]byte("[]"))
	}))
	defer server.Close()
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	trusting, _ := connected(t, server.URL+"/ari", secretWith(map[string]string{"ca.crt": authority}))
	if _, err := trusting.State(t.Context(), "call"); !telephony.Is(err, telephony.ClassGone) {
		t.Errorf("the authority is in the Secret: %v", err)
	}
	wary, _ := connected(t, server.URL+"/ari", secretWith(nil))
	_, err := wary.State(t.Context(), "call")
	if telephony.OutcomeOf(err) != telephony.OutcomeNotMade || !telephony.Is(err, telephony.ClassUnavailable) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("nothing is sent to a server that nobody vouches for, and the sentence says why: %v", err)
	}
	if strings.Contains(fmt.Sprintf("%+v %#v %+v", err, err, wary), password) {
		t.Errorf("the password is shown: %+v", err)
	}
}
