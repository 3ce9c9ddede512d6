// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/google/uuid"

	"github.com/call-operator/call-operator/acs"
)

// contoso simulates a Communication Services resource, so that the examples run anywhere.
func contoso(status int, body string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
}

// exampleClient returns a client of the stand-in. A real resource is used in the same way, without AllowHTTP.
func exampleClient(server *httptest.Server) *acs.Client {
	endpoint, key, err := acs.ParseConnectionString("endpoint=" + server.URL + ";accesskey=MDEyMzQ1Njc4OWFiY2RlZg==")
	if err != nil {
		panic(err)
	}
	client, err := acs.NewClient(endpoint, key, &acs.ClientOptions{AllowHTTP: true})
	if err != nil {
		panic(err)
	}
	return client
}

// A call is placed and ended. The client comes from the resource's connection string, which the Azure portal shows.
func Example() {
	server := contoso(http.StatusCreated, `{"callConnectionId":"421f0b00","callConnectionState":"connecting"}`)
	defer server.Close()

	endpoint, key, err := acs.ParseConnectionString("endpoint=" + server.URL + ";accesskey=MDEyMzQ1Njc4OWFiY2RlZg==")
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := acs.NewClient(endpoint, key, &acs.ClientOptions{AllowHTTP: true}) // a stand-in speaks http
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	call, err := client.CreateCall(ctx, acs.CreateCallRequest{
		Targets:              []acs.Identifier{acs.PhoneNumberIdentifier("+14255550123")},
		SourceCallerIDNumber: &acs.PhoneNumber{Value: "+14255550100"},
		CallbackURI:          "https://app.example.com/callbacks",
		OperationContext:     "reminder-17",
	}, acs.Repeatability{ID: uuid.NewString(), FirstSent: time.Now()})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(call.CallConnectionID, call.CallConnectionState)

	if err := client.HangUp(ctx, call.CallConnectionID); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("hung up")
	// Output:
	// 421f0b00 connecting
	// hung up
}

