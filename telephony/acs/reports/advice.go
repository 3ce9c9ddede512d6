// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"errors"
	"fmt"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// What the provider's owner reads about requests that are not authentic. It contains nothing from a request: the sender is not
// always the service.

// callbackError adds what to do about the token of a callback.
func callbackError(err error) error {
	var failed *telephony.AuthenticationError
	if !errors.As(err, &failed) {
		return err
	}
	if failed.Err != nil {
		failed.Reason = v1alpha1.ReasonSigningKeysUnavailable
		failed.Message = "The keys that the service signs callbacks with cannot be fetched, so callbacks are answered with 503. Check that the webhook receiver reaches the issuer of the provider's cloud (or --acs-jwks-url)."
		return failed
	}
	switch failed.Word {
	case "jwt_audience":
		failed.Reason, failed.Message = v1alpha1.ReasonTokenAudience, "the service's token is for another resource. Set spec.acs.resourceID to the immutable ID of the resource that places these calls."
	case "jwt_issuer":
		failed.Reason, failed.Message = v1alpha1.ReasonTokenIssuer, "their token is of another issuer than the cloud that the provider's endpoint is in. Check spec.acs.endpoint, or the webhook receiver's --acs-issuer."
	case "jwt_missing":
		failed.Reason, failed.Message = v1alpha1.ReasonTokenMissing, "they carry no token of the service. Does something in front of the webhook receiver remove the header Authorization, or does a service call back that signs nothing? Without spec.acs.resourceID none is needed."
	case "jwt_expired":
		failed.Reason, failed.Message = v1alpha1.ReasonTokenExpired, "their token has expired. Check the clock of the webhook receiver's node."
	case "jwt_unknown_key", "jwt_invalid":
		failed.Reason, failed.Message = v1alpha1.ReasonTokenInvalid, "their token is not signed with a key of the issuer of the provider's cloud. Check spec.acs.endpoint and the webhook receiver's --acs-jwks-url; otherwise somebody forges callbacks."
	default:
		failed.Reason, failed.Message = v1alpha1.ReasonTokenInvalid, "their token cannot be read."
	}
	failed.Message = "Callbacks are refused: " + failed.Message
	return failed
}

// deliveryError adds what to do about the token of a delivery of Event Grid.
func deliveryError(err error) error {
	var failed *telephony.AuthenticationError
	switch {
	case !errors.As(err, &failed):
		return err
	case failed.Err != nil:
		failed.Reason = v1alpha1.ReasonSigningKeysUnavailable
		failed.Message = "The keys of Entra ID cannot be fetched, so incoming calls are not recorded. Check that the webhook receiver reaches Entra ID, and tenantID in spec.incomingCalls.entra."
	case failed.Word == "jwt_missing":
		failed.Reason = v1alpha1.ReasonTokenMissing
		failed.Message = "Incoming calls are refused: Event Grid's deliveries carry no token of Entra ID. Set up the subscription with the application of spec.incomingCalls.entra, or remove that."
	default:
		failed.Reason = v1alpha1.ReasonTokenInvalid
		failed.Message = fmt.Sprintf("Incoming calls are refused: the token of Event Grid's deliveries is not what spec.incomingCalls.entra asks for (%s). Compare tenantID and audience with the subscription.", failed.Word)
	}
	return failed
}
