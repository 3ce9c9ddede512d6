// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"strings"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// templates say what Asterisk dials.
type templates struct {
	// number is spec.asterisk.endpoint, and sip is spec.asterisk.sipEndpoint; that may be unset.
	number, sip string
}

// pinnedOr are the templates of an attempt, or the provider's if it recorded none.
func (t templates) pinnedOr(pinned *v1alpha1.AttemptRequest) templates {
	if pinned == nil || pinned.Endpoint == "" {
		return t
	}
	return templates{number: pinned.Endpoint, sip: pinned.SIPEndpoint}
}

// of is what Asterisk dials for a party. The API server has checked it: a number has only digits after its plus sign, and a SIP address
// has no character with a meaning to Asterisk.
func (t templates) of(id *v1alpha1.Identifier) (string, error) {
	switch {
	case id != nil && id.PhoneNumber != "":
		number := string(id.PhoneNumber)
		return strings.NewReplacer("$(number)", number, "$(digits)", strings.TrimPrefix(number, "+")).Replace(t.number), nil
	case id != nil && id.SIPURI != "" && t.sip == "":
		return "", telephony.Unsupported("Asterisk cannot do that: the provider does not say how: set spec.asterisk.sipEndpoint, such as PJSIP/trunk/$(uri).")
	case id != nil && id.SIPURI != "":
		_, address, _ := strings.Cut(id.SIPURI, ":")
		user, _, _ := strings.Cut(address, "@")
		return strings.NewReplacer("$(uri)", id.SIPURI, "$(user)", user).Replace(t.sip), nil
	default:
		return "", telephony.Unsupported("Asterisk cannot do that: it calls telephone numbers (phoneNumber) and SIP addresses (sipURI) only.")
	}
}
