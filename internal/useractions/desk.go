// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package useractions

import (
	"context"
	"encoding/json"
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

// Desk acts with the permissions of the user whose client it has.
type Desk struct{ Client client.Client }

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

// Order is a call to place. An Order that is repeated after a lost answer names the same Call, so no phone rings twice.
type Order struct {
	Namespace string            `json:"namespace"`
	Name      string            `json:"name"`
	Provider  string            `json:"provider"`
	From      string            `json:"from"`
	To        string            `json:"to"`
	Labels    map[string]string `json:"labels,omitempty"`
	// RingTimeout and MaxDuration are durations such as 45s; empty means the API's default.
	RingTimeout string `json:"ringTimeout,omitempty"`
	MaxDuration string `json:"maxDuration,omitempty"`
}

// Dial places a call.
func (d Desk) Dial(ctx context.Context, order Order) (*v1alpha1.Call, error) {
	call, err := order.call()
	if err != nil {
		return nil, err
	}
	return call, d.Client.Create(ctx, call)
}

func (o Order) call() (*v1alpha1.Call, error) {
	to, err := ParseParty(o.To)
	if err != nil {
		return nil, err
	}
	call := &v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{Namespace: o.Namespace, Name: o.Name, Labels: o.Labels},
		Spec:       v1alpha1.CallSpec{ProviderRef: v1alpha1.ProviderReference{Name: o.Provider}, To: to},
	}
	if call.Spec.From, err = o.caller(); err != nil {
		return nil, err
	}
	if call.Spec.RingTimeout, err = parseDuration("the ring timeout", o.RingTimeout); err != nil {
		return nil, err
	}
	call.Spec.MaxDuration, err = parseDuration("the longest duration", o.MaxDuration)
	return call, err
}

func (o Order) caller() (*v1alpha1.Caller, error) {
	if o.From == "" {
		return nil, nil
	}
	from, err := ParseParty(o.From)
	if err != nil {
		return nil, err
	}
	return &v1alpha1.Caller{PhoneNumber: from.PhoneNumber, CommunicationUser: from.CommunicationUser}, nil
}

func parseDuration(what, text string) (*metav1.Duration, error) {
	if text == "" {
		return nil, nil
	}
	var duration metav1.Duration
	if err := json.Unmarshal(strconv.AppendQuote(nil, text), &duration); err != nil {
		return nil, fmt.Errorf("%s: %q is no duration: write one such as 45s or 30m", what, text)
	}
	return &duration, nil
}

// HangUp ends a call and keeps its record.
func (d Desk) HangUp(ctx context.Context, ref Ref) (*v1alpha1.Call, error) {
	call, err := d.get(ctx, ref)
	if err != nil {
		return nil, err
	}
	if err := obstacle(call, CannotHangUp(call)); err != nil {
		return nil, err
	}
	return call, d.patch(ctx, call, map[string]any{"state": v1alpha1.CallStateEnded})
}

// HangUpSeen ends a call that the user saw as active, without reading it first: with many calls that would be half of the work.
// A UID in ref protects a newer Call of the same name.
func (d Desk) HangUpSeen(ctx context.Context, ref Ref) error {
	call := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Namespace: ref.Namespace, Name: ref.Name, UID: ref.UID}}
	return d.patch(ctx, call, map[string]any{"state": v1alpha1.CallStateEnded})
}

// Take answers, redirects or rejects an incoming call by hand.
func (d Desk) Take(ctx context.Context, ref Ref, action v1alpha1.RouteAction) (*v1alpha1.Call, error) {
	call, err := d.get(ctx, ref)
	if err != nil {
		return nil, err
	}
	if err := obstacle(call, CannotTake(call)); err != nil {
		return nil, err
	}
	return call, d.patch(ctx, call, map[string]any{"action": action})
}

