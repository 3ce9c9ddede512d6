// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"context"
	"errors"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/telephony"
	"github.com/call-operator/call-operator/telephony/asterisk"
)

const (
	// endPatience is how long a channel that hangs up may still exist after what was played to it has failed for that reason. In between
	// Asterisk is asked every endPause.
	endPatience = 2 * time.Second
	endPause    = 200 * time.Millisecond
	// repeatPause limits how often something is played again that has no length.
	repeatPause = 50 * time.Millisecond
)

// aboutOperation are the steps that an event about an operation in a call asks for.
func (r *reader) aboutOperation(event ari.Event) []step {
	switch data := event.Data.(type) {
	case *ari.PlaybackFinished:
		id, ours := asterisk.OperationIDOf(data.Playback.ID)
		if !ours {
			return nil
		}
		return []step{{id.Target.ID(), func(ctx context.Context) { r.played(ctx, event, id, data.Playback.State == ari.PlaybackFailed) }}}
	case *ari.ChannelDtmfReceived:
		// What the key is for was known when it was pressed.
		asked := asterisk.MediaOf(data.Channel.Variables[asterisk.VariableMedia])
		if asked == nil || asked.Question == nil {
			return nil
		}
		return []step{{data.Channel.ID, func(ctx context.Context) { r.pressed(ctx, event, asked, data) }}}
	case *ari.RecordingStarted:
		return r.recorded(event, data.Recording, telephony.OperationReported{})
	case *ari.RecordingFinished:
		return r.recorded(event, data.Recording, telephony.OperationReported{
			Outcome: v1alpha1.ActionCompleted, Files: []v1alpha1.RecordingFile{asterisk.FileOf(data.Recording.Name)},
		})
	case *ari.RecordingFailed:
		return r.recorded(event, data.Recording, telephony.OperationReported{
			Outcome: v1alpha1.ActionFailed, Reason: failed("Asterisk could not record the call. Its log says why."),
		})
	}
	return nil
}

// failed is a reason in Asterisk itself.
func failed(sentence string) telephony.Reason {
	return telephony.Reason{Cause: telephony.CauseFailed, Sentence: sentence}
}

// reportOperation records what became of an operation.
func (r *reader) reportOperation(ctx context.Context, event ari.Event, id asterisk.OperationID, reported telephony.OperationReported) {
	target, _, _ := asterisk.TargetOf(id.Key)
	reported.Attempt = id.Attempt
	if err := r.sink.Record(ctx, target, eventOf(event, id.Attempt, reported)); err != nil {
		r.sink.Failed("record", err)
	}
}

// ended records the outcome of an operation that has no answer.
func (r *reader) ended(ctx context.Context, event ari.Event, id asterisk.OperationID, outcome v1alpha1.ActionOutcome, reason telephony.Reason) {
	r.reportOperation(ctx, event, id, telephony.OperationReported{Outcome: outcome, Reason: reason})
}

// asked is what was last asked for on a target, nil if that is something else than the operation, or was stopped. gone says that the target
// does not exist any more.
func (r *reader) asked(ctx context.Context, id asterisk.OperationID) (asked *asterisk.Media, gone bool, _ error) {
	value, err := r.client.TargetVariable(ctx, id.Target, asterisk.VariableMedia)
	switch {
	case ari.IsGone(err):
		return nil, true, nil
	case err != nil:
		return nil, false, err
	}
	asked = asterisk.MediaOf(value)
	if asked == nil || asked.Attempt != id.Attempt {
		return nil, false, nil
	}
	stopped, err := r.client.TargetVariable(ctx, ari.OnBridge(asterisk.BridgeOf(asked.Call)), asterisk.VariableStopped)
	switch {
	case err != nil && !ari.IsGone(err):
		return nil, false, err
	case asterisk.IsStopped(stopped, id.Attempt):
		return nil, false, nil
	}
	return asked, false, nil
}

// played decides what follows when something that an operation plays is over.
func (r *reader) played(ctx context.Context, event ari.Event, id asterisk.OperationID, hasFailed bool) {
	asked, gone, err := r.asked(ctx, id)
	if hasFailed && asked != nil {
		gone = r.ends(ctx, asked.Call)
	}
	switch {
	case err != nil:
		r.sink.Failed("media", err)
	case gone:
		r.ended(ctx, event, id, v1alpha1.ActionCallEnded, telephony.Reason{})
	case asked == nil:
		r.ended(ctx, event, id, v1alpha1.ActionCancelled, telephony.Reason{})
	case asked.Question != nil:
		r.waited(ctx, event, id, asked, hasFailed)
	case hasFailed:
		r.ended(ctx, event, id, v1alpha1.ActionFailed, failed("Asterisk could not play it: does the sound exist, and can Asterisk reach its URL?"))
	case id.Part == asterisk.PartLoop:
		r.again(ctx, id, asked)
	default:
		r.playedToEnd(ctx, event, id, asked)
	}
}

