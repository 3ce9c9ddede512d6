// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

// recorded waits for the nth event about the content of a recording.
func (f *fixture) recorded(nth int) acs.GridEvent {
	f.Helper()
	return await(f, "RecordingFileStatusUpdated", func(deliveries []delivery) (acs.GridEvent, bool) {
		seen := 0
		for _, d := range deliveries {
			if d.method != http.MethodPost || !strings.HasPrefix(d.path, "/grid") {
				continue
			}
			events, err := acs.ParseEventGrid(d.body)
			f.ok(err)
			if events[0].RecordingFile != nil {
				if seen++; seen == nth {
					return events[0], true
				}
			}
		}
		return acs.GridEvent{}, false
	})
}

func (f *fixture) download(location string, part acs.ContentRange) []byte {
	f.Helper()
	content := got(f.client.DownloadRecording(f.Context(), location, part))(f)
	defer func() { _ = content.Close() }()
	return got(io.ReadAll(content))(f)
}

// TestTheContentOfARecording starts, pauses, resumes and stops a recording, and fetches, describes and deletes its content.
func TestTheContentOfARecording(t *testing.T) {
	for _, schema := range []simulator.GridSchema{simulator.GridSchemaEventGrid, simulator.GridSchemaCloudEvents} {
		bubble(t, resource(schema, answering(person)), func(f *fixture) {
			f.agreed(1)
			call := f.connected("call", number(person))
			id := call.CallConnectionID
			serverCallID := got(f.client.GetCall(f.Context(), id))(f).ServerCallID
			began := time.Now()
			started := got(f.client.StartRecording(f.Context(), acs.StartRecordingRequest{
				CallConnectionID: id, RecordingStateCallbackURI: f.webhook + "/callbacks/recording", RecordingContentType: "audio", RecordingFormatType: "wav",
			}, repeat()))(f)
			time.Sleep(3 * time.Second)
			f.ok(f.client.PauseRecording(f.Context(), started.RecordingID))
			time.Sleep(10 * time.Second)
			f.ok(f.client.ResumeRecording(f.Context(), started.RecordingID))
			time.Sleep(2 * time.Second)
			f.ok(f.client.StopRecording(f.Context(), started.RecordingID))
			event := f.recorded(1)
			want := []string{
				"RecordingStateChanged 200/0", "RecordingStateChanged 200/0", "RecordingStateChanged 200/0", "RecordingStateChanged 200/0",
			}
			if diff := cmp.Diff(want, f.media(id)); diff != "" {
				t.Errorf("each change of the state is told:\n%s", diff)
			}
			f.compareFile(event, started.RecordingID, serverCallID, call.CorrelationID, began)
			f.compareContent(event.RecordingFile.RecordingStorageInfo.RecordingChunks[0])
		})
	}
}

func (f *fixture) compareFile(event acs.GridEvent, recordingID, serverCallID, correlationID string, began time.Time) {
	f.Helper()
	if want := "/recording/call/" + correlationID + "/serverCallId/" + serverCallID + "/recordingId/" + recordingID; event.Subject != want {
		f.Errorf("the subject is %s, want %s", event.Subject, want)
	}
	chunk := event.RecordingFile.RecordingStorageInfo.RecordingChunks[0]
	at := f.base + "/v1/objects/" + chunk.DocumentID
	want := &acs.RecordingFileStatusUpdated{
		RecordingID: recordingID,
		RecordingStorageInfo: acs.RecordingStorageInfo{RecordingChunks: []acs.RecordingChunk{{
			DocumentID: chunk.DocumentID, ContentLocation: at + "/content/audio", MetadataLocation: at + "/content/acsmetadata", DeleteLocation: at,
			EndReason: "SessionEnded",
		}}},
		RecordingStartTime: began.UTC(), RecordingDurationMS: 5000, RecordingContentType: "Audio", RecordingChannelType: "Mixed",
		RecordingFormatType: "Wav", SessionEndReason: "RecordingStopped",
	}
	if diff := cmp.Diff(want, event.RecordingFile); diff != "" {
		f.Errorf("the event:\n%s", diff)
	}
}

