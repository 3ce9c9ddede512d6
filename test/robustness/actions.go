// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/history"
)

const (
	// promptTime is how long a prompt plays.
	promptTime = 300 * time.Millisecond

	// mostActions is how many CallActions have a question and a guest of their own.
	mostActions = 150
)

// question is the prompt of an action, which no other action has.
func question(n int) string {
	return fmt.Sprintf("Question %03d: please press your code.", n%mostActions)
}

// code is what the phones answer to a question. It occurs nowhere else.
func code(n int) string { return fmt.Sprintf("*%03d#", n%mostActions) }

// guest is the phone that an action adds to a call.
func guest(n int) string { return person(100 + n%mostActions) }

// conversations are how the phones react to the questions, by the seed. Some are left unanswered.
func conversations(seed uint64) []simulator.Reaction {
	random := rand.New(rand.NewPCG(seed, 5))
	var script []simulator.Reaction
	for n := range mostActions {
		script = append(script, reaction(random, fmt.Sprintf("question %03d", n), code(n)))
	}
	return script
}

// reaction is what phones do when they hear a question: they press the keys, some of them too late or not all, or none, or hang up.
func reaction(random *rand.Rand, heard, keys string) simulator.Reaction {
	chosen := simulator.Reaction{Heard: heard, Press: keys, After: upTo(random, 400*time.Millisecond), During: random.IntN(4) == 0}
	switch random.IntN(12) {
	case 0:
		chosen.Press = ""
	case 1:
		chosen.Press, chosen.HangUp = "", true
	case 2:
		chosen.HangUp = true
	case 3:
		chosen.Press = keys[:2]
	}
	return chosen
}

// operator does things in live calls, by a seed.
type operator struct {
	client    client.Client
	namespace string
	random    *rand.Rand
	// secret records what must not appear anywhere.
	secret  func(what, value string)
	actions int
}

// run creates and deletes actions until the time is over.
func (o *operator) run(ctx context.Context, length time.Duration) error {
	return repeatedly(ctx, length, o.random, func(ctx context.Context) error {
		if o.random.IntN(10) == 0 {
			return o.client.Delete(ctx, o.action(o.random.IntN(o.actions+1)))
		}
		return o.createAction(ctx)
	})
}

func (o *operator) action(n int) *v1alpha1.CallAction {
	return &v1alpha1.CallAction{ObjectMeta: metav1.ObjectMeta{Namespace: o.namespace, Name: fmt.Sprintf("action-%02d", n)}}
}

// createAction does something in a Call.
func (o *operator) createAction(ctx context.Context) error {
	call, err := o.call(ctx)
	if err != nil {
		return err
	}
	o.actions++
	action := o.action(o.actions)
	action.Spec = v1alpha1.CallActionSpec{
		Call: v1alpha1.CallReference{Name: call}, CallOperation: o.operation(o.actions),
		StartingDeadlineSeconds: ptr.To(int64(3 + o.random.IntN(10))),
		Timeout:                 &metav1.Duration{Duration: time.Duration(2+o.random.IntN(4)) * time.Second},
	}
	if o.random.IntN(8) == 0 {
		action.Spec.TTLSecondsAfterFinished = ptr.To(int32(o.random.IntN(3)))
	}
	return o.client.Create(ctx, action)
}

// call is the name of a Call, mostly of one that is connected.
func (o *operator) call(ctx context.Context) (string, error) {
	var calls v1alpha1.CallList
	if err := o.client.List(ctx, &calls, client.InNamespace(o.namespace)); err != nil {
		return "", err
	}
	var all, connected []string
	for i := range calls.Items {
		all = append(all, calls.Items[i].Name)
		if status := &calls.Items[i].Status; status.ConnectedTime != nil && status.Result == nil && status.Ending == nil {
			connected = append(connected, calls.Items[i].Name)
		}
	}
	switch {
	case len(all) == 0:
		return "call-01", nil
	case len(connected) == 0 || o.random.IntN(8) == 0:
		return all[o.random.IntN(len(all))], nil
	default:
		return connected[o.random.IntN(len(connected))], nil
	}
}

// operation is what the nth action does.
func (o *operator) operation(n int) v1alpha1.CallOperation {
	interrupt := o.random.IntN(8) == 0
	somebody := v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(guest(o.random.IntN(n + 1)))}
	switch chance := o.random.IntN(24); {
	case chance < 7:
		return v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: fmt.Sprintf("Announcement %03d.", n)}, Interrupt: interrupt}}
	case chance < 12:
		return v1alpha1.CallOperation{Recognize: o.recognize(n, interrupt)}
	case chance < 13:
		return v1alpha1.CallOperation{SendTones: &v1alpha1.SendTonesOperation{Tones: "12#"}}
	case chance < 16:
		return v1alpha1.CallOperation{AddParticipant: &v1alpha1.AddParticipantOperation{
			Participant: v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(guest(n))}, RingTimeoutSeconds: ptr.To(int32(1 + o.random.IntN(3))),
		}}
	case chance < 17:
		return v1alpha1.CallOperation{RemoveParticipant: &v1alpha1.RemoveParticipantOperation{Participant: somebody}}
	case chance < 18:
		return v1alpha1.CallOperation{Hold: &v1alpha1.HoldOperation{}}
	case chance < 19:
		return v1alpha1.CallOperation{Unhold: &v1alpha1.UnholdOperation{}}
	case chance < 21:
		return v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{Command: v1alpha1.RecordStart}}
	case chance < 23:
		commands := []v1alpha1.RecordCommand{v1alpha1.RecordPause, v1alpha1.RecordResume, v1alpha1.RecordStop}
		return v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{Command: commands[o.random.IntN(len(commands))]}}
	default:
		return v1alpha1.CallOperation{CancelMedia: &v1alpha1.CancelMediaOperation{}}
	}
}

// recognize asks the nth question. Of some, the answer is a secret.
func (o *operator) recognize(n int, interrupt bool) *v1alpha1.RecognizeOperation {
	asked := &v1alpha1.RecognizeOperation{
		Prompt: &v1alpha1.Prompt{Text: question(n)}, InitialSilenceTimeoutSeconds: ptr.To(int32(1 + o.random.IntN(2))), Interrupt: interrupt,
		Tones:     &v1alpha1.ToneInput{Max: ptr.To(int32(len(code(n)))), InterToneTimeoutSeconds: ptr.To[int32](1)},
		Sensitive: o.random.IntN(4) == 0, IgnoreInputDuringPrompt: o.random.IntN(4) == 0,
	}
	if asked.Sensitive {
		o.secret("the answer to a sensitive question", code(n))
	}
	return asked
}

// endedActions counts the actions of a namespace that ended, and those of them whose outcome is unknown.
func endedActions(h *history.History, namespace string) (ended, unknown int) {
	outcomes := map[types.UID]v1alpha1.ActionOutcome{}
	for i := range h.Revisions {
		if action := h.Revisions[i].Action; action != nil && action.Namespace == namespace && action.Status.Result != nil {
			outcomes[action.UID] = action.Status.Result.Outcome
		}
	}
	for _, outcome := range outcomes {
		if outcome == v1alpha1.ActionUnknown {
			unknown++
		}
	}
	return len(outcomes), unknown
}
