// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/call-operator/call-operator/acs"
)

// versions are the api-versions that are served, the oldest first.
var versions = []string{"2025-06-15", "2026-03-12"}

// operation is an operation of the REST API.
type operation struct {
	// name is the operation's name in the API's definition.
	name string
	// repeatable operations honour the Repeatability headers.
	repeatable bool
	// since is the first api-version that has it; empty is all of them.
	since string
	// prepare decodes a request and returns what it does to the world.
	prepare func(ids []string, body []byte) (func(*world) (answer, *apiError), *apiError)
}

// operations are all operations, by method and path. In a path, * is an ID.
// Source: https://github.com/Azure/azure-rest-api-specs, communication/data-plane/CallAutomation/stable/2026-03-12.
var operations = map[string]operation{
	"POST callConnections":             {name: "createCall", repeatable: true, prepare: withBody((*world).createCall)},
	"POST callConnections:answer":      {name: "answerCall", repeatable: true, prepare: withBody((*world).answerCall)},
	"POST callConnections:redirect":    {name: "redirectCall", repeatable: true, prepare: withBody((*world).redirectCall)},
	"POST callConnections:reject":      {name: "rejectCall", repeatable: true, prepare: withBody((*world).rejectCall)},
	"POST callConnections:connect":     {name: "connect", repeatable: true, prepare: withBody((*world).connectCall)},
	"GET callConnections/*":            {name: "getCall", prepare: withID((*world).getCall)},
	"DELETE callConnections/*":         {name: "hangupCall", prepare: withID((*world).hangUp)},
	"POST callConnections/*:terminate": {name: "terminateCall", repeatable: true, prepare: withID((*world).terminate)},

	"GET callConnections/*/participants":                       {name: "getParticipants", prepare: withID((*world).listParticipants)},
	"GET callConnections/*/participants/*":                     {name: "getParticipant", prepare: withIDs((*world).getParticipant)},
	"POST callConnections/*/participants:add":                  {name: "addParticipant", repeatable: true, prepare: withIDAndBody((*world).addParticipant)},
	"POST callConnections/*/participants:cancelAddParticipant": {name: "cancelAddParticipant", repeatable: true, prepare: withIDAndBody((*world).cancelAddParticipant)},
	"POST callConnections/*/participants:remove":               {name: "removeParticipant", repeatable: true, prepare: withIDAndBody((*world).removeParticipant)},
	"POST callConnections/*/participants:moveHere":             {name: "moveParticipants", repeatable: true, since: "2026-03-12", prepare: withIDAndBody((*world).moveParticipants)},
	"POST callConnections/*/participants:mute":                 {name: "mute", repeatable: true, prepare: withIDAndBody((*world).mute)},
	"POST callConnections/*:transferToParticipant":             {name: "transferToParticipant", repeatable: true, prepare: withIDAndBody((*world).transfer)},

	"POST callConnections/*:play":                           {name: "play", prepare: withIDAndBody((*world).play)},
	"POST callConnections/*:cancelAllMediaOperations":       {name: "cancelAllMediaOperations", prepare: withID((*world).cancelMedia)},
	"POST callConnections/*:recognize":                      {name: "recognize", prepare: withIDAndBody((*world).recognize)},
	"POST callConnections/*:sendDtmfTones":                  {name: "sendDtmfTones", repeatable: true, prepare: withIDAndBody((*world).sendTones)},
	"POST callConnections/*:startContinuousDtmfRecognition": {name: "startContinuousDtmfRecognition", prepare: withIDAndBody((*world).startTones)},
	"POST callConnections/*:stopContinuousDtmfRecognition":  {name: "stopContinuousDtmfRecognition", prepare: withIDAndBody((*world).stopTones)},
	"POST callConnections/*:hold":                           {name: "hold", prepare: withIDAndBody((*world).hold)},
	"POST callConnections/*:unhold":                         {name: "unhold", prepare: withIDAndBody((*world).unhold)},
	"POST callConnections/*:startMediaStreaming":            {name: "startMediaStreaming", prepare: withIDAndBody((*world).startStreaming)},
	"POST callConnections/*:stopMediaStreaming":             {name: "stopMediaStreaming", prepare: withIDAndBody((*world).stopStreaming)},
	"POST callConnections/*:startTranscription":             {name: "startTranscription", prepare: withIDAndBody((*world).startTranscription)},
	"POST callConnections/*:stopTranscription":              {name: "stopTranscription", prepare: withIDAndBody((*world).stopTranscription)},
	"POST callConnections/*:updateTranscription":            {name: "updateTranscription", prepare: withIDAndBody((*world).updateTranscription)},

	"POST recordings":          {name: "startRecording", repeatable: true, prepare: withBody((*world).startRecording)},
	"GET recordings/*":         {name: "getRecording", prepare: withID((*world).getRecording)},
	"DELETE recordings/*":      {name: "stopRecording", prepare: withID((*world).stopRecording)},
	"POST recordings/*:pause":  {name: "pauseRecording", prepare: withID((*world).pauseRecording)},
	"POST recordings/*:resume": {name: "resumeRecording", prepare: withID((*world).resumeRecording)},
}

