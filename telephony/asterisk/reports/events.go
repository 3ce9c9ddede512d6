// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/internal/secret"
	"github.com/call-operator/call-operator/telephony"
	"github.com/call-operator/call-operator/telephony/asterisk"
)

// inbound is the first argument of an incoming call's application in the dialplan; the number that was called and the caller's follow.
const inbound = "inbound"

// reader says what events mean.
type reader struct {
	client *ari.Client
	sink   telephony.Sink
	now    func() time.Time
}

// step is something to be recorded. Steps of one lane are done in order.
type step struct {
	lane   string
	record func(ctx context.Context)
}

// about are the steps that an event asks for.
func (r *reader) about(event ari.Event) []step {
	if id, invited := invitedIn(event); invited {
		return r.aboutInvited(event, id)
	}
	switch data := event.Data.(type) {
	case *ari.StasisStart:
		if len(data.Args) > 0 && data.Args[0] == inbound {
			return []step{{data.Channel.ID, func(ctx context.Context) { r.incoming(ctx, event, data) }}}
		}
	case *ari.ChannelStateChange:
		if data.Channel.State == ari.StateUp {
			return r.of(event, &data.Channel, func(ctx context.Context, target callbackurl.Target) {
				r.report(ctx, target, event, data.Channel.ID, telephony.Connected{})
				r.look(ctx, target, event, data.Channel.ID, nil)
			})
		}
	case *ari.ChannelDestroyed:
		if data.Channel.State == ari.StateRing {
			return []step{{data.Channel.ID, func(ctx context.Context) { r.ringOver(ctx, event, &data.Channel, reasonOf(data)) }}}
		}
		return r.of(event, &data.Channel, func(ctx context.Context, target callbackurl.Target) {
			r.look(ctx, target, event, data.Channel.ID, endOf(data))
			if data.Channel.Variables[asterisk.VariableInvites] != "" {
				r.endInvited(ctx, data.Channel.ID)
			}
		})
	case *ari.StasisEnd:
		if data.Channel.Variables[asterisk.VariableLeft] != "" {
			return r.of(event, &data.Channel, func(ctx context.Context, target callbackurl.Target) {
				r.look(ctx, target, event, data.Channel.ID, telephony.Disconnected{Reason: asterisk.Transferred()})
			})
		}
	case *ari.ChannelEnteredBridge:
		// Who enters a bridge may have left a call for it.
		return append(r.ofBridge(event, &data.Bridge), r.of(event, &data.Channel, func(ctx context.Context, target callbackurl.Target) {
			if data.Channel.ID != asterisk.CallOf(data.Bridge.ID) {
				r.look(ctx, target, event, data.Channel.ID, telephony.Disconnected{Reason: asterisk.Moved()})
			}
		})...)
	case *ari.ChannelLeftBridge:
		steps := r.ofBridge(event, &data.Bridge)
		if data.Channel.Variables[asterisk.VariableInvites] != "" {
			steps = append(steps, step{asterisk.CallOf(data.Bridge.ID), func(ctx context.Context) { r.endInvited(ctx, asterisk.CallOf(data.Bridge.ID)) }})
		}
		return steps
	}
	return r.aboutOperation(event)
}

// of is a step for the object that a channel was made for; none if it is none of the operator's.
func (r *reader) of(_ ari.Event, channel *ari.Channel, record func(context.Context, callbackurl.Target)) []step {
	target, _, ours := asterisk.TargetOf(channel.Variables[asterisk.VariableKey])
	if !ours {
		return nil
	}
	return []step{{channel.ID, func(ctx context.Context) { record(ctx, target) }}}
}

func (r *reader) ofBridge(event ari.Event, bridge *ari.Bridge) []step {
	target, _, ours := asterisk.TargetOf(bridge.Name)
	if !ours {
		return nil
	}
	connection := asterisk.CallOf(bridge.ID)
	return []step{{connection, func(ctx context.Context) {
		r.look(ctx, target, event, connection, telephony.Disconnected{Reason: asterisk.Left()})
	}}}
}

// endOf is how a call ended whose own channel did, if nobody else is in it.
func endOf(destroyed *ari.ChannelDestroyed) telephony.News {
	reason := reasonOf(destroyed)
	if destroyed.Channel.State == ari.StateUp {
		return telephony.Disconnected{Reason: reason}
	}
	if reason.Cause == telephony.CauseDeclined && asterisk.Undialled(&destroyed.Channel) {
		// Asterisk ends so what it has not dialled when it stops.
		reason.Cause, reason.Sentence = telephony.CauseFailed, "Asterisk ended the call before the phone was rung."
	}
	return telephony.NotConnected{Reason: reason}
}

