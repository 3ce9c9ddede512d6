// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ParticipantMoveFinalizer keeps a deleted ParticipantMove, once its request may have been sent, until its result is known.
const ParticipantMoveFinalizer = "call-operator.dev/in-flight"

// ParticipantMove moves participants from one Call into another, once.
//
// It waits until both Calls are connected. Deleting it before its request is sent cancels it; afterwards, deletion waits
// until its result is known.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=pmove,categories=telephony
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="From",type=string,JSONPath=`.status.from.name`
// +kubebuilder:printcolumn:name="To",type=string,JSONPath=`.status.to.name`
// +kubebuilder:printcolumn:name="Moved",type=string,JSONPath=`.status.moved`
// +kubebuilder:printcolumn:name="Outcome",type=string,JSONPath=`.status.result.outcome`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Requested-By",type=string,priority=1,JSONPath=`.metadata.annotations.call-operator\.dev/requested-by`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
type ParticipantMove struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says who is moved, from which Call to which Call. It cannot change.
	// +required
	Spec ParticipantMoveSpec `json:"spec,omitzero"`

	// status is the observed state of the move.
	// +optional
	// +default={"observedGeneration":-1}
	Status ParticipantMoveStatus `json:"status,omitzero"`
}

// ParticipantMoveSpec says who is moved, from which Call to which Call.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a move cannot change: create a new ParticipantMove"
// +kubebuilder:validation:XValidation:rule="!has(self.from.name) || !has(self.to.name) || self.from.name != self.to.name",message="from and to name the same Call: set to.name to the Call that the participants are to move to"
type ParticipantMoveSpec struct {
	// from selects the Call, in the same namespace, that the participants are in.
	// +required
	From CallReference `json:"from,omitzero"`

	// to selects the Call, in the same namespace and with the same provider, that they are moved to.
	// +required
	To CallReference `json:"to,omitzero"`

	// participants are the participants to move. Name them as the Call in from knows them: by the number that was dialled,
	// even if that call was redirected.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	Participants []Identifier `json:"participants,omitempty"`

	// timeout is how long the move may take, from its creation and including the wait, before the operator gives up. From 1s
	// to 24h.
	// +optional
	// +default="5m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}([.][0-9]{1,9})?(h|m|s|ms)){1,4}$') && duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="timeout must be a duration from 1s to 24h, such as 5m"
	Timeout *metav1.Duration `json:"timeout,omitempty"`

	// ttlSecondsAfterFinished is how long the record is kept after the move is over. Unset keeps it until somebody
	// deletes it; 0 deletes it at once.
	// +optional
	// +kubebuilder:validation:Minimum=0
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`
}

// CallReference selects one Call, by name or by labels.
//
// +kubebuilder:validation:XValidation:rule="has(self.name) != has(self.selector)",message="select the Call in exactly one way: set either name or selector"
type CallReference struct {
	// name is the name of the Call.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",message="write the name of a Call: lower case letters, digits, - and ., such as call-anna"
	Name string `json:"name,omitempty"`

	// selector selects the Call by its labels, among Calls that are not over. Exactly one Call must match.
	// +optional
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
}

// defaultMoveTimeout is what the API server sets.
const defaultMoveTimeout = 5 * time.Minute

// Over tells whether the move has a result.
func (s *ParticipantMoveStatus) Over() bool { return s.Result != nil }

// Timeout is spec.timeout or its default.
func (m *ParticipantMove) Timeout() time.Duration {
	return durationOr(m.Spec.Timeout, defaultMoveTimeout)
}

// MovePhase is for people to read. Programs should read conditions.
// +kubebuilder:validation:Enum=Pending;Moving;Ended
type MovePhase string

// The phases of a ParticipantMove.
const (
	MovePhasePending MovePhase = "Pending"
	MovePhaseMoving  MovePhase = "Moving"
	MovePhaseEnded   MovePhase = "Ended"
)

// MoveOutcome says how a move ended.
// +kubebuilder:validation:Enum=Moved;PartlyMoved;Failed;TimedOut;OutcomeUnknown
type MoveOutcome string

// The outcomes of a ParticipantMove.
const (
	// MoveOutcomeMoved says that all participants were moved.
	MoveOutcomeMoved MoveOutcome = "Moved"
	// MoveOutcomePartlyMoved says that some participants were moved and others were not.
	MoveOutcomePartlyMoved MoveOutcome = "PartlyMoved"
	// MoveOutcomeFailed says that nobody was moved.
	MoveOutcomeFailed MoveOutcome = "Failed"
	// MoveOutcomeTimedOut says that spec.timeout passed before the move was sent. Nobody was moved.
	MoveOutcomeTimedOut MoveOutcome = "TimedOut"
	// MoveOutcomeUnknown says that it can no longer be known who was moved.
	MoveOutcomeUnknown MoveOutcome = "OutcomeUnknown"
)

// ParticipantMoveStatus is the observed state of a move.
type ParticipantMoveStatus struct {
	OperationStatus `json:",inline"`

	// phase is Pending, Moving or Ended.
	// +optional
	Phase MovePhase `json:"phase,omitempty"`

	// from is the Call that the participants are moved from.
	// +optional
	From *OperatedCall `json:"from,omitempty"`

	// to is the Call that the participants are moved to.
	// +optional
	To *OperatedCall `json:"to,omitempty"`

	// moved is how many of the participants were moved, as 1/2.
	// +optional
	Moved string `json:"moved,omitempty"`

	// participants lists each participant and its state.
	// +optional
	// +listType=map
	// +listMapKey=rawID
	// +kubebuilder:validation:MaxItems=20
	Participants []MovedParticipant `json:"participants,omitempty"`

	// result says how the move ended. Once it is set, the status no longer changes.
	// +optional
	Result *MoveResult `json:"result,omitempty"`
}

// MovedParticipantState is the state of one participant of a move.
// +kubebuilder:validation:Enum=Pending;Moved;Failed;Unknown
type MovedParticipantState string

// The states of a participant of a move.
const (
	ParticipantPending MovedParticipantState = "Pending"
	ParticipantMoved   MovedParticipantState = "Moved"
	ParticipantFailed  MovedParticipantState = "Failed"
	ParticipantUnknown MovedParticipantState = "Unknown"
)

// MovedParticipant is one participant of a move.
type MovedParticipant struct {
	// rawID is the service's raw ID of the participant, such as 4:+14255550123.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	RawID string `json:"rawID,omitempty"`

	// state is Pending, Moved, Failed or Unknown.
	// +required
	State MovedParticipantState `json:"state,omitempty"`

	// code is the service's code.
	// +optional
	Code int32 `json:"code,omitempty"`

	// subCode is the service's sub-code.
	// +optional
	SubCode int32 `json:"subCode,omitempty"`

	// message says in plain words what happened to the participant.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Message string `json:"message,omitempty"`
}

// MoveResult says how a move ended.
type MoveResult struct {
	// outcome says in one word how it ended.
	// +required
	Outcome MoveOutcome `json:"outcome,omitempty"`

	// message says in plain words how the move ended.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`

	// endTime is when the move was over.
	// +required
	EndTime metav1.Time `json:"endTime,omitzero"`
}

// ParticipantMoveList is a list of ParticipantMoves.
//
// +kubebuilder:object:root=true
type ParticipantMoveList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list's metadata.
	metav1.ListMeta `json:"metadata,omitempty"`
	// items are the moves.
	Items []ParticipantMove `json:"items"`
}
