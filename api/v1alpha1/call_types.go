// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CallFinalizer keeps a deleted Call until its phone call is over, so that deletion leaves no live call behind.
const CallFinalizer = "call-operator.dev/hang-up"

// RequestedByAnnotation names the user who created an object. It is set, and protected, by the policy config/policies/requester.yaml, and
// is missing without it.
const RequestedByAnnotation = "call-operator.dev/requested-by"

// The operator needs an incoming call's context to answer, redirect or reject the call. The context is confidential, so
// it is kept in a Secret that has the Call's name and is owned by the Call. The Secret exists only while the call rings.
const (
	// IncomingCallContextAnnotation is set on the Call while the Secret may exist.
	IncomingCallContextAnnotation = "call-operator.dev/incoming-call-context"
	// IncomingCallContextSecretType is the type of the Secret.
	IncomingCallContextSecretType = "call-operator.dev/incoming-call-context"
	// IncomingCallContextKey is the key in the Secret's data.
	IncomingCallContextKey = "incomingCallContext"
)

// Call is one phone call: outbound when spec.to is set, inbound when spec.inbound is set.
//
// Creating a Call places the call. Setting spec.state to Ended hangs up and keeps the record. Deleting the Call hangs up
// too. One Call rings its callee at most once.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=telephony
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="From",type=string,JSONPath=`.status.from`
// +kubebuilder:printcolumn:name="To",type=string,JSONPath=`.status.to`
// +kubebuilder:printcolumn:name="Joined",type=integer,JSONPath=`.status.participantCount`
// +kubebuilder:printcolumn:name="Outcome",type=string,JSONPath=`.status.result.outcome`
// +kubebuilder:printcolumn:name="Flow",type=string,JSONPath=`.status.flow.shown`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Connection-ID",type=string,priority=1,JSONPath=`.status.connectionID`
// +kubebuilder:printcolumn:name="Requested-By",type=string,priority=1,JSONPath=`.metadata.annotations.call-operator\.dev/requested-by`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !(has(oldSelf.status.attempt) || has(oldSelf.status.result)) || ((has(self.spec.to) == has(oldSelf.spec.to)) && (!has(self.spec.to) || self.spec.to == oldSelf.spec.to))",message="cannot change once the call is placed: create a new Call",fieldPath=".spec.to"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !(has(oldSelf.status.attempt) || has(oldSelf.status.result)) || ((has(self.spec.from) == has(oldSelf.spec.from)) && (!has(self.spec.from) || self.spec.from == oldSelf.spec.from))",message="cannot change once the call is placed: create a new Call",fieldPath=".spec.from"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !(has(oldSelf.status.attempt) || has(oldSelf.status.result)) || ((has(self.spec.headers) == has(oldSelf.spec.headers)) && (!has(self.spec.headers) || self.spec.headers == oldSelf.spec.headers))",message="cannot change once the call is placed: create a new Call",fieldPath=".spec.headers"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !(has(oldSelf.status.attempt) || has(oldSelf.status.result)) || self.spec.providerRef == oldSelf.spec.providerRef",message="cannot change once the call is placed: create a new Call",fieldPath=".spec.providerRef"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !(has(oldSelf.status.attempt) || has(oldSelf.status.result)) || ((has(self.spec.notBefore) == has(oldSelf.spec.notBefore)) && (!has(self.spec.notBefore) || self.spec.notBefore == oldSelf.spec.notBefore))",message="cannot change once the call is placed: create a new Call",fieldPath=".spec.notBefore"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !(has(oldSelf.status.attempt) || has(oldSelf.status.result)) || ((has(self.spec.startingDeadlineSeconds) == has(oldSelf.spec.startingDeadlineSeconds)) && (!has(self.spec.startingDeadlineSeconds) || self.spec.startingDeadlineSeconds == oldSelf.spec.startingDeadlineSeconds))",message="cannot change once the call is placed: create a new Call",fieldPath=".spec.startingDeadlineSeconds"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !(has(oldSelf.status.attempt) || has(oldSelf.status.result)) || ((has(self.spec.flow) == has(oldSelf.spec.flow)) && (!has(self.spec.flow) || self.spec.flow == oldSelf.spec.flow))",message="cannot change once the call is placed: create a new Call",fieldPath=".spec.flow"
// +kubebuilder:validation:XValidation:rule="!has(self.spec.action) || has(oldSelf.spec.action) || !has(oldSelf.status) || !(has(oldSelf.status.attempt) || has(oldSelf.status.result))",message="the call has already been answered, redirected or rejected, or is over: leave spec.action unset",fieldPath=".spec.action"
type Call struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says which call is wanted.
	// +required
	Spec CallSpec `json:"spec,omitzero"`

	// status is the observed state of the call.
	// +optional
	// +default={"observedGeneration":-1}
	Status CallStatus `json:"status,omitzero"`
}

// CallState says whether a call is wanted.
// +kubebuilder:validation:Enum=Active;Ended
type CallState string

