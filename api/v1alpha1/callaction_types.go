// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CallActionFinalizer keeps a deleted CallAction until what its request does is over.
const CallActionFinalizer = "call-operator.dev/call-action"

// AnswerSecretType is the type of the Secret with the answer to a sensitive question.
const AnswerSecretType = "call-operator.dev/answer"

// CallAction carries out one operation in a live Call, once: it plays something, listens, calls somebody into the call, records it.
//
// It waits until the Call is connected. Deleting it before its request is sent cancels it. Deleting it afterwards stops what it plays or
// listens for, or whom it rings.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=cact,categories=telephony
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Operation",type=string,JSONPath=`.status.operation`
// +kubebuilder:printcolumn:name="Call",type=string,JSONPath=`.status.call.name`
// +kubebuilder:printcolumn:name="Answer",type=string,JSONPath=`.status.answer.summary`
// +kubebuilder:printcolumn:name="Outcome",type=string,JSONPath=`.status.result.outcome`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Requested-By",type=string,priority=1,JSONPath=`.metadata.annotations.call-operator\.dev/requested-by`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
type CallAction struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says what is done in which Call. It cannot change.
	// +required
	Spec CallActionSpec `json:"spec,omitzero"`

	// status is the observed state of the action.
	// +optional
	// +default={"observedGeneration":-1}
	Status CallActionStatus `json:"status,omitzero"`
}

