// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/call-operator/call-operator/simulator"
)

// simulatorProxy is the way through the API server to the admin API of the simulator in its pod.
const simulatorProxy = "/api/v1/namespaces/" + systemNamespace + "/services/acs-simulator:http/proxy/_simulator"

// admin asks the simulator's admin API. in is sent, when there is one, and out is read, when there is one.
func (e *environment) admin(t *testing.T, method, path string, in, out any) {
	t.Helper()
	request := e.rest.Verb(method).AbsPath(simulatorProxy + path)
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		request = request.SetHeader("Content-Type", "application/json").Body(body)
	}
	// Cleanups run when the test's context is already done.
	answer, err := request.DoRaw(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatalf("%s %s of the simulator: %v: %s", method, path, err, answer)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(answer, out); err != nil {
		t.Fatalf("%s %s of the simulator: %v", method, path, err)
	}
}

// phones gives phones their scripts.
func (e *environment) phones(t *testing.T, phones ...simulator.Phone) {
	t.Helper()
	for _, phone := range phones {
		e.admin(t, http.MethodPut, "/phones", phone, nil)
	}
}

// ringsOf is how often a phone rang, by its raw ID.
func (e *environment) ringsOf(t *testing.T, rawID string) int {
	t.Helper()
	var answer struct{ Rings map[string]int }
	e.admin(t, http.MethodGet, "/rings", nil, &answer)
	return answer.Rings[rawID]
}

// rings is how often a number rang.
func (e *environment) rings(t *testing.T, number string) int {
	t.Helper()
	return e.ringsOf(t, "4:"+number)
}

// rangOnce fails the test unless each number rang exactly once.
func (e *environment) rangOnce(t *testing.T, numbers ...string) {
	t.Helper()
	for _, number := range numbers {
		if got := e.rings(t, number); got != 1 {
			t.Errorf("%s rang %d times, want once", number, got)
		}
	}
}

// liveCalls are the connections at the service.
func (e *environment) liveCalls(t *testing.T) []simulator.CallState {
	t.Helper()
	var answer struct{ Calls []simulator.CallState }
	e.admin(t, http.MethodGet, "/calls", nil, &answer)
	return answer.Calls
}

// journal is what happened at the service.
func (e *environment) journal(t *testing.T) []simulator.Entry {
	t.Helper()
	var answer struct{ Entries []simulator.Entry }
	e.admin(t, http.MethodGet, "/journal", nil, &answer)
	return answer.Entries
}
