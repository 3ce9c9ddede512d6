// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"strconv"
	"text/template"
	"time"
)

//go:embed sipp/*.xml
var scenarios embed.FS

// Refusals are the SIP statuses with which the network refuses a number that ends in one.
var Refusals = []int{302, 400, 401, 403, 404, 408, 410, 480, 484, 486, 487, 488, 500, 501, 502, 503, 504, 600, 603, 604, 606}

// behaviour is what the network does about numbers that end in three digits.
type behaviour struct {
	Digits string
	// Milliseconds is how long it rings before it is answered.
	Milliseconds int64
}

// Value is the number that the digits make.
func (b behaviour) Value() string {
	number, _ := strconv.Atoi(b.Digits) // They are digits.
	return strconv.Itoa(number)
}

// Line is the refusal's status line. Asterisk does not read the words.
func (b behaviour) Line() string { return b.Digits + " Refused" }

// scenario is what a file of sipp/ is filled in with.
type scenario struct {
	Behaviours, Refusals, Answers []behaviour
	// CancelAfter and Talk are a caller's, in milliseconds.
	CancelAfter, Talk int64
}

func newScenario() scenario {
	s := scenario{Behaviours: []behaviour{{Digits: "000"}, {Digits: "183"}}} // 180 is what is left.
	for _, status := range Refusals {
		s.Refusals = append(s.Refusals, behaviour{Digits: strconv.Itoa(status)})
	}
	const soon = 250 * time.Millisecond
	for n := range 10 {
		s.Answers = append(s.Answers, behaviour{Digits: fmt.Sprintf("20%d", n), Milliseconds: (soon + time.Duration(n)*time.Second).Milliseconds()})
	}
	s.Answers = append(s.Answers, behaviour{Digits: "210", Milliseconds: soon.Milliseconds()})
	s.Behaviours = append(append(s.Behaviours, s.Refusals...), s.Answers...)
	return s
}

// write writes a scenario of sipp/ into a file.
func (s scenario) write(name, file string) error {
	all, err := template.New("").Delims("<<", ">>").ParseFS(scenarios, "sipp/sound.xml", "sipp/"+name)
	if err != nil {
		return fmt.Errorf("parse the scenario: %w", err)
	}
	var text bytes.Buffer
	if err := all.ExecuteTemplate(&text, name, s); err != nil {
		return fmt.Errorf("fill in the scenario: %w", err)
	}
	// Nothing may come before the first line of XML.
	if err := os.WriteFile(file, bytes.TrimSpace(text.Bytes()), 0o600); err != nil {
		return fmt.Errorf("write the scenario: %w", err)
	}
	return nil
}
