// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/uuid"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/azurecloud"
)

const (
	// eventGridRole is the application role to grant to Event Grid, and to the creator of the subscription, by
	// https://learn.microsoft.com/azure/event-grid/secure-webhook-delivery. It is assumed that the token of a delivery has this
	// role, and Event Grid's application as appid (version 1) or azp (version 2): that is how Entra ID issues tokens.
	eventGridRole = "AzureEventGridSecureWebhookSubscriber"

	// guidLength is the length of a GUID in its usual form, which Entra ID uses for tenants.
	guidLength = 36

	// maxTenants limits the cached key sets; each has a few kB. Only tenants of providers get here.
	maxTenants = 100
)

// entraVerifier checks the tokens of Entra ID that Event Grid puts on its deliveries.
type entraVerifier struct {
	// override replaces each provider's own cloud; nil if there is none.
	override *azurecloud.Cloud
	source   keySource

	mu sync.Mutex
	// tenants has the key sets, the most recently used at the end.
	tenants []tenantKeys
}

// tenantKeys are the keys of a tenant of the Entra ID at baseURL.
type tenantKeys struct {
	baseURL, tenant string
	keys            *keySet
}

// newEntraVerifier fetches keys from the Entra ID of a provider's cloud or, if baseURL is not empty, from there for all
// providers. It must be https, or http where the source permits that.
func newEntraVerifier(baseURL string, source keySource) (*entraVerifier, error) {
	v := &entraVerifier{source: source}
	if baseURL == "" {
		return v, nil
	}
	if err := source.checkIssuerURL(baseURL); err != nil {
		return nil, fmt.Errorf("the URL of Entra ID %w", err)
	}
	v.override = entraAt(strings.TrimSuffix(baseURL, "/"))
	return v, nil
}

// entraAt is the cloud whose Entra ID is at this URL, or else Public with this URL.
func entraAt(baseURL string) *azurecloud.Cloud {
	for _, cloud := range azurecloud.All {
		if cloud.EntraURL == baseURL {
			return &cloud
		}
	}
	cloud := azurecloud.Public
	cloud.Name, cloud.EntraURL = configured, baseURL
	return &cloud
}

// verify returns nil when the token was issued by the tenant in this cloud, for the audience, to Event Grid.
//
// The issuer of a version 2 token is below the URL of the keys; that of a version 1 token is different. The application
// determines which one Event Grid gets, so both are accepted. Source:
// https://learn.microsoft.com/entra/identity-platform/access-tokens.
func (v *entraVerifier) verify(ctx context.Context, token string, want v1alpha1.EventGridEntra, cloud azurecloud.Cloud) error {
	if token == "" {
		return refused("jwt_missing")
	}
	if v.override != nil {
		cloud = *v.override
	}
	// Entra ID writes a tenant in lower case, people use either case.
	tenant := strings.ToLower(want.TenantID)
	keys, err := v.keysOf(cloud, tenant)
	if err != nil {
		return err
	}
	checked, err := keys.verify(ctx, token)
	switch {
	case err != nil:
		return err
	case checked.Issuer != cloud.EntraIssuerV1+tenant+"/" && checked.Issuer != cloud.EntraURL+"/"+tenant+"/v2.0":
		return refused("jwt_issuer")
	case !isFor(checked, want.Audience):
		return refused("jwt_audience")
	case !isEventGrid(checked, cloud.EventGridAppID):
		return refused("jwt_caller")
	}
	return nil
}

// isEventGrid tells whether a token was issued to Event Grid: anybody in the tenant can get one for this audience.
func isEventGrid(token *oidc.IDToken, appID string) bool {
	var claims struct {
		// AppID is the client of a version 1 token, AuthorizedParty that of a version 2 token.
		AppID           string   `json:"appid"`
		AuthorizedParty string   `json:"azp"`
		Roles           []string `json:"roles"`
	}
	if token.Claims(&claims) != nil {
		return false
	}
	byID := appID != "" && (claims.AppID == appID || claims.AuthorizedParty == appID)
	return byID || slices.Contains(claims.Roles, eventGridRole)
}

// keysOf returns the key set of a tenant, and drops the least recently used one if there are too many.
func (v *entraVerifier) keysOf(cloud azurecloud.Cloud, tenant string) (*keySet, error) {
	baseURL := cloud.EntraURL
	v.mu.Lock()
	defer v.mu.Unlock()
	// The CRD validates this as well. Nothing else may become part of a URL.
	if len(tenant) != guidLength || uuid.Validate(tenant) != nil {
		return nil, refused("jwt_issuer")
	}
	at := slices.IndexFunc(v.tenants, func(t tenantKeys) bool { return t.baseURL == baseURL && t.tenant == tenant })
	if at < 0 {
		keys, err := v.source.newKeySet(cloud.Name, baseURL+"/"+tenant+"/discovery/v2.0/keys")
		if err != nil {
			return nil, err
		}
		v.tenants = append(v.tenants, tenantKeys{baseURL: baseURL, tenant: tenant, keys: keys})
		v.tenants = v.tenants[max(0, len(v.tenants)-maxTenants):]
		return keys, nil
	}
	used := v.tenants[at]
	v.tenants = append(slices.Delete(v.tenants, at, at+1), used)
	return used.keys, nil
}
