// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"text/template"
	"time"
)

// PhoneOptions say how a phone behaves.
type PhoneOptions struct {
	// Manual leaves calls ringing until Answer; otherwise the phone answers by itself.
	Manual bool
	// Hertz is the tone that it plays; zero is 440.
	Hertz int
}

const defaultHertz = 440

// Phone is a SIP phone that has registered.
type Phone struct {
	Subscriber

	pbx     *PBX
	dir     string
	process *process
	control *control
}

// phoneConfig is baresip's. A jitter buffer would drop the sound for up to a minute where the packets' numbers begin anew, as they may when
// Asterisk moves a call into another bridge. Its two names are those of old and new versions.
var phoneConfig = template.Must(template.New("").Parse(`poll_method epoll
sip_listen 127.0.0.1:0
net_interface 127.0.0.1
rtp_ports 28000-31999
rtp_stats no
jitter_buffer_delay 0-0
audio_jitter_buffer_type off
statmode_default off
call_local_timeout 600
call_max_calls 8
audio_source ausine,{{.Hertz}}
audio_player aubridge,ear
audio_alert aubridge,alert
ausrc_srate 48000
ausrc_channels 2
auplay_srate 8000
auplay_channels 1
snd_path {{.Dir}}
module_path {{.Modules}}
module g711.so
module ausine.so
module aubridge.so
module sndfile.so
module_tmp uuid.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{{.Control}}
`))

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
	var text bytes.Buffer
	if err := phoneConfig.Execute(&text, map[string]any{"Hertz": cmp.Or(options.Hertz, defaultHertz), "Dir": f.dir, "Modules": modules, "Control": control}); err != nil {
		return err
	}
	account := fmt.Sprintf("<sip:%s@%s:%d;transport=udp>;auth_user=%s;auth_pass=%s;answermode=manual;regint=60\n",
		f.Name, f.pbx.config.Address, f.pbx.config.SIPPort, f.Name, f.pbx.config.Password)
	for name, contents := range map[string]string{
		"config": text.String(), "accounts": account, "contacts": "", "current_contact": "",
		"uuid": fmt.Sprintf("00000000-0000-4000-8000-%012d", control),
	} {
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
	return soundIn(contents).last(time.Second), nil
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
	var sound Sound
	err := await(ctx, "", func(context.Context) (bool, error) {
		var err error
		sound, err = f.Heard()
		missing := func(hertz int) bool { return !sound.Has(hertz) }
		return len(sound.Samples) > 0 && !slices.ContainsFunc(hears, missing) && !slices.ContainsFunc(not, sound.Has), err
	})
	if err != nil {
		return fmt.Errorf("%s is to hear %v and not %v, and hears %s: %w", f.Name, hears, not, sound.describe(append(slices.Clone(hears), not...)), err)
	}
	return nil
}
