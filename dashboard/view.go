// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/internal/useractions"
	"github.com/call-operator/call-operator/statemachine/callstatus"
)

// Kinds of what is shown.
const (
	kindCall     = "Call"
	kindMove     = "ParticipantMove"
	kindAction   = "CallAction"
	kindDialOut  = "DialOut"
	kindFlow     = "CallFlow"
	kindRoute    = "CallRoute"
	kindProvider = "CallProvider"
)

// identity is the common part of every view.
type identity struct {
	Key       string    `json:"key"`
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	UID       string    `json:"uid"`
	Created   time.Time `json:"created"`
	// RequestedBy is who created it, if that is on record.
	RequestedBy string `json:"requestedBy,omitempty"`
}

func identify(kind string, object client.Object) identity {
	return identity{
		Key: keyOf(kind, object), Namespace: object.GetNamespace(), Name: object.GetName(), UID: string(object.GetUID()),
		Created: object.GetCreationTimestamp().Time, RequestedBy: object.GetAnnotations()[v1alpha1.RequestedByAnnotation],
	}
}

// keyOf identifies an object among all shown ones.
func keyOf(kind string, object client.Object) string {
	return kind + "/" + object.GetNamespace() + "/" + object.GetName()
}

// callView is a Call as the page shows it. It includes the reasons why actions are impossible, as text.
type callView struct {
	identity
	Provider      string            `json:"provider"`
	Inbound       bool              `json:"inbound"`
	From          string            `json:"from"`
	To            string            `json:"to"`
	Labels        map[string]string `json:"labels,omitempty"`
	Phase         string            `json:"phase"`
	Reason        string            `json:"reason,omitempty"`
	Message       string            `json:"message,omitempty"`
	Ahead         *int32            `json:"ahead,omitempty"`
	Connected     *time.Time        `json:"connected,omitempty"`
	RingsUntil    *time.Time        `json:"ringsUntil,omitempty"`
	Ended         *time.Time        `json:"ended,omitempty"`
	Outcome       string            `json:"outcome,omitempty"`
	AsWanted      bool              `json:"asWanted,omitempty"`
	Code          int32             `json:"code,omitempty"`
	SubCode       int32             `json:"subCode,omitempty"`
	Count         *int32            `json:"count,omitempty"`
	Participants  []participantView `json:"participants,omitempty"`
	Route         string            `json:"route,omitempty"`
	PassedTo      string            `json:"passedTo,omitempty"`
	ConnectionID  string            `json:"connectionID,omitempty"`
	CorrelationID string            `json:"correlationID,omitempty"`
	// Placed is the key of the Call that placed an incoming call.
	Placed  string        `json:"placed,omitempty"`
	Flow    *progressView `json:"flow,omitempty"`
	History []eventView   `json:"history,omitempty"`
	// Retry is the name of the Call that retries this one.
	Retry  string    `json:"retry"`
	Cannot obstacles `json:"cannot"`
}

// obstacles say why an action on a call is impossible; empty means that it is possible.
type obstacles struct {
	HangUp string `json:"hangUp"`
	Take   string `json:"take"`
	Retry  string `json:"retry"`
	// Operate is about operations in the call, and moves from and to it.
	Operate string `json:"operate"`
}

type participantView struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	// App says that it is a user of an app, not a telephone.
	App    bool `json:"app,omitempty"`
	Muted  bool `json:"muted,omitempty"`
	OnHold bool `json:"onHold,omitempty"`
	// Side says whether the participant is the application; the page knows who joined later, even where the call does
	// not.
	Side useractions.Side `json:"side,omitempty"`
	// Cannot says why the participant cannot be moved.
	Cannot string `json:"cannot"`
}

type eventView struct {
	Type string    `json:"type"`
	Time time.Time `json:"time"`
}

// viewOfCall is a Call as the page shows it. The flow is the one that it runs, nil if there is none or it is not known.
func viewOfCall(call *v1alpha1.Call, flow *v1alpha1.CallFlow) callView {
	status := &call.Status
	view := callView{
		identity: identify(kindCall, call), Provider: call.Spec.ProviderRef.Name, Inbound: call.Spec.Inbound != nil, Labels: call.Labels,
		Phase: string(status.Phase), Connected: timeOf(status.ConnectedTime), Count: status.ParticipantCount,
		ConnectionID: status.ConnectionID, CorrelationID: status.CorrelationID, Flow: viewOfProgress(call, flow), Retry: useractions.NameOfRetry(call.Name),
		Cannot: obstacles{
			HangUp: useractions.CannotHangUp(call), Take: useractions.CannotHandleIncoming(call),
			Retry: useractions.CannotRetry(call), Operate: useractions.CannotOperate(call),
		},
	}
	view.From, view.To = party.Both(&call.Spec)
	view.Reason, view.Message = explanation(status.Conditions)
	if status.Waiting != nil {
		view.Ahead = status.Waiting.Ahead
	}
	view.addInbound(call)
	view.addResult(status.Result)
	for _, p := range status.Participants {
		view.Participants = append(view.Participants, participantView{
			ID: p.RawID, Text: useractions.PartyText(p.RawID), App: useractions.IsAppUser(p.RawID), Muted: p.Muted, OnHold: p.OnHold,
			Side: useractions.SideOf(call, p.RawID), Cannot: useractions.CannotMoveParticipant(call, p.RawID),
		})
	}
	for _, event := range status.History {
		view.History = append(view.History, eventView{Type: event.Type, Time: event.Time.Time})
	}
	return view
}

