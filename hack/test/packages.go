// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// harness is what tests that need an API server import.
const harness = "test/harness"

// longest are the packages that take longest, the longest first: what begins last is waited for alone.
var longest = []string{
	"test/faults", "test/incoming", "test/moves", "test/scenario", "test/actions", "test/flows", "test/dialouts", "test/api/manifests", "test/api/policies",
	"test/api/rbac", "test/reapply", "test/observe", "cmd/kubectl-call", "test/api/namespaced", "test/api/kinds", "test/dashboard",
}

// pkg is a package as go list tells of it.
type pkg struct {
	ImportPath                string
	TestImports, XTestImports []string
	Module                    struct{ Path string }
}

// list asks go list for packages.
func list(ctx context.Context, patterns []string) ([]pkg, error) {
	command := exec.CommandContext(ctx, "go", append([]string{"list", "-json=ImportPath,TestImports,XTestImports,Module"}, patterns...)...)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var packages []pkg
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var p pkg
		switch err := decoder.Decode(&p); {
		case errors.Is(err, io.EOF):
			return packages, nil
		case err != nil:
			return nil, fmt.Errorf("read what go list says: %w", err)
		}
		packages = append(packages, p)
	}
}

// withoutAPIServer are the packages whose tests need none.
func withoutAPIServer(packages []pkg) []pkg {
	var rest []pkg
	for _, p := range packages {
		imported := p.Module.Path + "/" + harness
		if !slices.Contains(p.TestImports, imported) && !slices.Contains(p.XTestImports, imported) {
			rest = append(rest, p)
		}
	}
	return rest
}

// longestFirst is the order in which go test is to begin with the packages, which is that of its arguments.
func longestFirst(packages []pkg) []pkg {
	rank := func(p pkg) int {
		at := slices.Index(longest, strings.TrimPrefix(p.ImportPath, p.Module.Path+"/"))
		if at < 0 {
			return len(longest)
		}
		return at
	}
	sorted := slices.Clone(packages)
	slices.SortStableFunc(sorted, func(a, b pkg) int { return rank(a) - rank(b) })
	return sorted
}

func paths(packages []pkg) []string {
	all := make([]string, len(packages))
	for i, p := range packages {
		all[i] = p.ImportPath
	}
	return all
}
