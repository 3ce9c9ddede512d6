// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// maxPages bounds how many pages of participants are read: a call has 350 participants at most.
// Source: https://learn.microsoft.com/azure/communication-services/concepts/service-limits.
const maxPages = 100

type participantsPage struct {
	Value    []CallParticipant `json:"value"`
	NextLink string            `json:"nextLink,omitempty"`
}

// ListParticipants reads all participants of a call, page by page.
func (c *Client) ListParticipants(ctx context.Context, callConnectionID string) ([]CallParticipant, error) {
	op := operation{
		name: "getParticipants", method: http.MethodGet, path: connections(callConnectionID, "participants"),
		answers: []int{http.StatusOK},
	}
	participants := []CallParticipant{}
	for range maxPages {
		page, err := call[participantsPage](ctx, c, op)
		if err != nil {
			return nil, err
		}
		if page.Value == nil {
			// An answer from another server: it must not count as an empty roster.
			return nil, &Error{Operation: op.name, StatusCode: http.StatusOK, Message: "the answer has no list of participants", Form: FormOther, Outcome: OutcomeMade}
		}
		participants = append(participants, page.Value...)
		if page.NextLink == "" {
			return participants, nil
		}
		if op.link, err = c.nextLink(page.NextLink); err != nil {
			return nil, &Error{Operation: op.name, StatusCode: http.StatusOK, Message: err.Error(), Outcome: OutcomeMade}
		}
	}
	return nil, &Error{Operation: op.name, StatusCode: http.StatusOK, Message: "the list of participants does not end", Outcome: OutcomeMade}
}

// nextLink reads the link to a next page, which is followed as it is. It must stay at this endpoint: signed requests go
// nowhere else.
func (c *Client) nextLink(link string) (*url.URL, error) {
	next, err := c.endpoint.Parse(link)
	if err != nil || next.Scheme != c.endpoint.Scheme || authority(next) != c.endpoint.Host || next.Opaque != "" || next.User != nil {
		return nil, errors.New("the next page of participants is at another host")
	}
	next.Host, next.Fragment, next.RawFragment = c.endpoint.Host, "", ""
	if !next.Query().Has(queryAPIVersion) {
		next.RawQuery = strings.TrimPrefix(next.RawQuery+"&"+c.versionQuery(), "&")
	}
	return next, nil
}

// GetParticipant reads one participant of a call by raw ID.
func (c *Client) GetParticipant(ctx context.Context, callConnectionID, rawID string) (*CallParticipant, error) {
	return call[CallParticipant](ctx, c, operation{
		name: "getParticipant", method: http.MethodGet, path: connections(callConnectionID, "participants", rawID),
		answers: []int{http.StatusOK},
	})
}

// participants is an operation on a call's participants that is accepted now and carried out later.
func participants(name, callConnectionID, action string, body any, repeat Repeatability, answer int) operation {
	return operation{
		name: name, method: http.MethodPost, path: connections(callConnectionID, "participants"), action: action,
		body: body, repeat: repeat, answers: []int{answer},
	}
}

// AddParticipantRequest asks to call somebody into a call.
type AddParticipantRequest struct {
	ParticipantToAdd Identifier `json:"participantToAdd"`
	// SourceCallerIDNumber is the caller ID; a phone number needs it.
	SourceCallerIDNumber *PhoneNumber `json:"sourceCallerIdNumber,omitempty"`
	SourceDisplayName    string       `json:"sourceDisplayName,omitempty"`
	// InvitationTimeoutInSeconds is from 0 to 180; nil is the service's default.
	InvitationTimeoutInSeconds *int32                `json:"invitationTimeoutInSeconds,omitempty"`
	OperationContext           string                `json:"operationContext,omitempty"`
	OperationCallbackURI       string                `json:"operationCallbackUri,omitempty"`
	CustomCallingContext       *CustomCallingContext `json:"customCallingContext,omitempty"`
}

// CustomCallingContext is sent to the callee. SIP headers are User-To-User and ones that begin with X-MS-Custom-.
// Source: https://learn.microsoft.com/azure/communication-services/how-tos/call-automation/custom-context.
type CustomCallingContext struct {
	VoIPHeaders Headers `json:"voipHeaders,omitempty"`
	SIPHeaders  Headers `json:"sipHeaders,omitempty"`
	// TeamsPhoneCallDetails needs api-version 2026-03-12.
	TeamsPhoneCallDetails *TeamsPhoneCallDetails `json:"teamsPhoneCallDetails,omitempty"`
}

// Headers are headers by name. A value of any type is read as text, so that an unexpected value does not lose the call.
type Headers map[string]string

// UnmarshalJSON reads an object of any values.
func (h *Headers) UnmarshalJSON(data []byte) error {
	var read map[string]json.RawMessage
	if json.Unmarshal(data, &read) != nil || read == nil {
		*h = nil
		return nil
	}
	*h = make(Headers, len(read))
	for name, value := range read {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		(*h)[name] = text
	}
	return nil
}

// AddParticipantResponse says that the invitation is on its way.
type AddParticipantResponse struct {
	Participant      *CallParticipant `json:"participant,omitempty"`
	OperationContext string           `json:"operationContext,omitempty"`
	InvitationID     string           `json:"invitationId,omitempty"`
}

