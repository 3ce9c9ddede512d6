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

// Texts of conditions about refused requests. They contain nothing from a request: the provider's owner reads them, and the
// sender is not always the service.

// callbackRefusal says why a callback with a genuine URL was refused; ok is false if the provider's owner cannot fix that.
func callbackRefusal(err error) (why refusal, ok bool) {
	var refused *refusedError
	switch {
	case errors.Is(err, errKeysUnavailable):
		return refusal{
			v1alpha1.ReasonSigningKeysUnavailable,
			"The keys that the service signs callbacks with cannot be fetched, so callbacks are answered with 503. Check that the webhook receiver reaches the issuer of the provider's cloud (or --acs-jwks-url).",
		}, true
	case !errors.As(err, &refused):
		return refusal{}, false
	}
	const refusedBecause = "Callbacks are refused: "
	switch refused.reason {
	case "jwt_audience":
		why = refusal{v1alpha1.ReasonTokenAudience, "the service's token is for another resource. Set spec.acs.resourceID to the immutable ID of the resource that places these calls."}
	case "jwt_issuer":
		why = refusal{v1alpha1.ReasonTokenIssuer, "their token is of another issuer than the cloud that the provider's endpoint is in. Check spec.acs.endpoint, or the webhook receiver's --acs-issuer."}
	case "jwt_missing":
		why = refusal{v1alpha1.ReasonTokenMissing, "they carry no token of the service. Does something in front of the webhook receiver remove the header Authorization, or does a service call back that signs nothing? Without spec.acs.resourceID none is needed."}
	case "jwt_expired":
		why = refusal{v1alpha1.ReasonTokenExpired, "their token has expired. Check the clock of the webhook receiver's node."}
	case "jwt_unknown_key", "jwt_invalid":
		why = refusal{v1alpha1.ReasonTokenInvalid, "their token is not signed with a key of the issuer of the provider's cloud. Check spec.acs.endpoint and the webhook receiver's --acs-jwks-url; otherwise somebody forges callbacks."}
	default:
		why = refusal{v1alpha1.ReasonTokenInvalid, "their token cannot be read."}
	}
	why.message = refusedBecause + why.message
	return why, true
}

// deliveryRefusal says why a delivery of Event Grid with a genuine URL was refused.
func deliveryRefusal(err error) (why refusal, ok bool) {
	var refused *refusedError
	switch {
	case errors.Is(err, errKeysUnavailable):
		return refusal{
			v1alpha1.ReasonSigningKeysUnavailable,
			"The keys of Entra ID cannot be fetched, so incoming calls are not recorded. Check that the webhook receiver reaches Entra ID, and tenantID in spec.incomingCalls.entra.",
		}, true
	case !errors.As(err, &refused):
		return refusal{}, false
	case refused.reason == "jwt_missing":
		return refusal{
			v1alpha1.ReasonTokenMissing,
			"Incoming calls are refused: Event Grid's deliveries carry no token of Entra ID. Set up the subscription with the application of spec.incomingCalls.entra, or remove that.",
		}, true
	}
	return refusal{
		v1alpha1.ReasonTokenInvalid,
		fmt.Sprintf("Incoming calls are refused: the token of Event Grid's deliveries is not what spec.incomingCalls.entra asks for (%s). Compare tenantID and audience with the subscription.", refused.reason),
	}, true
}

// recordRefusal says why an incoming call could not be recorded; ok is false for temporary or irrelevant errors.
func recordRefusal(o outcome) (why refusal, ok bool) {
	const lost = "Incoming calls are not recorded, and nothing here takes them: "
	switch {
	case o.result == gridRefused && isQuota(o.err):
		why = refusal{v1alpha1.ReasonQuotaExceeded, "a ResourceQuota of the namespace is used up. Delete Calls that have ended, or raise the quota; spec.incomingCalls.ttlSecondsAfterFinished removes them by itself."}
	case o.result == gridRefused:
		why = refusal{v1alpha1.ReasonForbidden, fmt.Sprintf("%s. Check the webhook receiver's role, quotas and admission policies.", describe(o.err))}
	case o.result == gridInvalid:
		why = refusal{v1alpha1.ReasonInvalidRequest, fmt.Sprintf("%s. Are the CRDs as new as the webhook receiver? Is an admission policy in the way?", describe(o.err))}
	case o.result.refused():
		why = refusal{v1alpha1.ReasonInvalidEvent, fmt.Sprintf("events of Event Grid are not what the service documents (%s). Does the subscription deliver anything but Microsoft.Communication.IncomingCall of this resource?", o.result)}
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