// CallActionSpec says what is done in which Call.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="an action cannot change: create a new CallAction"
type CallActionSpec struct {
	// call selects the Call, in the same namespace.
	// +required
	Call CallReference `json:"call,omitzero"`

	CallOperation `json:",inline"`

	// startingDeadlineSeconds is how long the action may wait, from its creation, until it is sent. Then it ends with the outcome Expired.
	// +optional
	// +default=300
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=86400
	StartingDeadlineSeconds *int64 `json:"startingDeadlineSeconds,omitempty"`

	// timeout is how long to wait for the service's report, once it has accepted the action. Then the action ends with the outcome
	// OutcomeUnknown. From 1s to 24h.
	// +optional
	// +default="10m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}([.][0-9]{1,9})?(h|m|s|ms)){1,4}$') && duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="timeout must be a duration from 1s to 24h, such as 10m"
	Timeout *metav1.Duration `json:"timeout,omitempty"`

	// ttlSecondsAfterFinished is how long the record is kept after the action is over. Unset keeps it until somebody
	// deletes it; 0 deletes it at once.
	// +optional
	// +kubebuilder:validation:Minimum=0
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`
}

// Defaults as the API server sets them.
const (
	defaultActionDeadline = 300 * time.Second
	defaultActionTimeout  = 10 * time.Minute
)

// StartingDeadline is how long the action may wait from its creation.
func (a *CallAction) StartingDeadline() time.Duration {
	if a.Spec.StartingDeadlineSeconds == nil {
		return defaultActionDeadline
	}
	return time.Duration(*a.Spec.StartingDeadlineSeconds) * time.Second
}

// Timeout is spec.timeout or its default.
func (a *CallAction) Timeout() time.Duration { return durationOr(a.Spec.Timeout, defaultActionTimeout) }

// ActionPhase is for people to read. Programs should read conditions.
// +kubebuilder:validation:Enum=Pending;Running;Ended
type ActionPhase string

// The phases of a CallAction.
const (
	ActionPhasePending ActionPhase = "Pending"
	ActionPhaseRunning ActionPhase = "Running"
	ActionPhaseEnded   ActionPhase = "Ended"
)

// ActionOutcome says how an action ended.
// +kubebuilder:validation:Enum=Completed;NoInput;NoMatch;NoAnswer;Busy;Declined;Cancelled;CallEnded;Failed;Expired;OutcomeUnknown
type ActionOutcome string

// The outcomes of a CallAction.
const (
	// ActionCompleted says that the operation was carried out: it was played to its end, something was pressed or said, the participant
	// has joined.
	ActionCompleted ActionOutcome = "Completed"
	// ActionNoInput says that nobody pressed or said anything in time.
	ActionNoInput ActionOutcome = "NoInput"
	// ActionNoMatch says that what was pressed or said is not among the choices.
	ActionNoMatch ActionOutcome = "NoMatch"
	// ActionNoAnswer says that the participant to add did not answer.
	ActionNoAnswer ActionOutcome = "NoAnswer"
	// ActionBusy says that the participant to add was busy.
	ActionBusy ActionOutcome = "Busy"
	// ActionDeclined says that the participant to add declined.
	ActionDeclined ActionOutcome = "Declined"
	// ActionCancelled says that the operation was stopped by another one, by cancelMedia or by the deletion of the action.
	ActionCancelled ActionOutcome = "Cancelled"
	// ActionCallEnded says that the call was over before the operation was.
	ActionCallEnded ActionOutcome = "CallEnded"
	// ActionFailed says that the operation could not be carried out.
	ActionFailed ActionOutcome = "Failed"
	// ActionExpired says that spec.startingDeadlineSeconds passed before the action was sent. Nothing was done.
	ActionExpired ActionOutcome = "Expired"
	// ActionUnknown says that it can no longer be known what became of the operation.
	ActionUnknown ActionOutcome = "OutcomeUnknown"
)

// CallActionStatus is the observed state of an action.
type CallActionStatus struct {
	OperationStatus `json:",inline"`

	// phase is Pending, Running or Ended.
	// +optional
	Phase ActionPhase `json:"phase,omitempty"`

	// operation is the name of the operation, such as play.
	// +optional
	Operation OperationName `json:"operation,omitempty"`

	// call is the Call that the request names.
	// +optional
	Call *OperatedCall `json:"call,omitempty"`

	// participant is the service's raw ID of the participant that the operation is about.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Participant string `json:"participant,omitempty"`

	// from is the caller as somebody who is called into the call sees it.
	// +optional
	From *Caller `json:"from,omitempty"`

	// handle is the service's ID of what the operation has begun: of the invitation of addParticipant, or of the recording.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Handle string `json:"handle,omitempty"`

	// startTime is when the service said that the operation has begun.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// stopTime is when the operator asked the service to stop the operation, because the action was deleted.
	// +optional
	StopTime *metav1.Time `json:"stopTime,omitempty"`

	// answer is what was pressed or said.
	// +optional
	Answer *InputAnswer `json:"answer,omitempty"`

	// recordingFiles are the contents of a recording that is over, 16 at most. Azure Communication Services keeps them for 24 hours. They can
	// be fetched with the provider's credentials.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	RecordingFiles []RecordingFile `json:"recordingFiles,omitempty"`

	// result says how the action ended. Once it is set, the status no longer changes.
	// +optional
	Result *ActionResult `json:"result,omitempty"`
}

// Over tells whether the action has a result.
func (s *CallActionStatus) Over() bool { return s.Result != nil }

// InputAnswer is what was pressed or said.
type InputAnswer struct {
	// summary is the answer for people to read: the label of the choice, the tones, or what was said, shortened.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Summary string `json:"summary,omitempty"`

	// tones are the keys that were pressed.
	// +optional
	Tones Tones `json:"tones,omitempty"`

	// label is that of the choice that was pressed or said.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Label string `json:"label,omitempty"`

	// speech is what was said.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Speech string `json:"speech,omitempty"`

	// confidencePercent is how sure the service is that this was said.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	ConfidencePercent *int32 `json:"confidencePercent,omitempty"`

	// secretName names the Secret with the answer to a sensitive question, in the keys tones, label and speech. Nothing else of it is here.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	SecretName string `json:"secretName,omitempty"`
}

// MaxRecordingFiles is how many files of a recording a status names.
const MaxRecordingFiles = 16

// RecordingFile is a part of a recording.
type RecordingFile struct {
	// contentLocation is the URL of the sound. It needs the provider's credentials.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	ContentLocation string `json:"contentLocation,omitempty"`

	// metadataLocation is the URL of a description: who spoke, and when.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	MetadataLocation string `json:"metadataLocation,omitempty"`

	// deleteLocation is the URL to delete it by.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	DeleteLocation string `json:"deleteLocation,omitempty"`
}

// ActionResult says how an action ended.
type ActionResult struct {
	// outcome says in one word how it ended.
	// +required
	Outcome ActionOutcome `json:"outcome,omitempty"`

	// code is the service's code.
	// +optional
	Code int32 `json:"code,omitempty"`

	// subCode is the service's sub-code.
	// +optional
	SubCode int32 `json:"subCode,omitempty"`

	// message says in plain words how the action ended.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`

	// endTime is when the action was over.
	// +required
	EndTime metav1.Time `json:"endTime,omitzero"`
}

// CallActionList is a list of CallActions.
//
// +kubebuilder:object:root=true
type CallActionList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list's metadata.
	metav1.ListMeta `json:"metadata,omitempty"`
	// items are the actions.
	Items []CallAction `json:"items"`
}
