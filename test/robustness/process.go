// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// restartPause is after what time a process that died is started again, as a kubelet does.
const restartPause = 300 * time.Millisecond

// process is a command that is kept running.
type process struct {
	name, command string
	args          []string
	// log is the file that every life of it writes to.
	log string
	// gateway is its way to the API server; nil for the simulator.
	gateway *gateway

	mu      sync.Mutex
	running *exec.Cmd
	// stopping says that it is not started again; over is closed when it is not.
	stopping bool
	over     chan struct{}
	// lives counts its starts.
	lives int
	// failed is why it could not be started.
	failed error
}

// keep starts a process and starts it again whenever it has died, until stop.
func keep(p *process, bin string) *process {
	p.over = make(chan struct{})
	go func() {
		defer close(p.over)
		for p.live(bin) {
			time.Sleep(restartPause)
		}
	}()
	return p
}

// live runs the process once, and tells whether it is to be started again.
func (p *process) live(bin string) bool {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.fail(err)
		return false
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(filepath.Join(bin, p.command), p.args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if !p.begin(cmd) {
		return false
	}
	_ = cmd.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.stopping
}

func (p *process) begin(cmd *exec.Cmd) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopping {
		return false
	}
	if p.gateway != nil {
		p.gateway.renew(func() {
			// The answer that it dies of is on its way; nothing that it sends after that gets out.
			time.AfterFunc(20*time.Millisecond, func() { _ = cmd.Process.Kill() })
		})
	}
	if err := cmd.Start(); err != nil {
		p.failed = fmt.Errorf("start %s: %w", p.name, err)
		return false
	}
	p.running = cmd
	p.lives++
	return true
}

func (p *process) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = fmt.Errorf("start %s: %w", p.name, err)
}

// failure is why it could not be started.
func (p *process) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// signal sends a signal to the process, if it runs.
func (p *process) signal(signal syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running != nil {
		_ = p.running.Process.Signal(signal)
	}
}

// stop ends the process in its own way, and by force when that takes too long.
func (p *process) stop() {
	p.mu.Lock()
	p.stopping = true
	p.mu.Unlock()
	p.signal(syscall.SIGCONT)
	p.signal(syscall.SIGTERM)
	select {
	case <-p.over:
	case <-time.After(20 * time.Second):
		p.signal(syscall.SIGKILL)
		<-p.over
	}
}
