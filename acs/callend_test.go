// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// ends are ends of calls by code and sub-code: of a call that nobody answered, and of one that was connected.
var ends = []struct {
	code, subCode int
	reason        string
	unanswered    CallOutcome
	connected     CallOutcome
}{
	{0, 0, "no code complains of nothing", CallNoAnswer, CallCompleted},
	{200, 0, "success", CallNoAnswer, CallCompleted},
	{200, 7000, "ended by an application", CallNoAnswer, CallCompleted},
	{0, 7000, "the same, as older versions say it", CallNoAnswer, CallCompleted},
	{200, 5001, "a success that nobody has documented", CallNoAnswer, CallCompleted},
	{200, 5300, "removed by another participant", CallNoAnswer, CallCompleted},
	{0, 5000, "removed by another participant", CallNoAnswer, CallCompleted},
	{200, 5002, "recorded: the callee declined; and after a talk: everybody else had left", CallDeclined, CallCompleted},
	{0, 4097, "ended for everybody", CallNoAnswer, CallCompleted},
	{0, 560000, "the telephone side hung up, outbound", CallNoAnswer, CallCompleted},
	{0, 540000, "the telephone side hung up, inbound", CallNoAnswer, CallCompleted},
	{0, 5003, "every endpoint declined, although the code is 0", CallDeclined, CallCompleted},
	{486, 560486, "busy", CallBusy, CallCompleted},
	{486, 540486, "busy, inbound leg", CallBusy, CallCompleted},
	{500, 560486, "busy, whatever the code is", CallBusy, CallCompleted},
	{0, 560486, "busy, whatever the code is", CallBusy, CallCompleted},
	{600, 0, "SIP's busy everywhere", CallBusy, CallCompleted},
	{480, 0, "no answer or unavailable", CallNoAnswer, CallFailed},
	{480, 560480, "no answer or unavailable", CallNoAnswer, CallFailed},
	{480, 560603, "declined, whatever the code is", CallDeclined, CallCompleted},
	{480, 10037, "no endpoint that can be reached", CallNoAnswer, CallFailed},
	{480, 10078, "no endpoint that can be reached", CallNoAnswer, CallFailed},
	{408, 560408, "time-out in the network", CallNoAnswer, CallFailed},
	{408, 500001, "time-out", CallNoAnswer, CallFailed},
	{408, 10057, "time-out of an endpoint", CallNoAnswer, CallFailed},
	{487, 0, "cancelled, and not from here", CallNoAnswer, CallCompleted},
	{487, 560487, "cancelled in the network", CallNoAnswer, CallCompleted},
	{487, 5234, "reported for a call that nobody here cancelled", CallNoAnswer, CallCompleted},
	{487, 10003, "another endpoint took it", CallFailed, CallCompleted},
	{487, 10004, "not answered in time is no cancellation", CallNoAnswer, CallFailed},
	{487, 10024, "declined by all is no cancellation", CallDeclined, CallCompleted},
	{603, 0, "declined, as recorded", CallDeclined, CallCompleted},
	{603, 560603, "declined by the network", CallDeclined, CallCompleted},
	{403, 510403, "the caller number may not be used", CallFailed, CallFailed},
	{403, 560403, "forbidden by the network", CallFailed, CallFailed},
	{403, 10124, "reported; the code decides", CallFailed, CallFailed},
	{404, 560404, "no such number", CallFailed, CallFailed},
	{500, 511404, "no such number, as reported", CallFailed, CallFailed},
	{484, 560484, "badly formed number", CallFailed, CallFailed},
	{500, 560500, "the network failed", CallFailed, CallFailed},
	{503, 560503, "the network is unavailable", CallFailed, CallFailed},
	{400, 8538, "the sub-code says that the callee declined", CallDeclined, CallCompleted},
	{400, 8539, "the sub-code says busy", CallBusy, CallCompleted},
	{400, 8540, "the sub-code says busy everywhere", CallBusy, CallCompleted},
	{400, 8541, "the sub-code says unavailable", CallNoAnswer, CallFailed},
	{599, 1, "a code that nobody knows is no success", CallFailed, CallFailed},
	{-1, 0, "nonsense is no success", CallFailed, CallFailed},
}

func TestConclude(t *testing.T) {
	t.Parallel()
	for _, e := range ends {
		unanswered := CallEnd{Code: e.code, SubCode: e.subCode}.Conclude()
		if unanswered.Outcome != e.unanswered {
			t.Errorf("%d/%d, not answered: %s: got %s, want %s", e.code, e.subCode, e.reason, unanswered.Outcome, e.unanswered)
		}
		connected := CallEnd{Connected: true, Code: e.code, SubCode: e.subCode}.Conclude()
		if connected.Outcome != e.connected {
			t.Errorf("%d/%d, connected: %s: got %s, want %s", e.code, e.subCode, e.reason, connected.Outcome, e.connected)
		}
	}
}

