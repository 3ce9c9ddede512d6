// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	options := resource(simulator.GridSchemaEventGrid, simulator.Phone{Number: other, NoAnswer: &struct{}{}})
	f := serve(t, options)
	f.agreed(1)
	call := f.connected("call", number(person)).CallConnectionID
	ringing := f.create("ringing", number(other)).CallConnectionID
	f.create("incoming", number(inbound))
	context := f.incoming(1, "4:"+inbound).IncomingCallContext.Reveal()
	const gone = "/calling/callConnections/11111111-2222-4333-8444-555555555555"
	create := func(fields string) string {
		return `{"callbackUri":"https://app.example.test/callbacks","targets":[` + phoneJSON + `],"sourceCallerIdNumber":{"value":"` + owned + `"}` + fields + `}`
	}
	for _, tc := range []struct {
		reason, method, path, body, want string
	}{
		{"no such path", http.MethodGet, "/calling/nothing", "", "404 "},
		{"no such method", http.MethodPut, "/calling/callConnections", "", "404 "},
		{"an ID is empty", http.MethodGet, "/calling/callConnections/", "", "404 "},
		{"the api-version is unknown", http.MethodGet, gone + "?api-version=2020-01-01", "", "400 UnsupportedApiVersion"},
		{"the body is no JSON", http.MethodPost, "/calling/callConnections", "{", "400 8523"},
		{"an identifier names two", http.MethodPost, "/calling/callConnections", create(`,"targets":[{"phoneNumber":{"value":"` + person + `"},"communicationUser":{"id":"` + user + `"}}]`), "400 8523"},
		{"nobody is called", http.MethodPost, "/calling/callConnections", create(`,"targets":[]`), "400 8523"},
		{"a target is empty", http.MethodPost, "/calling/callConnections", create(`,"targets":[{}]`), "400 8523"},
		{"a raw ID alone is a number too, and badly formed", http.MethodPost, "/calling/callConnections", create(`,"targets":[{"rawId":"4:0123"}]`), "400 8523"},
		{"a number needs a caller ID", http.MethodPost, "/calling/callConnections", strings.Replace(create(""), "sourceCallerIdNumber", "unknown", 1), "400 8523"},
		{"the caller ID is not owned", http.MethodPost, "/calling/callConnections", create(`,"sourceCallerIdNumber":{"value":"` + person + `"}`), "403 510403"},
		{"the context is nonsense", http.MethodPost, "/calling/callConnections:answer", `{"incomingCallContext":"x","callbackUri":"https://app.example.test/"}`, "400 8523"},
		{"the context is altered", http.MethodPost, "/calling/callConnections:answer", `{"incomingCallContext":"` + context[:len(context)-1] + `!","callbackUri":"https://app.example.test/"}`, "400 8523"},
		{"a reject reason is unknown", http.MethodPost, "/calling/callConnections:reject", `{"incomingCallContext":"` + context + `","callRejectReason":"bored"}`, "400 8523"},
		{"a redirect goes to nobody", http.MethodPost, "/calling/callConnections:redirect", `{"incomingCallContext":"` + context + `"}`, "400 8523"},
		{"a locator is of no kind", http.MethodPost, "/calling/callConnections:connect", `{"callLocator":{"kind":"x"},"callbackUri":"https://app.example.test/"}`, "400 8523"},
		{"no such call", http.MethodGet, gone, "", "404 8522"},
		{"no such call to end", http.MethodDelete, gone, "", "404 8522"},
		{"no such call to terminate", http.MethodPost, gone + ":terminate", "", "404 8522"},
		{"no such recording", http.MethodGet, "/calling/recordings/x", "", "404 8522"},
		{"no such participant", http.MethodGet, "/calling/callConnections/" + call + "/participants/4%3A%2B14255550199", "", "404 8522"},
		{"nobody can be added yet", http.MethodPost, "/calling/callConnections/" + ringing + "/participants:add", `{"participantToAdd":` + userJSON + `}`, "400 8501"},
		{"nothing can be played yet", http.MethodPost, "/calling/callConnections/" + ringing + ":play", `{"playSources":[{"kind":"text"}]}`, "400 8501"},
		{"nothing is to be played", http.MethodPost, "/calling/callConnections/" + call + ":play", `{}`, "400 8523"},
		{"an invitation lasts too long", http.MethodPost, "/calling/callConnections/" + call + "/participants:add", `{"participantToAdd":` + userJSON + `,"invitationTimeoutInSeconds":181}`, "400 8523"},
		{"a recording names no call", http.MethodPost, "/calling/recordings", `{}`, "400 8523"},
		{"the body is too large", http.MethodPost, "/calling/callConnections", `"` + strings.Repeat("x", 1<<20) + `"`, "413 8523"},
	} {
		got := f.rest(tc.method, tc.path, tc.body)
		var failed struct {
			Error   struct{ Code, Message string }
			Message string
		}
		decode(f, got.body, &failed)
		if text := fmt.Sprint(got.status) + " " + failed.Error.Code; text != tc.want || failed.Error.Message+failed.Message == "" {
			t.Errorf("%s: got %q %q, want %q with a message", tc.reason, text, failed.Error.Message, tc.want)
		}
	}
}

