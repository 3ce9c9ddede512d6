// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/asterisk/pbx"
	"github.com/call-operator/call-operator/test/devcontrolplane"
)

// speechServer starts the server of config/asterisk/speech, and returns its URL.
func speechServer(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		t.Skip("the speech server needs the package espeak-ng")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := listener.Addr().(*net.TCPAddr)
	must(t, listener.Close())
	server := exec.Command("python3", filepath.Join(devcontrolplane.Root(), "config", "asterisk", "speech", "speech.py"), address.IP.String(), fmt.Sprint(address.Port))
	must(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	url := "http://" + address.String()
	await(t, "the speech server answers", func(ctx context.Context) (bool, error) {
		_, _, err := fetch(ctx, url+"/say?text=ready")
		return err == nil, nil
	})
	return url
}

func fetch(ctx context.Context, url string) (status int, contents []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	contents, err = io.ReadAll(response.Body)
	return response.StatusCode, contents, err
}

// TestSpeechServer: a phone hears what the speech server reads out.
func TestSpeechServer(t *testing.T) {
	t.Parallel()
	pbx.Require(t)
	url := speechServer(t)
	for query, want := range map[string]int{
		"/say?text=Good+morning&locale=en-GB": http.StatusOK, "/say?text=Guten+Tag&locale=de-DE": http.StatusOK, "/say?text=Hello&locale=&voice=": http.StatusOK,
		"/say": http.StatusBadRequest, "/other?text=Hello": http.StatusBadRequest, "/say?text=Hello&voice=nobody": http.StatusInternalServerError,
	} {
		status, contents, err := fetch(t.Context(), url+query)
		if err != nil || status != want {
			t.Errorf("%s answers %d (%v), want %d", query, status, err, want)
		}
		if sound := pbx.SoundIn(contents); want == http.StatusOK && (sound.Rate != 8000 || !audible(sound)) {
			t.Errorf("%s answers %d samples, %d a second, want some that can be heard, 8000 a second", query, len(sound.Samples), sound.Rate)
		}
	}

	w := newWorld(t, options{endpoint: carrier, speech: url + "/say?text=$(text)&locale=$(locale)&voice=$(voice)"})
	w.start(t)
	ada := w.phone(t, "ada", pbx.PhoneOptions{})
	w.Create(t, w.World.Call("call", ada.Number))
	w.AwaitCondition(t, "call", v1alpha1.ConditionConnected)
	if sound, err := ada.Heard(); err != nil || audible(sound) {
		t.Errorf("ada hears something before anything is said (%v)", err)
	}
	w.act(t, "say", "call", v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{
		Text: "Good morning, Ada & Ben. You have an appointment on Monday at ten, and another one on Tuesday at eleven.", Locale: "en-GB",
	}}})
	await(t, "ada hears a voice", func(context.Context) (bool, error) {
		sound, err := ada.Heard()
		return audible(sound), err
	})
	w.acted(t, "say", v1alpha1.ActionCompleted)
	must(t, ada.HangUp(t.Context()))
	w.over(t, "call")
}

// audible tells whether a sound is more than silence.
func audible(sound pbx.Sound) bool {
	const least = 0.0001
	var energy float64
	for _, sample := range sound.Samples {
		energy += sample * sample
	}
	return len(sound.Samples) > 0 && energy/float64(len(sound.Samples)) > least
}
