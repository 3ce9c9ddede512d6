// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUpToDate keeps the mutations with the source that they mutate, since to run them takes long.
func TestUpToDate(t *testing.T) {
	for _, m := range mutations {
		for _, e := range m.edits {
			contents, err := os.ReadFile(filepath.Join("..", "..", e.file))
			if err != nil {
				t.Errorf("%s: %v", m.name, err)
			} else if n := strings.Count(string(contents), e.old); n != 1 {
				t.Errorf("%s: %s has %d places with\n%s\nwant 1", m.name, e.file, n, e.old)
			}
		}
	}
}