// ends tells whether a call is over, or is so soon: what is played to it fails then.
func (r *reader) ends(ctx context.Context, connection string) bool {
	for waited := time.Duration(0); waited < endPatience; waited += endPause {
		if _, live, err := asterisk.Look(ctx, r.client, connection); err == nil && !live {
			return true
		}
		if !pause(ctx, endPause) {
			return false
		}
	}
	return false
}

// again plays something again.
func (r *reader) again(ctx context.Context, id asterisk.OperationID, asked *asterisk.Media) {
	if !pause(ctx, repeatPause) {
		return
	}
	if err := r.client.Play(ctx, id.Target, id.String(), asked.Loop...); err != nil && !ari.IsGone(err) {
		r.sink.Failed("loop", err)
	}
}

// playedToEnd reports that something was played, once the last of those who were to hear it has.
func (r *reader) playedToEnd(ctx context.Context, event ari.Event, id asterisk.OperationID, asked *asterisk.Media) {
	for _, target := range asked.Targets {
		if target == id.Target {
			continue
		}
		other, err := r.client.Playback(ctx, asked.ID(id.Part, target).String())
		if err == nil && !other.Over() {
			return
		}
	}
	r.ended(ctx, event, id, v1alpha1.ActionCompleted, telephony.Reason{})
}

// progress is how far a question has come.
func (r *reader) progress(ctx context.Context, asked *asterisk.Media) (asterisk.Progress, error) {
	value, err := r.client.TargetVariable(ctx, ari.OnBridge(asterisk.BridgeOf(asked.Call)), asterisk.VariableProgress)
	if err != nil && !ari.IsGone(err) {
		return asterisk.Progress{}, err
	}
	return asterisk.ProgressOf(value, asked), nil
}

// keep records how far a question has come, and tells whether it could.
func (r *reader) keep(ctx context.Context, asked *asterisk.Media, progress asterisk.Progress) bool {
	err := r.client.SetTargetVariable(ctx, ari.OnBridge(asterisk.BridgeOf(asked.Call)), asterisk.VariableProgress, progress.Variable())
	if err != nil {
		r.sink.Failed("question", err)
	}
	return err == nil
}

// waited decides what follows when the prompt of a question, or the time for a key, is over.
func (r *reader) waited(ctx context.Context, event ari.Event, id asterisk.OperationID, asked *asterisk.Media, hasFailed bool) {
	before, err := r.progress(ctx, asked)
	if err != nil {
		r.sink.Failed("question", err)
		return
	}
	var after asterisk.Progress
	if id.Part == asterisk.PartPrompt {
		after = asked.Question.PromptOver(before, hasFailed)
	} else {
		after = asked.Question.WaitOver(before, id.Keys)
	}
	if before == after && (after.Outcome == "" || id != asked.Current(id.Target, before)) {
		return
	}
	// An answer that was not reported in time is reported again.
	if before == after || r.keep(ctx, asked, after) {
		r.follow(ctx, event, id, asked, after)
	}
}

// pressed decides what follows when a key was pressed while a question was open.
func (r *reader) pressed(ctx context.Context, event ari.Event, asked *asterisk.Media, key *ari.ChannelDtmfReceived) {
	id := asked.ID(asterisk.PartWait, ari.OnChannel(key.Channel.ID))
	current, _, err := r.asked(ctx, id)
	if err != nil {
		r.sink.Failed("question", err)
		return
	}
	if current == nil {
		return
	}
	before, err := r.progress(ctx, current)
	if err != nil {
		r.sink.Failed("question", err)
		return
	}
	after := current.Question.Press(before, key.Digit)
	if before == after {
		return
	}
	if !r.keep(ctx, current, after) {
		return
	}
	// What is played now is the prompt, or the silence of the time for this key.
	if err := r.client.StopPlayback(ctx, current.Current(id.Target, before).String()); err != nil && !ari.IsGone(err) {
		r.sink.Failed("prompt", err)
	}
	r.follow(ctx, event, id, current, after)
}

