// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
)

const kubeconfig = `apiVersion: v1
kind: Config
current-context: here
clusters: [{name: c, cluster: {server: "https://here.example.com"}}, {name: d, cluster: {server: "https://there.example.com"}}]
users: [{name: u, user: {}}]
contexts: [{name: here, context: {cluster: c, user: u, namespace: team-a}}, {name: there, context: {cluster: d, user: u}}]
`

// keyFile is a key file whose key is all one byte.
func keyFile(b byte) []byte {
	return []byte(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)) + "\n")
}

func writeFile(t *testing.T, contents []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, contents, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func provider(namespace, callbackURL string) *v1alpha1.CallProvider {
	return &v1alpha1.CallProvider{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "acs"}, Spec: v1alpha1.CallProviderSpec{CallbackURL: callbackURL},
	}
}

func secret(namespace, name, key string, contents []byte) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Data: map[string][]byte{key: contents}}
}

// testKube has copies of these objects in the cluster, since the fake client writes to what it is given; failing is what a read of a kind ends with.
func testKube(t *testing.T, hosts *[]string, failing map[string]error, objects ...client.Object) *kube {
	t.Helper()
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	k := newKube()
	k.newClient = func(config *rest.Config) (client.WithWatch, error) {
		*hosts = append(*hosts, config.Host)
		copies := make([]client.Object, len(objects))
		for i, object := range objects {
			copies[i] = object.DeepCopyObject().(client.Object)
		}
		return fake.NewClientBuilder().WithScheme(scheme).WithObjects(copies...).WithInterceptorFuncs(interceptor.Funcs{
			Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
				if err := failing[fmt.Sprintf("%T", object)]; err != nil {
					return err
				}
				return c.Get(ctx, key, object, options...)
			},
			List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
				if err := failing[fmt.Sprintf("%T", list)]; err != nil {
					return err
				}
				return c.List(ctx, list, options...)
			},
		}).Build(), nil
	}
	return k
}

