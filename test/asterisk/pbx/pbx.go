// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	// Username is the user of Asterisk's REST interface.
	Username = "operator"
	// Application is the application that gets incoming calls, unless Options name another one.
	Application = "call-operator"

	// startPatience is how long Asterisk or a phone may take to start. It takes half a second on an idle machine.
	startPatience = 60 * time.Second
)

// Options say how an Asterisk is set up.
type Options struct {
	// Application gets incoming calls; empty means Application.
	Application string
	// Numbers are those whose calls over the endpoint carrier come in here.
	Numbers []string
	// Events has Asterisk connect to whom it reports; nil has it wait for a connection.
	Events *Events
}

// Events say where Asterisk reports.
type Events struct {
	// URL is that of a WebSocket, such as ws://127.0.0.1:8080/v1/streams/NAMESPACE/PROVIDER.
	URL string
	// Username and Password are sent to it.
	Username, Password string
}

// Subscriber is a phone that Asterisk knows.
type Subscriber struct{ Name, Number string }

// Subscribers are the phones that every PBX knows. Whether they are switched on is another matter: see Phone.
var Subscribers = []Subscriber{
	{"ada", "+442079460101"}, {"ben", "+442079460102"}, {"cleo", "+442079460103"}, {"dora", "+442079460104"},
}

// PBX is an Asterisk, with its telephone network and phones.
type PBX struct {
	dir, loader, libraries, program string
	config                          config

	mu        sync.Mutex
	asterisk  *process
	processes []*process
}

// New starts a PBX that lasts as long as the test. The test is skipped where that is not possible.
func New(t testing.TB, options Options) *PBX {
	t.Helper()
	Require(t)
	p, err := Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.End(t) })
	return p
}

