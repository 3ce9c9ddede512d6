// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"fmt"
	"slices"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/telephony"
)

// mostRepeats is how often something is played in one go that is played again and again. Between two goes there is a short gap.
const mostRepeats = 10

func (o operation) play(ctx context.Context, asked *v1alpha1.PlayOperation) (telephony.Answer, error) {
	media, err := o.speech.mediaOf(&asked.Prompt)
	if err != nil {
		return telephony.Answer{}, err
	}
	targets, err := o.hearing(asked.To)
	if err != nil {
		return telephony.Answer{}, err
	}
	answer := begun
	answer.Done = asked.Loop || isEndless(media)
	if again, err := o.begin(ctx, targets, asked.Interrupt); again || err != nil {
		return answer, err
	}
	m, all := o.media(PartPlay), []string{media}
	if asked.Loop && !isEndless(media) {
		all = slices.Repeat(all, mostRepeats)
		m.Part, m.Loop = PartLoop, all
	}
	if len(targets) > 1 {
		m.Targets = targets
	}
	return answer, o.playTo(ctx, m, targets, all)
}

// begin prepares a call for something that is played or listened for on some targets. again says that the operation was begun before:
// Asterisk would begin it again.
func (o operation) begin(ctx context.Context, targets []ari.Target, interrupts bool) (again bool, _ error) {
	if err := o.ensureBridge(ctx); err != nil {
		return false, err
	}
	value, err := o.client.TargetVariable(ctx, targets[0], VariableMedia)
	switch m := MediaOf(value); {
	case err != nil && !ari.IsGone(err):
		return false, errorOf(err)
	case m != nil && m.Attempt == o.attempt.Record.ID:
		return true, nil
	case interrupts:
		return false, o.stopMedia(ctx)
	default:
		return false, nil
	}
}

// ensureBridge puts the call into its bridge, even if only one party is in it: a channel that is played something takes no other request
// until that is over, and in a bridge the bridge is played to.
func (o operation) ensureBridge(ctx context.Context) error {
	if o.now.hasBridge(o.Connection) {
		return nil
	}
	if err := join(ctx, o.client, o.now, o.Connection, nil); err != nil {
		return err
	}
	// Without that, the events of a bridge are reported only some time after somebody has entered it.
	return errorOf(o.client.Subscribe(ctx, o.application, string(ari.OnBridge(BridgeOf(o.Connection)))))
}

// media is what the operation asks for.
func (o operation) media(part Part) *Media {
	return &Media{Key: keyOf(o.attempt), Attempt: o.attempt.Record.ID, Call: o.Connection, Part: part}
}

// playTo plays media to some targets, on which it notes first what they are for.
func (o operation) playTo(ctx context.Context, m *Media, targets []ari.Target, media []string) error {
	for _, target := range targets {
		if err := o.client.SetTargetVariable(ctx, target, VariableMedia, m.variable()); err != nil {
			return errorOf(err)
		}
	}
	for _, target := range targets {
		if err := o.client.Play(ctx, target, m.ID(m.Part, target).String(), media...); err != nil {
			return errorOf(err)
		}
	}
	return nil
}

// hearing is what to play to, so that some participants hear it, or everybody if none is named.
func (o operation) hearing(participants []v1alpha1.Identifier) ([]ari.Target, error) {
	if len(participants) == 0 {
		return []ari.Target{ari.OnBridge(BridgeOf(o.Connection))}, nil
	}
	ids := make([]string, len(participants))
	for i := range participants {
		ids[i] = party.RawID(&participants[i])
	}
	channels, missing := o.now.named(o.Connection, ids)
	if len(missing) > 0 {
		return nil, notDone(fmt.Sprintf("%s is not in the call.", nameOf(missing[0])))
	}
	targets := make([]ari.Target, len(channels))
	for i, id := range channels {
		if isOnHold(o.now.channels[id]) {
			return nil, onHold(ids[i])
		}
		targets[i] = o.alone(id)
	}
	return targets, nil
}

// alone is what to play to, so that one participant hears it: the bridge, if nobody else is there.
func (o operation) alone(channelID string) ari.Target {
	if len(o.now.members(o.Connection)) == 1 {
		return ari.OnBridge(BridgeOf(o.Connection))
	}
	return ari.OnChannel(channelID)
}

