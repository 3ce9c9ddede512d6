// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/telephony"
)

// causes map the causes of package acs to those of package telephony.
var causes = map[acs.Cause]telephony.Cause{
	acs.CauseEnded:     telephony.CauseEnded,
	acs.CauseLeft:      telephony.CauseLeft,
	acs.CauseDeclined:  telephony.CauseDeclined,
	acs.CauseBusy:      telephony.CauseBusy,
	acs.CauseUnreached: telephony.CauseUnreached,
	acs.CauseCancelled: telephony.CauseCancelled,
	acs.CauseElsewhere: telephony.CauseElsewhere,
	acs.CauseForbidden: telephony.CauseForbidden,
	acs.CauseNobody:    telephony.CauseNobody,
	acs.CauseInvalid:   telephony.CauseInvalid,
	acs.CauseFailed:    telephony.CauseFailed,
}

// ReasonOf explains the codes of ACS.
func ReasonOf(code, subCode int) telephony.Reason {
	return telephony.Reason{Cause: causes[acs.CauseOf(code, subCode)], Code: code, SubCode: subCode, Sentence: acs.Describe(code, subCode)}
}
