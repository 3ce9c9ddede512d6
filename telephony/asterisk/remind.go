// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/telephony"
)

// remindPause is how long what has just ended may take to be followed by something else.
const remindPause = time.Second

var _ telephony.Reminder = (*service)(nil)

// Remind implements telephony.Reminder. It plays a second of silence in place of something whose end was reported and not heard: that is
// reported, too. Somebody who has answered and is not in the call enters it.
func (s *service) Remind(ctx context.Context, request telephony.OperateRequest, attempt telephony.Attempt) error {
	switch request.Operation.Name() {
	case v1alpha1.OperationAddParticipant:
		return s.remindOfAnswer(ctx, request.Connection, attempt.Record.ID)
	case v1alpha1.OperationRecord:
		return nil
	}
	lost, err := s.lost(ctx, request, attempt)
	if err != nil || len(lost) == 0 {
		return err
	}
	if err := s.sleep(ctx, remindPause); err != nil {
		return err
	}
	still, err := s.lost(ctx, request, attempt)
	if err != nil {
		return err
	}
	for id, target := range still {
		if lost[id] != target {
			continue
		}
		if err := s.client.Play(ctx, target, id, silences(1)...); err != nil && !ari.IsGone(err) {
			return errorOf(err)
		}
	}
	return nil
}

// lost is what an attempt plays, as far as is known, and Asterisk does not.
func (s *service) lost(ctx context.Context, request telephony.OperateRequest, attempt telephony.Attempt) (map[string]ari.Target, error) {
	now, err := s.look(ctx, request.Connection)
	if err != nil {
		return nil, err
	}
	playing, err := operation{OperateRequest: request, service: s, attempt: attempt, now: now}.playing(ctx)
	if err != nil {
		return nil, err
	}
	lost := map[string]ari.Target{}
	for target, p := range playing {
		if p.media.Attempt != attempt.Record.ID {
			continue
		}
		id := p.media.Current(target, p.progress).String()
		switch _, err := s.client.Playback(ctx, id); {
		case ari.IsGone(err):
			lost[id] = ari.OnBridge(BridgeOf(request.Connection))
		case err != nil:
			return nil, errorOf(err)
		}
	}
	return lost, nil
}

// remindOfAnswer has somebody who was called into a call, and has answered, enter it.
func (s *service) remindOfAnswer(ctx context.Context, connection, id string) error {
	channel, err := s.client.Channel(ctx, id)
	switch {
	case ari.IsGone(err):
		return nil
	case err != nil:
		return errorOf(err)
	case channel.State != ari.StateUp:
		return nil
	}
	live, err := Joined(ctx, s.client, connection, id)
	if err != nil || live {
		return err
	}
	if err := s.client.HangUp(ctx, id, ""); err != nil && !ari.IsGone(err) {
		return errorOf(err)
	}
	return nil
}