// With Entra ID there is no key to keep.
func ExampleNewClientWithTokenCredential() {
	credential, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := acs.NewClientWithTokenCredential(os.Getenv("ACS_ENDPOINT"), credential, &acs.ClientOptions{
		ClientOptions: azcore.ClientOptions{Retry: policy.RetryOptions{MaxRetries: 5, MaxRetryDelay: 30 * time.Second}},
		APIVersion:    "2025-06-15",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	participants, err := client.ListParticipants(context.Background(), os.Getenv("CALL_CONNECTION_ID"))
	fmt.Println(len(participants), err)
}

// A handler of callbacks decodes each event into its own type.
func ExampleParseEvents() {
	body := []byte(`[{"id":"1","source":"calling/callConnections/421f0b00","type":"Microsoft.Communication.CallConnected",
		"data":{"callConnectionId":"421f0b00","operationContext":"reminder-17"},"specversion":"1.0"},
		{"id":"2","source":"calling/callConnections/421f0b00","type":"Microsoft.Communication.ParticipantsUpdated",
		"data":{"callConnectionId":"421f0b00","sequenceNumber":3,"participants":[{"identifier":{"rawId":"4:+14255550123"}}]},"specversion":"1.0"},
		{"id":"3","source":"calling/callConnections/421f0b00","type":"Microsoft.Communication.CallDisconnected",
		"data":{"callConnectionId":"421f0b00","resultInformation":{"code":486,"subCode":560486,"message":"Busy Here."}},"specversion":"1.0"},
		{"id":"4","source":"calling/callConnections/421f0b00","type":"Microsoft.Communication.SomethingNew","data":{},"specversion":"1.0"}]`)

	events, err := acs.ParseEvents(body)
	if err != nil {
		fmt.Println(err) // answer with 400
		return
	}
	for _, event := range events {
		switch data := event.Data.(type) {
		case *acs.CallConnected:
			fmt.Println("connected:", data.CallConnectionID, data.OperationContext)
		case *acs.ParticipantsUpdated:
			fmt.Println("roster", data.SequenceNumber, "begins with", data.Participants[0].Identifier.ID())
		case *acs.CallDisconnected:
			result := data.ResultInformation
			fmt.Println("over:", acs.Describe(result.Code, result.SubCode))
		case *acs.UnknownEvent:
			fmt.Println("left alone:", event.Type)
		}
	}
	// Output:
	// connected: 421f0b00 reminder-17
	// roster 3 begins with 4:+14255550123
	// over: The callee is busy.
	// left alone: Microsoft.Communication.SomethingNew
}

// A webhook of Event Grid answers the handshake, and hears of incoming calls.
func ExampleParseEventGrid() {
	body := []byte(`[{"id":"1","topic":"t","subject":"s","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent",
		"eventTime":"2026-11-22T10:11:12Z","dataVersion":"1.0","data":{"validationCode":"512d38b6"}},
		{"id":"2","topic":"t","subject":"s","eventType":"Microsoft.Communication.IncomingCall","eventTime":"2026-11-22T10:11:12Z","dataVersion":"1.0",
		"data":{"to":{"rawId":"4:+14255550100"},"from":{"rawId":"4:+14255550123"},"incomingCallContext":"a-capability"}}]`)

	events, err := acs.ParseEventGrid(body)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, event := range events {
		switch {
		case event.Validation != nil:
			fmt.Printf("answer 200 with {\"validationResponse\":%q}\n", event.Validation.ValidationCode)
		case event.IncomingCall != nil:
			call := event.IncomingCall
			fmt.Println(call.From.ID(), "calls", call.To.ID(), "with context", call.IncomingCallContext)
		}
	}
	// Output:
	// answer 200 with {"validationResponse":"512d38b6"}
	// 4:+14255550123 calls 4:+14255550100 with context REDACTED
}

// A raw ID tells what kind of party it names.
func ExampleParseRawID() {
	for _, rawID := range []string{"4:+14255550123", "4:anonymous", "8:acs:resource_user", "8:orgid:person", "28:orgid:app", "something-else"} {
		id := acs.ParseRawID(rawID)
		fmt.Println(id.Kind, id.ID())
	}
	fmt.Println(acs.PhoneNumberIdentifier("+14255550123").SameAs(acs.ParseRawID("4:+14255550123")))
	// Output:
	// phoneNumber 4:+14255550123
	// phoneNumber 4:anonymous
	// communicationUser 8:acs:resource_user
	// microsoftTeamsUser 8:orgid:person
	// microsoftTeamsApp 28:orgid:app
	// unknown something-else
	// true
}

// An error says what is known of the request's effect, which is what a caller acts upon.
func ExampleError() {
	server := contoso(http.StatusNotFound, `{"error":{"code":"8522","message":"Call not found."}}`)
	defer server.Close()

	_, err := exampleClient(server).GetCall(context.Background(), "421f0b00")
	var refused *acs.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.Operation, refused.StatusCode, refused.SubCode, refused.Outcome)
		fmt.Println(acs.Describe(refused.StatusCode, refused.SubCode))
	}
	// Output:
	// getCall 404 8522 notMade
	// The call or participant does not exist, or no longer exists.
}

// What to do after a request depends on its outcome.
func ExampleOutcomeOf() {
	server := contoso(http.StatusForbidden, `{"error":{"code":"Forbidden","message":"The number is not yours."}}`)
	defer server.Close()

	repeat := acs.Repeatability{ID: "5d1e2a34-6c1f-4b3a-9f0e-2f6d3c9b8a71", FirstSent: time.Now()}
	_, err := exampleClient(server).CreateCall(context.Background(), acs.CreateCallRequest{
		Targets: []acs.Identifier{acs.PhoneNumberIdentifier("+14255550123")}, CallbackURI: "https://app.example.com/callbacks",
	}, repeat)
	switch acs.OutcomeOf(err) {
	case acs.OutcomeMade:
		fmt.Println("ringing")
	case acs.OutcomeNotMade:
		fmt.Println("no phone rang:", err)
	case acs.OutcomeUnknown:
		fmt.Println("send the same request again, with the same Repeatability")
	}
	// Output:
	// no phone rang: createCall: 403 Forbidden: The number is not yours.
}
