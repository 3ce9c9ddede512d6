// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/internal/secret"
	"github.com/call-operator/call-operator/telephony"
)

const (
	// longestRing is how long Asterisk rings at most. The Call's own spec.ringTimeout ends it earlier.
	longestRing = 2 * time.Minute

	// A channel may be dialled only once it is in the application: some milliseconds after its creation, on a busy machine seconds.
	dialTries = 400
	dialPause = 25 * time.Millisecond
)

// service is one Asterisk. It implements telephony.Service.
type service struct {
	client *ari.Client
	// application controls the channels.
	application string
	endpoints   templates
	// speech reads text.
	speech speech
	sleep  func(context.Context, time.Duration) error
}

// Pins implements telephony.Service.
func (s *service) Pins() v1alpha1.AttemptRequest {
	return v1alpha1.AttemptRequest{Endpoint: s.endpoints.number, SIPEndpoint: s.endpoints.sip}
}

// Dial implements telephony.Service: see the package documentation.
func (s *service) Dial(ctx context.Context, request telephony.DialRequest, attempt telephony.Attempt) (telephony.Answer, error) {
	id := attempt.Record.ID
	placed := telephony.Answer{Call: telephony.CallIDs{Connection: id, ServerCall: id}, Repeatability: v1alpha1.RepeatabilityConfirmed}
	if err := s.ringOnce(ctx, request, variablesOf(request, attempt), longestRing, attempt); err != nil {
		return telephony.Answer{}, err
	}
	return placed, nil
}

// ringOnce rings a phone once for an attempt, on a channel with the attempt's ID and some variables, for a limited time.
func (s *service) ringOnce(
	ctx context.Context, request telephony.DialRequest, variables map[string]ari.Variable, limit time.Duration, attempt telephony.Attempt,
) error {
	id := attempt.Record.ID
	if attempt.Committed() {
		return s.lookUp(ctx, id, limit)
	}
	if err := s.create(ctx, request, variables, attempt); err != nil {
		return err
	}
	if err := s.ensureControlled(ctx, id); err != nil {
		return err
	}
	if err := tooLate(attempt); err != nil {
		return err
	}
	if err := attempt.Commit(ctx); err != nil {
		return notCommitted(err)
	}
	return s.dial(ctx, id, limit)
}

// create makes the channel, unless it was made before.
func (s *service) create(ctx context.Context, request telephony.DialRequest, variables map[string]ari.Variable, attempt telephony.Attempt) error {
	endpoint, err := s.endpoints.pinnedOr(attempt.Record.Request).of(request.To)
	if err != nil {
		return err
	}
	if request.Headers != nil && len(request.Headers.VoIP) > 0 {
		return telephony.Unsupported("Asterisk cannot do that: it has no headers between app users (spec.headers.voip).")
	}
	_, err = s.client.CreateChannel(ctx, ari.ChannelToCreate{
		Endpoint: endpoint, ID: attempt.Record.ID, App: s.application, AppArgs: []string{"outbound"}, Variables: variables,
	})
	if ari.StatusOf(err) == http.StatusConflict {
		// The attempt's ID is nobody else's.
		return nil
	}
	return errorOf(err)
}

// ensureControlled checks that a new channel still exists. Asterisk ends it at once if nobody listens for its application.
func (s *service) ensureControlled(ctx context.Context, id string) error {
	_, err := s.client.Channel(ctx, id)
	return s.undialledErrorOf(err)
}

// undialledErrorOf is errorOf for a request about a channel that was not dialled: if it is gone, nobody listens for its application.
func (s *service) undialledErrorOf(err error) error {
	if !ari.IsGone(err) {
		return errorOf(err)
	}
	return &telephony.Error{
		Class: telephony.ClassUnavailable, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonApplicationNotConnected, Err: err,
		Sentence: notConnected(s.application),
	}
}

func variablesOf(request telephony.DialRequest, attempt telephony.Attempt) map[string]ari.Variable {
	variables := callerVariables(request)
	variables[VariableKey] = ari.Variable{Value: keyOf(attempt), Reported: true}
	return variables
}

// callerVariables are those that say who is called, and what the callee's phone shows.
func callerVariables(request telephony.DialRequest) map[string]ari.Variable {
	variables := map[string]ari.Variable{variableParty: {Value: party.RawID(request.To), Reported: true}}
	if from := request.From; from != nil {
		if from.PhoneNumber != "" {
			variables["CONNECTEDLINE(num,i)"] = ari.Variable{Value: string(from.PhoneNumber)}
		}
		if from.DisplayName != "" {
			variables["CONNECTEDLINE(name,i)"] = ari.Variable{Value: from.DisplayName}
		}
	}
	if request.Headers != nil {
		for name, value := range request.Headers.SIP {
			variables["PJSIP_HEADER(add,"+name+")"] = ari.Variable{Value: string(value)}
		}
	}
	return variables
}

