// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/azurecloud"
	"github.com/call-operator/call-operator/telephony"
)

// The manager has one workload identity and works for many namespaces. Without a check, anyone who may create a provider
// could place calls with every resource that this identity may use. So only namespaces and hosts listed by the manager's
// administrator may use it.

// IdentityGrant lets the providers of a namespace use the manager's workload identity at a host. Either may be Anything.
type IdentityGrant struct {
	Namespace, Host string
}

// Anything matches every namespace, or every host of Communication Services.
const Anything = "*"

// IdentityGrants are the complete list of grants; an empty list allows nothing.
type IdentityGrants []IdentityGrant

// IdentityFlag is the manager's flag that sets IdentityGrants.
const IdentityFlag = "allow-workload-identity"

// ParseIdentityGrants parses the value of a flag, such as team-a/my-calls.communication.azure.com,team-b/*.
func ParseIdentityGrants(list string) (IdentityGrants, error) {
	var grants IdentityGrants
	for _, text := range strings.Split(list, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		namespace, host, _ := strings.Cut(text, "/")
		grant := IdentityGrant{Namespace: namespace, Host: strings.ToLower(host)}
		if !grant.valid() {
			return nil, fmt.Errorf("%q is not NAMESPACE/HOST: write a namespace and the host of a resource, such as team-a/my-calls.communication.azure.com, or * for any", text)
		}
		grants = append(grants, grant)
	}
	return grants, nil
}

func (g IdentityGrant) valid() bool {
	namespace := g.Namespace == Anything || len(validation.IsDNS1123Label(g.Namespace)) == 0
	return namespace && (g.Host == Anything || len(validation.IsDNS1123Subdomain(g.Host)) == 0)
}

func (g IdentityGrant) allows(namespace, host string) bool {
	return (g.Namespace == Anything || g.Namespace == namespace) && (g.Host == Anything || g.Host == host)
}

// check says why the manager's identity may not be used for an endpoint. Regardless of grants, its token goes only to hosts
// of Communication Services.
func (grants IdentityGrants) check(namespace, endpoint string) error {
	host, ok := entraHost(endpoint)
	if !ok {
		return telephony.Unusable(v1alpha1.ReasonInvalidEndpoint,
			"With workloadIdentity, spec.acs.endpoint must be an https URL below %s.", strings.Join(entraSuffixes(), " or "))
	}
	if !slices.ContainsFunc(grants, func(g IdentityGrant) bool { return g.allows(namespace, host) }) {
		return telephony.Unusable(v1alpha1.ReasonIdentityNotAllowed,
			"This namespace may not use the manager's workload identity at this endpoint: have the manager started with --%s=%s/%s"+
				" (the chart's value is manager.workloadIdentity.allowed), or set spec.acs.connectionStringSecretRef in place of workloadIdentity.",
			IdentityFlag, namespace, host)
	}
	return nil
}

// entraHost is the host that the manager's token would be sent to; ok is false if it is not a host of Communication
// Services.
func entraHost(endpoint string) (host string, ok bool) {
	parsed, err := url.Parse(endpoint)
	if err != nil || parsed.Scheme != "https" {
		return "", false
	}
	_, known := azurecloud.Of(endpoint)
	return strings.TrimSuffix(strings.ToLower(parsed.Hostname()), "."), known
}

func entraSuffixes() []string {
	suffixes := make([]string, len(azurecloud.All))
	for i, cloud := range azurecloud.All {
		suffixes[i] = cloud.HostSuffix
	}
	return suffixes
}

// identityOptions request the token from the Entra ID of the resource's cloud.
func identityOptions(spec *v1alpha1.ACSProvider) *azidentity.WorkloadIdentityCredentialOptions {
	resource, _ := azurecloud.Of(spec.Endpoint)
	return &azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions: azcore.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: resource.EntraURL + "/"}},
		ClientID:      spec.WorkloadIdentity.ClientID, TenantID: spec.WorkloadIdentity.TenantID,
	}
}
