// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package azurecloud

import (
	"net/url"
	"testing"
)

func TestOf(t *testing.T) {
	tests := []struct {
		reason, endpoint, want string
		known                  bool
	}{
		{"the public cloud", "https://calls.communication.azure.com", "Public", true},
		{"a resource with a geography in its name", "https://calls.unitedstates.communication.azure.com/", "Public", true},
		{"the United States' government cloud", "https://calls.communication.azure.us", "USGovernment", true},
		{"government resources may have a geography too", "https://calls.usgov.communication.azure.us/", "USGovernment", true},
		{"China's cloud", "https://calls.communication.azure.cn", "China", true},
		{"host names know no case", "https://Calls.Communication.Azure.US/", "USGovernment", true},
		{"a port changes nothing", "https://calls.communication.azure.us:443", "USGovernment", true},
		{"a host name may end with the root's dot", "https://calls.communication.azure.us./", "USGovernment", true},
		{"a path is not a host", "https://calls.example.com/x.communication.azure.us", "Public", false},
		{"the suffix in the middle is somebody else's host", "https://calls.communication.azure.us.example.com", "Public", false},
		{"a name that only ends alike is somebody else's host", "https://evilcommunication.azure.us", "Public", false},
		{"the simulator", "http://127.0.0.1:8090", "Public", false},
		{"not known yet", "", "Public", false},
		{"no URL at all", "://", "Public", false},
	}
	for _, tc := range tests {
		if got, known := Of(tc.endpoint); got.Name != tc.want || known != tc.known {
			t.Errorf("%s: %q is of %s (%v), want %s (%v)", tc.reason, tc.endpoint, got.Name, known, tc.want, tc.known)
		}
	}
}

// TestCloudsAreApart: what two clouds shared, one could forge for the other. Version 1 tokens of Entra ID are the exception:
// there the tenant and the keys, which are below EntraURL, tell the clouds apart.
func TestCloudsAreApart(t *testing.T) {
	seen := map[string]string{}
	for _, cloud := range All {
		for _, value := range []string{cloud.Name, cloud.HostSuffix, cloud.CallbackIssuer, cloud.CallbackKeys, cloud.EntraURL, cloud.EventGridAppID} {
			if other, found := seen[value]; found && value != "" {
				t.Errorf("%s and %s share %s", cloud.Name, other, value)
			}
			seen[value] = cloud.Name
		}
		for _, address := range []string{cloud.CallbackKeys, cloud.EntraURL, cloud.CallbackIssuer, cloud.EntraIssuerV1} {
			if u, err := url.Parse(address); err != nil || u.Scheme != "https" {
				t.Errorf("%s: %s is no https URL", cloud.Name, address)
			}
		}
		if back, known := ByCallbackIssuer(cloud.CallbackIssuer); !known || back != cloud {
			t.Errorf("the issuer of %s leads to %q", cloud.Name, back.Name)
		}
	}
	if _, known := ByCallbackIssuer("https://issuer.example.com"); known {
		t.Error("an issuer that is none of Azure's is known")
	}
}
