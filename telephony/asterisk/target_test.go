// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/telephony"
)

// TestTargetOf: a channel's key names its object and provider, and what is no key names none.
func TestTargetOf(t *testing.T) {
	target := callbackurl.Target{Kind: callbackurl.KindCalls, Namespace: "team-a", Name: "customer.1", UID: "8c1d2b7e-5d2c-4a9e-9a53-9c8a2f2c1f00"}
	attempt := telephony.Attempt{Target: target, Record: &v1alpha1.RequestAttempt{Service: &v1alpha1.AttemptService{ProviderUID: "2f6b"}}}
	if got, provider, ok := TargetOf(keyOf(attempt)); !ok || got != target || provider != "2f6b" {
		t.Errorf("got %+v of %s, %t, want what was written", got, provider, ok)
	}
	attempt.Record.Service = nil
	if got, provider, ok := TargetOf(keyOf(attempt)); !ok || got != target || provider != noProvider {
		t.Errorf("without a provider: got %+v of %s, %t", got, provider, ok)
	}
	for _, key := range []string{
		"", "calls", "calls/team-a/customer.1/u", "calls/team-a/customer.1//p", "/team-a/customer.1/u/p", "calls//customer.1/u/p", "calls/team-a//u/p",
		"calls/team-a/customer.1/u/", "calls/team-a/customer.1/u/p/x",
	} {
		if got, _, ok := TargetOf(key); ok {
			t.Errorf("%q names %+v", key, got)
		}
	}
}
