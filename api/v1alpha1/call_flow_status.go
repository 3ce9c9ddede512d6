// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// MaxFlowAnswers is how many answers status.flow.answers has.
const MaxFlowAnswers = 16

// FlowProgress is how far a call has come in its flow.
type FlowProgress struct {
	// name is the name of the CallFlow.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// generation is the generation of the CallFlow that the step is from.
	// +optional
	Generation int64 `json:"generation,omitempty"`

	// step is the name of the step that the call is at, or was at when the flow ended. Unset, the flow has not begun.
	// +optional
	Step StepName `json:"step,omitempty"`

	// does is what the step does, such as recognize.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	Does string `json:"does,omitempty"`

	// startTime is when the flow began.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// stepTime is when the step began.
	// +optional
	StepTime *metav1.Time `json:"stepTime,omitempty"`

	// visits are how often the call came to each step.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	Visits []StepVisits `json:"visits,omitempty"`

	// waiting says why the request of the step was not sent yet, or that it is not known whether it was carried out.
	// +optional
	Waiting *OperationWaiting `json:"waiting,omitempty"`

	// attempt is the request of the step. It is written before the request is sent.
	// +optional
	Attempt *RequestAttempt `json:"attempt,omitempty"`

	// participant is the service's raw ID of the participant that the request is about.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Participant string `json:"participant,omitempty"`

	// to is the Call that the step moves the participant into.
	// +optional
	To *OperatedCall `json:"to,omitempty"`

	// recordings are those that the flow started, the newest last, 3 at most.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=3
	Recordings []FlowRecording `json:"recordings,omitempty"`

	// sensitive says that the step asks for a secret.
	// +optional
	Sensitive bool `json:"sensitive,omitempty"`

	// loop says that the step plays something that does not end: the step is over when it begins to play.
	// +optional
	Loop bool `json:"loop,omitempty"`

	// keys are the choices of the question that can be pressed.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	Keys []FlowKey `json:"keys,omitempty"`

	// result is what became of the step. It is there until the next step begins.
	// +optional
	Result *StepResult `json:"result,omitempty"`

	// answers are the last answer of each step that asked something, 16 at most.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	Answers []FlowAnswer `json:"answers,omitempty"`

	// outcome says in one word how the flow ended: the word of the step that ended it, or failed, hungUp, cancelled, timedOut,
	// tooManyVisits or notStarted. Unset, the flow has not ended.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Outcome string `json:"outcome,omitempty"`

	// message says in plain words how the flow ended.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`

	// keepCall says that the call is not hung up although the flow has ended.
	// +optional
	KeepCall bool `json:"keepCall,omitempty"`

	// endTime is when the flow ended.
	// +optional
	EndTime *metav1.Time `json:"endTime,omitempty"`

	// shown is the outcome or, before that, the step.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Shown string `json:"shown,omitempty"`
}

// Recording is the service's ID of the newest recording that the flow started, "" if it has started none.
func (p *FlowProgress) Recording() string {
	if len(p.Recordings) == 0 {
		return ""
	}
	return p.Recordings[len(p.Recordings)-1].ID
}

const (
	// MaxFlowRecordings is how many recordings the status of a flow names.
	MaxFlowRecordings = 3
	// MaxFlowRecordingFiles is how many files it names of each.
	MaxFlowRecordingFiles = 2
)

// FlowRecording is a recording that a flow started.
type FlowRecording struct {
	// id is the service's ID of the recording.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	ID string `json:"id,omitempty"`

	// contentLocations are the URLs of its files once it is over, 2 at most. Azure Communication Services keeps them for 24 hours. They can
	// be fetched with the provider's credentials.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=2
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=1024
	ContentLocations []string `json:"contentLocations,omitempty"`
}

// StepVisits is how often a call came to a step.
type StepVisits struct {
	// step is the name of the step.
	// +required
	Step StepName `json:"step,omitempty"`

	// count is how often the call came to it.
	// +required
	Count int32 `json:"count,omitempty"`
}

// FlowKey is a choice that can be pressed.
type FlowKey struct {
	// tone is the key.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1
	Tone string `json:"tone,omitempty"`

	// label is the answer when it is pressed.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Label string `json:"label,omitempty"`
}

// StepResult is what became of a step.
type StepResult struct {
	// outcome says in one word how it ended.
	// +required
	Outcome ActionOutcome `json:"outcome,omitempty"`

	// answer is what was pressed or said.
	// +optional
	Answer *InputAnswer `json:"answer,omitempty"`

	// code is the service's code.
	// +optional
	Code int32 `json:"code,omitempty"`

	// subCode is the service's sub-code.
	// +optional
	SubCode int32 `json:"subCode,omitempty"`

	// message says in plain words how it ended.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`
}

// FlowAnswer is what was pressed or said in a step.
type FlowAnswer struct {
	// step is the name of the step.
	// +required
	Step StepName `json:"step,omitempty"`

	// answer is the label of the choice, the keys, or what was said, shortened. It is not there for a secret.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Answer string `json:"answer,omitempty"`

	// secretName names the Secret with the answer to a sensitive question, in the keys tones, label and speech.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	SecretName string `json:"secretName,omitempty"`
}

// Over tells whether the flow has ended.
func (p *FlowProgress) Over() bool { return p.Outcome != "" }
