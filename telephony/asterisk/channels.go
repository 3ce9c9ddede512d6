// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/internal/rawid"
	"github.com/call-operator/call-operator/telephony"
)

// Variables that the operator sets on its channels, and that Asterisk reports with each event about them.
const (
	// VariableKey is for which object the channel is: KIND/NAMESPACE/NAME/UID.
	VariableKey = "CALL_OPERATOR_KEY"
	// VariableTimeout ends a channel so many seconds after it was set, whatever state it is in; 0 is never.
	VariableTimeout = "TIMEOUT(absolute)"
	// variableDialled marks a channel that may have been dialled.
	variableDialled = "CALL_OPERATOR_DIALLED"
	// variableParty is the raw ID of who is at the other end.
	variableParty = "CALL_OPERATOR_PARTY"
	// VariableLeft marks a channel that was transferred: it is in no call of the operator's any more.
	VariableLeft = "CALL_OPERATOR_LEFT"
	// VariableInvite is the [OperationID] of the operation that calls somebody into a call, and VariableInvites marks the call's channels.
	VariableInvite  = "CALL_OPERATOR_INVITE"
	VariableInvites = "CALL_OPERATOR_INVITES"
	// variableMuted marks a channel that is muted, and variableHold one that is on hold. variableTones is the attempt that last sent tones
	// to it.
	variableMuted = "CALL_OPERATOR_MUTED"
	variableHold  = "CALL_OPERATOR_HOLD"
	variableTones = "CALL_OPERATOR_TONES"
)

// Undialled tells whether a channel that was placed was never dialled.
func Undialled(channel *ari.Channel) bool {
	return channel.Variables[variableParty] != "" && channel.Variables[variableDialled] == ""
}

// partyOf is the raw ID of who is at the other end of a channel: the one that was called, or else the caller.
func partyOf(channel *ari.Channel) string {
	if party := channel.Variables[variableParty]; party != "" {
		return party
	}
	return RawIDOf(channel.Caller.Number)
}

// RawIDOf is the raw ID of a caller's number as the network gave it.
func RawIDOf(number string) string {
	switch number = strings.TrimSpace(number); {
	case number == "" || strings.EqualFold(number, rawid.Anonymous):
		return rawid.PhonePrefix + rawid.Anonymous
	default:
		return rawid.PhonePrefix + number
	}
}

// view is what Asterisk says of its channels and bridges at one time. A bridge has the connection of its call in place of its ID.
type view struct {
	channels map[string]*ari.Channel
	bridges  []ari.Bridge
}

// bridgeMark is what a call's bridge has in its ID besides the call's connection. Without it, a bridge would have the ID of a channel, and
// Asterisk would not report its events.
const bridgeMark = "-bridge"

// BridgeOf is the ID of a call's bridge, and CallOf the connection of the call whose bridge has an ID.
func BridgeOf(connection string) string { return connection + bridgeMark }

// CallOf is the reverse of BridgeOf.
func CallOf(bridgeID string) string { return strings.TrimSuffix(bridgeID, bridgeMark) }

// EndBridge removes a call's bridge, if there is one. Asterisk answers 404 if there is none, and 409 while it removes the bridge already.
func EndBridge(ctx context.Context, client *ari.Client, connection string) error {
	err := client.DestroyBridge(ctx, BridgeOf(connection))
	if ari.IsGone(err) || ari.StatusOf(err) == http.StatusConflict {
		return nil
	}
	return errorOf(err)
}

// byCall are bridges with the connections of their calls in place of their IDs.
func byCall(bridges []ari.Bridge) []ari.Bridge {
	named := slices.Clone(bridges)
	for i := range named {
		named[i].ID = CallOf(named[i].ID)
	}
	return named
}

func viewOf(channels []ari.Channel, bridges []ari.Bridge) view {
	bridges = byCall(bridges)
	v := view{channels: make(map[string]*ari.Channel, len(channels)), bridges: bridges}
	for i := range channels {
		v.channels[channels[i].ID] = &channels[i]
	}
	return v
}

