// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"net/http"
	"strings"
)

// APIRequestName is the method and the resource of a request to the API server, such as PUT calls/status.
func APIRequestName(request *http.Request) string {
	name, _ := apiRequest(request)
	return name
}

// apiRequest names a request to the API server. The path is
// /api(s)[/GROUP]/VERSION[/namespaces/NAMESPACE]/RESOURCE[/NAME[/SUBRESOURCE]].
func apiRequest(request *http.Request) (string, kind) {
	parts := strings.Split(strings.Trim(request.URL.Path, "/"), "/")
	skip := 2
	if parts[0] == "apis" {
		skip = 3
	}
	if len(parts) > skip+2 && parts[skip] == "namespaces" {
		skip += 2
	}
	if len(parts) <= skip {
		return request.Method + " " + request.URL.Path, read
	}
	resource := parts[skip]
	if len(parts) > skip+2 {
		resource += "/" + parts[skip+2]
	}
	name := request.Method + " " + resource
	switch {
	case request.Method == http.MethodGet || request.Method == http.MethodHead:
		return name, read
	case resource == "events":
		return name, event
	case resource == "leases", resource == "selfsubjectaccessreviews":
		return name, read
	}
	return name, counted
}

// acsRequest names a request to ACS by its operation.
func acsRequest(request *http.Request) (string, kind) {
	path := strings.TrimPrefix(request.URL.Path, "/calling/")
	_, action, hasAction := strings.Cut(path, ":")
	segments := strings.Count(path, "/") + 1
	switch {
	case hasAction:
		return action, counted
	case request.Method == http.MethodPost && segments == 1:
		return "createCall", counted
	case request.Method == http.MethodGet && segments == 2:
		return "getCall", counted
	case request.Method == http.MethodDelete && segments == 2:
		return "hangUp", counted
	case request.Method == http.MethodGet && strings.HasSuffix(path, "/participants"):
		return "getParticipants", counted
	}
	return strings.ToLower(request.Method) + "-" + strings.ReplaceAll(path, "/", "-"), counted
}

// ariRequest names a request to Asterisk by its method, its resource and what is done with that, such as post-channels-dial.
func ariRequest(request *http.Request) (string, kind) {
	parts := strings.Split(strings.TrimPrefix(request.URL.Path, "/ari/"), "/")
	name := strings.ToLower(request.Method) + "-" + parts[0]
	switch {
	case len(parts) > 2:
		name += "-" + parts[2]
	case len(parts) == 2 && parts[1] == "create":
		name += "-create"
	}
	if request.Method == http.MethodGet {
		return name, read
	}
	return name, counted
}
