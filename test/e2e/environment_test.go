// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/controllers"
	"github.com/call-operator/call-operator/test/devcontrolplane"
)

const (
	systemNamespace = "call-operator-system"

	// patience is how long what must happen may take on a slow machine.
	patience = 2 * time.Minute
)

// Images, as the manifests and hack/e2e.sh name them.
const (
	operatorImage  = "call-operator:dev"
	previousImage  = "call-operator:previous"
	simulatorImage = "call-operator-simulator:dev"
)

// environment is the cluster and the ways to it.
type environment struct {
	*cluster
	client.Client
	// dir is a folder for this run; artifacts is where a failed run leaves what a person wants to see.
	dir, artifacts string
	rest           rest.Interface
	pods           kubernetes.Interface
}

// newEnvironment creates the cluster, and loads the images.
func newEnvironment(ctx context.Context) (_ *environment, err error) {
	e := &environment{artifacts: os.Getenv("ARTIFACTS")}
	if e.artifacts == "" {
		return nil, errors.New("ARTIFACTS names no folder: run make test-e2e")
	}
	if e.dir, err = os.MkdirTemp("", "call-operator-e2e-"); err != nil {
		return nil, err
	}
	// kustomize compares paths after links are followed.
	if e.dir, err = filepath.EvalSymlinks(e.dir); err != nil {
		return nil, err
	}
	if e.cluster, err = createCluster(ctx, e.dir); err != nil {
		return e, err
	}
	for _, image := range []string{operatorImage, previousImage, simulatorImage} {
		if err := e.load(ctx, image); err != nil {
			return e, err
		}
	}
	return e, e.connect()
}

func (e *environment) connect() error {
	config, err := clientcmd.BuildConfigFromFlags("", e.kubeconfig)
	if err != nil {
		return err
	}
	config.QPS = -1
	scheme, err := controllers.Scheme()
	if err != nil {
		return err
	}
	if e.Client, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	if e.pods, err = kubernetes.NewForConfig(config); err != nil {
		return err
	}
	raw := rest.CopyConfig(config)
	raw.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	e.rest, err = rest.UnversionedRESTClientFor(raw)
	return err
}

// close removes everything. After a failure, it keeps logs and objects first.
func (e *environment) close(ctx context.Context, failed bool) error {
	var errs []error
	if failed && e.cluster != nil {
		errs = append(errs, e.keep(ctx))
	}
	if e.cluster != nil {
		errs = append(errs, e.delete(ctx))
	}
	return errors.Join(append(errs, os.RemoveAll(e.dir))...)
}

// keep writes to the artifacts folder what a person wants to see who looks for the cause of a failure.
func (e *environment) keep(ctx context.Context) error {
	if err := os.MkdirAll(e.artifacts, 0o755); err != nil {
		return err
	}
	dumps := map[string][]string{
		"objects.yaml":  {"get", "telephony,pods,deployments,leases,events", "-A", "-o", "yaml"},
		"objects.txt":   {"get", "telephony,all,leases", "-A", "-o", "wide"},
		"describe.txt":  {"describe", "telephony,pods", "-A"},
		"events.txt":    {"get", "events", "-A", "--sort-by=.lastTimestamp"},
		"journal.json":  {"get", "--raw", simulatorProxy + "/journal"},
		"manager.log":   {"-n", systemNamespace, "logs", "-l", "app.kubernetes.io/component=manager", "--tail=-1", "--prefix"},
		"receiver.log":  {"-n", systemNamespace, "logs", "-l", "app.kubernetes.io/component=webhookreceiver", "--tail=-1", "--prefix"},
		"simulator.log": {"-n", systemNamespace, "logs", "-l", "app.kubernetes.io/name=acs-simulator", "--tail=-1"},
		"asterisk.log":  {"-n", asteriskNamespace, "logs", "deployment/asterisk", "--tail=-1"},
	}
	for file, args := range dumps {
		out, err := run(ctx, e.command(args...))
		if err != nil {
			out += "\n" + err.Error()
		}
		if err := os.WriteFile(filepath.Join(e.artifacts, file), []byte(out), 0o600); err != nil {
			return err
		}
	}
	err := e.keepLogs(ctx, filepath.Join(e.artifacts, "node"))
	fmt.Fprintln(os.Stderr, "e2e: logs and objects are in", e.artifacts)
	return err
}

// command is kubectl.
func (e *environment) command(args ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl"), args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+e.kubeconfig, "KUBECACHEDIR="+filepath.Join(e.dir, "kubectl-cache"),
		"PATH="+filepath.Join(devcontrolplane.Root(), "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	return command
}

// kubectl runs kubectl, which has to succeed, and returns what it says.
func (e *environment) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := run(t.Context(), e.command(args...))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// refused runs kubectl, which has to fail with an error that says why.
func (e *environment) refused(t *testing.T, why string, args ...string) {
	t.Helper()
	out, err := run(t.Context(), e.command(args...))
	switch {
	case err == nil:
		t.Errorf("kubectl %s was let do: %s", strings.Join(args, " "), out)
	case !strings.Contains(err.Error(), why):
		t.Errorf("kubectl %s failed, but not with %q: %v", strings.Join(args, " "), why, err)
	}
}

// apply applies a manifest in a namespace.
func (e *environment) apply(t *testing.T, namespace, manifest string) {
	t.Helper()
	command := e.command("-n", namespace, "apply", "-f", "-")
	command.Stdin = strings.NewReader(manifest)
	if _, err := run(t.Context(), command); err != nil {
		t.Fatal(err)
	}
}

// kustomize writes a kustomization into a folder of its own, and returns the folder. Each %PATH% in the text that begins
// with a slash, as in %/a/b%, becomes the way there, since kustomize takes no absolute ones.
func (e *environment) kustomize(t *testing.T, text string) string {
	t.Helper()
	folder, err := os.MkdirTemp(e.dir, "kustomization-")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(text, "%")
	for i := 1; i < len(parts); i += 2 {
		if parts[i], err = filepath.Rel(folder, parts[i]); err != nil {
			t.Fatal(err)
		}
	}
	text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n" + strings.Join(parts, "")
	if err := os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// config is the path of a folder in config/.
func config(parts ...string) string {
	return filepath.Join(append([]string{devcontrolplane.Root(), "config"}, parts...)...)
}

// eventually waits until check returns nil.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	if err := await(t.Context(), patience, check); err != nil {
		t.Fatal(err)
	}
}
