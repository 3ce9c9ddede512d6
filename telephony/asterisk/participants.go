// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/telephony"
)

// defaultRing is how many seconds a participant is rung.
const defaultRing = 60

// addParticipant rings somebody, once, as Dial does. When the phone is answered, its channel enters the call's bridge: [Joined].
func (o operation) addParticipant(ctx context.Context, asked *v1alpha1.AddParticipantOperation) (telephony.Answer, error) {
	request := telephony.DialRequest{From: o.From, To: &asked.Participant, Headers: asked.Headers}
	id := OperationID{Key: keyOf(o.attempt), Attempt: o.attempt.Record.ID, Part: PartInvite, Target: ari.OnBridge(BridgeOf(o.Connection))}
	variables := callerVariables(request)
	variables[VariableInvite] = ari.Variable{Value: id.String(), Reported: true}
	for _, channel := range o.now.members(o.Connection) {
		if channel.Variables[VariableInvites] != "" {
			continue
		}
		if err := o.client.SetReportedVariable(ctx, channel.ID, VariableInvites, set); err != nil && !ari.IsGone(err) {
			return telephony.Answer{}, errorOf(err)
		}
	}
	answer := begun
	answer.Handle = o.attempt.Record.ID
	limit := time.Duration(orDefault(asked.RingTimeoutSeconds, defaultRing)) * time.Second
	return answer, o.ringOnce(ctx, request, variables, min(limit, longestRing), o.attempt)
}

// Joined puts a channel that was called into a call into its bridge. live is false if nothing is left of the call.
func Joined(ctx context.Context, client *ari.Client, connection, channelID string) (live bool, _ error) {
	bridges, err := client.Bridges(ctx)
	if err != nil {
		return false, errorOf(err)
	}
	now := viewOf(nil, bridges)
	if err := now.askFor(ctx, client, connection); err != nil {
		return false, err
	}
	if _, live = now.phase(connection); !live {
		return false, nil
	}
	return true, join(ctx, client, now, connection, []string{channelID})
}

// stopRinging ends the channel of somebody who is called into a call, unless the phone was answered.
func (s *service) stopRinging(ctx context.Context, id string) error {
	channel, err := s.client.Channel(ctx, id)
	if err == nil && channel.State != ari.StateUp {
		err = s.client.HangUp(ctx, id, "")
	}
	if ari.IsGone(err) {
		return nil
	}
	return errorOf(err)
}

// isInviting tells whether somebody may be called into a call.
func isInviting(members []*ari.Channel) bool {
	return slices.ContainsFunc(members, func(channel *ari.Channel) bool { return channel.Variables[VariableInvites] != "" })
}

// HangUpInvited ends the channels of those who are called into a call and have not answered.
func HangUpInvited(ctx context.Context, client *ari.Client, connection string) error {
	channels, err := client.Channels(ctx)
	if err != nil {
		return errorOf(err)
	}
	for i := range channels {
		id, invited := OperationIDOf(channels[i].Variables[VariableInvite])
		if !invited || CallOf(id.Target.ID()) != connection || channels[i].State == ari.StateUp {
			continue
		}
		if err := client.HangUp(ctx, channels[i].ID, ""); err != nil && !ari.IsGone(err) {
			return errorOf(err)
		}
	}
	return nil
}

// removeParticipant ends a participant's channel. One who is not in the call was removed.
func (o operation) removeParticipant(ctx context.Context) (telephony.Answer, error) {
	channels, _ := o.now.named(o.Connection, []string{o.Participant})
	if len(channels) == 0 {
		return done, nil
	}
	if err := o.client.HangUp(ctx, channels[0], ""); err != nil && !ari.IsGone(err) {
		return telephony.Answer{}, errorOf(err)
	}
	return done, nil
}

// callerNumber is what the phone of a transferred call shows.
const callerNumber = "CALLERID(num)"

// transfer gives a participant's channel back to the dialplan, which calls somebody and connects both, as Redirect does. Whether that
// succeeds is not reported.
func (o operation) transfer(ctx context.Context, asked *v1alpha1.TransferOperation) (telephony.Answer, error) {
	endpoint, err := o.endpoints.pinnedOr(o.attempt.Record.Request).of(&asked.To)
	if err != nil {
		return telephony.Answer{}, err
	}
	channel, err := o.channelOf()
	if err != nil {
		return telephony.Answer{}, err
	}
	if err := o.canRedirect(ctx, channel.ID); err != nil {
		return telephony.Answer{}, err
	}
	variables := []struct{ name, value string }{{redirectTarget, endpoint}}
	if o.From != nil && o.From.PhoneNumber != "" {
		variables = append(variables, struct{ name, value string }{callerNumber, string(o.From.PhoneNumber)})
	}
	for _, variable := range variables {
		if err := o.client.SetVariable(ctx, channel.ID, variable.name, variable.value); err != nil {
			return telephony.Answer{}, errorOf(err)
		}
	}
	if err := o.client.SetReportedVariable(ctx, channel.ID, VariableLeft, set); err != nil {
		return telephony.Answer{}, errorOf(err)
	}
	err = o.client.Continue(ctx, channel.ID, redirectContext, "s", 1)
	if ari.StatusOf(err) == http.StatusConflict {
		// It is in the dialplan already.
		err = nil
	}
	return done, errorOf(err)
}

// OutcomeOf is how an operation ended that called somebody who did not answer.
func OutcomeOf(cause telephony.Cause) v1alpha1.ActionOutcome {
	switch cause {
	case telephony.CauseBusy:
		return v1alpha1.ActionBusy
	case telephony.CauseDeclined:
		return v1alpha1.ActionDeclined
	case telephony.CauseUnreached:
		return v1alpha1.ActionNoAnswer
	case telephony.CauseCancelled, telephony.CauseEnded:
		return v1alpha1.ActionCancelled
	default:
		return v1alpha1.ActionFailed
	}
}

// Transferred is why a call ended whose participant was transferred.
func Transferred() telephony.Reason {
	return telephony.Reason{Cause: telephony.CauseEnded, Sentence: "The participant was transferred."}
}
