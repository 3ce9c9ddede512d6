// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"cmp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CallProviderFinalizer keeps a deleted CallProvider until it has no live calls: without the provider they could not be
// hung up.
const CallProviderFinalizer = "call-operator.dev/in-use"

// CallProvider says how a namespace reaches a telephony service, and with which numbers.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=cprov,categories=telephony
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Endpoint",type=string,JSONPath=`.status.endpoint`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
type CallProvider struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says how to reach the service.
	// +required
	Spec CallProviderSpec `json:"spec,omitzero"`

	// status says whether the service can be used.
	// +optional
	// +default={"observedGeneration":-1}
	Status CallProviderStatus `json:"status,omitzero"`
}

// CallProviderSpec says how to reach a telephony service. Exactly one service is named.
//
// +kubebuilder:validation:XValidation:rule="has(self.acs) != has(self.asterisk)",message="name one service: set either acs or asterisk"
// +kubebuilder:validation:XValidation:rule="!has(self.acs) || has(self.callbackURL)",message="acs needs callbackURL: set it to the public URL of the webhook receiver, such as https://calls.example.com",reason=FieldValueRequired,fieldPath=".callbackURL"
type CallProviderSpec struct {
	// acs reaches Azure Communication Services Call Automation.
	// +optional
	ACS *ACSProvider `json:"acs,omitempty"`

	// asterisk reaches an Asterisk through its REST interface (ARI).
	// +optional
	Asterisk *AsteriskProvider `json:"asterisk,omitempty"`

	// callbackURL is the public base URL under which the service reaches the webhook receiver,
	// such as https://calls.example.com. It has no query and no fragment. acs needs it; asterisk reports on a WebSocket and
	// does not use it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule="self.matches('^https?://[^/?#@ ]+(/[^?#@ ]*)?$')",message="callbackURL must be a base URL without user, query and fragment, such as https://calls.example.com"
	CallbackURL string `json:"callbackURL,omitempty"`

	// numbers are the phone numbers that may be used as caller ID, with their limits. A Call whose from is not among them
	// stays pending.
	// +optional
	// +listType=map
	// +listMapKey=phoneNumber
	// +kubebuilder:validation:MaxItems=1000
	Numbers []OwnedNumber `json:"numbers,omitempty"`

	// incomingCalls says how incoming calls are received. Anyone who has the provider's Event Grid URL can report incoming
	// calls; see kubectl call event-grid-url.
	// +optional
	IncomingCalls *IncomingCalls `json:"incomingCalls,omitempty"`

	// callsPerSecond limits how many calls this provider places each second. Unset means no limit.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	CallsPerSecond int32 `json:"callsPerSecond,omitempty"`

	// doNotCall are lists of phone numbers that are never called through this provider: not by a Call, a redirect, an added participant
	// or a transfer. The lists are read whenever somebody is about to be called. While one of them cannot be read, no phone number is
	// called.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	DoNotCall []DoNotCallReference `json:"doNotCall,omitempty"`
}

// DoNotCallReference names a do-not-call list in the provider's namespace. The list is text with one entry on each line: a number in E.164 form,
// such as +14255550123, or a prefix, such as +1425*. What follows a # is a comment.
//
// +kubebuilder:validation:XValidation:rule="has(self.configMapKeyRef) != has(self.secretKeyRef)",message="name one list: set either configMapKeyRef or secretKeyRef"
type DoNotCallReference struct {
	// configMapKeyRef is the key of a ConfigMap that holds the list.
	// +optional
	ConfigMapKeyRef *KeyReference `json:"configMapKeyRef,omitempty"`

	// secretKeyRef is the key of a Secret that holds the list.
	// +optional
	SecretKeyRef *KeyReference `json:"secretKeyRef,omitempty"`
}

