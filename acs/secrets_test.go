// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"
)

const testContext = "eyJ-incoming-call-context"

// holder is a struct of somebody's own, whose unexported fields fmt prints without asking anybody.
type holder struct {
	key     AccessKey
	context Secret
	call    IncomingCall
	Key     AccessKey
	Context *Secret
}

// forms are the ways in which the secrets of the tests could be written.
func forms() []string {
	var all []string
	for _, secret := range []string{testSecret, testContext} {
		decimal := strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]")
		all = append(all, secret, base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret)),
			strings.ToUpper(hex.EncodeToString([]byte(secret))), decimal)
	}
	return all
}

// leaks tells which form of a secret a text holds.
func leaks(text string) string {
	for _, form := range forms() {
		if strings.Contains(strings.ReplaceAll(text, ", ", " "), form) || strings.Contains(text, form[:12]) {
			return form
		}
	}
	return ""
}

func TestSecretsPrintNowhere(t *testing.T) {
	t.Parallel()
	key, secret := testAccessKey(t), NewSecret(testContext)
	client, err := NewClient("https://contoso.communication.azure.com", key, nil)
	if err != nil {
		t.Fatal(err)
	}
	held := holder{key: key, context: secret, call: IncomingCall{IncomingCallContext: secret}, Key: key, Context: &secret}
	values := []any{
		key, &key, secret, &secret, held, &held, []AccessKey{key}, map[string]Secret{"a": secret}, [1]holder{held},
		client, *client, hmacPolicy{key: key}, AnswerCallRequest{IncomingCallContext: secret}, errors.Join(fmt.Errorf("%v", key)),
	}
	for _, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b", "%o", "%U", "%c", "%t", "%e", "%p", "%T", "%10s", "% x", "%#x", "%z"} {
			if form := leaks(fmt.Sprintf(verb, value)); form != "" {
				t.Errorf("%s of %T holds %s", verb, value, form)
			}
		}
		if form := leaks(fmt.Sprint(value) + fmt.Sprintln(value)); form != "" {
			t.Errorf("%T prints %s", value, form)
		}
	}
	if got := key.String() + secret.String() + fmt.Sprint(key, secret); strings.Count(got, redacted) != 4 {
		t.Errorf("secrets print as %q, want REDACTED", got)
	}
}

type keyHolder struct{ Key AccessKey }

func TestAccessKeyEncodesNowhere(t *testing.T) {
	t.Parallel()
	key := testAccessKey(t)
	encoders := map[string]func(any) ([]byte, error){"json": json.Marshal, "xml": xml.Marshal}
	for name, encode := range encoders {
		for _, value := range []any{key, &key, keyHolder{key}} {
			text, err := encode(value)
			if err != nil {
				t.Fatal(err)
			}
			if form := leaks(string(text)); form != "" || !strings.Contains(string(text), redacted) {
				t.Errorf("%s of %T is %s", name, value, text)
			}
		}
	}
}

// TestSecretIsSent keeps JSON, which is how a request carries it, from being redacted.
func TestSecretIsSent(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(RejectCallRequest{IncomingCallContext: NewSecret(testContext)})
	if err != nil || string(text) != `{"incomingCallContext":"`+testContext+`"}` {
		t.Fatalf("the request is %s, %v", text, err)
	}
	var read RejectCallRequest
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(NewSecret(testContext), read.IncomingCallContext); diff != "" {
		t.Errorf("the secret changed on its way (-want +got):\n%s", diff)
	}
	if read.IncomingCallContext.Reveal() != testContext || read.IncomingCallContext.IsZero() {
		t.Error("the secret was lost on its way")
	}
	if err := json.Unmarshal([]byte(`{"incomingCallContext":{"a":"`+testContext+`"}}`), &read); err == nil || leaks(err.Error()) != "" {
		t.Errorf("the error of a secret that is no text is %v", err)
	}
	if !(Secret{}).IsZero() || (Secret{}).Reveal() != "" || !(Secret{}).Equal(NewSecret("")) {
		t.Error("the zero secret is not empty")
	}
}

// TestErrorsHoldNoSecret makes requests fail in all ways there are.
func TestErrorsHoldNoSecret(t *testing.T) {
	t.Parallel()
	request := AnswerCallRequest{IncomingCallContext: NewSecret(testContext), CallbackURI: "https://app.example.test/cb"}
	transports := map[string]policy.Transporter{
		"lost":    doer(func(*http.Request) (*http.Response, error) { return nil, errLost }),
		"refused": &http.Client{Transport: &http.Transport{DialContext: dial}},
		"answer":  doer(func(r *http.Request) (*http.Response, error) { return answering(r, 403, "<html>"), nil }),
		"unread":  doer(func(r *http.Request) (*http.Response, error) { return answering(r, 200, "<html>"), nil }),
	}
	for name, transport := range transports {
		_, err := clientOf(t, "http://contoso.example.test", options(transport, 1)).AnswerCall(t.Context(), request, repeat)
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
			if form := leaks(fmt.Sprintf(verb, err)); form != "" {
				t.Errorf("%s: %s of the error holds %s", name, verb, form)
			}
		}
	}
}

