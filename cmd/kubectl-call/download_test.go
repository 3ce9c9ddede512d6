// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// TestDownload records a call, and downloads what was recorded from the simulator.
func TestDownload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPerson(t, w.Namespace, "downloads", "system:masters")
	p.well("dial", harness.Callee(1), "--from", "+14255550110", "--name", "ada")
	p.well("wait", "ada")
	p.well("record", "ada", "start", "--name", "recording")
	file := filepath.Join(t.TempDir(), "ada.wav")
	p.refused("it is still recorded", "callaction recording has no content yet", "record", "ada", "download", "--wait=false", "--file", file)
	p.well("record", "ada", "stop")
	p.well("hangup", "ada")
	p.refused("a password would be sent over http", "The endpoint cannot be used: the endpoint must begin with https://. With --allow-http-endpoints it may", "record", "ada", "download", "--file", file)
	if out := p.well("record", "ada", "download", "--allow-http-endpoints", "--file", file); !strings.HasPrefix(out, file+" has ") {
		t.Errorf("it printed %q", out)
	}
	sound, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(sound), "RIFF") {
		t.Errorf("%d bytes of sound, %v; want a WAV file", len(sound), err)
	}
	p.refused("nothing is overwritten", "exists: name another file with --file, or overwrite it with --force", "record", "ada", "download", "--allow-http-endpoints", "--file", file)
	p.well("record", "ada", "download", "--allow-http-endpoints", "--file", file, "--force")
	looksOn := newPerson(t, w.Namespace, "looks-on-"+w.Namespace)
	name := metav1.ObjectMeta{Namespace: w.Namespace, Name: "looks-on"}
	for _, object := range []client.Object{
		&rbacv1.Role{ObjectMeta: name, Rules: []rbacv1.PolicyRule{{APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"*"}, Verbs: []string{"get", "list", "watch"}}}},
		&rbacv1.RoleBinding{
			ObjectMeta: name, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "looks-on"},
			Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "looks-on-" + w.Namespace}},
		},
	} {
		if err := w.Client.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	looksOn.refused("who may see the call may not have its sound", "the content needs the credentials of CallProvider "+harness.ProviderName+": you may not read the Secret",
		"record", "ada", "download", "--allow-http-endpoints", "--file", file, "--force")
}

// TestDownloadOfAFlow: a flow starts two recordings, in two formats, and each of them can be chosen.
func TestDownloadOfAFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPerson(t, w.Namespace, "downloads", "system:masters")
	start := func(format v1alpha1.RecordingFormat) *v1alpha1.RecordOperation {
		return &v1alpha1.RecordOperation{Format: format}
	}
	stop := &v1alpha1.RecordOperation{Command: v1alpha1.RecordStop}
	w.CreateFlow(t, "records", v1alpha1.CallFlowSpec{Steps: []v1alpha1.FlowStep{
		{Name: "first", Record: start(""), Next: "stop"},
		{Name: "stop", Record: stop, Next: "second"},
		{Name: "second", Record: start(v1alpha1.RecordingMP3), Next: "end"},
		{Name: "end", End: &v1alpha1.EndStep{Outcome: "recorded", KeepCall: true}},
	}})
	p.refused("there is no such call", `there is no recording of call ada`, "record", "ada", "download")
	p.well("dial", harness.Callee(1), "--from", "+14255550110", "--name", "ada", "--flow", "records")
	w.Await(t, "ada", "its flow has ended", func(call *v1alpha1.Call) bool { return call.Status.Flow != nil && call.Status.Flow.Over() })
	folder := t.TempDir()
	first, second := filepath.Join(folder, "first.wav"), filepath.Join(folder, "second.mp3")
	get := func(args ...string) []string {
		return append([]string{"record", "ada", "download", "--allow-http-endpoints"}, args...)
	}
	p.refused("one of them has to be chosen", "call ada has 2 recordings: choose one with --flow-recording 1 or --flow-recording 2", get()...)
	p.refused("nobody has stopped it", "recording 2 of the flow of call ada has no content yet", get("--flow-recording", "2", "--wait=false")...)
	var out strings.Builder
	waiting, downloaded := make(told, 1), make(chan int)
	go func() {
		downloaded <- run(t.Context(), newKube(), append([]string{"--kubeconfig", p.kubeconfig, "-n", p.namespace}, get("--flow-recording", "2", "--file", second)...), &out, waiting)
	}()
	if text, want := <-waiting, "recording 2 of the flow of call ada has no content yet: waiting until the recording is stopped"; !strings.HasPrefix(text, want) {
		t.Fatalf("the command says %q, want %q", text, want)
	}
	p.well(get("--flow-recording", "1", "--file", first)...)
	p.refused("only what is there is counted", "names 2 recordings of its flow: write --flow-recording with a number from 1 to 2", get("--flow-recording", "3")...)
	p.well("hangup", "ada")
	if code := <-downloaded; code != 0 || !strings.HasPrefix(out.String(), second+" has ") {
		t.Errorf("the command that waited for the end of the call ended with the code %d: %s", code, out.String())
	}
	for file, begin := range map[string]string{first: "RIFF", second: "\xff\xfb"} {
		if sound, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(sound), begin) {
			t.Errorf("%s: %d bytes of sound, %v; want them to begin with %q", file, len(sound), err, begin)
		}
	}
}

