// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package useractions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/restored"
)

// Client carries out user actions with the permissions of the user that its Kubernetes client belongs to.
type Client struct{ Kube client.Client }

// ObstacleError says that an action is impossible in the call's current state.
type ObstacleError struct{ Call, Obstacle string }

func (e *ObstacleError) Error() string { return fmt.Sprintf("Call %s: %s", e.Call, e.Obstacle) }

func obstacle(call *v1alpha1.Call, text string) error {
	if text == "" {
		return nil
	}
	return &ObstacleError{Call: call.Name, Obstacle: text}
}

// Ref refers to a Call. A UID protects a newer Call of the same name.
type Ref struct {
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	UID       types.UID `json:"uid,omitempty"`
}

// Key is the name in its namespace.
func (r Ref) Key() client.ObjectKey { return client.ObjectKey{Namespace: r.Namespace, Name: r.Name} }

// DialRequest is a call to place. A DialRequest that is repeated after a lost answer names the same Call, so no phone
// rings twice.
type DialRequest struct {
	Namespace string            `json:"namespace"`
	Name      string            `json:"name"`
	Provider  string            `json:"provider"`
	From      string            `json:"from"`
	To        string            `json:"to"`
	Labels    map[string]string `json:"labels,omitempty"`
	// RingTimeout and MaxDuration are durations such as 45s; empty means the API's default.
	RingTimeout string `json:"ringTimeout,omitempty"`
	MaxDuration string `json:"maxDuration,omitempty"`
	// Flow is the name of the CallFlow that the call runs, empty for none. Parameters are for the flow.
	Flow       string            `json:"flow,omitempty"`
	Parameters map[string]string `json:"parameters,omitempty"`
}

// Dial places a call.
func (c Client) Dial(ctx context.Context, request DialRequest) (*v1alpha1.Call, error) {
	call, err := request.call()
	if err != nil {
		return nil, err
	}
	return call, c.Kube.Create(ctx, call)
}

func (r DialRequest) call() (*v1alpha1.Call, error) {
	to, err := ParseParty(r.To)
	if err != nil {
		return nil, err
	}
	call := &v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: r.Name, Labels: r.Labels},
		Spec:       v1alpha1.CallSpec{ProviderRef: v1alpha1.ProviderReference{Name: r.Provider}, To: to},
	}
	switch {
	case r.Flow != "":
		call.Spec.Flow = &v1alpha1.FlowUse{Name: r.Flow, Parameters: r.Parameters}
	case len(r.Parameters) > 0:
		return nil, errors.New("parameters are for a flow: name one, or leave them out")
	}
	if call.Spec.From, err = parseCaller(r.From); err != nil {
		return nil, err
	}
	if call.Spec.RingTimeout, err = parseDuration("the ring timeout", r.RingTimeout); err != nil {
		return nil, err
	}
	call.Spec.MaxDuration, err = parseDuration("the maximum duration", r.MaxDuration)
	return call, err
}

func parseDuration(what, text string) (*metav1.Duration, error) {
	if text == "" {
		return nil, nil
	}
	var duration metav1.Duration
	if err := json.Unmarshal(strconv.AppendQuote(nil, text), &duration); err != nil {
		return nil, fmt.Errorf("%s: %q is not a duration: write one such as 45s or 30m", what, text)
	}
	return &duration, nil
}

// HangUp ends a call and keeps its record.
func (c Client) HangUp(ctx context.Context, ref Ref) (*v1alpha1.Call, error) {
	call, err := c.get(ctx, ref)
	if err != nil {
		return nil, err
	}
	if err := obstacle(call, CannotHangUp(call)); err != nil {
		return nil, err
	}
	return call, c.patch(ctx, call, map[string]any{"state": v1alpha1.CallStateEnded})
}

// HangUpSeen ends a call that the user saw as active. It does not read the Call first, which would double the number of
// requests. A UID in ref protects a newer Call of the same name.
func (c Client) HangUpSeen(ctx context.Context, ref Ref) error {
	call := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Namespace: ref.Namespace, Name: ref.Name, UID: ref.UID}}
	return c.patch(ctx, call, map[string]any{"state": v1alpha1.CallStateEnded})
}

// HandleIncoming answers, redirects or rejects an incoming call by hand.
func (c Client) HandleIncoming(ctx context.Context, ref Ref, action v1alpha1.RouteAction) (*v1alpha1.Call, error) {
	call, err := c.get(ctx, ref)
	if err != nil {
		return nil, err
	}
	if err := obstacle(call, CannotHandleIncoming(call)); err != nil {
		return nil, err
	}
	return call, c.patch(ctx, call, map[string]any{"action": action})
}

// get reads a Call, and checks its UID.
func (c Client) get(ctx context.Context, ref Ref) (*v1alpha1.Call, error) {
	call := &v1alpha1.Call{}
	if err := c.Kube.Get(ctx, ref.Key(), call); err != nil {
		return nil, err
	}
	if ref.UID != "" && ref.UID != call.UID {
		return nil, &ObstacleError{Call: call.Name, Obstacle: "The call that you selected is gone; this is another call with the same name."}
	}
	return call, nil
}