// get reads a Call, and checks its UID.
func (d Desk) get(ctx context.Context, ref Ref) (*v1alpha1.Call, error) {
	call := &v1alpha1.Call{}
	if err := d.Client.Get(ctx, ref.Key(), call); err != nil {
		return nil, err
	}
	if ref.UID != "" && ref.UID != call.UID {
		return nil, &ObstacleError{Call: call.Name, Obstacle: "The call that you saw is gone; this is another one of the same name."}
	}
	return call, nil
}

// patch changes the spec of the same Call that was read, even if other fields have changed since.
func (d Desk) patch(ctx context.Context, call *v1alpha1.Call, spec map[string]any) error {
	body := map[string]any{"spec": spec}
	if call.UID != "" {
		body["metadata"] = map[string]any{"uid": call.UID}
	}
	patch, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return d.Client.Patch(ctx, call, client.RawPatch(types.MergePatchType, patch))
}

// Retry places a call again that did not take place, as a new Call whose name is derived from the old one: retrying twice
// creates one Call.
func (d Desk) Retry(ctx context.Context, ref Ref) (*v1alpha1.Call, error) {
	old, err := d.get(ctx, ref)
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
	return call, d.Client.Create(ctx, call)
}

// trackingLabels are labels that deployment tools use to track their objects, trackingPrefixes the prefixes of others.
var (
	trackingLabels   = []string{"argocd.argoproj.io/instance", "app.kubernetes.io/instance", "app.kubernetes.io/managed-by"}
	trackingPrefixes = []string{"helm.sh/", "kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/"}
)

// labelsOfRetry are the labels of the retried Call, without those of the tool that deployed or restored it. With them the tool
// would prune the new Call, which hangs up; or it would count as restored, and not be placed.
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

// MoveOrder is a participant to move.
type MoveOrder struct {
	Namespace string `json:"namespace"`
	From      string `json:"from"`
	To        string `json:"to"`
	// Participant is a raw ID of the roster, or a party as people write it. Empty means the other party of the call in From: the
	// callee or, for an incoming call, the caller.
	Participant string `json:"participant"`
}

// Move moves a participant from one call into another.
func (d Desk) Move(ctx context.Context, order MoveOrder) (*v1alpha1.ParticipantMove, error) {
	from, err := d.get(ctx, Ref{Namespace: order.Namespace, Name: order.From})
	if err != nil {
		return nil, err
	}
	to, err := d.get(ctx, Ref{Namespace: order.Namespace, Name: order.To})
	if err != nil {
		return nil, err
	}
	who, err := order.participant(from)
	if err != nil {
		return nil, err
	}
	if err := obstacle(from, CannotMoveFrom(from)); err != nil {
		return nil, err
	}
	if err := obstacle(to, CannotMoveTo(from, to)); err != nil {
		return nil, err
	}
	move := &v1alpha1.ParticipantMove{
		ObjectMeta: metav1.ObjectMeta{Namespace: order.Namespace, GenerateName: moveName(order.From)},
		Spec: v1alpha1.ParticipantMoveSpec{
			From: v1alpha1.CallReference{Name: order.From}, To: v1alpha1.CallReference{Name: order.To},
			Participants: []v1alpha1.Identifier{*who},
		},
	}
	return move, d.Client.Create(ctx, move)
}

func (o MoveOrder) participant(from *v1alpha1.Call) (*v1alpha1.Identifier, error) {
	other := from.Spec.To
	if from.Spec.Inbound != nil {
		other = from.Spec.Inbound.From
	}
	switch {
	case o.Participant != "":
		return ParseParty(o.Participant)
	case other == nil:
		return nil, &ObstacleError{Call: from.Name, Obstacle: "The caller withheld the number: say which participant to move."}
	default:
		return other, nil
	}
}

// moveName is the prefix of a move's name: distinctive, and short enough to read.
func moveName(from string) string {
	const longest = 40
	return strings.TrimRight("move-"+from[:min(len(from), longest)], "-.") + "-"
}