func (f *fixture) compareContent(chunk acs.RecordingChunk) {
	f.Helper()
	whole := f.download(chunk.ContentLocation, acs.ContentRange{})
	// The samples are the last chunk, and have two bytes each, 16000 times a second, for 5 seconds.
	if size := 2 * 16000 * 5; !bytes.HasPrefix(whole, []byte("RIFF")) || int(binary.LittleEndian.Uint32(whole[4:])) != len(whole)-8 ||
		int(binary.LittleEndian.Uint32(whole[len(whole)-size-4:])) != size || !bytes.Contains(whole, []byte(chunk.DocumentID)) {
		f.Errorf("the content is no WAV file of 5 seconds with the document's ID: %d bytes, %.80q", len(whole), whole)
	}
	if diff := cmp.Diff(whole[4:12], f.download(chunk.ContentLocation, acs.ContentRange{Offset: 4, Length: 8})); diff != "" {
		f.Errorf("a range:\n%s", diff)
	}
	if diff := cmp.Diff(whole[100:], f.download(chunk.ContentLocation, acs.ContentRange{Offset: 100})); diff != "" {
		f.Errorf("the rest:\n%s", diff)
	}
	var metadata struct {
		ChunkDocumentID      string
		ChunkDuration        float64
		PauseResumeIntervals []struct{ StartTime, EndTime time.Time }
		Participants         []struct{ ParticipantID string }
		RecordingInfo        struct{ Format string }
	}
	decode(f, f.download(chunk.MetadataLocation, acs.ContentRange{}), &metadata)
	pauses := metadata.PauseResumeIntervals
	if metadata.ChunkDocumentID != chunk.DocumentID || metadata.ChunkDuration != 5000 || metadata.RecordingInfo.Format != "wav" ||
		len(pauses) != 1 || pauses[0].EndTime.Sub(pauses[0].StartTime) != 10*time.Second || len(metadata.Participants) != 2 || metadata.Participants[1].ParticipantID != "4:"+person {
		f.Errorf("the metadata are %+v", metadata)
	}
	f.ok(f.client.DeleteRecording(f.Context(), chunk.DeleteLocation))
	if _, err := f.client.DownloadRecording(f.Context(), chunk.ContentLocation, acs.ContentRange{}); !strings.HasPrefix(refusal(err), "404") {
		f.Errorf("a deleted content gives %v, want 404", err)
	}
}

func TestRecordingsOfTheirTime(t *testing.T) {
	bubble(t, resource(simulator.GridSchemaEventGrid, answering(person)), func(f *fixture) {
		f.agreed(1)
		id := f.connected("call", number(person)).CallConnectionID
		request := acs.StartRecordingRequest{CallConnectionID: id}
		got(f.client.StartRecording(f.Context(), request, repeat()))(f)
		if _, err := f.client.StartRecording(f.Context(), request, repeat()); refusal(err) != "400 8559" {
			t.Errorf("a second recording of a call gives %v, want 400 8559", err)
		}
		time.Sleep(time.Second)
		f.ok(f.client.HangUp(f.Context(), id))
		file := f.recorded(1).RecordingFile
		if file.SessionEndReason != "CallEnded" || file.RecordingFormatType != "Mp4" || file.RecordingContentType != "AudioVideo" {
			t.Errorf("a recording ends with the call, and is a video by default: %+v", file)
		}
		location := file.RecordingStorageInfo.RecordingChunks[0].ContentLocation
		if content := f.download(location, acs.ContentRange{}); string(content[4:8]) != "ftyp" {
			t.Errorf("the content is no MP4 file: %q", content)
		}
		unsigned, err := http.NewRequestWithContext(f.Context(), http.MethodGet, location, nil)
		f.ok(err)
		if got := f.send(unsigned); got.status != http.StatusUnauthorized {
			t.Errorf("a content is fetched without a signature: %d", got.status)
		}
		time.Sleep(25 * time.Hour)
		if _, err := f.client.DownloadRecording(f.Context(), location, acs.ContentRange{}); !strings.HasPrefix(refusal(err), "404") {
			t.Errorf("a content is kept for a day, then: %v", err)
		}
	})
}

func TestARecordingThatDoesNotStart(t *testing.T) {
	bubble(t, simulator.Options{Phones: []simulator.Phone{answering(person)}}, func(f *fixture) {
		id := f.connected("call", number(person)).CallConnectionID
		f.fault(map[string]any{"kind": "fail", "operation": "startRecording", "status": 400, "subCode": 8553, "count": 1})
		request := acs.StartRecordingRequest{CallConnectionID: id, RecordingStateCallbackURI: f.webhook + "/callbacks"}
		refused := got(f.client.StartRecording(f.Context(), request, repeat()))(f)
		failed, _ := f.event("StartRecordingFailed", id).Data.(*acs.StartRecordingFailed)
		if failed.RecordingID != refused.RecordingID || failed.ResultInformation.SubCode != 8553 {
			t.Errorf("the event is %+v, want one about %s with 8553", failed, refused.RecordingID)
		}
		if _, err := f.client.GetRecording(f.Context(), refused.RecordingID); refusal(err) != "404 8522" {
			t.Errorf("a recording that did not start gives %v, want 404 8522", err)
		}
		got(f.client.StartRecording(f.Context(), request, repeat()))(f)
	})
}

