// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/call-operator/call-operator/test/devcontrolplane"
)

// patience is how long a command may take.
const patience = 2 * time.Minute

// Lines that the demo prints.
const (
	demoCommand    = "==> kubectl "
	demoKubeconfig = "From another terminal: export KUBECONFIG="
	demoKeeps      = "==> Everything keeps running"
)

// terminal is one in which the commands of the pages are typed, while the demo runs in another.
type terminal struct {
	folder, bin string
	demo        *exec.Cmd
	rest        chan struct{}
	kubeconfig  string
	// told is what the demo printed of each command that it ran itself.
	told map[string]string
}

// openTerminal starts the demo, and waits until it has played its scenarios.
func openTerminal(ctx context.Context, bin string) (_ *terminal, err error) {
	folder, err := os.MkdirTemp("", "call-operator-outputs-")
	if err != nil {
		return nil, err
	}
	t := &terminal{folder: folder, told: map[string]string{}, rest: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.close())
		}
	}()
	if t.bin, err = filepath.Abs(bin); err != nil {
		return nil, err
	}
	if err := os.CopyFS(filepath.Join(folder, "files"), os.DirFS(filepath.Join(devcontrolplane.Root(), "hack", "outputs", "files"))); err != nil {
		return nil, err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(folder, "demo"), "./hack/demo")
	build.Dir, build.Stderr = devcontrolplane.Root(), os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("build the demo: %w", err)
	}
	demo := exec.Command(filepath.Join(folder, "demo"), "-keep", "-bin", t.bin)
	demo.Stderr = os.Stderr
	printed, err := demo.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := demo.Start(); err != nil {
		return nil, fmt.Errorf("start the demo: %w", err)
	}
	t.demo = demo
	return t, t.listen(ctx, printed)
}

// listen reads what the demo prints until it has played its scenarios.
func (t *terminal) listen(ctx context.Context, printed io.Reader) error {
	played := make(chan error, 1)
	go func() {
		defer close(t.rest)
		lines := bufio.NewReader(printed)
		played <- t.take(lines)
		_, _ = io.Copy(io.Discard, lines)
	}()
	select {
	case err := <-played:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// take keeps what the demo prints of each command, until it keeps running.
func (t *terminal) take(lines *bufio.Reader) error {
	command := ""
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return fmt.Errorf("the demo ended before it had played its scenarios: %w", err)
		}
		switch text := strings.TrimSuffix(line, "\n"); {
		case strings.HasPrefix(text, demoKubeconfig):
			t.kubeconfig = strings.TrimPrefix(text, demoKubeconfig)
		case strings.HasPrefix(text, demoKeeps):
			return nil
		case strings.HasPrefix(text, demoCommand):
			command = "kubectl " + strings.TrimPrefix(text, demoCommand)
		case strings.HasPrefix(text, "==>"):
			command = ""
		case command != "" && text != "":
			t.told[command] += line
		}
	}
}

// print types the commands of a block, and returns what is seen then.
func (t *terminal) print(ctx context.Context, b block) (string, error) {
	environment, err := t.environment(ctx, b.settings.Namespace)
	if err != nil {
		return "", err
	}
	if printed, err := t.sh(ctx, b.settings.First, environment); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", b.settings.First, err, printed)
	}
	var seen strings.Builder
	for _, command := range b.commands {
		printed, told := t.told[command]
		if !told {
			// Whether it fails is part of what is shown.
			if printed, err = t.sh(ctx, command, environment); err != nil && !failed(err) {
				return "", fmt.Errorf("%s: %w", command, err)
			}
		}
		if b.settings.Through != "" {
			if printed, err = t.pipe(ctx, b.settings.Through, printed); err != nil {
				return "", fmt.Errorf("%s: %w", b.settings.Through, err)
			}
		}
		seen.WriteString(prompt + command + "\n")
		for line := range strings.Lines(strings.TrimRight(printed, " \n")) {
			seen.WriteString(strings.TrimRight(line, " \n") + "\n")
		}
	}
	return seen.String(), nil
}

// failed tells whether a command ran and failed.
func failed(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.Exited()
}

// environment is that of a person who works in a namespace, with kubectl and its plug-in in the PATH.
func (t *terminal) environment(ctx context.Context, namespace string) ([]string, error) {
	config, err := os.ReadFile(t.kubeconfig)
	if err != nil {
		return nil, err
	}
	own := filepath.Join(t.folder, "kubeconfig")
	if err := os.WriteFile(own, config, 0o600); err != nil {
		return nil, err
	}
	path := strings.Join([]string{t.bin, os.Getenv("KUBEBUILDER_ASSETS"), os.Getenv("PATH")}, string(filepath.ListSeparator))
	environment := append(os.Environ(), "KUBECONFIG="+own, "PATH="+path)
	if printed, err := t.sh(ctx, "kubectl config set-context --current --namespace="+namespace, environment); err != nil {
		return nil, fmt.Errorf("%w: %s", err, printed)
	}
	return environment, nil
}

func (t *terminal) sh(ctx context.Context, command string, environment []string) (string, error) {
	return t.run(ctx, command, environment, nil)
}

func (t *terminal) pipe(ctx context.Context, command, text string) (string, error) {
	return t.run(ctx, command, os.Environ(), strings.NewReader(text))
}

func (t *terminal) run(ctx context.Context, command string, environment []string, input io.Reader) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	process := exec.CommandContext(ctx, "bash", "-c", command)
	process.Dir, process.Env, process.Stdin = filepath.Join(t.folder, "files"), environment, input
	printed, err := process.CombinedOutput()
	return string(printed), err
}

// close stops the demo as a person does, and removes what is left.
func (t *terminal) close() error {
	var err error
	if t.demo != nil {
		_ = t.demo.Process.Signal(syscall.SIGINT)
		<-t.rest
		if failure := t.demo.Wait(); failure != nil {
			err = fmt.Errorf("the demo did not end well: %w", failure)
		}
	}
	return errors.Join(err, os.RemoveAll(t.folder))
}
