// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
)

// asteriskProvider is the provider asterisk, whose credentials are in the Secret asterisk.
func asteriskProvider(namespace, callbackURL string) *v1alpha1.CallProvider {
	return &v1alpha1.CallProvider{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "asterisk"},
		Spec: v1alpha1.CallProviderSpec{
			CallbackURL: callbackURL,
			Asterisk: &v1alpha1.AsteriskProvider{
				URL: "http://pbx.example.com:8088/ari", CredentialsSecretRef: v1alpha1.SecretReference{Name: "asterisk"},
				Application: "call-operator", Endpoint: "PJSIP/$(number)@trunk",
			},
		},
	}
}

// renamed is an object under another name.
func renamed[T client.Object](object T, name string) T {
	object.SetName(name)
	return object
}

// streamOfTeamA is what is printed for the provider asterisk in team-a; PASSWORD is in the place of the password.
const streamOfTeamA = `; For websocket_client.conf. The password is a secret.
[team-a.asterisk]
type = websocket_client
uri = ws://receiver.example.com:80/v1/streams/team-a/asterisk
protocols = ari
username = team-a/asterisk
password = PASSWORD
connection_type = persistent
connection_timeout = 5000
reconnect_interval = 1000

; For ari.conf, which also has the section of the user. That section needs password_format = plain.
[team-a.asterisk.stream]
type = outbound_websocket
websocket_client_id = team-a.asterisk
apps = call-operator
local_ari_user = operator
subscribe_all = no
`

