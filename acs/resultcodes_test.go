// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason  string
		code, subCode int
		// says is what the sentence must hold.
		says string
	}{
		{name: "success", reason: "an ordinary end", code: 200, says: "ordinary"},
		{name: "application", reason: "ended by Call Automation", code: 200, subCode: 7000, says: "by the application"},
		{name: "applicationZero", reason: "the same in PSTN's way", subCode: 7000, says: "by the application"},
		{name: "removed", reason: "removed by another", code: 200, subCode: 5300, says: "removed"},
		{name: "removedZero", reason: "likewise", subCode: 5000, says: "removed"},
		{name: "left", reason: "recorded when the last one left", code: 200, subCode: 5002, says: "everybody else had left"},
		{name: "forAll", reason: "ended for all", subCode: 4097, says: "for everybody"},
		{name: "declinedAll", reason: "all endpoints", subCode: 5003, says: "declined"},
		{name: "hungUpOut", reason: "the outbound leg's normal end", subCode: 560000, says: "hung up"},
		{name: "hungUpIn", reason: "the inbound leg's", subCode: 540000, says: "hung up"},
		{name: "busy", reason: "SIP 486", code: 486, subCode: 560486, says: "busy"},
		{name: "busyInbound", reason: "on the other leg", code: 486, subCode: 540486, says: "busy"},
		{name: "busyZero", reason: "the SIP code within the sub-code goes before a code that says nothing", subCode: 560486, says: "busy"},
		{name: "busyZeroInbound", reason: "on the other leg", subCode: 540486, says: "busy"},
		{name: "noAnswer", reason: "SIP 480", code: 480, subCode: 560480, says: "Nobody answered"},
		{name: "noEndpoint", reason: "a user without a device", code: 480, subCode: 10037, says: "no endpoint"},
		{name: "timeout", reason: "SIP 408", code: 408, subCode: 560408, says: "in time"},
		{name: "ringTimeout", reason: "about two minutes", code: 487, subCode: 10004, says: "Nobody answered"},
		{name: "elsewhere", reason: "accepted elsewhere", code: 487, subCode: 10003, says: "Another endpoint"},
		{name: "declinedByAll", reason: "declined by all", code: 487, subCode: 10024, says: "declined"},
		{name: "cancelled", reason: "SIP 487", code: 487, subCode: 560487, says: "cancelled"},
		{name: "declined", reason: "SIP 603", code: 603, says: "declined"},
		{name: "declinedNetwork", reason: "several causes", code: 603, subCode: 560603, says: "too many calls"},
		{name: "callerID", reason: "not owned", code: 403, subCode: 510403, says: "caller number"},
		{name: "forbidden", reason: "SIP 403", code: 403, subCode: 560403, says: "forbidden"},
		{name: "noNumber", reason: "SIP 404", code: 404, subCode: 560404, says: "does not exist"},
		{name: "badNumber", reason: "SIP 484", code: 484, subCode: 560484, says: "badly formed"},
		{name: "network", reason: "SIP 503", code: 503, subCode: 560503, says: "unavailable"},
		{name: "gone", reason: "no such call", code: 404, subCode: 8522, says: "no longer"},
		{name: "goneOther", reason: "whatever the code", code: 400, subCode: 8522, says: "no longer"},
		{name: "notConfigured", reason: "with 405 it means something else", code: 405, subCode: 8522, says: "setting"},
		{name: "notEstablished", reason: "too early", code: 400, subCode: 8501, says: "not established"},
		{name: "over", reason: "too late", code: 400, subCode: 8528, says: "over"},
		{name: "argument", reason: "a mistake of the caller", code: 400, subCode: 8523, says: "argument"},
		{name: "state", reason: "not now", code: 400, subCode: 8585, says: "current state"},
		{name: "media", reason: "another operation", code: 400, subCode: 8500, says: "Another media operation"},
		{name: "conflict", reason: "at the same time", code: 409, subCode: 8519, says: "same time"},
		{name: "transfer", reason: "likewise", code: 409, subCode: 8607, says: "transfer"},
		{name: "owner", reason: "the number's resource", code: 403, subCode: 7507, says: "Another resource"},
		{name: "permission", reason: "a permission lacks", code: 403, subCode: 7504, says: "permission"},
		{name: "hmac", reason: "a wrong signature", code: 401, subCode: 7509, says: "credentials"},
		{name: "identity", reason: "identities have numbers of their own", code: 401, subCode: 7606, says: "credentials"},
		{name: "throttled", reason: "slow down", code: 429, subCode: 8516, says: "slow down"},
		{name: "monthly", reason: "a limit", code: 403, subCode: 8529, says: "monthly"},
		{name: "active", reason: "another", code: 403, subCode: 8530, says: "active calls"},
		{name: "silence", reason: "recognizing", code: 400, subCode: 8510, says: "silence"},
		{name: "late", reason: "an incoming call", code: 408, subCode: 8587, says: "not answered in time"},
		{name: "numberBeside500", reason: "reported: the sub-code decides, whatever the code is", code: 500, subCode: 511404, says: "does not exist"},
		{name: "busyBeside500", reason: "so does the SIP code in it", code: 500, subCode: 560486, says: "busy"},
		{name: "declinedBeside480", reason: "another pair", code: 480, subCode: 560603, says: "declined"},
		{name: "declinedOtherLeg", reason: "every sub-code 54xxxx and 56xxxx ends with a SIP code", code: 500, subCode: 541603, says: "declined"},
		{name: "callerIDBeside500", reason: "51xxxx too where it is known", code: 500, subCode: 510403, says: "caller number"},
		{name: "timeoutBeside0", reason: "whatever code", code: 0, subCode: 10004, says: "Nobody answered in time"},
		{name: "leftBeside603", reason: "whatever code", code: 603, subCode: 5002, says: "everybody else had left"},
		{name: "reported403", reason: "a sub-code that nobody knows leaves it to the code", code: 403, subCode: 10124, says: "forbidden"},
		{name: "unknownSubCode", reason: "the code alone says something", code: 486, subCode: 123456, says: "busy"},
		{name: "unknown", reason: "both are named, for a search", code: 777, subCode: 654321, says: "777 with sub-code 654321"},
		{name: "negative", reason: "nonsense is named too", code: -1, subCode: -560486, says: "-1 with sub-code -560486"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := Describe(tc.code, tc.subCode); !strings.Contains(got, tc.says) {
				t.Errorf("%d/%d: %q, want it to say %q: %s", tc.code, tc.subCode, got, tc.says, tc.reason)
			}
		})
	}
}

