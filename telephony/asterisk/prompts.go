// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"net/url"
	"slices"
	"strings"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

const (
	soundScheme = "sound:"
	toneScheme  = "tone:"
)

// schemes are the kinds of media that Asterisk plays to their end. It never reports the end of others.
var schemes = []string{soundScheme, toneScheme, "recording:", "digits:", "number:", "characters:"}

// speech reads text: the URL of a service that answers sound, with $(text) and others in it; "" is none.
type speech string

// mediaOf is what Asterisk plays for a prompt.
func (s speech) mediaOf(prompt *v1alpha1.Prompt) (string, error) {
	switch {
	case prompt.Text != "" && s == "":
		return "", telephony.Unsupported("Asterisk cannot do that: it reads no text by itself. Set spec.asterisk.speechURL of the CallProvider to a service that does, or play a file.")
	case prompt.Text != "":
		return fetched(s.of(prompt.Text, "", prompt)), nil
	case prompt.SSML != "" && !strings.Contains(string(s), "$(ssml)"):
		return "", telephony.Unsupported("Asterisk cannot do that: it reads no SSML by itself. Put $(ssml) into spec.asterisk.speechURL of the CallProvider if the service there does, or write text.")
	case prompt.SSML != "":
		return fetched(s.of("", prompt.SSML, prompt)), nil
	case strings.HasPrefix(prompt.File, "http://") || strings.HasPrefix(prompt.File, "https://"):
		return fetched(prompt.File), nil
	case !slices.ContainsFunc(schemes, func(scheme string) bool { return strings.HasPrefix(prompt.File, scheme) }) || strings.Contains(prompt.File, ","):
		return "", notDone("The file is nothing that Asterisk plays: write a URL, or one of its own media without commas, such as sound:hello-world.")
	default:
		return prompt.File, nil
	}
}

// of is the URL that answers the sound of a text or SSML.
func (s speech) of(text, ssml string, prompt *v1alpha1.Prompt) string {
	return strings.NewReplacer(
		"$(text)", url.QueryEscape(text), "$(ssml)", url.QueryEscape(ssml),
		"$(locale)", url.QueryEscape(prompt.Locale), "$(voice)", url.QueryEscape(prompt.Voice),
	).Replace(string(s))
}

// shortestURL is how many bytes a URL has at least.
const shortestURL = 200

// fetched is a sound that Asterisk fetches. Asterisk does not find its own copy of what it has fetched if the URL is shorter than the path of
// that copy, so a short URL has a fragment, which no server gets to see.
func fetched(address string) string {
	if missing := shortestURL - len(address); missing > 0 {
		if !strings.Contains(address, "#") {
			address += "#"
		}
		address += strings.Repeat("-", missing)
	}
	return soundScheme + address
}

// isEndless tells whether something is played until it is stopped.
func isEndless(media string) bool { return strings.HasPrefix(media, toneScheme) }

// notDone is the refusal of a request that makes no sense as it is.
func notDone(sentence string) error {
	return &telephony.Error{
		Class: telephony.ClassRefused, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonInvalidRequest, Sentence: sentence,
	}
}
