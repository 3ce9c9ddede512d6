// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// Question is what keys are listened for.
type Question struct {
	// Prompt says that something is played first, and IgnoreDuringPrompt that a key does not stop it.
	Prompt             bool `json:"prompt,omitempty"`
	IgnoreDuringPrompt bool `json:"ignoreDuringPrompt,omitempty"`
	// Most is how many keys there are at most, and StopTones end the input earlier.
	Most      int    `json:"most"`
	StopTones string `json:"stopTones,omitempty"`
	// Silence is how many seconds to wait for the first key, and Between for another one.
	Silence int `json:"silence"`
	Between int `json:"between"`
}

// The defaults of a RecognizeOperation and a ToneInput.
const (
	defaultSilence = 5
	defaultBetween = 2
	defaultMost    = 1
)

// questionOf is what an operation asks for. Choices are one key each.
func questionOf(asked *v1alpha1.RecognizeOperation) *Question {
	q := &Question{
		Prompt: asked.Prompt != nil, IgnoreDuringPrompt: asked.IgnoreInputDuringPrompt, Most: defaultMost, Between: defaultBetween,
		Silence: orDefault(asked.InitialSilenceTimeoutSeconds, defaultSilence),
	}
	if keys := asked.Tones; keys != nil {
		q.Most, q.Between, q.StopTones = orDefault(keys.Max, defaultMost), orDefault(keys.InterToneTimeoutSeconds, defaultBetween), string(keys.StopTones)
	}
	return q
}

func orDefault(value *int32, otherwise int) int {
	if value == nil {
		return otherwise
	}
	return int(*value)
}

// Progress is how far a question has come.
type Progress struct {
	Attempt string `json:"attempt"`
	// Heard says that the prompt is over, or that there is none.
	Heard bool   `json:"heard,omitempty"`
	Keys  string `json:"keys,omitempty"`
	// Outcome is how the question ended, "" while it is open.
	Outcome v1alpha1.ActionOutcome `json:"outcome,omitempty"`
}

// Variable is the value of VariableProgress.
func (p Progress) Variable() string { return encoded(p) }

// ProgressOf reads the progress of a question from VariableProgress. That of another question is none of it.
func ProgressOf(value string, asked *Media) Progress {
	var progress Progress
	if value != "" && json.Unmarshal([]byte(value), &progress) == nil && progress.Attempt == asked.Attempt {
		return progress
	}
	return Progress{Attempt: asked.Attempt, Heard: asked.Question == nil || !asked.Question.Prompt}
}

// Press is the progress after a key. A key that nothing listens for changes nothing.
func (q *Question) Press(p Progress, key string) Progress {
	switch {
	case p.Outcome != "", !p.Heard && q.IgnoreDuringPrompt:
		return p
	case key != "" && strings.Contains(q.StopTones, key):
		p.Heard, p.Outcome = true, v1alpha1.ActionCompleted
		return p
	}
	p.Heard = true
	p.Keys += key
	if len(p.Keys) >= q.Most {
		p.Outcome = v1alpha1.ActionCompleted
	}
	return p
}

// PromptOver is the progress after the end of the prompt, which could not be played if it failed.
func (q *Question) PromptOver(p Progress, failed bool) Progress {
	switch {
	case p.Outcome != "" || p.Heard:
	case failed:
		p.Outcome = v1alpha1.ActionFailed
	default:
		p.Heard = true
	}
	return p
}

// WaitOver is the progress when nothing was pressed for the time that begins after some keys.
func (q *Question) WaitOver(p Progress, keys int) Progress {
	if p.Outcome == "" && p.Heard && len(p.Keys) == keys {
		p.Outcome = v1alpha1.ActionNoInput
	}
	return p
}

// Wait is the silence to play until the time for the next key is over.
func (q *Question) Wait(p Progress) []string {
	if p.Keys == "" {
		return silences(q.Silence)
	}
	return silences(q.Between)
}

// longestSilence is how many seconds Asterisk's longest silent sound has.
const longestSilence = 10

// silences are sounds of silence that last some seconds together, one at least.
func silences(seconds int) []string {
	var media []string
	for seconds = max(seconds, 1); seconds > 0; seconds -= longestSilence {
		media = append(media, "sound:silence/"+strconv.Itoa(min(seconds, longestSilence)))
	}
	return media
}

// Answer is what was pressed; nil if that is no answer.
func (p Progress) Answer() *telephony.InputAnswer {
	if p.Outcome != v1alpha1.ActionCompleted {
		return nil
	}
	return &telephony.InputAnswer{Tones: p.Keys}
}
