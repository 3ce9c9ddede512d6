// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/internal/secret"
	"github.com/call-operator/call-operator/internal/tracing"
	"github.com/call-operator/call-operator/telephony"
)

const (
	// maxContextBytes limits an incoming call's context. The service sends 6 to 8 kB.
	maxContextBytes = 64 << 10

	// minRecordSeconds is the minimum time to keep the record of an incoming call, so that a repeated delivery finds it and
	// creates no second one.
	minRecordSeconds = 60

	// Bounds of the API, in characters.
	maxDisplayName  = 256
	maxCorrelation  = 256
	maxServerCallID = 1024
)

// incomingCalls creates a Call, and a Secret owned by it, for each incoming call.
type incomingCalls struct {
	// client writes, live reads from the API server.
	client client.Client
	live   client.Reader
	tracer *tracing.Tracer
	now    func() time.Time
	// patience is how long a call that the API server rejects is retried; insisting limits the concurrent retries.
	patience, every time.Duration
	insisting       chan struct{}
}

// record returns once both objects are in the API server, or the event cannot be recorded. It is idempotent: this replica or
// another one may repeat it, concurrently or later.
func (c *incomingCalls) record(ctx context.Context, provider *v1alpha1.CallProvider, incoming *telephony.IncomingCall, arrived time.Time) outcome {
	call, refusal := newIncomingCall(provider, incoming, arrived)
	if refusal != "" {
		return outcome{result: refusal}
	}
	backoff, asking := newBackoff(), c.newInsistence(call, arrived)
	defer asking.end()
	for {
		result, err := c.write(ctx, call, incoming.Handle)
		if err == nil {
			return outcome{result: result}
		}
		again := false
		switch result = resultOf(err); result {
		case gridFailed:
			again = pause(ctx, &backoff)
		case gridRefused:
			again = asking.pause(ctx)
		}
		if !again {
			return outcome{result: result, err: err}
		}
	}
}

// target finds the Call of an incoming call of the provider. The error is errGone if there is none.
func (c *incomingCalls) target(ctx context.Context, provider types.NamespacedName, incoming *telephony.IncomingCall) (callbackurl.Target, error) {
	call, key := &v1alpha1.Call{}, types.NamespacedName{Namespace: provider.Namespace, Name: nameOf(incoming.ID)}
	err := c.client.Get(ctx, key, call)
	if apierrors.IsNotFound(err) {
		// The cache may not have it yet.
		err = c.live.Get(ctx, key, call)
	}
	switch {
	case apierrors.IsNotFound(err):
		return callbackurl.Target{}, errGone
	case err != nil:
		return callbackurl.Target{}, fmt.Errorf("reading the Call of an incoming call: %w", err)
	case call.Spec.Inbound == nil || call.Spec.Inbound.ServerCallID != incoming.Call.ServerCall:
		// Who calls chooses the ID of the call, and may choose one twice.
		return callbackurl.Target{}, errGone
	}
	return callbackurl.Target{Kind: callbackurl.KindCalls, Namespace: call.Namespace, Name: call.Name, UID: call.UID}, nil
}

// resultOf distinguishes errors that are temporary or need a person from those that no retry can fix.
func resultOf(err error) gridResult {
	switch {
	case isNamespaceGone(err):
		return gridGone
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err), apierrors.IsRequestEntityTooLargeError(err):
		return gridInvalid
	case isFinal(err):
		return gridRefused
	}
	return gridFailed
}

func isNamespaceGone(err error) bool {
	if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return true
	}
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) {
		return false
	}
	details := status.Status().Details
	return details != nil && details.Kind == "namespaces"
}

// write creates the missing ones of the two objects. The Call comes first, since it owns the Secret: the garbage collector
// deletes the Secret with the Call.
func (c *incomingCalls) write(ctx context.Context, wanted *v1alpha1.Call, handle secret.Text) (gridResult, error) {
	call := wanted.DeepCopy()
	begun := time.Now()
	err := c.client.Create(ctx, call)
	made := err == nil
	if made {
		// Only now is the UID known that determines the trace.
		_, span := c.tracer.Start(ctx, call, spanIncomingCall, trace.WithTimestamp(begun))
		defer span.End()
	}
	if apierrors.IsAlreadyExists(err) {
		call = &v1alpha1.Call{}
		if err = c.live.Get(ctx, client.ObjectKeyFromObject(wanted), call); apierrors.IsNotFound(err) {
			// It was just deleted, so it was over.
			return gridOld, nil
		}
	}
	switch {
	case err != nil:
		return "", err
	case !hasContext(wanted) && made:
		return gridLate, nil
	case !hasContext(wanted), !made && !awaitsContext(call, wanted):
		return gridOld, nil
	}
	err = c.client.Create(ctx, contextSecret(call, handle))
	switch {
	case apierrors.IsAlreadyExists(err) && !made:
		return gridOld, nil
	case err != nil && !apierrors.IsAlreadyExists(err):
		return "", err
	}
	return gridRecorded, nil
}

