// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// ReadRecording implements telephony.RecordingReader. Reading a content takes as long as ctx allows, not as long as one try of a request.
func (s *service) ReadRecording(ctx context.Context, contentLocation string) (io.ReadCloser, error) {
	ctx = policy.WithRetryOptions(ctx, policy.RetryOptions{MaxRetries: retries})
	content, err := s.client.DownloadRecording(ctx, contentLocation, acs.ContentRange{})
	var refused *acs.Error
	switch {
	case errors.Is(err, acs.ErrNoStorageLocation):
		return nil, telephony.Unsupported("ACS does not keep this recording: it was written to the container that record.containerURL names. " +
			"Fetch it from there, with your own permissions for that container.")
	case errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound:
		return nil, &telephony.Error{
			Class: telephony.ClassGone, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonInvalidRequest, Code: http.StatusNotFound, Err: err,
			Sentence: "ACS does not have this recording any more: it keeps contents for 24 hours.",
		}
	default:
		return content, errorOf(err)
	}
}
