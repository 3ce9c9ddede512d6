// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
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
	p.refused("it is still recorded", "callaction recording is not over", "record", "ada", "download", "--wait=false", "--file", file)
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

func TestWhatCannotBeDownloaded(t *testing.T) {
	t.Parallel()
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
		{name: "nothing", reason: "nobody has recorded", objects: []client.Object{pbx}, want: "that started a recording of call ada: kubectl call record ada start"},
		{name: "other", reason: "that one plays", objects: []client.Object{pbx, action(func(a *v1alpha1.CallAction) {
			a.Spec.Record, a.Spec.Play = nil, &v1alpha1.PlayOperation{}
		})}, want: "that started a recording of call ada"},
		{name: "named", reason: "the named one is of another call", args: []string{"--started-by", "recording"}, objects: []client.Object{pbx, action(func(a *v1alpha1.CallAction) {
			a.Spec.Call.Name = "ben"
		})}, want: `there is no CallAction "recording"`},
		{name: "no content", reason: "what the operator knows is said", objects: []client.Object{pbx, credentials, action(func(a *v1alpha1.CallAction) {
			a.Status.RecordingFiles = nil
		})}, want: "callaction recording has no content: Completed. It was recorded."},
		{name: "running", reason: "it may last for hours", args: []string{"--wait=false"}, objects: []client.Object{pbx, action(func(a *v1alpha1.CallAction) {
			a.Status.Result = nil
		})}, want: "is not over"},
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
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
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

func TestFilesOfARecording(t *testing.T) {
	t.Parallel()
	action := &v1alpha1.CallAction{ObjectMeta: metav1.ObjectMeta{Name: "recording"}, Spec: v1alpha1.CallActionSpec{CallOperation: v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{}}}}
	cases := []struct {
		name, reason, file string
		format             v1alpha1.RecordingFormat
		count              int
		want               string
	}{
		{"default", "WAV is the default", "", "", 1, "recording.wav"},
		{"format", "its ending is known", "", v1alpha1.RecordingMP3, 1, "recording.mp3"},
		{"file", "it is the user's", "x/ada", "", 1, "x/ada"},
		{"parts", "a long recording has several", "x/ada.wav", "", 2, "x/ada-1.wav x/ada-2.wav"},
	}
	for _, tc := range cases {
		action.Spec.Record.Format = tc.format
		if got := strings.Join((&download{file: tc.file}).files(action, tc.count), " "); got != tc.want {
			t.Errorf("%s: %s: got %s, want %s", tc.name, tc.reason, got, tc.want)
		}
	}
}
