// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package azurecloud knows the Azure clouds. They share nothing: each has its own hosts, Entra ID and signing keys, and a token
// of one is invalid in another.
package azurecloud

import (
	"net/url"
	"strings"
)

// Cloud is one of Azure's clouds.
type Cloud struct {
	// Name is its name in metrics and messages.
	Name string
	// HostSuffix ends the hosts of Communication Services resources.
	HostSuffix string
	// CallbackIssuer signs the callbacks of Call Automation; its keys are at CallbackKeys.
	CallbackIssuer, CallbackKeys string
	// EntraURL is the base URL of Entra ID's tenants: it serves the tokens, and is the issuer of version 2 tokens.
	EntraURL string
	// EntraIssuerV1 precedes the tenant in the issuer of version 1 tokens.
	EntraIssuerV1 string
	// EventGridAppID is the application Microsoft.EventGrid in the tenants of this cloud; empty where it is not documented.
	EventGridAppID string
}

// keysPath is the path of the callback keys on the issuer's host.
const keysPath = "/calling/keys"

// The clouds. Documented are: the callback issuer of Public ("Secure webhook endpoint" in the Call Automation documentation), the
// hosts of Entra ID (https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud), and Event Grid's
// applications (https://learn.microsoft.com/azure/event-grid/secure-webhook-delivery). It is assumed that the callback issuers of
// the others follow the host suffix of their resources. If that is wrong, callbacks of their providers are refused with the
// reason jwt_issuer, the CallProvider shows it, and the receiver's flags can set the right values.
var (
	Public = Cloud{
		Name: "Public", HostSuffix: ".communication.azure.com",
		CallbackIssuer: "https://acscallautomation.communication.azure.com",
		CallbackKeys:   "https://acscallautomation.communication.azure.com" + keysPath,
		EntraURL:       "https://login.microsoftonline.com", EntraIssuerV1: "https://sts.windows.net/",
		EventGridAppID: "4962773b-9cdb-44cf-a8bf-237846a00ab7",
	}
	USGovernment = Cloud{
		Name: "USGovernment", HostSuffix: ".communication.azure.us",
		CallbackIssuer: "https://acscallautomation.communication.azure.us",
		CallbackKeys:   "https://acscallautomation.communication.azure.us" + keysPath,
		EntraURL:       "https://login.microsoftonline.us", EntraIssuerV1: "https://sts.windows.net/",
		EventGridAppID: "54316b56-3481-47f9-8f30-0300f5542a7b",
	}
	China = Cloud{
		Name: "China", HostSuffix: ".communication.azure.cn",
		CallbackIssuer: "https://acscallautomation.communication.azure.cn",
		CallbackKeys:   "https://acscallautomation.communication.azure.cn" + keysPath,
		EntraURL:       "https://login.partner.microsoftonline.cn", EntraIssuerV1: "https://sts.chinacloudapi.cn/",
	}
)

// All are the clouds, Public first.
var All = []Cloud{Public, USGovernment, China}

// Of returns the cloud of a resource by its endpoint. An endpoint with none of the suffixes, such as a proxy's or the
// simulator's, counts as Public; known is false then.
func Of(endpoint string) (cloud Cloud, known bool) {
	parsed, err := url.Parse(endpoint)
	if err != nil {
		return Public, false
	}
	host := strings.TrimSuffix(strings.ToLower(parsed.Hostname()), ".")
	for _, cloud := range All {
		if strings.HasSuffix(host, cloud.HostSuffix) {
			return cloud, true
		}
	}
	return Public, false
}

// ByCallbackIssuer returns the cloud whose callbacks this issuer signs.
func ByCallbackIssuer(issuer string) (cloud Cloud, known bool) {
	for _, cloud := range All {
		if cloud.CallbackIssuer == issuer {
			return cloud, true
		}
	}
	return Cloud{}, false
}
