// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"fmt"
	"slices"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/telephony"
)

// set is the value of a variable that marks a channel.
const set = "yes"

func isOnHold(channel *ari.Channel) bool { return channel.Variables[variableHold] != "" }

func onHold(participant string) error {
	return notDone(fmt.Sprintf("%s is on hold: take the participant off hold first.", nameOf(participant)))
}

func (o operation) mute(ctx context.Context) (telephony.Answer, error) {
	channel, err := o.channelOf()
	if err != nil {
		return telephony.Answer{}, err
	}
	if err := o.client.MuteIn(ctx, channel.ID); err != nil {
		return telephony.Answer{}, errorOf(err)
	}
	return done, errorOf(o.client.SetReportedVariable(ctx, channel.ID, variableMuted, set))
}

// hold mutes a participant, and plays music until unhold: who is played something hears nobody else in the bridge.
func (o operation) hold(ctx context.Context, asked *v1alpha1.HoldOperation) (telephony.Answer, error) {
	channel, err := o.channelOf()
	if err != nil {
		return telephony.Answer{}, err
	}
	// Without music, silence.
	music := fmt.Sprint(soundScheme, "silence/", longestSilence)
	if asked.Music != nil {
		if music, err = o.speech.mediaOf(asked.Music); err != nil {
			return telephony.Answer{}, err
		}
	}
	if isOnHold(channel) {
		return done, nil
	}
	if err := o.ensureBridge(ctx); err != nil {
		return telephony.Answer{}, err
	}
	if err := o.client.MuteIn(ctx, channel.ID); err != nil {
		return telephony.Answer{}, errorOf(err)
	}
	if err := o.client.SetReportedVariable(ctx, channel.ID, variableHold, set); err != nil {
		return telephony.Answer{}, errorOf(err)
	}
	m, all := o.media(PartPlay), []string{music}
	if !isEndless(music) {
		all = slices.Repeat(all, mostRepeats)
		m.Part, m.Loop = PartLoop, all
	}
	return done, o.playTo(ctx, m, []ari.Target{ari.OnChannel(channel.ID)}, all)
}

func (o operation) unhold(ctx context.Context) (telephony.Answer, error) {
	channel, err := o.channelOf()
	if err != nil {
		return telephony.Answer{}, err
	}
	if !isOnHold(channel) {
		return done, nil
	}
	// The channel takes the other requests when the music is over.
	music := MediaOf(channel.Variables[VariableMedia])
	if err := o.stopWhere(ctx, func(m *Media, held bool) bool { return held && music != nil && m.Attempt == music.Attempt }); err != nil {
		return telephony.Answer{}, err
	}
	if channel.Variables[variableMuted] == "" {
		if err := o.client.UnmuteIn(ctx, channel.ID); err != nil {
			return telephony.Answer{}, errorOf(err)
		}
	}
	return done, errorOf(o.client.SetReportedVariable(ctx, channel.ID, variableHold, ""))
}
