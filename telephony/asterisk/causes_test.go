// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"fmt"
	"strings"
	"testing"

	"github.com/call-operator/call-operator/telephony"
)

// TestReasonOf has the pairs that Asterisk reports: the SIP status, 0 if SIP gave none, and the Q.850 cause that Asterisk made of it.
func TestReasonOf(t *testing.T) {
	cases := []struct {
		sip, q850 int
		want      telephony.Cause
		reason    string
	}{
		// Final answers to the invitation.
		{486, 17, telephony.CauseBusy, "the phone is busy"},
		{600, 17, telephony.CauseBusy, "all of the callee's phones are busy"},
		{603, 21, telephony.CauseDeclined, "somebody pressed the red button"},
		{603, 16, telephony.CauseCancelled, "the channel was hung up before it was dialled: nobody declined"},
		{401, 21, telephony.CauseForbidden, "Asterisk makes one cause of a decline and of a wrong password"},
		{403, 21, telephony.CauseForbidden, "Asterisk makes one cause of a decline and of a ban"},
		{407, 21, telephony.CauseForbidden, "a proxy asks for a password, too"},
		{480, 19, telephony.CauseUnreached, "the phone is off, or nobody answered"},
		{408, 18, telephony.CauseUnreached, "the phone is not there"},
		{404, 1, telephony.CauseNobody, "there is no such number"},
		{604, 1, telephony.CauseNobody, "nor anywhere else"},
		{410, 22, telephony.CauseNobody, "there was one"},
		{484, 28, telephony.CauseInvalid, "digits are missing"},
		{488, 58, telephony.CauseFailed, "nothing is wrong with the callee"},
		{606, 58, telephony.CauseFailed, "nothing is wrong with the callee"},
		{400, 127, telephony.CauseInvalid, "the invitation itself is wrong"},
		{487, 127, telephony.CauseCancelled, "somebody withdrew the call"},
		{500, 38, telephony.CauseFailed, "a server failed"},
		{501, 29, telephony.CauseFailed, "a server failed"},
		{502, 27, telephony.CauseFailed, "a server failed"},
		{503, 34, telephony.CauseFailed, "a server failed"},
		{504, 102, telephony.CauseFailed, "a server failed"},
		{302, 23, telephony.CauseUnreached, "the new address is not followed"},
		// Without SIP.
		{0, 0, telephony.CauseEnded, "an answered call that the callee ended"},
		{0, 16, telephony.CauseEnded, "an ordinary end"},
		{0, 31, telephony.CauseEnded, "an ordinary end"},
		{0, 1, telephony.CauseNobody, "there is no such number"},
		{0, 17, telephony.CauseBusy, "the phone is busy"},
		{0, 18, telephony.CauseUnreached, "the phone is not there"},
		{0, 19, telephony.CauseUnreached, "nobody answered in time"},
		{0, 20, telephony.CauseUnreached, "the phone is not there"},
		{0, 21, telephony.CauseDeclined, "somebody pressed the red button"},
		{0, 22, telephony.CauseNobody, "there was one"},
		{0, 23, telephony.CauseUnreached, "the new address is not followed"},
		{0, 26, telephony.CauseElsewhere, "another phone took it"},
		{0, 27, telephony.CauseUnreached, "the callee's network is down"},
		{0, 28, telephony.CauseInvalid, "digits are missing"},
		{0, 34, telephony.CauseFailed, "the trunk is full"},
		{0, 38, telephony.CauseFailed, "the network failed"},
		{0, 58, telephony.CauseFailed, "nothing is wrong with the callee"},
		{0, 102, telephony.CauseUnreached, "the callee's network is silent"},
		// Unknown numbers.
		{0, 127, telephony.CauseFailed, "no number says why"},
		{0, 999, telephony.CauseFailed, "a number that nobody has seen"},
		{599, 17, telephony.CauseFailed, "any status from 500 to 599 is a server's failure"},
		{499, 17, telephony.CauseBusy, "the cause counts if the status says nothing"},
		{699, 127, telephony.CauseFailed, "neither says anything"},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%d/%d", c.sip, c.q850), func(t *testing.T) {
			got := ReasonOf(c.sip, c.q850)
			if got.Cause != c.want || got.Code != c.sip || got.SubCode != c.q850 {
				t.Errorf("%s: got %+v, want the cause %s and both numbers", c.reason, got, c.want)
			}
			checkSentence(t, got.Sentence)
		})
	}
}

// TestEveryMeaning: every number of the tables has a cause and a sentence of its own words.
func TestEveryMeaning(t *testing.T) {
	for number, known := range sipMeanings {
		if got := ReasonOf(number, 127); got.Cause != known.cause || known.cause == "" {
			t.Errorf("SIP %d: the cause is %s, and the table says %s", number, got.Cause, known.cause)
		}
		checkSentence(t, known.sentence)
	}
	for number, known := range q850Meanings {
		if got := ReasonOf(0, number); got.Cause != known.cause || known.cause == "" {
			t.Errorf("Q.850 %d: the cause is %s, and the table says %s", number, got.Cause, known.cause)
		}
		checkSentence(t, known.sentence)
	}
	for _, reason := range []telephony.Reason{Moved(), Left()} {
		if reason.Code != 0 || reason.SubCode != 0 {
			t.Errorf("Asterisk gives no number for %q: %+v", reason.Sentence, reason)
		}
		checkSentence(t, reason.Sentence)
	}
}

func checkSentence(t *testing.T, sentence string) {
	t.Helper()
	if sentence == "" || !strings.HasSuffix(sentence, ".") || strings.ToUpper(sentence[:1]) != sentence[:1] {
		t.Errorf("this is no sentence: %q", sentence)
	}
}