// told passes on what a command writes.
type told chan string

func (c told) Write(text []byte) (int, error) {
	c <- string(text)
	return len(text), nil
}

func TestWhatCannotBeDownloaded(t *testing.T) {
	pbx := asteriskProvider("team-a", "")
	pbx.UID = "provider"
	credentials := secret("team-a", "asterisk", "username", []byte("operator"))
	credentials.Data["password"] = []byte("hunter2")
	action := func(change func(*v1alpha1.CallAction)) *v1alpha1.CallAction {
		recorded := &v1alpha1.CallAction{
			ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "recording"},
			Spec:       v1alpha1.CallActionSpec{Call: v1alpha1.CallReference{Name: "ada"}, CallOperation: v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{}}},
		}
		recorded.Status.Attempt = &v1alpha1.RequestAttempt{Service: &v1alpha1.AttemptService{ProviderName: "asterisk", ProviderUID: "provider", Endpoint: "pbx.example.com:8088"}}
		recorded.Status.Result = &v1alpha1.ActionResult{Outcome: v1alpha1.ActionCompleted, Message: "It was recorded.", EndTime: metav1.NewTime(time.Unix(0, 0))}
		recorded.Status.RecordingFiles = []v1alpha1.RecordingFile{{ContentLocation: "recordings/stored/x/file"}}
		if change != nil {
			change(recorded)
		}
		return recorded
	}
	flow := func(change func(*v1alpha1.Call)) *v1alpha1.Call {
		call := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "ada"}}
		call.Status.Attempt = action(nil).Status.Attempt
		call.Status.Flow = &v1alpha1.FlowProgress{Name: "f", Recordings: []v1alpha1.FlowRecording{{ID: "x", ContentLocations: []string{"recordings/stored/x/file"}}}}
		call.Status.Result = &v1alpha1.CallResult{Outcome: v1alpha1.OutcomeCompleted, EndTime: metav1.Now()}
		if change != nil {
			change(call)
		}
		return call
	}
	anotherAction := renamed(action(nil), "another")
	moved := pbx.DeepCopy()
	moved.Spec.Asterisk.URL = "http://other.example.com/ari"
	entra := renamed(provider("team-a", "https://calls.example.com"), "asterisk")
	entra.Spec.ACS = &v1alpha1.ACSProvider{Endpoint: "https://acs.example.com", WorkloadIdentity: &v1alpha1.WorkloadIdentity{}}
	exists := writeFile(t, []byte("mine"))
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "x", errors.New("no"))
	cases := []struct {
		name, reason string
		args         []string
		objects      []client.Object
		failing      map[string]error
		want         string
	}{
		{name: "nothing", reason: "nobody has recorded", objects: []client.Object{pbx}, want: "there is no recording of call ada"},
		{name: "other", reason: "that one plays", objects: []client.Object{pbx, action(func(a *v1alpha1.CallAction) {
			a.Spec.Record, a.Spec.Play = nil, &v1alpha1.PlayOperation{}
		})}, want: `there is no recording of call ada in the namespace "team-a", neither by a CallAction nor by its flow: kubectl call record ada start`},
		{name: "named", reason: "the named one is of another call", args: []string{"--started-by", "recording"}, objects: []client.Object{pbx, action(func(a *v1alpha1.CallAction) {
			a.Spec.Call.Name = "ben"
		})}, want: `there is no CallAction "recording"`},
		{name: "no content", reason: "what the operator knows is said", objects: []client.Object{pbx, credentials, action(func(a *v1alpha1.CallAction) {
			a.Status.RecordingFiles = nil
		})}, want: "callaction recording has no content: Completed. It was recorded."},
		{name: "running", reason: "it may last for hours", args: []string{"--wait=false"}, objects: []client.Object{pbx, action(func(a *v1alpha1.CallAction) {
			a.Status.Result = nil
		})}, want: "callaction recording has no content yet"},
		{name: "exists", reason: "before anything is requested", args: []string{"--file", exists}, objects: []client.Object{action(nil)}, want: "overwrite it with --force"},
		{name: "not ours", reason: "a status leads to no other file", args: []string{"--file", filepath.Join(t.TempDir(), "missing", "a.wav")}, objects: []client.Object{pbx, credentials, action(func(a *v1alpha1.CallAction) {
			a.Status.RecordingFiles = append(a.Status.RecordingFiles, a.Status.RecordingFiles[0])
		})}, want: "Asterisk has no recording of the operator's at this location"},
		{name: "no provider", reason: "it was deleted", objects: []client.Object{action(nil)}, want: `there is no CallProvider "asterisk"`},
		{name: "moved", reason: "the other service has not got it, and gets no password", objects: []client.Object{moved, credentials, action(nil)},
			want: "the recording is at pbx.example.com:8088, and CallProvider asterisk leads to other.example.com by now"},
		{name: "workload identity", reason: "that is the manager's", objects: []client.Object{entra, action(nil)}, want: "uses the manager's workload identity"},
		{name: "forbidden", reason: "the user's own rights count", objects: []client.Object{pbx, credentials, action(nil)}, failing: map[string]error{"*v1.Secret": forbidden},
			want: `the content needs the credentials of CallProvider asterisk: you may not read the Secret "asterisk"`},
		{name: "no password", reason: "the key is named", objects: []client.Object{pbx, secret("team-a", "asterisk", "username", []byte("operator")), action(nil)}, want: "has no key password"},
		{name: "flow, nothing", reason: "its flow has not begun to record", objects: []client.Object{pbx, flow(func(c *v1alpha1.Call) {
			c.Status.Flow.Recordings = nil
		})}, want: "there is no recording of call ada"},
		{name: "flow, running", reason: "the call may last for hours", args: []string{"--wait=false"}, objects: []client.Object{pbx, flow(func(c *v1alpha1.Call) {
			c.Status.Result, c.Status.Flow.Recordings[0].ContentLocations = nil, nil
		})}, want: "recording 1 of the flow of call ada has no content yet"},
		{name: "flow, just over", reason: "the service reports it a little later", args: []string{"--wait=false"}, objects: []client.Object{pbx, flow(func(c *v1alpha1.Call) {
			c.Status.Flow.Recordings[0].ContentLocations = nil
		})}, want: "recording 1 of the flow of call ada has no content yet"},
		{name: "flow, never reported", reason: "what ACS needs is said", objects: []client.Object{pbx, flow(func(c *v1alpha1.Call) {
			c.Status.Result.EndTime.Time = time.Now().Add(-time.Hour)
			c.Status.Flow.Recordings[0].ContentLocations = nil
		})}, want: "recording 1 of the flow of call ada has no content: the call was over 1h0m0s ago, and the service has not reported where its content is"},
		{name: "flow, other file", reason: "a status leads to no other file", objects: []client.Object{pbx, credentials, flow(nil)}, want: "Asterisk has no recording of the operator's at this location"},
		{name: "flow, moved", reason: "the other service has not got it, and gets no password", objects: []client.Object{moved, credentials, flow(nil)},
			want: "the recording is at pbx.example.com:8088, and CallProvider asterisk leads to other.example.com by now"},
		{name: "flow, workload identity", reason: "where it is is said", objects: []client.Object{entra, flow(nil)}, want: "with an identity of your own: it is at recordings/stored/x/file"},
		{name: "flow, no call", reason: "the number is one of its flow", args: []string{"--flow-recording", "1"}, objects: []client.Object{action(nil)}, want: `there is no Call "ada"`},
		{name: "flow, too far", reason: "how many there are is said", args: []string{"--flow-recording", "2"}, objects: []client.Object{flow(nil)}, want: "a number from 1 to 1"},
		{name: "flow, negative", reason: "numbers begin with 1", args: []string{"--flow-recording", "-1"}, objects: []client.Object{flow(nil)}, want: "a number from 1 to 1"},
		{name: "flow and action", reason: "nobody knows which is meant", objects: []client.Object{flow(nil), action(nil), anotherAction},
			want: "call ada has 3 recordings: choose one with --started-by another, --started-by recording or --flow-recording 1"},
		{name: "one with content", reason: "the other one has failed", objects: []client.Object{credentials, flow(nil), action(func(a *v1alpha1.CallAction) {
			a.Status.RecordingFiles = nil
		})}, want: `there is no CallProvider "asterisk"`},
		{name: "both flags", reason: "a recording has one origin", args: []string{"--flow-recording", "1", "--started-by", "recording"}, objects: []client.Object{flow(nil)},
			want: "[flow-recording started-by] were all set"},
		{name: "call forbidden", reason: "its flow may have recorded", objects: []client.Object{action(nil)}, failing: map[string]error{"*v1alpha1.Call": forbidden}, want: `you may not read the Call "ada"`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			var hosts []string
			var out, errOut strings.Builder
			args := append([]string{"record", "ada", "download", "--kubeconfig", writeFile(t, []byte(kubeconfig)), "-n", "team-a"}, tc.args...)
			code := run(t.Context(), testKube(t, &hosts, tc.failing, tc.objects...), args, &out, &errOut)
			if code == 0 || !strings.Contains(errOut.String(), tc.want) || strings.Contains(errOut.String(), "hunter2") {
				t.Errorf("%s: exit code %d with %q, want %q", tc.reason, code, errOut.String(), tc.want)
			}
		})
	}
}

