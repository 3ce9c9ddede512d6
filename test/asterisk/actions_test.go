// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
	telephonyasterisk "github.com/call-operator/call-operator/telephony/asterisk"
	"github.com/call-operator/call-operator/test/asterisk/pbx"
	"github.com/call-operator/call-operator/test/harness"
)

// The tones of what is played; those of phones are others.
const (
	fileTone   = 1000
	speechTone = 1500
)

// longFile is how long a sound is that a test does not wait for.
const longFile = time.Minute

// sounds is a server of sounds: /file.wav is a tone of three seconds, /long.wav of a minute, and /say reads text, as another tone.
type sounds struct {
	*httptest.Server
	mu   sync.Mutex
	said []string
}

func newSounds(t testing.TB) *sounds {
	t.Helper()
	s := &sounds{}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, sound pbx.Sound) {
		w.Header().Set("Content-Type", "audio/wav")
		_, _ = w.Write(sound.WAV())
	}
	mux.HandleFunc("/file.wav", func(w http.ResponseWriter, _ *http.Request) { answer(w, pbx.Tone(fileTone, 3*time.Second)) })
	mux.HandleFunc("/long.wav", func(w http.ResponseWriter, _ *http.Request) { answer(w, pbx.Tone(fileTone, longFile)) })
	mux.HandleFunc("/say", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.said = append(s.said, r.URL.Query().Get("text")+" in "+r.URL.Query().Get("locale"))
		s.mu.Unlock()
		answer(w, pbx.Tone(speechTone, 2*time.Second))
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// file is a prompt that sounds like a tone for three seconds.
func (s *sounds) file() v1alpha1.Prompt { return v1alpha1.Prompt{File: s.URL + "/file.wav"} }

// long is a prompt that sounds like a tone for a minute.
func (s *sounds) long() v1alpha1.Prompt { return v1alpha1.Prompt{File: s.URL + "/long.wav"} }

func (s *sounds) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.said...)
}

// act creates a CallAction on a Call.
func (w *world) act(t testing.TB, name, call string, operation v1alpha1.CallOperation) {
	t.Helper()
	must(t, w.Client.Create(t.Context(), &v1alpha1.CallAction{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name},
		Spec:       v1alpha1.CallActionSpec{Call: v1alpha1.CallReference{Name: call}, CallOperation: operation},
	}))
}

// action is a CallAction once it is as wanted.
func (w *world) action(t testing.TB, name, what string, is func(*v1alpha1.CallActionStatus) bool) *v1alpha1.CallActionStatus {
	t.Helper()
	action := &v1alpha1.CallAction{}
	defer func() {
		if t.Failed() {
			t.Logf("%s is %+v, result %+v, waits %+v", name, action.Status, action.Status.Result, action.Status.Waiting)
		}
	}()
	await(t, name+" "+what, func(ctx context.Context) (bool, error) {
		err := w.Client.Get(ctx, client.ObjectKey{Namespace: w.Namespace, Name: name}, action)
		return err == nil && is(&action.Status), client.IgnoreNotFound(err)
	})
	return &action.Status
}

// acted is the status of a CallAction that is over, with an outcome.
func (w *world) acted(t testing.TB, name string, want v1alpha1.ActionOutcome) *v1alpha1.CallActionStatus {
	t.Helper()
	status := w.action(t, name, "is over", (*v1alpha1.CallActionStatus).Over)
	if status.Result.Outcome != want {
		t.Errorf("%s ended as %+v, want %s", name, status.Result, want)
	}
	return status
}

// acts is act, and then acted.
func (w *world) acts(t testing.TB, name, call string, operation v1alpha1.CallOperation, want v1alpha1.ActionOutcome) *v1alpha1.CallActionStatus {
	t.Helper()
	w.act(t, name, call, operation)
	return w.acted(t, name, want)
}

// listens waits until an action is carried out by Asterisk.
func (w *world) listens(t testing.TB, name string) {
	t.Helper()
	w.action(t, name, "was accepted", func(status *v1alpha1.CallActionStatus) bool { return status.Accepted })
}

