// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"fmt"
	"slices"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/calloperation"
	"github.com/call-operator/call-operator/internal/numbering"
)

// OwnedNumber is the provider's entry for a number, nil if it does not own the number.
func OwnedNumber(provider *v1alpha1.CallProvider, number string) *v1alpha1.OwnedNumber {
	at := slices.IndexFunc(provider.Spec.Numbers, func(owned v1alpha1.OwnedNumber) bool {
		return string(owned.PhoneNumber) == number
	})
	if at < 0 {
		return nil
	}
	return &provider.Spec.Numbers[at]
}

// CallingProblem says why an operation cannot call whom it is to call into a call, "" if it can or if it calls nobody. A problem that can
// be fixed has a reason.
func CallingProblem(asked *v1alpha1.CallOperation, call *v1alpha1.Call, provider *v1alpha1.CallProvider, allowShort bool) (reason, message string) {
	called := calloperation.Called(asked)
	if called == nil {
		return "", ""
	}
	if short := numbering.Problem(string(called.PhoneNumber)); short != "" && !allowShort {
		return "", short
	}
	if unowned := notOwned(provider, calloperation.From(asked, call)); unowned != "" {
		return v1alpha1.ReasonNumberNotOwned, unowned
	}
	return "", ""
}

// notOwned says that the provider does not own the number of a caller, "" if it does or if there is none.
func notOwned(provider *v1alpha1.CallProvider, from *v1alpha1.Caller) string {
	if from == nil || from.PhoneNumber == "" || OwnedNumber(provider, string(from.PhoneNumber)) != nil {
		return ""
	}
	return fmt.Sprintf("CallProvider %s does not own %s: add it to the provider's spec.numbers, or use one of them as from.phoneNumber.",
		provider.Name, from.PhoneNumber)
}
