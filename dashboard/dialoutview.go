// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/useractions"
)

// dialOutView is a DialOut as the page shows it.
type dialOutView struct {
	identity
	Provider  string     `json:"provider"`
	Flow      string     `json:"flow,omitempty"`
	Phase     string     `json:"phase"`
	Reason    string     `json:"reason,omitempty"`
	Message   string     `json:"message,omitempty"`
	Suspended bool       `json:"suspended,omitempty"`
	Started   *time.Time `json:"started,omitempty"`
	Next      *time.Time `json:"next,omitempty"`
	// Waiting says what it waits for, if it starts no call.
	Waiting string `json:"waiting,omitempty"`

	Total    int32 `json:"total"`
	Pending  int32 `json:"pending"`
	Calling  int32 `json:"calling"`
	Between  int32 `json:"between"`
	Done     int32 `json:"done"`
	Accepted int32 `json:"accepted"`
	// Accepts says that some outcomes count as accepted.
	Accepts bool `json:"accepts,omitempty"`
	// AcceptedBy is the Call in which somebody accepted, of a DialOut that is then complete.
	AcceptedBy string `json:"acceptedBy,omitempty"`

	Parallelism    int    `json:"parallelism"`
	CallsPerSecond string `json:"callsPerSecond,omitempty"`

	Outcomes     []outcomeCount `json:"outcomes,omitempty"`
	FlowOutcomes []outcomeCount `json:"flowOutcomes,omitempty"`

	Duplicates int32         `json:"duplicates,omitempty"`
	BadLines   int32         `json:"badLines,omitempty"`
	FirstBad   []badLineView `json:"firstBad,omitempty"`

	Outcome  string     `json:"outcome,omitempty"`
	AsWanted bool       `json:"asWanted,omitempty"`
	Ended    *time.Time `json:"ended,omitempty"`
	// Cannot says why it can neither be suspended nor resumed.
	Cannot string `json:"cannot"`
}

// outcomeCount is a bar of the chart.
type outcomeCount struct {
	Outcome string `json:"outcome"`
	Count   int32  `json:"count"`
}

type badLineView struct {
	Source  string `json:"source"`
	Line    int32  `json:"line"`
	Message string `json:"message"`
}

func viewOfDialOut(dialOut *v1alpha1.DialOut) dialOutView {
	spec, status := &dialOut.Spec, &dialOut.Status
	view := dialOutView{
		identity: identify(kindDialOut, dialOut), Provider: spec.CallTemplate.Spec.ProviderRef.Name, Phase: string(status.Phase), Suspended: spec.Suspend,
		Started: timeOf(status.StartTime), Next: timeOf(status.NextStartTime), Total: status.Counts.Total, Pending: status.Counts.Pending,
		Calling: status.Counts.Calling, Between: status.Counts.Waiting, Done: status.Counts.Done, Accepted: status.Counts.Accepted,
		Accepts: len(spec.AcceptedFlowOutcomes) > 0, Parallelism: spec.MaxParallel(), Outcomes: countsOf(status.Outcomes), FlowOutcomes: countsOf(status.FlowOutcomes),
		Cannot: useractions.CannotSuspend(dialOut),
	}
	if spec.CallTemplate.Spec.Flow != nil {
		view.Flow = spec.CallTemplate.Spec.Flow.Name
	}
	if spec.CallsPerSecond != nil {
		view.CallsPerSecond = strconv.FormatFloat(spec.CallsPerSecond.AsApproximateFloat64(), 'f', -1, 64)
	}
	if status.Accepted != nil {
		view.AcceptedBy = status.Accepted.Call
	}
	if status.Waiting != nil {
		view.Waiting = status.Waiting.Message
	}
	if status.Targets != nil {
		view.Duplicates, view.BadLines = status.Targets.Duplicates, status.Targets.BadLines
	}
	for _, line := range status.BadLines {
		view.FirstBad = append(view.FirstBad, badLineView{Source: line.Source, Line: line.Line, Message: line.Message})
	}
	view.Reason, view.Message = explanation(status.Conditions)
	if result := status.Result; result != nil {
		view.Outcome, view.Message, view.Ended = string(result.Outcome), result.Message, timeOf(&result.EndTime)
		view.AsWanted = result.Outcome == v1alpha1.DialOutAllCalled || result.Outcome == v1alpha1.DialOutAccepted
	}
	return view
}

// countsOf are the bars of a chart, the longest first.
func countsOf(counts []v1alpha1.OutcomeCount) []outcomeCount {
	var bars []outcomeCount
	for _, count := range counts {
		bars = append(bars, outcomeCount{Outcome: count.Outcome, Count: count.Count})
	}
	slices.SortFunc(bars, func(a, b outcomeCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Outcome, b.Outcome))
	})
	return bars
}