// patch changes the spec of the same Call that was read, even if other fields have changed since.
func (c Client) patch(ctx context.Context, call *v1alpha1.Call, spec map[string]any) error {
	body := map[string]any{"spec": spec}
	if call.UID != "" {
		body["metadata"] = map[string]any{"uid": call.UID}
	}
	patch, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.Kube.Patch(ctx, call, client.RawPatch(types.MergePatchType, patch))
}

// Retry retries a call that did not take place, as a new Call. Its name is derived from the old one, so retrying twice
// creates one Call.
func (c Client) Retry(ctx context.Context, ref Ref) (*v1alpha1.Call, error) {
	old, err := c.get(ctx, ref)
	if err != nil {
		return nil, err
	}
	if err := obstacle(old, CannotRetry(old)); err != nil {
		return nil, err
	}
	call := &v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{Namespace: old.Namespace, Name: NameOfRetry(old.Name), Labels: labelsOfRetry(old.Labels)},
		Spec:       *old.Spec.DeepCopy(),
	}
	call.Spec.State = v1alpha1.CallStateActive
	// Place it now; a deadline then counts from now.
	call.Spec.NotBefore = nil
	return call, c.Kube.Create(ctx, call)
}

// trackingLabels are labels that deployment tools use to track their objects, trackingPrefixes the prefixes of others.
var (
	trackingLabels   = []string{"argocd.argoproj.io/instance", "app.kubernetes.io/instance", "app.kubernetes.io/managed-by"}
	trackingPrefixes = []string{"helm.sh/", "kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/"}
)

// labelsOfRetry are the labels of the retried Call, without those of the tool that deployed or restored it. With those
// labels, the tool would prune the new Call, which hangs up, or the operator would take the new Call for a restored copy
// and not place it.
func labelsOfRetry(labels map[string]string) map[string]string {
	kept := maps.Clone(labels)
	maps.DeleteFunc(kept, func(key, _ string) bool { return tracks(key) || restored.IsMark(key) })
	return kept
}

func tracks(label string) bool {
	return slices.Contains(trackingLabels, label) ||
		slices.ContainsFunc(trackingPrefixes, func(prefix string) bool { return strings.HasPrefix(label, prefix) })
}

var retried = regexp.MustCompile(`^(.+)-retry-([0-9]{1,4})$`)

// NameOfRetry is the name of the Call that retries an earlier one.
func NameOfRetry(name string) string {
	if match := retried.FindStringSubmatch(name); match != nil {
		count, _ := strconv.Atoi(match[2]) // four digits at most
		return fmt.Sprintf("%s-retry-%d", match[1], count+1)
	}
	return name + "-retry-1"
}

// MoveRequest is a participant to move.
type MoveRequest struct {
	Namespace string `json:"namespace"`
	From      string `json:"from"`
	To        string `json:"to"`
	// Participant is a raw ID of the roster, or a party as people write it. Empty means the other party of the call in From: the
	// callee or, for an incoming call, the caller.
	Participant string `json:"participant"`
}

// Move moves a participant from one call into another.
func (c Client) Move(ctx context.Context, request MoveRequest) (*v1alpha1.ParticipantMove, error) {
	from, err := c.get(ctx, Ref{Namespace: request.Namespace, Name: request.From})
	if err != nil {
		return nil, err
	}
	to, err := c.get(ctx, Ref{Namespace: request.Namespace, Name: request.To})
	if err != nil {
		return nil, err
	}
	who, err := request.participant(from)
	if err != nil {
		return nil, err
	}
	if err := obstacle(from, CannotOperate(from)); err != nil {
		return nil, err
	}
	if err := obstacle(to, CannotMoveTo(from, to)); err != nil {
		return nil, err
	}
	move := &v1alpha1.ParticipantMove{
		ObjectMeta: metav1.ObjectMeta{Namespace: request.Namespace, GenerateName: generatedName("move", request.From)},
		Spec: v1alpha1.ParticipantMoveSpec{
			From: v1alpha1.CallReference{Name: request.From}, To: v1alpha1.CallReference{Name: request.To},
			Participants: []v1alpha1.Identifier{*who},
		},
	}
	return move, c.Kube.Create(ctx, move)
}

func (r MoveRequest) participant(from *v1alpha1.Call) (*v1alpha1.Identifier, error) {
	other := from.Spec.To
	if from.Spec.Inbound != nil {
		other = from.Spec.Inbound.From
	}
	switch {
	case r.Participant != "":
		return ParseParty(r.Participant)
	case other == nil:
		return nil, &ObstacleError{Call: from.Name, Obstacle: "The caller withheld the number: say which participant to move."}
	default:
		return other, nil
	}
}

// generatedName begins the name of what is done in a call. The API server completes it.
func generatedName(verb, call string) string {
	const longest = 40
	return strings.TrimRight(verb+"-"+call[:min(len(call), longest)], "-.") + "-"
}