// follow waits for the next key, or reports the answer.
func (r *reader) follow(ctx context.Context, event ari.Event, id asterisk.OperationID, asked *asterisk.Media, progress asterisk.Progress) {
	if progress.Outcome != "" {
		r.answered(ctx, event, id, progress)
		return
	}
	if err := asterisk.Wait(ctx, r.client, asked, id.Target, progress); err != nil && !telephony.Is(err, telephony.ClassGone) {
		r.sink.Failed("question", err)
	}
}

func (r *reader) answered(ctx context.Context, event ari.Event, id asterisk.OperationID, progress asterisk.Progress) {
	reported := telephony.OperationReported{Outcome: progress.Outcome, Answer: progress.Answer()}
	if progress.Outcome == v1alpha1.ActionFailed {
		reported.Reason = failed("Asterisk could not play the prompt: does the sound exist, and can Asterisk reach its URL?")
	}
	r.reportOperation(ctx, event, id, reported)
}

// recorded is a step for a recording.
func (r *reader) recorded(event ari.Event, recording ari.Recording, reported telephony.OperationReported) []step {
	key, attempt, ours := asterisk.RecordingOf(recording.Name)
	if !ours {
		return nil
	}
	reported.Handle = recording.Name
	return []step{{recording.Target.ID(), func(ctx context.Context) {
		r.reportOperation(ctx, event, asterisk.OperationID{Key: key, Attempt: attempt}, reported)
	}}}
}

// invitedIn is the operation that a channel was created for, to call somebody into a call.
func invitedIn(event ari.Event) (id asterisk.OperationID, invited bool) {
	var channel *ari.Channel
	switch data := event.Data.(type) {
	case *ari.ChannelStateChange:
		channel = &data.Channel
	case *ari.ChannelDestroyed:
		channel = &data.Channel
	default:
		return asterisk.OperationID{}, false
	}
	return asterisk.OperationIDOf(channel.Variables[asterisk.VariableInvite])
}

// aboutInvited are the steps for the channel of somebody who is called into a call.
func (r *reader) aboutInvited(event ari.Event, id asterisk.OperationID) []step {
	switch data := event.Data.(type) {
	case *ari.ChannelStateChange:
		if data.Channel.State == ari.StateUp {
			return []step{{data.Channel.ID, func(ctx context.Context) { r.joins(ctx, event, id, data.Channel.ID) }}}
		}
	case *ari.ChannelDestroyed:
		if data.Channel.State == ari.StateUp {
			return nil
		}
		return []step{{data.Channel.ID, func(ctx context.Context) {
			r.notAdded(ctx, event, id, reasonOf(data))
		}}}
	}
	return nil
}

// notAdded reports that somebody who was called into a call did not join it.
func (r *reader) notAdded(ctx context.Context, event ari.Event, id asterisk.OperationID, reason telephony.Reason) {
	outcome := asterisk.OutcomeOf(reason.Cause)
	if outcome == v1alpha1.ActionCancelled {
		if _, live, err := asterisk.Look(ctx, r.client, asterisk.CallOf(id.Target.ID())); err == nil && !live {
			outcome, reason = v1alpha1.ActionCallEnded, telephony.Reason{}
		}
	}
	r.ended(ctx, event, id, outcome, reason)
}

// joins puts somebody who was called into a call, and has answered, into it.
func (r *reader) joins(ctx context.Context, event ari.Event, id asterisk.OperationID, channelID string) {
	live, err := asterisk.Joined(ctx, r.client, asterisk.CallOf(id.Target.ID()), channelID)
	switch {
	case err != nil:
		r.sink.Failed("join", err)
	case live:
		r.ended(ctx, event, id, v1alpha1.ActionCompleted, telephony.Reason{})
	default:
		if err := r.client.HangUp(ctx, channelID, ""); err != nil && !ari.IsGone(err) {
			r.sink.Failed("join", err)
		}
		r.ended(ctx, event, id, v1alpha1.ActionCallEnded, telephony.Reason{})
	}
}

// endInvited ends the channels of those who are called into a call that may be over.
func (r *reader) endInvited(ctx context.Context, connection string) {
	_, live, err := asterisk.Look(ctx, r.client, connection)
	if err == nil && !live {
		err = asterisk.HangUpInvited(ctx, r.client, connection)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		r.sink.Failed("invited", err)
	}
}

func pause(ctx context.Context, duration time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(duration):
		return true
	}
}
