// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/call-operator/call-operator/simulator"
)

// Invariant is a promise, by its number in docs/reliability.md.
type Invariant int

// The invariants.
const (
	OneRing Invariant = iota + 1
	NothingLost
	LateNewsChangesNothing
	SilenceIsSurvived
	NoOrphans
	QuietWhenIdle
	LimitHolds
	SecretsStaySecret
	NobodyGetsIn
	NoCallOutsideItsTime
)

var names = [...]string{
	OneRing: "one ring per intent", NothingLost: "nothing heard is lost", LateNewsChangesNothing: "late news changes nothing",
	SilenceIsSurvived: "silence is survived", NoOrphans: "no orphans", QuietWhenIdle: "quiet when idle",
	LimitHolds: "the limit holds", SecretsStaySecret: "secrets stay secret", NobodyGetsIn: "nobody gets in",
	NoCallOutsideItsTime: "no call outside its time",
}

func (i Invariant) String() string { return fmt.Sprintf("%d, %s", int(i), names[i]) }

// Violation is a promise that was broken.
type Violation struct {
	Invariant Invariant
	// Says is what happened, in a sentence.
	Says string
	// Shows is the shortest piece of the history that proves it, oldest first.
	Shows []Step
}

// Step is one record, as a person reads it.
type Step struct {
	Time time.Time
	Text string
}

// String is the violation as it is printed.
func (v Violation) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "invariant %s: %s\n", v.Invariant, v.Says)
	for _, step := range v.Shows {
		fmt.Fprintf(&text, "  %s %s\n", step.Time.UTC().Format("15:04:05.000"), step.Text)
	}
	return text.String()
}

func violation(invariant Invariant, steps []Step, format string, args ...any) Violation {
	slices.SortStableFunc(steps, func(a, b Step) int { return a.Time.Compare(b.Time) })
	return Violation{Invariant: invariant, Says: fmt.Sprintf(format, args...), Shows: steps}
}

// stepOfEntry is a line of the service's journal.
func stepOfEntry(e *simulator.Entry) Step {
	var text strings.Builder
	fmt.Fprintf(&text, "ACS journal %d: %s", e.Sequence, e.Kind)
	for _, part := range []struct{ name, value string }{
		{"", e.Operation}, {"", e.EventType}, {"", e.Phone}, {"attempt ", e.RepeatabilityID}, {"connection ", e.ConnectionID},
		{"correlation ", e.CorrelationID}, {"", string(e.PhoneEvent)},
		{"context ", e.OperationContext}, {"fault ", string(e.Fault)},
	} {
		if part.value != "" {
			text.WriteString(" " + part.name + part.value)
		}
	}
	if e.Status != 0 {
		fmt.Fprintf(&text, " answered %d", e.Status)
	}
	if e.Repeated {
		text.WriteString(" from memory")
	}
	return Step{e.Time, text.String()}
}

// stepOfRevision is a revision in short, and what of it matters.
func stepOfRevision(r *Revision, what string) Step {
	kind, object := r.object()
	text := fmt.Sprintf("API server %d: %s %s", r.Version, kind, object.GetName())
	if r.Gone {
		text += " is gone"
	}
	if what != "" {
		text += ": " + what
	}
	return Step{r.Seen, text}
}

func stepOfAnswer(a *Answer) Step {
	text := fmt.Sprintf("receiver answered %d", a.Status)
	for _, e := range a.Events {
		text += fmt.Sprintf(" to %s %s", e.Type, e.ID)
	}
	if a.Forged != "" {
		text += " (forged: " + a.Forged + ")"
	}
	return Step{a.Time, text}
}
