// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callflow

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// happening is what a random phone does in a step.
type happening struct {
	// key is a key of branches, "" if the step is done.
	key string
	// answer says that the key is an answer.
	answer bool
}

func (h happening) result() *v1alpha1.StepResult {
	outcomes := map[string]v1alpha1.ActionOutcome{
		v1alpha1.BranchNoInput: v1alpha1.ActionNoInput, v1alpha1.BranchNoMatch: v1alpha1.ActionNoMatch, v1alpha1.BranchFailed: v1alpha1.ActionFailed,
		v1alpha1.BranchBusy: v1alpha1.ActionBusy, v1alpha1.BranchDeclined: v1alpha1.ActionDeclined, v1alpha1.BranchNoAnswer: v1alpha1.ActionNoAnswer,
	}
	switch {
	case h.answer:
		return &v1alpha1.StepResult{Outcome: v1alpha1.ActionCompleted, Answer: &v1alpha1.InputAnswer{Label: h.key}}
	case h.key == "":
		return &v1alpha1.StepResult{Outcome: v1alpha1.ActionCompleted}
	default:
		return &v1alpha1.StepResult{Outcome: outcomes[h.key]}
	}
}

// randomFlow has up to 8 steps, whose ways may lead anywhere, even to nowhere.
func randomFlow(random *rand.Rand) *v1alpha1.CallFlow {
	count := 1 + random.IntN(8)
	name := func() v1alpha1.StepName {
		return v1alpha1.StepName(fmt.Sprintf("s%d", random.IntN(count+random.IntN(2))))
	}
	flow := &v1alpha1.CallFlow{}
	most := int32(1 + random.IntN(3))
	flow.Spec.MaxVisits = &most
	for i := range count {
		step := v1alpha1.FlowStep{Name: v1alpha1.StepName(fmt.Sprintf("s%d", i)), Branches: map[string]v1alpha1.StepName{}}
		if random.IntN(5) > 0 {
			step.Next = name()
		}
		var keys []string
		switch random.IntN(6) {
		case 0, 1:
			step.Recognize = &v1alpha1.RecognizeOperation{Choices: []v1alpha1.Choice{{Label: "a"}, {Label: "b"}}}
			keys = []string{"a", "b", v1alpha1.BranchNoInput, v1alpha1.BranchNoMatch, v1alpha1.BranchFailed, v1alpha1.BranchHungUp}
		case 2:
			step.Play = &v1alpha1.PlayOperation{}
			keys = []string{v1alpha1.BranchFailed, v1alpha1.BranchHungUp}
		case 3:
			step.AddParticipant = &v1alpha1.AddParticipantOperation{}
			keys = []string{v1alpha1.BranchBusy, v1alpha1.BranchDeclined, v1alpha1.BranchNoAnswer, v1alpha1.BranchFailed, v1alpha1.BranchHungUp}
		case 4:
			step.SetLabel = &v1alpha1.SetLabelStep{Key: "k", Value: "v"}
		default:
			step.End, step.Next, step.Branches = &v1alpha1.EndStep{Outcome: fmt.Sprintf("end-%d", i)}, "", nil
		}
		for _, key := range keys {
			if random.IntN(2) == 0 {
				step.Branches[key] = name()
			}
		}
		flow.Spec.Steps = append(flow.Spec.Steps, step)
	}
	return flow
}

// happensIn draws what a phone does in a step: it may hang up in any of them.
func happensIn(random *rand.Rand, step *v1alpha1.FlowStep) happening {
	if random.IntN(12) == 0 {
		return happening{key: v1alpha1.BranchHungUp}
	}
	var may []happening
	switch {
	case step.Recognize != nil:
		may = []happening{{"a", true}, {"b", true}, {"c", true}, {v1alpha1.BranchNoInput, false}, {v1alpha1.BranchNoMatch, false}, {v1alpha1.BranchFailed, false}}
	case step.AddParticipant != nil:
		may = []happening{{}, {v1alpha1.BranchBusy, false}, {v1alpha1.BranchDeclined, false}, {v1alpha1.BranchNoAnswer, false}, {v1alpha1.BranchFailed, false}}
	default:
		may = []happening{{}, {}, {v1alpha1.BranchFailed, false}}
	}
	return may[random.IntN(len(may))]
}