// dial rings for a limited time. Right before, it marks the channel.
func (s *service) dial(ctx context.Context, id string, limit time.Duration) error {
	mark := func() error { return s.client.SetReportedVariable(ctx, id, variableDialled, "yes") }
	if err := s.onceControlled(ctx, mark); err != nil {
		return s.notDialled(err)
	}
	return s.dialErrorOf(s.onceControlled(ctx, func() error { return s.client.Dial(ctx, id, "", limit) }))
}

// onceControlled sends a request about a new channel until the channel is in the application. Before that, Asterisk refuses it, and does
// nothing.
func (s *service) onceControlled(ctx context.Context, send func() error) error {
	for try := 1; ; try++ {
		err := send()
		if ari.StatusOf(err) != http.StatusConflict || !strings.Contains(err.Error(), "Stasis") || try == dialTries {
			return err
		}
		if err := s.sleep(ctx, dialPause); err != nil {
			return err
		}
	}
}

// dialErrorOf is errorOf, but for a failure inside Asterisk: nobody knows whether the phone rang before it.
func (s *service) dialErrorOf(err error) error {
	if ari.StatusOf(err) == http.StatusConflict && strings.Contains(err.Error(), "'Down'") {
		// Somebody else has dialled it: it rings or was answered.
		return nil
	}
	err = s.undialledErrorOf(err)
	var failed *telephony.Error
	if errors.As(err, &failed) && failed.Code >= http.StatusInternalServerError {
		failed.Class, failed.Outcome = telephony.ClassUnavailable, telephony.OutcomeUnknown
	}
	return err
}

// notDialled is the error of a request before the dialling: nobody was rung, and the channel can still be dialled.
func (s *service) notDialled(err error) error {
	gone := ari.IsGone(err)
	err = s.undialledErrorOf(err)
	var failed *telephony.Error
	if errors.As(err, &failed) && failed.Outcome == telephony.OutcomeNotMade && !gone {
		failed.Class, failed.Outcome = telephony.ClassUnavailable, telephony.OutcomeUnknown
	}
	return err
}

// lookUp finds the channel of a request that may have rung. One without the mark was not dialled, so it is dialled now. If another process
// is about to do the same, Asterisk sends one invitation all the same.
func (s *service) lookUp(ctx context.Context, id string, limit time.Duration) error {
	channel, err := s.client.Channel(ctx, id)
	switch {
	case err == nil && channel.State == ari.StateDown && channel.Variables[variableDialled] == "":
		return s.dial(ctx, id, limit)
	case !ari.IsGone(err):
		return errorOf(err)
	}
	return &telephony.Error{
		Class: telephony.ClassUnavailable, Outcome: telephony.OutcomeUnknown, Reason: v1alpha1.ReasonServiceUnavailable, Err: err,
		Sentence: "The phone may have rung, and Asterisk no longer knows the call. Nothing is dialled again.",
	}
}

func tooLate(attempt telephony.Attempt) error {
	if attempt.NotAfter.IsZero() || time.Now().Before(attempt.NotAfter) {
		return nil
	}
	return &telephony.Error{
		Class: telephony.ClassTooLate, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonServiceUnavailable,
		Sentence: "The deadline of the call is over, and nobody was rung.",
	}
}

func notCommitted(err error) error {
	return &telephony.Error{
		Class: telephony.ClassUnavailable, Outcome: telephony.OutcomeUnknown, Reason: v1alpha1.ReasonServiceUnavailable, Err: err,
		Sentence: "The status could not be written before the phone was rung, so it was not rung.",
	}
}

// AnswerIncoming implements telephony.Service. Answering twice answers once.
func (s *service) AnswerIncoming(ctx context.Context, incoming secret.Text, attempt telephony.Attempt) (telephony.Answer, error) {
	id := incoming.Reveal()
	// Its events are about the Call from here on.
	if err := s.client.SetReportedVariable(ctx, id, VariableKey, keyOf(attempt)); err != nil {
		return telephony.Answer{}, ringOver(errorOf(err))
	}
	if err := s.client.SetVariable(ctx, id, VariableTimeout, "0"); err != nil {
		return telephony.Answer{}, ringOver(errorOf(err))
	}
	if err := s.client.Answer(ctx, id); err != nil {
		return telephony.Answer{}, ringOver(errorOf(err))
	}
	return telephony.Answer{Call: telephony.CallIDs{Connection: id, ServerCall: id}, Repeatability: v1alpha1.RepeatabilityConfirmed}, nil
}