func TestAVoIPCallIsNotRedirectedToANumber(t *testing.T) {
	t.Parallel()
	f := serve(t, resource(simulator.GridSchemaEventGrid))
	f.agreed(1)
	request := f.request("call", acs.CommunicationUserIdentifier(user))
	request.SourceCallerIDNumber = nil
	got(f.client.CreateCall(f.Context(), request, repeat()))(f)
	err := f.client.RedirectCall(f.Context(), acs.RedirectCallRequest{IncomingCallContext: f.incoming(1, user).IncomingCallContext, Target: number(person)}, repeat())
	if got := refusal(err); got != "400 8523" {
		t.Errorf("got %q, want 400 8523", got)
	}
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{})
	const path = "/calling/callConnections/11111111-2222-4333-8444-555555555555"
	hash := "Request 'x-ms-content-sha256' differs from generated content hash."
	for _, tc := range []struct {
		name, reason, message string
		spoil                 func(r *http.Request)
	}{
		{"none", "a request is signed", "", func(r *http.Request) { r.Header.Del("Authorization") }},
		{"bearer", "tokens of Entra ID are not simulated", "", func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }},
		{"wrong key", "the signature is that of the key", "", func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "Signature=", "Signature=A", 1))
		}},
		{"other query", "the query is signed", "", func(r *http.Request) { r.URL.RawQuery += "&x=1" }},
		{"other method", "the method is signed", "", func(r *http.Request) { r.Method = http.MethodDelete }},
		{"other host", "the host is signed", "", func(r *http.Request) { r.Host = "other.example.test" }},
		{"other date", "the date is signed", "", func(r *http.Request) {
			r.Header.Set("x-ms-date", time.Now().Add(-2*time.Second).UTC().Format(http.TimeFormat))
		}},
		{"no date", "the date is needed", "", func(r *http.Request) { r.Header.Del("x-ms-date") }},
		{"old date", "the date is near", "", func(r *http.Request) {
			r.Header.Set("x-ms-date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		}},
		{"wrong hash", "the hash is that of the body", hash, func(r *http.Request) { r.Header.Set("x-ms-content-sha256", acs.ContentHash([]byte("x"))) }},
	} {
		request := f.signed(http.MethodGet, path, "")
		tc.spoil(request)
		got := f.send(request)
		var failed struct {
			Error struct{ Code, Message string }
		}
		decode(f, got.body, &failed)
		if got.status != http.StatusUnauthorized || failed.Error.Code != "Denied" || tc.message != "" && failed.Error.Message != tc.message {
			t.Errorf("%s: %s: got %d %+v, want 401 Denied", tc.name, tc.reason, got.status, failed.Error)
		}
	}
	if got := f.rest(http.MethodGet, path, ""); got.status != http.StatusNotFound {
		t.Errorf("a signed request is let in: got %d", got.status)
	}
}

func TestAccessKeysCanBeRegenerated(t *testing.T) {
	t.Parallel()
	const regenerated = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
	f := serve(t, simulator.Options{})
	for _, tc := range []struct {
		reason string
		keys   []string
		want   int
	}{
		{"the second of two keys is as good as the first", []string{regenerated, accessKey}, http.StatusNotFound},
		{"a key that is no more is refused at once", []string{regenerated}, http.StatusUnauthorized},
		{"a key that is back is accepted", []string{accessKey}, http.StatusNotFound},
	} {
		f.admin(http.MethodPut, "/access-keys", map[string]any{"keys": tc.keys}, nil)
		if got := f.rest(http.MethodGet, "/calling/callConnections/x", ""); got.status != tc.want {
			t.Errorf("%s: got %d, want %d", tc.reason, got.status, tc.want)
		}
	}
}

func TestWithoutAnAccessKeyNothingIsChecked(t *testing.T) {
	t.Parallel()
	sim, err := simulator.New(simulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	f := &fixture{TB: t, base: "https://acs.example.test", web: &http.Client{Transport: handlers{"acs.example.test": sim.Handler()}}}
	request := f.signed(http.MethodGet, "/calling/callConnections/x", "")
	request.Header.Del("Authorization")
	if got := f.send(request); got.status != http.StatusNotFound {
		t.Errorf("got %d, want 404: the request is let in", got.status)
	}
}

func TestCallbackURIs(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]struct{ strict, insecure bool }{
		"https://app.example.test/callbacks":      {true, true},
		"http://127.0.0.1:8080/callbacks":         {true, true},
		"http://[::1]:8080/callbacks":             {true, true},
		"http://localhost/callbacks":              {true, true},
		"http://app.example.test/callbacks":       {false, true},
		"http://10.0.0.1/callbacks":               {false, true},
		"http://localhost.example.test/callbacks": {false, true},
		"https://user:word@app.example.test/":     {false, false},
		"ftp://app.example.test/":                 {false, false},
		"/callbacks":                              {false, false},
		"":                                        {false, false},
	} {
		for insecure, allowed := range map[bool]bool{false: want.strict, true: want.insecure} {
			bubble(t, simulator.Options{AllowInsecureCallbacks: insecure}, func(f *fixture) {
				request := f.request("call", number(person))
				request.CallbackURI = uri
				_, err := f.client.CreateCall(f.Context(), request, repeat())
				if got := refusal(err); (got == "") != allowed || got != "" && got != "400 8523" {
					t.Errorf("callbackUri %q, insecure ones allowed %v: got %q", uri, insecure, got)
				}
				if uri == "" {
					return
				}
				call := f.connected("call", number(person)).CallConnectionID
				_, err = f.client.RemoveParticipant(f.Context(), call, acs.RemoveParticipantRequest{ParticipantToRemove: number(person), OperationCallbackURI: uri}, repeat())
				if got := refusal(err); (got == "") != allowed || got != "" && got != "400 8523" {
					t.Errorf("operationCallbackUri %q, insecure ones allowed %v: got %q", uri, insecure, got)
				}
			})
		}
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		options simulator.Options
		want    string
	}{
		{simulator.Options{AccessKey: "?"}, "the access key is not base64"},
		{simulator.Options{OwnedNumbers: []string{"123"}}, "write it in E.164 form, such as +14255550100"},
		{simulator.Options{RingTimeout: -1}, "must not be negative"},
		{simulator.Options{MaxConcurrentCallsPerNumber: -1}, "must not be negative"},
		{simulator.Options{DefaultPhone: &simulator.Phone{}}, "the default phone: set exactly one of"},
		{simulator.Options{EventGrid: []simulator.EventGridSubscription{{URL: "x"}}}, "an Event Grid endpoint is a URL such as"},
		{simulator.Options{EventGrid: []simulator.EventGridSubscription{{URL: "https://x.example.test", Schema: "y"}}}, "is eventgrid or cloudevents"},
		{simulator.Options{EventGrid: []simulator.EventGridSubscription{{URL: "https://x.example.test", Filter: &simulator.EventGridFilter{
			AdvancedFilters: []simulator.EventGridAdvancedFilter{{OperatorType: "StringIs", Key: "data.to.rawId"}},
		}}}}, `advanced filter 1: the simulator does not have the operatorType "StringIs"`},
		{simulator.Options{EventGrid: []simulator.EventGridSubscription{
			{URL: "https://x.example.test"}, {URL: "https://x.example.test", Filter: &simulator.EventGridFilter{}},
		}}, "the URL of Event Grid subscription 2 is that of one before it, and one of them has a filter: tell the URLs apart with a query such as ?subscription=2"},
		{simulator.Options{Phones: []simulator.Phone{{}}}, "a phone has either a number"},
		{simulator.Options{Phones: []simulator.Phone{{Number: "1"}}}, "write the number in E.164 form"},
		{simulator.Options{Phones: []simulator.Phone{{User: "bob"}}}, "write the user's ID, such as 8:acs:RESOURCE_USER"},
		{simulator.Options{Phones: []simulator.Phone{{Number: person}}}, "set exactly one of answer, busy, decline, noAnswer, unreachable"},
		{simulator.Options{Phones: []simulator.Phone{{Number: person, Busy: after(0), Answer: after(0)}}}, "set exactly one of"},
		{simulator.Options{Phones: []simulator.Phone{{Number: person, Busy: after(0), HangUp: after(0)}}}, "hangUp needs answer"},
		{simulator.Options{Phones: []simulator.Phone{{Number: person, Unreachable: &simulator.Codes{}}}}, "needs the code of the network"},
		{simulator.Options{Phones: []simulator.Phone{{Number: person, Answer: after(0), Press: []acs.Tone{"ten"}}}}, "a tone is one of"},
		{simulator.Options{Phones: []simulator.Phone{hears(person, simulator.Reaction{}, simulator.Reaction{Press: "one"})}}, `reaction 2 of the script: press "one": keys are 0 to 9, *, #, A to D`},
		{simulator.Options{Phones: []simulator.Phone{{Number: person, Busy: after(0), Script: []simulator.Reaction{{}}}}}, "script needs answer"},
		{simulator.Options{PromptTime: -1}, "must not be negative"},
		{simulator.Options{StorageURL: "https://x.example.test/recordings"}, "without a path, such as https://acs-simulator.example.test"},
	} {
		_, err := simulator.New(tc.options)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("got %v, want an error that says %q", err, tc.want)
		}
	}
}

