// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/telephony"
	"github.com/call-operator/call-operator/telephony/asterisk"
)

const (
	actionKey = "callactions/team-a/act/uid-act/provider"
	// onBridge and onChannel are where the variables of the call A are.
	onBridge, onChannel = "bridges/A-bridge ", "channels/A "
)

// asking is a question on the channel A.
func asking(attempt string, question asterisk.Question) *asterisk.Media {
	return &asterisk.Media{Key: actionKey, Attempt: attempt, Call: "A", Part: asterisk.PartPrompt, Question: &question}
}

func text(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// pressed is the event of a key on the channel A while something was asked.
func pressed(t *testing.T, key string, asked *asterisk.Media) string {
	t.Helper()
	variables := text(t, map[string]string{asterisk.VariableMedia: text(t, asked)})
	return event("ChannelDtmfReceived", fmt.Sprintf(`"digit":%q,"channel":{"id":"A","state":"Up","channelvars":%s}`, key, variables))
}

func finished(id asterisk.OperationID, state string) string {
	return event("PlaybackFinished", fmt.Sprintf(`"playback":{"id":%q,"target_uri":"bridge:A-bridge","state":%q}`, id, state))
}

// TestOperations: what is recorded of an operation, and what follows in Asterisk.
func TestOperations(t *testing.T) {
	many := asterisk.Question{Most: 2, StopTones: "#", Silence: 5, Between: 2}
	prompted := many
	prompted.Prompt = true
	question, withPrompt, other := asking("attempt", many), asking("attempt", prompted), asking("other", many)
	channelA, bridgeA := ari.OnChannel("A"), ari.OnBridge("A-bridge")
	wait := func(keys int) asterisk.OperationID {
		id := question.ID(asterisk.PartWait, channelA)
		id.Keys = keys
		return id
	}
	play := &asterisk.Media{Key: actionKey, Attempt: "attempt", Call: "A", Part: asterisk.PartPlay}
	loop := &asterisk.Media{Key: actionKey, Attempt: "attempt", Call: "A", Part: asterisk.PartLoop, Loop: []string{"sound:a"}}
	progress := func(p asterisk.Progress) string {
		p.Attempt = "attempt"
		return p.Variable()
	}
	plays := func(id asterisk.OperationID) string {
		return "POST bridges/A-bridge/play/" + strings.ReplaceAll(id.String(), "/", "%2F")
	}
	stops := func(id asterisk.OperationID) string {
		return "DELETE playbacks/" + strings.ReplaceAll(id.String(), "/", "%2F")
	}
	const keeps = "POST bridges/A-bridge/variable"
	const completed, cancelled, callEnded, noInput, failed = v1alpha1.ActionCompleted, v1alpha1.ActionCancelled, v1alpha1.ActionCallEnded, v1alpha1.ActionNoInput, v1alpha1.ActionFailed
	cases := []struct {
		name, reason string
		variables    map[string]string
		event        string
		outcome      v1alpha1.ActionOutcome
		keys         string
		requests     []string
	}{
		{"played", "it was played to its end", map[string]string{onBridge + asterisk.VariableMedia: text(t, play)}, finished(play.ID(asterisk.PartPlay, bridgeA), "done"), completed, "", nil},
		{"not played", "Asterisk could not", map[string]string{onBridge + asterisk.VariableMedia: text(t, play)}, finished(play.ID(asterisk.PartPlay, bridgeA), "failed"), failed, "", nil},
		{"call over", "nothing is left to play to", nil, finished(play.ID(asterisk.PartPlay, bridgeA), "failed"), callEnded, "", nil},
		{
			"stopped", "what is stopped ends like anything else", map[string]string{onBridge + asterisk.VariableMedia: text(t, play), onBridge + asterisk.VariableStopped: "x attempt"},
			finished(play.ID(asterisk.PartPlay, bridgeA), "done"), cancelled, "", nil,
		},
		{"replaced", "something else is played", map[string]string{onBridge + asterisk.VariableMedia: text(t, other)}, finished(play.ID(asterisk.PartPlay, bridgeA), "done"), cancelled, "", nil},
		{"loop", "it is played again", map[string]string{onBridge + asterisk.VariableMedia: text(t, loop)}, finished(loop.ID(asterisk.PartLoop, bridgeA), "done"), "", "", []string{plays(loop.ID(asterisk.PartLoop, bridgeA))}},
		{"somebody else's", "it is none of the operator's", nil, event("PlaybackFinished", `"playback":{"id":"1234","target_uri":"channel:A","state":"done"}`), "", "", nil},
		{
			"prompt over", "the first key is waited for", map[string]string{onChannel + asterisk.VariableMedia: text(t, withPrompt)},
			finished(withPrompt.ID(asterisk.PartPrompt, channelA), "done"), "", "", []string{keeps, plays(wait(0))},
		},
		{
			"barge-in", "the key stops the prompt", map[string]string{onChannel + asterisk.VariableMedia: text(t, withPrompt)}, pressed(t, "1", withPrompt), "", "",
			[]string{stops(withPrompt.ID(asterisk.PartPrompt, channelA)), keeps, plays(wait(1))},
		},
		{
			"last key", "it is the answer", map[string]string{onChannel + asterisk.VariableMedia: text(t, question), onBridge + asterisk.VariableProgress: progress(asterisk.Progress{Heard: true, Keys: "1"})},
			pressed(t, "2", question), completed, "12", []string{stops(wait(1)), keeps},
		},
		{
			"key of an earlier question", "it answers nothing", map[string]string{onChannel + asterisk.VariableMedia: text(t, question)}, pressed(t, "2", other), "", "", nil,
		},
		{
			"key after the answer", "the question is over",
			map[string]string{onChannel + asterisk.VariableMedia: text(t, question), onBridge + asterisk.VariableProgress: progress(asterisk.Progress{Heard: true, Keys: "12", Outcome: completed})},
			pressed(t, "3", question), "", "", nil,
		},
		{
			"silence", "nobody pressed anything", map[string]string{onChannel + asterisk.VariableMedia: text(t, question)}, finished(wait(0), "done"), noInput, "", []string{keeps},
		},
		{
			"earlier silence", "a key has followed", map[string]string{onChannel + asterisk.VariableMedia: text(t, question), onBridge + asterisk.VariableProgress: progress(asterisk.Progress{Heard: true, Keys: "1"})},
			finished(wait(0), "done"), "", "", nil,
		},
		{
			"unreported", "an answer that was kept is reported when its wait ends",
			map[string]string{onChannel + asterisk.VariableMedia: text(t, question), onBridge + asterisk.VariableProgress: progress(asterisk.Progress{Heard: true, Keys: "12", Outcome: completed})},
			finished(wait(2), "done"), completed, "12", nil,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := connect(t, channel("A", "Up", keyOf("a"), ""), bridge("A", keyOf("a"), "A"))
			for name, value := range c.variables {
				a.variables[name] = value
			}
			a.send(c.event)
			if c.outcome != "" {
				checkOutcome(t, a.next(), c.outcome, c.keys, c.reason)
			}
			if c.outcome == "" && len(c.requests) == 0 {
				// The next event of the channel is recorded after what this one asks for.
				a.send(event("ChannelStateChange", `"channel":`+channel("A", "Up", keyOf("a"), "")))
				for range 2 {
					if got := a.next(); got.Target != targetOf("a") {
						t.Errorf("%s: %+v is recorded", c.reason, got)
					}
				}
			}
			slices.Sort(c.requests)
			a.end(c.requests...)
		})
	}
}

func checkOutcome(t *testing.T, got recorded, outcome v1alpha1.ActionOutcome, keys, reason string) {
	t.Helper()
	news, ok := got.Event.News.(telephony.OperationReported)
	target := callbackurl.Target{Kind: callbackurl.KindCallActions, Namespace: "team-a", Name: "act", UID: types.UID("uid-act")}
	if diff := cmp.Diff(target, got.Target); !ok || diff != "" {
		t.Fatalf("%s: %+v is recorded (-want +got):\n%s", reason, got, diff)
	}
	pressed := ""
	if news.Answer != nil {
		pressed = news.Answer.Tones
	}
	if news.Attempt != "attempt" || news.Outcome != outcome || pressed != keys {
		t.Errorf("%s: %+v is recorded, want %s with the keys %q", reason, news, outcome, keys)
	}
}
