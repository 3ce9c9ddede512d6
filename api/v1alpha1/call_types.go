// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CallFinalizer keeps a Call until the call it stands for is over, so that deleting it leaves no live call behind.
const CallFinalizer = "call-operator.dev/hang-up"

// An incoming call's context, with which the call is answered, redirected or rejected, is a secret and so in a Secret. The
// Secret has the Call's name, and belongs to it. It lives only as long as the call rings.
const (
	// IncomingCallContextAnnotation is on the Call as long as the Secret may exist.
	IncomingCallContextAnnotation = "call-operator.dev/incoming-call-context"
	// IncomingCallContextSecretType is the type of the Secret.
	IncomingCallContextSecretType = "call-operator.dev/incoming-call-context"
	// IncomingCallContextKey is the key in the Secret's data.
	IncomingCallContextKey = "incomingCallContext"
)

// Call is one phone call: outbound when spec.to is set, inbound when spec.inbound is set.
//
// Creating it places the call, setting spec.state to Ended hangs up and keeps the record, deleting it hangs up too.
// One Call rings its callee at most once.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=telephony
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="From",type=string,JSONPath=`.status.from`
// +kubebuilder:printcolumn:name="To",type=string,JSONPath=`.status.to`
// +kubebuilder:printcolumn:name="Participants",type=integer,JSONPath=`.status.participantCount`
// +kubebuilder:printcolumn:name="Outcome",type=string,JSONPath=`.status.result.outcome`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Connection-ID",type=string,priority=1,JSONPath=`.status.connectionID`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !(has(oldSelf.status.attempt) || has(oldSelf.status.result)) || ((has(self.spec.to) == has(oldSelf.spec.to)) && (!has(self.spec.to) || self.spec.to == oldSelf.spec.to))",message="cannot change once the call is placed: create a new Call",fieldPath=".spec.to"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !(has(oldSelf.status.attempt) || has(oldSelf.status.result)) || ((has(self.spec.from) == has(oldSelf.spec.from)) && (!has(self.spec.from) || self.spec.from == oldSelf.spec.from))",message="cannot change once the call is placed: create a new Call",fieldPath=".spec.from"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !(has(oldSelf.status.attempt) || has(oldSelf.status.result)) || ((has(self.spec.headers) == has(oldSelf.spec.headers)) && (!has(self.spec.headers) || self.spec.headers == oldSelf.spec.headers))",message="cannot change once the call is placed: create a new Call",fieldPath=".spec.headers"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !(has(oldSelf.status.attempt) || has(oldSelf.status.result)) || self.spec.providerRef == oldSelf.spec.providerRef",message="cannot change once the call is placed: create a new Call",fieldPath=".spec.providerRef"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !(has(oldSelf.status.attempt) || has(oldSelf.status.result)) || ((has(self.spec.notBefore) == has(oldSelf.spec.notBefore)) && (!has(self.spec.notBefore) || self.spec.notBefore == oldSelf.spec.notBefore))",message="cannot change once the call is placed: create a new Call",fieldPath=".spec.notBefore"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !(has(oldSelf.status.attempt) || has(oldSelf.status.result)) || ((has(self.spec.startingDeadlineSeconds) == has(oldSelf.spec.startingDeadlineSeconds)) && (!has(self.spec.startingDeadlineSeconds) || self.spec.startingDeadlineSeconds == oldSelf.spec.startingDeadlineSeconds))",message="cannot change once the call is placed: create a new Call",fieldPath=".spec.startingDeadlineSeconds"
// +kubebuilder:validation:XValidation:rule="!has(self.spec.action) || has(oldSelf.spec.action) || !has(oldSelf.status) || !(has(oldSelf.status.attempt) || has(oldSelf.status.result))",message="the call is taken already, or over, and spec.action comes too late: leave it as it was",fieldPath=".spec.action"
type Call struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says which call is wanted.
	// +required
	Spec CallSpec `json:"spec,omitzero"`

	// status says what is true of the call.
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
// +kubebuilder:validation:XValidation:rule="has(self.to) != has(self.inbound)",message="say whom to call: set to, such as to: {phoneNumber: \"+14255550123\"} (inbound is written by the webhook receiver, and never beside to)"
// +kubebuilder:validation:XValidation:rule="!has(self.to) || !has(self.to.phoneNumber) || (has(self.from) && has(self.from.phoneNumber))",message="a call to a phone number needs a caller ID: set from.phoneNumber to one of the provider's numbers",fieldPath=".from"
// +kubebuilder:validation:XValidation:rule="has(self.inbound) == has(oldSelf.inbound) && (!has(self.inbound) || self.inbound == oldSelf.inbound)",message="inbound is what happened and cannot change: leave it as it was",fieldPath=".inbound"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.inbound) || self.providerRef == oldSelf.providerRef",message="providerRef of an incoming call says where it came in and cannot change: leave it as it was",fieldPath=".providerRef"
// +kubebuilder:validation:XValidation:rule="!has(self.headers) || has(self.to)",message="headers are for outbound calls only: leave them out (what came with an incoming call is in inbound.headers)",fieldPath=".headers"
// +kubebuilder:validation:XValidation:rule="!has(self.action) || has(self.inbound)",message="action is for incoming calls only: leave it out",fieldPath=".action"
// +kubebuilder:validation:XValidation:rule="!has(self.notBefore) || has(self.to)",message="notBefore is for outbound calls only: leave it out",fieldPath=".notBefore"
// +kubebuilder:validation:XValidation:rule="!has(self.startingDeadlineSeconds) || has(self.to)",message="startingDeadlineSeconds is for outbound calls only: leave it out",fieldPath=".startingDeadlineSeconds"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.action) || (has(self.action) && self.action == oldSelf.action)",message="it was decided already what to do with the call: leave action as it was",fieldPath=".action"
// +kubebuilder:validation:XValidation:rule="oldSelf.state != 'Ended' || self.state == 'Ended'",message="a call that was ended cannot be taken up again: create a new Call",fieldPath=".state"
type CallSpec struct {
	// providerRef names the CallProvider, in the same namespace, that carries the call.
	// +required
	ProviderRef ProviderReference `json:"providerRef,omitzero"`

	// from is what the callee sees of the caller.
	// +optional
	From *Caller `json:"from,omitempty"`

	// to is the party to call. It makes the Call an outbound one.
	// +optional
	// +kubebuilder:validation:XValidation:rule="!has(self.rawID)",message="a party with nothing but a raw ID cannot be called: set phoneNumber or another kind"
	To *Identifier `json:"to,omitempty"`

	// inbound says where an incoming call came from. The webhook receiver writes it.
	// +optional
	Inbound *InboundCall `json:"inbound,omitempty"`

	// headers go to the callee with the call, within ACS's bounds. Whether ACS passes them on with a call that is placed
	// is not documented.
	// +optional
	Headers *OutboundHeaders `json:"headers,omitempty"`

	// action says what to do with an incoming call, before any CallRoute is asked: this is how a person answers, redirects
	// or rejects one call by hand. It can be set once, while the call rings and nothing has taken it.
	// +optional
	Action *RouteAction `json:"action,omitempty"`

	// state is Active to place and keep the call, Ended to hang up and keep the record.
	// +optional
	// +default="Active"
	State CallState `json:"state,omitempty"`

	// notBefore is the earliest time at which the call is placed. Unset, it is placed as soon as it can be.
	// +optional
	NotBefore *metav1.Time `json:"notBefore,omitempty"`

	// startingDeadlineSeconds is how many seconds after notBefore, or, without one, after the Call was created, the call may
	// still be placed. When that time is over and the call was not placed, for whatever reason, it ends with the outcome
	// Expired, and nobody is rung. Unset, a call waits for as long as it takes.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=2147483647
	StartingDeadlineSeconds *int64 `json:"startingDeadlineSeconds,omitempty"`

	// ringTimeout is how long the callee is rung before the call is given up, from 1s to 3m.
	// The service itself gives up after about two minutes.
	// +optional
	// +default="60s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}([.][0-9]{1,9})?(h|m|s|ms)){1,4}$') && duration(self) >= duration('1s') && duration(self) <= duration('3m')",message="ringTimeout must be a duration from 1s to 3m, such as 45s"
	RingTimeout *metav1.Duration `json:"ringTimeout,omitempty"`

	// maxDuration is how long the call may last once it is connected; then it is hung up. At least 1s.
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

// Caller is what the callee sees of the caller.
//
// +kubebuilder:validation:XValidation:rule="has(self.phoneNumber) || has(self.communicationUser) || has(self.displayName)",message="from says nothing: set phoneNumber to one of the provider's numbers"
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

	// displayName is the name that a callee in an app is shown.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	DisplayName string `json:"displayName,omitempty"`
}

