// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func TestSaveFile(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		content      io.Reader
		before       string
		overwrite    bool
		want, err    string
	}{
		{name: "new", reason: "the content is all there", content: strings.NewReader("sound"), want: "sound"},
		{name: "empty", reason: "nothing was said", content: strings.NewReader(""), want: ""},
		{name: "as large as allowed", reason: "the limit is included", content: strings.NewReader("12345678"), want: "12345678"},
		{name: "too large", reason: "a disk is not filled", content: strings.NewReader("123456789"), err: "larger than 8 bytes"},
		{name: "exists", reason: "nothing is lost", content: strings.NewReader("sound"), before: "mine", want: "mine", err: "overwrite it with --force"},
		{name: "overwritten", reason: "somebody wants that", content: strings.NewReader("sound"), before: "mine", overwrite: true, want: "sound"},
		{name: "broken off", reason: "half a recording is none", content: io.MultiReader(strings.NewReader("so"), iotest.ErrReader(errors.New("reset"))), before: "mine",
			overwrite: true, want: "mine", err: "broke off after 2 bytes: reset"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			file := filepath.Join(folder, "call.wav")
			if tc.before != "" {
				if err := os.WriteFile(file, []byte(tc.before), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := saveFile(file, tc.content, 8, tc.overwrite)
			if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%s: got %v, want %q", tc.reason, err, tc.err)
			}
			if saved, _ := os.ReadFile(file); string(saved) != tc.want {
				t.Errorf("%s: the file has %q, want %q", tc.reason, saved, tc.want)
			}
			others, err := filepath.Glob(filepath.Join(folder, ".*"))
			if err != nil || len(others) > 0 {
				t.Errorf("%s: left behind: %v, %v", tc.reason, others, err)
			}
		})
	}
}

func TestCheckNew(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := checkNew(folder, true); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder cannot be overwritten, and the error is %v", err)
	}
	if err := checkNew(filepath.Join(folder, "missing", "call.wav"), false); err != nil {
		t.Errorf("a file that does not exist is new, and the error is %v", err)
	}
}