// inCall is a world in which a phone is in a call.
func inCall(t *testing.T, sounds *sounds, name string) (*world, *pbx.Phone) {
	t.Helper()
	w := newWorld(t, options{endpoint: carrier, speech: sounds.URL + "/say?text=$(text)&locale=$(locale)"})
	w.start(t)
	phone := w.phone(t, name, pbx.PhoneOptions{Hertz: tones[name]})
	w.Create(t, w.World.Call("call", phone.Number))
	w.AwaitCondition(t, "call", v1alpha1.ConditionConnected)
	return w, phone
}

// TestPlayInCall: a phone hears a file and text, each once, and a loop until it is stopped.
func TestPlayInCall(t *testing.T) {
	t.Parallel()
	sounds := newSounds(t)
	w, ada := inCall(t, sounds, "ada")
	play := func(operation v1alpha1.PlayOperation) v1alpha1.CallOperation {
		return v1alpha1.CallOperation{Play: &operation}
	}
	w.act(t, "file", "call", play(v1alpha1.PlayOperation{Prompt: sounds.file()}))
	must(t, ada.AwaitHears(t.Context(), []int{fileTone}))
	w.acted(t, "file", v1alpha1.ActionCompleted)
	w.act(t, "text", "call", play(v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Hello, you & me", Locale: "en-GB"}}))
	must(t, ada.AwaitHears(t.Context(), []int{speechTone}))
	w.acted(t, "text", v1alpha1.ActionCompleted)
	if said := sounds.all(); len(said) != 1 || said[0] != "Hello, you & me in en-GB" {
		t.Errorf("the speech service was asked for %q", said)
	}
	w.acts(t, "unknown", "call", play(v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{File: "sound:nothing-of-that-name"}}), v1alpha1.ActionFailed)
	w.acts(t, "ssml", "call", play(v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{SSML: "<speak>Hello</speak>"}}), v1alpha1.ActionFailed)
	began := time.Now()
	w.acts(t, "loop", "call", play(v1alpha1.PlayOperation{Prompt: sounds.long(), Loop: true}), v1alpha1.ActionCompleted)
	must(t, ada.AwaitHears(t.Context(), []int{fileTone}))
	w.act(t, "interrupted", "call", play(v1alpha1.PlayOperation{Prompt: sounds.long(), Interrupt: true}))
	w.listens(t, "interrupted")
	w.acts(t, "cancel", "call", v1alpha1.CallOperation{CancelMedia: &v1alpha1.CancelMediaOperation{}}, v1alpha1.ActionCompleted)
	w.acted(t, "interrupted", v1alpha1.ActionCancelled)
	w.act(t, "after", "call", play(v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Good bye"}}))
	must(t, ada.AwaitHears(t.Context(), []int{speechTone}, fileTone))
	w.acted(t, "after", v1alpha1.ActionCompleted)
	if time.Since(began) > longFile {
		t.Errorf("what was interrupted and stopped was played to its end")
	}
	// What is played when the call ends, ends with it.
	w.act(t, "cut", "call", play(v1alpha1.PlayOperation{Prompt: sounds.file()}))
	w.listens(t, "cut")
	must(t, ada.HangUp(t.Context()))
	w.acted(t, "cut", v1alpha1.ActionCallEnded)
	if result := w.over(t, "call"); result.Outcome != v1alpha1.OutcomeCompleted {
		t.Errorf("the call ended as %+v", result)
	}
}

// TestAskInCall: what is pressed is the answer to the question that was asked.
func TestAskInCall(t *testing.T) {
	t.Parallel()
	sounds := newSounds(t)
	w, ada := inCall(t, sounds, "ada")
	seconds := func(n int32) *int32 { return &n }
	ask := func(operation v1alpha1.RecognizeOperation) v1alpha1.CallOperation {
		return v1alpha1.CallOperation{Recognize: &operation}
	}
	prompt := sounds.file()
	choices := []v1alpha1.Choice{{Label: "confirm", Tone: "1"}, {Label: "cancel", Tone: "2"}}
	// A key stops the prompt.
	long, began := sounds.long(), time.Now()
	w.act(t, "choice", "call", ask(v1alpha1.RecognizeOperation{Prompt: &long, Choices: choices}))
	must(t, ada.AwaitHears(t.Context(), []int{fileTone}))
	must(t, ada.Press(t.Context(), "2"))
	if answer := w.acted(t, "choice", v1alpha1.ActionCompleted).Answer; answer == nil || answer.Label != "cancel" || answer.Tones != "2" {
		t.Errorf("the answer is %+v, want cancel", answer)
	}
	// A key that nothing listens for answers nothing.
	must(t, ada.Press(t.Context(), "1"))
	w.acts(t, "after", "call", v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Thank you"}}}, v1alpha1.ActionCompleted)
	if time.Since(began) > longFile {
		t.Errorf("the key did not stop the prompt")
	}
	w.acts(t, "silent", "call", ask(v1alpha1.RecognizeOperation{Choices: choices, InitialSilenceTimeoutSeconds: seconds(1)}), v1alpha1.ActionNoInput)
	w.act(t, "wrong", "call", ask(v1alpha1.RecognizeOperation{Choices: choices}))
	w.listens(t, "wrong")
	must(t, ada.Press(t.Context(), "9"))
	w.acted(t, "wrong", v1alpha1.ActionNoMatch)
	// Several keys, to a stop tone, to the most, and with too long a pause.
	keys := v1alpha1.ToneInput{Max: seconds(4), StopTones: "#", InterToneTimeoutSeconds: seconds(2)}
	for _, c := range []struct {
		name, press string
		outcome     v1alpha1.ActionOutcome
		tones       v1alpha1.Tones
	}{
		{"stop-tone", "12#", v1alpha1.ActionCompleted, "12"}, {"most", "3456", v1alpha1.ActionCompleted, "3456"}, {"pause", "7", v1alpha1.ActionNoInput, ""},
	} {
		w.act(t, c.name, "call", ask(v1alpha1.RecognizeOperation{Tones: &keys}))
		w.listens(t, c.name)
		must(t, ada.Press(t.Context(), c.press))
		got := v1alpha1.Tones("")
		if answer := w.acted(t, c.name, c.outcome).Answer; answer != nil {
			got = answer.Tones
		}
		if got != c.tones {
			t.Errorf("%s: the answer is %q, want %q", c.name, got, c.tones)
		}
	}
	// A secret is in a Secret.
	w.act(t, "pin", "call", ask(v1alpha1.RecognizeOperation{Tones: &keys, Sensitive: true}))
	w.listens(t, "pin")
	must(t, ada.Press(t.Context(), "4711"))
	answer := w.acted(t, "pin", v1alpha1.ActionCompleted).Answer
	secret := &corev1.Secret{}
	must(t, w.Client.Get(t.Context(), client.ObjectKey{Namespace: w.Namespace, Name: answer.SecretName}, secret))
	if string(secret.Data["tones"]) != "4711" || answer.Tones != "" {
		t.Errorf("the Secret has %q, and the status %+v", secret.Data, answer)
	}
	// Keys during a prompt that is not to be stopped are dropped.
	w.act(t, "patient", "call", ask(v1alpha1.RecognizeOperation{Prompt: &prompt, Choices: choices, IgnoreInputDuringPrompt: true}))
	must(t, ada.AwaitHears(t.Context(), []int{fileTone}))
	must(t, ada.Press(t.Context(), "1"))
	must(t, ada.AwaitHears(t.Context(), nil, fileTone))
	must(t, ada.Press(t.Context(), "2"))
	if answer := w.acted(t, "patient", v1alpha1.ActionCompleted).Answer; answer == nil || answer.Label != "cancel" {
		t.Errorf("the answer is %+v, want cancel", answer)
	}
	w.acts(t, "tones", "call", v1alpha1.CallOperation{SendTones: &v1alpha1.SendTonesOperation{Tones: "12#"}}, v1alpha1.ActionCompleted)
	await(t, "ada hears three tones", func(context.Context) (bool, error) { return ada.TonesHeard() == 3, nil })
}

// downloaded is the sound of a recording as Asterisk's REST interface gives it out.
func (w *world) downloaded(t testing.TB, recording *v1alpha1.CallActionStatus) (pbx.Sound, error) {
	t.Helper()
	var provider v1alpha1.CallProvider
	must(t, w.Client.Get(t.Context(), client.ObjectKey{Namespace: w.Namespace, Name: harness.ProviderName}, &provider))
	service, _, err := (&telephonyasterisk.Adapter{}).Connect(&provider, map[string][]byte{"username": []byte(pbx.Username), "password": []byte(w.Password())}, telephony.Observer{
		Begin: func(context.Context, string) func(int) { return func(int) {} }, Answered: func(telephony.Answered) {},
	})
	must(t, err)
	content, err := service.(telephony.RecordingReader).ReadRecording(t.Context(), recording.RecordingFiles[0].ContentLocation)
	must(t, err)
	defer func() { _ = content.Close() }()
	contents, err := io.ReadAll(content)
	return pbx.SoundIn(contents), err
}

// TestParticipantsInCall: somebody is called into a call, recorded, put on hold, removed; and who does not answer ends no call.
func TestParticipantsInCall(t *testing.T) {
	t.Parallel()
	sounds := newSounds(t)
	w, ada := inCall(t, sounds, "ada")
	ben := w.phone(t, "ben", pbx.PhoneOptions{Hertz: tones["ben"]})
	id := func(number string) v1alpha1.Identifier {
		return v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(number)}
	}
	add := func(number string) v1alpha1.CallOperation {
		return v1alpha1.CallOperation{AddParticipant: &v1alpha1.AddParticipantOperation{Participant: id(number)}}
	}
	w.acts(t, "busy", "call", add(number("486")), v1alpha1.ActionBusy)
	w.act(t, "ringing", "call", add(number("180")))
	w.awaitInvites(t, number("180"), 1)
	must(t, w.Client.Delete(t.Context(), &v1alpha1.CallAction{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "ringing"}}))
	await(t, "it rings no more", func(ctx context.Context) (bool, error) {
		printed, err := w.CLI(ctx, "core show channels concise")
		return !strings.Contains(printed, number("180")), err
	})
	record := func(command v1alpha1.RecordCommand) v1alpha1.CallOperation {
		return v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{Command: command}}
	}
	w.act(t, "record", "call", record(v1alpha1.RecordStart))
	w.action(t, "record", "has begun", func(status *v1alpha1.CallActionStatus) bool { return status.StartTime != nil })
	w.acts(t, "add", "call", add(ben.Number), v1alpha1.ActionCompleted)
	w.AwaitRoster(t, "call", 2)
	must(t, ada.AwaitHears(t.Context(), []int{tones["ben"]}))
	must(t, ben.AwaitHears(t.Context(), []int{tones["ada"]}))
	w.checkInvites(t, number("486"), 1)
	if ben.Rings() != 1 {
		t.Errorf("ben rang %d times, want once", ben.Rings())
	}
	// Everybody hears what is played to the call, and one alone what is played to one.
	prompt := sounds.file()
	w.act(t, "all", "call", v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: prompt}})
	must(t, ada.AwaitHears(t.Context(), []int{fileTone, tones["ben"]}))
	must(t, ben.AwaitHears(t.Context(), []int{fileTone}))
	w.acted(t, "all", v1alpha1.ActionCompleted)
	w.act(t, "one", "call", v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: prompt, To: []v1alpha1.Identifier{id(ben.Number)}}})
	must(t, ben.AwaitHears(t.Context(), []int{fileTone}))
	must(t, ada.AwaitHears(t.Context(), nil, fileTone))
	w.acted(t, "one", v1alpha1.ActionCompleted)
	// A question in a conference.
	w.act(t, "ask", "call", v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{Prompt: &prompt, Tones: &v1alpha1.ToneInput{}}})
	must(t, ada.AwaitHears(t.Context(), []int{fileTone}))
	must(t, ada.Press(t.Context(), "5"))
	w.acted(t, "ask", v1alpha1.ActionCompleted)
	// On hold, ben hears the music only, and ada hears nobody.
	who := id(ben.Number)
	w.acts(t, "hold", "call", v1alpha1.CallOperation{Hold: &v1alpha1.HoldOperation{Participant: &who, Music: &prompt}}, v1alpha1.ActionCompleted)
	must(t, ben.AwaitHears(t.Context(), []int{fileTone}, tones["ada"]))
	must(t, ada.AwaitHears(t.Context(), nil, tones["ben"], fileTone))
	w.acts(t, "unhold", "call", v1alpha1.CallOperation{Unhold: &v1alpha1.UnholdOperation{Participant: &who}}, v1alpha1.ActionCompleted)
	must(t, ben.AwaitHears(t.Context(), []int{tones["ada"]}, fileTone))
	must(t, ada.AwaitHears(t.Context(), []int{tones["ben"]}))
	w.acts(t, "mute", "call", v1alpha1.CallOperation{Mute: &v1alpha1.MuteOperation{Participant: who}}, v1alpha1.ActionCompleted)
	must(t, ada.AwaitHears(t.Context(), nil, tones["ben"]))
	must(t, ben.AwaitHears(t.Context(), []int{tones["ada"]}))
	w.acts(t, "stop", "call", record(v1alpha1.RecordStop), v1alpha1.ActionCompleted)
	recording := w.acted(t, "record", v1alpha1.ActionCompleted)
	if files := recording.RecordingFiles; len(files) != 1 || !strings.HasSuffix(files[0].ContentLocation, "/file") {
		t.Fatalf("the recording is %+v, want one file", files)
	}
	sound, err := w.downloaded(t, recording)
	must(t, err)
	for _, hertz := range []int{tones["ada"], tones["ben"], fileTone} {
		if share := sound.Share(hertz); share < 0.01 {
			t.Errorf("%d Hz are %.3f of the recording", hertz, share)
		}
	}
	w.acts(t, "remove", "call", v1alpha1.CallOperation{RemoveParticipant: &v1alpha1.RemoveParticipantOperation{Participant: who}}, v1alpha1.ActionCompleted)
	w.AwaitRoster(t, "call", 1)
	// The call's end ends what rings in it.
	w.act(t, "late", "call", add(number("180")))
	w.awaitInvites(t, number("180"), 2)
	must(t, ada.HangUp(t.Context()))
	w.acted(t, "late", v1alpha1.ActionCallEnded)
	w.awaitNoChannel(t)
}