// plainly is the other interpreter: it follows a flow in one loop, and returns the steps and the outcome.
func plainly(flow *v1alpha1.CallFlow, happens func(*v1alpha1.FlowStep) happening) []string {
	var path []string
	seen := map[v1alpha1.StepName]int32{}
	over := false
	at := flow.Spec.Steps[0].Name
	for {
		var step *v1alpha1.FlowStep
		for i := range flow.Spec.Steps {
			if flow.Spec.Steps[i].Name == at {
				step = &flow.Spec.Steps[i]
			}
		}
		if step == nil {
			return append(path, v1alpha1.FlowFailed)
		}
		path = append(path, string(at))
		if seen[at]++; seen[at] > *flow.Spec.MaxVisits {
			return append(path, v1alpha1.FlowTooManyVisits)
		}
		what := happening{}
		switch {
		case step.End != nil:
			return append(path, step.End.Outcome)
		case step.SetLabel != nil:
		case over:
			what.key = v1alpha1.BranchHungUp
		default:
			what = happens(step)
			over = what.key == v1alpha1.BranchHungUp
		}
		next, branches := step.Branches[what.key]
		switch {
		case branches:
			at = next
		case what.key == v1alpha1.BranchHungUp:
			return append(path, v1alpha1.FlowHungUp)
		case step.Next != "":
			at = step.Next
		default:
			return append(path, v1alpha1.FlowFailed)
		}
	}
}

// byTurns follows a flow as the operator does: the progress is all that is kept between two turns.
func byTurns(flow *v1alpha1.CallFlow, happens func(*v1alpha1.FlowStep) happening) (asked []string, progress v1alpha1.FlowProgress) {
	now := Situation{Now: epoch}
	for {
		turn := Next(flow, progress, now)
		progress = turn.Progress
		if turn.Step == nil {
			return asked, progress
		}
		asked = append(asked, string(turn.Step.Name))
		what := happens(turn.Step)
		if now.CallOver = what.key == v1alpha1.BranchHungUp; !now.CallOver {
			progress.Result = what.result()
		}
	}
}

// TestModel: random flows take the same way in both interpreters, with the same phone.
func TestModel(t *testing.T) {
	t.Parallel()
	const flows = 20000
	outcomes := map[string]int{}
	for seed := range uint64(flows) {
		flow := randomFlow(rand.New(rand.NewPCG(seed, 1)))
		phone := func() func(*v1alpha1.FlowStep) happening {
			random := rand.New(rand.NewPCG(seed, 2))
			return func(step *v1alpha1.FlowStep) happening { return happensIn(random, step) }
		}
		var wantAsked []string
		draw := phone()
		path := plainly(flow, func(step *v1alpha1.FlowStep) happening {
			wantAsked = append(wantAsked, string(step.Name))
			return draw(step)
		})
		asked, progress := byTurns(flow, phone())
		want := path[len(path)-1]
		visits, got := map[string]int32{}, map[string]int32{}
		for _, name := range path[:len(path)-1] {
			visits[name]++
		}
		for _, v := range progress.Visits {
			got[string(v.Step)] = v.Count
		}
		if progress.Outcome != want || cmp.Diff(visits, got) != "" || cmp.Diff(wantAsked, asked) != "" {
			t.Fatalf("seed %d: the flow ended as %s, want %s\nsteps %v, want %v\nvisits %v, want %v", seed, progress.Outcome, want, asked, wantAsked, got, visits)
		}
		if len(want) > 4 && want[:4] == "end-" {
			want = "end"
		}
		outcomes[want]++
	}
	t.Logf("outcomes: %v", outcomes)
	for _, outcome := range []string{"end", v1alpha1.FlowFailed, v1alpha1.FlowHungUp, v1alpha1.FlowTooManyVisits} {
		if outcomes[outcome] < flows/100 {
			t.Errorf("only %d of %d flows ended as %s, so the test looks at too little", outcomes[outcome], flows, outcome)
		}
	}
}
