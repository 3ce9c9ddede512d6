// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/call-operator/call-operator/acs"
)

const (
	// recordingKept is how long contents are kept.
	// Source: https://learn.microsoft.com/azure/communication-services/concepts/voice-video-calling/call-recording.
	recordingKept = 24 * time.Hour

	// longestSound limits the silence in a content.
	longestSound = time.Minute

	// The parts of a content's location. Recorded: azure-sdk-for-java, DownloadContentLiveTests, 2021.
	objectsPath     = "/v1/objects/"
	contentPath     = "/content/"
	metadataContent = "acsmetadata"

	sampleRate = 16000
	bitRate    = 128000
)

// recordingFile is the content of a recording that is over: one chunk.
type recordingFile struct {
	id     string
	of     string
	made   time.Time
	base   string
	kept   bool
	ended  string
	leg    callIDs
	people []string
	recordingSettings
	recordingTimes
}

// recordingTimes are when a recording ran.
type recordingTimes struct {
	began time.Time
	// since is when it was started or resumed last, zero while it is paused; ran is how long it ran before.
	since  time.Time
	ran    time.Duration
	pauses []pauseInterval
}

// pauseInterval is a pause of a recording; End is nil while it lasts.
type pauseInterval struct {
	Start time.Time  `json:"startTime"`
	End   *time.Time `json:"endTime,omitempty"`
}

func (t *recordingTimes) pause(now time.Time) {
	if !t.since.IsZero() {
		t.ran += now.Sub(t.since)
		t.since = time.Time{}
		t.pauses = append(t.pauses, pauseInterval{Start: now})
	}
}

func (t *recordingTimes) resume(now time.Time) {
	if t.since.IsZero() {
		t.since = now
		if last := len(t.pauses) - 1; last >= 0 {
			t.pauses[last].End = &now
		}
	}
}

// keep makes the content of a recording available, after some time, and tells Event Grid of it.
func (w *world) keep(r *recording, reason string) {
	now := w.options.Now()
	if !r.since.IsZero() {
		r.ran += now.Sub(r.since)
		r.since = time.Time{}
	}
	file := &recordingFile{
		of: r.id, id: "0-sim-" + strings.ReplaceAll(uuid.NewString(), "-", ""), base: r.base, ended: reason, leg: r.leg.ids, people: r.people,
		recordingSettings: r.recordingSettings, recordingTimes: r.recordingTimes, kept: r.container == "",
	}
	w.later(w.options.RecordingTime, func(w *world) {
		file.made = w.options.Now()
		maps.DeleteFunc(w.files, func(_ string, old *recordingFile) bool { return old.expired(file.made) })
		w.files[file.id] = file
		w.effects = append(w.effects, effect{announcement: file.announcement()})
	})
}

func (f *recordingFile) expired(now time.Time) bool { return now.Sub(f.made) > recordingKept }

// announcement tells that the content is available.
func (f *recordingFile) announcement() *announcement {
	at := f.base + objectsPath + f.id
	if !f.kept {
		at = f.container + "/" + f.id
	}
	name := "audio"
	if f.content == contentAudioVideo {
		name = "video"
	}
	return &announcement{
		kind: "RecordingFileStatusUpdated", subject: "/recording/call/" + f.leg.correlation + "/serverCallId/" + f.leg.server + "/recordingId/" + f.of,
		correlationID: f.leg.correlation,
		data: acs.RecordingFileStatusUpdated{
			RecordingStorageInfo: acs.RecordingStorageInfo{RecordingChunks: []acs.RecordingChunk{{
				DocumentID: f.id, ContentLocation: at + contentPath + name, MetadataLocation: at + contentPath + metadataContent,
				DeleteLocation: at, EndReason: "SessionEnded",
			}}},
			RecordingStartTime: f.began.UTC(), RecordingDurationMS: f.ran.Milliseconds(), RecordingContentType: capital(f.content),
			RecordingChannelType: capital(f.channel), RecordingFormatType: capital(f.format), SessionEndReason: f.ended,
		},
	}
}

// capital writes a value as Event Grid does, which writes the first letter in upper case.
func capital(value string) string { return strings.ToUpper(value[:1]) + value[1:] }

// metadata describes a content. Recorded: azure-sdk-for-java, downloadMetadata, 2021. The form of the intervals is assumed.
func (f *recordingFile) metadata(resourceID string) []byte {
	people := make([]map[string]string, 0, len(f.people))
	for _, id := range f.people {
		people = append(people, map[string]string{"participantId": id})
	}
	described, err := json.MarshalIndent(map[string]any{
		"resourceId": resourceID, "callId": f.leg.correlation, "chunkDocumentId": f.id, "chunkIndex": 0,
		"chunkStartTime": gridTime(f.began), "chunkDuration": float64(f.ran.Milliseconds()),
		"pauseResumeIntervals": append([]pauseInterval{}, f.pauses...),
		"recordingInfo": map[string]any{
			"contentType": f.channel, "channelType": f.content, "format": f.format,
			"audioConfiguration": map[string]any{"sampleRate": sampleRate, "bitRate": bitRate, "channels": 1},
		},
		"participants": people,
	}, "", "  ")
	if err != nil {
		panic("metadata is always JSON: " + err.Error())
	}
	return described
}