// End is Close at the end of a test. If the test has failed, it shows what Asterisk logged.
func (p *PBX) End(t testing.TB) {
	t.Helper()
	if t.Failed() {
		t.Log(p.Describe())
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// Start starts a PBX. Close ends it.
func Start(options Options) (*PBX, error) {
	folder, err := root()
	if err != nil {
		return nil, err
	}
	p, err := prepare(folder, options)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(p.startNetwork(), p.StartAsterisk()); err != nil {
		return nil, errors.Join(err, errors.New(p.Describe()), p.Close())
	}
	return p, nil
}

// prepare makes the folders and files.
func prepare(folder string, options Options) (*PBX, error) {
	// The path of Asterisk's socket must be short.
	dir, err := os.MkdirTemp("", "pbx-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	p := &PBX{dir: dir, program: filepath.Join(folder, "usr", "sbin", "asterisk")}
	if err := p.find(folder); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	c := &p.config
	c.Dir, c.Modules, c.Data = dir, filepath.Join(p.libraries, "asterisk", "modules"), filepath.Join(folder, "usr", "share", "asterisk")
	id := make([]byte, 6)
	_, _ = rand.Read(id) // It never fails.
	c.EntityID = fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", id[0], id[1], id[2], id[3], id[4], id[5])
	c.Username, c.Password = Username, rand.Text()
	// Loopback addresses of its own, so that no other process takes a port between its choice and its use.
	own := fmt.Sprintf("127.%d.%d.", 1+id[0]%250, id[1])
	c.Address, c.NetworkAddress, c.DeadAddress, c.CarrierAddress = own+"1", own+"2", own+"3", own+"4"
	c.Application, c.Events, c.Numbers, c.Phones = cmp.Or(options.Application, Application), options.Events, options.Numbers, Subscribers
	for address, port := range map[string][]*int{
		c.Address: {&c.ARIPort, &c.SIPPort}, c.NetworkAddress: {&c.NetworkPort}, c.DeadAddress: {&c.DeadPort}, c.CarrierAddress: {&c.CarrierPort},
	} {
		for _, chosen := range port {
			if *chosen, err = freePort(address); err != nil {
				return nil, errors.Join(err, p.Close())
			}
		}
	}
	for _, name := range []string{"etc", "cache", "lib/keys", "spool/recording", "spool/tmp", "run", "log"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			return nil, errors.Join(fmt.Errorf("make a folder: %w", err), p.Close())
		}
	}
	if err := c.write(filepath.Join(dir, "etc")); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// find finds the loader and the libraries of a root file system: they need not be of this machine's version.
func (p *PBX) find(folder string) error {
	for found, pattern := range map[*string]string{&p.loader: "usr/lib64/ld-linux*.so.*", &p.libraries: "usr/lib/*-linux-gnu*"} {
		names, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil || len(names) == 0 {
			return fmt.Errorf("the root file system with Asterisk, %s, has no %s: remove it, and run hack/ensure-asterisk.sh", folder, pattern)
		}
		*found = names[0]
	}
	return nil
}

// Close ends all processes, and removes what they wrote.
func (p *PBX) Close() error {
	p.mu.Lock()
	processes := slices.Concat(p.processes, []*process{p.asterisk})
	p.processes, p.asterisk = nil, nil
	p.mu.Unlock()
	for _, process := range processes {
		if process != nil {
			process.kill()
		}
	}
	return os.RemoveAll(p.dir)
}

// URL is the base URL of the REST interface.
func (p *PBX) URL() string {
	return fmt.Sprintf("http://%s:%d/ari", p.config.Address, p.config.ARIPort)
}

// Password is that of Username.
func (p *PBX) Password() string { return p.config.Password }

// command is Asterisk with arguments.
func (p *PBX) command(ctx context.Context, arguments ...string) *exec.Cmd {
	configuration := filepath.Join(p.dir, "etc", "asterisk.conf")
	return exec.CommandContext(ctx, p.loader, append([]string{"--library-path", p.libraries, p.program, "-C", configuration}, arguments...)...)
}

// StartAsterisk starts Asterisk again after Stop.
func (p *PBX) StartAsterisk() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asterisk != nil {
		return errors.New("start Asterisk: it runs already")
	}
	asterisk, err := start(p.dir, "asterisk", p.command(context.Background(), "-f"))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	for {
		answer, err := p.CLI(ctx, "core waitfullybooted")
		switch {
		case err == nil && strings.Contains(answer, "fully booted"):
			p.asterisk = asterisk
			return nil
		case ctx.Err() != nil || asterisk.ended(50*time.Millisecond): // Before its socket exists there is nothing to wait on.
			asterisk.kill()
			return fmt.Errorf("start Asterisk: it is not ready after %s: %s", startPatience, answer)
		}
	}
}

// CLI has Asterisk carry out a command of its command line, and returns what that prints.
func (p *PBX) CLI(ctx context.Context, command string) (string, error) {
	printed, err := p.command(ctx, "-rx", command).CombinedOutput()
	if err != nil {
		return string(printed), fmt.Errorf("asterisk -rx %q: %w: %s", command, err, printed)
	}
	return string(printed), nil
}

// Stopping is a way to stop Asterisk.
type Stopping string

// The ways to stop Asterisk.
const (
	// Gracefully waits for all calls to end.
	Gracefully Stopping = "core stop gracefully"
	// Now ends all calls.
	Now Stopping = "core stop now"
	// Kill tells nobody.
	Kill Stopping = "kill"
)

// Stop stops Asterisk, and returns when it has ended. The network and the phones stay.
func (p *PBX) Stop(ctx context.Context, how Stopping) error {
	p.mu.Lock()
	asterisk := p.asterisk
	p.asterisk = nil
	p.mu.Unlock()
	if asterisk == nil {
		return errors.New("stop Asterisk: it does not run")
	}
	if how == Kill {
		asterisk.kill()
		return nil
	}
	if _, err := p.CLI(ctx, string(how)); err != nil && !asterisk.ended(stopPatience) {
		asterisk.kill()
		return err
	}
	select {
	case <-asterisk.done:
		return nil
	case <-ctx.Done():
		asterisk.kill()
		return fmt.Errorf("stop Asterisk: %w", ctx.Err())
	}
}

// Restart stops Asterisk and starts it again.
func (p *PBX) Restart(ctx context.Context, how Stopping) error {
	if err := p.Stop(ctx, how); err != nil {
		return err
	}
	return p.StartAsterisk()
}

// own has a process end with the PBX.
func (p *PBX) own(process *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.processes = append(p.processes, process)
}

// logTail is how much of a log a person needs to understand a failure.
const logTail = 4000

// Describe is the end of what Asterisk and its neighbours logged.
func (p *PBX) Describe() string {
	var text strings.Builder
	names, _ := filepath.Glob(filepath.Join(p.dir, "*.out"))
	for _, name := range append(names, filepath.Join(p.dir, "log", "full"), p.messageFile()) {
		contents, err := os.ReadFile(name)
		if err == nil && len(contents) > 0 {
			fmt.Fprintf(&text, "--- %s\n%s\n", filepath.Base(name), contents[max(0, len(contents)-logTail):])
		}
	}
	return text.String()
}

// await waits until a condition holds that nothing reports.
func await(ctx context.Context, what string, holds func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for {
		done, err := holds(ctx)
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited until %s: %w", what, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
