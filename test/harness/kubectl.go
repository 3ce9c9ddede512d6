// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Kubectl is kubectl as one person.
type Kubectl struct {
	kubeconfig string
}

// KubectlAs is kubectl as a user of some groups; of system:masters, who may do everything.
func (p *Plane) KubectlAs(t testing.TB, user string, groups ...string) *Kubectl {
	t.Helper()
	contents, err := p.Kubeconfig(user, groups...)
	must(t, err)
	k := &Kubectl{kubeconfig: filepath.Join(t.TempDir(), "kubeconfig")}
	must(t, os.WriteFile(k.kubeconfig, contents, 0o600))
	return k
}

// Command returns a kubectl command with standard input, for callers that start it in the background.
func (k *Kubectl) Command(t testing.TB, input string, arguments ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl"), arguments...)
	// It gets its own cache folder.
	command.Env = append(os.Environ(), "KUBECONFIG="+k.kubeconfig, "HOME="+filepath.Dir(k.kubeconfig))
	command.Stdin = strings.NewReader(input)
	return command
}

// Try runs kubectl with something on standard input, and returns what it printed. What it said of a failure is in the error.
func (k *Kubectl) Try(t testing.TB, input string, arguments ...string) (string, error) {
	t.Helper()
	command := k.Command(t, input, arguments...)
	var problems bytes.Buffer
	command.Stderr = &problems
	output, err := command.Output()
	if err != nil {
		return string(output), fmt.Errorf("kubectl %s: %w: %s", strings.Join(arguments, " "), err, bytes.TrimSpace(problems.Bytes()))
	}
	return string(output), nil
}

// Run is Try for what has to work.
func (k *Kubectl) Run(t testing.TB, input string, arguments ...string) string {
	t.Helper()
	output, err := k.Try(t, input, arguments...)
	must(t, err)
	return output
}
