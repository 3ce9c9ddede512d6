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
	var got [][]string
	for _, i := range invitationsIn(log) {
		got = append(got, []string{i.Number, i.From, i.CallID})
	}
	want := [][]string{{"+14255550186", "<sip:a@x>;tag=1", "one"}, {"+14255550180", "<sip:a@x>;tag=4", "two"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("invitations that arrived, each once (-want +got):\n%s", diff)
	}
}
