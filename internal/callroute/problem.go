// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callroute

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Finding is why a route can never match a call.
type Finding struct {
	// Reason is a condition reason of package v1alpha1; "" means that the route can take calls.
	Reason string
	// Message says what to change.
	Message string
}

// Problem finds why a route can never take a call: it is invalid, it matches only parties that cannot be called, or
// earlier routes take every call that it matches. others are the routes of the same provider, with or without itself.
func Problem(route *v1alpha1.CallRoute, others []*v1alpha1.CallRoute, provider *v1alpha1.CallProvider) Finding {
	match := route.Spec.Match
	if match != nil && match.Origin != nil {
		if _, err := metav1.LabelSelectorAsSelector(match.Origin.Selector); err != nil {
			return Finding{v1alpha1.ReasonInvalidSelector, fmt.Sprintf("spec.match.origin.selector cannot be used: %v.", err)}
		}
	}
	if match != nil && len(match.To) > 0 && !slices.ContainsFunc(match.To, func(m v1alpha1.PartyMatch) bool { return reachable(m, provider) }) {
		return Finding{v1alpha1.ReasonNumberNotOwned, fmt.Sprintf(
			"CallProvider %s owns none of the numbers in spec.match.to, so that no call to them can arrive: add them to the provider's spec.numbers, or change the match.", provider.Name)}
	}
	return shadowed(route, others)
}

// shadowed finds a route that is evaluated earlier and takes every call that this one matches.
func shadowed(route *v1alpha1.CallRoute, others []*v1alpha1.CallRoute) Finding {
	for _, other := range Sorted(others) {
		switch {
		case compare(other, route) >= 0:
			return Finding{}
		case !covers(other.Spec.Match, route.Spec.Match), comesBack(other, others):
		case other.Spec.Priority == route.Spec.Priority:
			return Finding{v1alpha1.ReasonAmbiguous, fmt.Sprintf(
				"CallRoute %s has the same priority, matches every call that this one does, and goes first by name: give one of them another priority, or change a match.", other.Name)}
		default:
			return Finding{v1alpha1.ReasonShadowed, fmt.Sprintf(
				"CallRoute %s has a higher priority and matches every call that this one does: raise this one's priority, or change a match.", other.Name)}
		}
	}
	return Finding{}
}

// reachable tells whether a call can arrive for a party that a match selects: any but a number that the provider does
// not own.
func reachable(match v1alpha1.PartyMatch, provider *v1alpha1.CallProvider) bool {
	owns := func(matches func(number string) bool) bool {
		return slices.ContainsFunc(provider.Spec.Numbers, func(owned v1alpha1.OwnedNumber) bool { return matches(string(owned.PhoneNumber)) })
	}
	switch {
	case match.Exact != nil && match.Exact.PhoneNumber != "":
		return owns(func(number string) bool { return number == string(match.Exact.PhoneNumber) })
	case match.Prefix != "":
		return owns(func(number string) bool { return strings.HasPrefix(number, match.Prefix) })
	case match.Kind == v1alpha1.PartyKindPhoneNumber:
		return len(provider.Spec.Numbers) > 0
	case match.Kind == v1alpha1.PartyKindAnonymous:
		return false
	default:
		return true
	}
}

// covers tells whether a matches every call that b matches. It is conservative: it may miss a case, but is never wrong
// if true.
func covers(a, b *v1alpha1.RouteMatch) bool {
	if a == nil {
		return true
	}
	if b == nil {
		b = &v1alpha1.RouteMatch{}
	}
	originCovered := a.Origin == nil || b.Origin != nil && reflect.DeepEqual(a.Origin, b.Origin)
	return originCovered && coversParties(a.To, b.To) && coversParties(a.From, b.From) &&
		coversParties(a.OnBehalfOf, b.OnBehalfOf) && coversHeaders(a.Headers, b.Headers)
}

func coversParties(a, b []v1alpha1.PartyMatch) bool {
	if len(a) == 0 {
		return true
	}
	return len(b) > 0 && !slices.ContainsFunc(b, func(inner v1alpha1.PartyMatch) bool {
		return !slices.ContainsFunc(a, func(outer v1alpha1.PartyMatch) bool { return coversParty(outer, inner) })
	})
}

func coversParty(a, b v1alpha1.PartyMatch) bool {
	switch {
	case b.Exact != nil:
		return matchesParty(a, b.Exact)
	case b.Prefix != "":
		return a.Prefix != "" && strings.HasPrefix(b.Prefix, a.Prefix) || a.Kind == v1alpha1.PartyKindPhoneNumber
	default:
		return a.Kind == b.Kind
	}
}

// comesBack tells whether a call that a route redirects may return to it, directly or through other redirects. It then
// leaves the call to later routes.
func comesBack(route *v1alpha1.CallRoute, others []*v1alpha1.CallRoute) bool {
	if route.Spec.Action.Redirect == nil {
		return false
	}
	passedBy := map[string]bool{}
	next := []*v1alpha1.CallRoute{route}
	for len(next) > 0 {
		to := &next[0].Spec.Action.Redirect.To
		next = next[1:]
		if takesCallsTo(route, to) {
			return true
		}
		for _, other := range others {
			if other.Spec.Action.Redirect != nil && !passedBy[other.Name] && takesCallsTo(other, to) {
				passedBy[other.Name] = true
				next = append(next, other)
			}
		}
	}
	return false
}

func takesCallsTo(route *v1alpha1.CallRoute, to *v1alpha1.Identifier) bool {
	return route.Spec.Match == nil || matchesAny(route.Spec.Match.To, to)
}
