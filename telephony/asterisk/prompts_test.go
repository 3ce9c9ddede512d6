// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"strings"
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

func TestMediaOf(t *testing.T) {
	const service speech = "http://speech.example.com/say?text=$(text)&locale=$(locale)&voice=$(voice)"
	long := "https://files.example.com/" + strings.Repeat("a", shortestURL)
	cases := []struct {
		name, reason string
		speech       speech
		prompt       v1alpha1.Prompt
		// want is the beginning of what is played, "" if it is refused for the class.
		want  string
		class telephony.Class
	}{
		{name: "sound", reason: "Asterisk has it", prompt: v1alpha1.Prompt{File: "sound:hello-world"}, want: "sound:hello-world"},
		{name: "digits", reason: "Asterisk reads them", prompt: v1alpha1.Prompt{File: "digits:42"}, want: "digits:42"},
		{name: "URL", reason: "Asterisk fetches it", prompt: v1alpha1.Prompt{File: "https://files.example.com/a.wav"}, want: "sound:https://files.example.com/a.wav#-"},
		{name: "URL with a fragment", reason: "it has one only", prompt: v1alpha1.Prompt{File: "https://files.example.com/a.wav#b"}, want: "sound:https://files.example.com/a.wav#b-"},
		{name: "long URL", reason: "it stays as it is", prompt: v1alpha1.Prompt{File: long}, want: "sound:" + long},
		{name: "unknown kind", reason: "its end would never be reported", prompt: v1alpha1.Prompt{File: "music:a"}, class: telephony.ClassRefused},
		{name: "comma", reason: "it would be two media", prompt: v1alpha1.Prompt{File: "tone:a/500,b/500"}, class: telephony.ClassRefused},
		{name: "text", reason: "there is nobody to read it", prompt: v1alpha1.Prompt{Text: "Hello"}, class: telephony.ClassUnsupported},
		{
			name: "text, read", reason: "values are escaped", speech: service, prompt: v1alpha1.Prompt{Text: "A, b & c", Locale: "en-GB", Voice: "x y"},
			want: "sound:http://speech.example.com/say?text=A%2C+b+%26+c&locale=en-GB&voice=x+y#-",
		},
		{name: "SSML", reason: "the service has no place for it", speech: service, prompt: v1alpha1.Prompt{SSML: "<speak/>"}, class: telephony.ClassUnsupported},
		{
			name: "SSML, read", reason: "the service has a place for it", speech: "http://s.example.com/?t=$(text)&s=$(ssml)", prompt: v1alpha1.Prompt{SSML: "<speak/>"},
			want: "sound:http://s.example.com/?t=&s=%3Cspeak%2F%3E#-",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.speech.mediaOf(&c.prompt)
			if c.class != "" {
				if !telephony.Is(err, c.class) {
					t.Errorf("%s: %q, %v, want %s", c.reason, got, err, c.class)
				}
				return
			}
			if err != nil || !strings.HasPrefix(got, c.want) || strings.HasPrefix(got, "sound:http") && len(got) < shortestURL || strings.Contains(got, ",") {
				t.Errorf("%s: %q, %v, want %q", c.reason, got, err, c.want)
			}
		})
	}
}
