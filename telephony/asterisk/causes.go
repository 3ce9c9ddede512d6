// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"fmt"

	"github.com/call-operator/call-operator/telephony"
)

// meaning is what a number says.
type meaning struct {
	cause    telephony.Cause
	sentence string
}

// sipMeanings are those of SIP's final answers to an invitation (RFC 3261, section 21).
var sipMeanings = map[int]meaning{
	302: {telephony.CauseUnreached, "The phone asked to be called at another address, which Asterisk does not follow."},
	400: {telephony.CauseInvalid, "The telephone network did not understand the invitation."},
	401: {telephony.CauseForbidden, "The trunk refused Asterisk's credentials."},
	403: {telephony.CauseForbidden, "The telephone network forbids this call: check the caller ID, and what the trunk permits."},
	404: {telephony.CauseNobody, "The number does not exist."},
	407: {telephony.CauseForbidden, "The trunk refused Asterisk's credentials."},
	408: {telephony.CauseUnreached, "The phone could not be reached."},
	410: {telephony.CauseNobody, "The number does not exist any more."},
	480: {telephony.CauseUnreached, "Nobody answered, or the phone is not available."},
	484: {telephony.CauseInvalid, "The number is incomplete."},
	486: {telephony.CauseBusy, "The callee is busy."},
	487: {telephony.CauseCancelled, "The call was withdrawn."},
	488: {telephony.CauseFailed, "Asterisk and the phone have no codec in common."},
	600: {telephony.CauseBusy, "The callee is busy everywhere."},
	603: {telephony.CauseDeclined, "The callee declined."},
	604: {telephony.CauseNobody, "The number does not exist anywhere."},
	606: {telephony.CauseFailed, "Asterisk and the phone have no codec in common."},
}

// q850Meanings are those of Q.850 causes.
var q850Meanings = map[int]meaning{
	0:   {telephony.CauseEnded, "The call ended."},
	1:   {telephony.CauseNobody, "The number does not exist."},
	16:  {telephony.CauseEnded, "The call ended."},
	17:  {telephony.CauseBusy, "The callee is busy."},
	18:  {telephony.CauseUnreached, "The phone could not be reached."},
	19:  {telephony.CauseUnreached, "Nobody answered."},
	20:  {telephony.CauseUnreached, "The phone is not available."},
	21:  {telephony.CauseDeclined, "The callee declined."},
	22:  {telephony.CauseNobody, "The number has changed."},
	23:  {telephony.CauseUnreached, "The phone asked to be called at another address, which Asterisk does not follow."},
	26:  {telephony.CauseElsewhere, "Another phone answered."},
	27:  {telephony.CauseUnreached, "The phone's network is out of order."},
	28:  {telephony.CauseInvalid, "The number is incomplete, or has a wrong form."},
	31:  {telephony.CauseEnded, "The call ended."},
	34:  {telephony.CauseFailed, "The trunk has no free line."},
	38:  {telephony.CauseFailed, "The telephone network is out of order."},
	58:  {telephony.CauseFailed, "Asterisk and the phone have no codec in common."},
	102: {telephony.CauseUnreached, "The phone's network did not answer in time."},
}

// With these two numbers Asterisk ends a channel that was never dialled. When a callee declines, the cause is 21.
const (
	undialledSIP  = 603
	undialledQ850 = 16
)

// lowestFailure is the lowest SIP status that says that a server failed.
const lowestFailure = 500

// ReasonOf says what a SIP status and a Q.850 cause mean. SIP's word counts where there is one: Asterisk derives the cause from it, and
// loses something. Both are kept, as code and sub-code.
func ReasonOf(sip, q850 int) telephony.Reason {
	reason := telephony.Reason{Code: sip, SubCode: q850}
	known, found := sipMeanings[sip]
	if sip == undialledSIP && q850 == undialledQ850 {
		known = meaning{telephony.CauseCancelled, "The call was withdrawn before the phone was rung."}
	}
	if !found && sip >= lowestFailure && sip < 600 {
		known, found = meaning{telephony.CauseFailed, fmt.Sprintf("The telephone network failed (SIP %d).", sip)}, true
	}
	if !found {
		known, found = q850Meanings[q850]
	}
	if !found {
		known = meaning{telephony.CauseFailed, fmt.Sprintf("The call failed (SIP %d, Q.850 %d).", sip, q850)}
	}
	reason.Cause, reason.Sentence = known.cause, known.sentence
	return reason
}

// Moved is why a call ended that everybody has left for another one.
func Moved() telephony.Reason {
	return telephony.Reason{Cause: telephony.CauseEnded, Sentence: "Everybody was moved into another call."}
}

// Left is why a call ended that everybody has left.
func Left() telephony.Reason {
	return telephony.Reason{Cause: telephony.CauseLeft, Sentence: "Everybody has left the call."}
}