// TestConcludeSentences: the sentence agrees with the outcome.
func TestConcludeSentences(t *testing.T) {
	t.Parallel()
	cases := []struct {
		reason, says string
		end          CallEnd
	}{
		{"an ordinary end", "The other side hung up.", CallEnd{Connected: true, SubCode: 560000}},
		{"nobody hung up who was never there", "The call ended, and nobody had answered.", CallEnd{SubCode: 560000}},
		{"the recorded decline", "The callee declined: the call ended since everybody else had left, and nobody had answered.", CallEnd{Code: 200, SubCode: 5002}},
		{"nothing was cancelled before an answer", "The call was connected, and the other side ended it.", CallEnd{Connected: true, Code: 487}},
		{"not by us", "The call was cancelled before anybody answered, and not from here.", CallEnd{Code: 487, SubCode: 5234}},
		{"what failed comes after that it had been connected", "The call was connected and broke off. The service or a network failed.", CallEnd{Connected: true, Code: 500}},
		{"the callee was there once", "The call was connected and broke off: the other side could no longer be reached.", CallEnd{Connected: true, Code: 480}},
		{"busy", "The callee is busy.", CallEnd{Code: 500, SubCode: 560486}},
		{"the number", "The number does not exist.", CallEnd{Code: 500, SubCode: 511404}},
	}
	for _, c := range cases {
		if got := c.end.Conclude().Sentence; got != c.says {
			t.Errorf("%+v: %s: got %q, want %q", c.end, c.reason, got, c.says)
		}
	}
}

// everyEnd calls check with every end that the tables can tell apart.
func everyEnd(check func(CallEnd)) {
	codes := append(slices.Sorted(maps.Keys(codeMeanings)), -1, 599)
	subCodes := append(slices.Sorted(maps.Keys(subCodeMeanings)), 0, 1, 5001, 5234, 7501, 10124, 540486, 560480, 560486, 560487, 560500, 560603, 541603)
	for _, code := range codes {
		for _, subCode := range subCodes {
			for _, connected := range []bool{false, true} {
				for _, incoming := range []bool{false, true} {
					for _, hungUp := range []HungUp{HungUpNo, HungUpUnanswered, HungUpWanted} {
						check(CallEnd{Connected: connected, Incoming: incoming, HungUp: hungUp, Code: code, SubCode: subCode})
					}
				}
			}
		}
	}
}

// TestConcludeRules checks what holds for every end.
func TestConcludeRules(t *testing.T) {
	t.Parallel()
	everyEnd(func(e CallEnd) {
		got := e.Conclude()
		switch {
		case got.Outcome == CallCompleted && !e.Connected:
			t.Errorf("%+v: nobody answered, and it is completed", e)
		case got.Outcome == CallCancelled && e.HungUp != HungUpWanted:
			t.Errorf("%+v: it is cancelled, and not from here", e)
		case e.Connected && got.Outcome != CallCompleted && got.Outcome != CallFailed:
			t.Errorf("%+v: it was connected, and is %s", e, got.Outcome)
		case e.Connected && e.HungUp != HungUpNo && got.Outcome != CallCompleted:
			t.Errorf("%+v: it was connected until it was hung up here, and is %s", e, got.Outcome)
		case got.Outcome == CallMissed && !e.Incoming:
			t.Errorf("%+v: a call of ours was missed", e)
		case e.Undecided() && (e.Connected || e.HungUp != HungUpNo):
			t.Errorf("%+v: everything is known, and it is undecided", e)
		case !strings.HasSuffix(got.Sentence, "."):
			t.Errorf("%+v: %q is no sentence", e, got.Sentence)
		}
	})
}

// TestSubCodeDecides: a sub-code that is known gives one result with every code, but for the pairs of the table.
func TestSubCodeDecides(t *testing.T) {
	t.Parallel()
	known := append(slices.Sorted(maps.Keys(subCodeMeanings)), 560486, 560480, 540603, 560404)
	for _, subCode := range known {
		want := CallEnd{SubCode: subCode}.Conclude()
		for code := range codeMeanings {
			if _, isPair := pairMeanings[codePair{code, subCode}]; isPair {
				continue
			}
			if got := (CallEnd{Code: code, SubCode: subCode}).Conclude(); got != want {
				t.Errorf("%d/%d is %+v, and %+v with another code", code, subCode, got, want)
			}
		}
	}
}

func TestConcludeHungUp(t *testing.T) {
	t.Parallel()
	cases := []struct {
		reason string
		end    CallEnd
		want   CallOutcome
	}{
		{"the service calls our own hang-up cancelled", CallEnd{HungUp: HungUpUnanswered, Code: 487}, CallNoAnswer},
		{"it ended as wanted", CallEnd{HungUp: HungUpWanted, Code: 200, SubCode: 7000}, CallCancelled},
		{"everybody left, since we did", CallEnd{HungUp: HungUpWanted, Code: 200, SubCode: 5002}, CallCancelled},
		{"the callee said no first", CallEnd{HungUp: HungUpWanted, Code: 603}, CallDeclined},
		{"the callee was busy", CallEnd{HungUp: HungUpUnanswered, Code: 486}, CallBusy},
		{"it had been answered", CallEnd{Connected: true, HungUp: HungUpWanted, Code: 487}, CallCompleted},
	}
	for _, c := range cases {
		if got := c.end.Conclude().Outcome; got != c.want {
			t.Errorf("%+v: %s: got %s, want %s", c.end, c.reason, got, c.want)
		}
	}
}

func TestConcludeIncoming(t *testing.T) {
	t.Parallel()
	cases := []struct {
		reason        string
		code, subCode int
		want          CallOutcome
	}{
		{"the caller gave up", 487, 0, CallMissed},
		{"the caller hung up", 0, 540000, CallMissed},
		{"somebody else took it", 487, 10003, CallMissed},
		{"it was answered too late", 408, 8587, CallMissed},
		{"the service failed", 500, 0, CallFailed},
		{"nobody said why", 0, 0, CallFailed},
		{"the callee is us, and was not busy", 486, 0, CallFailed},
	}
	for _, c := range cases {
		if got := (CallEnd{Incoming: true, Code: c.code, SubCode: c.subCode}).Conclude().Outcome; got != c.want {
			t.Errorf("%d/%d: %s: got %s, want %s", c.code, c.subCode, c.reason, got, c.want)
		}
	}
}
