// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package attempt decides for which object, and to which service, a request that must take effect only once may be sent.
//
// An attempt records the object (by UID), the service (the CallProvider's UID and the host of its endpoint) and the contents of
// the request. The decisions here are pure: they compare the record with the current state.
package attempt

import (
	"net"
	"net/url"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// clockSkew is how far the manager's clock may lag behind the API server's. It is large, since mistaking an object for a copy
// abandons its call, and copies made so soon after the attempt are rare.
const clockSkew = 5 * time.Minute

// RepeatabilityWindow is how long after its first-sent time a request is repeated. It is not documented how long Call
// Automation remembers a request. Other services of ACS remember it for 5 minutes and then answer 412, so that is
// assumed. One minute allows for clock skew. Source:
// https://learn.microsoft.com/rest/api/communication/repeatable-requests.
const RepeatabilityWindow = 4 * time.Minute

// Copied tells whether an object carries the attempt of another one: it was restored or copied with its status. Nothing may be
// sent for a copy, neither to dial nor to hang up.
//
// An attempt from a version that recorded no UID is recognised by its time: it is sent after its object was created, and a copy is
// created later.
func Copied(object metav1.Object, attempt *v1alpha1.RequestAttempt) bool {
	if attempt == nil {
		return false
	}
	if attempt.ObjectUID != "" {
		return attempt.ObjectUID != object.GetUID()
	}
	created := object.GetCreationTimestamp()
	return !created.IsZero() && !attempt.FirstSent.IsZero() && created.Sub(attempt.FirstSent.Time) > clockSkew
}

// Service is the service that a CallProvider points to with an endpoint.
func Service(provider *v1alpha1.CallProvider, endpoint string) v1alpha1.AttemptService {
	service := v1alpha1.AttemptService{ProviderName: provider.Name, ProviderUID: provider.UID, Endpoint: Host(endpoint)}
	if provider.Spec.ACS != nil {
		service.ResourceID = provider.Spec.ACS.ResourceID
	}
	return service
}

// Host identifies the service of an endpoint: its host in lower case, with the port unless it is the scheme's default. The rest of
// the URL does not matter.
func Host(endpoint string) string {
	parsed, err := url.Parse(strings.TrimSpace(endpoint))
	if err != nil || parsed.Host == "" {
		return strings.ToLower(strings.TrimSpace(endpoint))
	}
	host, port := strings.TrimSuffix(strings.ToLower(parsed.Hostname()), "."), parsed.Port()
	usual := map[string]string{"https": "443", "http": "80"}[strings.ToLower(parsed.Scheme)]
	if port == "" || port == usual {
		return host
	}
	return net.JoinHostPort(host, port)
}

// Relation compares the service that a CallProvider points to now with the one that an attempt names.
type Relation string

const (
	// Same is the service that the attempt names.
	Same Relation = "same"
	// Unnamed says that the attempt names no service, since an earlier version wrote it. The current service is assumed, and
	// recorded once that is proved or another request is sent.
	Unnamed Relation = "unnamed"
	// Recreated says that the host is the attempt's, but the CallProvider was recreated. A known call can be reached there, but an
	// unresolved request is not repeated for another provider.
	Recreated Relation = "recreated"
	// Elsewhere is another service.
	Elsewhere Relation = "elsewhere"
)

// Compare returns the relation of a service to the one that an attempt names.
func Compare(attempt *v1alpha1.RequestAttempt, service *v1alpha1.AttemptService) Relation {
	switch {
	case attempt == nil || attempt.Service == nil:
		return Unnamed
	case attempt.Service.Endpoint != service.Endpoint:
		return Elsewhere
	case attempt.Service.ProviderUID != service.ProviderUID:
		return Recreated
	default:
		return Same
	}
}

// MayRepeat tells whether an attempt's request may be repeated at such a service.
func (r Relation) MayRepeat() bool { return r == Same || r == Unnamed }

// HasCall tells whether to poll and hang up a known call at such a service.
func (r Relation) HasCall() bool { return r != Elsewhere }

// Pins are what an attempt records in addition to its ID and its time.
type Pins struct {
	ObjectUID types.UID
	Service   *v1alpha1.AttemptService
	Request   *v1alpha1.AttemptRequest
}

// PinsOf are the pins of a new request for an object, from the current provider, what its service adds, and the manager's current
// callback key.
func PinsOf(object metav1.Object, provider *v1alpha1.CallProvider, service v1alpha1.AttemptService, own v1alpha1.AttemptRequest, callbackKeyID string) Pins {
	if own.CallbackURL = provider.Spec.CallbackURL; own.CallbackURL != "" {
		own.CallbackKeyID = callbackKeyID
	}
	return Pins{ObjectUID: object.GetUID(), Service: &service, Request: &own}
}

// FillIn records missing fields of an attempt. It never changes existing ones.
func (p Pins) FillIn(attempt *v1alpha1.RequestAttempt) {
	if attempt == nil {
		return
	}
	if attempt.ObjectUID == "" {
		attempt.ObjectUID = p.ObjectUID
	}
	if attempt.Service == nil {
		attempt.Service = p.Service.DeepCopy()
	}
	if attempt.Request == nil {
		attempt.Request = p.Request.DeepCopy()
	}
}

// Lacks tells whether FillIn would record anything that a repetition needs.
func Lacks(attempt *v1alpha1.RequestAttempt) bool {
	return attempt != nil && (attempt.ObjectUID == "" || attempt.Service == nil || attempt.Request == nil)
}