// isOperation tells whether an operation has a name.
func isOperation(name string) bool {
	for _, operation := range operations {
		if operation.name == name {
			return true
		}
	}
	return false
}

// isRepeatable tells whether an operation of that name takes Repeatability headers.
func isRepeatable(name string) bool {
	for _, operation := range operations {
		if operation.name == name && operation.repeatable {
			return true
		}
	}
	return false
}

// route finds the operation that a request is about, and the IDs in its path.
func route(r *http.Request) (operation, []string, *apiError) {
	pattern, ids, ok := patternOf(r.URL.EscapedPath())
	found, known := operations[r.Method+" "+pattern]
	if !ok || !known {
		return operation{}, nil, &apiError{http.StatusNotFound, codeNoResource, "No HTTP resource was found that matches the request URI."}
	}
	version := r.URL.Query().Get("api-version")
	if !slices.Contains(versions, version) || version < found.since {
		return operation{}, nil, &apiError{http.StatusBadRequest, "UnsupportedApiVersion", "The api-version is missing, or does not have this operation."}
	}
	return found, ids, nil
}

// patternOf replaces the IDs in an escaped path, which are its second and fourth segment. An action follows the last
// segment after a colon; none follows a participant, whose colons need no escape.
func patternOf(path string) (pattern string, ids []string, ok bool) {
	segments := strings.Split(strings.TrimPrefix(path, "/calling/"), "/")
	last := len(segments) - 1
	var action string
	var acts bool
	if last < 3 {
		segments[last], action, acts = strings.Cut(segments[last], ":")
	}
	for i := 1; i < len(segments); i += 2 {
		id, err := url.PathUnescape(segments[i])
		if err != nil || id == "" {
			return "", nil, false
		}
		ids = append(ids, id)
		segments[i] = "*"
	}
	pattern = strings.Join(segments, "/")
	if acts {
		pattern += ":" + action
	}
	return pattern, ids, true
}

// decode reads a body as the service does: fields that it does not know are no error.
func decode[T any](body []byte) (T, *apiError) {
	var request T
	if err := json.Unmarshal(body, &request); err != nil {
		return request, invalid("The body is not the JSON that this operation takes.")
	}
	return request, nil
}

type change = func(*world) (answer, *apiError)

// withBody is an operation that has a body only.
func withBody[T any](f func(*world, T) (answer, *apiError)) func([]string, []byte) (change, *apiError) {
	return func(_ []string, body []byte) (change, *apiError) {
		request, failure := decode[T](body)
		return func(w *world) (answer, *apiError) { return f(w, request) }, failure
	}
}

// withID is an operation that has an ID only.
func withID(f func(*world, string) (answer, *apiError)) func([]string, []byte) (change, *apiError) {
	return func(ids []string, _ []byte) (change, *apiError) {
		return func(w *world) (answer, *apiError) { return f(w, ids[0]) }, nil
	}
}

// withIDs is an operation that has two IDs.
func withIDs(f func(*world, string, string) (answer, *apiError)) func([]string, []byte) (change, *apiError) {
	return func(ids []string, _ []byte) (change, *apiError) {
		return func(w *world) (answer, *apiError) { return f(w, ids[0], acs.ParseRawID(ids[1]).ID()) }, nil
	}
}

// redirected is where the events of one request go.
type redirected struct {
	OperationCallbackURI string `json:"operationCallbackUri"`
}

// withIDAndBody is an operation that has both. Its events may go to a URI of their own.
func withIDAndBody[T any](f func(*world, string, T) (answer, *apiError)) func([]string, []byte) (change, *apiError) {
	return func(ids []string, body []byte) (change, *apiError) {
		request, failure := decode[T](body)
		if failure != nil {
			return nil, failure
		}
		events, failure := decode[redirected](body)
		return func(w *world) (answer, *apiError) {
			if events.OperationCallbackURI != "" && !w.options.callbackAllowed(events.OperationCallbackURI) {
				return answer{}, invalid("The field OperationCallbackUri is invalid.")
			}
			return f(w, ids[0], request)
		}, failure
	}
}
