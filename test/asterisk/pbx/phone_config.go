// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"bytes"
	"cmp"
	"fmt"
	"text/template"
)

const defaultHertz = 440

// PhoneConfig is how a baresip is set up that plays a tone and records what it hears.
type PhoneConfig struct {
	// Name and Password are those of the phone at Asterisk.
	Name, Password string
	// Registrar is the host of Asterisk's SIP, and its port if that is not 5060.
	Registrar string
	// Hertz is the tone; zero is 440.
	Hertz int
	// Recordings is the folder for what the phone hears. Modules is the folder of baresip's modules.
	Recordings, Modules string
	// Control is a TCP port. With it, the phone uses only 127.0.0.1 and answers when it is told to there. Zero has it answer every call
	// by itself, on all addresses.
	Control int
}

// phoneConfig is baresip's. A jitter buffer would drop the sound for up to a minute where the packets' numbers begin anew, as they may when
// Asterisk moves a call into another bridge. Its two names are those of old and new versions.
var phoneConfig = template.Must(template.New("").Parse(`poll_method epoll
{{if .Control}}sip_listen 127.0.0.1:0
net_interface 127.0.0.1
{{else}}sip_listen 0.0.0.0:5060
{{end}}rtp_ports 28000-31999
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
snd_path {{.Recordings}}
module_path {{.Modules}}
module g711.so
module ausine.so
module aubridge.so
module sndfile.so
module_tmp uuid.so
module_app account.so
module_app menu.so
{{if .Control}}module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{{.Control}}
{{end}}`))

// Files are the files of baresip's configuration, by their names. baresip writes none of them.
func (c PhoneConfig) Files() (map[string]string, error) {
	c.Hertz = cmp.Or(c.Hertz, defaultHertz)
	var text bytes.Buffer
	if err := phoneConfig.Execute(&text, c); err != nil {
		return nil, fmt.Errorf("fill in the configuration of %s: %w", c.Name, err)
	}
	answers := "auto"
	if c.Control != 0 {
		answers = "manual"
	}
	return map[string]string{
		"config": text.String(),
		"accounts": fmt.Sprintf("<sip:%s@%s;transport=udp>;auth_user=%s;auth_pass=%s;answermode=%s;regint=60\n",
			c.Name, c.Registrar, c.Name, c.Password, answers),
		"contacts": "", "current_contact": "",
		"uuid": fmt.Sprintf("00000000-0000-4000-8000-%012d", c.Control),
	}, nil
}
