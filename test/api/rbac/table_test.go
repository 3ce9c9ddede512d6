// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package rbac

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/call-operator/call-operator/test/devcontrolplane"
)

// grant is a row of the table: what somebody may do.
type grant struct {
	who   string
	where string
	group string
	// resources are written as in RBAC, such as calls/status. With a name the grant is for that object alone.
	resources []string
	name      string
	verbs     []string
}

// Words of the table.
const (
	anybody      = "anybody"
	everywhere   = "everywhere"
	whereBound   = "where it is bound"
	coreGroup    = "core"
	tableHeading = "| Who | Where | API group | Resources | Verbs | Why |"
)

var quoted = regexp.MustCompile("`([^`]+)`")

// table reads the table of docs/security.md.
func table(t *testing.T) []grant {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(devcontrolplane.Root(), "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), tableHeading+"\n")
	if !found {
		t.Fatalf("docs/security.md has no table that begins with %s", tableHeading)
	}
	var grants []grant
	for line := range strings.Lines(rest) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		switch {
		case !strings.HasPrefix(line, "|"):
			return grants
		case strings.HasPrefix(strings.TrimSpace(cells[0]), "---"):
			continue
		case len(cells) != 6:
			t.Fatalf("a row of the table has %d cells, want 6: %s", len(cells), line)
		}
		grants = append(grants, row(t, cells))
	}
	return grants
}

func row(t *testing.T, cells []string) grant {
	t.Helper()
	resources, name, _ := strings.Cut(cells[3], " named ")
	g := grant{who: word(cells[0]), where: word(cells[1]), group: word(cells[2]), resources: words(resources), verbs: words(cells[4])}
	if g.group == coreGroup {
		g.group = ""
	}
	if name != "" {
		g.name = word(name)
	}
	if g.who == "" || g.where == "" || len(g.resources) == 0 || len(g.verbs) == 0 {
		t.Fatalf("a row of the table says nothing: %v", cells)
	}
	return g
}

// word is what a cell has in quotes, or else the whole of it.
func word(cell string) string {
	if found := words(cell); len(found) > 0 {
		return found[0]
	}
	return strings.TrimSpace(cell)
}

func words(cell string) []string {
	var found []string
	for _, match := range quoted.FindAllStringSubmatch(cell, -1) {
		found = append(found, match[1])
	}
	return found
}

// request is what somebody may ask of the API server.
type request struct {
	namespace, group, resource, name, verb string
}

// allows tells whether a grant allows a request of the one it is for. boundIn is where a role is bound.
func (g grant) allows(r request, boundIn string) bool {
	switch g.where {
	case everywhere:
	case whereBound:
		if r.namespace != boundIn {
			return false
		}
	default:
		if r.namespace != g.where {
			return false
		}
	}
	return g.group == r.group && slices.Contains(g.resources, r.resource) && slices.Contains(g.verbs, r.verb) && (g.name == "" || g.name == r.name)
}
