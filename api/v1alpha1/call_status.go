// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Bounds of the lists in a Call's status, so that a Call stays below 10 kB. The lists are atomic: for a map list, the API
// server's managed fields would repeat every item.
const (
	// MaxRoster is how many participants status.participants lists; status.participantCount counts them all.
	MaxRoster = 20
	// MaxHistory is how many events status.history keeps, newest last.
	MaxHistory = 10
)

// CallPhase is for people to read. Programs should read conditions.
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
// +kubebuilder:validation:Enum=Completed;NoAnswer;Busy;Declined;Cancelled;Failed;Expired;Blocked;Missed;Redirected;Rejected;OutcomeUnknown
type CallOutcome string

// The outcomes of a Call.
const (
	// OutcomeCompleted says that the call was connected and ended normally. A call that nobody answered is never Completed.
	OutcomeCompleted CallOutcome = "Completed"
	// OutcomeNoAnswer says that nobody answered in time.
	OutcomeNoAnswer CallOutcome = "NoAnswer"
	// OutcomeBusy says that the callee was busy.
	OutcomeBusy CallOutcome = "Busy"
	// OutcomeDeclined says that the callee declined.
	OutcomeDeclined CallOutcome = "Declined"
	// OutcomeCancelled says that the call was ended by spec.state or by deletion before anybody answered.
	OutcomeCancelled CallOutcome = "Cancelled"
	// OutcomeFailed says that the call could not be placed, or was cut off.
	OutcomeFailed CallOutcome = "Failed"
	// OutcomeExpired says that spec.startingDeadlineSeconds passed before the call was placed. Nobody was rung.
	OutcomeExpired CallOutcome = "Expired"
	// OutcomeBlocked says that a do-not-call list of the provider has the callee's number. Nobody was rung.
	OutcomeBlocked CallOutcome = "Blocked"
	// OutcomeMissed says that an incoming call was not answered, redirected or rejected.
	OutcomeMissed CallOutcome = "Missed"
	// OutcomeRedirected says that an incoming call was redirected to another party.
	OutcomeRedirected CallOutcome = "Redirected"
	// OutcomeRejected says that an incoming call was rejected by a CallRoute or spec.action.
	OutcomeRejected CallOutcome = "Rejected"
	// OutcomeUnknown says that it can no longer be known whether the call took place, or how it ended.
	OutcomeUnknown CallOutcome = "OutcomeUnknown"
)

