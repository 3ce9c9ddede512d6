// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/call-operator/call-operator/test/devcontrolplane"
)

// flagsHeading begins what is generated of docs/kubectl-call.md, to its end.
const flagsHeading = "\n## Flags\n"

// TestTheReferenceIsWhatTheCommandsHave compares the tables that people read with the flags that cobra knows.
func TestTheReferenceIsWhatTheCommandsHave(t *testing.T) {
	file := filepath.Join(devcontrolplane.Root(), "docs", "kubectl-call.md")
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(string(page), flagsHeading)
	want := strings.TrimRight(before, "\n") + "\n" + flagsHeading + reference(newRoot(newKube()))
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(page) != want {
		t.Errorf("the flags in %s are stale: run make generate", file)
	}
}

// TestEachVerbIsInTheTable finds verbs that the table above the flags says nothing of.
func TestEachVerbIsInTheTable(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(devcontrolplane.Root(), "docs", "kubectl-call.md"))
	if err != nil {
		t.Fatal(err)
	}
	verbs, _, _ := strings.Cut(string(page), flagsHeading)
	for _, command := range newRoot(newKube()).Commands() {
		if !strings.Contains(verbs, "| `"+command.Name()) && !strings.Contains(verbs, ", `"+command.Name()) {
			t.Errorf("the table of verbs in docs/kubectl-call.md has no %s", command.Name())
		}
	}
}

// reference is every flag of every verb.
func reference(root *cobra.Command) string {
	var text strings.Builder
	text.WriteString("\n<!-- make generate writes this section, from what the commands say of themselves. -->\n")
	for _, command := range verbs(root) {
		_, usage, _ := strings.Cut(command.UseLine(), root.DisplayName()+" ")
		_, name, _ := strings.Cut(command.CommandPath(), root.DisplayName()+" ")
		fmt.Fprintf(&text, "\n### %s\n\n%s.\n\n`kubectl call %s`\n", name, command.Short, strings.TrimSuffix(usage, " [flags]"))
		text.WriteString(flagTable(command.LocalNonPersistentFlags()))
	}
	text.WriteString("\n### Every verb\n\n`kubectl call --version` says which build it is. The others are kubectl's own, after the verb.\n")
	text.WriteString(flagTable(root.PersistentFlags()))
	return text.String()
}

// verbs are the commands without commands of their own.
func verbs(parent *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, command := range parent.Commands() {
		if command.HasSubCommands() {
			all = append(all, verbs(command)...)
		} else {
			all = append(all, command)
		}
	}
	return all
}

func flagTable(flags *pflag.FlagSet) string {
	var rows strings.Builder
	flags.VisitAll(func(flag *pflag.Flag) {
		name := "`--" + flag.Name + "`"
		if flag.Shorthand != "" {
			name = "`-" + flag.Shorthand + "`, " + name
		}
		if flag.Name != "help" && !flag.Hidden {
			fmt.Fprintf(&rows, "| %s | %s | %s |\n", name, defaultOf(flag), strings.ReplaceAll(flag.Usage, "|", `\|`))
		}
	})
	if rows.Len() == 0 {
		return ""
	}
	return "\n| flag | default | what it sets |\n| --- | --- | --- |\n" + rows.String()
}

// defaultOf is nothing where the flag does nothing unless it is set.
func defaultOf(flag *pflag.Flag) string {
	switch flag.DefValue {
	case "", "[]", "false":
		return ""
	default:
		return "`" + flag.DefValue + "`"
	}
}

// typedInDocs is a command line of the plug-in in a page; what begins after a pipe or in a substitution is left out.
var typedInDocs = regexp.MustCompile(`kubectl call ([a-z][a-z-]*(?: [^\x60"$|#)\n\\]*)?)`)

// TestWhatPagesSayCanBeTyped finds verbs and flags in the pages that no command has.
func TestWhatPagesSayCanBeTyped(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(devcontrolplane.Root(), "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range append(pages, filepath.Join(devcontrolplane.Root(), "README.md")) {
		page, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range typed(string(page)) {
			found++
			command, rest, err := newRoot(newKube()).Find(strings.Fields(line))
			if err == nil {
				err = command.ParseFlags(rest)
			}
			if err != nil {
				t.Errorf("%s: kubectl call %s: %v", filepath.Base(file), line, err)
			}
		}
	}
	if found == 0 {
		t.Error("the pages have no command")
	}
}

// typed are the command lines in the blocks of a page.
func typed(page string) []string {
	var lines []string
	for i, part := range strings.Split(page, "```") {
		if i%2 == 0 {
			continue
		}
		for _, match := range typedInDocs.FindAllStringSubmatch(part, -1) {
			lines = append(lines, match[1])
		}
	}
	return lines
}
