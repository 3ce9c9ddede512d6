// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import "fmt"

// Cause is the reason why a call or operation ended or did not start, according to a code.
type Cause string

// The causes of an end.
const (
	// CauseEnded says that somebody ended it normally.
	CauseEnded Cause = "ended"
	// CauseLeft says that everybody else has left.
	CauseLeft Cause = "left"
	// CauseDeclined says that the callee, or the callee's network, declined.
	CauseDeclined Cause = "declined"
	// CauseBusy says that the callee is busy.
	CauseBusy Cause = "busy"
	// CauseUnreached says that the callee did not answer, or could not be reached.
	CauseUnreached Cause = "unreached"
	// CauseCancelled says that somebody withdrew the call.
	CauseCancelled Cause = "cancelled"
	// CauseElsewhere says that another endpoint took the call.
	CauseElsewhere Cause = "elsewhere"
	// CauseForbidden says that the resource or the caller may not do that.
	CauseForbidden Cause = "forbidden"
	// CauseNobody says that the number or user does not exist.
	CauseNobody Cause = "nobody"
	// CauseInvalid says that the request, or the number in it, is badly formed.
	CauseInvalid Cause = "invalid"
	// CauseFailed says that something failed.
	CauseFailed Cause = "failed"
)

// meaning is what a code says: for programs, and as a sentence.
type meaning struct {
	cause Cause
	says  string
}

// codePair is a code with its sub-code.
type codePair struct{ code, subCode int }

// pairMeanings are the sub-codes that mean something else with one code.
// Source: https://learn.microsoft.com/azure/communication-services/resources/troubleshooting/voice-video-calling/troubleshooting-codes.
var pairMeanings = map[codePair]meaning{
	{405, 8522}: {CauseFailed, "The call lacks a setting that must be set when it is answered."},
}

// subCodeMeanings are meanings of sub-codes, whatever the code is: the service was seen to report one sub-code
// with several codes.
var subCodeMeanings = map[int]meaning{
	4097:   {CauseEnded, "The call was ended for everybody."},
	5000:   {CauseEnded, "The participant was removed from the call."},
	5002:   {CauseLeft, "The call ended because everybody else had left."},
	5003:   {CauseDeclined, "Every endpoint of the callee declined."},
	5300:   {CauseEnded, "The participant was removed from the call."},
	7000:   {CauseEnded, "The call was ended by the application."},
	7504:   {CauseForbidden, "The credentials lack a permission for this operation."},
	7507:   {CauseForbidden, "Another resource owns the number."},
	8500:   {CauseFailed, "Another media operation is active on the call."},
	8501:   {CauseFailed, "The call is not established yet."},
	8508:   {CauseCancelled, "The media operation was cancelled."},
	8510:   {CauseFailed, "Nothing was heard within the initial silence time-out."},
	8511:   {CauseFailed, "The prompt could not be played."},
	8514:   {CauseEnded, "A stop tone was pressed."},
	8516:   {CauseFailed, "The service asked to slow down."},
	8519:   {CauseFailed, "Conflicting operations ran at the same time."},
	8520:   {CauseFailed, "The operation is not supported for this call."},
	8522:   {CauseFailed, "The call or participant does not exist, or no longer exists."},
	8523:   {CauseInvalid, "An argument of the request is invalid."},
	8528:   {CauseEnded, "The call is over."},
	8529:   {CauseFailed, "The resource's monthly limit is reached."},
	8530:   {CauseFailed, "The resource has reached its limit of active calls."},
	8531:   {CauseEnded, "The requested number of tones was pressed."},
	8532:   {CauseFailed, "No further tone came within the inter-tone time-out."},
	8533:   {CauseEnded, "An option was matched."},
	8534:   {CauseFailed, "A wrong tone was pressed."},
	8535:   {CauseInvalid, "The audio file has a format that cannot be played."},
	8536:   {CauseFailed, "The audio file could not be downloaded."},
	8538:   {CauseDeclined, "The callee declined."},
	8539:   {CauseBusy, "The callee is busy."},
	8540:   {CauseBusy, "The callee is busy everywhere."},
	8541:   {CauseUnreached, "The callee is unavailable."},
	8542:   {CauseCancelled, "The invitation was cancelled."},
	8543:   {CauseFailed, "The callee's call no longer exists."},
	8544:   {CauseUnreached, "The callee cannot be reached."},
	8545:   {CauseEnded, "What was said matched an option."},
	8547:   {CauseFailed, "What was said matched no option."},
	8557:   {CauseInvalid, "The recording's content, channels and format do not fit together."},
	8558:   {CauseFailed, "The participant is not in the call."},
	8559:   {CauseFailed, "The call is being recorded already."},
	8563:   {CauseFailed, "What was said was not understood."},
	8564:   {CauseFailed, "The speech service could not be reached: check spec.acs.cognitiveServicesEndpoint, and the rights of the resource there."},
	8565:   {CauseFailed, "The speech service failed."},
	8569:   {CauseEnded, "What was said was understood."},
	8570:   {CauseFailed, "The speech service understood nothing in time."},
	8582:   {CauseInvalid, "The text or SSML is empty."},
	8583:   {CauseFailed, "The media operation conflicts with an active one."},
	8585:   {CauseFailed, "The operation is not possible in the call's current state."},
	8586:   {CauseUnreached, "The incoming call was not acknowledged in time."},
	8587:   {CauseUnreached, "The incoming call was not answered in time."},
	8607:   {CauseFailed, "Another transfer of the call is under way."},
	10003:  {CauseElsewhere, "Another endpoint of the callee took the call."},
	10004:  {CauseUnreached, "Nobody answered in time."},
	10024:  {CauseDeclined, "Every endpoint of the callee declined."},
	10037:  {CauseUnreached, "The callee has no endpoint that can be reached."},
	10057:  {CauseUnreached, "The callee could not be reached in time."},
	10076:  {CauseUnreached, "The callee has no endpoint that can be reached."},
	10077:  {CauseUnreached, "The callee has no endpoint that can be reached."},
	10078:  {CauseUnreached, "The callee has no endpoint that can be reached."},
	500001: {CauseUnreached, "Nobody answered in time."},
	510403: {CauseForbidden, "The caller number is not one that this resource may use."},
	511404: {CauseNobody, "The number does not exist."},
	540000: {CauseEnded, "The other side hung up."},
	560000: {CauseEnded, "The other side hung up."},
	560603: {CauseDeclined, "The callee's network declined: the callee said no, the call was taken for fraud, or the number has too many calls at once."},
}