func (o operation) recognize(ctx context.Context, asked *v1alpha1.RecognizeOperation) (telephony.Answer, error) {
	channel, err := o.channelOf()
	if err != nil {
		return telephony.Answer{}, err
	}
	if isOnHold(channel) {
		return telephony.Answer{}, onHold(o.Participant)
	}
	var prompt string
	if asked.Prompt != nil {
		if prompt, err = o.speech.mediaOf(asked.Prompt); err != nil {
			return telephony.Answer{}, err
		}
		if isEndless(prompt) {
			return telephony.Answer{}, notDone("A tone has no end, so nobody would be listened to after it: use a sound as the prompt.")
		}
	}
	target := ari.OnChannel(channel.ID)
	if again, err := o.begin(ctx, []ari.Target{target}, asked.Interrupt); again || err != nil {
		return begun, err
	}
	m := o.media(PartPrompt)
	m.Question = questionOf(asked)
	if err := o.client.SetTargetVariable(ctx, target, VariableMedia, m.variable()); err != nil {
		return telephony.Answer{}, errorOf(err)
	}
	if prompt == "" {
		return begun, Wait(ctx, o.client, m, target, ProgressOf("", m))
	}
	return begun, errorOf(o.client.Play(ctx, o.alone(channel.ID), m.ID(PartPrompt, target).String(), prompt))
}

// Wait plays the silence in which a question to a channel waits for the next key. It plays it to the bridge, where it disturbs nobody.
func Wait(ctx context.Context, client *ari.Client, m *Media, asked ari.Target, progress Progress) error {
	return errorOf(client.Play(ctx, ari.OnBridge(BridgeOf(m.Call)), m.Current(asked, progress).String(), m.Question.Wait(progress)...))
}

// stopMedia stops what the call plays and listens for, but for the music of those who are on hold.
func (o operation) stopMedia(ctx context.Context) error {
	return o.stopWhere(ctx, func(_ *Media, held bool) bool { return !held })
}

// stopWhere stops some of what a call plays and listens for. First it notes what was stopped, then it stops it: Asterisk reports the end of
// what was stopped as that of anything else.
func (o operation) stopWhere(ctx context.Context, is func(m *Media, held bool) bool) error {
	playing, err := o.playing(ctx)
	if err != nil {
		return err
	}
	bridge := ari.OnBridge(BridgeOf(o.Connection))
	stopped, err := variable(ctx, o.client, bridge, VariableStopped)
	if err != nil {
		return err
	}
	for target, p := range playing {
		if !is(p.media, p.held) || p.progress.Outcome != "" {
			continue
		}
		if !IsStopped(stopped, p.media.Attempt) {
			stopped = withStopped(stopped, p.media.Attempt)
			if err := o.client.SetTargetVariable(ctx, bridge, VariableStopped, stopped); err != nil {
				return errorOf(err)
			}
		}
		if err := o.client.StopPlayback(ctx, p.media.Current(target, p.progress).String()); err != nil && !ari.IsGone(err) {
			return errorOf(err)
		}
	}
	return nil
}

// playing is what was last asked for on a target, and how far it has come.
type playing struct {
	media    *Media
	progress Progress
	// held says that it is the music of somebody on hold.
	held bool
}

// playing is what was last asked for in a call, by its targets. Much of it is over.
func (o operation) playing(ctx context.Context) (map[ari.Target]playing, error) {
	bridge, all := ari.OnBridge(BridgeOf(o.Connection)), map[ari.Target]playing{}
	if !o.now.hasBridge(o.Connection) {
		return all, nil
	}
	progress, err := variable(ctx, o.client, bridge, VariableProgress)
	if err != nil {
		return nil, err
	}
	value, err := variable(ctx, o.client, bridge, VariableMedia)
	if err != nil {
		return nil, err
	}
	if m := MediaOf(value); m != nil {
		all[bridge] = playing{media: m, progress: ProgressOf(progress, m)}
	}
	for _, channel := range o.now.members(o.Connection) {
		if m := MediaOf(channel.Variables[VariableMedia]); m != nil && m.Call == o.Connection {
			all[ari.OnChannel(channel.ID)] = playing{media: m, progress: ProgressOf(progress, m), held: isOnHold(channel)}
		}
	}
	return all, nil
}

// variable is a variable of a target, "" if it or the target does not exist.
func variable(ctx context.Context, client *ari.Client, target ari.Target, name string) (string, error) {
	value, err := client.TargetVariable(ctx, target, name)
	if err != nil && !ari.IsGone(err) {
		return "", errorOf(err)
	}
	return value, nil
}

// sendTones sends tones once: a channel remembers which attempt sent the last ones.
func (o operation) sendTones(ctx context.Context, tones string) (telephony.Answer, error) {
	channel, err := o.channelOf()
	if err != nil {
		return telephony.Answer{}, err
	}
	id := o.attempt.Record.ID
	if channel.Variables[variableTones] == id {
		return done, nil
	}
	if err := o.client.SetReportedVariable(ctx, channel.ID, variableTones, id); err != nil {
		return telephony.Answer{}, errorOf(err)
	}
	return done, errorOf(o.client.SendDTMF(ctx, channel.ID, tones))
}