func reasonOf(destroyed *ari.ChannelDestroyed) telephony.Reason {
	sip := 0
	if destroyed.TechnicalCode != nil {
		sip = *destroyed.TechnicalCode
	}
	return asterisk.ReasonOf(sip, destroyed.Cause)
}

// look records who is in a call or, if nobody is, that it is over.
func (r *reader) look(ctx context.Context, target callbackurl.Target, event ari.Event, connection string, over telephony.News) {
	roster, live, err := asterisk.Look(ctx, r.client, connection)
	switch {
	case err != nil:
		// The manager polls as well.
		r.sink.Failed("roster", err)
	case live:
		r.report(ctx, target, event, connection, telephony.Roster{Sequence: r.now().UnixMilli(), Participants: roster})
	case over != nil:
		r.report(ctx, target, event, connection, over)
		if err := asterisk.EndBridge(ctx, r.client, connection); err != nil {
			r.sink.Failed("bridge", err)
		}
	}
}

func (r *reader) report(ctx context.Context, target callbackurl.Target, event ari.Event, connection string, news telephony.News) {
	recorded := eventOf(event, connection, news)
	recorded.Call = telephony.CallIDs{Connection: connection, ServerCall: connection}
	if err := r.sink.Record(ctx, target, recorded); err != nil {
		r.sink.Failed("record", err)
	}
}

// eventOf is what is recorded of an event about a channel or bridge.
func eventOf(event ari.Event, id string, news telephony.News) telephony.Event {
	return telephony.Event{
		ID: fmt.Sprintf("%s/%s/%T/%d", event.Type, id, news, event.Time.UnixMilli()), Type: event.Type, Time: event.Time.Time, News: news,
	}
}

// unansweredFor ends an incoming call that nothing is done about: Asterisk itself would let it ring as long as the caller likes.
var unansweredFor = strconv.Itoa(int((v1alpha1.IncomingCallRing + time.Second).Seconds()))

// incoming records a call that rings. Its end is reported only after a subscription; until something is done, the caller hears it ring.
// If the caller is gone by now, no event will say so.
func (r *reader) incoming(ctx context.Context, event ari.Event, start *ari.StasisStart) {
	id := start.Channel.ID
	subscribed := r.client.Subscribe(ctx, event.Application, "channel:"+id)
	rings := r.client.Ring(ctx, id)
	over := ari.IsGone(rings)
	if subscribed != nil && !over {
		r.sink.Failed("subscribe", subscribed)
	}
	if rings != nil && !over {
		r.sink.Failed("ring", rings)
	}
	if err := r.client.SetVariable(ctx, id, asterisk.VariableTimeout, unansweredFor); err != nil && !ari.IsGone(err) {
		r.sink.Failed("time-out", err)
	}
	call := incomingCall(&start.Channel)
	call.Time, call.CallerDisplayName, call.Handle = event.Time.Time, start.Channel.Caller.Name, secret.New(id)
	if len(start.Args) > 1 {
		call.To = party.FromRawID(asterisk.RawIDOf(start.Args[1]))
	}
	caller := start.Channel.Caller.Number
	if len(start.Args) > 2 {
		caller = start.Args[2]
	}
	call.From = party.FromRawID(asterisk.RawIDOf(caller))
	if err := r.sink.RecordIncoming(ctx, call); err != nil {
		r.sink.Failed("incoming", err)
	}
	if over {
		// When and why is not known.
		event.Time = ari.Time{}
		r.ringOver(ctx, event, &start.Channel, asterisk.ReasonOf(0, 0))
	}
}

// ringOver records that an incoming call no longer rings.
func (r *reader) ringOver(ctx context.Context, event ari.Event, channel *ari.Channel, reason telephony.Reason) {
	if err := r.sink.RecordRingOver(ctx, incomingCall(channel), eventOf(event, channel.ID, telephony.RingOver{Reason: reason})); err != nil {
		r.sink.Failed("ring over", err)
	}
}

// incomingCall is what identifies the incoming call of a channel.
func incomingCall(channel *ari.Channel) *telephony.IncomingCall {
	return &telephony.IncomingCall{
		ID: channel.ProtocolID, Call: telephony.CallIDs{ServerCall: channel.ID, Correlation: channel.ProtocolID},
	}
}
