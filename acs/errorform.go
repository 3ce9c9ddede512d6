// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"cmp"
	"encoding/json"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ErrorForm is the form of an error's body. It shows which server answered.
type ErrorForm string

// The forms of errors.
const (
	// FormService is the service's own form: {"error":{"code":"8522","message":"Call not found."}}.
	FormService ErrorForm = ""
	// FormText is a sentence in text/plain, or JSON with a message in another form. Layers in front of Call Automation answer
	// like this, for example when the context of an incoming call has expired; other servers may as well.
	FormText ErrorForm = "text"
	// FormEmpty is no body at all.
	FormEmpty ErrorForm = "empty"
	// FormOther is anything else: a page of a proxy, JSON without a message.
	FormOther ErrorForm = "other"
)

// maxPlainText limits a message that is not in the service's own form, in characters.
const maxPlainText = 256

// readBody reads an error's body.
func (e *Error) readBody(header http.Header, body []byte) {
	var sent errorBody
	if json.Unmarshal(body, &sent) == nil && (sent.Error.Code != "" || sent.Error.Message != "") {
		e.Code = bounded(string(sent.Error.Code))
		e.Message = bounded(withoutIDs(string(sent.Error.Message)))
		e.SubCode = sent.Error.subCode(e.StatusCode)
		if e.Code == "" {
			e.Form = FormText
		}
		return
	}
	e.Form, e.Message = FormOther, http.StatusText(e.StatusCode)
	if len(body) == 0 {
		e.Form = FormEmpty
	} else if text := plainText(header, body); text != "" {
		e.Form, e.Message = FormText, text
	}
}

// plainText is the first line of a body that is a sentence, without what must not be shown; "" for any other body.
func plainText(header http.Header, body []byte) string {
	text := strings.TrimSpace(strings.ToValidUTF8(string(body), ""))
	var other struct {
		Message flexibleString `json:"message"`
		Title   flexibleString `json:"title"`
	}
	switch kind, _, _ := mime.ParseMediaType(header.Get("Content-Type")); {
	case strings.HasPrefix(text, "{"):
		if json.Unmarshal([]byte(text), &other) != nil {
			return ""
		}
		text = cmp.Or(string(other.Message), string(other.Title))
	case kind != "text/plain" || strings.HasPrefix(text, "<") || strings.HasPrefix(text, "["):
		return ""
	}
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	line = withoutSecrets(withoutIDs(strings.TrimSpace(line)))
	if characters := []rune(line); len(characters) > maxPlainText {
		line = string(characters[:maxPlainText])
	}
	return line
}

// Parts to hide in a text that is not in the service's own form: long runs of letters and digits, which may be keys, tokens or
// contexts of incoming calls, and all but two digits of telephone numbers.
var (
	secretPattern = regexp.MustCompile(`\beyJ[A-Za-z0-9_=-]+(\.[A-Za-z0-9_=-]+)*|[A-Za-z0-9+/=_~-]{40,}`)
	numberPattern = regexp.MustCompile(`\+[1-9][0-9]{4,12}([0-9]{2})`)
)

func withoutSecrets(text string) string {
	return numberPattern.ReplaceAllString(secretPattern.ReplaceAllString(text, "<...>"), "+...$1")
}

// goneSubCodes say that a call, or an incoming call, is over or was never there: call or participant not found; call
// terminated; incoming call not acknowledged, or not answered in time.
var goneSubCodes = []int{8522, 8528, 8586, 8587}

// Gone tells whether the service itself says, in its own form, that it does not know the call, or no longer. A status of 404 or
// 410 alone does not say that: a proxy, another host and a withdrawn api-version give it too.
func (e *Error) Gone() bool {
	// 405 with 8522 means that the call lacks a setting.
	return e.Form == FormService && e.StatusCode != http.StatusMethodNotAllowed && slices.Contains(goneSubCodes, e.SubCode)
}

// VersionUnknown tells whether the answer says that the api-version, or the path of the request, is not served.
func (e *Error) VersionUnknown() bool {
	return e.StatusCode/100 == 4 &&
		(strings.Contains(e.Message, "No HTTP resource was found") || strings.Contains(strings.ToLower(e.Code), "apiversion"))
}

// Foreign tells whether the answer is not from Call Automation: a page of a proxy, another host, or an api-version that is not
// served. Such an answer says nothing about a call. Statuses that lead to a retry anyway, such as 401, 429 and 503, are not
// distinguished.
func (e *Error) Foreign() bool {
	switch status := e.StatusCode; {
	case status < http.StatusMultipleChoices:
		// An unreadable success is a page, such as a sign-in page.
		return e.Form == FormOther
	case status >= http.StatusInternalServerError:
		return false
	case e.VersionUnknown():
		return true
	case slices.Contains(saysNothing, status):
		return false
	case e.Form == FormService:
		// Other services of Azure have the same form, and repeat the status in it.
		_, err := strconv.Atoi(e.Code)
		return (status == http.StatusNotFound || status == http.StatusGone) && e.SubCode == 0 && err == nil
	case status == http.StatusBadRequest || status == http.StatusForbidden:
		// The service's own layers answer with a few words or none, never with a page.
		return e.Form == FormOther
	default:
		return true
	}
}

// saysNothing are the statuses that say nothing about the request itself.
var saysNothing = []int{
	http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusConflict, http.StatusPreconditionFailed, http.StatusTooManyRequests,
}

// ContextExpired tells whether an incoming call was not taken because its context has expired: it no longer rings. Source:
// https://github.com/Azure/azure-sdk-for-js/issues/31772.
func (e *Error) ContextExpired() bool {
	return e.StatusCode == http.StatusBadRequest &&
		(strings.Contains(e.Message, "IDX23010") || strings.Contains(e.Message, "Lifetime validation"))
}

// mediaOperations are the operations whose errors have the sub-codes of media.
var mediaOperations = []string{
	"play", "cancelAllMediaOperations", "recognize", "sendDtmfTones", "startContinuousDtmfRecognition", "stopContinuousDtmfRecognition",
	"hold", "unhold", "startMediaStreaming", "stopMediaStreaming", "startTranscription", "stopTranscription", "updateTranscription",
}

// isMedia tells whether a sub-code is about a media operation.
func isMedia(subCode int) bool {
	switch subCode {
	case 8500, 8510, 8514, 8531, 8532, 8533, 8534, 8535, 8536, 8565, 8583:
		return true
	default:
		return false
	}
}

// Meaning explains the error in a plain sentence. The service also uses sub-codes of media operations for other things, so they
// are explained for media operations only.
func (e *Error) Meaning() string {
	switch {
	case e.ContextExpired():
		return "The incoming call is over: its context has expired."
	case isMedia(e.SubCode) && !slices.Contains(mediaOperations, e.Operation):
		return Describe(e.StatusCode, 0)
	default:
		return Describe(e.StatusCode, e.SubCode)
	}
}
