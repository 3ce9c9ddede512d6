// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/call-operator/call-operator/test/devstack"
)

// rotationPause is how long the receivers have to start with a new key before the managers sign with it.
const rotationPause = 2 * time.Second

// rotate replaces the key of the callback URLs, as docs/operations.md has it: the receivers get the new key first, and the old one
// stays for the calls that it signed for. One rotation is over before the next one begins.
func (f *faults) rotate() error {
	if !f.run.rotating.TryLock() {
		return nil
	}
	contents, err := os.ReadFile(f.run.keyFile)
	if err != nil {
		f.run.rotating.Unlock()
		return err
	}
	old, key := strings.TrimSpace(string(contents)), devstack.NewKey()
	f.run.recorder.secret("a new key of the callback URLs", key)
	f.run.recorder.fault("the receivers get a new callback key")
	if err := replaceFile(f.run.keyFile, old+"\n"+key+"\n"); err != nil {
		f.run.rotating.Unlock()
		return err
	}
	f.restart("webhookreceiver")
	f.soon(rotationPause, func() {
		defer f.run.rotating.Unlock()
		f.run.recorder.fault("the managers sign with the new callback key")
		if err := replaceFile(f.run.keyFile, key+"\n"+old+"\n"); err != nil {
			f.run.recorder.fail(err)
			return
		}
		f.restart("manager")
	})
	return nil
}

// restart ends every process of a command in its own way; each is started again.
func (f *faults) restart(command string) {
	for _, p := range f.run.victims {
		if p.command == command {
			p.signal(syscall.SIGTERM)
		}
	}
}

// replaceFile writes a file at once, so that nobody reads half of it.
func replaceFile(name, contents string) error {
	if err := os.WriteFile(name+".new", []byte(contents), 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}