// CallStatus is the observed state of a call.
type CallStatus struct {
	// observedGeneration is the generation of the spec that this status describes; -1 means that it was not reconciled yet.
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

	// waiting says what a pending call waits for.
	// +optional
	Waiting *CallWaiting `json:"waiting,omitempty"`

	// attempt is the request that places an outbound call, or that answers, redirects or rejects an incoming one. It is
	// written before the request is sent. Once it is set, the callee of an outbound call may have been rung.
	// +optional
	Attempt *RequestAttempt `json:"attempt,omitempty"`

	// route says which CallRoute takes an incoming call, or that spec.action does, and what is done with the call. It is
	// written together with attempt.
	// +optional
	Route *RoutedCall `json:"route,omitempty"`

	// connectionID is the service's ID of this side of the call.
	// +optional
	ConnectionID string `json:"connectionID,omitempty"`

	// serverCallID is the service's ID of the conversation.
	// +optional
	ServerCallID string `json:"serverCallID,omitempty"`

	// correlationID is the service's ID of this side of the call; Microsoft support asks for it. The two sides of a
	// telephone call have different IDs.
	// +optional
	CorrelationID string `json:"correlationID,omitempty"`

	// otherLeg is the other leg of a call between two parties of this provider: the incoming Call that an outbound Call
	// arrived as, or the outbound Call that placed an incoming one. Unset for any other call.
	// +optional
	OtherLeg *OtherLeg `json:"otherLeg,omitempty"`

	// connectedTime is when the call was answered.
	// +optional
	ConnectedTime *metav1.Time `json:"connectedTime,omitempty"`

	// participantCount is how many participants are in the call, as last reported.
	// +optional
	ParticipantCount *int32 `json:"participantCount,omitempty"`

	// participants are the participants as last reported, 20 at most.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	Participants []CallParticipant `json:"participants,omitempty"`

	// rosterSequence is the sequence number of the last reported roster. Older rosters are ignored.
	// +optional
	RosterSequence int64 `json:"rosterSequence,omitempty"`

	// rosterTime is when the roster with rosterSequence was reported, by the clock of the service. The latest of several
	// rosters with the same number counts.
	// +optional
	RosterTime *metav1.MicroTime `json:"rosterTime,omitempty"`

	// ending says why the call is being hung up.
	// +optional
	Ending *CallEnding `json:"ending,omitempty"`

	// reportedEnd is the service's report that the call is over. It is kept here for a few seconds, because the report that
	// somebody answered may still arrive and would change the outcome.
	// +optional
	ReportedEnd *CallReportedEnd `json:"reportedEnd,omitempty"`

	// unreachable says why a live call can currently be neither polled nor hung up.
	// +optional
	Unreachable *CallUnreachable `json:"unreachable,omitempty"`

	// flow is how far the call has come in its flow. Unset, the call has none, or is not placed yet.
	// +optional
	Flow *FlowProgress `json:"flow,omitempty"`

	// result says how the call ended. Once it is set, nothing but flow changes any more, until the flow has ended too.
	// +optional
	Result *CallResult `json:"result,omitempty"`

	// history lists the newest events that changed this status, oldest first, 10 at most.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	History []CallEvent `json:"history,omitempty"`

	// conditions are Ready, Reconciling and Stalled, as kstatus defines them, Connected and Ended, and FlowEnded of a call with a flow.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// CallWaiting says what a pending call waits for.
type CallWaiting struct {
	// reason is why the call waits, in one word.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// message says what the call waits for, and how to fix it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`

	// ahead is how many calls were ahead of this one in the queue when this was written. It is updated only when it has
	// halved, so the real number may be lower, but never higher.
	// +optional
	Ahead *int32 `json:"ahead,omitempty"`

	// since is when the call began to wait for this.
	// +required
	Since metav1.Time `json:"since,omitzero"`

	// retryTime is when the operator retries. Unset, the call is placed as soon as the wait is over.
	// +optional
	RetryTime *metav1.Time `json:"retryTime,omitempty"`

	// deadline is the time by which the call must be placed. Otherwise it ends with the outcome Expired. Unset, there is no
	// deadline.
	// +optional
	Deadline *metav1.Time `json:"deadline,omitempty"`
}

// RequestAttempt identifies a request that the service should carry out once. Every retry of the request carries the same
// ID.
type RequestAttempt struct {
	// id is the Repeatability-Request-ID.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	ID string `json:"id,omitempty"`

	// firstSent is the Repeatability-First-Sent.
	// +required
	FirstSent metav1.Time `json:"firstSent,omitzero"`

	// repeatability says whether the service's answer confirmed that it recognises a retry of the request. Unset, there was
	// no answer yet.
	// +optional
	Repeatability RequestRepeatability `json:"repeatability,omitempty"`

	// committedTime is when the request was about to pass the point of no return, at a service that does not recognise a retry: from
	// then on nothing is sent a second time. Unset, the request has not rung anybody yet, or the service recognises retries.
	// +optional
	CommittedTime *metav1.Time `json:"committedTime,omitempty"`

	// objectUID is the UID of the object that the request was sent for. An object with another UID is a copy, such as a
	// restored backup, and no request is sent for it.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	ObjectUID types.UID `json:"objectUID,omitempty"`

	// service is the service that the request is sent to. It is never sent to another one.
	// +optional
	Service *AttemptService `json:"service,omitempty"`

	// request holds the values of the request that are neither in spec nor elsewhere in status, so that a retry is identical
	// even when the CallProvider has changed.
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

	// endpoint is the host of the service in lower case, with its port unless it is the default port.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Endpoint string `json:"endpoint,omitempty"`

	// resourceID is the CallProvider's spec.acs.resourceID at that time. Callbacks that the service signed for this resource
	// are accepted even if the CallProvider now names another resource.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	ResourceID string `json:"resourceID,omitempty"`
}

// AttemptRequest holds the values that a request took from the CallProvider and the manager.
type AttemptRequest struct {
	// endpoint is spec.asterisk.endpoint.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Endpoint string `json:"endpoint,omitempty"`

	// sipEndpoint is spec.asterisk.sipEndpoint.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	SIPEndpoint string `json:"sipEndpoint,omitempty"`

	// apiVersion is the api-version.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	APIVersion string `json:"apiVersion,omitempty"`

	// callbackURL is the base of the callback URL. Unset, the request named none: the CallProvider has none.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	CallbackURL string `json:"callbackURL,omitempty"`

	// callbackKeyID identifies the key that made the token in the callback URL. It does not reveal the key.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	CallbackKeyID string `json:"callbackKeyID,omitempty"`

	// cognitiveServicesEndpoint is the URL of the Azure AI services resource.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	CognitiveServicesEndpoint string `json:"cognitiveServicesEndpoint,omitempty"`
}

// CallUnreachable says why a live call can currently be neither polled nor hung up.
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

	// since is when this was first observed.
	// +required
	Since metav1.Time `json:"since,omitzero"`
}

