// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package once

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// refusedForGood is a refusal with the service's own words.
func refusedForGood(words string) error {
	return &telephony.Error{
		Class: telephony.ClassRefused, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonForbidden, Code: 403, SubCode: 510403,
		RetryAfter: 7 * time.Second, Sentence: "The service refused the request.", Words: words,
	}
}

func TestDescribeFailure(t *testing.T) {
	cases := []struct {
		name, reason string
		err          error
		want         Failure
		// while is the text while nobody knows what became of the request.
		while string
	}{
		{
			"unusable", "what is unusable says itself what would fix it", telephony.Unusable(v1alpha1.ReasonSecretNotFound, "Secret s does not exist."),
			Failure{Reason: v1alpha1.ReasonSecretNotFound, Message: "Secret s does not exist."}, "Secret s does not exist.",
		},
		{
			"refused", "the service's words may differ each time, so they are not part of what is written again and again", refusedForGood("Not yours."),
			Failure{
				Reason: v1alpha1.ReasonForbidden, Message: "The service refused the request. Not yours.", Code: 403, SubCode: 510403, Final: true,
				retryAfter: 7 * time.Second,
			}, "The service refused the request.",
		},
		{
			"API server", "its text holds a version, which differs each time", apierrors.NewConflict(v1alpha1.GroupVersion.WithResource("calls").GroupResource(), "c", nil),
			Failure{Reason: v1alpha1.ReasonServiceUnavailable, Message: "The API server of Kubernetes did not do what it was asked for."},
			"The API server of Kubernetes did not do what it was asked for.",
		},
		{
			"time-out", "a time that ran out says nothing of the request", context.DeadlineExceeded,
			Failure{Reason: v1alpha1.ReasonServiceUnavailable, Message: "The service could not be reached."}, "The service could not be reached.",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			wrapped := fmt.Errorf("wrapped: %w", c.err)
			if diff := cmp.Diff(c.want, DescribeFailure(wrapped), cmp.AllowUnexported(Failure{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			const begins = "It is not known. Last: "
			if got := lastMet("It is not known.", wrapped); got != begins+c.while {
				t.Errorf("while nobody knows, the text is %q, want %q", got, begins+c.while)
			}
		})
	}
}

// TestRefusalIsBounded: a status message holds 1024 characters, and the service's own words are of any length.
func TestRefusalIsBounded(t *testing.T) {
	message := DescribeFailure(refusedForGood(strings.Repeat("ü", 5000))).Message
	if length := utf8.RuneCountInString(message); length > 1024 || !utf8.ValidString(message) {
		t.Errorf("%d characters would be refused by the API server, and the Call would never say why", length)
	}
}
