// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

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
	// override verifies the tokens of all providers; nil if no issuer is configured.
	override *jwtVerifier
	// clouds verify the tokens for the providers of one cloud, by its name.
	clouds map[string]*jwtVerifier
}

// newCallbackTokens fetches no keys yet. A partial override is completed with the values of the public cloud.
func newCallbackTokens(config Config, m *metrics) (*callbackTokens, error) {
	if config.Issuer != "" || config.JWKSURL != "" {
		issuer := cmp.Or(config.Issuer, azurecloud.Public.CallbackIssuer)
		override, err := newJWTVerifier(configured, issuer, cmp.Or(config.JWKSURL, azurecloud.Public.CallbackKeys), config.AllowHTTP, config.Now, m)
		return &callbackTokens{override: override}, err
	}
	tokens := &callbackTokens{clouds: map[string]*jwtVerifier{}}
	for _, cloud := range azurecloud.All {
		verifier, err := newJWTVerifier(cloud.Name, cloud.CallbackIssuer, cloud.CallbackKeys, config.AllowHTTP, config.Now, m)
		if err != nil {
			return nil, err
		}
		tokens.clouds[cloud.Name] = verifier
	}
	return tokens, nil
}

// verify returns nil if the provider's service signed the token for its resource. A *refusedError says that it did not; any
// other error says that this cannot be determined now.
func (t *callbackTokens) verify(ctx context.Context, token string, provider *v1alpha1.CallProvider) error {
	verifier := t.override
	if verifier == nil {
		cloud, known := callbackCloudOf(provider, token)
		if !known {
			return refused("jwt_issuer")
		}
		verifier = t.clouds[cloud.Name]
	}
	return verifier.verify(ctx, token, provider.Spec.ACS.ResourceID)
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
