// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import "fmt"

// codePair is a code with its sub-code.
type codePair struct{ code, subCode int }

// meanings of codes with their sub-codes.
// Source: https://learn.microsoft.com/azure/communication-services/resources/troubleshooting/voice-video-calling/troubleshooting-codes.
var meanings = map[codePair]string{
	{200, 0}:      "The call ended in the ordinary way.",
	{0, 0}:        "The call ended in the ordinary way.",
	{200, 7000}:   "The call was ended by the application.",
	{0, 7000}:     "The call was ended by the application.",
	{200, 5300}:   "The participant was removed from the call.",
	{0, 5300}:     "The participant was removed from the call.",
	{0, 5000}:     "The participant was removed from the call.",
	{200, 5000}:   "The participant was removed from the call.",
	{200, 5002}:   "The call ended since everybody else had left.",
	{0, 5003}:     "Every endpoint of the callee declined.",
	{0, 4097}:     "The call was ended for everybody.",
	{0, 560000}:   "The other side hung up.",
	{0, 540000}:   "The other side hung up.",
	{403, 510403}: "The caller number is not one that this resource may use.",
	{404, 511404}: "The number does not exist.",
	{404, 8522}:   "The call or participant does not exist, or no longer.",
	{405, 8522}:   "The call lacks a setting that has to be made when it is answered.",
	{408, 500001}: "Nobody answered in time.",
	{408, 10057}:  "The callee could not be reached in time.",
	{480, 10037}:  "The callee has no endpoint that can be reached.",
	{480, 10076}:  "The callee has no endpoint that can be reached.",
	{480, 10077}:  "The callee has no endpoint that can be reached.",
	{480, 10078}:  "The callee has no endpoint that can be reached.",
	{487, 10003}:  "Another endpoint of the callee took the call.",
	{487, 10004}:  "Nobody answered in time.",
	{487, 10024}:  "Every endpoint of the callee declined.",
	{603, 560603}: "The callee's network declined: the callee said no, the call was taken for fraud, or the number has too many calls at once.",
}

// subCodeMeanings are meanings of sub-codes whatever the code.
var subCodeMeanings = map[int]string{
	7504: "The credentials lack a permission for this operation.",
	7507: "Another resource owns the number.",
	8500: "Another media operation is active on the call.",
	8501: "The call is not established yet.",
	8510: "Nothing was heard within the initial silence time-out.",
	8514: "A stop tone was pressed.",
	8516: "The service asked to slow down.",
	8519: "Conflicting operations ran at the same time.",
	8520: "The operation is not supported for this call.",
	8522: "The call or participant does not exist, or no longer.",
	8523: "An argument of the request is invalid.",
	8528: "The call is over.",
	8529: "The resource's monthly limit is reached.",
	8530: "The resource has as many active calls as it may have.",
	8531: "As many tones as asked for were pressed.",
	8532: "No further tone came within the inter-tone time-out.",
	8533: "An option was matched.",
	8534: "A wrong tone was pressed.",
	8535: "The audio file has a format that cannot be played.",
	8536: "The audio file could not be downloaded.",
	8538: "The callee declined.",
	8539: "The callee is busy.",
	8540: "The callee is busy everywhere.",
	8541: "The callee is unavailable.",
	8542: "The invitation was cancelled.",
	8543: "The callee's call no longer exists.",
	8544: "The callee cannot be reached.",
	8565: "The speech service failed.",
	8583: "The media operation does not go with one that is active.",
	8585: "The operation is not possible in the call's present state.",
	8586: "The incoming call was not acknowledged in time.",
	8587: "The incoming call was not answered in time.",
	8607: "Another transfer of the call is under way.",
}

// codeMeanings are meanings of codes, SIP-like, whatever the sub-code.
var codeMeanings = map[int]string{
	0:   "The call ended in the ordinary way.",
	200: "The call ended in the ordinary way.",
	400: "The request is invalid.",
	401: "The credentials were refused.",
	403: "The call is forbidden.",
	404: "The number or user does not exist.",
	408: "Nobody answered in time.",
	410: "The callee is gone.",
	429: "The service asked to slow down.",
	480: "Nobody answered, or the callee is unavailable.",
	484: "The number is incomplete or badly formed.",
	486: "The callee is busy.",
	487: "The call was cancelled before anybody answered.",
	500: "The service or a network failed.",
	502: "A network failed.",
	503: "The service or a network is unavailable.",
	504: "A network did not answer in time.",
	600: "The callee is busy everywhere.",
	603: "The callee declined.",
}

// Describe says in a plain sentence what a code and sub-code mean. Codes that it does not know are named.
func Describe(code, subCode int) string {
	if meaning, ok := meanings[codePair{code, subCode}]; ok {
		return meaning
	}
	if meaning, ok := subCodeMeanings[subCode]; ok {
		return meaning
	}
	if isAuthentication(subCode) {
		return "The credentials were refused, or their identity is not known."
	}
	if sip, ok := sipOf(subCode); ok && codeMeanings[sip] != "" {
		return codeMeanings[sip]
	}
	if meaning, ok := codeMeanings[code]; ok {
		return meaning
	}
	return fmt.Sprintf("The service gave code %d with sub-code %d.", code, subCode)
}

// isAuthentication tells whether a sub-code is one of the failures of keys, tokens and identities.
func isAuthentication(subCode int) bool {
	return subCode >= 7500 && subCode <= 7510 || subCode >= 7600 && subCode <= 7606
}

// sipOf is the SIP code of the telephone network in a sub-code of an outbound (56xxxx) or an inbound leg (54xxxx).
func sipOf(subCode int) (int, bool) {
	leg, sip := subCode/1000, subCode%1000
	return sip, (leg == 560 || leg == 540) && sip != 0
}
