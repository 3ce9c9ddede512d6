// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/call-operator/call-operator/test/devcontrolplane"
)

const (
	// rootVariable names the folder of a root file system with Asterisk.
	rootVariable = "CALL_OPERATOR_ASTERISK"
	// requireVariable, set to 1, has the tests run, and fail where Asterisk or a phone is missing. Otherwise they are skipped: they take
	// minutes, and hearing needs a machine that is not busy with other tests.
	requireVariable = "CALL_OPERATOR_REQUIRE_ASTERISK"
)

// commands are what else a PBX needs.
var commands = []string{"baresip", "sipp"}

// Require skips the test unless tests with Asterisk are asked for. Then it fails where Asterisk or a phone is missing, and says what to do.
func Require(t testing.TB) {
	t.Helper()
	if !required() {
		t.Skip("make test-asterisk runs this test; it sets " + requireVariable + "=1")
	}
	if _, err := root(); err != nil {
		t.Fatal(err)
	}
}

func required() bool { return os.Getenv(requireVariable) == "1" }

// root is the folder of Asterisk's root file system. Where Asterisk is required it is made, which may take a minute.
var root = sync.OnceValues(func() (string, error) {
	for _, command := range commands {
		if _, err := exec.LookPath(command); err != nil {
			return "", fmt.Errorf("%s is missing: run hack/need-phones.sh, which says what to install", command)
		}
	}
	if folder := os.Getenv(rootVariable); folder != "" {
		return folder, checkRoot(folder)
	}
	script := exec.Command(filepath.Join(devcontrolplane.Root(), "hack", "ensure-asterisk.sh"))
	if !required() {
		script.Args = append(script.Args, "-built")
	}
	printed, err := script.Output()
	var exited *exec.ExitError
	switch {
	case err == nil:
		return string(bytes.TrimSpace(printed)), nil
	case errors.As(err, &exited) && exited.ExitCode() == notBuilt:
		return "", errors.New("there is no Asterisk: run make test-asterisk, or hack/ensure-asterisk.sh")
	case errors.As(err, &exited):
		return "", fmt.Errorf("there is no Asterisk: %s", bytes.TrimSpace(exited.Stderr))
	}
	return "", fmt.Errorf("there is no Asterisk: %w", err)
})

// notBuilt is the exit status of hack/ensure-asterisk.sh -built where there is no Asterisk yet.
const notBuilt = 3

func checkRoot(folder string) error {
	if _, err := os.Stat(filepath.Join(folder, "usr", "sbin", "asterisk")); err != nil {
		return fmt.Errorf("%s names no root file system with Asterisk: %w", rootVariable, err)
	}
	return nil
}
