// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// Template texts travel through YAML as words of letters and a number, which need no quotes, are never wrapped and are
// short enough for keys. As keys they sort behind the fields of Kubernetes, so that none is the first in an item of a list.
const (
	textMark  = "zzText"
	blockMark = "zzBlock"
	endMark   = "zz"
)

// texts are the template texts of this run; each word holds the index of its own.
var texts []string

var (
	textWord  = regexp.MustCompile(textMark + `([0-9]+)` + endMark)
	blockLine = regexp.MustCompile(`^( *)(?:- )?` + blockMark + `([0-9]+)` + endMark + `(?:: null)?$`)
	// braces in what is no template.
	braces = strings.NewReplacer("{{", `{{ "{{" }}`, "}}", `{{ "}}" }}`)
)

// text is a value, or a part of one, that Helm fills in.
func text(format string, args ...any) string { return mark(textMark, fmt.Sprintf(format, args...)) }

// block is an item of a list, or a key, in whose place lines of template stand. INDENT in them is the number of spaces
// before them, DEEPER is that of the next level.
func block(format string, args ...any) string { return mark(blockMark, fmt.Sprintf(format, args...)) }

func mark(with, text string) string {
	texts = append(texts, text)
	return fmt.Sprintf("%s%d%s", with, len(texts)-1, endMark)
}

// marked is the text of a word's number.
func marked(number string) string {
	index, _ := strconv.Atoi(number) // digits, by the pattern
	return texts[index]
}

// render is the object in YAML with its template texts in place.
func render(o object) (string, error) {
	text, err := yaml.Marshal(o)
	if err != nil {
		return "", err
	}
	var rendered strings.Builder
	for line := range strings.Lines(string(text)) {
		rendered.WriteString(renderLine(strings.TrimSuffix(line, "\n")) + "\n")
	}
	if left := rendered.String(); strings.Contains(left, textMark) || strings.Contains(left, blockMark) {
		return "", fmt.Errorf("a template text was not put in place:\n%s", left)
	}
	return rendered.String(), nil
}

func renderLine(line string) string {
	if found := blockLine.FindStringSubmatch(line); found != nil {
		indent := found[1]
		lines := strings.NewReplacer("INDENT", strconv.Itoa(len(indent)), "DEEPER", strconv.Itoa(len(indent)+2), "\n", "\n"+indent)
		return indent + lines.Replace(marked(found[2]))
	}
	return textWord.ReplaceAllStringFunc(braces.Replace(line), func(word string) string {
		return marked(textWord.FindStringSubmatch(word)[1])
	})
}