// hasContext tells whether the Secret of a Call may exist.
func hasContext(call *v1alpha1.Call) bool {
	_, found := call.Annotations[v1alpha1.IncomingCallContextAnnotation]
	return found
}

// awaitsContext tells whether an existing Call can still use the Secret: the manager has not begun to act on it.
func awaitsContext(call, wanted *v1alpha1.Call) bool {
	ours := call.Spec.Inbound != nil && call.Spec.ProviderRef == wanted.Spec.ProviderRef
	untouched := call.DeletionTimestamp == nil && call.Status.Attempt == nil && call.Status.Result == nil
	return ours && untouched && hasContext(call)
}

func contextSecret(call *v1alpha1.Call, handle secret.Text) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: call.Namespace,
			Name:      call.Name,
			// blockOwnerDeletion is left out: setting it would require permission to change the Call's finalizers.
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: v1alpha1.GroupVersion.String(), Kind: "Call", Name: call.Name, UID: call.UID,
			}},
		},
		Type: v1alpha1.IncomingCallContextSecretType,
		Data: map[string][]byte{v1alpha1.IncomingCallContextKey: []byte(handle.Reveal())},
	}
}

// newIncomingCall returns the Call for the event, or why there is none. Two deliveries of an event give Calls with the same
// name.
func newIncomingCall(provider *v1alpha1.CallProvider, incoming *telephony.IncomingCall, arrived time.Time) (*v1alpha1.Call, gridResult) {
	to := calleeOf(provider, incoming.To)
	switch {
	case to == nil:
		return nil, gridNoCallee
	case incoming.Handle.IsZero():
		return nil, gridNoContext
	case len(incoming.Handle.Reveal()) > maxContextBytes:
		return nil, gridContextTooLarge
	}
	received := receivedTime(incoming.Time, arrived)
	headers, omitted := headersOf(incoming.SIPHeaders, incoming.VoIPHeaders)
	call := &v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:  provider.Namespace,
			Name:       nameOf(incoming.ID),
			Finalizers: []string{v1alpha1.CallFinalizer},
		},
		Spec: v1alpha1.CallSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: provider.Name},
			Inbound: &v1alpha1.InboundCall{
				From:              incoming.From,
				To:                *to,
				OnBehalfOf:        calleeOf(provider, incoming.OnBehalfOf),
				Headers:           headers,
				OmittedHeaders:    omitted,
				CallerDisplayName: cut(incoming.CallerDisplayName, maxDisplayName),
				CorrelationID:     orNone(incoming.Call.Correlation, maxCorrelation),
				ServerCallID:      orNone(incoming.Call.ServerCall, maxServerCallID),
				ReceivedTime:      metav1.NewTime(received),
			},
		},
	}
	// After the ring the context is useless, so it is not stored.
	if arrived.Sub(received) < v1alpha1.IncomingCallRing {
		call.Annotations = map[string]string{v1alpha1.IncomingCallContextAnnotation: "true"}
	}
	setTerms(call, provider.Spec.IncomingCalls)
	return call, ""
}

// calleeOf returns the called party: one of the provider's numbers, even if the service left out its plus sign.
func calleeOf(provider *v1alpha1.CallProvider, to *v1alpha1.Identifier) *v1alpha1.Identifier {
	if to == nil || to.RawID == "" {
		return to
	}
	for i := range provider.Spec.Numbers {
		owned := provider.Spec.Numbers[i].PhoneNumber
		if party.Text(to) == strings.TrimPrefix(string(owned), "+") {
			return &v1alpha1.Identifier{PhoneNumber: owned}
		}
	}
	return to
}

// setTerms applies the provider's settings for incoming calls.
func setTerms(call *v1alpha1.Call, terms *v1alpha1.IncomingCalls) {
	if terms == nil {
		return
	}
	call.Spec.MaxDuration = terms.MaxDuration
	if ttl := terms.TTLSecondsAfterFinished; ttl != nil {
		kept := max(*ttl, minRecordSeconds)
		call.Spec.TTLSecondsAfterFinished = &kept
	}
}

// receivedTime is when the event happened, but never later than it was received, since clocks differ.
func receivedTime(happened, heard time.Time) time.Time {
	if happened.IsZero() || happened.After(heard) {
		return heard
	}
	return happened
}

// nameOf is the name of the Call of an event. An ID that cannot be part of a name, or is longer than a label value, is
// replaced by a hash of it.
func nameOf(eventID string) string {
	name := "incoming-" + eventID
	if len(name) <= validation.LabelValueMaxLength && len(validation.IsDNS1123Subdomain(name)) == 0 {
		return name
	}
	sum := sha256.Sum256([]byte(eventID))
	return "incoming-" + hex.EncodeToString(sum[:20])
}

// cut is at most limit characters of text.
func cut(text string, limit int) string {
	if characters := []rune(text); len(characters) > limit {
		return string(characters[:limit])
	}
	return text
}

// orNone is the ID, or none if it is longer than limit: half an ID is a different ID.
func orNone(id string, limit int) string {
	if len(id) > limit {
		return ""
	}
	return id
}