// redirectContext is the part of the dialplan that redirects: docs/asterisk.md has its lines. redirectTarget is what it dials.
const (
	redirectContext = "call-operator-redirect"
	redirectTarget  = "CALL_OPERATOR_REDIRECT_TO"
)

// Redirect implements telephony.Service: Asterisk itself rings the target and connects the two, and the call is no longer ours. A call
// that is not ours any more was redirected before.
func (s *service) Redirect(ctx context.Context, incoming secret.Text, to *v1alpha1.Identifier, attempt telephony.Attempt) (telephony.Answer, error) {
	id := incoming.Reveal()
	endpoint, err := s.endpoints.pinnedOr(attempt.Record.Request).of(to)
	if err != nil {
		return telephony.Answer{}, err
	}
	if err := s.canRedirect(ctx, id); err != nil {
		return telephony.Answer{}, ringOver(err)
	}
	for _, variable := range []struct{ name, value string }{{redirectTarget, endpoint}, {VariableTimeout, "0"}} {
		if err := s.client.SetVariable(ctx, id, variable.name, variable.value); err != nil {
			return telephony.Answer{}, ringOver(errorOf(err))
		}
	}
	err = s.client.Continue(ctx, id, redirectContext, "s", 1)
	if ari.StatusOf(err) == http.StatusConflict {
		err = nil
	}
	return telephony.Answer{Repeatability: v1alpha1.RepeatabilityConfirmed}, ringOver(errorOf(err))
}

// canRedirect checks that the dialplan can redirect a channel.
func (s *service) canRedirect(ctx context.Context, id string) error {
	exists, err := s.client.Variable(ctx, id, "DIALPLAN_EXISTS("+redirectContext+",s,1)")
	switch {
	case err != nil:
		return errorOf(err)
	case exists != "1":
		return notDone("Asterisk's dialplan has no context " + redirectContext + ", which redirects calls: add it to extensions.conf.")
	}
	return nil
}

// Reject implements telephony.Service.
func (s *service) Reject(ctx context.Context, incoming secret.Text, reason v1alpha1.RejectReason, _ telephony.Attempt) (telephony.Answer, error) {
	word := "normal"
	switch reason {
	case v1alpha1.RejectReasonBusy:
		word = "busy"
	case v1alpha1.RejectReasonForbidden:
		word = "rejected"
	}
	return telephony.Answer{Repeatability: v1alpha1.RepeatabilityConfirmed}, ringOver(errorOf(s.client.HangUp(ctx, incoming.Reveal(), word)))
}

// ringOver says of a channel that is gone that it no longer rings.
func ringOver(err error) error {
	if telephony.Is(err, telephony.ClassGone) {
		return &telephony.Error{
			Class: telephony.ClassRingOver, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonInvalidRequest, Code: http.StatusNotFound, Err: err,
			Sentence: "The call no longer rings.",
		}
	}
	return err
}

// Move implements telephony.Service. Moving somebody twice moves them once: participants who are in the target already stay there.
func (s *service) Move(ctx context.Context, request telephony.MoveRequest, _ telephony.Attempt) (telephony.Answer, error) {
	now, err := s.lookAtAll(ctx)
	if err != nil {
		return telephony.Answer{}, err
	}
	if _, known := now.phase(request.To); !known {
		return telephony.Answer{}, gone(request.To)
	}
	// Somebody else in the target may have the same number, so who is still in the source is looked for first.
	moving, missing := now.named(request.From, request.Participants)
	there, lost := now.named(request.To, missing)
	if len(lost) > 0 {
		return telephony.Answer{}, &telephony.Error{
			Class: telephony.ClassRefused, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonInvalidRequest,
			Sentence: "Not everybody to be moved is in the call that they are to be moved from.",
		}
	}
	if err := join(ctx, s.client, now, request.To, append(there, moving...)); err != nil {
		return telephony.Answer{}, err
	}
	return telephony.Answer{Repeatability: v1alpha1.RepeatabilityConfirmed, Done: true}, nil
}

// join puts channels into a call's bridge, with the call's own channel. One that is there stays: to be added again is to leave and come
// back.
func join(ctx context.Context, client *ari.Client, now view, connection string, channels []string) error {
	name := ""
	if own := now.channels[connection]; own != nil {
		name = own.Variables[VariableKey]
	}
	if _, err := client.CreateBridge(ctx, BridgeOf(connection), name); err != nil && ari.StatusOf(err) != http.StatusConflict {
		return errorOf(err)
	}
	if now.channels[connection] != nil && now.bridgeWith(connection) == "" {
		channels = append([]string{connection}, channels...)
	}
	channels = slices.DeleteFunc(slices.Clone(channels), func(id string) bool { return now.bridgeWith(id) == connection })
	if len(channels) == 0 {
		return nil
	}
	return errorOf(client.AddChannels(ctx, BridgeOf(connection), slices.Compact(channels)...))
}