func TestParsePhones(t *testing.T) {
	t.Parallel()
	got, err := simulator.ParsePhones([]byte("phones:\n- number: \"+442079460001\"\n  answer: {after: 300ms}\n  hangUp: {after: 2s}\n  press: [one]\n  script:\n  - {heard: menu, press: \"1#\", after: 1s, during: true}\n  - {say: \"yes\", hangUp: true, always: true}\n"))
	want := []simulator.Phone{{Number: person, Answer: after(300 * time.Millisecond), HangUp: after(2 * time.Second), Press: []acs.Tone{acs.ToneOne}, Script: []simulator.Reaction{
		{Heard: "menu", Press: "1#", After: simulator.Duration(time.Second), During: true}, {Say: "yes", HangUp: true, Always: true},
	}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v:\n%s", err, diff)
	}
	for file, want := range map[string]string{
		"phones: [{number: \"+442079460001\", answer: {}, script: [{herd: x}]}]": "herd",
		"phones: [{number: \"+442079460001\", answr: {}}]":                       "answr",
		"phones: [{number: \"+442079460001\", answer: {after: soon}}]":           "is not a duration such as 300ms or 2s",
		"phones: [{number: \"+442079460001\", answer: {after: 300}}]":            "a duration is text such as 300ms or 2s",
		"phones: [{number: \"+442079460001\"}]":                                  "set exactly one of",
		"phones: [{number: \"+442079460001\", answer: {after: \"-300ms\"}}]":     "is not a duration",
	} {
		if _, err := simulator.ParsePhones([]byte(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error that says %q", file, err, want)
		}
	}
}