func TestRecordingFormats(t *testing.T) {
	bubble(t, simulator.Options{Phones: []simulator.Phone{answering(person)}}, func(f *fixture) {
		id := f.connected("call", number(person)).CallConnectionID
		for _, tc := range []struct {
			content, channel, format, want string
		}{
			{"audioVideo", "mixed", "mp4", ""},
			{"audioVideo", "mixed", "wav", "400 8557"},
			{"audioVideo", "unmixed", "mp4", "400 8557"},
			{"audio", "mixed", "mp3", ""},
			{"audio", "mixed", "mp4", "400 8557"},
			{"audio", "unmixed", "wav", ""},
			{"audio", "unmixed", "mp3", "400 8557"},
			{"audio", "unmixed", "", ""},
			{"smell", "", "", "400 8557"},
		} {
			started, err := f.client.StartRecording(f.Context(), acs.StartRecordingRequest{
				CallConnectionID: id, RecordingContentType: tc.content, RecordingChannelType: tc.channel, RecordingFormatType: tc.format,
			}, repeat())
			if got := refusal(err); got != tc.want {
				t.Errorf("%s, %s, %s: got %q, want %q", tc.content, tc.channel, tc.format, got, tc.want)
			}
			if err == nil {
				f.ok(f.client.StopRecording(f.Context(), started.RecordingID))
			}
		}
	})
}

func TestWhereContentsAre(t *testing.T) {
	for _, tc := range []struct {
		reason, storage string
		external        *acs.RecordingStorage
		want            string
	}{
		{reason: "at the address of the request", want: "https://acs.example.test/v1/objects/"},
		{reason: "where the option says", storage: "https://eu.asm.skype.com", want: "https://eu.asm.skype.com/v1/objects/"},
		{
			reason: "in a container of one's own", want: "https://b.example.test/recordings/",
			external: &acs.RecordingStorage{RecordingStorageKind: "azureBlobStorage", RecordingDestinationContainerURL: "https://b.example.test/recordings"},
		},
	} {
		options := resource(simulator.GridSchemaEventGrid, answering(person))
		options.StorageURL = tc.storage
		bubble(t, options, func(f *fixture) {
			f.agreed(1)
			id := f.connected("call", number(person)).CallConnectionID
			got(f.client.StartRecording(f.Context(), acs.StartRecordingRequest{CallConnectionID: id, ExternalStorage: tc.external}, repeat()))(f)
			f.ok(f.client.HangUp(f.Context(), id))
			chunk := f.recorded(1).RecordingFile.RecordingStorageInfo.RecordingChunks[0]
			if !strings.HasPrefix(chunk.ContentLocation, tc.want) {
				t.Errorf("%s: %s, want below %s", tc.reason, chunk.ContentLocation, tc.want)
			}
			if tc.external != nil {
				_, err := f.client.DownloadRecording(f.Context(), f.base+"/v1/objects/"+chunk.DocumentID+"/content/video", acs.ContentRange{})
				if !strings.HasPrefix(refusal(err), "404") {
					t.Errorf("%s: the service has it too: %v", tc.reason, err)
				}
			}
		})
	}
}

// TestContentsOverTheNetwork fetches a content from the loopback address at which the recording was requested.
func TestContentsOverTheNetwork(t *testing.T) {
	t.Parallel()
	f := serve(t, resource(simulator.GridSchemaEventGrid, answering(person)))
	f.agreed(1)
	id := f.connected("call", number(person)).CallConnectionID
	started := got(f.client.StartRecording(f.Context(), acs.StartRecordingRequest{CallConnectionID: id, RecordingContentType: "audio"}, repeat()))(f)
	f.ok(f.client.StopRecording(f.Context(), started.RecordingID))
	location := f.recorded(1).RecordingFile.RecordingStorageInfo.RecordingChunks[0].ContentLocation
	if !strings.HasPrefix(location, f.base+"/v1/objects/") {
		t.Errorf("the content is at %s, want below %s", location, f.base)
	}
	if content := f.download(location, acs.ContentRange{Length: 2}); !bytes.Equal(content, []byte{0xff, 0xfb}) {
		t.Errorf("the content is no MP3 file: it begins with %x", content)
	}
}
