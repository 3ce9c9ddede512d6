// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// MaxRecentCalls is how many Calls status.recentCalls of a route names.
const MaxRecentCalls = 10

// CallRoute says what to do with incoming calls that match it: answer, redirect or reject them.
//
// If several routes match a call, the one with the highest priority takes it; among equals, the first by name. A call
// that no route matches keeps ringing for other subscribers.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=croute,categories=telephony
// +kubebuilder:printcolumn:name="Provider",type=string,JSONPath=`.spec.providerRef.name`
// +kubebuilder:printcolumn:name="Priority",type=integer,JSONPath=`.spec.priority`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Taken",type=integer,JSONPath=`.status.callsTaken`
// +kubebuilder:printcolumn:name="Last-Taken",type=date,JSONPath=`.status.lastTakenTime`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
type CallRoute struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says which calls the route takes, and what it does with them.
	// +required
	Spec CallRouteSpec `json:"spec,omitzero"`

	// status says whether the route can take calls, and how many it took.
	// +optional
	// +default={"observedGeneration":-1}
	Status CallRouteStatus `json:"status,omitzero"`
}

// CallRouteSpec says which incoming calls a route takes, and what it does with them.
type CallRouteSpec struct {
	// providerRef names the CallProvider, in the same namespace, whose incoming calls the route is for.
	// +required
	ProviderRef ProviderReference `json:"providerRef,omitzero"`

	// priority decides between routes that match the same call: the highest wins; among equals, the first by name.
	// +optional
	// +default=0
	// +kubebuilder:validation:Minimum=-1000000
	// +kubebuilder:validation:Maximum=1000000
	Priority int32 `json:"priority,omitempty"`

	// match says which calls the route takes. An unset field matches every call.
	// +optional
	Match *RouteMatch `json:"match,omitempty"`

	// action says what to do with a call that matches.
	// +required
	Action RouteAction `json:"action,omitzero"`
}

// RouteMatch says which incoming calls a route takes. All of its fields have to match.
type RouteMatch struct {
	// to lists the called parties; one of them has to match.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:XValidation:rule="self.all(m, !has(m.kind) || m.kind != 'Anonymous')",message="a called party is never anonymous: set kind Anonymous in from, for callers who withhold their number"
	To []PartyMatch `json:"to,omitempty"`

	// from lists the callers; one of them has to match. A caller who withholds the number matches kind Anonymous only.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	From []PartyMatch `json:"from,omitempty"`

	// onBehalfOf lists the parties for whom the called party takes calls; one of them has to match. A call to the called
	// party itself does not match.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:XValidation:rule="self.all(m, !has(m.kind) || m.kind != 'Anonymous')",message="the party that was called is never anonymous: set kind Anonymous in from, for callers who withhold their number"
	OnBehalfOf []PartyMatch `json:"onBehalfOf,omitempty"`

	// headers lists headers of the call; all of them have to match. Any caller can set them.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Headers []HeaderMatch `json:"headers,omitempty"`

	// origin selects calls that a Call in this namespace placed, through this provider, to one of the provider's own numbers
	// or users. It selects by the labels of that Call. A call from outside has no origin and does not match. While it is not
	// known which Call placed a call, and this route depends on it, neither this route nor one after it takes the call.
	// +optional
	Origin *OriginMatch `json:"origin,omitempty"`
}

// PartyKind is a kind of party.
// +kubebuilder:validation:Enum=PhoneNumber;CommunicationUser;TeamsUser;TeamsApp;TeamsExtensionUser;SIPURI;Other;Anonymous
type PartyKind string

// The kinds of parties.
const (
	PartyKindPhoneNumber        PartyKind = "PhoneNumber"
	PartyKindCommunicationUser  PartyKind = "CommunicationUser"
	PartyKindTeamsUser          PartyKind = "TeamsUser"
	PartyKindTeamsApp           PartyKind = "TeamsApp"
	PartyKindTeamsExtensionUser PartyKind = "TeamsExtensionUser"
	// PartyKindSIPURI is a SIP address.
	PartyKindSIPURI PartyKind = "SIPURI"
	// PartyKindOther is a party that has only a raw ID: a caller who shows a name, a short code or an address.
	PartyKindOther PartyKind = "Other"
	// PartyKindAnonymous is a caller who withholds the number.
	PartyKindAnonymous PartyKind = "Anonymous"
)

