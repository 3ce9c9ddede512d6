// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/callstate"
	"github.com/call-operator/call-operator/telephony"
)

// reach returns the connection to the service of a live call, or the last one used if it can no longer be created. The error is
// an UnusableError with ReasonProviderChanged if the provider points to another service than the attempt names: that service's
// answers say nothing about the call.
func (r *CallReconciler) reach(ctx context.Context, key types.NamespacedName, sent *v1alpha1.RequestAttempt) (*Connection, error) {
	_, connection, err := r.providerFor(ctx, key, sent, attempt.Relation.HasCall)
	if err != nil {
		last, ok := r.Connections.LastKnown(key)
		if !ok {
			return nil, err
		}
		connection = last
	}
	if !attempt.Compare(sent, &connection.Service).HasCall() {
		return nil, callElsewhere(sent.Service, &connection.Service)
	}
	return connection, nil
}

// providerFor is providerNamed for an attempt that was sent already. If the connection does not suit the attempt, it is made again
// from the provider's Secret, which may point back to the attempt's service by now.
func (r *CallReconciler) providerFor(
	ctx context.Context, key types.NamespacedName, sent *v1alpha1.RequestAttempt, suits func(attempt.Relation) bool,
) (*v1alpha1.CallProvider, *Connection, error) {
	provider, connection, err := r.providerNamed(ctx, key)
	if err != nil || suits(attempt.Compare(sent, &connection.Service)) {
		return provider, connection, err
	}
	connection, err = r.Connections.Recent(ctx, provider)
	return provider, connection, inProvider(provider, err)
}

// callElsewhere says that a call is at another service than its provider points to.
func callElsewhere(named, found *v1alpha1.AttemptService) error {
	return unusable(v1alpha1.ReasonProviderChanged,
		"The call is at %s, and CallProvider %s leads to %s by now, which is asked nothing about it: the call can be neither polled nor hung up. "+
			"Have the CallProvider (spec.acs.endpoint, or the connection string in its Secret) lead back to %s until the call is over, "+
			"or delete the Call, which is given up after %s.",
		named.Endpoint, named.ProviderName, found.Endpoint, named.Endpoint, deletionPatience)
}

// requestElsewhere says why a request is not repeated.
func requestElsewhere(sent *v1alpha1.RequestAttempt, found *v1alpha1.AttemptService) error {
	named := sent.Service
	if attempt.Compare(sent, found) == attempt.Recreated {
		return unusable(v1alpha1.ReasonProviderChanged,
			"Nobody knows whether the request was carried out that was sent to %s. CallProvider %s was created anew since then, and the request is not repeated "+
				"on its behalf: events of the service may tell, and otherwise nobody will.",
			named.Endpoint, named.ProviderName)
	}
	return unusable(v1alpha1.ReasonProviderChanged,
		"Nobody knows whether the request was carried out that was sent to %s. CallProvider %s leads to %s by now, where it is not repeated. "+
			"Have the CallProvider (spec.acs.endpoint, or the connection string in its Secret) lead back to %s within %s of %s.",
		named.Endpoint, named.ProviderName, found.Endpoint, named.Endpoint, RepeatabilityWindow, sent.FirstSent.UTC().Format("15:04:05 MST"))
}

// isProviderChanged returns the error of reach, or of a repetition, if the provider points to another service.
func isProviderChanged(err error) (*telephony.UnusableError, bool) {
	var cause *telephony.UnusableError
	ok := errors.As(err, &cause) && cause.Reason == v1alpha1.ReasonProviderChanged
	return cause, ok
}

// noteUnreachable records that a call can be neither polled nor hung up, if that is what the error says.
func (r *CallReconciler) noteUnreachable(ctx context.Context, call *v1alpha1.Call, err error) (noted bool, _ error) {
	cause, ok := isProviderChanged(err)
	if !ok {
		return false, nil
	}
	return true, r.writeStatus(ctx, call, callstate.ProviderChanged{Message: cause.Message, At: r.Now()})
}

