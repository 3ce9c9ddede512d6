// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"net/http"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// noAnswer is the code of a request to ACS that was not answered, or not even sent.
const noAnswer = "error"

// requestMeter counts each try of a request to ACS. It sits between the retries and the authentication, so an
// unavailable token counts as a failed request.
type requestMeter struct {
	metrics *Metrics
	now     func() time.Time
}

// Do implements policy.Policy.
func (m requestMeter) Do(request *policy.Request) (*http.Response, error) {
	begun := m.now()
	response, err := request.Next()
	m.metrics.requested(operationOf(request), codeOf(response, err), m.now().Sub(begun))
	return response, err
}

// operationOf is the name of the operation that package acs sends.
func operationOf(request *policy.Request) string {
	name, _ := request.Raw().Context().Value(runtime.CtxAPINameKey{}).(string)
	return name
}

func codeOf(response *http.Response, err error) string {
	if err != nil || response == nil {
		return noAnswer
	}
	return strconv.Itoa(response.StatusCode)
}
