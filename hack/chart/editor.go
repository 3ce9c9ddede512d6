// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

// editor finds its way through objects and keeps the first error, as bufio.Writer does.
type editor struct{ err error }

func (e *editor) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

// at is the map at a path of keys and indexes, which has to be there.
func (e *editor) at(from map[string]any, path ...any) map[string]any {
	found, ok := e.walk(from, path).(map[string]any)
	if !ok {
		e.fail(fmt.Errorf("there is no map at %v: config/ has changed, and kinds.go has to follow", path))
		return map[string]any{}
	}
	return found
}

// list is the list at a path, which has to be there.
func (e *editor) list(from map[string]any, path ...any) []any {
	found, ok := e.walk(from, path).([]any)
	if !ok {
		e.fail(fmt.Errorf("there is no list at %v: config/ has changed, and kinds.go has to follow", path))
	}
	return found
}

func (e *editor) walk(value any, path []any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			within, _ := value.(map[string]any)
			value = within[step]
		case int:
			within, _ := value.([]any)
			if step >= len(within) {
				return nil
			}
			value = within[step]
		}
	}
	return value
}
