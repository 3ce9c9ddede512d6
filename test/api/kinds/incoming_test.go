// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
)

// receiving is a provider that receives incoming calls so.
func receiving(incoming string) string {
	return "{acs: {connectionStringSecretRef: {name: s}}, callbackURL: 'https://calls.example.com', incomingCalls: " + incoming + "}"
}

func TestIncomingCalls(t *testing.T) {
	t.Parallel()
	const (
		tenant  = "11111111-2222-4333-8444-555555555555"
		noGUID  = "tenantID must be the tenant's ID, a GUID such as 00000000-0000-0000-0000-000000000000"
		atLeast = "maxDuration must be a duration of at least 1s, such as 30m"
	)
	entra := func(text string) string { return receiving("{entra: {" + text + "}}") }
	cases := []judged{
		{"all defaults", "incoming calls need nothing more", receiving("{}"), ""},
		{"token", "a tenant and an audience", entra("tenantID: " + tenant + ", audience: 'api://receiver'"), ""},
		{"capitals", "GUIDs mean the same in any case of letters", entra("tenantID: ABCDEF00-2222-4333-8444-555555555555, audience: a"), ""},
		{"no tenant", "whose tokens?", entra("audience: a"), "spec.incomingCalls.entra.tenantID: Required value"},
		{"no audience", "tokens for whom?", entra("tenantID: " + tenant), "spec.incomingCalls.entra.audience: Required value"},
		{"empty audience", "tokens for whom?", entra("tenantID: " + tenant + `, audience: ""`), "spec.incomingCalls.entra.audience"},
		{"longest audience", "the bound is allowed", entra("tenantID: " + tenant + ", audience: " + strings.Repeat("a", 256)), ""},
		{"too long an audience", "beyond the bound", entra("tenantID: " + tenant + ", audience: " + strings.Repeat("a", 257)), "audience: Too long"},
		{"tenant by domain", "tokens name the ID", entra("tenantID: example.com, audience: a"), noGUID},
		{"empty tenant", "whose tokens?", entra(`tenantID: "", audience: a`), "spec.incomingCalls.entra.tenantID"},
		{"kept for no time", "deleted at once", receiving("{ttlSecondsAfterFinished: 0}"), ""},
		{"kept for less", "no time is negative", receiving("{ttlSecondsAfterFinished: -1}"), "greater than or equal to 0"},
	}
	for _, c := range durations("spec.incomingCalls.maxDuration", atLeast, false) {
		c.spec = receiving("{maxDuration: " + c.spec + "}")
		cases = append(cases, c)
	}
	judge(t, "CallProvider", cases)
}

// TestWhatTheServiceSendsIsStored: a caller of whatever kind does not keep the receiver from writing a Call down.
func TestWhatTheServiceSendsIsStored(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300)
	for _, rawID := range []string{
		"4:+14255550123", "4:+14255550123_2", "4:anonymous", "4:911", "4:+1425555012345678", "8:acs:", "8:acs:a_b", "8:acs:a_b_c", "8:acs:a__c",
		"8:acs:a_b_c_d", "8:acs:" + long, "8:spool:a_b_c", "8:orgid:", "8:orgid:a_b", "8:orgid:a b", "8:gcch:u", "8:orgid:" + long,
		"8:teamsvisitor:v", "28:dod:a", "28:orgid:", "28:orgid:a:b", "48:future", "nonsense", "",
	} {
		call := &v1alpha1.Call{}
		call.Name, call.Namespace = "incoming", "default"
		call.Spec.ProviderRef.Name = "acs"
		call.Spec.Inbound = &v1alpha1.InboundCall{
			From: party.FromRawID(rawID), To: v1alpha1.Identifier{PhoneNumber: "+14255550100"}, ReceivedTime: metav1.Now(),
		}
		if err := plane.Client.Create(t.Context(), call, client.DryRunAll); err != nil {
			t.Errorf("a call from %q would be lost: %v", rawID, err)
		}
		if to := call.Spec.Inbound.From; to != nil {
			call.Spec.Inbound.To = *to
			if err := plane.Client.Create(t.Context(), call, client.DryRunAll); err != nil {
				t.Errorf("a call to %q would be lost: %v", rawID, err)
			}
		}
	}
}
