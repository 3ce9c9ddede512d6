// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

func TestIdentityGrants(t *testing.T) {
	const resource = "https://r.communication.azure.com"
	tests := []struct {
		reason, flag, namespace, endpoint, refused string
	}{
		{"nothing is allowed by default", "", "team-a", resource, v1alpha1.ReasonIdentityNotAllowed},
		{"the pair that was named", "team-a/r.communication.azure.com", "team-a", resource, ""},
		{"one of several", "team-b/x.communication.azure.com, team-a/r.communication.azure.com", "team-a", resource + "/", ""},
		{"hosts know no case", "team-a/R.Communication.Azure.com", "team-a", "https://r.COMMUNICATION.azure.com", ""},
		{"another namespace was named", "team-b/r.communication.azure.com", "team-a", resource, v1alpha1.ReasonIdentityNotAllowed},
		{"another team's resource", "team-a/r.communication.azure.com,team-b/x.communication.azure.com", "team-a", "https://x.communication.azure.com", v1alpha1.ReasonIdentityNotAllowed},
		{"a name that begins alike is another namespace", "team-a/r.communication.azure.com", "team-a2", resource, v1alpha1.ReasonIdentityNotAllowed},
		{"any host", "team-a/*", "team-a", resource, ""},
		{"any host of one namespace", "team-a/*", "team-b", resource, v1alpha1.ReasonIdentityNotAllowed},
		{"any namespace", "*/r.communication.azure.com", "team-b", resource, ""},
		{"any host is one of Communication Services", "*/*", "team-a", "https://evil.example.com", v1alpha1.ReasonInvalidEndpoint},
		{"naming another host does not make it one", "team-a/evil.example.com", "team-a", "https://evil.example.com", v1alpha1.ReasonInvalidEndpoint},
		{"a token is not sent in the clear", "*/*", "team-a", "http://r.communication.azure.com", v1alpha1.ReasonInvalidEndpoint},
	}
	for _, tc := range tests {
		grants, err := ParseIdentityGrants(tc.flag)
		if err != nil {
			t.Errorf("%s: %v", tc.reason, err)
			continue
		}
		got := ""
		var cause *telephony.UnusableError
		if err := grants.check(tc.namespace, tc.endpoint); errors.As(err, &cause) {
			got = cause.Reason
		}
		if got != tc.refused {
			t.Errorf("%s: refused for %q, want %q", tc.reason, got, tc.refused)
		}
	}
}

func TestIdentityGrantsThatAreNone(t *testing.T) {
	for reason, flag := range map[string]string{
		"a namespace alone would be any host":      "team-a",
		"an empty host would be any host":          "team-a/",
		"an empty namespace would be any":          "/r.communication.azure.com",
		"a URL is not a host":                      "team-a/https://r.communication.azure.com",
		"a part of a name is not supported":        "team-*/r.communication.azure.com",
		"nor is it for hosts":                      "team-a/*.communication.azure.com",
		"what is wrong among what is right counts": "team-a/*,team_b/*",
	} {
		if grants, err := ParseIdentityGrants(flag); err == nil {
			t.Errorf("%s: %q is read as %v", reason, flag, grants)
		}
	}
}

// TestIdentityOfEachCloud: a token is fetched where the resource's cloud has its tenants.
func TestIdentityOfEachCloud(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://r.communication.azure.com": "https://login.microsoftonline.com/",
		"https://r.communication.azure.us":  "https://login.microsoftonline.us/",
		"https://r.communication.azure.cn":  "https://login.partner.microsoftonline.cn/",
	} {
		got := identityOptions(&v1alpha1.ACSProvider{
			Endpoint: endpoint, WorkloadIdentity: &v1alpha1.WorkloadIdentity{ClientID: "client", TenantID: "tenant"},
		})
		if diff := cmp.Diff(want, got.Cloud.ActiveDirectoryAuthorityHost); diff != "" {
			t.Errorf("%s (-want +got):\n%s", endpoint, diff)
		}
		if got.ClientID != "client" || got.TenantID != "tenant" {
			t.Errorf("%s: the identity is %s of %s, want the provider's", endpoint, got.ClientID, got.TenantID)
		}
	}
}

func TestEntraHost(t *testing.T) {
	t.Parallel()
	cases := []struct {
		endpoint, reason string
		want             bool
	}{
		{"https://r.communication.azure.com", "the public cloud", true},
		{"https://r.communication.azure.com/", "the portal writes a slash", true},
		{"https://R.Communication.Azure.COM", "hosts have no case", true},
		{"https://r.unitedstates.communication.azure.com", "a resource's host may have a region", true},
		{"https://r.communication.azure.us", "the government cloud", true},
		{"http://r.communication.azure.com", "a token in the clear", false},
		{"https://communication.azure.com", "no resource is there", false},
		{"https://evilcommunication.azure.com", "somebody else's host", false},
		{"https://r.communication.azure.com.example.com", "somebody else's host", false},
		{"https://example.com/.communication.azure.com", "somebody else's host", false},
		{"https://example.com?.communication.azure.com", "somebody else's host", false},
		{"https://example.com#.communication.azure.com", "somebody else's host", false},
		{"https://r.communication.azure.com@example.com", "somebody else's host", false},
		{"https://example.com:443\\.communication.azure.com", "what cannot be parsed is trusted with nothing", false},
		{"", "nothing", false},
	}
	for _, c := range cases {
		if _, got := entraHost(c.endpoint); got != c.want {
			t.Errorf("entraHost(%q) = %t: %s", c.endpoint, got, c.reason)
		}
	}
}
