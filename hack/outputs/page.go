// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// marker is a comment before a block of a page whose output is written here. It is YAML, and says how.
const (
	markerBegins = "<!-- make outputs\n"
	markerEnds   = "-->\n"
	fenceBegins  = "```console\n"
	fenceEnds    = "```\n"
	prompt       = "$ "
)

// settings say how the commands of a block are run.
type settings struct {
	// Namespace is the one that kubectl takes when none is named.
	Namespace string `json:"namespace"`
	// First are commands that are run before, and not shown.
	First string `json:"first,omitempty"`
	// Through is a command that the output of each command goes through.
	Through string `json:"through,omitempty"`
	// Varies says that which lines are printed, and in which order, is another time another one.
	Varies bool `json:"varies,omitempty"`
}

// block is commands and what they print.
type block struct {
	settings settings
	commands []string
	shown    string
}

// page is text with blocks in it: one text more than blocks.
type page struct {
	texts  []string
	blocks []block
}

// parsePage finds the blocks of a page. The text before one ends with the beginning of its fence.
func parsePage(text string) (page, error) {
	var p page
	rest := text
	for {
		before, after, found := strings.Cut(rest, markerBegins)
		if !found {
			p.texts = append(p.texts, rest)
			return p, nil
		}
		described, fenced, ended := strings.Cut(after, markerEnds)
		shown, following, closed := strings.Cut(strings.TrimPrefix(fenced, fenceBegins), fenceEnds)
		if !ended || !closed || !strings.HasPrefix(fenced, fenceBegins) {
			return page{}, errors.New("after a comment that begins with make outputs there is no block of console")
		}
		b := block{shown: shown}
		if err := yaml.UnmarshalStrict([]byte(described), &b.settings); err != nil {
			return page{}, fmt.Errorf("what is said of a block is no YAML: %w", err)
		}
		for line := range strings.Lines(shown) {
			if command, is := strings.CutPrefix(line, prompt); is {
				b.commands = append(b.commands, strings.TrimSuffix(command, "\n"))
			}
		}
		if len(b.commands) == 0 {
			return page{}, fmt.Errorf("a block shows no command that it is the output of:\n%s", shown)
		}
		p.texts = append(p.texts, before+markerBegins+described+markerEnds+fenceBegins)
		p.blocks = append(p.blocks, b)
		rest = fenceEnds + following
	}
}

func (p page) showsOutput() bool { return len(p.blocks) > 0 }

// printAnew is the page with what its blocks print now.
func (p page) printAnew(print func(block) (string, error)) (page, error) {
	printed := page{texts: p.texts}
	for _, b := range p.blocks {
		shown, err := print(b)
		if err != nil {
			return page{}, err
		}
		b.shown = shown
		printed.blocks = append(printed.blocks, b)
	}
	return printed, nil
}

func (p page) text() string {
	var text strings.Builder
	for i, before := range p.texts {
		text.WriteString(before)
		if i < len(p.blocks) {
			text.WriteString(p.blocks[i].shown)
		}
	}
	return text.String()
}

// passing are patterns of output that differs each time, and their placeholders.
var passing = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "ID"},
	{regexp.MustCompile(`\d{4}-\d{2}-\d{2}T[0-9:.]+Z`), "TIME"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "ADDRESS"},
	{regexp.MustCompile(`\b[A-Za-z0-9]{100,}`), "TEXT"},
	{regexp.MustCompile(`(Resource Version:|Roster Sequence:) *\d+`), "$1 NUMBER"},
	{regexp.MustCompile(`(Callback Key ID:) *[0-9a-f]{16}`), "$1 KEY"},
	{regexp.MustCompile(`\b(\d+m)?\d+s\b`), "SPAN"},
	{regexp.MustCompile(`(move-call-2)-[a-z0-9]{5}\b`), "$1-NAME"},
	{regexp.MustCompile(`[ \t]+`), " "},
	{regexp.MustCompile(`-{3,}`), "---"},
}

// steady is what the blocks show, without what is printed another way each time: the order too, where lines are of one second.
func (p page) steady() string {
	var text strings.Builder
	for _, b := range p.blocks {
		if b.settings.Varies {
			continue
		}
		shown := b.shown
		for _, one := range passing {
			shown = one.pattern.ReplaceAllString(shown, one.name)
		}
		lines := strings.SplitAfter(shown, "\n")
		slices.Sort(lines)
		text.WriteString(strings.Join(lines, ""))
	}
	return text.String()
}