// TestLogsHoldNoSecret listens to all that azcore logs. The listener is the process's, so that this test is alone.
func TestLogsHoldNoSecret(t *testing.T) {
	var mu sync.Mutex
	var lines []string
	log.SetListener(func(event log.Event, line string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, string(event)+": "+line)
	})
	t.Cleanup(func() { log.SetListener(nil) })
	s := serve(t, inTurn(reply{status: 503}, reply{body: "{}"}))
	client := clientOf(t, s.URL, ClientOptions{ClientOptions: azcore.ClientOptions{Logging: policy.LogOptions{IncludeBody: false}}})
	request := AnswerCallRequest{IncomingCallContext: NewSecret(testContext)}
	if _, err := client.AnswerCall(t.Context(), request, repeat); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	logged := strings.Join(lines, "\n")
	if !strings.Contains(logged, "calling/callConnections:answer") {
		t.Fatalf("nothing of the request was logged: %s", logged)
	}
	signature := strings.TrimPrefix(s.received()[0].Header.Get("Authorization"), "HMAC-SHA256 SignedHeaders="+signedHeaders+"&Signature=")
	if form := leaks(logged); form != "" || strings.Contains(logged, signature) {
		t.Errorf("the log holds %s or the signature:\n%s", form, logged)
	}
}

func TestConnectionStrings(t *testing.T) {
	t.Parallel()
	const endpoint = "https://contoso.communication.azure.com"
	cases := []struct {
		name, reason, text string
		want               string
	}{
		{name: "portal", reason: "as the portal shows it", text: "endpoint=https://contoso.communication.azure.com/;accesskey=" + testKey, want: endpoint},
		{name: "capitals", reason: "names have any case", text: "Endpoint=https://Contoso.communication.azure.com;AccessKey=" + testKey, want: endpoint},
		{name: "order", reason: "and any order", text: "accesskey=" + testKey + ";endpoint=https://contoso.communication.azure.com", want: endpoint},
		{name: "spaces", reason: "a Secret's value often ends in a newline", text: " endpoint = https://contoso.communication.azure.com ; accesskey = " + testKey + " ;\n", want: endpoint},
		{name: "more", reason: "further fields do no harm", text: "endpoint=https://contoso.communication.azure.com;accesskey=" + testKey + ";x=y;z", want: endpoint},
		{name: "defaultPort", reason: "the port that is implied is left out", text: "endpoint=https://contoso.communication.azure.com:443/;accesskey=" + testKey, want: endpoint},
		{name: "simulator", reason: "a simulator has a port and may speak http", text: "endpoint=http://127.0.0.1:8080;accesskey=" + testKey, want: "http://127.0.0.1:8080"},
		{name: "empty", reason: "nothing", text: ""},
		{name: "noKey", reason: "half", text: "endpoint=https://contoso.communication.azure.com/"},
		{name: "noEndpoint", reason: "the other half", text: "accesskey=" + testKey},
		{name: "keyAlone", reason: "a bare key", text: testKey},
		{name: "notBase64", reason: "the key is base64", text: "endpoint=https://contoso.communication.azure.com/;accesskey=" + testSecret + "!"},
		{name: "path", reason: "an endpoint has no path", text: "endpoint=https://contoso.communication.azure.com/" + testSecret + ";accesskey=" + testKey},
		{name: "noURL", reason: "an endpoint is a URL", text: "endpoint=%zz" + testSecret + ";accesskey=" + testKey},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, key, err := ParseConnectionString(tc.text)
			if tc.want == "" {
				if err == nil || leaks(err.Error()) != "" || !key.IsZero() || got != "" {
					t.Errorf("%q, %v: %s, and errors hold no part of the string", got, err, tc.reason)
				}
				return
			}
			if err != nil || got != tc.want || key.Sign("x") != testAccessKey(t).Sign("x") {
				t.Errorf("%q, %v, want %q and its key: %s", got, err, tc.want, tc.reason)
			}
		})
	}
}

func FuzzConnectionString(f *testing.F) {
	for _, seed := range []string{
		"endpoint=https://contoso.communication.azure.com/;accesskey=" + testKey, "endpoint=http://[::1]:80;accesskey=AA==", "", ";;==", "ENDPOINT=https://a:443;ACCESSKEY=AAAA",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		endpoint, key, err := ParseConnectionString(text)
		if err != nil {
			if len(text) > 40 && strings.Contains(err.Error(), text[:40]) {
				t.Errorf("the error %q holds the string", err)
			}
			return
		}
		again, _, err := ParseConnectionString("endpoint=" + endpoint + ";accesskey=AAAA")
		if err != nil || again != endpoint {
			t.Errorf("%q is read as %q, and that as %q, %v", text, endpoint, again, err)
		}
		if _, err := NewClient(endpoint, key, &ClientOptions{AllowHTTP: true}); err != nil {
			t.Errorf("%q gives no client: %v", endpoint, err)
		}
	})
}
