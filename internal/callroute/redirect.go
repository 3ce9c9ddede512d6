// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callroute

import (
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/numbering"
)

// RedirectProblem says why no call is redirected to a party: its number is too short for a subscriber number. "" means no
// problem.
func RedirectProblem(to *v1alpha1.Identifier, allowed bool) string {
	if to == nil || allowed {
		return ""
	}
	return numbering.Problem(string(to.PhoneNumber))
}

// RedirectOf is the redirect target of an action, or nil.
func RedirectOf(action *v1alpha1.RouteAction) *v1alpha1.Identifier {
	if action.Redirect == nil {
		return nil
	}
	return &action.Redirect.To
}
