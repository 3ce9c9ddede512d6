// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/uuid"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

const (
	// DefaultEntraURL is where the tenants of Entra ID are. Azure's other clouds have others, such as
	// https://login.microsoftonline.us.
	DefaultEntraURL = "https://login.microsoftonline.com"

	// entraIssuerV1 is in front of the tenant in the issuer of a version 1 token; the issuer of a version 2 token is below
	// the URL above. Which one Event Grid gets depends on the application, so both are taken.
	// Source: https://learn.microsoft.com/entra/identity-platform/access-tokens.
	entraIssuerV1 = "https://sts.windows.net/"

	// eventGridAppID is the application Microsoft.EventGrid, the same in every tenant.
	// Source: https://learn.microsoft.com/azure/event-grid/secure-webhook-delivery, whose scripts name it. That it is the
	// appid (version 1) or azp (version 2) of a delivery's token is assumed: it follows from how Entra ID issues tokens.
	eventGridAppID = "4962773b-9cdb-44cf-a8bf-237846a00ab7"

	// eventGridRole is the application role that the same document has people give to Event Grid. It also gives it to
	// whoever creates the subscription. That it is in the roles of a delivery's token is assumed likewise.
	eventGridRole = "AzureEventGridSecureWebhookSubscriber"

	// guidLength is that of a GUID in its usual form, as which Entra ID writes a tenant.
	guidLength = 36

	// maxTenants bounds the key sets that are kept; each has a few kB. Only tenants that a provider names come here.
	maxTenants = 100
)

// entraVerifier checks the tokens of Entra ID that Event Grid puts on its deliveries.
type entraVerifier struct {
	baseURL   string
	allowHTTP bool
	now       func() time.Time
	metrics   *metrics

	mu sync.Mutex
	// tenants has the key sets with the one that was used last at the end.
	tenants []tenantKeys
}

type tenantKeys struct {
	tenant string
	keys   *keySet
}

// newEntraVerifier fetches keys below baseURL, which must be https, or http on a loopback address or
// where allowHTTP says so.
func newEntraVerifier(baseURL string, allowHTTP bool, now func() time.Time, m *metrics) (*entraVerifier, error) {
	if err := checkIssuerURL(baseURL, allowHTTP); err != nil {
		return nil, fmt.Errorf("the URL of Entra ID %w", err)
	}
	return &entraVerifier{baseURL: strings.TrimSuffix(baseURL, "/"), allowHTTP: allowHTTP, now: now, metrics: m}, nil
}

// verify returns nil when the token was issued by the tenant, for the audience, to Event Grid. A *refusedError says that
// it was not; any other error that this cannot be told now.
func (v *entraVerifier) verify(ctx context.Context, token string, want v1alpha1.EventGridEntra) error {
	if token == "" {
		return refused("jwt_missing")
	}
	// Entra ID writes a tenant in lower case, people write it in both.
	tenant := strings.ToLower(want.TenantID)
	keys, err := v.keysOf(tenant)
	if err != nil {
		return err
	}
	checked, err := verifySigned(ctx, keys, v.now, token)
	switch {
	case err != nil:
		return err
	case checked.Issuer != entraIssuerV1+tenant+"/" && checked.Issuer != v.baseURL+"/"+tenant+"/v2.0":
		return refused("jwt_issuer")
	case !isFor(checked, want.Audience):
		return refused("jwt_audience")
	case !isEventGrid(checked):
		return refused("jwt_caller")
	}
	return nil
}

// isEventGrid tells whether a token was issued to Event Grid: anybody in the tenant can get one for this audience.
func isEventGrid(token *oidc.IDToken) bool {
	var claims struct {
		// AppID is who asked for a version 1 token, AuthorizedParty who asked for a version 2 token.
		AppID           string   `json:"appid"`
		AuthorizedParty string   `json:"azp"`
		Roles           []string `json:"roles"`
	}
	if token.Claims(&claims) != nil {
		return false
	}
	return claims.AppID == eventGridAppID || claims.AuthorizedParty == eventGridAppID || slices.Contains(claims.Roles, eventGridRole)
}

// keysOf returns the key set of a tenant, and drops the one that was not used for longest when there are too many.
func (v *entraVerifier) keysOf(tenant string) (*keySet, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	// The CRD sees to this as well. Nothing else may become part of a URL.
	if len(tenant) != guidLength || uuid.Validate(tenant) != nil {
		return nil, refused("jwt_issuer")
	}
	at := slices.IndexFunc(v.tenants, func(t tenantKeys) bool { return t.tenant == tenant })
	if at < 0 {
		keys, err := newKeySet(v.baseURL+"/"+tenant+"/discovery/v2.0/keys", v.allowHTTP, v.now, v.metrics)
		if err != nil {
			return nil, err
		}
		v.tenants = append(v.tenants, tenantKeys{tenant: tenant, keys: keys})
		v.tenants = v.tenants[max(0, len(v.tenants)-maxTenants):]
		return keys, nil
	}
	used := v.tenants[at]
	v.tenants = append(slices.Delete(v.tenants, at, at+1), used)
	return used.keys, nil
}
