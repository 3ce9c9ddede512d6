// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

// callEnd is what is known of a call that is over; the codes are those of ACS.
type callEnd struct {
	connected, incoming bool
	ending              v1alpha1.EndingReason
	code, subCode       int
}

func (e callEnd) status() *v1alpha1.CallStatus {
	status := &v1alpha1.CallStatus{}
	if e.connected {
		status.ConnectedTime = &metav1.Time{Time: second(1)}
	}
	if e.incoming {
		status.Route = &v1alpha1.RoutedCall{Action: v1alpha1.RouteActionAnswer}
	}
	if e.ending != "" {
		status.Ending = &v1alpha1.CallEnding{Reason: e.ending}
	}
	return status
}

type conclusion struct {
	Outcome  v1alpha1.CallOutcome
	Sentence string
}

func (e callEnd) conclude() conclusion {
	outcome, sentence := conclude(e.status(), telephonyacs.ReasonOf(e.code, e.subCode))
	return conclusion{outcome, sentence}
}

func (e callEnd) undecided() bool {
	return undecided(e.status(), telephonyacs.ReasonOf(e.code, e.subCode).Cause)
}

// ends are ends of calls by code and sub-code: of a call that nobody answered, and of one that was connected.
var ends = []struct {
	code, subCode int
	reason        string
	unanswered    v1alpha1.CallOutcome
	connected     v1alpha1.CallOutcome
}{
	{0, 0, "no code complains of nothing", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeCompleted},
	{200, 0, "success", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeCompleted},
	{200, 7000, "ended by an application", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeCompleted},
	{0, 7000, "the same, as older versions say it", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeCompleted},
	{200, 5001, "a success that nobody has documented", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeCompleted},
	{200, 5300, "removed by another participant", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeCompleted},
	{0, 5000, "removed by another participant", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeCompleted},
	{200, 5002, "recorded: the callee declined; and after a talk: everybody else had left", v1alpha1.OutcomeDeclined, v1alpha1.OutcomeCompleted},
	{0, 4097, "ended for everybody", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeCompleted},
	{0, 560000, "the telephone side hung up, outbound", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeCompleted},
	{0, 540000, "the telephone side hung up, inbound", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeCompleted},
	{0, 5003, "every endpoint declined, although the code is 0", v1alpha1.OutcomeDeclined, v1alpha1.OutcomeCompleted},
	{486, 560486, "busy", v1alpha1.OutcomeBusy, v1alpha1.OutcomeCompleted},
	{486, 540486, "busy, inbound leg", v1alpha1.OutcomeBusy, v1alpha1.OutcomeCompleted},
	{500, 560486, "busy, whatever the code is", v1alpha1.OutcomeBusy, v1alpha1.OutcomeCompleted},
	{0, 560486, "busy, whatever the code is", v1alpha1.OutcomeBusy, v1alpha1.OutcomeCompleted},
	{600, 0, "SIP's busy everywhere", v1alpha1.OutcomeBusy, v1alpha1.OutcomeCompleted},
	{480, 0, "no answer or unavailable", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeFailed},
	{480, 560480, "no answer or unavailable", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeFailed},
	{480, 560603, "declined, whatever the code is", v1alpha1.OutcomeDeclined, v1alpha1.OutcomeCompleted},
	{480, 10037, "no endpoint that can be reached", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeFailed},
	{480, 10078, "no endpoint that can be reached", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeFailed},
	{408, 560408, "time-out in the network", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeFailed},
	{408, 500001, "time-out", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeFailed},
	{408, 10057, "time-out of an endpoint", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeFailed},
	{487, 0, "cancelled, and not from here", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeCompleted},
	{487, 560487, "cancelled in the network", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeCompleted},
	{487, 5234, "reported for a call that nobody here cancelled", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeCompleted},
	{487, 10003, "another endpoint took it", v1alpha1.OutcomeFailed, v1alpha1.OutcomeCompleted},
	{487, 10004, "not answered in time is no cancellation", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeFailed},
	{487, 10024, "declined by all is no cancellation", v1alpha1.OutcomeDeclined, v1alpha1.OutcomeCompleted},
	{603, 0, "declined, as recorded", v1alpha1.OutcomeDeclined, v1alpha1.OutcomeCompleted},
	{603, 560603, "declined by the network", v1alpha1.OutcomeDeclined, v1alpha1.OutcomeCompleted},
	{403, 510403, "the caller number may not be used", v1alpha1.OutcomeFailed, v1alpha1.OutcomeFailed},
	{403, 560403, "forbidden by the network", v1alpha1.OutcomeFailed, v1alpha1.OutcomeFailed},
	{403, 10124, "reported; the code decides", v1alpha1.OutcomeFailed, v1alpha1.OutcomeFailed},
	{404, 560404, "no such number", v1alpha1.OutcomeFailed, v1alpha1.OutcomeFailed},
	{500, 511404, "no such number, as reported", v1alpha1.OutcomeFailed, v1alpha1.OutcomeFailed},
	{484, 560484, "badly formed number", v1alpha1.OutcomeFailed, v1alpha1.OutcomeFailed},
	{500, 560500, "the network failed", v1alpha1.OutcomeFailed, v1alpha1.OutcomeFailed},
	{503, 560503, "the network is unavailable", v1alpha1.OutcomeFailed, v1alpha1.OutcomeFailed},
	{400, 8538, "the sub-code says that the callee declined", v1alpha1.OutcomeDeclined, v1alpha1.OutcomeCompleted},
	{400, 8539, "the sub-code says busy", v1alpha1.OutcomeBusy, v1alpha1.OutcomeCompleted},
	{400, 8540, "the sub-code says busy everywhere", v1alpha1.OutcomeBusy, v1alpha1.OutcomeCompleted},
	{400, 8541, "the sub-code says unavailable", v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeFailed},
	{599, 1, "a code that nobody knows is no success", v1alpha1.OutcomeFailed, v1alpha1.OutcomeFailed},
	{-1, 0, "nonsense is no success", v1alpha1.OutcomeFailed, v1alpha1.OutcomeFailed},
}

