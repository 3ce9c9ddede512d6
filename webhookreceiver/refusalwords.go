// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// recordRefusal says why an incoming call could not be recorded; ok is false for temporary or irrelevant errors.
func recordRefusal(source incomingSource, o outcome) (why refusal, ok bool) {
	const lost = "Incoming calls are not recorded, and nothing here takes them: "
	switch {
	case o.result == gridRefused && isQuota(o.err):
		why = refusal{v1alpha1.ReasonQuotaExceeded, "a ResourceQuota of the namespace is used up. Delete Calls that have ended, or raise the quota; spec.incomingCalls.ttlSecondsAfterFinished removes them by itself."}
	case o.result == gridRefused:
		why = refusal{v1alpha1.ReasonForbidden, fmt.Sprintf("%s. Check the webhook receiver's role, quotas and admission policies.", describe(o.err))}
	case o.result == gridInvalid:
		why = refusal{v1alpha1.ReasonInvalidRequest, fmt.Sprintf("%s. Are the CRDs as new as the webhook receiver? Does an admission policy reject them?", describe(o.err))}
	case o.result.refused():
		why = refusal{v1alpha1.ReasonInvalidEvent, fmt.Sprintf(source.malformed, o.result)}
	default:
		return refusal{}, false
	}
	why.message = lost + why.message
	return why, true
}

// isQuota tells whether a ResourceQuota rejected an object. Only the API server's message says so.
func isQuota(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return false
	}
	s := status.Status()
	return s.Code == http.StatusForbidden && strings.Contains(s.Message, "exceeded quota")
}
