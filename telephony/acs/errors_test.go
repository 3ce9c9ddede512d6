// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// failure is an error as its reader sees it.
type failure struct {
	reason, message string
	code, subCode   int
	final           bool
	retryAfter      time.Duration
}

const requestID = "5a1ad0e5-0000-4000-8000-000000000001"

// refusedWith is an answer of ACS with everything in it that differs from one try to the next.
func refusedWith(status, subCode int, message string) *acs.Error {
	return &acs.Error{
		Operation: "createCall", StatusCode: status, SubCode: subCode, Message: message,
		RequestID: requestID, ChainID: requestID, RetryAfter: 7 * time.Second,
	}
}

func TestErrorOf(t *testing.T) {
	transient := func(reason, message string, code int) failure {
		return failure{reason: reason, message: message, code: code, retryAfter: 7 * time.Second}
	}
	final := func(reason, message string, code, subCode int) failure {
		return failure{reason: reason, message: message, code: code, subCode: subCode, final: true, retryAfter: 7 * time.Second}
	}
	const unreachable = "ACS could not be reached."
	cases := []struct {
		name, reason string
		err          error
		want         failure
	}{
		{
			"no answer", "the text of a network error holds ports, which differ each time",
			&acs.Error{Operation: "createCall", Err: &net.OpError{Op: "read", Err: errors.New("127.0.0.1:49152: reset")}},
			failure{reason: v1alpha1.ReasonServiceUnavailable, message: unreachable},
		},
		{
			"time-out", "a time that ran out says nothing of the request", context.DeadlineExceeded,
			failure{reason: v1alpha1.ReasonServiceUnavailable, message: unreachable},
		},
		{
			"no token", "a person has to fix the identity, not the network",
			&acs.Error{Operation: "createCall", Err: fmt.Errorf("token: %w", &azidentity.AuthenticationFailedError{})},
			failure{
				reason:  v1alpha1.ReasonUnauthorized,
				message: "Entra ID gave the manager no token: check spec.acs.workloadIdentity and the federated credential of that identity.",
			},
		},
		{
			"answer that is no JSON", "a call that was accepted was not refused", refusedWith(201, 0, "the answer is not the expected JSON"),
			transient(v1alpha1.ReasonServiceUnavailable, "The answer of ACS cannot be read (HTTP 201).", 201),
		},
		{
			"401", "the key may be fixed in the Secret", refusedWith(401, 0, "denied "+requestID),
			transient(v1alpha1.ReasonUnauthorized,
				"ACS refused the provider's credentials (HTTP 401): check the access key in the provider's Secret, or the rights of its workload identity.", 401),
		},
		{
			"429", "how long to wait is in no text", refusedWith(429, 0, "retry in 7 seconds"),
			transient(v1alpha1.ReasonThrottled, "ACS asked to slow down (HTTP 429).", 429),
		},
		{"408", "the service was slow", refusedWith(408, 0, "x"), transient(v1alpha1.ReasonServiceUnavailable, "ACS failed (HTTP 408).", 408)},
		{"500", "the service failed", refusedWith(500, 0, "x"), transient(v1alpha1.ReasonServiceUnavailable, "ACS failed (HTTP 500).", 500)},
		{"503", "the service failed", refusedWith(503, 0, "x"), transient(v1alpha1.ReasonServiceUnavailable, "ACS failed (HTTP 503).", 503)},
		{
			"403", "the number is not the resource's, and no repetition makes it so", refusedWith(403, 510403, "Not yours."),
			final(v1alpha1.ReasonForbidden,
				"ACS refused the request (HTTP 403): The caller number is not one that this resource may use. Not yours.", 403, 510403),
		},
		{
			"400", "the call is wrong as it is written", refusedWith(400, 8523, "Targets."),
			final(v1alpha1.ReasonInvalidRequest,
				"ACS refused the request (HTTP 400): An argument of the request is invalid. Targets.", 400, 8523),
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var known *telephony.Error
			if !errors.As(errorOf(fmt.Errorf("wrapped: %w", c.err)), &known) {
				t.Fatal("it has no class")
			}
			got := failure{
				known.Reason, strings.TrimSpace(known.Sentence + " " + known.Words), known.Code, known.SubCode, known.Class.Final(), known.RetryAfter,
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(failure{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			for _, varies := range []string{requestID, "7 s", "7s", "49152"} {
				if strings.Contains(got.message, varies) {
					t.Errorf("%q differs from one try to the next and would be written each time: %s", varies, got.message)
				}
			}
		})
	}
}