func TestConclude(t *testing.T) {
	t.Parallel()
	for _, e := range ends {
		unanswered := callEnd{code: e.code, subCode: e.subCode}.conclude()
		if unanswered.Outcome != e.unanswered {
			t.Errorf("%d/%d, not answered: %s: got %s, want %s", e.code, e.subCode, e.reason, unanswered.Outcome, e.unanswered)
		}
		connected := callEnd{connected: true, code: e.code, subCode: e.subCode}.conclude()
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
		end          callEnd
	}{
		{"an ordinary end", "The other side hung up.", callEnd{connected: true, subCode: 560000}},
		{"nobody hung up who was never there", "The call ended, and nobody had answered.", callEnd{subCode: 560000}},
		{"the recorded decline", "The callee declined: the call ended since everybody else had left, and nobody had answered.", callEnd{code: 200, subCode: 5002}},
		{"nothing was cancelled before an answer", "The call was connected, and the other side ended it.", callEnd{connected: true, code: 487}},
		{"not by us", "The call was cancelled before anybody answered, and not from here.", callEnd{code: 487, subCode: 5234}},
		{"what failed comes after that it had been connected", "The call was connected and broke off. The service or a network failed.", callEnd{connected: true, code: 500}},
		{"the callee was there once", "The call was connected and broke off: the other side could no longer be reached.", callEnd{connected: true, code: 480}},
		{"busy", "The callee is busy.", callEnd{code: 500, subCode: 560486}},
		{"the number", "The number does not exist.", callEnd{code: 500, subCode: 511404}},
	}
	for _, c := range cases {
		if got := c.end.conclude().Sentence; got != c.says {
			t.Errorf("%+v: %s: got %q, want %q", c.end, c.reason, got, c.says)
		}
	}
}

