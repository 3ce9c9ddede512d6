// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestDockerSeesWhatItBuilds: each folder that the commands are built from is in the context of docker build.
func TestDockerSeesWhatItBuilds(t *testing.T) {
	const module = "github.com/call-operator/call-operator/"
	root := filepath.Join("..", "..")
	ignored, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(ignored)) {
		if name, is := strings.CutPrefix(strings.TrimSpace(line), "!"); is {
			seen[name] = true
		}
	}
	if !seen["cmd"] {
		t.Fatal("the commands themselves are missing: add !cmd to .dockerignore")
	}
	for name := range seen {
		// A pattern of a file, or of what is built, leads to no source.
		err := filepath.WalkDir(filepath.Join(root, name), func(path string, entry fs.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			for _, imported := range file.Imports {
				of, err := strconv.Unquote(imported.Path.Value)
				if err != nil {
					return err
				}
				folder, _, _ := strings.Cut(strings.TrimPrefix(of, module), "/")
				if strings.HasPrefix(of, module) && !seen[folder] {
					t.Errorf("%s imports %s, which docker build does not see: add !%s to .dockerignore", path, of, folder)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