// bridgeWith is the bridge that a channel is in, "" if it is in none.
func (v view) bridgeWith(channelID string) string {
	for i := range v.bridges {
		if slices.Contains(v.bridges[i].Channels, channelID) {
			return v.bridges[i].ID
		}
	}
	return ""
}

// memberIDs are the IDs of the channels of a call, some of which may have ended: those in its bridge and, as long as it is in no other
// bridge, its own.
func (v view) memberIDs(connection string) []string {
	var ids []string
	for i := range v.bridges {
		if v.bridges[i].ID == connection {
			ids = v.bridges[i].Channels
		}
	}
	if in := v.bridgeWith(connection); in == "" {
		ids = append(slices.Clone(ids), connection)
	}
	return ids
}

// members are the channels of a call.
func (v view) members(connection string) []*ari.Channel {
	var members []*ari.Channel
	for _, id := range v.memberIDs(connection) {
		if channel := v.channels[id]; channel != nil && channel.Variables[VariableLeft] == "" {
			members = append(members, channel)
		}
	}
	return members
}

// liveCalls are the calls that carry the operator's key, in the order of their connections.
func (v view) liveCalls() []telephony.LiveCall {
	var calls []telephony.LiveCall
	add := func(connection, key string) {
		target, provider, ours := TargetOf(key)
		if members := v.members(connection); ours && len(members) > 0 {
			calls = append(calls, telephony.LiveCall{Connection: connection, Target: target, Provider: provider, Since: oldest(members)})
		}
	}
	for i := range v.bridges {
		add(v.bridges[i].ID, v.bridges[i].Name)
	}
	for id, channel := range v.channels {
		if v.bridgeWith(id) == "" && !v.hasBridge(id) {
			add(id, channel.Variables[VariableKey])
		}
	}
	slices.SortFunc(calls, func(a, b telephony.LiveCall) int { return strings.Compare(a.Connection, b.Connection) })
	return calls
}

func (v view) hasBridge(id string) bool {
	return slices.ContainsFunc(v.bridges, func(bridge ari.Bridge) bool { return bridge.ID == id })
}

// oldest is when the first of some channels was created.
func oldest(channels []*ari.Channel) time.Time {
	first := channels[0].CreationTime.Time
	for _, channel := range channels[1:] {
		if channel.CreationTime.Before(first) {
			first = channel.CreationTime.Time
		}
	}
	return first
}

// phase is how far a call has come. known is false if nothing of it is left.
func (v view) phase(connection string) (phase telephony.Phase, known bool) {
	members := v.members(connection)
	if len(members) == 0 {
		return telephony.PhaseOver, false
	}
	for _, channel := range members {
		if channel.State == ari.StateUp {
			return telephony.PhaseConnected, true
		}
	}
	return telephony.PhaseRinging, true
}

// roster is who is in a call. A number that is in it twice has a suffix the second time, as ACS has it.
func (v view) roster(connection string) []telephony.Participant {
	roster := []telephony.Participant{}
	seen := map[string]bool{}
	for _, channel := range v.members(connection) {
		if channel.State != ari.StateUp {
			continue
		}
		id := partyOf(channel)
		if key := rawid.Key(id); seen[key] {
			id = suffixed(channel)
		} else {
			seen[key] = true
		}
		roster = append(roster, telephony.Participant{ID: id, Muted: channel.Variables[variableMuted] != "", OnHold: isOnHold(channel)})
	}
	return roster
}

// suffixed is the raw ID of a party that is in a call twice.
func suffixed(channel *ari.Channel) string { return partyOf(channel) + "_" + channel.ID }

// named are the channels of participants in a call, in their order; missing are the raw IDs of those who are not in it.
func (v view) named(connection string, participants []string) (channels, missing []string) {
	members := v.members(connection)
	for _, id := range participants {
		at := slices.IndexFunc(members, func(channel *ari.Channel) bool {
			return (rawid.Same(partyOf(channel), id) || rawid.Same(suffixed(channel), id)) && !slices.Contains(channels, channel.ID)
		})
		if at < 0 {
			missing = append(missing, id)
			continue
		}
		channels = append(channels, members[at].ID)
	}
	return channels, missing
}
