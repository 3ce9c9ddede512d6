// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"fmt"
	"sort"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

const (
	caller = "+14255550100"
	callee = "+14255550123"

	connectionID  = "cc-1"
	serverCallID  = "sc-1"
	correlationID = "co-1"
)

var epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// second is the n-th second of a test's time.
func second(n int) time.Time { return epoch.Add(time.Duration(n) * time.Second) }

func stamp(n int) metav1.Time { return metav1.NewTime(second(n)) }

// unseen is what the API server makes of a new Call.
func unseen() v1alpha1.CallStatus { return v1alpha1.CallStatus{ObservedGeneration: -1} }

func observed(n int) Fact { return Observed{Generation: 1, From: caller, To: callee, At: second(n)} }

func intended(n int) Fact { return Intended{ID: "attempt-1", At: second(n)} }

func placed(n int) Fact { return Placed{Call: leg().CallIDs, At: second(n)} }

func notPlaced(n int) Fact {
	return NotPlaced{Reason: v1alpha1.ReasonThrottled, Message: "slow down", Retry: second(n + 30), At: second(n)}
}

func ending(n int, reason v1alpha1.EndingReason) Fact {
	return EndingBegun{Reason: reason, At: second(n)}
}

func polled(n int, phase telephony.Phase, roster ...telephony.Participant) Fact {
	return Polled{State: stateOf(phase), Participants: roster, At: second(n)}
}

func stateOf(phase telephony.Phase) telephony.State {
	return telephony.State{Call: leg().CallIDs, Phase: phase}
}

// reported is an event that is heard the moment it happens.
func reported(n int, id string, event telephony.Event) Reported {
	event.ID, event.Time = id, second(n)
	return Reported{Event: event, At: second(n)}
}

// body is what an event says of the call, and of why it ended.
type body struct {
	telephony.CallIDs
	telephony.Reason
}

// leg is what every event of the call says.
func leg() body {
	return body{
		telephony.CallIDs{Connection: connectionID, ServerCall: serverCallID, Correlation: correlationID}, telephonyacs.ReasonOf(0, 0),
	}
}

func legOver(code, subCode int) body {
	over := leg()
	over.Reason = telephonyacs.ReasonOf(code, subCode)
	return over
}

// event is an event as ACS names it. One of a type that says nothing of the call has no news.
func event(kind string, says body) telephony.Event {
	news := map[string]telephony.News{
		"CallConnected":    telephony.Connected{},
		"CallDisconnected": telephony.Disconnected{Reason: says.Reason},
		"CreateCallFailed": telephony.NotConnected{Reason: says.Reason},
		"AnswerFailed":     telephony.NotConnected{Reason: says.Reason},
		"ConnectFailed":    telephony.NotConnected{Reason: says.Reason},
	}
	return telephony.Event{Type: kind, Call: says.CallIDs, News: news[kind]}
}

func rosterEvent(says body, sequence int, who []telephony.Participant) telephony.Event {
	return telephony.Event{Type: "ParticipantsUpdated", Call: says.CallIDs, News: telephony.Roster{Sequence: int64(sequence), Participants: who}}
}

func answered(n int) Fact { return reported(n, "connected", event("CallConnected", leg())) }

func roster(n, sequence int, who ...telephony.Participant) Fact {
	return reported(n, fmt.Sprintf("roster-%d", sequence),
		rosterEvent(leg(), sequence, append([]telephony.Participant{}, who...)))
}

func disconnected(n, code, subCode int) Fact {
	return reported(n, "disconnected", event("CallDisconnected", legOver(code, subCode)))
}

func createFailed(n, code, subCode int) Fact {
	return reported(n, "failed", event("CreateCallFailed", legOver(code, subCode)))
}

func phone(number string) telephony.Participant {
	return telephony.Participant{ID: "4:" + number}
}

// The conditions, without their reason.
const (
	onTheWay          = "Connected=False Ended=False Ready=False Reconciling=True"
	onTheLine         = "Connected=True Ended=False Ready=True"
	hangingUpAnswered = "Connected=True Ended=False Ready=False Reconciling=True"
	endedAsWanted     = "Connected=False Ended=True Ready=True"
	endedOtherwise    = "Connected=False Ended=True Ready=False Stalled=True"
)

// truths are the conditions in one line, and the reason that all of them share.
func truths(conditions []metav1.Condition) (line, reason string) {
	words := make([]string, 0, len(conditions))
	reasons := map[string]bool{}
	for _, c := range conditions {
		words = append(words, fmt.Sprintf("%s=%s", c.Type, c.Status))
		reasons[c.Reason] = true
	}
	sort.Strings(words)
	shared := make([]string, 0, 1)
	for r := range reasons {
		shared = append(shared, r)
	}
	sort.Strings(shared)
	return strings.Join(words, " "), strings.Join(shared, " and ")
}

// view is a status as a test wants to read it. Times are seconds of the test's time, 0 for none.
type view struct {
	Phase      v1alpha1.CallPhase
	Conditions string
	Reason     string
	Waiting    string
	WaitsSince int
	Retry      int
	Attempt    string
	Connection string
	Connected  int
	Ending     v1alpha1.EndingReason
	// Count is -1 while nobody has counted.
	Count  int
	Roster []string
	Result string
	Ended  int
	// Message is the result's.
	Message string
	Heard   []string
}

func viewOf(status v1alpha1.CallStatus) view {
	v := view{Phase: status.Phase, Connection: status.ConnectionID, Count: -1}
	v.Conditions, v.Reason = truths(status.Conditions)
	if w := status.Waiting; w != nil {
		v.Waiting, v.WaitsSince, v.Retry = w.Reason, secondOf(&w.Since), secondOf(w.RetryTime)
	}
	if status.Attempt != nil {
		v.Attempt = status.Attempt.ID
	}
	v.Connected = secondOf(status.ConnectedTime)
	if status.Ending != nil {
		v.Ending = status.Ending.Reason
	}
	if status.ParticipantCount != nil {
		v.Count = int(*status.ParticipantCount)
	}
	for _, p := range status.Participants {
		v.Roster = append(v.Roster, p.RawID)
	}
	if r := status.Result; r != nil {
		v.Result = fmt.Sprintf("%s %d/%d", r.Outcome, r.Code, r.SubCode)
		v.Ended, v.Message = secondOf(&r.EndTime), r.Message
	}
	for _, e := range status.History {
		v.Heard = append(v.Heard, e.Type)
	}
	return v
}

func secondOf(t *metav1.Time) int {
	if t == nil {
		return 0
	}
	return int(t.Sub(epoch) / time.Second)
}
