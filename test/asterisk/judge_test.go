// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/asterisk/pbx"
	"github.com/call-operator/call-operator/test/harness"
)

const (
	// endPatience is how long a Call may take to end after all was repaired: for four minutes a request whose answer was lost may be
	// known to the service.
	endPatience = 6 * time.Minute
	// soon is how long an ended call may be in Asterisk, and orphanPatience one that was not dialled: after two minutes it is hung up.
	soon, orphanPatience = 20 * time.Second, 4 * time.Minute
)

func (p *play) violation(format string, arguments ...any) {
	p.violations = append(p.violations, "- "+fmt.Sprintf(format, arguments...))
}

// judge waits until all is over, checks the promises, and returns how often phones rang.
func (p *play) judge() int {
	p.awaitEnds()
	p.awaitNothingLeft()
	for _, m := range p.managers {
		p.CheckQuiet(p.t, m)
	}
	rings := p.rings()
	for _, name := range p.names() {
		p.judgeCall(name, len(rings[name]))
	}
	for name := range rings {
		if p.calls[name] == nil {
			p.violation("the telephone network was called for %q, which is no Call", name)
		}
	}
	p.judgeSecrets()
	sum := 0
	for _, invitations := range rings {
		sum += len(invitations)
	}
	return sum
}

func (p *play) names() []string { return slices.Sorted(maps.Keys(p.calls)) }

// newest is the last that was seen of a Call. Its result stays known when it is gone.
func (p *play) newest(name string) *v1alpha1.Call {
	if all := p.Revisions(name); len(all) > 0 {
		return all[len(all)-1]
	}
	return nil
}

// awaitEnds waits until every Call and every move has a result or is gone.
func (p *play) awaitEnds() {
	late := time.Now().Add(endPatience)
	began := time.Now()
	for {
		left := p.unfinished()
		switch {
		case len(left) == 0:
			p.t.Logf("all was over %s after all was repaired", time.Since(began).Round(time.Second))
			return
		case time.Now().After(late):
			p.violation("%s after all was repaired, these have no result: %s", endPatience, strings.Join(left, ", "))
			return
		}
		<-time.After(200 * time.Millisecond) // There are several kinds of objects to wait for.
		p.replaceCut()
	}
}

func (p *play) unfinished() []string {
	var left []string
	var calls v1alpha1.CallList
	var moves v1alpha1.ParticipantMoveList
	must(p.t, p.Client.List(p.t.Context(), &calls, client.InNamespace(p.Namespace)))
	must(p.t, p.Client.List(p.t.Context(), &moves, client.InNamespace(p.Namespace)))
	for i := range calls.Items {
		if call := &calls.Items[i]; call.Status.Result == nil || call.DeletionTimestamp != nil {
			left = append(left, call.Name)
		}
	}
	for i := range moves.Items {
		if move := &moves.Items[i]; move.Status.Result == nil {
			left = append(left, move.Name)
		}
	}
	return left
}

// awaitNothingLeft waits until Asterisk has no channel and no bridge. Only a channel that was not dialled may be there for longer.
func (p *play) awaitNothingLeft() {
	began := time.Now()
	for {
		channels, bridges := p.left("core show channels concise"), p.left("bridge show all")
		dialled := slices.DeleteFunc(slices.Clone(channels), func(line string) bool { return strings.Contains(line, "!Down!") })
		lasts := time.Since(began)
		switch {
		case len(channels)+len(bridges) == 0:
			p.t.Logf("Asterisk had no channel left %s after that", lasts.Round(time.Second))
			return
		case len(dialled)+len(bridges) > 0 && lasts > soon, lasts > orphanPatience:
			p.violation("%s after all Calls were over, Asterisk still has channels %q and bridges %q", lasts.Round(time.Second), channels, bridges)
			return
		}
		<-time.After(200 * time.Millisecond) // Asterisk's command line has nothing to wait on.
	}
}

// left are the lines that Asterisk prints, without a heading.
func (p *play) left(command string) []string {
	printed, err := p.CLI(p.t.Context(), command)
	must(p.t, err)
	return slices.DeleteFunc(strings.Split(strings.TrimSpace(printed), "\n"), func(line string) bool {
		return line == "" || strings.HasPrefix(line, "Bridge-ID")
	})
}

var inHeader = regexp.MustCompile(`(?mi)^` + callHeader + `: *(\S*)`)

