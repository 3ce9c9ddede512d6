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
		return r.of(event, &data.Channel, func(ctx context.Context, target callbackurl.Target) {
			r.look(ctx, target, event, data.Channel.ID, endOf(data))
		})
	case *ari.ChannelEnteredBridge:
		// Who enters a bridge may have left a call for it.
		return append(r.ofBridge(event, &data.Bridge), r.of(event, &data.Channel, func(ctx context.Context, target callbackurl.Target) {
			if data.Channel.ID != data.Bridge.ID {
				r.look(ctx, target, event, data.Channel.ID, telephony.Disconnected{Reason: asterisk.Moved()})
			}
		})...)
	case *ari.ChannelLeftBridge:
		return r.ofBridge(event, &data.Bridge)
	}
	return nil
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
	return []step{{bridge.ID, func(ctx context.Context) {
		r.look(ctx, target, event, bridge.ID, telephony.Disconnected{Reason: asterisk.Left()})
	}}}
}

// endOf is how a call ended whose own channel did, if nobody else is in it.
func endOf(destroyed *ari.ChannelDestroyed) telephony.News {
	sip := 0
	if destroyed.TechnicalCode != nil {
		sip = *destroyed.TechnicalCode
	}
	reason := asterisk.ReasonOf(sip, destroyed.Cause)
	if destroyed.Channel.State == ari.StateUp {
		return telephony.Disconnected{Reason: reason}
	}
	return telephony.NotConnected{Reason: reason}
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
		if err := r.client.DestroyBridge(ctx, connection); err != nil && !ari.IsGone(err) {
			r.sink.Failed("bridge", err)
		}
	}
}

func (r *reader) report(ctx context.Context, target callbackurl.Target, event ari.Event, connection string, news telephony.News) {
	recorded := telephony.Event{
		ID: fmt.Sprintf("%s/%s/%T/%d", event.Type, connection, news, event.Time.UnixMilli()), Type: event.Type, Time: event.Time.Time,
		Call: telephony.CallIDs{Connection: connection, ServerCall: connection}, News: news,
	}
	if err := r.sink.Record(ctx, target, recorded); err != nil {
		r.sink.Failed("record", err)
	}
}

// unansweredFor ends an incoming call that nothing is done about: Asterisk itself would let it ring as long as the caller likes.
var unansweredFor = strconv.Itoa(int((v1alpha1.IncomingCallRing + time.Second).Seconds()))

// incoming records a call that rings. Its end is reported only after a subscription; until something is done, the caller hears it ring.
func (r *reader) incoming(ctx context.Context, event ari.Event, start *ari.StasisStart) {
	id := start.Channel.ID
	if err := r.client.Subscribe(ctx, event.Application, "channel:"+id); err != nil {
		r.sink.Failed("subscribe", err)
	}
	if err := r.client.Ring(ctx, id); err != nil && !ari.IsGone(err) {
		r.sink.Failed("ring", err)
	}
	if err := r.client.SetVariable(ctx, id, asterisk.VariableTimeout, unansweredFor); err != nil && !ari.IsGone(err) {
		r.sink.Failed("time-out", err)
	}
	call := &telephony.IncomingCall{
		ID: start.Channel.ProtocolID, Time: event.Time.Time, CallerDisplayName: start.Channel.Caller.Name,
		Call: telephony.CallIDs{ServerCall: id, Correlation: start.Channel.ProtocolID}, Handle: secret.New(id),
	}
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
}
