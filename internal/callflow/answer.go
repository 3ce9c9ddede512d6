// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callflow

import (
	"slices"
	"strings"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// reserved are the keys of a step's branches that are not answers.
var reserved = []string{
	v1alpha1.BranchNoInput, v1alpha1.BranchNoMatch, v1alpha1.BranchFailed, v1alpha1.BranchNoAnswer, v1alpha1.BranchBusy, v1alpha1.BranchDeclined, v1alpha1.BranchHungUp,
}

// IsReserved tells whether a key of branches is not an answer.
func IsReserved(key string) bool { return slices.Contains(reserved, key) }

// spoken is what was said as a key of branches: in lower case, without marks at its end.
func spoken(said string) string {
	return strings.TrimRight(strings.ToLower(strings.TrimSpace(said)), " .,;:!?")
}

// answerKey is an answer as a key of branches, "" if there is none.
func answerKey(answer *v1alpha1.InputAnswer) string {
	switch {
	case answer == nil:
		return ""
	case answer.Label != "":
		return answer.Label
	case answer.Tones != "":
		return string(answer.Tones)
	default:
		return spoken(answer.Speech)
	}
}

// word is the result of a step as a key of branches, "" if the step was done and nothing was answered. Failed says that it was not done.
func word(step *v1alpha1.FlowStep, result *v1alpha1.StepResult) (key string, failed bool) {
	switch result.Outcome {
	case v1alpha1.ActionCompleted:
		if step.Recognize != nil && step.Recognize.Sensitive {
			return "", false
		}
		return answerKey(result.Answer), false
	case v1alpha1.ActionCancelled:
		if step.Play != nil {
			// Somebody else stopped it.
			return "", false
		}
		return v1alpha1.BranchFailed, true
	case v1alpha1.ActionNoInput:
		return v1alpha1.BranchNoInput, true
	case v1alpha1.ActionNoMatch:
		return v1alpha1.BranchNoMatch, true
	case v1alpha1.ActionNoAnswer:
		return v1alpha1.BranchNoAnswer, true
	case v1alpha1.ActionBusy:
		return v1alpha1.BranchBusy, true
	case v1alpha1.ActionDeclined:
		return v1alpha1.BranchDeclined, true
	case v1alpha1.ActionCallEnded:
		return v1alpha1.BranchHungUp, true
	default:
		return v1alpha1.BranchFailed, true
	}
}
