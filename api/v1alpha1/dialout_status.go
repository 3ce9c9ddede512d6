// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Bounds of the lists in a DialOut's status.
const (
	// MaxBadLines is how many bad lines status.badLines lists; status.targets.badLines counts them all.
	MaxBadLines = 16
	// MaxDoneTargets is how many characters status.doneTargets has.
	MaxDoneTargets = 1024
	// MaxOutcomes is how many outcomes status.outcomes and status.flowOutcomes have.
	MaxOutcomes = 20
)

// DialOutPhase is for people to read. Programs should read conditions.
// +kubebuilder:validation:Enum=Pending;Running;Suspended;Ending;Ended
type DialOutPhase string

// The phases of a DialOut.
const (
	DialOutPhasePending   DialOutPhase = "Pending"
	DialOutPhaseRunning   DialOutPhase = "Running"
	DialOutPhaseSuspended DialOutPhase = "Suspended"
	DialOutPhaseEnding    DialOutPhase = "Ending"
	DialOutPhaseEnded     DialOutPhase = "Ended"
)

// DialOutOutcome says how a DialOut ended.
// +kubebuilder:validation:Enum=AllCalled;Accepted;NotAccepted;DeadlineExceeded;OutcomeUnknown
type DialOutOutcome string

// The outcomes of a DialOut.
const (
	// DialOutAllCalled says that everybody was called as often as the rules say.
	DialOutAllCalled DialOutOutcome = "AllCalled"
	// DialOutAccepted says that somebody accepted, so that nobody else was called.
	DialOutAccepted DialOutOutcome = "Accepted"
	// DialOutNotAccepted says that everybody was called and nobody accepted.
	DialOutNotAccepted DialOutOutcome = "NotAccepted"
	// DialOutDeadlineExceeded says that spec.activeDeadlineSeconds passed first.
	DialOutDeadlineExceeded DialOutOutcome = "DeadlineExceeded"
	// DialOutOutcomeUnknown says that the DialOut is a copy, so that it cannot be known who was called. Nobody is called.
	DialOutOutcomeUnknown DialOutOutcome = "OutcomeUnknown"
)