// The states that a spec can ask for.
const (
	// CallStateActive wants the call placed and kept.
	CallStateActive CallState = "Active"
	// CallStateEnded wants the call hung up, or never placed.
	CallStateEnded CallState = "Ended"
)

// CallSpec says which call is wanted.
//
// +kubebuilder:validation:XValidation:rule="has(self.to) != has(self.inbound)",message="set to, the party to call, such as to: {phoneNumber: \"+14255550123\"} (only the webhook receiver sets inbound, and never together with to)"
// +kubebuilder:validation:XValidation:rule="!has(self.to) || !has(self.to.phoneNumber) || (has(self.from) && has(self.from.phoneNumber))",message="a call to a phone number needs a caller ID: set from.phoneNumber to one of the provider's numbers",fieldPath=".from"
// +kubebuilder:validation:XValidation:rule="has(self.inbound) == has(oldSelf.inbound) && (!has(self.inbound) || self.inbound == oldSelf.inbound)",message="inbound records an incoming call and cannot change: leave it as it is",fieldPath=".inbound"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.inbound) || self.providerRef == oldSelf.providerRef",message="providerRef of an incoming call cannot change: leave it as it is",fieldPath=".providerRef"
// +kubebuilder:validation:XValidation:rule="!has(self.headers) || has(self.to)",message="headers are for outbound calls only: leave them out (what came with an incoming call is in inbound.headers)",fieldPath=".headers"
// +kubebuilder:validation:XValidation:rule="!has(self.action) || has(self.inbound)",message="action is for incoming calls only: leave it out",fieldPath=".action"
// +kubebuilder:validation:XValidation:rule="!has(self.notBefore) || has(self.to)",message="notBefore is for outbound calls only: leave it out",fieldPath=".notBefore"
// +kubebuilder:validation:XValidation:rule="!has(self.startingDeadlineSeconds) || has(self.to)",message="startingDeadlineSeconds is for outbound calls only: leave it out",fieldPath=".startingDeadlineSeconds"
// +kubebuilder:validation:XValidation:rule="!has(self.flow) || has(self.to)",message="flow is for outbound calls only: set action.answer.flow of an incoming call",fieldPath=".flow"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.action) || (has(self.action) && self.action == oldSelf.action)",message="this call already has an action: leave action as it is",fieldPath=".action"
// +kubebuilder:validation:XValidation:rule="oldSelf.state != 'Ended' || self.state == 'Ended'",message="a call that was ended cannot be resumed: create a new Call",fieldPath=".state"
type CallSpec struct {
	// providerRef names the CallProvider, in the same namespace, that carries the call.
	// +required
	ProviderRef ProviderReference `json:"providerRef,omitzero"`

	// from is the caller as the callee sees it.
	// +optional
	From *Caller `json:"from,omitempty"`

	// to is the party to call. It makes the Call an outbound one.
	// +optional
	// +kubebuilder:validation:XValidation:rule="!has(self.rawID)",message="a party that has only a raw ID cannot be called: set phoneNumber or another kind"
	To *Identifier `json:"to,omitempty"`

	// inbound says where an incoming call came from. The webhook receiver writes it.
	// +optional
	Inbound *InboundCall `json:"inbound,omitempty"`

	// headers are sent to the callee with the call, within ACS's limits. ACS does not document whether it forwards them with
	// an outbound call.
	// +optional
	Headers *OutboundHeaders `json:"headers,omitempty"`

	// action says what to do with this incoming call, and takes precedence over every CallRoute: use it to answer, redirect
	// or reject one call by hand. It can be set once, while the call still rings and no route has taken it.
	// +optional
	Action *RouteAction `json:"action,omitempty"`

	// flow is what happens in the call once it is answered. The call is not placed before the flow can be used.
	// +optional
	Flow *FlowUse `json:"flow,omitempty"`

	// state is Active to place and keep the call, Ended to hang up and keep the record.
	// +optional
	// +default="Active"
	State CallState `json:"state,omitempty"`

	// notBefore is the earliest time at which the call is placed. Unset, it is placed as soon as it can be.
	// +optional
	NotBefore *metav1.Time `json:"notBefore,omitempty"`

	// startingDeadlineSeconds is how long the call may wait to be placed, in seconds after notBefore, or after the creation
	// of the Call if notBefore is unset. A call that has not been placed by then, for whatever reason, ends with the outcome
	// Expired, and nobody is rung. Unset, there is no deadline.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=2147483647
	StartingDeadlineSeconds *int64 `json:"startingDeadlineSeconds,omitempty"`

	// ringTimeout is how long the callee is rung before the operator gives up, from 1s to 3m. The service itself gives up
	// after about two minutes.
	// +optional
	// +default="60s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}([.][0-9]{1,9})?(h|m|s|ms)){1,4}$') && duration(self) >= duration('1s') && duration(self) <= duration('3m')",message="ringTimeout must be a duration from 1s to 3m, such as 45s"
	RingTimeout *metav1.Duration `json:"ringTimeout,omitempty"`

	// maxDuration is how long the call may last once it is connected. Then the operator hangs up. At least 1s.
	// +optional
	// +default="4h"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}([.][0-9]{1,9})?(h|m|s|ms)){1,4}$') && duration(self) >= duration('1s')",message="maxDuration must be a duration of at least 1s, such as 30m"
	MaxDuration *metav1.Duration `json:"maxDuration,omitempty"`

	// ttlSecondsAfterFinished is how long the record is kept after the call is over. Unset keeps it until somebody
	// deletes it; 0 deletes it at once.
	// +optional
	// +kubebuilder:validation:Minimum=0
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`
}

// ProviderReference names a CallProvider in the same namespace.
type ProviderReference struct {
	// name is the name of the CallProvider.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",message="write the name of a CallProvider: lower case letters, digits, - and ., such as acs"
	Name string `json:"name,omitempty"`
}

// Caller is the caller as the callee sees it.
//
// +kubebuilder:validation:XValidation:rule="has(self.phoneNumber) || has(self.communicationUser) || has(self.displayName)",message="from is empty: set phoneNumber to one of the provider's numbers"
type Caller struct {
	// phoneNumber is the caller ID, one of the provider's numbers.
	// +optional
	PhoneNumber PhoneNumber `json:"phoneNumber,omitempty"`

	// communicationUser is the ID of the Azure Communication Services user that the call is placed as.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^8:(acs|dod-acs|gcch-acs|spool):[^:]+$')",message="communicationUser must be the ID of an ACS user, such as 8:acs:RESOURCE_USER"
	CommunicationUser string `json:"communicationUser,omitempty"`

	// displayName is the name that an app shows to the callee.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	DisplayName string `json:"displayName,omitempty"`
}

// InboundCall says where an incoming call came from.
type InboundCall struct {
	// from is the caller. It has a rawID when the caller shows a name, a short code or an address instead of a number.
	// Unset, the caller withheld the number.
	// +optional
	From *Identifier `json:"from,omitempty"`

	// to is the party that was called.
	// +required
	To Identifier `json:"to,omitzero"`

	// onBehalfOf is the party that was called originally, when to takes calls on its behalf.
	// +optional
	OnBehalfOf *Identifier `json:"onBehalfOf,omitempty"`

	// headers came with the call, such as a ticket number. The caller's side sets them, so do not rely on them for authentication.
	// +optional
	Headers *Headers `json:"headers,omitempty"`

	// omittedHeaders names headers that came with the call but are not in headers, because there are too many or they are
	// too long. It has 8 entries at most; the last one then says how many more there are.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=64
	OmittedHeaders []string `json:"omittedHeaders,omitempty"`

	// callerDisplayName is the display name that came with the call.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	CallerDisplayName string `json:"callerDisplayName,omitempty"`

	// correlationID is the service's ID of this side of the call. The two sides of a telephone call have different IDs.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	CorrelationID string `json:"correlationID,omitempty"`

	// serverCallID is the service's ID of the conversation.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	ServerCallID string `json:"serverCallID,omitempty"`

	// receivedTime is when the call began to ring. An incoming call rings for 30 seconds.
	// +required
	ReceivedTime metav1.Time `json:"receivedTime,omitzero"`
}

// IncomingCallRing is how long an incoming call rings. After that, it can no longer be answered, redirected or rejected.
// Source: https://learn.microsoft.com/azure/communication-services/concepts/call-automation/incoming-call-notification.
const IncomingCallRing = 30 * time.Second

// Defaults as the API server sets them, for objects that did not pass through it.
const (
	defaultRingTimeout = 60 * time.Second
	defaultMaxDuration = 4 * time.Hour
)

// FlowUse is the flow that the Call runs: that of its spec, or that of what answers it; nil if it has none.
func (c *Call) FlowUse() *FlowUse {
	if route := c.Status.Route; c.Spec.Inbound != nil && route != nil {
		return route.Flow
	}
	return c.Spec.Flow
}

// RingTimeout is spec.ringTimeout or its default.
func (c *Call) RingTimeout() time.Duration {
	return durationOr(c.Spec.RingTimeout, defaultRingTimeout)
}

// MaxDuration is spec.maxDuration or its default.
func (c *Call) MaxDuration() time.Duration {
	return durationOr(c.Spec.MaxDuration, defaultMaxDuration)
}

// StartingDeadline is the time from which the call may no longer be placed. ok is false for a call without a deadline.
func (c *Call) StartingDeadline() (deadline time.Time, ok bool) {
	if c.Spec.StartingDeadlineSeconds == nil {
		return time.Time{}, false
	}
	from := c.CreationTimestamp.Time
	if c.Spec.NotBefore != nil {
		from = c.Spec.NotBefore.Time
	}
	return from.Add(time.Duration(*c.Spec.StartingDeadlineSeconds) * time.Second), true
}

func durationOr(d *metav1.Duration, fallback time.Duration) time.Duration {
	if d == nil {
		return fallback
	}
	return d.Duration
}

// CallList is a list of Calls.
//
// +kubebuilder:object:root=true
type CallList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list's metadata.
	metav1.ListMeta `json:"metadata,omitempty"`
	// items are the calls.
	Items []Call `json:"items"`
}
