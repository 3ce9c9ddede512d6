// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callroute

import (
	"slices"
	"strings"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// matchesHeaders tells whether a call has all headers that a route asks for.
func matchesHeaders(matches []v1alpha1.HeaderMatch, headers *v1alpha1.Headers) bool {
	if headers == nil {
		return len(matches) == 0
	}
	return !slices.ContainsFunc(matches, func(match v1alpha1.HeaderMatch) bool {
		return !matchesHeader(match, headers.SIP) && !matchesHeader(match, headers.VoIP)
	})
}

func matchesHeader(match v1alpha1.HeaderMatch, headers map[string]string) bool {
	for name, value := range headers {
		// The names of SIP headers mean the same in letters of either case (RFC 3261, section 7.3.1).
		if strings.EqualFold(name, match.Name) && (match.Value == nil || *match.Value == value) && strings.HasPrefix(value, match.Prefix) {
			return true
		}
	}
	return false
}

// coversHeaders tells whether every call that has the headers b has the headers a too.
func coversHeaders(a, b []v1alpha1.HeaderMatch) bool {
	return !slices.ContainsFunc(a, func(outer v1alpha1.HeaderMatch) bool {
		return !slices.ContainsFunc(b, func(inner v1alpha1.HeaderMatch) bool { return coversHeader(outer, inner) })
	})
}

func coversHeader(a, b v1alpha1.HeaderMatch) bool {
	switch {
	case !strings.EqualFold(a.Name, b.Name):
		return false
	case a.Value != nil:
		return b.Value != nil && *a.Value == *b.Value
	case b.Value != nil:
		return strings.HasPrefix(*b.Value, a.Prefix)
	default:
		return strings.HasPrefix(b.Prefix, a.Prefix)
	}
}
