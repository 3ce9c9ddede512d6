// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CallFlow is what happens in a call, step by step: say something, ask, branch on the answer, connect, hang up.
//
// A Call runs it when its spec.flow names it, and an incoming Call when the action that answers it does. Each Call reads the flow again
// when one of its steps is over: a change counts from the next step of each Call on.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=cflow,categories=telephony
// +kubebuilder:printcolumn:name="Steps",type=integer,JSONPath=`.status.stepCount`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
type CallFlow struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec has the steps.
	// +required
	Spec CallFlowSpec `json:"spec,omitzero"`

	// status says whether calls can run the flow.
	// +optional
	// +default={"observedGeneration":-1}
	Status CallFlowStatus `json:"status,omitzero"`
}

// CallFlowSpec has the steps of a flow.
type CallFlowSpec struct {
	// parameters are what a Call can give to the flow. Texts, labels and outcomes of steps use them as $(name); $$(name) is not replaced.
	// Always there are $(call.name), $(call.from) and $(call.to).
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Parameters []FlowParameter `json:"parameters,omitempty"`

	// start is the name of the first step. Unset, it is the first one in steps.
	// +optional
	Start StepName `json:"start,omitempty"`

	// timeout is how long a call may run the flow. Then the flow ends with the outcome timedOut, and the call is hung up. From 1s to 24h.
	// +optional
	// +default="10m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}([.][0-9]{1,9})?(h|m|s|ms)){1,4}$') && duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="timeout must be a duration from 1s to 24h, such as 10m"
	Timeout *metav1.Duration `json:"timeout,omitempty"`

	// maxVisits is how often a call may come to one step, unless the step says otherwise. The next time the flow ends with the outcome
	// tooManyVisits, and the call is hung up.
	// +optional
	// +default=5
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	MaxVisits *int32 `json:"maxVisits,omitempty"`

	// steps are what happens.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Steps []FlowStep `json:"steps,omitempty"`
}

// FlowParameter is something that a Call can give to a flow.
type FlowParameter struct {
	// name is what steps call it, as $(name).
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z]([-_A-Za-z0-9]*[A-Za-z0-9])?$')",message="the name of a parameter begins with a letter and has letters, digits, - and _, such as patientName"
	Name string `json:"name,omitempty"`

	// default is its value when a Call gives none. Unset, each Call has to give one.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Default *string `json:"default,omitempty"`

	// description says what it is, for people.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Description string `json:"description,omitempty"`
}

// StepName is the name of a step of a flow.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=32
// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
type StepName string