// TestMeaningsAreSentences keeps what people read in one form.
func TestMeaningsAreSentences(t *testing.T) {
	t.Parallel()
	var all []string
	for _, meaning := range pairMeanings {
		all = append(all, meaning.says)
	}
	for _, byCode := range []map[int]meaning{subCodeMeanings, codeMeanings} {
		for _, meaning := range byCode {
			all = append(all, meaning.says)
		}
	}
	for _, meaning := range all {
		if !strings.HasSuffix(meaning, ".") || meaning[0] < 'A' || meaning[0] > 'Z' {
			t.Errorf("%q is no sentence", meaning)
		}
	}
}

// TestSubCodeDecides: a sub-code that is known gives one result with every code, but for the pairs of the table.
func TestSubCodeDecides(t *testing.T) {
	t.Parallel()
	known := append(slices.Sorted(maps.Keys(subCodeMeanings)), 560486, 560480, 540603, 560404)
	for _, subCode := range known {
		want := meaningOf(0, subCode)
		for code := range codeMeanings {
			if _, isPair := pairMeanings[codePair{code, subCode}]; isPair {
				continue
			}
			if got := meaningOf(code, subCode); got != want {
				t.Errorf("%d/%d is %+v, and %+v with another code", code, subCode, got, want)
			}
		}
	}
}
