// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"slices"

	"github.com/call-operator/call-operator/api/v1alpha1"
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
