// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Bounds of the lists in a Call's status, so that a Call stays below 10 kB. The lists are atomic: of a map the API server
// keeps who wrote each item, which is as long as the item.
const (
	// MaxRoster is how many participants status.participants lists; status.participantCount counts them all.
	MaxRoster = 20
	// MaxHistory is how many events status.history keeps, newest last.
	MaxHistory = 10
)

// CallPhase is a word for people. Machines read conditions.
// +kubebuilder:validation:Enum=Pending;Dialing;Ringing;Connected;Ending;Ended
type CallPhase string

// The phases of a Call: Pending, Dialing (outbound) or Ringing (inbound), Connected, Ending, Ended.
const (
	CallPhasePending   CallPhase = "Pending"
	CallPhaseDialing   CallPhase = "Dialing"
	CallPhaseRinging   CallPhase = "Ringing"
	CallPhaseConnected CallPhase = "Connected"
	CallPhaseEnding    CallPhase = "Ending"
	CallPhaseEnded     CallPhase = "Ended"
)

// CallOutcome says how a call ended.
// +kubebuilder:validation:Enum=Completed;NoAnswer;Busy;Declined;Cancelled;Failed;Expired;Missed;Redirected;Rejected;OutcomeUnknown
type CallOutcome string

// The outcomes of a Call.
const (
	// OutcomeCompleted says that the call was connected and ended in an ordinary way. A call that nobody answered is never
	// Completed.
	OutcomeCompleted CallOutcome = "Completed"
	// OutcomeNoAnswer says that nobody answered in time.
	OutcomeNoAnswer CallOutcome = "NoAnswer"
	// OutcomeBusy says that the callee was busy.
	OutcomeBusy CallOutcome = "Busy"
	// OutcomeDeclined says that the callee declined.
	OutcomeDeclined CallOutcome = "Declined"
	// OutcomeCancelled says that the call was ended by spec.state or by deletion before anybody answered.
	OutcomeCancelled CallOutcome = "Cancelled"
	// OutcomeFailed says that the call could not be placed, or broke.
	OutcomeFailed CallOutcome = "Failed"
	// OutcomeExpired says that spec.startingDeadlineSeconds was over before the call was placed. Nobody was rung.
	OutcomeExpired CallOutcome = "Expired"
	// OutcomeMissed says that nothing answered, redirected or rejected an incoming call.
	OutcomeMissed CallOutcome = "Missed"
	// OutcomeRedirected says that an incoming call was passed on to somebody else.
	OutcomeRedirected CallOutcome = "Redirected"
	// OutcomeRejected says that an incoming call was rejected, as wanted.
	OutcomeRejected CallOutcome = "Rejected"
	// OutcomeUnknown says that nobody can tell any more whether, or how, the call took place.
	OutcomeUnknown CallOutcome = "OutcomeUnknown"
)