// noteReached records that the service that has the call can be reached again.
func (r *CallReconciler) noteReached(ctx context.Context, call *v1alpha1.Call) error {
	if call.Status.Unreachable == nil {
		return nil
	}
	return r.writeStatus(ctx, call, callstate.Reached{At: r.Now()})
}

// whereabouts names the service that has the call.
func whereabouts(call *v1alpha1.Call) string {
	if sent := call.Status.Attempt; sent != nil && sent.Service != nil {
		return sent.Service.Endpoint
	}
	return "the service"
}

// repeatNowhere records that a request is not repeated because its provider points elsewhere, and checks again later.
func (r *CallReconciler) repeatNowhere(ctx context.Context, call *v1alpha1.Call, found *v1alpha1.AttemptService) (step, error) {
	now := r.Now()
	r.contacts.repeatAt(call, now.Add(backoff(now.Sub(call.Status.Attempt.FirstSent.Time), longestRepeat)))
	var cause *telephony.UnusableError
	errors.As(requestElsewhere(call.Status.Attempt, found), &cause)
	return step{}, r.writeStatus(ctx, call, callstate.ProviderChanged{Message: cause.Message, At: now})
}

// pins are what the Call's attempt records before it is sent through a connection.
func (r *CallReconciler) pins(call *v1alpha1.Call, provider *v1alpha1.CallProvider, connection *Connection) attempt.Pins {
	return pinsOf(call, provider, connection, r.CallbackKeys)
}

func pinsOf(object client.Object, provider *v1alpha1.CallProvider, connection *Connection, keys callbackurl.Keys) attempt.Pins {
	return attempt.PinsOf(object, provider, connection.Service, connection.Telephony.Pins(), keys.ID())
}

// found are the pins of an attempt whose call the service knows.
func found(call *v1alpha1.Call, connection *Connection) attempt.Pins {
	return attempt.Pins{ObjectUID: call.UID, Service: &connection.Service}
}

// callbackFor is the callback URL in the request of an attempt: the recorded one or, if none is recorded, the one from the
// provider and the newest key.
func callbackFor(keys callbackurl.Keys, sent *v1alpha1.RequestAttempt, provider *v1alpha1.CallProvider, target callbackurl.Target) (string, error) {
	base := provider.Spec.CallbackURL
	if sent != nil && sent.Request != nil {
		base = sent.Request.CallbackURL
		var err error
		if keys, err = keys.SignedBy(sent.Request.CallbackKeyID); err != nil {
			return "", unusable(v1alpha1.ReasonCallbackKeyMissing,
				"The callback key %s, which signed the callback URL of the request, is no longer in the manager's key file, and with another one it would be another request. "+
					"Put the key back, below the new one, until the calls are over that it signed for.", sent.Request.CallbackKeyID)
		}
	}
	callback, err := keys.URL(base, target)
	if err != nil {
		return "", unusable(v1alpha1.ReasonInvalidCallbackURL, "The callback URL cannot be made: %v.", err)
	}
	return callback, nil
}

// providerNamed returns a provider and a connection to it. The error is an UnusableError if a person has to fix something.
func (r *CallReconciler) providerNamed(ctx context.Context, key types.NamespacedName) (*v1alpha1.CallProvider, *Connection, error) {
	provider := &v1alpha1.CallProvider{}
	err := r.Get(ctx, key, provider)
	if apierrors.IsNotFound(err) {
		return nil, nil, unusable(v1alpha1.ReasonProviderNotFound, "CallProvider %s does not exist: create it, or name another one in spec.providerRef.", key.Name)
	}
	if err != nil {
		return nil, nil, err
	}
	connection, err := r.Connections.For(ctx, provider)
	return provider, connection, inProvider(provider, err)
}

// inProvider names the provider in an UnusableError.
func inProvider(provider *v1alpha1.CallProvider, err error) error {
	var cause *telephony.UnusableError
	if errors.As(err, &cause) {
		return unusable(cause.Reason, "CallProvider %s cannot be used: %s", provider.Name, cause.Message)
	}
	return err
}