func TestStream(t *testing.T) {
	t.Parallel()
	keys, pbx := secret("call-operator-system", "call-operator-callback-key", "keys", keyFile(1)), asteriskProvider("team-a", "http://receiver.example.com")
	user := secret("team-a", "asterisk", "username", []byte("operator"))
	good := []client.Object{pbx, keys, user}
	without := []client.Object{asteriskProvider("team-a", ""), keys, user}
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "x", errors.New("no"))
	file := writeFile(t, keyFile(3))
	cases := []struct {
		name, reason string
		args         []string
		objects      []client.Object
		failing      map[string]error
		// want are lines of what is printed, and key is the byte of the key that signs.
		want    []string
		key     byte
		wantErr string
	}{
		{name: "Whole", reason: "everything that Asterisk needs", objects: good, want: strings.Split(strings.TrimSpace(streamOfTeamA), "\n"), key: 1},
		{name: "URL", reason: "the flag counts more than the provider", args: []string{"--url", "https://calls.example.com/x/"}, objects: good,
			want: []string{"uri = wss://calls.example.com/x/v1/streams/team-a/asterisk", "tls_enabled = yes", "verify_server_hostname = yes"}, key: 1},
		{name: "OnlyURL", reason: "the provider needs no callbackURL", args: []string{"--url", "http://receiver:8080"}, objects: without,
			want: []string{"uri = ws://receiver:8080/v1/streams/team-a/asterisk"}, key: 1},
		{name: "Semicolon", reason: "it would begin a comment", args: []string{"--url", "http://receiver/a;b"}, objects: good,
			want: []string{`uri = ws://receiver:80/a\;b/v1/streams/team-a/asterisk`}, key: 1},
		{name: "KeyFile", reason: "with the key in a file, its Secret is not read", args: []string{"--key-file", file}, objects: []client.Object{pbx, user},
			want: []string{"local_ari_user = operator"}, key: 3},
		{name: "UserForbidden", reason: "the user is only a convenience", args: []string{"--key-file", file}, objects: good, failing: map[string]error{"*v1.Secret": forbidden},
			want: []string{"local_ari_user = USERNAME"}, key: 3},
		{name: "NoUser", reason: "what to write is said", objects: []client.Object{pbx, keys, secret("team-a", "asterisk", "password", []byte("hunter2"))},
			want: []string{"; Write a user of ari.conf instead of USERNAME: the Secret team-a/asterisk has no key username, or one with several lines.", "local_ari_user = USERNAME"}, key: 1},
		{name: "TwoLines", reason: "a user may not add lines to the configuration", objects: []client.Object{pbx, keys, secret("team-a", "asterisk", "username", []byte("a\nread_only = no"))},
			want: []string{"local_ari_user = USERNAME"}, key: 1},
		{name: "NoURL", reason: "the flag that helps is named", objects: without, wantErr: "say with --url where Asterisk reaches the webhook receiver"},
		{name: "BadURL", reason: "the flag to fix is named", args: []string{"--url", "ws://receiver"}, objects: good, wantErr: "--url: the base URL must begin with https:// or http://"},
		{name: "UserInURL", reason: "the error does not repeat it", args: []string{"--url", "http://a:hunter2@receiver"}, objects: good, wantErr: "--url: write a base URL without user"},
		{name: "BadCallbackURL", reason: "the field to fix is named", objects: []client.Object{asteriskProvider("team-a", "calls"), keys, user}, wantErr: "spec.callbackURL: write a base URL"},
		{name: "NoProvider", reason: "name and namespace are named", objects: good[1:], wantErr: `there is no CallProvider "asterisk" in the namespace "team-a"`},
		{name: "ACS", reason: "the field that is missing is named", objects: []client.Object{renamed(provider("team-a", "https://calls.example.com"), "asterisk"), keys},
			wantErr: `the CallProvider "asterisk" in the namespace "team-a" does not reach Asterisk: it has no spec.asterisk`},
		{name: "NoKeys", reason: "the flags that help are named", objects: []client.Object{pbx, user}, wantErr: "name another Secret with --key-secret"},
		{name: "KeysForbidden", reason: "a user who may not read the key gets no password", objects: good, failing: map[string]error{"*v1.Secret": forbidden},
			wantErr: `you may not read the Secret "call-operator-callback-key"`},
		{name: "BadKeys", reason: "the error does not show the key", objects: []client.Object{pbx, user, secret("call-operator-system", "call-operator-callback-key", "keys", []byte("hunter2"))},
			wantErr: "line 1 of the key file"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var hosts []string
			var out, errOut strings.Builder
			args := append([]string{"stream", "asterisk", "--kubeconfig", writeFile(t, []byte(kubeconfig))}, tc.args...)
			code := run(t.Context(), testKube(t, &hosts, tc.failing, tc.objects...), args, &out, &errOut)
			if (code == 0) != (tc.wantErr == "") || !strings.Contains(errOut.String(), tc.wantErr) {
				t.Fatalf("%s: exit code %d with %q, want %q", tc.reason, code, errOut.String(), tc.wantErr)
			}
			if strings.Contains(out.String()+errOut.String(), "hunter2") {
				t.Errorf("%s: a secret is shown: %s%s", tc.reason, out.String(), errOut.String())
			}
			if tc.wantErr == "" {
				checkStream(t, tc.reason, out.String(), tc.key, tc.want)
			}
		})
	}
}

// checkStream checks that the receiver accepts the password, and that the other lines are there.
func checkStream(t *testing.T, reason, printed string, key byte, want []string) {
	t.Helper()
	_, after, _ := strings.Cut(printed, "\npassword = ")
	password, _, _ := strings.Cut(after, "\n")
	keys, err := callbackurl.ParseKeys(keyFile(key))
	if err != nil {
		t.Fatal(err)
	}
	if !keys.VerifyStream("team-a", "asterisk", password) {
		t.Errorf("%s: the receiver would refuse the password %q", reason, password)
	}
	printed = strings.Replace(printed, password, "PASSWORD", 1)
	if len(want) > 5 {
		if diff := cmp.Diff(strings.Join(want, "\n")+"\n", printed); diff != "" {
			t.Errorf("%s (-want +got):\n%s", reason, diff)
		}
		return
	}
	for _, line := range want {
		if !strings.Contains("\n"+printed, "\n"+line+"\n") {
			t.Errorf("%s: there is no line %q in\n%s", reason, line, printed)
		}
	}
}