func (v *callView) addInbound(call *v1alpha1.Call) {
	inbound := call.Spec.Inbound
	if inbound == nil {
		return
	}
	if v.CorrelationID == "" {
		v.CorrelationID = inbound.CorrelationID
	}
	until := inbound.ReceivedTime.Add(v1alpha1.IncomingCallRing)
	v.RingsUntil = &until
	if leg := call.Status.OtherLeg; leg != nil && leg.State == v1alpha1.OtherLegPaired {
		v.Placed = kindCall + "/" + call.Namespace + "/" + leg.Name
	}
	if route := call.Status.Route; route != nil {
		v.Route, v.PassedTo = route.Name, party.Text(route.RedirectTo)
	}
}

func (v *callView) addResult(result *v1alpha1.CallResult) {
	if result == nil {
		return
	}
	v.Ended, v.Outcome = timeOf(&result.EndTime), string(result.Outcome)
	v.Code, v.SubCode, v.Message = result.Code, result.SubCode, result.Message
	v.AsWanted = callstatus.AsWanted(result.Outcome)
}

// moveView is a ParticipantMove as the page shows it.
type moveView struct {
	identity
	From         string      `json:"from"`
	To           string      `json:"to"`
	Phase        string      `json:"phase"`
	Outcome      string      `json:"outcome,omitempty"`
	AsWanted     bool        `json:"asWanted,omitempty"`
	Message      string      `json:"message,omitempty"`
	Ended        *time.Time  `json:"ended,omitempty"`
	Participants []movedView `json:"participants"`
}

type movedView struct {
	Text    string `json:"text"`
	State   string `json:"state,omitempty"`
	Message string `json:"message,omitempty"`
}

func viewOfMove(move *v1alpha1.ParticipantMove) moveView {
	status := &move.Status
	view := moveView{
		identity: identify(kindMove, move), Phase: string(status.Phase),
		From: referenceText(move.Spec.From, status.From), To: referenceText(move.Spec.To, status.To),
	}
	_, view.Message = explanation(status.Conditions)
	if result := status.Result; result != nil {
		view.Outcome, view.Message, view.Ended = string(result.Outcome), result.Message, timeOf(&result.EndTime)
		view.AsWanted = result.Outcome == v1alpha1.MoveOutcomeMoved
	}
	for _, p := range status.Participants {
		view.Participants = append(view.Participants, movedView{Text: useractions.PartyText(p.RawID), State: string(p.State), Message: p.Message})
	}
	if len(view.Participants) == 0 {
		for i := range move.Spec.Participants {
			view.Participants = append(view.Participants, movedView{Text: party.Text(&move.Spec.Participants[i])})
		}
	}
	return view
}

// referenceText names the Call that a move or an action selects: the resolved one, or the selector.
func referenceText(reference v1alpha1.CallReference, found *v1alpha1.OperatedCall) string {
	switch {
	case found != nil:
		return found.Name
	case reference.Name != "":
		return reference.Name
	default:
		return metav1.FormatLabelSelector(reference.Selector)
	}
}

// routeView is a CallRoute as the page shows it.
type routeView struct {
	identity
	Provider string `json:"provider"`
	Priority int32  `json:"priority"`
	Action   string `json:"action"`
	Ready    bool   `json:"ready"`
	Message  string `json:"message,omitempty"`
	Taken    int64  `json:"taken"`
}

func viewOfRoute(route *v1alpha1.CallRoute) routeView {
	view := routeView{
		identity: identify(kindRoute, route), Provider: route.Spec.ProviderRef.Name, Priority: route.Spec.Priority,
		Ready: meta.IsStatusConditionTrue(route.Status.Conditions, v1alpha1.ConditionReady), Taken: route.Status.CallsTaken,
	}
	_, view.Message = explanation(route.Status.Conditions)
	switch action := &route.Spec.Action; {
	case action.Answer != nil:
		view.Action = "answers"
	case action.Redirect != nil:
		view.Action = "redirects to " + party.Text(&action.Redirect.To)
	default:
		view.Action = "rejects"
	}
	return view
}

// providerView is a CallProvider as the page shows it.
type providerView struct {
	identity
	// Service is acs or asterisk.
	Service  string                  `json:"service"`
	Ready    bool                    `json:"ready"`
	Message  string                  `json:"message,omitempty"`
	Incoming bool                    `json:"incoming"`
	Numbers  []useractions.NumberUse `json:"numbers"`
}

func viewOfProvider(provider *v1alpha1.CallProvider, calls []*v1alpha1.Call) providerView {
	view := providerView{
		identity: identify(kindProvider, provider), Service: "acs", Incoming: provider.Spec.IncomingCalls != nil,
		Ready:   meta.IsStatusConditionTrue(provider.Status.Conditions, v1alpha1.ConditionReady),
		Numbers: useractions.Use(provider, calls),
	}
	if provider.Spec.Asterisk != nil {
		view.Service = "asterisk"
	}
	_, view.Message = explanation(provider.Status.Conditions)
	return view
}

// explanation is the content of the condition Ready, which every kind here has.
func explanation(conditions []metav1.Condition) (reason, message string) {
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	if ready == nil {
		return "", "It was not reconciled yet: is the manager running?"
	}
	return ready.Reason, ready.Message
}

func timeOf(t *metav1.Time) *time.Time {
	if t == nil || t.IsZero() {
		return nil
	}
	return &t.Time
}
