// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/localplane"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// sample is a folder of config/samples, as a whole.
type sample struct {
	name string
	// files are applied in this order.
	files   []string
	numbers []string
	limit   int32
	// users are people in apps, who answer.
	users []string
	// deafness says that the sample's end does not depend on how calls ended that were over before a receiver was back.
	// Where it does, what a receiver's death may cost is a matter of test/faults.
	deafness bool
	// live does what happens outside, and returns when all is over.
	live func(t *testing.T, w *harness.World, objects []*unstructured.Unstructured)
}

const (
	lobbyNumber, lobbyAgent, lobbyCaller = "+14255550120", "+442079460130", "+442079460131"

	// cutsOfASample is how many requests of a process are cut points, unless CUTS says otherwise.
	cutsOfASample = 4
)

func samples() []sample {
	return []sample{
		{name: "first-calls", files: []string{"calls.yaml"}, numbers: []string{"+14255550100"}, limit: 2, live: liveFirstCalls},
		{
			name: "multiple-dial-out", files: []string{"routes.yaml", "calls.yaml", "moves.yaml"},
			numbers: []string{"+14255550110", "+14255550111", "+14255550112"}, users: []string{person2, person3}, deafness: true,
			live: liveMultipleDialOut,
		},
		{name: "lobby", files: []string{"lobby.yaml"}, numbers: []string{lobbyNumber, "+14255550121"}, deafness: true, live: liveLobby},
	}
}

// TestSamplesAreCutEverywhere plays each sample with a manager, and then with a receiver, that dies before, after or in
// the middle of a request, and has another one take its place. The requests are those of a run in which nobody dies.
func TestSamplesAreCutEverywhere(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			ofManager, ofReceiver := s.record(t)
			t.Logf("%d requests of the manager, %d of the receiver", len(ofManager), len(ofReceiver))
			t.Run("manager", func(t *testing.T) {
				harness.CutEverywhere(t, harness.Some(ofManager, cutsOfASample), func(t *testing.T, cut *harness.Cut) bool { return s.play(t, cut, nil) })
			})
			if !s.deafness {
				return
			}
			t.Run("receiver", func(t *testing.T) {
				harness.CutEverywhere(t, harness.Some(ofReceiver, cutsOfASample), func(t *testing.T, cut *harness.Cut) bool { return s.play(t, nil, cut) })
			})
		})
	}
}

// world is a World with the sample's provider and phones, and no process but the service.
func (s *sample) world(t *testing.T) *harness.World {
	t.Helper()
	w := harness.New(t, plane, harness.Options{
		ResourceID: harness.ResourceID, Numbers: s.numbers, MaxConcurrent: s.limit, EventGrid: simulator.GridSchemaEventGrid, NoReceiver: true,
	})
	phones, err := os.ReadFile(filepath.Join(localplane.Root(), "config", "samples", s.name, "phones.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := simulator.ParsePhones(phones)
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range s.users {
		parsed = append(parsed, simulator.Phone{User: user, Answer: &simulator.After{}})
	}
	for _, phone := range parsed {
		w.Sim.SetPhone(t, phone)
	}
	return w
}

// record plays the sample and returns the requests of both processes from the first object on.
func (s *sample) record(t *testing.T) (ofManager, ofReceiver []harness.Request) {
	t.Helper()
	w := s.world(t)
	r := w.StartReceiver(t, nil)
	m := w.StartManager(t, harness.ManagerOptions{Poll: poll})
	w.AwaitProvider(t)
	before := len(m.Gate.Sent())
	s.applyAndLive(t, w)
	ofManager = slices.DeleteFunc(slices.Clone(m.Gate.Sent()[before:]), func(q harness.Request) bool {
		return q.Name == "PUT callproviders/status" || q.Name == "PATCH callproviders" || q.Name == "getCall" || q.Name == "getParticipants"
	})
	ofReceiver = slices.Clone(r.Gate.Sent())
	endAll(t, w)
	return ofManager, ofReceiver
}

// play plays the sample with processes that die at their cuts, and says whether one did.
func (s *sample) play(t *testing.T, ofManager, ofReceiver *harness.Cut) bool {
	t.Helper()
	w := s.world(t)
	receiver := w.StartMortalReceiver(t, ofReceiver)
	managers := w.StartMortal(t, harness.ManagerOptions{Poll: poll, Cut: ofManager})
	w.AwaitProvider(t)
	s.applyAndLive(t, w)
	endAll(t, w)
	last := managers.Survivor(t)
	w.CheckQuiet(t, last)
	return last != managers.First || receiver.Gate.WasCut()
}

func (s *sample) applyAndLive(t *testing.T, w *harness.World) {
	t.Helper()
	w.Sim.AwaitSubscription(t)
	objects := manifests(t, w, s.name, s.files...)
	for _, object := range objects {
		apply(t, w, object)
	}
	s.live(t, w, objects)
}

// liveFirstCalls awaits the outcomes that the manifests name.
func liveFirstCalls(t *testing.T, w *harness.World, objects []*unstructured.Unstructured) {
	t.Helper()
	for _, object := range objects {
		call := w.Await(t, object.GetName(), "it is over", func(call *v1alpha1.Call) bool { return call.Status.Result != nil })
		if want := object.GetAnnotations()["demo.call-operator.dev/expected-outcome"]; string(call.Status.Result.Outcome) != want {
			t.Errorf("%s ended as %s, want %s", object.GetName(), call.Status.Result.Outcome, want)
		}
	}
}

// liveMultipleDialOut awaits both moves and the conference.
func liveMultipleDialOut(t *testing.T, w *harness.World, _ []*unstructured.Unstructured) {
	t.Helper()
	for _, name := range []string{"move-2", "move-3"} {
		w.AwaitMoveEnd(t, name)
	}
	checkMoves(t, w)
	checkTargets(t, w)
	w.Await(t, theConference(t, w), "its roster has four participants", func(call *v1alpha1.Call) bool {
		return call.Status.ParticipantCount != nil && *call.Status.ParticipantCount == 4
	})
}

// liveLobby has somebody call the lobby, and awaits their move to the agent.
func liveLobby(t *testing.T, w *harness.World, _ []*unstructured.Unstructured) {
	t.Helper()
	w.Sim.SetPhone(t, simulator.Phone{Number: lobbyAgent, Answer: &simulator.After{After: simulator.Duration(time.Second)}})
	w.Incoming(t, w.Sim.Dial(t, lobbyCaller, lobbyNumber))
	if move := w.AwaitMoveEnd(t, "caller-to-agent"); move.Status.Result.Outcome != v1alpha1.MoveOutcomeMoved {
		t.Errorf("the move ended as %+v, want Moved", move.Status.Result)
	}
}
