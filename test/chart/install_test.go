// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/test/devcontrolplane"
)

// installed is a release: how its cluster is reached, and where Helm keeps its own files.
type installed struct {
	config, home string
}

func (i installed) helm(t *testing.T, args ...string) string {
	t.Helper()
	args = append(args, "--kubeconfig", i.config, "--namespace", "call-operator-system")
	output, err := helmIn(t, i.home, args...)
	if err != nil {
		t.Fatal(err)
	}
	return output
}

// A release lives from its installation by an upgrade to its end, on a real API server. No controller of workloads runs
// there, so nothing is waited for.
func TestARelease(t *testing.T) {
	release, c := newCluster(t)
	release.helm(t, "install", "call-operator", folder, "--create-namespace")
	keys := callbackKeys(t, c)
	if _, err := callbackurl.ParseKeys(keys); err != nil {
		t.Errorf("the callback keys that Helm made cannot be used: %v", err)
	}

	_, err := helmIn(t, release.home, "install", "other", folder, "--kubeconfig", release.config, "--namespace", "other", "--create-namespace")
	if err == nil || !strings.Contains(err.Error(), "cannot be imported into the current release") {
		t.Errorf("a second release in the cluster is not refused for what belongs to the first: %v", err)
	}

	release.helm(t, "upgrade", "call-operator", folder, "--values", values(t, upgraded))
	if diff := cmp.Diff(keys, callbackKeys(t, c)); diff != "" {
		t.Errorf("an upgrade changes the callback keys, which ends all callbacks (-before +after):\n%s", diff)
	}

	release.helm(t, "uninstall", "call-operator")
	if diff := cmp.Diff(keys, callbackKeys(t, c)); diff != "" {
		t.Errorf("after the release the callback keys are others (-before +after):\n%s", diff)
	}
	if kept, all := keptDefinitions(t, c), definitions(t); kept != all {
		t.Errorf("after the release there are %d CRDs, not %d: objects go with them", kept, all)
	}
	deployment := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "apps/v1", "kind": "Deployment"}}
	err = c.Get(t.Context(), client.ObjectKey{Namespace: "call-operator-system", Name: "call-operator-manager"}, deployment)
	if !apierrors.IsNotFound(err) {
		t.Errorf("after the release the manager is still there: %v", err)
	}

	// Installed again, it finds what was kept.
	release.helm(t, "install", "call-operator", folder)
	if diff := cmp.Diff(keys, callbackKeys(t, c)); diff != "" {
		t.Errorf("installed again, the callback keys are others (-before +after):\n%s", diff)
	}
}

// newCluster is an API server without our kinds, with a place for releases and a client.
func newCluster(t *testing.T) (installed, client.Client) {
	t.Helper()
	binary(t)
	bare, err := devcontrolplane.Start(false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bare.Stop(); err != nil {
			t.Error(err)
		}
	})
	contents, err := bare.Kubeconfig("helm", "system:masters")
	if err != nil {
		t.Fatal(err)
	}
	release := installed{config: filepath.Join(t.TempDir(), "kubeconfig"), home: t.TempDir()}
	if err := os.WriteFile(release.config, contents, 0o600); err != nil {
		t.Fatal(err)
	}
	return release, newClient(t, bare)
}

func newClient(t *testing.T, plane *devcontrolplane.Plane) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), apiextensionsv1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	c, err := client.New(plane.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// upgraded turns on what a cluster without add-ons has the kinds for.
const upgraded = `
tls: {secretName: my-tls}
ingress: {enabled: true, host: calls.example.com}
networkPolicy: {enabled: true}
metrics: {dashboards: {enabled: true}}
manager: {replicas: 3, workloadIdentity: {enabled: true, clientID: id}}
webhookreceiver: {autoscaling: {enabled: true}}
`

// definitions is how many CRDs the product has.
func definitions(t *testing.T) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(devcontrolplane.Root(), "config/crd/bases/*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the CRDs are %v: %v", files, err)
	}
	return len(files)
}

// keptDefinitions is how many CRDs there are that are not being deleted.
func keptDefinitions(t *testing.T, c client.Client) int {
	t.Helper()
	var definitions apiextensionsv1.CustomResourceDefinitionList
	if err := c.List(t.Context(), &definitions); err != nil {
		t.Fatal(err)
	}
	kept := 0
	for i := range definitions.Items {
		if definitions.Items[i].DeletionTimestamp.IsZero() {
			kept++
		}
	}
	return kept
}

func callbackKeys(t *testing.T, c client.Client) []byte {
	t.Helper()
	secret := &corev1.Secret{}
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: "call-operator-system", Name: "call-operator-callback-key"}, secret); err != nil {
		t.Fatal(err)
	}
	return secret.Data["keys"]
}