// rings are the invitations that the telephone network got, by the Call's name.
func (p *play) rings() map[string][]pbx.Invitation {
	all, err := p.Invitations()
	must(p.t, err)
	rings := map[string][]pbx.Invitation{}
	for _, invitation := range all {
		name := ""
		if found := inHeader.FindStringSubmatch(invitation.Header); found != nil {
			name = found[1]
		}
		rings[name] = append(rings[name], invitation)
	}
	return rings
}

// onlyBy are the outcomes that only some phones bring about.
var onlyBy = []v1alpha1.CallOutcome{v1alpha1.OutcomeCompleted, v1alpha1.OutcomeBusy, v1alpha1.OutcomeDeclined}

func (p *play) judgeCall(name string, rang int) {
	call, newest := p.calls[name], p.newest(name)
	if rang > 1 {
		p.violation("%s rang %d times", name, rang)
	}
	if newest == nil || newest.Status.Result == nil {
		return // It was deleted, or has not ended, which is a violation of its own.
	}
	result := newest.Status.Result
	if slices.Contains(onlyBy, result.Outcome) && rang == 0 {
		p.violation("%s ended as %s, and never rang", name, result.Outcome)
	}
	if slices.Contains(onlyBy, result.Outcome) && result.Outcome != call.kind.outcome {
		p.violation("%s ended as %s, and its phone (%s) leads to %s", name, result.Outcome, call.kind.digits, call.kind.outcome)
	}
	// Times in a status are whole seconds.
	if call.touched || p.sawFault(call.at, result.EndTime.Add(time.Second)) {
		return
	}
	if rang != 1 || result.Outcome != call.kind.outcome {
		p.violation("%s, of which nothing was broken, rang %d times and ended as %s, want once and %s", name, rang, result.Outcome, call.kind.outcome)
	}
}

// secrets are what nobody may read.
func (p *play) secrets() map[string]string {
	stream, err := p.Keys.StreamPassword(p.Namespace, harness.ProviderName)
	must(p.t, err)
	return map[string]string{
		"ARI's password": p.Password(), "ARI's credentials": base64.StdEncoding.EncodeToString([]byte(pbx.Username + ":" + p.Password())),
		"the stream's password": stream, "the stream's credentials": base64.StdEncoding.EncodeToString([]byte(streamUser + ":" + stream)),
	}
}

// judgeSecrets looks for secrets in all that was ever seen of the Calls, and in the other objects and Events.
func (p *play) judgeSecrets() {
	texts := map[string]any{}
	for _, name := range p.names() {
		texts["Call "+name] = p.Revisions(name)
	}
	for _, list := range []client.ObjectList{&v1alpha1.CallProviderList{}, &v1alpha1.ParticipantMoveList{}, &eventsv1.EventList{}} {
		must(p.t, p.Client.List(p.t.Context(), list, client.InNamespace(p.Namespace)))
		texts[fmt.Sprintf("%T", list)] = list
	}
	for where, what := range texts {
		text, err := json.Marshal(what)
		must(p.t, err)
		for secret, value := range p.secrets() {
			if strings.Contains(string(text), value) {
				p.violation("%s has %s", where, secret)
			}
		}
	}
}

// story is what a person needs to understand a violation: the Calls' statuses, the invitations, and the end of Asterisk's log.
func (p *play) story() string {
	var text strings.Builder
	rings := p.rings()
	for _, name := range p.names() {
		fmt.Fprintf(&text, "%s, created at %s, calls %s, touched: %t\n", name, p.calls[name].at.Format(time.TimeOnly), p.calls[name].kind.digits, p.calls[name].touched)
		if newest := p.newest(name); newest != nil {
			status, err := yaml.Marshal(newest.Status)
			must(p.t, err)
			text.Write(status)
		}
		for _, invitation := range rings[name] {
			fmt.Fprintf(&text, "invited: %s %s\n", invitation.Number, invitation.CallID)
		}
	}
	for _, move := range p.moves {
		for _, revision := range p.MoveRevisions(move) {
			fmt.Fprintf(&text, "%s: %+v\n", move, revision.Status)
		}
	}
	for what, spans := range p.broken {
		for _, s := range spans {
			fmt.Fprintf(&text, "%s was broken from %s until %s\n", what, s.from.Format("15:04:05.000"), s.until.Format("15:04:05.000"))
		}
	}
	return text.String() + p.PBX.Describe()
}
