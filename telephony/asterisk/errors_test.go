// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/telephony"
)

func refusal(status int, message string) *ari.Error {
	return &ari.Error{Operation: "Channel", StatusCode: status, Message: message}
}

func foreign(status int) *ari.Error {
	return &ari.Error{Operation: "Channel", StatusCode: status, Foreign: true}
}

func TestErrorOf(t *testing.T) {
	const (
		lost    = "The connection to Asterisk broke off before its answer."
		unknown = "Asterisk does not know the call, or no longer."
		notIt   = "Something answers at spec.asterisk.url, but not as Asterisk does (HTTP %d): check the URL, which ends in /ari, and what proxy is in between."
	)
	already := &telephony.Error{Class: telephony.ClassTooLate, Outcome: telephony.OutcomeNotMade, Sentence: "It is too late."}
	cases := []struct {
		name, reason string
		err          error
		want         telephony.Error
	}{
		{
			"connection lost", "Asterisk may have done it", errors.New("unexpected EOF"),
			telephony.Error{Class: telephony.ClassUnavailable, Outcome: telephony.OutcomeUnknown, Reason: v1alpha1.ReasonServiceUnavailable, Sentence: lost},
		},
		{
			"time-out", "Asterisk may have done it", context.DeadlineExceeded,
			telephony.Error{Class: telephony.ClassUnavailable, Outcome: telephony.OutcomeUnknown, Reason: v1alpha1.ReasonServiceUnavailable, Sentence: lost},
		},
		{"already known", "what is in these words stays as it is", fmt.Errorf("wrapped: %w", already), *already},
		{
			"wrong password", "a person has to compare two files", refusal(http.StatusUnauthorized, "Authentication required"),
			telephony.Error{
				Class: telephony.ClassUnauthorized, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonUnauthorized, Code: 401, Words: "Authentication required",
				Sentence: "Asterisk refused the user name or the password (HTTP 401): compare the provider's Secret with ari.conf.",
			},
		},
		{
			"read-only user", "the password is right", refusal(http.StatusForbidden, "Write access denied"),
			telephony.Error{
				Class: telephony.ClassUnauthorized, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonUnauthorized, Code: 403, Words: "Write access denied",
				Sentence: "The user may only read (HTTP 403): set read_only = no for it in ari.conf.",
			},
		},
		{
			"unknown channel", "Asterisk itself says so", refusal(http.StatusNotFound, "Channel not found"),
			telephony.Error{
				Class: telephony.ClassGone, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonInvalidRequest, Code: 404, Words: "Channel not found", Sentence: unknown,
			},
		},
		{
			"proxy's 404", "it says nothing about the call", foreign(http.StatusNotFound),
			telephony.Error{
				Class: telephony.ClassMisdirected, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonEndpointNotAsterisk, Code: 404, Sentence: fmt.Sprintf(notIt, 404),
			},
		},
		{
			"proxy's redirect", "the password does not follow it", foreign(http.StatusFound),
			telephony.Error{
				Class: telephony.ClassMisdirected, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonEndpointNotAsterisk, Code: 302, Sentence: fmt.Sprintf(notIt, 302),
			},
		},
		{
			"proxy's page", "the proxy may have passed the request on", foreign(http.StatusOK),
			telephony.Error{
				Class: telephony.ClassMisdirected, Outcome: telephony.OutcomeUnknown, Reason: v1alpha1.ReasonEndpointNotAsterisk, Code: 200, Sentence: fmt.Sprintf(notIt, 200),
			},
		},
		{
			"no such endpoint", "nobody was rung, and the configuration is wrong", refusal(http.StatusInternalServerError, "Allocation failed"),
			telephony.Error{
				Class: telephony.ClassRefused, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonInvalidRequest, Code: 500, Words: "Allocation failed",
				Sentence: "Asterisk could not do it (HTTP 500): is the trunk or the phone of spec.asterisk.endpoint in pjsip.conf, and registered?",
			},
		},
		{
			"bad request", "the same request is refused again", refusal(http.StatusBadRequest, "Invalid endpoint specified"),
			telephony.Error{
				Class: telephony.ClassRefused, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonInvalidRequest, Code: 400, Words: "Invalid endpoint specified",
				Sentence: "Asterisk refused the request (HTTP 400).",
			},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got *telephony.Error
			if !errors.As(errorOf(c.err), &got) {
				t.Fatalf("%s: got %v", c.reason, errorOf(c.err))
			}
			if got != already && !errors.Is(got, c.err) {
				t.Errorf("%s: the cause is lost: %v", c.reason, got.Err)
			}
			shown := *got
			shown.Err = nil
			if diff := cmp.Diff(c.want, shown); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
	if err := errorOf(nil); err != nil {
		t.Errorf("success is no error: %v", err)
	}
}

// TestNothingListens: a request that never left rang nobody, and the sentence says why it did not leave.
func TestNothingListens(t *testing.T) {
	server := httptest.NewServer(nil)
	address := server.URL
	server.Close()
	client, err := ari.New(ari.Options{URL: address + "/ari", Username: "operator", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	_, cause := client.Info(t.Context())
	var got *telephony.Error
	if !errors.As(errorOf(cause), &got) || got.Class != telephony.ClassUnavailable || got.Outcome != telephony.OutcomeNotMade || got.Code != 0 {
		t.Fatalf("got %+v", got)
	}
	if !strings.HasPrefix(got.Sentence, "Asterisk cannot be reached: ") || !strings.Contains(got.Sentence, "connection refused") || !strings.HasSuffix(got.Sentence, ".") {
		t.Errorf("the sentence is %q", got.Sentence)
	}
}
