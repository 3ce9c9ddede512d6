// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/go-jose/go-jose/v4"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/azurecloud"
)

// configured is the metrics label of an issuer that is configured for all providers.
const configured = "Configured"

// callbackTokens verifies the bearer tokens of callbacks, with the issuer and the keys of the provider's cloud.
type callbackTokens struct {
	// override is the issuer for all providers; nil if none is configured.
	override *tokenIssuer
	// clouds are the issuers for the providers of one cloud, by its name.
	clouds map[string]*tokenIssuer
}

// tokenIssuer signs the callbacks of a cloud, with these keys.
type tokenIssuer struct {
	name string
	keys *keySet
}

// newCallbackTokens completes a partial override with the values of the public cloud.
func newCallbackTokens(issuer, jwksURL string, source keySource) (*callbackTokens, error) {
	if issuer != "" || jwksURL != "" {
		keys, err := source.newKeySet(configured, cmp.Or(jwksURL, azurecloud.Public.CallbackKeys))
		return &callbackTokens{override: &tokenIssuer{cmp.Or(issuer, azurecloud.Public.CallbackIssuer), keys}}, err
	}
	tokens := &callbackTokens{clouds: map[string]*tokenIssuer{}}
	for _, cloud := range azurecloud.All {
		keys, err := source.newKeySet(cloud.Name, cloud.CallbackKeys)
		if err != nil {
			return nil, err
		}
		tokens.clouds[cloud.Name] = &tokenIssuer{cloud.CallbackIssuer, keys}
	}
	return tokens, nil
}

// verify returns nil if the provider's service signed the token for its resource.
func (t *callbackTokens) verify(ctx context.Context, token string, provider *v1alpha1.CallProvider) error {
	if token == "" {
		return refused("jwt_missing")
	}
	issuer := t.override
	if issuer == nil {
		cloud, known := callbackCloudOf(provider, token)
		if !known {
			return refused("jwt_issuer")
		}
		issuer = t.clouds[cloud.Name]
	}
	checked, err := issuer.keys.verify(ctx, token)
	switch {
	case err != nil:
		return err
	case checked.Issuer != issuer.name:
		return refused("jwt_issuer")
	case !isFor(checked, provider.Spec.ACS.ResourceID):
		return refused("jwt_audience")
	}
	return nil
}

// callbackCloudOf is the cloud whose service may send callbacks for a provider. While the endpoint is unknown, because the
// manager cannot read its connection string, it is the cloud that the token claims: that cloud's keys verify the claim, and
// the unique resource ID verifies that the token is for this provider.
func callbackCloudOf(provider *v1alpha1.CallProvider, token string) (azurecloud.Cloud, bool) {
	if endpoint := endpointOf(provider); endpoint != "" {
		cloud, _ := azurecloud.Of(endpoint)
		return cloud, true
	}
	return azurecloud.ByCallbackIssuer(claimedIssuer(token))
}

// entraCloudOf is the cloud whose Entra ID signs for Event Grid.
func entraCloudOf(provider *v1alpha1.CallProvider) azurecloud.Cloud {
	cloud, _ := azurecloud.Of(endpointOf(provider))
	return cloud
}

// endpointOf is the endpoint in the spec or, failing that, the one that the manager found in the connection string.
func endpointOf(provider *v1alpha1.CallProvider) string {
	if provider.Spec.ACS == nil {
		return provider.Status.Endpoint
	}
	return cmp.Or(provider.Spec.ACS.Endpoint, provider.Status.Endpoint)
}

// claimedIssuer is the unverified issuer of a token; empty if it is no token.
func claimedIssuer(token string) string {
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return ""
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	if json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &claims) != nil {
		return ""
	}
	return claims.Issuer
}
