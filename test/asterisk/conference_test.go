// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/asterisk/pbx"
	"github.com/call-operator/call-operator/test/devcontrolplane"
	"github.com/call-operator/call-operator/test/harness"
)

// tones are what the phones play, so that it is known who is heard.
var tones = map[string]int{"ada": 440, "ben": 550, "cleo": 660, "dora": 770}

// others are all tones but a phone's own.
func others(name string) []int {
	var rest []int
	for other, hertz := range tones {
		if other != name {
			rest = append(rest, hertz)
		}
	}
	return rest
}

// TestConference calls four phones, and moves all of them into one call. Each hears the three others.
func TestConference(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{endpoint: carrier})
	m := w.start(t)
	phones := map[string]*pbx.Phone{}
	for name, hertz := range tones {
		phones[name] = w.phone(t, name, pbx.PhoneOptions{Hertz: hertz})
		w.Create(t, w.World.Call(name, phones[name].Number))
	}
	for name := range tones {
		w.AwaitRoster(t, name, 1)
	}
	for name := range tones {
		if name != "ada" {
			w.CreateMove(t, w.Move(name, name, "ada", phones[name].Number))
		}
	}
	for name := range tones {
		if name == "ada" {
			continue
		}
		if move := w.AwaitMoveEnd(t, name); move.Status.Result.Outcome != v1alpha1.MoveOutcomeMoved {
			t.Errorf("%s's move ended as %+v, want Moved", name, move.Status.Result)
		}
		if result := w.over(t, name); result.Outcome != v1alpha1.OutcomeCompleted {
			t.Errorf("the call that %s has left ended as %+v, want Completed", name, result)
		}
	}
	w.AwaitRoster(t, "ada", 4)
	for name, phone := range phones {
		must(t, phone.AwaitHears(t.Context(), others(name), tones[name]))
	}
	// One leaves, and the others stay.
	must(t, phones["dora"].HangUp(t.Context()))
	w.AwaitRoster(t, "ada", 3)
	must(t, phones["ada"].AwaitHears(t.Context(), []int{tones["ben"], tones["cleo"]}, tones["dora"]))
	w.Delete(t, "ada")
	w.AwaitGone(t, "ada")
	w.awaitNoChannel(t)
	for name, phone := range phones {
		if phone.Rings() != 1 {
			t.Errorf("%s rang %d times, want once", name, phone.Rings())
		}
	}
	w.CheckQuiet(t, m)
}

// TestMultipleDialOut plays the sample of that name. Its two people are phones here, since Asterisk has no users of ACS; all else is
// as it is shipped.
func TestMultipleDialOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{endpoint: carrier, numbers: []string{"+14255550110", "+14255550111", "+14255550112"}})
	m := w.start(t)
	people := map[string]*pbx.Phone{}
	for route, name := range map[string]string{"to-person-2": "ben", "to-person-3": "cleo"} {
		people[route] = w.phone(t, name, pbx.PhoneOptions{Hertz: tones[name]})
	}
	for _, object := range sample(t, "multiple-dial-out", "routes.yaml", "calls.yaml", "moves.yaml") {
		object.SetNamespace(w.Namespace)
		if phone := people[object.GetName()]; phone != nil {
			must(t, unstructured.SetNestedStringMap(object.Object, map[string]string{"phoneNumber": phone.Number}, "spec", "action", "redirect", "to"))
		}
		must(t, w.Client.Create(t.Context(), object))
	}
	for _, name := range []string{"move-2", "move-3"} {
		if move := w.AwaitMoveEnd(t, name); move.Status.Result.Outcome != v1alpha1.MoveOutcomeMoved {
			t.Errorf("%s ended as %+v, want Moved", name, move.Status.Result)
		}
	}
	conference := w.conference(t)
	w.AwaitRoster(t, conference, 3) // Both people were called by one number, which has a suffix the second time.
	for _, name := range []string{"call-2", "call-3"} {
		if result := w.over(t, name); result.Outcome != v1alpha1.OutcomeCompleted {
			t.Errorf("%s ended as %+v, want Completed: its participant was moved", name, result)
		}
	}
	must(t, people["to-person-2"].AwaitHears(t.Context(), []int{tones["cleo"]}, tones["ben"]))
	must(t, people["to-person-3"].AwaitHears(t.Context(), []int{tones["ben"]}, tones["cleo"]))
	checkRangOnce(t, people["to-person-2"], people["to-person-3"])
	w.hangUpAll(t, m, conference)
}