// TestAwaitedRecordingOfAFlow: what the Call says while a command waits for the content.
func TestAwaitedRecordingOfAFlow(t *testing.T) {
	t.Parallel()
	was := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "ada", UID: "1"}}
	was.Status.Flow = &v1alpha1.FlowProgress{Name: "f", Recordings: []v1alpha1.FlowRecording{{ID: "a"}, {ID: "b"}}}
	cases := []struct {
		name, reason string
		now          func(*v1alpha1.Call)
		want         int
		wantError    string
	}{
		{"same", "nothing has changed", func(*v1alpha1.Call) {}, 1, ""},
		{"later ones", "the status names the last three", func(c *v1alpha1.Call) {
			c.Status.Flow.Recordings = []v1alpha1.FlowRecording{{ID: "b"}, {ID: "c"}, {ID: "d"}}
		}, 0, ""},
		{"too many later ones", "it is in no status", func(c *v1alpha1.Call) {
			c.Status.Flow.Recordings = []v1alpha1.FlowRecording{{ID: "c"}, {ID: "d"}, {ID: "e"}}
		}, 0, "does not name"},
		{"another call", "its recordings are its own", func(c *v1alpha1.Call) { c.UID = "2" }, 0, "call ada was deleted"},
		{"deleted", "nobody will report it", func(c *v1alpha1.Call) { c.Name = "ben" }, 0, "call ada was deleted"},
	}
	for _, tc := range cases {
		call := was.DeepCopy()
		tc.now(call)
		store := cache.NewStore(cache.MetaNamespaceKeyFunc)
		if err := store.Add(call); err != nil {
			t.Fatal(err)
		}
		got, err := flowRecording{was, 1}.in(&following{store: store})
		if tc.wantError != "" && (err == nil || !strings.Contains(err.Error(), tc.wantError)) || tc.wantError == "" && (err != nil || got.at != tc.want) {
			t.Errorf("%s: %s: got recording %d, %v, want %d %s", tc.name, tc.reason, got.at, err, tc.want, tc.wantError)
		}
	}
}