// sound is the content: silence as long as the recording, up to a minute.
func (f *recordingFile) sound() []byte {
	length := min(f.ran, longestSound)
	switch f.format {
	case formatWAV:
		return silentWAV(length, f.id)
	case formatMP3:
		return silentMP3(length)
	default:
		return emptyMP4(f.id)
	}
}

// silentWAV is a WAV file of 16-bit mono samples with a comment.
func silentWAV(length time.Duration, comment string) []byte {
	samples := make([]byte, 2*int(length*sampleRate/time.Second))
	if len(comment)%2 == 1 {
		comment += "\x00"
	}
	info := slicesOf([]byte("INFOICMT"), little32(len(comment)), []byte(comment))
	format := slicesOf([]byte{1, 0, 1, 0}, little32(sampleRate), little32(2*sampleRate), []byte{2, 0, 16, 0})
	chunks := slicesOf([]byte("WAVEfmt "), little32(len(format)), format, []byte("LIST"), little32(len(info)), info, []byte("data"), little32(len(samples)), samples)
	return slicesOf([]byte("RIFF"), little32(len(chunks)), chunks)
}

// silentMP3 repeats a frame of silence: MPEG-1 layer III, 128 kbit/s, 44.1 kHz, 26 ms.
func silentMP3(length time.Duration) []byte {
	const frame, frameTime = 417, 26 * time.Millisecond
	silence := make([]byte, frame)
	copy(silence, []byte{0xff, 0xfb, 0x90, 0x64})
	return bytes.Repeat(silence, 1+int(length/frameTime))
}

// emptyMP4 is a file without tracks, with a comment.
func emptyMP4(comment string) []byte {
	box := func(kind string, content []byte) []byte {
		return slicesOf(binary.BigEndian.AppendUint32(nil, uint32(8+len(content))), []byte(kind), content)
	}
	return slicesOf(box("ftyp", []byte("isom\x00\x00\x02\x00isommp42")), box("free", []byte(comment)))
}

func slicesOf(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func little32(n int) []byte {
	return binary.LittleEndian.AppendUint32(nil, uint32(n))
}

// validateStorage checks Options.StorageURL.
func validateStorage(storage string) error {
	if storage == "" {
		return nil
	}
	if parsed, err := url.Parse(storage); err != nil || parsed.Host == "" || parsed.Path != "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return errors.New("the storage URL is where the simulator is reached, without a path, such as https://acs-simulator.example.test")
	}
	return nil
}

// routeStorage adds the contents of recordings.
func (s *Simulator) routeStorage(mux *http.ServeMux) {
	mux.HandleFunc("GET "+objectsPath+"{id}"+contentPath+"{name}", s.serveContent)
	mux.HandleFunc("DELETE "+objectsPath+"{id}", s.deleteContent)
}

// serveContent serves a content or its metadata, or a range of it.
func (s *Simulator) serveContent(w http.ResponseWriter, r *http.Request) {
	file, failure := s.contentOf(r)
	status := http.StatusOK
	if failure != nil {
		status = failure.status
	}
	s.journal.add(Entry{Kind: EntryRequest, Operation: "downloadRecording", Status: status})
	if failure != nil {
		failure.response().write(w)
		return
	}
	content := file.sound()
	if r.PathValue("name") == metadataContent {
		content = file.metadata(s.options.ResourceID)
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

func (s *Simulator) deleteContent(w http.ResponseWriter, r *http.Request) {
	file, failure := s.contentOf(r)
	status := http.StatusOK
	if failure != nil {
		status = failure.status
	}
	s.journal.add(Entry{Kind: EntryRequest, Operation: "deleteRecording", Status: status})
	if failure != nil {
		failure.response().write(w)
		return
	}
	s.mu.Lock()
	delete(s.world.files, file.id)
	s.mu.Unlock()
	w.WriteHeader(http.StatusOK)
}

// contentOf finds the content that a request is about. Its signature is of the path and the resource's host.
// Source: the SDK for JavaScript, @azure/communication-call-automation 1.6.0.
func (s *Simulator) contentOf(r *http.Request) (*recordingFile, *apiError) {
	if failure := s.authenticateAs(r, r.URL.EscapedPath(), r.Header.Get("x-ms-host"), nil); failure != nil {
		return nil, failure
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	file, ok := s.world.files[r.PathValue("id")]
	if !ok || !file.kept || file.expired(s.options.Now()) {
		return nil, &apiError{http.StatusNotFound, "404", "The content does not exist, or no longer exists."}
	}
	return file, nil
}
