// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operationstatus

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

const (
	one   = "4:+14255550123"
	two   = "4:+14255550124"
	other = "4:+14255550125"

	sourceID, targetID = "cc-source", "cc-target"
)

var epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// second is the n-th second of a test's time.
func second(n int) time.Time { return epoch.Add(time.Duration(n) * time.Second) }

// unseen is what the API server makes of a new move.
func unseen() v1alpha1.ParticipantMoveStatus {
	return v1alpha1.ParticipantMoveStatus{OperationStatus: v1alpha1.OperationStatus{ObservedGeneration: -1}}
}

func observed(n int) Fact { return Observed{Generation: 1, At: second(n)} }

func intended(n int, who ...string) Fact {
	return Intended{
		ID: "attempt-1", Participants: who, At: second(n),
		Calls: []v1alpha1.OperatedCall{{Name: "source", ConnectionID: sourceID}, {Name: "target", ConnectionID: targetID}},
	}
}

func waits(n int, reason string) Fact {
	return Waits{Reason: reason, Message: "It waits.", At: second(n)}
}

func notSent(n int) Fact {
	return NotSent{Reason: v1alpha1.ReasonThrottled, Message: "slow down", Retry: second(n + 30), At: second(n)}
}

func unresolved(n int) Fact { return Unresolved{Message: "The answer was lost.", At: second(n)} }

func accepted(n int) Fact { return Accepted{At: second(n)} }

func abandoned(n int) Fact { return Abandoned{At: second(n)} }

func refused(n int) Fact { return Refused{Code: 404, SubCode: 8522, Message: "no", At: second(n)} }

func seen(n int, inTarget, inSource []string) Fact {
	return Seen{Rosters: [][]telephony.Participant{rosterOf(inSource), rosterOf(inTarget)}, At: second(n)}
}

func rosterOf(ids []string) []telephony.Participant {
	var roster []telephony.Participant
	for _, id := range ids {
		roster = append(roster, telephony.Participant{ID: id})
	}
	return roster
}

// succeeded and failed are the service's events of a participant.
func succeeded(n int, who string) Fact {
	return reported(n, moved{Reason: telephonyacs.ReasonOf(200, 0), Participant: who, From: sourceID})
}

func failed(n int, who string) Fact {
	return reported(n, moved{Failed: true, Reason: telephonyacs.ReasonOf(404, 8522), Participant: who, From: sourceID})
}

// moved is what became of a participant, as an event says it.
type moved = telephony.ParticipantMoved

func reported(n int, news telephony.News) Reported {
	return Reported{Event: telephony.Event{ID: fmt.Sprint(n), Time: second(n), Call: telephony.CallIDs{Connection: targetID}, News: news}, At: second(n)}
}

// phoneOne is somebody on the telephone.
const phoneOne = "4:+14255550111"

// phoneWithoutPlus is a raw ID as services were seen to send it.
func phoneWithoutPlus(rawID string) string { return strings.Replace(rawID, "+", "", 1) }

// sent is a life up to the request for two participants, taken one up to the service's answer.
var (
	sent  = []Fact{observed(1), intended(2, one, two)}
	taken = after(sent, accepted(3))
)

func after(facts []Fact, more ...Fact) []Fact { return append(append([]Fact(nil), facts...), more...) }

// view is a status as a test wants to read it. Times are seconds of the test's time, 0 for none.
type view struct {
	Phase      v1alpha1.MovePhase
	Conditions string
	Waiting    string
	Since      int
	Retry      int
	Attempt    string
	Accepted   bool
	Moved      string
	// Who are the participants' states, in order.
	Who     string
	Outcome v1alpha1.MoveOutcome
	Message string
	Ended   int
}

func viewOf(status v1alpha1.ParticipantMoveStatus) view {
	v := view{Phase: status.Phase, Accepted: status.Accepted, Moved: status.Moved}
	for _, c := range status.Conditions {
		v.Conditions += fmt.Sprintf("%s=%s/%s ", c.Type, c.Status, c.Reason)
	}
	v.Conditions = strings.TrimSpace(v.Conditions)
	if w := status.Waiting; w != nil {
		v.Waiting, v.Since, v.Retry = w.Reason, secondOf(&w.Since), secondOf(w.RetryTime)
	}
	if status.Attempt != nil {
		v.Attempt = status.Attempt.ID
	}
	for _, p := range status.Participants {
		v.Who = strings.TrimSpace(v.Who + " " + string(p.State))
	}
	if r := status.Result; r != nil {
		v.Outcome, v.Message, v.Ended = r.Outcome, r.Message, secondOf(&r.EndTime)
	}
	return v
}

func secondOf(t *metav1.Time) int {
	if t == nil {
		return 0
	}
	return int(t.Sub(epoch) / time.Second)
}