// IncomingCalls says how incoming calls are received.
type IncomingCalls struct {
	// entra makes the receiver require an Entra ID token with each Event Grid delivery, in addition to the secret in the URL.
	// +optional
	Entra *EventGridEntra `json:"entra,omitempty"`

	// ttlSecondsAfterFinished is set on the Calls of incoming calls: how long their record is kept. It is kept for at least
	// a minute, so that a repeated delivery still finds it.
	// +optional
	// +kubebuilder:validation:Minimum=0
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`

	// maxDuration is set on the Calls of incoming calls: how long a call may last once it is connected.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}([.][0-9]{1,9})?(h|m|s|ms)){1,4}$') && duration(self) >= duration('1s')",message="maxDuration must be a duration of at least 1s, such as 30m"
	MaxDuration *metav1.Duration `json:"maxDuration,omitempty"`
}

// EventGridEntra names the Entra ID application that Event Grid's deliveries carry tokens for.
type EventGridEntra struct {
	// tenantID is the Entra tenant of the application.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$')",message="tenantID must be the tenant's ID, a GUID such as 00000000-0000-0000-0000-000000000000"
	TenantID string `json:"tenantID,omitempty"`

	// audience is the application ID, or the application ID URI, that the Event Grid subscription names.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Audience string `json:"audience,omitempty"`
}

// OwnedNumber is a phone number that the provider's resource owns.
type OwnedNumber struct {
	// phoneNumber is the number in E.164 form.
	// +required
	PhoneNumber PhoneNumber `json:"phoneNumber,omitempty"`

	// maxConcurrentCalls is how many outbound calls may use this number at once. Unset means 2, the service's own
	// default limit for each number; set it only after the service has raised its limit.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	MaxConcurrentCalls int32 `json:"maxConcurrentCalls,omitempty"`
}

// defaultMaxConcurrentCalls is not a default in the CRD: with a default inside a list, every apply of the same file would
// look like a change.
const defaultMaxConcurrentCalls = 2

// Limit is maxConcurrentCalls or its default.
func (n *OwnedNumber) Limit() int {
	return int(cmp.Or(n.MaxConcurrentCalls, defaultMaxConcurrentCalls))
}

// Service is the name of the field that names the service; "" if none does.
func (s *CallProviderSpec) Service() string {
	switch {
	case s.ACS != nil:
		return "acs"
	case s.Asterisk != nil:
		return "asterisk"
	default:
		return ""
	}
}

// AsteriskProvider connects to one Asterisk.
type AsteriskProvider struct {
	// url is where the REST interface is, such as https://pbx.example.com:8089/ari.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.matches('^https?://[^/?#@ ]+(/[^?#@ ]*)?$')",message="url must be the URL of the REST interface without user and query, such as https://pbx.example.com:8089/ari"
	URL string `json:"url,omitempty"`

	// credentialsSecretRef names the Secret, in the provider's namespace, with username and password of a user in ari.conf, as in a
	// Secret of the type kubernetes.io/basic-auth. Its key ca.crt, if there is one, has the certificates to trust.
	// +required
	CredentialsSecretRef SecretReference `json:"credentialsSecretRef,omitzero"`

	// application is the name of the Stasis application under which the operator controls calls. Two providers at one Asterisk need
	// two names.
	// +optional
	// +default="call-operator"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-_a-zA-Z0-9]+$')",message="application must have only letters, digits, - and _, such as call-operator"
	Application string `json:"application,omitempty"`

	// endpoint is what Asterisk dials for a phone number: $(number) is replaced by the number in E.164 form, and $(digits) by the
	// number without its plus sign.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9]+/.*[$][(](number|digits)[)]')",message="endpoint must be a technology and an address with $(number) or $(digits) in it, such as PJSIP/$(number)@trunk"
	Endpoint string `json:"endpoint,omitempty"`

	// sipEndpoint is what Asterisk dials for a sipURI: $(uri) is replaced by it, and $(user) by its part before the @. Unset, SIP
	// addresses cannot be called.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9]+/.*[$][(](uri|user)[)]')",message="sipEndpoint must be a technology and an address with $(uri) or $(user) in it, such as PJSIP/trunk/$(uri) or PJSIP/$(user)"
	SIPEndpoint string `json:"sipEndpoint,omitempty"`

	// speechURL is the URL of a service that reads text out, from which Asterisk fetches a WAV file of 8 kHz, mono: $(text) is replaced by the
	// text, $(locale) by its language, $(voice) by the name of the voice, and $(ssml) by SSML. Unset, text cannot be played.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.matches('^https?://[^/?#@, ]+/[^, ]*[$][(]text[)]')",message="speechURL must be the URL of a service with $(text) in it, such as http://speech.example.com/say?text=$(text)&locale=$(locale)"
	SpeechURL string `json:"speechURL,omitempty"`
}

// SecretReference names a Secret in the same namespace.
type SecretReference struct {
	// name is the name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",message="write the name of a Secret: lower case letters, digits, - and ., such as asterisk"
	Name string `json:"name,omitempty"`
}

// ACSProvider connects to Azure Communication Services with one kind of credentials.
//
// +kubebuilder:validation:XValidation:rule="has(self.connectionStringSecretRef) != has(self.workloadIdentity)",message="choose one kind of credentials: set either connectionStringSecretRef or workloadIdentity"
// +kubebuilder:validation:XValidation:rule="!has(self.workloadIdentity) || has(self.endpoint)",message="workloadIdentity needs endpoint, such as https://RESOURCE.communication.azure.com",fieldPath=".endpoint"
type ACSProvider struct {
	// endpoint is the URL of the Communication Services resource, such as https://RESOURCE.communication.azure.com.
	// Unset, the endpoint in the connection string is used.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.matches('^https?://[^/?#@ ]+/?$')",message="endpoint must be a URL with nothing after the host, such as https://RESOURCE.communication.azure.com"
	Endpoint string `json:"endpoint,omitempty"`

	// connectionStringSecretRef names the Secret, in the provider's namespace, that holds the resource's connection
	// string.
	// +optional
	ConnectionStringSecretRef *SecretKeyReference `json:"connectionStringSecretRef,omitempty"`

	// workloadIdentity authenticates with the manager's own Entra workload identity. The manager allows this only for the
	// namespaces and endpoints in its flag --allow-workload-identity, and by default for none.
	// +optional
	WorkloadIdentity *WorkloadIdentity `json:"workloadIdentity,omitempty"`

	// resourceID is the immutable ID (a GUID) of the Communication Services resource. When it is set, a callback
	// must carry a token that the service signed for this resource.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$')",message="resourceID must be the resource's immutable ID, a GUID such as 00000000-0000-0000-0000-000000000000"
	ResourceID string `json:"resourceID,omitempty"`

	// apiVersion is the api-version that requests carry.
	// +optional
	// +default="2026-03-12"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^20[0-9]{2}-[0-9]{2}-[0-9]{2}(-preview)?$')",message="apiVersion must be a date, such as 2026-03-12"
	APIVersion string `json:"apiVersion,omitempty"`

	// unansweredRequests says what to do when the answer to a request that places, answers or redirects a call was lost, so
	// that it is not known whether ACS carried out the request. Wait, the default, does not send it again: the operator
	// waits for ACS to report the call, and if there is no report within four minutes, the Call ends as OutcomeUnknown.
	// Repeat sends the same request again, with the same ID, for four minutes: a phone rings twice if ACS does not recognise
	// the ID.
	// +optional
	UnansweredRequests UnansweredRequests `json:"unansweredRequests,omitempty"`

	// cognitiveServicesEndpoint is the URL of the Azure AI services resource for text-to-speech and speech recognition in
	// this provider's calls.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.matches('^https://[^?#@ ]+$')",message="cognitiveServicesEndpoint must be an https URL, such as https://RESOURCE.cognitiveservices.azure.com"
	CognitiveServicesEndpoint string `json:"cognitiveServicesEndpoint,omitempty"`
}

// UnansweredRequests says what to do about a request whose answer was lost.
// +kubebuilder:validation:Enum=Repeat;Wait
type UnansweredRequests string

// What to do about a request whose answer was lost.
const (
	// UnansweredRepeat sends the same request again, with the same ID.
	UnansweredRepeat UnansweredRequests = "Repeat"
	// UnansweredWait waits for what the service reports.
	UnansweredWait UnansweredRequests = "Wait"
)

// RepeatsUnanswered tells whether a request that may ring somebody is repeated when its answer was lost.
func (p *ACSProvider) RepeatsUnanswered() bool { return p.UnansweredRequests == UnansweredRepeat }

// SecretKeyReference names a key of a Secret in the same namespace.
type SecretKeyReference struct {
	// name is the name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",message="write the name of a Secret: lower case letters, digits, - and ., such as acs-connection"
	Name string `json:"name,omitempty"`

	// key is the key in the Secret's data.
	// +optional
	// +default="connectionString"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="write a key of the Secret's data: letters, digits, -, _ and ., such as connectionString"
	Key string `json:"key,omitempty"`
}

// WorkloadIdentity says which Entra identity the manager uses. Unset fields come from the manager's environment.
type WorkloadIdentity struct {
	// clientID is the client ID of the identity.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	ClientID string `json:"clientID,omitempty"`

	// tenantID is the Entra tenant of the identity.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	TenantID string `json:"tenantID,omitempty"`
}

// CallProviderStatus says whether the service can be used.
type CallProviderStatus struct {
	// observedGeneration is the generation of the spec that this status describes; -1 means that it was not reconciled yet.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// endpoint is the URL in use, from the spec or from the connection string.
	// +optional
	Endpoint string `json:"endpoint,omitempty"`

	// streamConnectedTime is when the service opened the connection on which it reports to the webhook receiver. It is unset while there
	// is none, and for a service that reports with a request for each event.
	// +optional
	StreamConnectedTime *metav1.Time `json:"streamConnectedTime,omitempty"`

	// conditions are Ready, Reconciling and Stalled, as kstatus defines them, and CallbacksRefused and IncomingCallsRefused
	// while the receiver refuses what the service sends.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// CallProviderList is a list of CallProviders.
//
// +kubebuilder:object:root=true
type CallProviderList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list's metadata.
	metav1.ListMeta `json:"metadata,omitempty"`
	// items are the providers.
	Items []CallProvider `json:"items"`
}
