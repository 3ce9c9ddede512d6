// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/simulator"
)

// app is the raw ID that the simulator gives an app.
var app = regexp.MustCompile(`8:acs:` + simulator.DefaultResourceID + `_[0-9a-f-]{36}`)

// guid is any GUID.
var guid = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// TestCreateCallOnTheWire compares with what is known of the service's own traffic, field by field.
func TestCreateCallOnTheWire(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{Phones: []simulator.Phone{answering(person)}})
	request := f.signed(http.MethodPost, "/calling/callConnections", `{
		"targets":[{"kind":"phoneNumber","rawId":"4:`+person+`","phoneNumber":{"value":"`+person+`","isAnonymous":false}}],
		"sourceCallerIdNumber":{"value":"`+owned+`"},"operationContext":"CallTwo","callbackUri":"`+f.webhook+`/callbacks",
		"callIntelligenceOptions":{"cognitiveServicesEndpoint":"https://cog.example.test/"},"aFieldOfTomorrow":1}`)
	request.Header.Set("x-ms-client-request-id", "0f0e0d0c-1111-4222-8333-444455556666")
	created := f.send(request)
	var ids struct{ CallConnectionID, CorrelationID string }
	f.ok(json.Unmarshal(created.body, &ids))
	names := map[string]string{ids.CallConnectionID: "CONNECTION", ids.CorrelationID: "CORRELATION", f.webhook: "WEBHOOK", app.FindString(string(created.body)): "APP"}
	if created.status != http.StatusCreated {
		t.Errorf("createCall answers 201, not %d", created.status)
	}
	want := parsed(f, `{"callConnectionId":"CONNECTION","callConnectionState":"connecting","correlationId":"CORRELATION",
		"callbackUri":"WEBHOOK/callbacks","sourceCallerIdNumber":{"value":"`+owned+`"},
		"source":{"kind":"communicationUser","rawId":"APP","communicationUser":{"id":"APP"}},
		"targets":[{"kind":"phoneNumber","rawId":"4:`+person+`","phoneNumber":{"value":"`+person+`"}}]}`)
	if diff := cmp.Diff(want, shape(f, created.body, names)); diff != "" {
		t.Errorf("the answer has no serverCallId yet:\n%s", diff)
	}
	for header, want := range map[string]string{
		"x-ms-client-request-id": "0f0e0d0c-1111-4222-8333-444455556666", "X-Microsoft-Skype-Chain-ID": ids.CorrelationID,
		"Content-Type": "application/json; charset=utf-8",
	} {
		if got := created.header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}

	f.roster(ids.CallConnectionID, 2)
	read := f.rest(http.MethodGet, "/calling/callConnections/"+ids.CallConnectionID, "")
	var server struct{ ServerCallID string }
	f.ok(json.Unmarshal(read.body, &server))
	names[server.ServerCallID] = "SERVER"
	connected, _ := want.(map[string]any)
	connected["callConnectionState"], connected["serverCallId"] = "connected", "SERVER"
	if diff := cmp.Diff(want, shape(f, read.body, names)); diff != "" || read.status != http.StatusOK || server.ServerCallID == "" {
		t.Errorf("getCall of a connected call answers %d with its serverCallId:\n%s", read.status, diff)
	}
	f.compareDeliveries(names)
}

// compareDeliveries compares the first two events of a call that was answered.
func (f *fixture) compareDeliveries(names map[string]string) {
	f.Helper()
	common := `"version":"2026-03-12","callConnectionId":"CONNECTION","serverCallId":"SERVER","correlationId":"CORRELATION",
		"resultInformation":{"code":200,"subCode":0,"message":""}`
	envelope := `"source":"calling/callConnections/CONNECTION","subject":"calling/callConnections/CONNECTION","specversion":"1.0",
		"datacontenttype":"application/json","id":"ID","time":"TIME"`
	wants := []string{
		`[{` + envelope + `,"type":"Microsoft.Communication.CallConnected",
			"data":{` + common + `,"operationContext":"CallTwo","publicEventType":"Microsoft.Communication.CallConnected"}}]`,
		`[{` + envelope + `,"type":"Microsoft.Communication.ParticipantsUpdated",
			"data":{` + common + `,"publicEventType":"Microsoft.Communication.ParticipantsUpdated","sequenceNumber":1,"participants":[
				{"identifier":{"kind":"communicationUser","rawId":"APP","communicationUser":{"id":"APP"}},"isMuted":false,"isOnHold":false},
				{"identifier":{"kind":"phoneNumber","rawId":"4:` + person + `","phoneNumber":{"value":"` + person + `"}},"isMuted":false,"isOnHold":false}]}}]`,
	}
	id, at := regexp.MustCompile(`"id":"[0-9a-f-]{36}","source"`), regexp.MustCompile(`"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00"`)
	deliveries, _ := f.sink.all()
	for i, want := range wants {
		body := id.ReplaceAll(deliveries[i].body, []byte(`"id":"ID","source"`))
		body = at.ReplaceAll(body, []byte(`"time":"TIME"`))
		if diff := cmp.Diff(parsed(f, want), shape(f, body, names)); diff != "" {
			f.Errorf("delivery %d is an array of one CloudEvent:\n%s", i+1, diff)
		}
		if got := deliveries[i].header.Get("Content-Type"); got != "application/json" {
			f.Errorf("delivery %d has Content-Type %q", i+1, got)
		}
	}
}

func TestFailedCallOnTheWire(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{Phones: []simulator.Phone{{Number: person, Decline: after(0)}}})
	call := f.create("intent", number(person))
	failed := f.event("CreateCallFailed", call.CallConnectionID)
	if got := failed.Data.Common().OperationContext; got != "" {
		t.Errorf("CreateCallFailed came with operationContext %q: the service sends none", got)
	}
	if got := f.event("CallDisconnected", call.CallConnectionID).Data.Common().OperationContext; got != "intent" {
		t.Errorf("CallDisconnected has operationContext %q, want the call's own", got)
	}
	_, err := f.client.GetCall(f.Context(), call.CallConnectionID)
	if got := refusal(err); got != "404 8522" {
		t.Errorf("a call that is over is not found: got %q", got)
	}
}

func TestRosterNumbersGrowAndHaveGaps(t *testing.T) {
	t.Parallel()
	f := serve(t, simulator.Options{DefaultPhone: &simulator.Phone{Answer: after(0)}})
	call := f.connected("group", number(person), number(other), number(outbound))
	deliveries, _ := f.sink.all()
	var numbers []int
	for _, e := range eventsOf(deliveries, call.CallConnectionID) {
		if kind(e) == "ParticipantsUpdated" {
			var data struct {
				Data struct{ SequenceNumber int }
			}
			for _, d := range deliveries {
				var events []json.RawMessage
				f.ok(json.Unmarshal(d.body, &events))
				if regexp.MustCompile(e.ID).Match(d.body) {
					f.ok(json.Unmarshal(events[0], &data))
				}
			}
			numbers = append(numbers, data.Data.SequenceNumber)
		}
	}
	if diff := cmp.Diff([]int{1, 3, 5}, numbers); diff != "" {
		t.Errorf("the numbers of rosters begin at 1, grow, and have gaps:\n%s", diff)
	}
}
