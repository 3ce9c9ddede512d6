// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Limits on the headers that a Call keeps, so that it stays below 10 kB. ACS has stricter limits for headers that are sent.
const (
	// MaxHeaders is how many headers of each kind, SIP and VoIP, a Call keeps.
	MaxHeaders = 16
	// MaxHeaderName and MaxHeaderValue are how many characters a header's name and value have at most.
	MaxHeaderName  = 64
	MaxHeaderValue = 1024
	// MaxHeaderBytes is how many bytes all headers of a Call have at most, names and values.
	MaxHeaderBytes = 2048
	// MaxOmittedHeaders is how many omitted headers are named.
	MaxOmittedHeaders = 8
)

// Headers are data that the caller's side sends with a call, such as a ticket number.
type Headers struct {
	// sip are SIP headers: User-To-User, and ones that begin with X-.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	SIP map[string]string `json:"sip,omitempty"`

	// voip are headers of calls between apps.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	VoIP map[string]string `json:"voip,omitempty"`
}

// HeaderValue is the value of a header that is sent.
// +kubebuilder:validation:MaxLength=1024
type HeaderValue string

// OutboundHeaders are sent to the callee with a call, within ACS's limits.
//
// +kubebuilder:validation:XValidation:rule="!has(self.sip) || self.sip.filter(k, k != 'User-To-User').size() <= 5",message="ACS accepts 5 SIP headers in addition to User-To-User: remove the others",fieldPath=".sip"
type OutboundHeaders struct {
	// sip are SIP headers: User-To-User, and 5 more whose names begin with X-, or with X-MS-Custom-; other names that
	// begin with X-MS- are reserved. Values have letters, digits and = ; . ! % * _ + ~ - only, 256 at most.
	// +optional
	// +kubebuilder:validation:MaxProperties=6
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.size() <= 64 && k.matches('^(User-To-User|X-[A-Za-z0-9.!%*_+~-]+)$'))",message="a SIP header is User-To-User, or begins with X- or X-MS-Custom-, such as X-Ticket, and has a name of 64 characters at most"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.startsWith('X-MS-') || k.startsWith('X-MS-Custom-'))",message="SIP headers that begin with X-MS- are reserved, except X-MS-Custom-: use another name, such as X-Ticket"
	// +kubebuilder:validation:XValidation:rule="self.all(k, self[k].size() <= 256 && self[k].matches('^[A-Za-z0-9=;.!%*_+~-]*$'))",message="write the value of a SIP header with letters, digits and = ; . ! % * _ + ~ - only, 256 at most"
	SIP map[string]HeaderValue `json:"sip,omitempty"`

	// voip are headers for a callee who is in an app, 16 at most.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.size() >= 1 && k.size() <= 64)",message="a VoIP header has a name of 64 characters at most, such as customer"
	// +kubebuilder:validation:XValidation:rule="self.map(k, k.size() + self[k].size()).sum() <= 2048",message="the VoIP headers of a Call may have 2048 characters in total: remove some or shorten them"
	VoIP map[string]HeaderValue `json:"voip,omitempty"`
}

// HeaderMatch selects calls by one of their headers.
//
// +kubebuilder:validation:XValidation:rule="!(has(self.value) && has(self.prefix))",message="match a header in one way: set value or prefix, or neither to match any value"
type HeaderMatch struct {
	// name is the header's name. Case does not matter. Both SIP and VoIP headers are searched.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Name string `json:"name,omitempty"`

	// value is the header's whole value.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Value *string `json:"value,omitempty"`

	// prefix is what the header's value begins with.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Prefix string `json:"prefix,omitempty"`
}
