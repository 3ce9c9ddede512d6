// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/test/devcontrolplane"
)

// helpLine is the line of a flag in what --help prints.
var helpLine = regexp.MustCompile(`(?m)^ +(?:-\w, )?--?([a-z][a-z0-9-]*)`)

var help = struct {
	sync.Mutex
	of map[string][]string
}{of: map[string][]string{}}

// flagsOf are the names of a command's flags, as the command itself says them.
func flagsOf(t *testing.T, command string) []string {
	t.Helper()
	help.Lock()
	defer help.Unlock()
	if known := help.of[command]; known != nil {
		return known
	}
	run := exec.CommandContext(t.Context(), "go", "run", "./cmd/"+command, "--help")
	run.Dir = devcontrolplane.Root()
	output, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%s --help: %v: %s", command, err, output)
	}
	var names []string
	for _, found := range helpLine.FindAllStringSubmatch(string(output), -1) {
		names = append(names, found[1])
	}
	slices.Sort(names)
	help.of[command] = slices.Compact(names)
	return help.of[command]
}

func TestArgumentsAreFlagsOfTheirCommand(t *testing.T) {
	for _, r := range renderAll(t) {
		for _, deployment := range ofKind[appsv1.Deployment](t, r.objects, "Deployment") {
			for _, container := range deployment.Spec.Template.Spec.Containers {
				if !slices.Contains(foreignImages, container.Image) {
					checkArguments(t, r.folder, &container)
				}
			}
		}
	}
}

// foreignImages have commands that are not of this repository.
var foreignImages = []string{"call-operator-asterisk:dev", "call-operator-speech:dev"}

func checkArguments(t *testing.T, folder string, container *corev1.Container) {
	t.Helper()
	if len(container.Command) != 1 {
		t.Errorf("config/%s: the container %s does not name its command", folder, container.Name)
		return
	}
	command := filepath.Base(container.Command[0])
	if _, err := os.Stat(filepath.Join(devcontrolplane.Root(), "cmd", command)); err != nil {
		t.Errorf("config/%s: %s is no command of this repository", folder, command)
		return
	}
	for _, argument := range container.Args {
		name, _, _ := strings.Cut(strings.TrimLeft(argument, "-"), "=")
		if !strings.HasPrefix(argument, "--") || !slices.Contains(flagsOf(t, command), name) {
			t.Errorf("config/%s: %s has no flag %s", folder, command, argument)
		}
	}
}

// flagRow is the row of a flag in the tables of docs/operations.md.
var flagRow = regexp.MustCompile("(?m)^\\| `--([a-z][a-z0-9-]*)` \\|")

// TestTheDocumentationListsEachFlag compares the tables under "### manager" and so on with the commands.
func TestTheDocumentationListsEachFlag(t *testing.T) {
	contents, err := os.ReadFile(filepath.Join(devcontrolplane.Root(), "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"manager", "webhookreceiver", "dashboard", "acs-simulator"} {
		_, section, found := strings.Cut(string(contents), "\n### "+command+"\n")
		if !found {
			t.Errorf("docs/operations.md has no section %s", command)
			continue
		}
		section, _, _ = strings.Cut(section, "\n#")
		var documented []string
		for _, row := range flagRow.FindAllStringSubmatch(section, -1) {
			documented = append(documented, row[1])
		}
		slices.Sort(documented)
		if diff := cmp.Diff(flagsOf(t, command), documented); diff != "" {
			t.Errorf("the flags of %s and what docs/operations.md says of them (-command +documentation):\n%s", command, diff)
		}
	}
}
