// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/call-operator/call-operator/internal/authorities"
	"github.com/call-operator/call-operator/internal/selfsigned"
)

// trustOnce is for go test -count: a process can do it once.
var trustOnce sync.Once

// Without the line go:debug in main.go, authorities from a file would not be trusted.
func TestAuthoritiesCanBeAdded(t *testing.T) {
	pair, err := selfsigned.New("proxy.example.com", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(file, pair.Certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	trustOnce.Do(func() {
		if err := authorities.Trust(file); err != nil {
			t.Error(err)
		}
	})
}
