// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package targetlist

import (
	"bytes"
	"cmp"
	"fmt"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
)

// Bounds of lists.
const (
	// MaxBytes is how long one list may be.
	MaxBytes = 2 << 20
	// MaxTargets is how many lines with targets all lists may have together.
	MaxTargets = 100_000
	// MaxProblems is how many problems are kept. All are counted.
	MaxProblems = 64
)

// Identity is what distinguishes a target from the others of its lists: its name or, without one, its party.
func Identity(target *v1alpha1.DialOutTarget) string {
	return cmp.Or(target.Name, party.Text(&target.To))
}

// byteOrderMark is what spreadsheets write before UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// Problem says what is wrong with a line.
type Problem struct {
	// Source is the list.
	Source string
	// Line is the number of the line, from 1. A problem of the list as a whole has none.
	Line int
	// Message says what is wrong, and what to do. It has nothing of what the line says.
	Message string
}

// Reader reads lists one after another.
type Reader struct {
	// AllowShortNumbers accepts numbers that are too short for a subscriber's.
	AllowShortNumbers bool
	// Check says what else is wrong with a target, "" if nothing is; nil checks nothing. It may change the target.
	Check func(*v1alpha1.DialOutTarget) string

	// Targets are whom to call, in the order of the lists, each party once.
	Targets []v1alpha1.DialOutTarget
	// Problems are the first problems, and ProblemCount is how many there are.
	Problems     []Problem
	ProblemCount int
	// Duplicates is how many lines name a party that an earlier line names.
	Duplicates int

	parties, identities map[string]bool
	lines               int
}

// Inline adds targets that are no text.
func (r *Reader) Inline(source string, targets []v1alpha1.DialOutTarget) {
	for i := range targets {
		if !r.add(source, i, &targets[i]) {
			return
		}
	}
}

// CSV reads comma-separated values. The first line names the columns: name, timeZone, phoneNumber, communicationUser, teamsUser and
// sipURI; any other is a parameter. Of the columns that name a party, each line has one.
func (r *Reader) CSV(source string, list []byte) {
	if list, ok := r.text(source, list); ok {
		r.csv(source, list)
	}
}

// JSONLines reads a JSON object with the fields of a target on each line.
func (r *Reader) JSONLines(source string, list []byte) {
	if list, ok := r.text(source, list); ok {
		r.jsonLines(source, list)
	}
}

// text is a list without the mark at its beginning that some programs write.
func (r *Reader) text(source string, list []byte) ([]byte, bool) {
	switch {
	case len(list) > MaxBytes:
		r.problem(source, 0, "The list has more than 2 MiB: split it into several.")
		return nil, false
	case bytes.HasPrefix(list, []byte("\xff\xfe")), bytes.HasPrefix(list, []byte("\xfe\xff")):
		r.problem(source, 0, "The list is in UTF-16: save it in UTF-8.")
		return nil, false
	}
	list = bytes.TrimPrefix(list, []byte(byteOrderMark))
	if len(bytes.TrimSpace(list)) == 0 {
		r.problem(source, 0, "The list is empty.")
		return nil, false
	}
	return list, true
}

func (r *Reader) problem(source string, line int, format string, args ...any) {
	r.ProblemCount++
	if len(r.Problems) < MaxProblems {
		r.Problems = append(r.Problems, Problem{source, line, fmt.Sprintf(format, args...)})
	}
}

// add adds a target, unless something is wrong with it or its party is called already. It is false if there are too many.
func (r *Reader) add(source string, line int, target *v1alpha1.DialOutTarget) bool {
	if r.lines++; r.lines > MaxTargets {
		if r.lines == MaxTargets+1 {
			r.problem(source, line, "There are more than %d targets: this one and all after it are left out. Divide them among several DialOuts.", MaxTargets)
		}
		return false
	}
	message := r.check(target)
	if message == "" && r.Check != nil {
		message = r.Check(target)
	}
	if message != "" {
		r.problem(source, line, "%s", message)
		return true
	}
	if r.parties == nil {
		r.parties, r.identities = map[string]bool{}, map[string]bool{}
	}
	key, identity := party.Key(&target.To), Identity(target)
	switch {
	case r.parties[key]:
		r.Duplicates++
		return true
	case r.identities[identity]:
		r.problem(source, line, "An earlier target with another party has the same name: give each a name of its own, or none.")
		return true
	}
	r.parties[key], r.identities[identity] = true, true
	r.Targets = append(r.Targets, *target)
	return true
}
