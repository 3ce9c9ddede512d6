// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// IncomingCall is a call from the telephone network to Asterisk.
type IncomingCall struct {
	From, To string
	// Talk is how long the caller talks before they hang up; zero means an hour.
	Talk time.Duration
	// CancelAfter is how long the caller waits for an answer; zero means for ever.
	CancelAfter time.Duration
}

// Caller is somebody in the telephone network who calls.
type Caller struct {
	process *process
	log     string
}

// Call has somebody in the telephone network call.
func (p *PBX) Call(call IncomingCall) (*Caller, error) {
	port, err := freePort(p.config.NetworkAddress)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("caller-%d", port)
	s := newScenario()
	s.CancelAfter, s.Talk = call.CancelAfter.Milliseconds(), call.Talk.Milliseconds()
	if s.Talk == 0 {
		s.Talk = time.Hour.Milliseconds()
	}
	file, log := filepath.Join(p.dir, name+".xml"), filepath.Join(p.dir, name+".log")
	if err := s.write("caller.xml", file); err != nil {
		return nil, err
	}
	command, err := sipp(file, p.config.NetworkAddress, port, fmt.Sprintf("%s:%d", p.config.Address, p.config.SIPPort), "-s", call.To, "-key", "from", call.From,
		"-m", "1", "-trace_logs", "-log_file", log)
	if err != nil {
		return nil, err
	}
	started, err := start(p.dir, name, command)
	if err != nil {
		return nil, err
	}
	p.own(started)
	return &Caller{process: started, log: log}, nil
}

// Answer waits for the final answer to the call, and returns its SIP status.
func (c *Caller) Answer(ctx context.Context) (status int, err error) {
	err = await(ctx, "the caller gets an answer", func(context.Context) (bool, error) {
		over := c.process.ended(0)
		contents, err := os.ReadFile(c.log)
		if err != nil && !os.IsNotExist(err) {
			return false, err
		}
		line := strings.Fields(string(contents))
		if len(line) < 2 {
			if over {
				return false, fmt.Errorf("the caller's SIPp ended without an answer")
			}
			return false, nil
		}
		status, err = strconv.Atoi(line[1])
		return err == nil, err
	})
	return status, err
}

// Over waits until the call is over for the caller.
func (c *Caller) Over(ctx context.Context) error {
	return await(ctx, "the call is over for the caller", func(context.Context) (bool, error) { return c.process.ended(0), nil })
}