// InboundCall says where an incoming call came from.
type InboundCall struct {
	// from is the caller, with rawID when the caller has a name, a short code or an address in place of a number. Unset, the
	// caller withheld the number.
	// +optional
	From *Identifier `json:"from,omitempty"`

	// to is the party that was called.
	// +required
	To Identifier `json:"to,omitzero"`

	// onBehalfOf is the party that was called in the first place, when to takes its calls.
	// +optional
	OnBehalfOf *Identifier `json:"onBehalfOf,omitempty"`

	// headers came with the call, such as a ticket's number. They are as the caller's side sent them, and prove nothing.
	// +optional
	Headers *Headers `json:"headers,omitempty"`

	// omittedHeaders names headers that came with the call and are not in headers, since they are too many or too long.
	// 8 at most are named; the last then says how many more there are.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=64
	OmittedHeaders []string `json:"omittedHeaders,omitempty"`

	// callerDisplayName is the name that the caller gave.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	CallerDisplayName string `json:"callerDisplayName,omitempty"`

	// correlationID is the service's ID of this side of the call. The two sides of a telephone call have different ones.
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

// IncomingCallRing is how long an incoming call rings. Later than that nothing can be done with it.
// Source: https://learn.microsoft.com/azure/communication-services/concepts/call-automation/incoming-call-notification.
const IncomingCallRing = 30 * time.Second

// Defaults that the API server sets, for objects that it did not see.
const (
	defaultRingTimeout = 60 * time.Second
	defaultMaxDuration = 4 * time.Hour
)

// RingTimeout is spec.ringTimeout or its default.
func (c *Call) RingTimeout() time.Duration {
	return durationOr(c.Spec.RingTimeout, defaultRingTimeout)
}

// MaxDuration is spec.maxDuration or its default.
func (c *Call) MaxDuration() time.Duration {
	return durationOr(c.Spec.MaxDuration, defaultMaxDuration)
}

// StartingDeadline is until when the call may be placed: from then on it may not. ok is false for a call without a deadline.
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
