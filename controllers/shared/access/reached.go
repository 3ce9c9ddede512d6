// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/telephony"
)

// Found is a CallProvider with the connection to its service.
type Found struct {
	*Connection
	Provider *v1alpha1.CallProvider
	// Relation compares the service with the one that an attempt names.
	Relation attempt.Relation
}

// ForNew returns the provider of new work. A provider that is being deleted takes none. The error is an UnusableError if a person
// has to fix something.
func (c *Connections) ForNew(ctx context.Context, key types.NamespacedName) (*Found, error) {
	found, err := c.named(ctx, key)
	if err == nil && !found.Provider.DeletionTimestamp.IsZero() {
		return nil, telephony.Unusable(v1alpha1.ReasonInUse, "CallProvider %s is being deleted and takes no new calls: create it again when it is gone.", key.Name)
	}
	return found, err
}

// ForAttempt returns the provider of an attempt that was sent already. If its service does not suit, the connection is made again
// from the provider's Secret, which may point back to the attempt's service by now; the caller looks at the relation.
func (c *Connections) ForAttempt(
	ctx context.Context, key types.NamespacedName, sent *v1alpha1.RequestAttempt, suits func(attempt.Relation) bool,
) (*Found, error) {
	found, err := c.named(ctx, key)
	if err != nil {
		return nil, err
	}
	if found.Relation = attempt.Compare(sent, &found.Service); suits(found.Relation) {
		return found, nil
	}
	if found.Connection, err = c.Recent(ctx, found.Provider); err != nil {
		return nil, inProvider(found.Provider, err)
	}
	found.Relation = attempt.Compare(sent, &found.Service)
	return found, nil
}

// ToCall returns the connection to the service of a live call, or the last one used if it can no longer be created. The error is an
// UnusableError with ReasonProviderChanged if the provider points to another service than the attempt names: that service's answers
// say nothing about the call.
func (c *Connections) ToCall(ctx context.Context, key types.NamespacedName, sent *v1alpha1.RequestAttempt) (*Connection, error) {
	found, err := c.ForAttempt(ctx, key, sent, attempt.Relation.HasCall)
	if err != nil {
		last, ok := c.LastKnown(key)
		if !ok {
			return nil, err
		}
		found = &Found{Connection: last, Relation: attempt.Compare(sent, &last.Service)}
	}
	if !found.Relation.HasCall() {
		return nil, callElsewhere(sent.Service, &found.Service)
	}
	return found.Connection, nil
}

// Roster returns the participants of a call: none if it is over.
func (c *Connection) Roster(ctx context.Context, connectionID string) ([]telephony.Participant, error) {
	participants, err := c.Telephony.Roster(ctx, connectionID)
	if telephony.Is(err, telephony.ClassGone) {
		return nil, nil
	}
	return participants, err
}

// named returns a provider and a connection to it.
func (c *Connections) named(ctx context.Context, key types.NamespacedName) (*Found, error) {
	provider := &v1alpha1.CallProvider{}
	err := c.Providers.Get(ctx, key, provider)
	if apierrors.IsNotFound(err) {
		return nil, telephony.Unusable(v1alpha1.ReasonProviderNotFound, "CallProvider %s does not exist: create it, or name another one in spec.providerRef.", key.Name)
	}
	if err != nil {
		return nil, err
	}
	connection, err := c.For(ctx, provider)
	if err != nil {
		return nil, inProvider(provider, err)
	}
	return &Found{Connection: connection, Provider: provider}, nil
}

// callElsewhere says that a call is at another service than its provider points to.
func callElsewhere(named, found *v1alpha1.AttemptService) error {
	return telephony.Unusable(v1alpha1.ReasonProviderChanged,
		"The call is at %s, but CallProvider %s now points to %s, which knows nothing about it: the call can be neither polled nor hung up. "+
			"Point the CallProvider (its URL, or the one in its Secret) back to %s until the call is over, "+
			"or delete the Call; the operator gives it up after %s.",
		named.Endpoint, named.ProviderName, found.Endpoint, named.Endpoint, pauses.DeletionPatience)
}

// RequestElsewhere says why a request is not repeated.
func RequestElsewhere(sent *v1alpha1.RequestAttempt, found *Found) string {
	named := sent.Service
	if found.Relation == attempt.Recreated {
		return fmt.Sprintf(
			"It is not known whether %s carried out the request. CallProvider %s was recreated since then, so the request is not repeated "+
				"for it: only events of the service can tell.",
			named.Endpoint, named.ProviderName)
	}
	return fmt.Sprintf(
		"It is not known whether %s carried out the request. CallProvider %s now points to %s, where the request is not repeated. "+
			"Point the CallProvider (its URL, or the one in its Secret) back to %s within %s of %s.",
		named.Endpoint, named.ProviderName, found.Service.Endpoint, named.Endpoint, attempt.RepeatabilityWindow, sent.FirstSent.UTC().Format("15:04:05 MST"))
}

// IsProviderChanged returns the error of reach, or of a repetition, if the provider points to another service.
func IsProviderChanged(err error) (*telephony.UnusableError, bool) {
	var cause *telephony.UnusableError
	ok := errors.As(err, &cause) && cause.Reason == v1alpha1.ReasonProviderChanged
	return cause, ok
}

// inProvider names the provider in an UnusableError.
func inProvider(provider *v1alpha1.CallProvider, err error) error {
	var cause *telephony.UnusableError
	if errors.As(err, &cause) {
		return telephony.Unusable(cause.Reason, "CallProvider %s cannot be used: %s", provider.Name, cause.Message)
	}
	return err
}
