// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// stopPatience is how long a process may take to stop.
const stopPatience = 10 * time.Second

// process is a command that runs.
type process struct {
	command *exec.Cmd
	// done is closed when it has ended.
	done chan struct{}
}

// starter starts processes, all of them from one thread that never ends: they end with it.
var starter = sync.OnceValue(func() chan<- func() {
	starts := make(chan func())
	go func() {
		runtime.LockOSThread()
		for start := range starts {
			start()
		}
	}()
	return starts
})

// start starts a command in a folder, where its output is kept in NAME.out.
func start(folder, name string, command *exec.Cmd) (*process, error) {
	output, err := os.OpenFile(filepath.Join(folder, name+".out"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keep the output of %s: %w", name, err)
	}
	defer func() { _ = output.Close() }()
	command.Dir, command.Stdout, command.Stderr, command.SysProcAttr = folder, output, output, withParent()
	started := make(chan error)
	starter() <- func() { started <- command.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{command: command, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		_ = command.Wait()
	}()
	return p, nil
}

func (p *process) kill() {
	_ = p.command.Process.Kill()
	<-p.done
}

// ended tells whether the process ends within a time.
func (p *process) ended(within time.Duration) bool {
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-p.done:
		return true
	case <-late.C:
		return false
	}
}