func TestEventGridURL(t *testing.T) {
	good := []client.Object{
		provider("team-a", "https://calls.example.com/x"), provider("default", "https://default.example.com"),
		secret("call-operator-system", "call-operator-callback-key", "keys", keyFile(1)), secret("ops", "mine", "keys", keyFile(2)),
	}
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "x", errors.New("no"))
	file := writeFile(t, keyFile(3))
	bad := writeFile(t, []byte("hunter2\n"))
	tests := []struct {
		name, reason string
		args         []string
		objects      []client.Object
		failing      map[string]error
		// want is what the URL begins with, key the byte of the key that signs it, namespace whose provider it names.
		want, namespace string
		key             byte
		wantErr         string
	}{
		{name: "Defaults", reason: "the Secret is the one that the operator is deployed with, the namespace the context's", objects: good,
			want: "https://calls.example.com/x/v1/event-grid/team-a/acs?token=", namespace: "team-a", key: 1},
		{name: "Namespace", reason: "kubectl's own flag names the namespace", args: []string{"-n", "default"}, objects: good,
			want: "https://default.example.com/v1/event-grid/default/acs?token=", namespace: "default", key: 1},
		{name: "OtherContext", reason: "kubectl's own flag names the cluster", args: []string{"--context", "there"}, objects: good,
			want: "https://default.example.com/v1/event-grid/default/acs?token=", namespace: "default", key: 1},
		{name: "OtherSecret", reason: "the operator may be deployed under another name", args: []string{"--key-secret=mine", "--key-namespace=ops"}, objects: good,
			want: "https://calls.example.com/x/v1/event-grid/team-a/acs?token=", namespace: "team-a", key: 2},
		{name: "KeyFile", reason: "with the key in a file, no Secret is read", args: []string{"--key-file", file}, objects: good[:1],
			want: "https://calls.example.com/x/v1/event-grid/team-a/acs?token=", namespace: "team-a", key: 3},
		{name: "NoProvider", reason: "name and namespace are named", objects: good[2:], wantErr: `there is no CallProvider "acs" in the namespace "team-a"`},
		{name: "NoCRD", reason: "the message says that the operator is not installed", objects: good, wantErr: "is call-operator installed?",
			failing: map[string]error{"*v1alpha1.CallProvider": &meta.NoKindMatchError{}}},
		{name: "NoSecret", reason: "the flags that help are named", objects: good[:1],
			wantErr: `there is no Secret "call-operator-callback-key" in the namespace "call-operator-system" (name another Secret with --key-secret`},
		{name: "Forbidden", reason: "a user who may not read the key gets no URL", objects: good, wantErr: `you may not read the Secret "call-operator-callback-key"`,
			failing: map[string]error{"*v1.Secret": forbidden}},
		{name: "ProviderForbidden", reason: "what may not be read is named", objects: good, wantErr: `you may not read the CallProvider "acs"`,
			failing: map[string]error{"*v1alpha1.CallProvider": forbidden}},
		{name: "Unreachable", reason: "the cause is shown", objects: good, wantErr: `reading the CallProvider "acs" in the namespace "team-a": refused`,
			failing: map[string]error{"*v1alpha1.CallProvider": errors.New("refused")}},
		{name: "OtherKeyInSecret", reason: "the key that is missing is named", wantErr: `has no key "keys"`,
			objects: []client.Object{good[0], secret("call-operator-system", "call-operator-callback-key", "key", keyFile(1))}},
		{name: "BadKeys", reason: "the error does not show the key", wantErr: `the Secret "call-operator-callback-key" in the namespace "call-operator-system": line 1`,
			objects: []client.Object{good[0], secret("call-operator-system", "call-operator-callback-key", "keys", []byte("hunter2"))}},
		{name: "BadKeyFile", reason: "the error does not show the key", args: []string{"--key-file", bad}, objects: good, wantErr: "line 1 of the key file"},
		{name: "NoKeyFile", reason: "the file is named", args: []string{"--key-file", bad + "x"}, objects: good, wantErr: "x: no such file"},
		{name: "BothKeys", reason: "two keys are one too many", args: []string{"--key-file", file, "--key-secret", "mine"}, objects: good, wantErr: "key-file key-secret"},
		{name: "BadCallbackURL", reason: "the field to fix is named", objects: append([]client.Object{provider("team-a", "calls")}, good[2:]...), wantErr: "spec.callbackURL"},
		{name: "Asterisk", reason: "the verb that helps is named", args: []string{"-n", "pbx"}, objects: append(good[2:], renamed(asteriskProvider("pbx", ""), "acs")),
			wantErr: "use kubectl call stream acs"},
		{name: "NoCallbackURL", reason: "a service that calls nobody back has no such URL", objects: append([]client.Object{provider("team-a", "")}, good[2:]...),
			wantErr: `the CallProvider "acs" in the namespace "team-a" has no spec.callbackURL`},
		{name: "NoContext", reason: "a context that does not exist is an error", args: []string{"--context", "nowhere"}, objects: good, wantErr: "reading the kubeconfig"},
		{name: "TwoProviders", reason: "there is one URL for one provider", args: []string{"another"}, objects: good, wantErr: "accepts 1 arg(s)"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var hosts []string
			var out, errOut strings.Builder
			args := append([]string{"event-grid-url", "acs", "--kubeconfig", writeFile(t, []byte(kubeconfig))}, tc.args...)
			code := run(t.Context(), testKube(t, &hosts, tc.failing, tc.objects...), args, &out, &errOut)
			if (code == 0) != (tc.wantErr == "") || !strings.Contains(errOut.String(), tc.wantErr) {
				t.Errorf("%s: exit code %d with %q, want %q", tc.reason, code, errOut.String(), tc.wantErr)
			}
			if strings.Contains(errOut.String(), "hunter2") {
				t.Errorf("%s: the error shows a key: %s", tc.reason, errOut.String())
			}
			url := strings.TrimSuffix(out.String(), "\n")
			if tc.want == "" != (url == "") || !strings.HasPrefix(url, tc.want) {
				t.Fatalf("%s: printed %q, want %q and a token", tc.reason, url, tc.want)
			}
			if tc.want == "" {
				return
			}
			keys, err := callbackurl.ParseKeys(keyFile(tc.key))
			if err != nil {
				t.Fatal(err)
			}
			if !keys.VerifyEventGrid(tc.namespace, "acs", strings.TrimPrefix(url, tc.want)) {
				t.Errorf("%s: the receiver would refuse %s", tc.reason, url)
			}
			wantHost := "https://here.example.com"
			if tc.name == "OtherContext" {
				wantHost = "https://there.example.com"
			}
			if len(hosts) != 1 || hosts[0] != wantHost {
				t.Errorf("%s: asked %v, want %s", tc.reason, hosts, wantHost)
			}
		})
	}
}

// The command alone prints its help, under the name by which it was called.
func TestHelp(t *testing.T) {
	for _, args := range [][]string{{}, {"--help"}, {"event-grid-url", "--help"}} {
		var out, errOut strings.Builder
		var hosts []string
		if code := run(t.Context(), testKube(t, &hosts, nil), args, &out, &errOut); code != 0 || !strings.Contains(out.String(), "kubectl call") {
			t.Errorf("%v: exit code %d, %s%s", args, code, out.String(), errOut.String())
		}
		if strings.Contains(out.String(), "kubectl-call ") || !strings.Contains(out.String(), "event-grid-url") {
			t.Errorf("%v: the help names the command wrongly:\n%s", args, out.String())
		}
	}
}
