// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/call-operator/call-operator/api/v1alpha1"
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
	// live does what happens outside, and returns when all is over.
	live func(t *testing.T, w *harness.World, objects []*unstructured.Unstructured)
}

const (
	lobbyNumber, lobbyAgent, lobbyCaller = "+14255550120", "+442079460130", "+442079460131"

	// cutsOfASample is how many requests are cut points, unless CUTS says otherwise.
	cutsOfASample = 4
)

func samples() []sample {
	return []sample{
		{name: "first-calls", files: []string{"calls.yaml"}, numbers: []string{"+14255550100"}, limit: 2, live: liveFirstCalls},
		{
			name: "multiple-dial-out", files: []string{"routes.yaml", "calls.yaml", "moves.yaml"},
			numbers: []string{"+14255550110", "+14255550111", "+14255550112"}, users: []string{person2, person3}, live: liveMultipleDialOut,
		},
		{name: "lobby", files: []string{"lobby.yaml"}, numbers: []string{lobbyNumber, "+14255550121"}, live: liveLobby},
	}
}

// TestSamplesAreCutEverywhere plays each sample with a manager that dies before, after or in the middle of a request, and
// has another one take its place. The requests are those of a run in which nobody dies. What a receiver's death may cost,
// such as the precise outcome of a call that was over before there was another one, is a matter of test/faults.
func TestSamplesAreCutEverywhere(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			requests := s.record(t)
			t.Logf("%d requests of the manager", len(requests))
			harness.CutEverywhere(t, harness.Some(requests, cutsOfASample), s.play)
		})
	}
}

// world is a World with the sample's provider and phones, and no process but the service.
func (s *sample) world(t *testing.T) *harness.World {
	t.Helper()
	w := harness.New(t, plane, harness.Options{
		ResourceID: harness.ResourceID, Numbers: s.numbers, MaxConcurrent: s.limit, EventGrid: simulator.GridSchemaEventGrid, NoReceiver: true,
	})
	setPhones(t, w, s.name)
	for _, user := range s.users {
		w.Sim.SetPhone(t, simulator.Phone{User: user, Answer: &simulator.After{}})
	}
	return w
}

// record plays the sample and returns the requests of the manager from the first object on.
func (s *sample) record(t *testing.T) []harness.Request {
	t.Helper()
	w := s.world(t)
	w.StartReceiver(t, nil)
	m := w.StartManager(t, harness.ManagerOptions{Poll: poll})
	w.AwaitProvider(t)
	before := len(m.Gate.Sent())
	s.applyAndLive(t, w)
	requests := slices.DeleteFunc(m.Gate.CutPoints(before), func(q harness.Request) bool {
		return q.Name == "PUT callproviders/status" || q.Name == "PATCH callproviders" || q.Name == "getCall" || q.Name == "getParticipants"
	})
	endAll(t, w)
	return requests
}

// play plays the sample with a manager that dies at a cut, and says whether it did.
func (s *sample) play(t *testing.T, cut *harness.Cut) bool {
	t.Helper()
	w := s.world(t)
	w.StartReceiver(t, nil)
	managers := w.StartMortal(t, harness.ManagerOptions{Poll: poll, Cut: cut})
	w.AwaitProvider(t)
	s.applyAndLive(t, w)
	endAll(t, w)
	last := managers.Survivor(t)
	w.CheckQuiet(t, last)
	return last != managers.First
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