// PartyMatch selects parties. Exactly one of its fields is set.
//
// +kubebuilder:validation:XValidation:rule="[has(self.exact), has(self.prefix), has(self.kind)].filter(x, x).size() == 1",message="select parties in exactly one way: set one of exact, prefix, kind and remove the others"
type PartyMatch struct {
	// exact is one party.
	// +optional
	Exact *Identifier `json:"exact,omitempty"`

	// prefix is what a phone number begins with, such as +1425.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^[+]([1-9][0-9]{0,14})?$')",message="prefix must be the beginning of a number in E.164 form, such as +1425"
	Prefix string `json:"prefix,omitempty"`

	// kind matches every party of that kind.
	// +optional
	Kind PartyKind `json:"kind,omitempty"`
}

// OriginMatch selects the Call that placed a call to one of the provider's own numbers or users.
type OriginMatch struct {
	// selector selects by the labels of the Call. An empty selector selects every Call.
	// +required
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
}

// RouteAction says what to do with a call. Exactly one of its fields is set.
//
// +kubebuilder:validation:XValidation:rule="[has(self.answer), has(self.redirect), has(self.reject)].filter(x, x).size() == 1",message="a route does exactly one thing: set one of answer, redirect, reject and remove the others"
type RouteAction struct {
	// answer answers the call.
	// +optional
	Answer *AnswerAction `json:"answer,omitempty"`

	// redirect sends the call to another party.
	// +optional
	Redirect *RedirectAction `json:"redirect,omitempty"`

	// reject rejects the call.
	// +optional
	Reject *RejectAction `json:"reject,omitempty"`
}

// AnswerAction answers a call.
type AnswerAction struct {
	// callLabels are set on the Call when it is answered, so that moves and people can find it. 8 at most.
	// +optional
	// +kubebuilder:validation:MaxProperties=8
	// +kubebuilder:validation:XValidation:rule="self.all(key, key.size() <= 253 && key.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$'))",message="a key of callLabels must be a label's key: letters, digits, -, _ and ., 63 at most, such as team or example.com/team"
	// +kubebuilder:validation:XValidation:rule="self.all(key, self[key].size() <= 63 && !self[key].matches('[^-.\\\\w]') && !['-', '_', '.'].exists(mark, self[key].startsWith(mark) || self[key].endsWith(mark)))",message="a value of callLabels must be a label's value: letters, digits, -, _ and ., 63 at most, such as sales"
	CallLabels map[string]string `json:"callLabels,omitempty"`

	// flow is what happens in the call once it is answered. The call is not answered before the flow can be used.
	// +optional
	Flow *FlowUse `json:"flow,omitempty"`
}

// RedirectAction redirects a call.
type RedirectAction struct {
	// to is the party to ring instead.
	// +required
	// +kubebuilder:validation:XValidation:rule="!has(self.rawID)",message="a party that has only a raw ID cannot be called: set phoneNumber or another kind"
	To Identifier `json:"to,omitzero"`
}

// RejectReason is the reason that the caller's side receives.
// +kubebuilder:validation:Enum=None;Busy;Forbidden
type RejectReason string

// The reasons to reject a call.
const (
	RejectReasonNone      RejectReason = "None"
	RejectReasonBusy      RejectReason = "Busy"
	RejectReasonForbidden RejectReason = "Forbidden"
)

// RejectAction rejects a call.
type RejectAction struct {
	// reason is the reason that the caller's side receives.
	// +optional
	// +default="None"
	Reason RejectReason `json:"reason,omitempty"`
}

// CallRouteStatus says whether a route can take calls, and how many it took.
type CallRouteStatus struct {
	// observedGeneration is the generation of the spec that this status describes; -1 means that it was not reconciled yet.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// callsTaken is how many calls the route has taken.
	// +optional
	CallsTaken int64 `json:"callsTaken,omitempty"`

	// lastTakenTime is when the route took its last call.
	// +optional
	LastTakenTime *metav1.Time `json:"lastTakenTime,omitempty"`

	// recentCalls are the names of the Calls that the route took last, newest last, 10 at most.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	RecentCalls []string `json:"recentCalls,omitempty"`

	// conditions are Ready, Reconciling and Stalled, as kstatus defines them.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// CallRouteList is a list of CallRoutes.
//
// +kubebuilder:object:root=true
type CallRouteList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list's metadata.
	metav1.ListMeta `json:"metadata,omitempty"`
	// items are the routes.
	Items []CallRoute `json:"items"`
}