// CallStatus says what is true of a call.
type CallStatus struct {
	// observedGeneration is the generation of the spec that this status speaks of; -1 says that nobody has looked yet.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// phase is Pending, Dialing (outbound) or Ringing (inbound), Connected, Ending or Ended.
	// +optional
	Phase CallPhase `json:"phase,omitempty"`

	// from is the caller, as text. What is longer than a phone number, such as the ID of a user, is shortened; spec has it whole.
	// +optional
	From string `json:"from,omitempty"`

	// to is the callee, as text. What is longer than a phone number, such as the ID of a user, is shortened; spec has it whole.
	// +optional
	To string `json:"to,omitempty"`

	// waiting says what a call that is not placed yet waits for.
	// +optional
	Waiting *CallWaiting `json:"waiting,omitempty"`

	// attempt is the request that places an outbound call, or answers, redirects or rejects an incoming one. It is
	// written before the request is sent; while it is here, the callee of an outbound call may have been rung.
	// +optional
	Attempt *RequestAttempt `json:"attempt,omitempty"`

	// route says which CallRoute, or that spec.action, takes an incoming call, and what it does with it. It is written with the attempt.
	// +optional
	Route *RoutedCall `json:"route,omitempty"`

	// connectionID is the service's ID of this side of the call.
	// +optional
	ConnectionID string `json:"connectionID,omitempty"`

	// serverCallID is the service's ID of the conversation.
	// +optional
	ServerCallID string `json:"serverCallID,omitempty"`

	// correlationID is the service's ID of this side of the call; support asks for it. The two sides of a telephone call
	// have different ones.
	// +optional
	CorrelationID string `json:"correlationID,omitempty"`

	// otherLeg says what is known of the other side of a call between two of our own parties: which incoming Call an
	// outbound one arrived as, or which outbound Call placed an incoming one. Unset, there is nothing to say.
	// +optional
	OtherLeg *OtherLeg `json:"otherLeg,omitempty"`

	// connectedTime is when the call was answered.
	// +optional
	ConnectedTime *metav1.Time `json:"connectedTime,omitempty"`

	// participantCount is how many participants are in the call, as last heard.
	// +optional
	ParticipantCount *int32 `json:"participantCount,omitempty"`

	// participants are the participants as last heard, 20 at most.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	Participants []CallParticipant `json:"participants,omitempty"`

	// rosterSequence is the sequence number of the last reported roster; an older roster changes nothing.
	// +optional
	RosterSequence int64 `json:"rosterSequence,omitempty"`

	// rosterTime is when the roster of rosterSequence was reported, as the service says. Among rosters with the same
	// number the latest holds.
	// +optional
	RosterTime *metav1.MicroTime `json:"rosterTime,omitempty"`

	// ending says why the call is being hung up.
	// +optional
	Ending *CallEnding `json:"ending,omitempty"`

	// reportedEnd is the service's report that the call is over, for the few seconds in which the report that somebody
	// had answered may still come. How the call ended depends on that.
	// +optional
	ReportedEnd *CallReportedEnd `json:"reportedEnd,omitempty"`

	// unreachable says why a live call can be neither polled nor hung up at present.
	// +optional
	Unreachable *CallUnreachable `json:"unreachable,omitempty"`

	// result says how the call ended. Once it is here, nothing in this status changes any more.
	// +optional
	Result *CallResult `json:"result,omitempty"`

	// history lists the newest events that changed this status, oldest first, 10 at most.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	History []CallEvent `json:"history,omitempty"`

	// conditions are Ready, Reconciling and Stalled, as kstatus defines them, and Connected and Ended.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// CallWaiting says what a call that is not placed yet waits for.
type CallWaiting struct {
	// reason is why the call waits, in one word.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// message says what the call waits for, and what would mend it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`

	// ahead is how many calls were to be placed before this one when this was written. It is rewritten when it has
	// halved, so it may be smaller by now and is never too small.
	// +optional
	Ahead *int32 `json:"ahead,omitempty"`

	// since is when the call began to wait for this.
	// +required
	Since metav1.Time `json:"since,omitzero"`

	// retryTime is when the call is tried again. Unset, the call goes on as soon as what it waits for is there.
	// +optional
	RetryTime *metav1.Time `json:"retryTime,omitempty"`

	// deadline is until when the call may be placed. Then it ends with the outcome Expired. Unset, it waits for as long as
	// it takes.
	// +optional
	Deadline *metav1.Time `json:"deadline,omitempty"`
}

// RequestAttempt identifies a request that the service carries out once. Every repetition of the request carries the
// same ID.
type RequestAttempt struct {
	// id is the Repeatability-Request-ID.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	ID string `json:"id,omitempty"`

	// firstSent is the Repeatability-First-Sent.
	// +required
	FirstSent metav1.Time `json:"firstSent,omitzero"`

	// repeatability says whether the service's answer confirmed that it recognises a repetition of the request. Unset, there
	// was no answer yet.
	// +optional
	Repeatability RequestRepeatability `json:"repeatability,omitempty"`

	// objectUID is the UID of the object that the request was sent for. An object with another UID is a copy, and nothing
	// is sent for it.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	ObjectUID types.UID `json:"objectUID,omitempty"`

	// service is the service that the request is sent to. It is never sent to another one.
	// +optional
	Service *AttemptService `json:"service,omitempty"`

	// request is what the request says that is neither in spec nor elsewhere in status, so that a repetition is the same
	// whatever becomes of the CallProvider.
	// +optional
	Request *AttemptRequest `json:"request,omitempty"`
}

// AttemptService is the service that a request is sent to.
type AttemptService struct {
	// providerName is the name of the CallProvider.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	ProviderName string `json:"providerName,omitempty"`

	// providerUID is the UID of the CallProvider.
	// +required
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	ProviderUID types.UID `json:"providerUID,omitempty"`

	// endpoint is the host of the service in lower case, with its port unless that is the usual one.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Endpoint string `json:"endpoint,omitempty"`

	// resourceID is the CallProvider's spec.acs.resourceID at that time. Callbacks that the service signed for this
	// resource are accepted even when the CallProvider leads to another resource by now.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	ResourceID string `json:"resourceID,omitempty"`
}

// AttemptRequest is what a request took from the CallProvider and the manager.
type AttemptRequest struct {
	// apiVersion is the api-version.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	APIVersion string `json:"apiVersion,omitempty"`

	// callbackURL is the base of the callback URL.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	CallbackURL string `json:"callbackURL,omitempty"`

	// callbackKeyID names the key that made the token in the callback URL. It tells nothing about the key.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	CallbackKeyID string `json:"callbackKeyID,omitempty"`

	// cognitiveServicesEndpoint is the URL of the Azure AI services resource.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	CognitiveServicesEndpoint string `json:"cognitiveServicesEndpoint,omitempty"`
}

// CallUnreachable says why a live call can be neither polled nor hung up at present.
type CallUnreachable struct {
	// reason is why, in one word.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// message says what is wrong and what to do.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`

	// since is when this was first found.
	// +required
	Since metav1.Time `json:"since,omitzero"`
}

// RequestRepeatability says what the service's answer to a request said about its ID.
// +kubebuilder:validation:Enum=Confirmed;NotConfirmed;Rejected
type RequestRepeatability string

// What the service said about a request's ID.
const (
	// RepeatabilityConfirmed says that the service has taken the ID in: it recognises a repetition.
	RepeatabilityConfirmed RequestRepeatability = "Confirmed"
	// RepeatabilityNotConfirmed says that the answer did not speak of the ID. ACS answers createCall and answerCall so.
	RepeatabilityNotConfirmed RequestRepeatability = "NotConfirmed"
	// RepeatabilityRejected says that the service refused the ID.
	RepeatabilityRejected RequestRepeatability = "Rejected"
)

// OtherLegState says what is known of the other side of a call.
// +kubebuilder:validation:Enum=Expected;Paired;Unknown;Invited;NotOurs
type OtherLegState string

// What is known of the other side of a call.
const (
	// OtherLegExpected says that an outbound call goes to one of the provider's own numbers, and that its incoming side
	// has not been seen.
	OtherLegExpected OtherLegState = "Expected"
	// OtherLegPaired says that the other side is the Call that name names.
	OtherLegPaired OtherLegState = "Paired"
	// OtherLegUnknown says that an incoming call may be the other side of one of several Calls, or of none.
	OtherLegUnknown OtherLegState = "Unknown"
	// OtherLegInvited says that an incoming call is an invitation into the call of the Call that name names.
	OtherLegInvited OtherLegState = "Invited"
	// OtherLegNotOurs says that the caller is one of the provider's own numbers, and that no Call of the namespace placed
	// the call.
	OtherLegNotOurs OtherLegState = "NotOurs"
)

// PairedBy says how two sides of a call were found to belong together.
// +kubebuilder:validation:Enum=CorrelationID;Parties;Redirect
type PairedBy string

// How two sides of a call were found to belong together.
const (
	// PairedByCorrelationID says that both sides have the same correlation ID, caller and callee.
	PairedByCorrelationID PairedBy = "CorrelationID"
	// PairedByParties says that caller, callee and time fit, and those of no other Call.
	PairedByParties PairedBy = "Parties"
	// PairedByRedirect says that a CallRoute redirected the incoming side of a Call to this one.
	PairedByRedirect PairedBy = "Redirect"
)

// OtherLeg says what is known of the other side of a call between two of our own parties.
type OtherLeg struct {
	// state says what is known: Expected, Paired, Unknown, Invited or NotOurs.
	// +required
	State OtherLegState `json:"state,omitempty"`

	// name is the name of the Call that is the other side, or that invited.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// uid is the UID of that Call.
	// +optional
	UID types.UID `json:"uid,omitempty"`

	// pairedBy says how the two were found to belong together.
	// +optional
	PairedBy PairedBy `json:"pairedBy,omitempty"`

	// message says why the other side is not known, and what to do.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Message string `json:"message,omitempty"`
}

// RouteActionType is what a route does with a call.
// +kubebuilder:validation:Enum=Answer;Redirect;Reject
type RouteActionType string

// What a route does with a call.
const (
	RouteActionAnswer   RouteActionType = "Answer"
	RouteActionRedirect RouteActionType = "Redirect"
	RouteActionReject   RouteActionType = "Reject"
)

// RoutedCall says what is done with an incoming call. It is a copy, so that a change of the route changes nothing of a
// call that it has taken.
type RoutedCall struct {
	// name is the name of the CallRoute. Unset, the Call's own spec.action says what is done.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// action is Answer, Redirect or Reject.
	// +required
	Action RouteActionType `json:"action,omitempty"`

	// redirectTo is the party that rings instead, with Redirect.
	// +optional
	RedirectTo *Identifier `json:"redirectTo,omitempty"`

	// rejectReason is what the caller's side is told, with Reject.
	// +optional
	RejectReason RejectReason `json:"rejectReason,omitempty"`

	// callLabels are set on this Call once it is answered, with Answer.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	CallLabels map[string]string `json:"callLabels,omitempty"`
}

// CallParticipant is somebody in the call.
type CallParticipant struct {
	// rawID is the service's raw ID of the participant, such as 4:+14255550123.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	RawID string `json:"rawID,omitempty"`

	// muted says that the participant is muted.
	// +optional
	Muted bool `json:"muted,omitempty"`

	// onHold says that the participant is on hold.
	// +optional
	OnHold bool `json:"onHold,omitempty"`
}

// EndingReason says why a call is hung up by the operator.
// +kubebuilder:validation:Enum=Requested;Deleted;RingTimeout;MaxDuration
type EndingReason string

// The reasons for which the operator hangs up.
const (
	// EndingRequested says that spec.state became Ended.
	EndingRequested EndingReason = "Requested"
	// EndingDeleted says that the Call was deleted.
	EndingDeleted EndingReason = "Deleted"
	// EndingRingTimeout says that nobody answered within spec.ringTimeout.
	EndingRingTimeout EndingReason = "RingTimeout"
	// EndingMaxDuration says that the call lasted for spec.maxDuration.
	EndingMaxDuration EndingReason = "MaxDuration"
)

// CallEnding says why and since when a call is being hung up.
type CallEnding struct {
	// reason is why the call is hung up.
	// +required
	Reason EndingReason `json:"reason,omitempty"`

	// time is when it was decided.
	// +required
	Time metav1.Time `json:"time,omitzero"`
}

// CallReportedEnd is the service's report that a call is over.
type CallReportedEnd struct {
	// code is the service's code, SIP-like.
	// +optional
	Code int32 `json:"code,omitempty"`

	// subCode is the service's sub-code.
	// +optional
	SubCode int32 `json:"subCode,omitempty"`

	// cause is what the codes mean, in one word.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Cause string `json:"cause,omitempty"`

	// message says in plain words what the codes mean.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`

	// endTime is when the call was over, as the service says.
	// +required
	EndTime metav1.Time `json:"endTime,omitzero"`

	// heardTime is when the report came in.
	// +required
	HeardTime metav1.Time `json:"heardTime,omitzero"`
}

// CallResult says how a call ended.
type CallResult struct {
	// outcome is the end in one word.
	// +required
	Outcome CallOutcome `json:"outcome,omitempty"`

	// code is the service's code, SIP-like.
	// +optional
	Code int32 `json:"code,omitempty"`

	// subCode is the service's sub-code.
	// +optional
	SubCode int32 `json:"subCode,omitempty"`

	// reason says whether the provider or the call has to change, for a call that failed: Forbidden, InvalidRequest or CalleeNotFound.
	// It is the reason of the Call's conditions.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// message says in plain words how the call ended.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`

	// endTime is when the call was over.
	// +required
	EndTime metav1.Time `json:"endTime,omitzero"`
}

// CallEvent is an event that the service reported.
type CallEvent struct {
	// id is the event's ID.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	ID string `json:"id,omitempty"`

	// type is the event's type without the service's prefix, such as CallConnected.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Type string `json:"type,omitempty"`

	// time is when the event happened, as the service says.
	// +required
	Time metav1.Time `json:"time,omitzero"`
}

// Over tells whether the call has a result.
func (s *CallStatus) Over() bool { return s.Result != nil }

// Generation is the observed generation.
func (s *CallStatus) Generation() *int64 { return &s.ObservedGeneration }