// FlowStep is one step of a flow. Exactly one of the fields from play to end says what it does.
//
// +kubebuilder:validation:XValidation:rule="[has(self.play), has(self.recognize), has(self.sendTones), has(self.addParticipant), has(self.transfer), has(self.hold), has(self.unhold), has(self.record), has(self.moveTo), has(self.wait), has(self.setLabel), has(self.end)].filter(x, x).size() == 1",message="a step does exactly one thing: set one of play, recognize, sendTones, addParticipant, transfer, hold, unhold, record, moveTo, wait, setLabel or end"
// +kubebuilder:validation:XValidation:rule="!has(self.end) || !(has(self.next) || has(self.branches))",message="nothing comes after end: leave out next and branches"
type FlowStep struct {
	// name is what other steps call it.
	// +required
	Name StepName `json:"name,omitempty"`

	// maxVisits is how often a call may come to this step, instead of spec.maxVisits.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	MaxVisits *int32 `json:"maxVisits,omitempty"`

	// play plays text or a file.
	// +optional
	Play *PlayOperation `json:"play,omitempty"`

	// recognize listens for keys or speech, usually after a prompt.
	// +optional
	Recognize *RecognizeOperation `json:"recognize,omitempty"`

	// sendTones sends DTMF tones, for example to an extension menu at the other end.
	// +optional
	SendTones *SendTonesOperation `json:"sendTones,omitempty"`

	// addParticipant calls somebody into the call.
	// +optional
	AddParticipant *AddParticipantOperation `json:"addParticipant,omitempty"`

	// transfer connects the other end of the call with somebody else. The operator's part in the call ends then.
	// +optional
	Transfer *TransferOperation `json:"transfer,omitempty"`

	// hold puts a participant on hold.
	// +optional
	Hold *HoldOperation `json:"hold,omitempty"`

	// unhold takes a participant off hold.
	// +optional
	Unhold *UnholdOperation `json:"unhold,omitempty"`

	// record starts, pauses, resumes or stops a recording of the call. Leave startedBy out: it is the recording that the flow started.
	// +optional
	Record *RecordOperation `json:"record,omitempty"`

	// moveTo moves the other end of the call into another Call.
	// +optional
	MoveTo *MoveToStep `json:"moveTo,omitempty"`

	// wait does nothing for a while.
	// +optional
	Wait *WaitStep `json:"wait,omitempty"`

	// setLabel sets a label of the Call.
	// +optional
	SetLabel *SetLabelStep `json:"setLabel,omitempty"`

	// end ends the flow.
	// +optional
	End *EndStep `json:"end,omitempty"`

	// next is the step that comes next, unless branches say otherwise. A step that fails ends the flow with the outcome failed if neither says
	// what comes next.
	// +optional
	Next StepName `json:"next,omitempty"`

	// branches say which step comes next after an answer, or after what happened. An answer is the label of a choice, the keys that were
	// pressed, or what was said, in lower case and without marks at its end. What happened is one of noInput, noMatch, failed, noAnswer,
	// busy, declined and hungUp.
	// +optional
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=24
	// +kubebuilder:validation:XValidation:rule="self.all(answer, answer.size() <= 63)",message="write a shorter answer: it has 63 characters at most"
	Branches map[string]StepName `json:"branches,omitempty"`
}

// MoveToStep moves the other end of the call into another Call.
type MoveToStep struct {
	// call selects the other Call, in the same namespace. It has to be connected.
	// +required
	Call CallReference `json:"call,omitzero"`
}

// WaitStep does nothing for a while.
type WaitStep struct {
	// seconds is how long.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=3600
	Seconds int32 `json:"seconds,omitempty"`
}

// SetLabelStep sets a label of the Call.
type SetLabelStep struct {
	// key is the label's key.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$')",message="key must be a label's key: letters, digits, -, _ and ., 63 at most, such as team or example.com/team"
	Key string `json:"key,omitempty"`

	// value is the label's value. What a label cannot have is replaced by -.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Value string `json:"value,omitempty"`
}

// EndStep ends the flow.
type EndStep struct {
	// outcome says in one word of your own how the flow ended, such as confirmed: lower case letters, digits and -, 63 at most.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.contains('$(') || self.matches('^[a-z0-9-]{1,63}$')",message="write outcome as a word of lower case letters, digits and -, 63 at most, such as confirmed"
	Outcome string `json:"outcome,omitempty"`

	// keepCall leaves the call connected. Otherwise it is hung up.
	// +optional
	KeepCall bool `json:"keepCall,omitempty"`
}

// FlowUse names the CallFlow that a call runs, and gives it parameters.
type FlowUse struct {
	// name is the name of the CallFlow, in the same namespace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",message="write the name of a CallFlow: lower case letters, digits, - and ., such as appointment-reminder"
	Name string `json:"name,omitempty"`

	// parameters are the values of the flow's parameters.
	// +optional
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(name, name.size() <= 63 && self[name].size() <= 256)",message="write a shorter parameter: its name has 63 characters at most, and its value 256"
	// +kubebuilder:validation:XValidation:rule="self.map(name, name.size() + self[name].size()).sum() <= 2048",message="parameters may have 2048 characters in total: remove some, or write shorter ones"
	Parameters map[string]string `json:"parameters,omitempty"`
}

// What happens in a step other than an answer, as the keys of a step's branches.
const (
	BranchNoInput  = "noInput"
	BranchNoMatch  = "noMatch"
	BranchFailed   = "failed"
	BranchNoAnswer = "noAnswer"
	BranchBusy     = "busy"
	BranchDeclined = "declined"
	BranchHungUp   = "hungUp"
)