// codeMeanings are meanings of codes, SIP-like, where the sub-code says nothing.
var codeMeanings = map[int]meaning{
	0:   {CauseEnded, "The call ended in the ordinary way."},
	200: {CauseEnded, "The call ended in the ordinary way."},
	400: {CauseInvalid, "The request is invalid."},
	401: {CauseForbidden, "The credentials were refused."},
	403: {CauseForbidden, "The call is forbidden."},
	404: {CauseNobody, "The number or user does not exist."},
	405: {CauseInvalid, "The operation is not supported for this call."},
	408: {CauseUnreached, "Nobody answered in time."},
	410: {CauseNobody, "The callee is gone."},
	429: {CauseFailed, "The service asked to slow down."},
	480: {CauseUnreached, "Nobody answered, or the callee is unavailable."},
	484: {CauseInvalid, "The number is incomplete or badly formed."},
	486: {CauseBusy, "The callee is busy."},
	487: {CauseCancelled, "The call was cancelled before anybody answered."},
	500: {CauseFailed, "The service or a network failed."},
	502: {CauseFailed, "A network failed."},
	503: {CauseFailed, "The service or a network is unavailable."},
	504: {CauseFailed, "A network did not answer in time."},
	600: {CauseBusy, "The callee is busy everywhere."},
	603: {CauseDeclined, "The callee declined."},
}

// authenticationMeaning is that of the sub-codes of keys, tokens and identities.
var authenticationMeaning = meaning{CauseForbidden, "The credentials were refused, or their identity is not known."}

// meaningOf explains a code with its sub-code. The sub-code takes precedence: the code may be 500 for a number
// that does not exist, and 200 for a callee who declines.
func meaningOf(code, subCode int) meaning {
	if found, ok := pairMeanings[codePair{code, subCode}]; ok {
		return found
	}
	if found, ok := subCodeMeanings[subCode]; ok {
		return found
	}
	if isAuthentication(subCode) {
		return authenticationMeaning
	}
	if sip, ok := sipOf(subCode); ok {
		if found, ok := codeMeanings[sip]; ok {
			return found
		}
	}
	if found, ok := codeMeanings[code]; ok {
		return found
	}
	return meaning{CauseFailed, fmt.Sprintf("The service gave code %d with sub-code %d.", code, subCode)}
}

// Describe says in a plain sentence what a code and sub-code mean. Codes that it does not know are named.
func Describe(code, subCode int) string { return meaningOf(code, subCode).says }

// CauseOf is what a code and sub-code mean, for programs.
func CauseOf(code, subCode int) Cause { return meaningOf(code, subCode).cause }

// isAuthentication tells whether a sub-code is one of the failures of keys, tokens and identities.
func isAuthentication(subCode int) bool {
	return subCode >= 7500 && subCode <= 7510 || subCode >= 7600 && subCode <= 7606
}

// sipOf is the SIP code of the telephone network in a sub-code of an outbound (56xxxx) or an inbound leg (54xxxx).
func sipOf(subCode int) (int, bool) {
	leg, sip := subCode/10000, subCode%1000
	return sip, (leg == 56 || leg == 54) && sip != 0
}
