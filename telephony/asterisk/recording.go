// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/telephony"
)

// recordable refuses recordings that Asterisk does not make.
func recordable(asked *v1alpha1.RecordOperation) error {
	switch {
	case asked.ContainerURL != "":
		return telephony.Unsupported("Asterisk cannot do that: it keeps recordings on its own disk. Leave out containerURL, and fetch the file from its REST interface.")
	case asked.Format == v1alpha1.RecordingMP3:
		return telephony.Unsupported("Asterisk cannot do that: it writes WAV files. Leave out format.")
	case asked.Channels == v1alpha1.RecordingUnmixed:
		return telephony.Unsupported("Asterisk cannot do that: it records everybody into one channel. Leave out channels.")
	default:
		return nil
	}
}

// record carries out a command of a recording. The bridge is recorded, since the recording of a channel would end when the channel enters
// one.
func (o operation) record(ctx context.Context, asked *v1alpha1.RecordOperation) (telephony.Answer, error) {
	switch asked.Command {
	case v1alpha1.RecordPause:
		return done, errorOf(o.client.PauseRecording(ctx, o.Handle))
	case v1alpha1.RecordResume:
		return done, errorOf(o.client.ResumeRecording(ctx, o.Handle))
	case v1alpha1.RecordStop:
		return done, o.stopRecording(ctx, o.Handle)
	}
	name := recordingName(keyOf(o.attempt), o.attempt.Record.ID)
	if err := o.ensureBridge(ctx); err != nil {
		return telephony.Answer{}, err
	}
	answer := begun
	answer.Handle = name
	err := o.client.RecordBridge(ctx, BridgeOf(o.Connection), name)
	if ari.StatusOf(err) == http.StatusConflict {
		// The attempt's name is nobody else's.
		err = nil
	}
	return answer, errorOf(err)
}

// stopRecording ends a recording. One that is over already is fine.
func (s *service) stopRecording(ctx context.Context, name string) error {
	err := s.client.StopRecording(ctx, name)
	if ari.IsGone(err) {
		_, err = s.client.StoredRecording(ctx, name)
	}
	return errorOf(err)
}

// recordingName is the name of the recording that an attempt starts, which is its path on Asterisk's disk.
func recordingName(key, attempt string) string { return key + "/" + attempt }

// RecordingOf reads the name of a recording; ours is false for one of something else.
func RecordingOf(name string) (key, attempt string, ours bool) {
	at := strings.LastIndex(name, "/")
	if at < 0 {
		return "", "", false
	}
	key, attempt = name[:at], name[at+1:]
	_, _, ours = TargetOf(key)
	return key, attempt, ours && attempt != ""
}

// Where the content of a recording is, before and after its escaped name.
const (
	storedPath  = "recordings/stored/"
	contentPath = "/file"
)

// FileOf is where the content of a recording is, relative to spec.asterisk.url.
func FileOf(name string) v1alpha1.RecordingFile {
	stored := storedPath + url.PathEscape(name)
	return v1alpha1.RecordingFile{ContentLocation: stored + contentPath, DeleteLocation: stored}
}

// nameIn is the recording whose content is at a location; ours is false for one that the operator has not made.
func nameIn(contentLocation string) (name string, ours bool) {
	escaped, before := strings.CutPrefix(contentLocation, storedPath)
	escaped, after := strings.CutSuffix(escaped, contentPath)
	name, err := url.PathUnescape(escaped)
	if err != nil || !before || !after {
		return "", false
	}
	_, _, ours = RecordingOf(name)
	return name, ours
}

// ReadRecording implements telephony.RecordingReader.
func (s *service) ReadRecording(ctx context.Context, contentLocation string) (io.ReadCloser, error) {
	name, ours := nameIn(contentLocation)
	if !ours {
		return nil, telephony.Unsupported("Asterisk has no recording of the operator's at this location: it is like %s/TARGET%%2FATTEMPT%s, relative to spec.asterisk.url.",
			strings.TrimSuffix(storedPath, "/"), contentPath)
	}
	content, err := s.client.RecordingContent(ctx, name)
	if ari.IsGone(err) {
		return nil, &telephony.Error{
			Class: telephony.ClassGone, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonInvalidRequest, Code: http.StatusNotFound, Err: err,
			Sentence: "Asterisk does not have this recording any more: it was deleted there, or its disk was replaced.",
		}
	}
	return content, errorOf(err)
}
