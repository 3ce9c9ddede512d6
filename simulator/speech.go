// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/call-operator/call-operator/acs"
)

// The kinds of play sources.
const (
	sourceFile = "file"
	sourceText = "text"
	sourceSSML = "ssml"
)

// maxText is how many characters a text may have.
// Source: https://learn.microsoft.com/azure/communication-services/concepts/call-automation/recognize-action, known limitations.
const maxText = 4000

var (
	// badFile was recorded: azure-sdk-for-js, Play_wrong_source_with_play, 2025-03.
	badFile = result{400, 8535, "Action failed, file format is invalid."}
	// emptyText is documented by the SDKs' reason codes.
	emptyText = result{400, 8582, "Action failed, play source text or ssml empty."}
	// badInput is documented as an error of the speech service. That it is the one of a text that is too long is assumed.
	badInput = result{400, 8565, "Action failed, bad request to Azure AI services. Check input parameters."}
	// badSSML is documented as an error of the speech service. That it is the one of malformed SSML is assumed.
	badSSML = result{400, 8565, "Action failed, bad request to Azure AI services. Unable to process payload provided, check the play source input."}
	// noVoice is how a text without a voice fails. Reported: https://github.com/Azure/azure-sdk-for-net/issues/38573.
	noVoice = result{401, 8565, "Action failed, Azure AI services authentication error."}
)

// voice is the form of the names of prebuilt voices, such as en-US-NancyNeural and en-US-Ava:DragonHDLatestNeural. That a
// name of another form, or of no language, is refused as bad input is assumed; whether a voice exists is not checked.
// Source: https://learn.microsoft.com/azure/ai-services/speech-service/language-support.
var voice = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]+)+-[A-Za-z0-9]+(:[A-Za-z0-9]+)?Neural$`)

// locale is the form of a locale such as en-US.
var locale = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]+)*$`)

// noSpeech refuses what needs the speech service in a call that was set up without one.
// Source: https://learn.microsoft.com/azure/communication-services/resources/troubleshooting/voice-video-calling/troubleshooting-codes;
// the text is that of https://github.com/Azure/azure-sdk-for-js/issues/27966.
func noSpeech() *apiError {
	return &apiError{http.StatusMethodNotAllowed, "8522", "Request not allowed when Cognitive Service Configuration not set during call setup."}
}

// checkSources refuses sources that a request cannot have.
func (l *leg) checkSources(sources []acs.PlaySource) *apiError {
	for _, source := range sources {
		switch {
		case source.Kind == sourceFile && source.File != nil:
			if parsed, err := url.Parse(source.File.URI); err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
				return invalid("The field Uri of a file is invalid: it is an http or https URL.")
			}
		case source.Kind == sourceText && source.Text != nil, source.Kind == sourceSSML && source.SSML != nil:
			if !l.speaks {
				return noSpeech()
			}
		default:
			return invalid("The field PlaySources is invalid.")
		}
	}
	return nil
}

// sourceFailure is why a source cannot be played, nil if it can.
func sourceFailure(source acs.PlaySource) *result {
	switch source.Kind {
	case sourceFile:
		return fileFailure(source.File.URI)
	case sourceText:
		return textFailure(source.Text)
	default:
		return ssmlFailure(source.SSML)
	}
}

// fileFailure is why a file cannot be played. Files are not fetched: the ending of the path decides, with the two formats
// that are documented. Source: https://learn.microsoft.com/azure/communication-services/concepts/call-automation/play-action.
func fileFailure(uri string) *result {
	parsed, err := url.Parse(uri)
	if err != nil || !slices.Contains([]string{".wav", ".mp3"}, strings.ToLower(path.Ext(parsed.Path))) {
		return &badFile
	}
	return nil
}

func textFailure(source *acs.TextSource) *result {
	switch {
	case strings.TrimSpace(source.Text) == "":
		return &emptyText
	case utf8.RuneCountInString(source.Text) > maxText:
		return &badInput
	case source.CustomVoiceEndpointID != "" && source.VoiceName != "":
		return nil
	case source.VoiceName == "" && source.SourceLocale == "":
		return &noVoice
	case source.VoiceName != "" && !voice.MatchString(source.VoiceName),
		source.SourceLocale != "" && !locale.MatchString(source.SourceLocale),
		source.VoiceKind != "" && source.VoiceKind != "male" && source.VoiceKind != "female":
		return &badInput
	}
	return nil
}

func ssmlFailure(source *acs.SSMLSource) *result {
	if strings.TrimSpace(source.SSMLText) == "" {
		return &emptyText
	}
	if _, err := parseSSML(source.SSMLText, source.CustomVoiceEndpointID != ""); err != nil {
		return &badSSML
	}
	return nil
}

// ssmlReader reads the tokens of SSML: XML whose root is speak, with a version, a language, and a voice with a name.
// Source: https://learn.microsoft.com/azure/ai-services/speech-service/speech-synthesis-markup-structure.
type ssmlReader struct {
	// anyVoice takes names of every form.
	anyVoice      bool
	words         strings.Builder
	depth, voices int
	closed        bool
}

// parseSSML returns the words of SSML.
func parseSSML(text string, anyVoice bool) (string, error) {
	decoder := xml.NewDecoder(strings.NewReader(text))
	reader := &ssmlReader{anyVoice: anyVoice}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		if err := reader.read(token); err != nil {
			return "", err
		}
	}
	if reader.voices == 0 {
		return "", errors.New("there is no voice")
	}
	return strings.Join(strings.Fields(reader.words.String()), " "), nil
}

func (r *ssmlReader) read(token xml.Token) error {
	switch token := token.(type) {
	case xml.StartElement:
		if r.closed || r.depth == 0 && !isSpeak(token) {
			return errors.New("the root is not speak with a version and xml:lang")
		}
		r.depth++
		if token.Name.Local != "voice" {
			return nil
		}
		r.voices++
		if name := attribute(token, "name"); name == "" || !r.anyVoice && !voice.MatchString(name) {
			return errors.New("a voice has no name that is known")
		}
	case xml.EndElement:
		r.depth--
		r.closed = r.depth == 0
	case xml.CharData:
		r.words.Write(token)
	}
	return nil
}

func isSpeak(element xml.StartElement) bool {
	return element.Name.Local == "speak" && attribute(element, "version") != "" && locale.MatchString(attribute(element, "lang"))
}

func attribute(element xml.StartElement, name string) string {
	for _, attribute := range element.Attr {
		if attribute.Name.Local == name {
			return attribute.Value
		}
	}
	return ""
}

// words are what is heard of sources: words of texts and SSML, and URIs of files.
func words(sources []acs.PlaySource) string {
	heard := make([]string, 0, len(sources))
	for _, source := range sources {
		switch source.Kind {
		case sourceFile:
			heard = append(heard, source.File.URI)
		case sourceText:
			heard = append(heard, source.Text.Text)
		case sourceSSML:
			spoken, err := parseSSML(source.SSML.SSMLText, true)
			if err != nil {
				spoken = source.SSML.SSMLText
			}
			heard = append(heard, spoken)
		}
	}
	return strings.Join(heard, " ")
}

// speaks tells whether a call was set up with a speech service.
func speaks(options *acs.CallIntelligenceOptions) bool {
	return options != nil && options.CognitiveServicesEndpoint != ""
}