// RequestRepeatability says what the service's answer to a request said about its ID.
// +kubebuilder:validation:Enum=Confirmed;NotConfirmed;Rejected
type RequestRepeatability string

// What the service said about a request's ID.
const (
	// RepeatabilityConfirmed says that the service has recorded the ID and recognises a retry.
	RepeatabilityConfirmed RequestRepeatability = "Confirmed"
	// RepeatabilityNotConfirmed says that the answer did not mention the ID. This is how ACS answers createCall and answerCall.
	RepeatabilityNotConfirmed RequestRepeatability = "NotConfirmed"
	// RepeatabilityRejected says that the service refused the ID.
	RepeatabilityRejected RequestRepeatability = "Rejected"
)

// OtherLegState says what is known about the other leg of a call.
// +kubebuilder:validation:Enum=Expected;Paired;Unknown;Invited;NotOurs
type OtherLegState string

// What is known about the other leg of a call.
const (
	// OtherLegExpected says that an outbound call goes to one of the provider's own numbers, and that its incoming leg has
	// not arrived.
	OtherLegExpected OtherLegState = "Expected"
	// OtherLegPaired says that the other leg is the Call in name.
	OtherLegPaired OtherLegState = "Paired"
	// OtherLegUnknown says that an incoming call may be the other leg of one of several Calls, or of none.
	OtherLegUnknown OtherLegState = "Unknown"
	// OtherLegInvited says that an incoming call is an invitation into the call of the Call in name.
	OtherLegInvited OtherLegState = "Invited"
	// OtherLegNotOurs says that the caller is one of the provider's own numbers, but no Call in the namespace placed the
	// call.
	OtherLegNotOurs OtherLegState = "NotOurs"
)

// PairedBy says how the two legs of a call were matched.
// +kubebuilder:validation:Enum=CorrelationID;Parties;Redirect
type PairedBy string

// How the two legs of a call were matched.
const (
	// PairedByCorrelationID says that both legs have the same correlation ID, caller and callee.
	PairedByCorrelationID PairedBy = "CorrelationID"
	// PairedByParties says that caller, callee and time match, and that no other Call matches.
	PairedByParties PairedBy = "Parties"
	// PairedByRedirect says that a CallRoute redirected the incoming leg of a Call to this one.
	PairedByRedirect PairedBy = "Redirect"
)

// OtherLeg says what is known about the other leg of a call between two parties of the provider.
type OtherLeg struct {
	// state says what is known: Expected, Paired, Unknown, Invited or NotOurs.
	// +required
	State OtherLegState `json:"state,omitempty"`

	// name is the name of the Call that is the other leg, or that sent the invitation.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// uid is the UID of that Call.
	// +optional
	UID types.UID `json:"uid,omitempty"`

	// pairedBy says how the two legs were matched.
	// +optional
	PairedBy PairedBy `json:"pairedBy,omitempty"`

	// message says why the other leg is not known, and what to do.
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

// RoutedCall says what is done with an incoming call. It is a copy, so that later changes to the route do not affect a
// call that the route has taken.
type RoutedCall struct {
	// name is the name of the CallRoute. Unset, the Call's own spec.action applies.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// action is Answer, Redirect or Reject.
	// +required
	Action RouteActionType `json:"action,omitempty"`

	// redirectTo is the party to ring instead, with Redirect.
	// +optional
	RedirectTo *Identifier `json:"redirectTo,omitempty"`

	// rejectReason is the reason that the caller's side receives, with Reject.
	// +optional
	RejectReason RejectReason `json:"rejectReason,omitempty"`

	// callLabels are set on this Call once it is answered, with Answer.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	CallLabels map[string]string `json:"callLabels,omitempty"`

	// flow is what happens in this Call once it is answered, with Answer.
	// +optional
	Flow *FlowUse `json:"flow,omitempty"`
}

// CallParticipant is a participant of the call.
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
// +kubebuilder:validation:Enum=Requested;Deleted;RingTimeout;MaxDuration;FlowEnded
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
	// EndingFlowEnded says that the call's flow ended.
	EndingFlowEnded EndingReason = "FlowEnded"
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
	// outcome says in one word how it ended.
	// +required
	Outcome CallOutcome `json:"outcome,omitempty"`

	// code is the service's code, SIP-like.
	// +optional
	Code int32 `json:"code,omitempty"`

	// subCode is the service's sub-code.
	// +optional
	SubCode int32 `json:"subCode,omitempty"`

	// reason says what has to be fixed for a call that failed, the provider or the call: Forbidden, InvalidRequest or
	// CalleeNotFound. It is the reason of the Call's conditions.
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