// DialOutStatus says how far the calls of a DialOut have come.
type DialOutStatus struct {
	// observedGeneration is the generation of the spec that this status describes; -1 means that it was not reconciled yet.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// phase is Pending, Running, Suspended, Ending or Ended.
	// +optional
	Phase DialOutPhase `json:"phase,omitempty"`

	// startTime is when the DialOut was started or last resumed. Unset while it is suspended.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// targets are the targets as they were read. Once it is set, the lists are not read again.
	// +optional
	Targets *ReadTargets `json:"targets,omitempty"`

	// badLines are the first lines of the lists that cannot be used, 16 at most.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	BadLines []BadLine `json:"badLines,omitempty"`

	// counts are how many targets there are in each state.
	// +optional
	Counts DialOutCounts `json:"counts,omitzero"`

	// outcomes are how many targets had each outcome at their last attempt.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	Outcomes []OutcomeCount `json:"outcomes,omitempty"`

	// flowOutcomes are how many targets' flows ended with each outcome at the last attempt, the most frequent ones first, 20 at most.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	FlowOutcomes []OutcomeCount `json:"flowOutcomes,omitempty"`

	// doneTargets are the targets that are done, by their numbers in the list, from 0, such as 0-431,433. A long text ends with "…".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	DoneTargets string `json:"doneTargets,omitempty"`

	// nextStartTime is when the next call is started, if it is known.
	// +optional
	NextStartTime *metav1.Time `json:"nextStartTime,omitempty"`

	// waiting says what the DialOut waits for, if it starts no call.
	// +optional
	Waiting *DialOutWaiting `json:"waiting,omitempty"`

	// accepted is the target that accepted, of a DialOut until FirstAccepted.
	// +optional
	Accepted *AcceptedTarget `json:"accepted,omitempty"`

	// ending says why no call is started any more, while calls are still under way.
	// +optional
	Ending DialOutOutcome `json:"ending,omitempty"`

	// result says how the DialOut ended. Once it is set, the status no longer changes.
	// +optional
	Result *DialOutResult `json:"result,omitempty"`

	// conditions are Ready, Reconciling and Stalled, as kstatus defines them, and Complete.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// ReadTargets are the targets of a DialOut as they were read.
type ReadTargets struct {
	// hash identifies what was read.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Hash string `json:"hash,omitempty"`

	// count is how many targets there are.
	// +optional
	Count int32 `json:"count,omitempty"`

	// chunks is how many objects hold them, named after the DialOut, the hash and a number.
	// +optional
	Chunks int32 `json:"chunks,omitempty"`

	// inSecrets says that the objects are Secrets, and otherwise ConfigMaps.
	// +optional
	InSecrets bool `json:"inSecrets,omitempty"`

	// duplicates is how many lines name a party that an earlier line names. It is called once.
	// +optional
	Duplicates int32 `json:"duplicates,omitempty"`

	// badLines is how many lines cannot be used.
	// +optional
	BadLines int32 `json:"badLines,omitempty"`
}

// BadLine is a line of a list that cannot be used.
type BadLine struct {
	// source is where the list is, such as spec.targets, or ConfigMap patients, key list.csv.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=600
	Source string `json:"source,omitempty"`

	// line is the number of the line, from 1; in spec.targets, of the target, from 0. 0 of another list is the list as a whole.
	// +optional
	Line int32 `json:"line,omitempty"`

	// message says what is wrong, and what to do.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Message string `json:"message,omitempty"`
}

// DialOutCounts are how many targets there are in each state.
type DialOutCounts struct {
	// total is how many targets there are.
	// +optional
	Total int32 `json:"total,omitempty"`

	// pending is how many have not been called yet.
	// +optional
	Pending int32 `json:"pending,omitempty"`

	// calling is how many are being called.
	// +optional
	Calling int32 `json:"calling,omitempty"`

	// waiting is how many wait for their next attempt.
	// +optional
	Waiting int32 `json:"waiting,omitempty"`

	// done is how many are not called any more.
	// +optional
	Done int32 `json:"done,omitempty"`

	// accepted is how many of those that are done accepted.
	// +optional
	Accepted int32 `json:"accepted,omitempty"`
}

// OutcomeCount is how many targets had an outcome.
type OutcomeCount struct {
	// outcome is the outcome.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Outcome string `json:"outcome,omitempty"`

	// count is how many targets had it.
	// +required
	Count int32 `json:"count,omitempty"`
}

// DialOutWaiting says what a DialOut waits for.
type DialOutWaiting struct {
	// reason is why no call is started, in one word.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// message says what the DialOut waits for, and what to do.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`
}

// AcceptedTarget is the target that accepted.
type AcceptedTarget struct {
	// index is its number in the list, from 0.
	// +optional
	Index int32 `json:"index,omitempty"`

	// name is its name. Unset, it has none.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`

	// call is the name of the Call in which it accepted.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Call string `json:"call,omitempty"`
}

// DialOutResult says how a DialOut ended.
type DialOutResult struct {
	// outcome says in one word how it ended.
	// +required
	Outcome DialOutOutcome `json:"outcome,omitempty"`

	// message says in plain words how it ended.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`

	// endTime is when it was over.
	// +required
	EndTime metav1.Time `json:"endTime,omitzero"`
}

// Over tells whether the DialOut has a result.
func (s *DialOutStatus) Over() bool { return s.Result != nil }

// DialOutList is a list of DialOuts.
//
// +kubebuilder:object:root=true
type DialOutList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list's metadata.
	metav1.ListMeta `json:"metadata,omitempty"`
	// items are the DialOuts.
	Items []DialOut `json:"items"`
}
