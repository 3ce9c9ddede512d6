// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstate

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
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

func placed(n int) Fact { return Placed{Connection: connection(""), At: second(n)} }

func notPlaced(n int) Fact {
	return NotPlaced{Reason: v1alpha1.ReasonThrottled, Message: "slow down", Retry: second(n + 30), At: second(n)}
}

func ending(n int, reason v1alpha1.EndingReason) Fact {
	return EndingBegun{Reason: reason, At: second(n)}
}

func polled(n int, state acs.CallConnectionState, roster ...acs.CallParticipant) Fact {
	return Polled{Connection: connection(state), Participants: roster, At: second(n)}
}

func connection(state acs.CallConnectionState) acs.CallConnectionProperties {
	return acs.CallConnectionProperties{
		CallConnectionID: connectionID, ServerCallID: serverCallID, CorrelationID: correlationID, CallConnectionState: state,
	}
}

// reported is an event that is heard the moment it happens.
func reported(n int, id string, data acs.EventData) Reported {
	return Reported{Event: acs.Event{ID: id, Type: typeOf(data), Time: second(n), Data: data}, At: second(n)}
}

func typeOf(data acs.EventData) string {
	return "Microsoft.Communication." + reflect.TypeOf(data).Elem().Name()
}

// leg is what every event of the call says.
func leg() acs.CallEvent {
	return acs.CallEvent{CallConnectionID: connectionID, ServerCallID: serverCallID, CorrelationID: correlationID}
}

func legOver(code, subCode int) acs.CallEvent {
	over := leg()
	over.ResultInformation = &acs.ResultInformation{Code: code, SubCode: subCode}
	return over
}

func answered(n int) Fact { return reported(n, "connected", &acs.CallConnected{CallEvent: leg()}) }

func roster(n, sequence int, who ...acs.CallParticipant) Fact {
	return reported(n, fmt.Sprintf("roster-%d", sequence),
		&acs.ParticipantsUpdated{CallEvent: leg(), SequenceNumber: sequence, Participants: append([]acs.CallParticipant{}, who...)})
}

func disconnected(n, code, subCode int) Fact {
	return reported(n, "disconnected", &acs.CallDisconnected{CallEvent: legOver(code, subCode)})
}

func createFailed(n, code, subCode int) Fact {
	return reported(n, "failed", &acs.CreateCallFailed{CallEvent: legOver(code, subCode)})
}

func phone(number string) acs.CallParticipant {
	return acs.CallParticipant{Identifier: acs.Identifier{RawID: "4:" + number}}
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