// Outcomes of flows that no step names.
const (
	// FlowFailed says that a step failed, or that the flow cannot be continued.
	FlowFailed = "failed"
	// FlowHungUp says that the call ended in the middle of the flow.
	FlowHungUp = "hungUp"
	// FlowCancelled says that the operator hung up in the middle of the flow: spec.state is Ended, the Call is deleted, or it lasted for
	// spec.maxDuration.
	FlowCancelled = "cancelled"
	// FlowTimedOut says that the flow's spec.timeout passed.
	FlowTimedOut = "timedOut"
	// FlowTooManyVisits says that the call came to a step more often than maxVisits.
	FlowTooManyVisits = "tooManyVisits"
	// FlowNotStarted says that the call was over before it was connected.
	FlowNotStarted = "notStarted"
)

// Defaults as the API server sets them.
const (
	defaultFlowTimeout   = 10 * time.Minute
	defaultFlowMaxVisits = 5
)

// TimeoutOrDefault is timeout or its default.
func (s *CallFlowSpec) TimeoutOrDefault() time.Duration {
	return durationOr(s.Timeout, defaultFlowTimeout)
}

// FirstStep is the name of the first step.
func (s *CallFlowSpec) FirstStep() StepName {
	if s.Start != "" || len(s.Steps) == 0 {
		return s.Start
	}
	return s.Steps[0].Name
}

// Step is the step of that name, nil if there is none.
func (s *CallFlowSpec) Step(name StepName) *FlowStep {
	for i := range s.Steps {
		if s.Steps[i].Name == name {
			return &s.Steps[i]
		}
	}
	return nil
}

// VisitsOf is how often a call may come to a step.
func (s *CallFlowSpec) VisitsOf(step *FlowStep) int32 {
	switch {
	case step.MaxVisits != nil:
		return *step.MaxVisits
	case s.MaxVisits != nil:
		return *s.MaxVisits
	default:
		return defaultFlowMaxVisits
	}
}

// Operation is the operation that the step asks the service for, nil if it asks for none or moves somebody.
func (s *FlowStep) Operation() *CallOperation {
	operation := &CallOperation{
		Play: s.Play, Recognize: s.Recognize, SendTones: s.SendTones, AddParticipant: s.AddParticipant, Transfer: s.Transfer,
		Hold: s.Hold, Unhold: s.Unhold, Record: s.Record,
	}
	if operation.Name() == "" {
		return nil
	}
	return operation
}

// Does is the name of the field that says what the step does.
func (s *FlowStep) Does() string {
	switch {
	case s.MoveTo != nil:
		return "moveTo"
	case s.Wait != nil:
		return "wait"
	case s.SetLabel != nil:
		return "setLabel"
	case s.End != nil:
		return "end"
	}
	if operation := s.Operation(); operation != nil {
		return string(operation.Name())
	}
	return ""
}

// CallFlowStatus says whether calls can run a flow.
type CallFlowStatus struct {
	// observedGeneration is the generation of the spec that this status describes; -1 means that it was not reconciled yet.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// stepCount is how many steps the flow has.
	// +optional
	StepCount int32 `json:"stepCount,omitempty"`

	// problems are what has to be fixed before calls can run the flow, each with its place, 16 at most.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	Problems []FlowProblem `json:"problems,omitempty"`

	// conditions are Ready, Reconciling and Stalled, as kstatus defines them.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// MaxFlowProblems is how many problems the status of a flow has.
const MaxFlowProblems = 16

// FlowProblem is something in a flow that has to be fixed.
type FlowProblem struct {
	// field is where it is, such as spec.steps[2].branches.noInput.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Field string `json:"field,omitempty"`

	// message says what is wrong, and what to do.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Message string `json:"message,omitempty"`
}

// CallFlowList is a list of CallFlows.
//
// +kubebuilder:object:root=true
type CallFlowList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list's metadata.
	metav1.ListMeta `json:"metadata,omitempty"`
	// items are the flows.
	Items []CallFlow `json:"items"`
}
