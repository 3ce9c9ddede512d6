// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/calloperation"
)

// recordingSource is a recording of a call, as the status of the object that started it names it.
type recordingSource interface {
	// String names the recording in messages.
	String() string
	// flag is how a user chooses it.
	flag() string
	// contents are where its parts are. They are empty until the service has reported that.
	contents() []string
	// missing says why no contents will be reported any more, "" if they may be.
	missing(now time.Time) string
	// file is the name of the file for its content; the suffix is "" if it is not known.
	file() (name, suffix string)
	// service is where it was recorded, nil if the status does not say so.
	service() *v1alpha1.AttemptService
	// object is the object in whose status it is, and its kind in messages.
	object() (object client.Object, kind string)
	// await returns it when it has contents, or never will.
	await(ctx context.Context, c client.WithWatch, output *output, errOut io.Writer) (recordingSource, error)
}

// choice is what the user says about which recording of a call is meant.
type choice struct {
	// startedBy is a CallAction, "" if none is named.
	startedBy string
	// ofFlow is the number of a recording that the call's flow started, from 1; 0 if none is named.
	ofFlow int
}

// find reads the recordings of a call and takes the one that is meant. The Call may be gone.
func (w choice) find(ctx context.Context, c client.Client, namespace, call string) (recordingSource, error) {
	var found []recordingSource
	if w.ofFlow == 0 {
		var actions v1alpha1.CallActionList
		if err := c.List(ctx, &actions, client.InNamespace(namespace)); err != nil {
			return nil, explainList(err, "CallActions", namespace)
		}
		found = startedByActions(actions.Items, call, w.startedBy)
	}
	if w.startedBy == "" {
		recorded, key := &v1alpha1.Call{}, client.ObjectKey{Namespace: namespace, Name: call}
		if err := c.Get(ctx, key, recorded); client.IgnoreNotFound(err) != nil || w.ofFlow != 0 && apierrors.IsNotFound(err) {
			return nil, explain(err, "Call", key)
		}
		found = append(found, startedByFlow(recorded)...)
	}
	return w.from(found, namespace, call, time.Now())
}

// from takes the recording that is meant. If none is named, that is the only one with contents or, if there is none, the newest.
func (w choice) from(found []recordingSource, namespace, call string, now time.Time) (recordingSource, error) {
	switch {
	case w.startedBy != "" && len(found) == 0:
		return nil, fmt.Errorf("there is no CallAction %q in the namespace %q that started a recording of call %s", w.startedBy, namespace, call)
	case len(found) == 0:
		return nil, fmt.Errorf("there is no recording of call %s in the namespace %q, neither by a CallAction nor by its flow: "+
			"kubectl call record %[1]s start starts one", call, namespace)
	case w.ofFlow < 0 || w.ofFlow > len(found):
		return nil, fmt.Errorf("the status of call %s names %d recordings of its flow: write --flow-recording with a number from 1 to %[2]d",
			call, len(found))
	case w.ofFlow > 0:
		return found[w.ofFlow-1], nil
	}
	possible := slices.DeleteFunc(slices.Clone(found), func(r recordingSource) bool { return r.missing(now) != "" })
	switch len(possible) {
	case 0:
		return found[len(found)-1], nil
	case 1:
		return possible[0], nil
	}
	flags := make([]string, len(possible))
	for i, recording := range possible {
		flags[i] = recording.flag()
	}
	last := len(flags) - 1
	return nil, fmt.Errorf("call %s has %d recordings: choose one with %s or %s", call, len(flags), strings.Join(flags[:last], ", "), flags[last])
}

// actionRecording is the recording that a CallAction started.
type actionRecording struct{ action *v1alpha1.CallAction }