// TestTransferInCall: a participant talks to somebody else, and the Call is over.
func TestTransferInCall(t *testing.T) {
	t.Parallel()
	w, ada := inCall(t, newSounds(t), "ada")
	ben := w.phone(t, "ben", pbx.PhoneOptions{Hertz: tones["ben"]})
	w.acts(t, "transfer", "call", v1alpha1.CallOperation{
		Transfer: &v1alpha1.TransferOperation{To: v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(ben.Number)}},
	}, v1alpha1.ActionCompleted)
	if result := w.over(t, "call"); result.Outcome != v1alpha1.OutcomeCompleted {
		t.Errorf("the call ended as %+v, want Completed", result)
	}
	must(t, ada.AwaitHears(t.Context(), []int{tones["ben"]}))
	must(t, ben.AwaitHears(t.Context(), []int{tones["ada"]}))
	must(t, ada.HangUp(t.Context()))
	w.awaitNoChannel(t)
}

// TestQuestionSurvivesRestarts: nobody is asked twice, and keys that are pressed while neither manager nor receiver runs are the answer.
func TestQuestionSurvivesRestarts(t *testing.T) {
	t.Parallel()
	sounds := newSounds(t)
	w := newWorld(t, options{endpoint: carrier})
	manager := w.start(t)
	ada := w.phone(t, "ada", pbx.PhoneOptions{Hertz: tones["ada"]})
	w.Create(t, w.World.Call("call", ada.Number))
	w.AwaitCondition(t, "call", v1alpha1.ConditionConnected)
	prompt, most, between := sounds.file(), int32(3), int32(30)
	w.act(t, "ask", "call", v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{
		Prompt: &prompt, Tones: &v1alpha1.ToneInput{Max: &most, InterToneTimeoutSeconds: &between},
	}})
	w.listens(t, "ask")
	must(t, ada.AwaitHears(t.Context(), []int{fileTone}))
	must(t, ada.Press(t.Context(), "1"))
	w.receiver.Stop(t)
	manager.Kill(t)
	must(t, ada.Press(t.Context(), "23"))
	w.receiver = w.StartReceiver(t, nil)
	w.StartManager(t, w.managerOptions())
	if answer := w.acted(t, "ask", v1alpha1.ActionCompleted).Answer; answer == nil || answer.Tones != "123" {
		t.Errorf("the answer is %+v, want 123", answer)
	}
}