// TestConferenceDialOut plays the sample of that name: one DialOut calls two phones, and moves both into the user's call.
func TestConferenceDialOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{endpoint: carrier, numbers: []string{"+14255550110", "+14255550111"}})
	m := w.start(t)
	people := []*pbx.Phone{w.phone(t, "ben", pbx.PhoneOptions{Hertz: tones["ben"]}), w.phone(t, "cleo", pbx.PhoneOptions{Hertz: tones["cleo"]})}
	for _, object := range sample(t, "conference-dial-out", "conference.yaml", "invitations.yaml") {
		object.SetNamespace(w.Namespace)
		if object.GetKind() == "DialOut" {
			var targets []any
			for _, phone := range people {
				targets = append(targets, map[string]any{"name": phone.Name, "to": map[string]any{"phoneNumber": phone.Number}})
			}
			must(t, unstructured.SetNestedSlice(object.Object, targets, "spec", "targets"))
		}
		must(t, w.Client.Create(t.Context(), object))
	}
	dialOut := w.AwaitDialOutEnd(t, "invitations", v1alpha1.DialOutAllCalled)
	if counts := dialOut.Status.Counts; int(counts.Done) != len(people) {
		t.Errorf("counts are %+v, want %d done", counts, len(people))
	}
	conference := w.conference(t)
	w.AwaitRoster(t, conference, int32(1+len(people)))
	must(t, people[0].AwaitHears(t.Context(), []int{tones["cleo"]}, tones["ben"]))
	must(t, people[1].AwaitHears(t.Context(), []int{tones["ben"]}, tones["cleo"]))
	checkRangOnce(t, people...)
	w.hangUpAll(t, m, conference)
}

// conference is the name of the one Call that has the label of the conference.
func (w *world) conference(t *testing.T) string {
	t.Helper()
	var calls v1alpha1.CallList
	must(t, w.Client.List(t.Context(), &calls, client.InNamespace(w.Namespace), client.MatchingLabels{"call": "conference"}))
	if len(calls.Items) != 1 {
		t.Fatalf("%d Calls have the label call=conference, want 1", len(calls.Items))
	}
	return calls.Items[0].Name
}

func checkRangOnce(t *testing.T, people ...*pbx.Phone) {
	t.Helper()
	for _, phone := range people {
		if phone.Rings() != 1 {
			t.Errorf("%s rang %d times, want once", phone.Name, phone.Rings())
		}
	}
}

// hangUpAll deletes all Calls, and checks that nothing is left of the conference and the user's call.
func (w *world) hangUpAll(t *testing.T, m *harness.Manager, conference string) {
	t.Helper()
	must(t, w.Client.DeleteAllOf(t.Context(), &v1alpha1.Call{}, client.InNamespace(w.Namespace)))
	w.AwaitGone(t, conference)
	w.AwaitGone(t, "user-call")
	w.awaitNoChannel(t)
	w.CheckQuiet(t, m)
}

// sample are the objects of a sample's files.
func sample(t *testing.T, name string, files ...string) []*unstructured.Unstructured {
	t.Helper()
	var objects []*unstructured.Unstructured
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(devcontrolplane.Root(), "config", "samples", name, file))
		must(t, err)
		documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
		for {
			document, err := documents.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			must(t, err)
			object := &unstructured.Unstructured{}
			must(t, utilyaml.Unmarshal(document, object))
			objects = append(objects, object)
		}
	}
	return objects
}