// eachEnd calls check with every end that the rules can tell apart.
func eachEnd(check func(callEnd)) {
	for _, e := range ends {
		for _, connected := range []bool{false, true} {
			for _, incoming := range []bool{false, true} {
				for _, ending := range []v1alpha1.EndingReason{"", v1alpha1.EndingRingTimeout, v1alpha1.EndingRequested} {
					check(callEnd{connected: connected, incoming: incoming, ending: ending, code: e.code, subCode: e.subCode})
				}
			}
		}
	}
}

// TestConcludeRules checks what holds for every end.
func TestConcludeRules(t *testing.T) {
	t.Parallel()
	eachEnd(func(e callEnd) {
		got := e.conclude()
		switch {
		case got.Outcome == v1alpha1.OutcomeCompleted && !e.connected:
			t.Errorf("%+v: nobody answered, and it is completed", e)
		case got.Outcome == v1alpha1.OutcomeCancelled && e.ending != v1alpha1.EndingRequested:
			t.Errorf("%+v: it is cancelled, and not from here", e)
		case e.connected && got.Outcome != v1alpha1.OutcomeCompleted && got.Outcome != v1alpha1.OutcomeFailed:
			t.Errorf("%+v: it was connected, and is %s", e, got.Outcome)
		case e.connected && e.ending != "" && got.Outcome != v1alpha1.OutcomeCompleted:
			t.Errorf("%+v: it was connected until it was hung up here, and is %s", e, got.Outcome)
		case got.Outcome == v1alpha1.OutcomeMissed && !e.incoming:
			t.Errorf("%+v: a call of ours was missed", e)
		case e.undecided() && (e.connected || e.ending != ""):
			t.Errorf("%+v: everything is known, and it is undecided", e)
		case !strings.HasSuffix(got.Sentence, "."):
			t.Errorf("%+v: %q is no sentence", e, got.Sentence)
		}
	})
}

func TestConcludeHungUp(t *testing.T) {
	t.Parallel()
	cases := []struct {
		reason string
		end    callEnd
		want   v1alpha1.CallOutcome
	}{
		{"the service calls our own hang-up cancelled", callEnd{ending: v1alpha1.EndingRingTimeout, code: 487}, v1alpha1.OutcomeNoAnswer},
		{"it ended as wanted", callEnd{ending: v1alpha1.EndingRequested, code: 200, subCode: 7000}, v1alpha1.OutcomeCancelled},
		{"everybody left, since we did", callEnd{ending: v1alpha1.EndingRequested, code: 200, subCode: 5002}, v1alpha1.OutcomeCancelled},
		{"the callee said no first", callEnd{ending: v1alpha1.EndingRequested, code: 603}, v1alpha1.OutcomeDeclined},
		{"the callee was busy", callEnd{ending: v1alpha1.EndingRingTimeout, code: 486}, v1alpha1.OutcomeBusy},
		{"it had been answered", callEnd{connected: true, ending: v1alpha1.EndingRequested, code: 487}, v1alpha1.OutcomeCompleted},
	}
	for _, c := range cases {
		if got := c.end.conclude().Outcome; got != c.want {
			t.Errorf("%+v: %s: got %s, want %s", c.end, c.reason, got, c.want)
		}
	}
}

func TestConcludeIncoming(t *testing.T) {
	t.Parallel()
	cases := []struct {
		reason        string
		code, subCode int
		want          v1alpha1.CallOutcome
	}{
		{"the caller gave up", 487, 0, v1alpha1.OutcomeMissed},
		{"the caller hung up", 0, 540000, v1alpha1.OutcomeMissed},
		{"somebody else took it", 487, 10003, v1alpha1.OutcomeMissed},
		{"it was answered too late", 408, 8587, v1alpha1.OutcomeMissed},
		{"the service failed", 500, 0, v1alpha1.OutcomeFailed},
		{"nobody said why", 0, 0, v1alpha1.OutcomeFailed},
		{"the callee is us, and was not busy", 486, 0, v1alpha1.OutcomeFailed},
	}
	for _, c := range cases {
		if got := (callEnd{incoming: true, code: c.code, subCode: c.subCode}).conclude().Outcome; got != c.want {
			t.Errorf("%d/%d: %s: got %s, want %s", c.code, c.subCode, c.reason, got, c.want)
		}
	}
}
