// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// PhoneOptions say how a phone behaves.
type PhoneOptions struct {
	// Manual leaves calls ringing until Answer; otherwise the phone answers by itself.
	Manual bool
	// Hertz is the tone that it plays; zero is 440.
	Hertz int
}

// Phone is a SIP phone that has registered.
type Phone struct {
	Subscriber

	pbx     *PBX
	dir     string
	process *process
	control *control
}

// Phone switches one of the Subscribers' phones on, and waits until it has registered.
func (p *PBX) Phone(ctx context.Context, name string, options PhoneOptions) (*Phone, error) {
	at := slices.IndexFunc(Subscribers, func(s Subscriber) bool { return s.Name == name })
	if at < 0 {
		return nil, fmt.Errorf("no subscriber has the name %s: %v", name, Subscribers)
	}
	port, err := freePort("127.0.0.1")
	if err != nil {
		return nil, err
	}
	phone := &Phone{Subscriber: Subscribers[at], pbx: p, dir: filepath.Join(p.dir, fmt.Sprintf("%s-%d", name, port))}
	if err := phone.write(options, port); err != nil {
		return nil, err
	}
	if phone.process, err = start(p.dir, name, exec.Command("baresip", "-f", phone.dir, "-v")); err != nil {
		return nil, err
	}
	p.own(phone.process)
	if phone.control, err = controlOf(ctx, port, !options.Manual); err != nil {
		return nil, err
	}
	return phone, await(ctx, name+" has registered", func(ctx context.Context) (bool, error) {
		answer, err := p.CLI(ctx, "pjsip show contacts")
		return strings.Contains(answer, " "+name+"/sip:"), err
	})
}

// write writes the phone's configuration.
func (f *Phone) write(options PhoneOptions, control int) error {
	modules, err := phoneModules()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	files, err := PhoneConfig{
		Name: f.Name, Password: f.pbx.config.Password, Registrar: fmt.Sprintf("%s:%d", f.pbx.config.Address, f.pbx.config.SIPPort),
		Hertz: options.Hertz, Recordings: f.dir, Modules: modules, Control: control,
	}.Files()
	if err != nil {
		return err
	}
	for name, contents := range files {
		if err := os.WriteFile(filepath.Join(f.dir, name), []byte(contents), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// phoneModules is the folder of baresip's modules.
var phoneModules = sync.OnceValues(func() (string, error) {
	for _, pattern := range []string{"/usr/lib/baresip/modules/g711.so", "/usr/lib/*/baresip/modules/g711.so", "/usr/local/lib/baresip/modules/g711.so"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return filepath.Dir(found[0]), nil
		}
	}
	return "", errors.New("baresip's modules are missing: install the package baresip-core")
})

// Rings is how many calls arrived at the phone since it was switched on.
func (f *Phone) Rings() int { return f.control.count(ringing) }

// AwaitRing waits until the phone has rung so many times.
func (f *Phone) AwaitRing(ctx context.Context, times int) error {
	return await(ctx, fmt.Sprintf("%s has rung %d times", f.Name, times), func(context.Context) (bool, error) { return f.Rings() >= times, nil })
}

// Answer answers the call that rings.
func (f *Phone) Answer(ctx context.Context) error { return f.control.do(ctx, "accept", "") }

// HangUp ends the phone's call, or declines one that rings.
func (f *Phone) HangUp(ctx context.Context) error { return f.control.do(ctx, "hangup", "") }

// Dial calls a number.
func (f *Phone) Dial(ctx context.Context, number string) error {
	return f.control.do(ctx, "dial", fmt.Sprintf("sip:%s@%s:%d", number, f.pbx.config.Address, f.pbx.config.SIPPort))
}

// Press presses keys.
func (f *Phone) Press(ctx context.Context, keys string) error {
	for _, key := range keys {
		if err := f.control.do(ctx, "sndcode", string(key)); err != nil {
			return err
		}
	}
	return nil
}

// TonesHeard is how many DTMF tones arrived at the phone since it was switched on.
func (f *Phone) TonesHeard() int { return f.control.count(toneHeard) }

// SwitchOff ends the phone, as if it had lost its network.
func (f *Phone) SwitchOff() {
	f.control.close()
	f.process.kill()
}

// Heard is the last second of what the phone has heard in its newest call.
func (f *Phone) Heard() (Sound, error) {
	recordings, err := filepath.Glob(filepath.Join(f.dir, "dump-*dec*.wav"))
	if err != nil || len(recordings) == 0 {
		return Sound{}, err
	}
	newest := slices.MaxFunc(recordings, func(a, b string) int { return changed(a).Compare(changed(b)) })
	contents, err := os.ReadFile(newest)
	if err != nil {
		return Sound{}, err
	}
	return SoundIn(contents).Last(time.Second), nil
}

func changed(file string) time.Time {
	info, err := os.Stat(file)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// AwaitHears waits until the phone hears all of some tones, and none of the others that phones play.
func (f *Phone) AwaitHears(ctx context.Context, hears []int, not ...int) error {
	var missing error
	err := await(ctx, "", func(context.Context) (bool, error) {
		sound, err := f.Heard()
		missing = sound.Check(hears, not...)
		return missing == nil, err
	})
	if err != nil {
		return fmt.Errorf("%s hears something else: %w: %w", f.Name, missing, err)
	}
	return nil
}