// HangUp implements telephony.Service.
func (s *service) HangUp(ctx context.Context, connection string) error {
	now, err := s.look(ctx, connection)
	if err != nil {
		return err
	}
	members := now.members(connection)
	if isInviting(members) {
		if err := HangUpInvited(ctx, s.client, connection); err != nil {
			return err
		}
	}
	for _, channel := range members {
		if err := s.client.HangUp(ctx, channel.ID, ""); err != nil && !ari.IsGone(err) {
			return errorOf(err)
		}
	}
	if err := EndBridge(ctx, s.client, connection); err != nil {
		return err
	}
	if len(members) == 0 {
		return gone(connection)
	}
	return nil
}

// State implements telephony.Service.
func (s *service) State(ctx context.Context, connection string) (telephony.State, error) {
	now, err := s.look(ctx, connection)
	if err != nil {
		return telephony.State{}, err
	}
	phase, known := now.phase(connection)
	if !known {
		return telephony.State{}, gone(connection)
	}
	return telephony.State{Call: telephony.CallIDs{Connection: connection, ServerCall: connection}, Phase: phase}, nil
}

// Roster implements telephony.Service.
func (s *service) Roster(ctx context.Context, connection string) ([]telephony.Participant, error) {
	now, err := s.look(ctx, connection)
	if err != nil {
		return nil, err
	}
	if _, known := now.phase(connection); !known {
		return nil, gone(connection)
	}
	return now.roster(connection), nil
}

// LiveCalls implements telephony.Lister.
func (s *service) LiveCalls(ctx context.Context) ([]telephony.LiveCall, error) {
	now, err := s.lookAtAll(ctx)
	if err != nil {
		return nil, err
	}
	return now.liveCalls(), nil
}

// look asks for all bridges, which are few, and for the channels of one call. Bridges come first: a channel that ends in between is then in
// a bridge and nowhere else.
func (s *service) look(ctx context.Context, connection string) (view, error) {
	bridges, err := s.client.Bridges(ctx)
	if err != nil {
		return view{}, errorOf(err)
	}
	now := viewOf(nil, bridges)
	return now, now.askFor(ctx, s.client, connection)
}

// lookAtAll asks for all channels and bridges, in the same order.
func (s *service) lookAtAll(ctx context.Context) (view, error) {
	bridges, err := s.client.Bridges(ctx)
	if err != nil {
		return view{}, errorOf(err)
	}
	channels, err := s.client.Channels(ctx)
	if err != nil {
		return view{}, errorOf(err)
	}
	return viewOf(channels, bridges), nil
}

// Look is who is in a call, and whether anything is left of it. It asks often, so it asks for the call's own bridge, and for the others
// only if the call's own channel may be in one of them.
func Look(ctx context.Context, client *ari.Client, connection string) (roster []telephony.Participant, live bool, _ error) {
	var bridges []ari.Bridge
	switch bridge, err := client.Bridge(ctx, BridgeOf(connection)); {
	case err == nil:
		bridges = append(bridges, *bridge)
	case !ari.IsGone(err):
		return nil, false, errorOf(err)
	}
	now := viewOf(nil, bridges)
	if err := now.askFor(ctx, client, connection); err != nil {
		return nil, false, err
	}
	if now.channels[connection] != nil && now.bridgeWith(connection) == "" {
		all, err := client.Bridges(ctx)
		if err != nil {
			return nil, false, errorOf(err)
		}
		now.bridges = byCall(all)
		// It may have just got its bridge.
		if err := now.askFor(ctx, client, connection); err != nil {
			return nil, false, err
		}
	}
	if _, live = now.phase(connection); !live {
		return nil, false, nil
	}
	return now.roster(connection), true, nil
}

// askFor asks for the channels of a call that are not known yet.
func (v view) askFor(ctx context.Context, client *ari.Client, connection string) error {
	for _, id := range v.memberIDs(connection) {
		if v.channels[id] != nil {
			continue
		}
		channel, err := client.Channel(ctx, id)
		switch {
		case err == nil:
			v.channels[id] = channel
		case !ari.IsGone(err):
			return errorOf(err)
		}
	}
	return nil
}

func gone(connection string) error {
	return errorOf(&ari.Error{Operation: "Channel", StatusCode: http.StatusNotFound, Message: "no channel and no bridge is left of " + connection})
}
