// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestStagesArePrintedWithTheOnesBefore(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "stages")
	if err := os.WriteFile(file, []byte("31\tdownload modules\n107\tbuild the commands\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Unix(1000, 0)
	times, err := readStages(file, began)
	if err != nil {
		t.Fatal(err)
	}
	failure := errors.New("no API server")
	if err := times.run(t.Context(), "start the API server", func() error { return failure }); !errors.Is(err, failure) {
		t.Errorf("the stage's error is %v, want %v", err, failure)
	}
	var out strings.Builder
	if err := times.print(&out, began.Add(111*time.Second)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	wants := []string{"download modules", "build the commands", "start the API server", "all"}
	if len(lines) != len(wants) {
		t.Fatalf("the table is\n%s\nwant the lines %q", out.String(), wants)
	}
	for i, want := range wants {
		if !strings.HasPrefix(lines[i], want+"  ") {
			t.Errorf("line %d is %q, want it to begin with %q", i, lines[i], want)
		}
	}
	if !strings.HasSuffix(lines[3], "111.0 s") {
		t.Errorf("all took %q, want 111.0 s: two of the stages ran at the same time", lines[3])
	}
}

func TestStagesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "stages")
	if err := os.WriteFile(file, []byte("soon\tdownload modules\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"not a number": file, "no such file": file + ".missing"} {
		if _, err := readStages(path, time.Time{}); err == nil {
			t.Errorf("%s: there is no error", name)
		}
	}
}