// AddParticipant calls somebody into a call; AddParticipantSucceeded or AddParticipantFailed follows.
func (c *Client) AddParticipant(ctx context.Context, callConnectionID string, request AddParticipantRequest, repeat Repeatability) (*AddParticipantResponse, error) {
	return call[AddParticipantResponse](ctx, c, participants("addParticipant", callConnectionID, "add", request, repeat, http.StatusAccepted))
}

// CancelAddParticipantRequest asks to withdraw an invitation.
type CancelAddParticipantRequest struct {
	InvitationID         string `json:"invitationId"`
	OperationContext     string `json:"operationContext,omitempty"`
	OperationCallbackURI string `json:"operationCallbackUri,omitempty"`
}

// CancelAddParticipantResponse says that the withdrawal is on its way.
type CancelAddParticipantResponse struct {
	InvitationID     string `json:"invitationId,omitempty"`
	OperationContext string `json:"operationContext,omitempty"`
}

// CancelAddParticipant withdraws an invitation; CancelAddParticipantSucceeded or CancelAddParticipantFailed follows.
func (c *Client) CancelAddParticipant(ctx context.Context, callConnectionID string, request CancelAddParticipantRequest, repeat Repeatability) (*CancelAddParticipantResponse, error) {
	return call[CancelAddParticipantResponse](ctx, c,
		participants("cancelAddParticipant", callConnectionID, "cancelAddParticipant", request, repeat, http.StatusAccepted))
}

// OperationResponse echoes the operation context of a request.
type OperationResponse struct {
	OperationContext string `json:"operationContext,omitempty"`
}

// RemoveParticipantRequest asks to remove a participant from a call.
type RemoveParticipantRequest struct {
	ParticipantToRemove  Identifier `json:"participantToRemove"`
	OperationContext     string     `json:"operationContext,omitempty"`
	OperationCallbackURI string     `json:"operationCallbackUri,omitempty"`
}

// RemoveParticipant removes a participant from a call; RemoveParticipantSucceeded or RemoveParticipantFailed follows.
func (c *Client) RemoveParticipant(ctx context.Context, callConnectionID string, request RemoveParticipantRequest, repeat Repeatability) (*OperationResponse, error) {
	return call[OperationResponse](ctx, c, participants("removeParticipant", callConnectionID, "remove", request, repeat, http.StatusAccepted))
}

// MoveParticipantsRequest asks to move participants from another call.
type MoveParticipantsRequest struct {
	// TargetParticipants are named as the source call knows them: by the number that was dialled, even after a redirect.
	TargetParticipants []Identifier `json:"targetParticipants"`
	// FromCall is the connection ID of the source call.
	FromCall             string `json:"fromCall"`
	OperationContext     string `json:"operationContext,omitempty"`
	OperationCallbackURI string `json:"operationCallbackUri,omitempty"`
}

// MoveParticipantsResponse says that the move is on its way. Its participants are no proof of success.
type MoveParticipantsResponse struct {
	Participants     []CallParticipant `json:"participants,omitempty"`
	OperationContext string            `json:"operationContext,omitempty"`
	FromCall         string            `json:"fromCall,omitempty"`
}

// MoveParticipants moves participants into the call targetConnectionID; MoveParticipantSucceeded or
// MoveParticipantFailed follows. It needs api-version 2026-03-12.
func (c *Client) MoveParticipants(ctx context.Context, targetConnectionID string, request MoveParticipantsRequest, repeat Repeatability) (*MoveParticipantsResponse, error) {
	return call[MoveParticipantsResponse](ctx, c, participants("moveParticipants", targetConnectionID, "moveHere", request, repeat, http.StatusAccepted))
}

// MuteParticipantsRequest asks to mute ACS users.
type MuteParticipantsRequest struct {
	TargetParticipants []Identifier `json:"targetParticipants"`
	OperationContext   string       `json:"operationContext,omitempty"`
}

// MuteParticipants mutes ACS users. The service has no operation to unmute them.
func (c *Client) MuteParticipants(ctx context.Context, callConnectionID string, request MuteParticipantsRequest, repeat Repeatability) (*OperationResponse, error) {
	return call[OperationResponse](ctx, c, participants("mute", callConnectionID, "mute", request, repeat, http.StatusOK))
}

// TransferToParticipantRequest asks to transfer a call.
type TransferToParticipantRequest struct {
	TargetParticipant Identifier `json:"targetParticipant"`
	// Transferee is the participant to transfer; a group call requires it.
	Transferee           *Identifier           `json:"transferee,omitempty"`
	SourceCallerIDNumber *PhoneNumber          `json:"sourceCallerIdNumber,omitempty"`
	CustomCallingContext *CustomCallingContext `json:"customCallingContext,omitempty"`
	OperationContext     string                `json:"operationContext,omitempty"`
	OperationCallbackURI string                `json:"operationCallbackUri,omitempty"`
}

// TransferToParticipant transfers a call; CallTransferAccepted or CallTransferFailed follows.
func (c *Client) TransferToParticipant(ctx context.Context, callConnectionID string, request TransferToParticipantRequest, repeat Repeatability) (*OperationResponse, error) {
	return call[OperationResponse](ctx, c, operation{
		name: "transferToParticipant", method: http.MethodPost, path: connections(callConnectionID), action: "transferToParticipant",
		body: request, repeat: repeat, answers: []int{http.StatusAccepted},
	})
}
