// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// logged is a message as SIPp logs it.
func logged(direction string, lines ...string) string {
	return "----------------------------------------------- 2030-01-02 03:04:05.678901\n" +
		"UDP message " + direction + " :\n\n" + strings.Join(lines, "\r\n") + "\r\n\r\n\n"
}

func TestInvitationsInALog(t *testing.T) {
	first := logged("received [100] bytes", "INVITE sip:+14255550186@127.0.0.2:5060 SIP/2.0", "From: <sip:a@x>;tag=1", "To: <sip:b@y>", "Call-ID: one")
	log := first +
		logged("sent (90 bytes)", "SIP/2.0 180 Ringing", "Call-ID: one") +
		first + // It was sent again, since the answer was lost.
		logged("received [100] bytes", "INVITE sip:+14255550186@127.0.0.2:5060 SIP/2.0", "From: <sip:a@x>;tag=1", "To: <sip:b@y>;tag=2", "Call-ID: one") +
		logged("sent (90 bytes)", "INVITE sip:+14255550100@127.0.0.1:5060 SIP/2.0", "From: <sip:c@x>;tag=3", "To: <sip:b@y>", "Call-ID: ours") +
		logged("received [100] bytes", "INVITE sip:+14255550180@127.0.0.2:5060 SIP/2.0", "From: <sip:a@x>;tag=4", "To: <sip:b@y>", "Call-ID: two")
	want := [][]string{{"+14255550186", "<sip:a@x>;tag=1", "one"}, {"+14255550180", "<sip:a@x>;tag=4", "two"}}
	if diff := cmp.Diff(want, summaries(invitationsIn(log))); diff != "" {
		t.Errorf("invitations that arrived, each once (-want +got):\n%s", diff)
	}
}

// printed is a message as baresip prints it.
func printed(lines ...string) string {
	return "\x1b[36;1m#\nUDP 10.0.0.1:5060 -> 10.0.0.2:5060\n" + strings.Join(lines, "\r\n") + "\r\n\r\n\x1b[;m\n"
}

func TestInvitationsInATrace(t *testing.T) {
	first := printed("INVITE sip:ada-0x1@10.0.0.2 SIP/2.0", "From: <sip:a@x>;tag=1", "To: <sip:ada@y>", "Call-ID: one")
	trace := "baresip is ready.\n" + printed("SIP/2.0 200 OK", "CSeq: 1 REGISTER", "Call-ID: zero") +
		first + first + // It was sent again, since the answer was lost.
		printed("SIP/2.0 200 Answering", "Call-ID: one") +
		printed("INVITE sip:ada-0x1@10.0.0.2 SIP/2.0", "From: <sip:a@x>;tag=1", "To: <sip:ada@y>;tag=2", "Call-ID: one") +
		"call: stream start\n" +
		printed("INVITE sip:ada-0x1@10.0.0.2 SIP/2.0", "From: <sip:b@x>;tag=3", "To: <sip:ada@y>", "Call-ID: two")
	want := [][]string{{"ada-0x1", "<sip:a@x>;tag=1", "one"}, {"ada-0x1", "<sip:b@x>;tag=3", "two"}}
	if diff := cmp.Diff(want, summaries(InvitationsInTrace(trace))); diff != "" {
		t.Errorf("invitations that arrived, each once (-want +got):\n%s", diff)
	}
}

func summaries(all []Invitation) [][]string {
	var short [][]string
	for _, i := range all {
		short = append(short, []string{i.Number, i.From, i.CallID})
	}
	return short
}