// startedByActions are the recordings of a call that CallActions started, the oldest first: all, or that of the named one.
func startedByActions(actions []v1alpha1.CallAction, call, name string) []recordingSource {
	var started []*v1alpha1.CallAction
	for i := range actions {
		if action := &actions[i]; startsRecording(action, call) && (name == "" || action.Name == name) {
			started = append(started, action)
		}
	}
	slices.SortStableFunc(started, func(a, b *v1alpha1.CallAction) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
	found := make([]recordingSource, len(started))
	for i, action := range started {
		found[i] = actionRecording{action}
	}
	return found
}

func startsRecording(action *v1alpha1.CallAction, call string) bool {
	named := action.Status.Call != nil && action.Status.Call.Name == call || action.Status.Call == nil && action.Spec.Call.Name == call
	return named && calloperation.StartsRecording(&action.Spec.CallOperation)
}

func (r actionRecording) String() string { return "callaction " + r.action.Name }

func (r actionRecording) flag() string { return "--started-by " + r.action.Name }

func (r actionRecording) contents() []string {
	if !r.action.Status.Over() {
		return nil
	}
	locations := make([]string, len(r.action.Status.RecordingFiles))
	for i, file := range r.action.Status.RecordingFiles {
		locations[i] = file.ContentLocation
	}
	return locations
}

func (r actionRecording) missing(time.Time) string {
	if !r.action.Status.Over() || len(r.action.Status.RecordingFiles) > 0 {
		return ""
	}
	return fmt.Sprintf("%s. %s", r.action.Status.Result.Outcome, r.action.Status.Result.Message)
}

func (r actionRecording) file() (name, suffix string) {
	if r.action.Spec.Record.Format == v1alpha1.RecordingMP3 {
		return r.action.Name, suffixMP3
	}
	return r.action.Name, suffixWAV
}

func (r actionRecording) service() *v1alpha1.AttemptService {
	return serviceOf(r.action.Status.Attempt)
}

func (r actionRecording) object() (object client.Object, kind string) { return r.action, "callaction" }

func (r actionRecording) await(ctx context.Context, c client.WithWatch, output *output, errOut io.Writer) (recordingSource, error) {
	action, err := (&awaitingAction{action: r.action, output: output, errOut: errOut, until: ended}).end(ctx, c)
	return actionRecording{action}, err
}

// flowRecording is a recording that the flow of a Call started.
type flowRecording struct {
	call *v1alpha1.Call
	// at is its place in status.flow.recordings.
	at int
}

// startedByFlow are the recordings that the status of a Call names, the oldest first.
func startedByFlow(call *v1alpha1.Call) []recordingSource {
	if call.Status.Flow == nil {
		return nil
	}
	found := make([]recordingSource, len(call.Status.Flow.Recordings))
	for at := range found {
		found[at] = flowRecording{call, at}
	}
	return found
}

func (r flowRecording) recording() *v1alpha1.FlowRecording {
	return &r.call.Status.Flow.Recordings[r.at]
}

func (r flowRecording) String() string {
	return fmt.Sprintf("recording %d of the flow of call %s", r.at+1, r.call.Name)
}

func (r flowRecording) flag() string { return fmt.Sprintf("--flow-recording %d", r.at+1) }

func (r flowRecording) contents() []string { return r.recording().ContentLocations }

// reportable is until when the service may report where the contents are; unset, the call is not over.
func (r flowRecording) reportable() (until time.Time, over bool) {
	result := r.call.Status.Result
	if result == nil {
		return time.Time{}, false
	}
	return result.EndTime.Add(calloperation.AfterRecording), true
}

func (r flowRecording) missing(now time.Time) string {
	until, over := r.reportable()
	if !over || now.Before(until) || len(r.contents()) > 0 {
		return ""
	}
	return fmt.Sprintf("the call was over %s ago, and the service has not reported where its content is. Azure Communication Services "+
		"needs an event subscription for that: see kubectl call event-grid-url", now.Sub(r.call.Status.Result.EndTime.Time).Round(time.Minute))
}

// file has no suffix, since the status does not say the format, and the flow may have been changed.
func (r flowRecording) file() (name, suffix string) {
	return fmt.Sprintf("%s-%d", r.call.Name, r.at+1), ""
}

func (r flowRecording) service() *v1alpha1.AttemptService { return serviceOf(r.call.Status.Attempt) }

func (r flowRecording) object() (object client.Object, kind string) { return r.call, "call" }

func (r flowRecording) await(ctx context.Context, c client.WithWatch, _ *output, _ io.Writer) (recordingSource, error) {
	followed, err := follow(ctx, c, followedCalls, r.call.Namespace)
	if err != nil {
		return nil, err
	}
	for {
		current, err := r.in(followed)
		if err != nil {
			return nil, err
		}
		now := time.Now()
		if len(current.contents()) > 0 || current.missing(now) != "" {
			return current, nil
		}
		var tooLate <-chan time.Time
		if until, over := current.reportable(); over {
			tooLate = time.After(until.Sub(now))
		}
		select {
		case <-followed.changed:
		case <-tooLate:
		case <-ctx.Done():
			return nil, errors.New("interrupted")
		}
	}
}

// in is what the Call says of the recording by now.
func (r flowRecording) in(followed *following) (flowRecording, error) {
	object, exists, err := followed.store.GetByKey(r.call.Namespace + "/" + r.call.Name)
	if err != nil {
		return r, err
	}
	call, ok := object.(*v1alpha1.Call)
	if !exists || !ok || call.UID != r.call.UID {
		return r, fmt.Errorf("call %s was deleted before the content of %s was reported", r.call.Name, r)
	}
	id := r.recording().ID
	at := slices.IndexFunc(call.Status.Flow.Recordings, func(other v1alpha1.FlowRecording) bool { return other.ID == id })
	if at < 0 {
		return r, fmt.Errorf("the status of call %s does not name %s any more: its flow has started %d others since",
			r.call.Name, r, v1alpha1.MaxFlowRecordings)
	}
	return flowRecording{call.DeepCopy(), at}, nil
}

func serviceOf(sent *v1alpha1.RequestAttempt) *v1alpha1.AttemptService {
	if sent == nil {
		return nil
	}
	return sent.Service
}
