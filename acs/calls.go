// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"
	"net/http"
)

// Paths of the API.
// Source: https://github.com/Azure/azure-rest-api-specs, communication/data-plane/CallAutomation.
const (
	pathCalling     = "calling"
	pathConnections = "callConnections"
	pathRecordings  = "recordings"
)

func connections(more ...string) []string {
	return append([]string{pathCalling, pathConnections}, more...)
}

// CreateCall places a call. Events report the result: CallConnected, or CreateCallFailed and CallDisconnected.
func (c *Client) CreateCall(ctx context.Context, request CreateCallRequest, repeat Repeatability) (*CallConnectionProperties, error) {
	return call[CallConnectionProperties](ctx, c, operation{
		name: "createCall", method: http.MethodPost, path: connections(), body: request, repeat: repeat,
		answers: []int{http.StatusCreated},
	})
}

// AnswerCall answers an incoming call; CallConnected or AnswerFailed follows.
func (c *Client) AnswerCall(ctx context.Context, request AnswerCallRequest, repeat Repeatability) (*CallConnectionProperties, error) {
	return call[CallConnectionProperties](ctx, c, operation{
		name: "answerCall", method: http.MethodPost, path: connections(), action: "answer", body: request, repeat: repeat,
		answers: []int{http.StatusOK},
	})
}

// RedirectCall redirects an incoming call. No event follows.
func (c *Client) RedirectCall(ctx context.Context, request RedirectCallRequest, repeat Repeatability) error {
	return c.do(ctx, operation{
		name: "redirectCall", method: http.MethodPost, path: connections(), action: "redirect", body: request, repeat: repeat,
		answers: []int{http.StatusNoContent},
	})
}

// RejectCall rejects an incoming call. No event follows on this side.
func (c *Client) RejectCall(ctx context.Context, request RejectCallRequest, repeat Repeatability) error {
	return c.do(ctx, operation{
		name: "rejectCall", method: http.MethodPost, path: connections(), action: "reject", body: request, repeat: repeat,
		answers: []int{http.StatusNoContent},
	})
}

// Connect takes control of an active call; CallConnected or ConnectFailed follows.
func (c *Client) Connect(ctx context.Context, request ConnectRequest, repeat Repeatability) (*CallConnectionProperties, error) {
	return call[CallConnectionProperties](ctx, c, operation{
		name: "connect", method: http.MethodPost, path: connections(), action: "connect", body: request, repeat: repeat,
		answers: []int{http.StatusOK},
	})
}

// GetCall reads a call. One that is over is answered with 404 and sub-code 8522.
func (c *Client) GetCall(ctx context.Context, callConnectionID string) (*CallConnectionProperties, error) {
	return call[CallConnectionProperties](ctx, c, operation{
		name: "getCall", method: http.MethodGet, path: connections(callConnectionID), answers: []int{http.StatusOK},
	})
}

// HangUp leaves a call. This ends a call between two parties for the other side too; a group call continues.
func (c *Client) HangUp(ctx context.Context, callConnectionID string) error {
	return c.do(ctx, operation{
		name: "hangupCall", method: http.MethodDelete, path: connections(callConnectionID), answers: []int{http.StatusNoContent},
	})
}

// Terminate ends a call for everybody; CallDisconnected follows. It is idempotent, so it is retried even without a
// Repeatability.
func (c *Client) Terminate(ctx context.Context, callConnectionID string, repeat Repeatability) error {
	return c.do(ctx, operation{
		name: "terminateCall", method: http.MethodPost, path: connections(callConnectionID), action: "terminate",
		repeat: repeat, answers: []int{http.StatusNoContent}, idempotent: true,
	})
}
