// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony/acs/acstest"
)

const (
	gridEventID = "831e1650-001e-001b-66ab-eeb76e069631"
	caller      = "+442079460123"
	callContext = "eyJhbGciOiJub25lIn0.context"
)

// gridTime is when the call began to ring; the fixtures hear of it a second later.
var gridTime = time.Date(2026, 3, 17, 17, 47, 59, 0, time.UTC)

// at sets the clock.
func at(now time.Time) fixtureOption {
	return func(_ *fixture, c *Config) { c.Now = func() time.Time { return now } }
}

func newGridFixture(t testing.TB, objects ...client.Object) *fixture {
	t.Helper()
	return newFixture(t, objects, at(gridTime.Add(time.Second)))
}

func gridURL(t testing.TB) string {
	t.Helper()
	u, err := testKeys(t, 1).EventGridURL("https://calls.example.com", namespace, "provider")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// incoming is the data of an IncomingCall; changes take the place of its fields, nil leaves one out.
func incoming(changes map[string]any) map[string]any {
	phone := func(number string) map[string]any {
		return map[string]any{"kind": "phoneNumber", "rawId": "4:" + number, "phoneNumber": map[string]any{"value": number}}
	}
	data := map[string]any{
		"to": phone(callee), "from": phone(caller), "serverCallId": "server-1", "callerDisplayName": "A. Caller",
		"incomingCallContext": callContext, "correlationId": "correlation-1",
		"customContext": map[string]any{"sipHeaders": map[string]any{}, "voipHeaders": map[string]any{}},
	}
	for key, value := range changes {
		if data[key] = value; value == nil {
			delete(data, key)
		}
	}
	return data
}

// gridEvent is an event in the Event Grid schema.
func gridEvent(id, eventType string, data map[string]any) map[string]any {
	return map[string]any{
		"id": id, "topic": "/subscriptions/x/providers/microsoft.communication/communicationservices/y",
		"subject": "/caller/4:" + caller + "/recipient/4:" + callee, "eventType": eventType, "data": data,
		"eventTime": gridTime.Format(time.RFC3339Nano), "dataVersion": "1.0", "metadataVersion": "1",
	}
}

func incomingEvent(id string, changes map[string]any) map[string]any {
	return gridEvent(id, "Microsoft.Communication.IncomingCall", incoming(changes))
}

// asCloudEvent is an event in the other schema.
func asCloudEvent(event map[string]any) map[string]any {
	return map[string]any{
		"specversion": "1.0", "id": event["id"], "type": event["eventType"], "time": event["eventTime"],
		"source": event["topic"], "subject": event["subject"], "data": event["data"],
	}
}

func validationEvent(code string) map[string]any {
	return gridEvent("v", "Microsoft.EventGrid.SubscriptionValidationEvent", map[string]any{
		"validationCode": code, "validationUrl": "https://rp.example.com:553/validate",
	})
}

func encoded(t testing.TB, value any) string {
	t.Helper()
	body, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// deliver posts events with a genuine URL and returns the answer.
func (f *fixture) deliver(events ...map[string]any) (code int, reason string) {
	f.t.Helper()
	return f.send(gridRequest(f.t, batch(f.t, events...)))
}

func gridRequest(t testing.TB, body string) *http.Request {
	t.Helper()
	return httptest.NewRequest(http.MethodPost, gridURL(t), strings.NewReader(body))
}

// made are the names of the Calls and of the Secrets in the API server.
func (f *fixture) made() (calls, secrets []string) {
	f.t.Helper()
	callList, secretList := &v1alpha1.CallList{}, &corev1.SecretList{}
	for _, list := range []client.ObjectList{callList, secretList} {
		if err := f.api.List(f.t.Context(), list, client.InNamespace(namespace)); err != nil {
			f.t.Fatal(err)
		}
	}
	for _, call := range callList.Items {
		calls = append(calls, call.Name)
	}
	for _, secret := range secretList.Items {
		secrets = append(secrets, secret.Name)
	}
	slices.Sort(calls)
	slices.Sort(secrets)
	return calls, secrets
}

// entraProvider needs a token of Entra ID.
func entraProvider() *v1alpha1.CallProvider {
	p := provider("")
	p.Spec.IncomingCalls = &v1alpha1.IncomingCalls{Entra: &v1alpha1.EventGridEntra{TenantID: acstest.TenantID, Audience: acstest.Audience}}
	return p
}
