// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package useractions

import "github.com/call-operator/call-operator/api/v1alpha1"

// NumberUse is how many of a number's concurrent calls are in use.
type NumberUse struct {
	Number string `json:"number"`
	// Limit is how many outbound calls may use the number at once; Used, how many do; Waiting, how many wait for it.
	Limit   int `json:"limit"`
	Used    int `json:"used"`
	Waiting int `json:"waiting"`
}

// Use counts the calls that use a provider's numbers. An outbound call counts from its first request until it is over;
// incoming calls do not count.
func Use(provider *v1alpha1.CallProvider, calls []*v1alpha1.Call) []NumberUse {
	use := make([]NumberUse, len(provider.Spec.Numbers))
	at := map[v1alpha1.PhoneNumber]*NumberUse{}
	for i := range provider.Spec.Numbers {
		owned := &provider.Spec.Numbers[i]
		use[i] = NumberUse{Number: string(owned.PhoneNumber), Limit: owned.Limit()}
		at[owned.PhoneNumber] = &use[i]
	}
	for _, call := range calls {
		if call.Namespace != provider.Namespace || call.Spec.ProviderRef.Name != provider.Name || call.Spec.From == nil ||
			call.Spec.To == nil || call.Status.Result != nil || at[call.Spec.From.PhoneNumber] == nil {
			continue
		}
		switch number := at[call.Spec.From.PhoneNumber]; {
		case call.Status.Attempt != nil:
			number.Used++
		case call.Spec.State != v1alpha1.CallStateEnded:
			number.Waiting++
		}
	}
	return use
}