func TestFilesOfARecording(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason, file string
		format             v1alpha1.RecordingFormat
		ofFlow             string
		count              int
		want               string
	}{
		{"default", "WAV is the default", "", "", "", 1, "recording.wav"},
		{"format", "its ending is known", "", v1alpha1.RecordingMP3, "", 1, "recording.mp3"},
		{"file", "it is the user's", "x/ada", "", "", 1, "x/ada"},
		{"parts", "a long recording has several", "x/ada.wav", "", "", 2, "x/ada-1.wav x/ada-2.wav"},
		{"flow", "the content says what it is", "", "", "RIFF", 1, "ada-1.wav"},
		{"flow, parts", "they are numbered as well", "", "", "\xff\xfb\x90\x64", 2, "ada-1-1.mp3 ada-1-2.mp3"},
		{"flow, nothing", "it is shorter than its format", "", "", "x", 1, "ada-1.mp3"},
		{"flow, file", "it is the user's", "x/ada.wav", "", "\xff\xfb\x90\x64", 1, "x/ada.wav"},
	}
	for _, tc := range cases {
		action := &v1alpha1.CallAction{ObjectMeta: metav1.ObjectMeta{Name: "recording"}, Spec: v1alpha1.CallActionSpec{CallOperation: v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{Format: tc.format}}}}
		action.Status.Result, action.Status.RecordingFiles = &v1alpha1.ActionResult{}, make([]v1alpha1.RecordingFile, tc.count)
		var recording recordingSource = actionRecording{action}
		_, suffix := recording.file()
		if tc.ofFlow != "" {
			call := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Name: "ada"}}
			call.Status.Flow = &v1alpha1.FlowProgress{Recordings: []v1alpha1.FlowRecording{{ContentLocations: make([]string, tc.count)}}}
			recording, suffix = flowRecording{call, 0}, suffixOf(bufio.NewReader(strings.NewReader(tc.ofFlow)))
		}
		if got := strings.Join((&download{file: tc.file}).files(recording, suffix), " "); got != tc.want {
			t.Errorf("%s: %s: got %s, want %s", tc.name, tc.reason, got, tc.want)
		}
	}
}
