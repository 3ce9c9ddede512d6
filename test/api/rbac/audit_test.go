// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package rbac

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers"
	"github.com/call-operator/call-operator/test/devcontrolplane"
)

// audited is an API server that audits by docs/audit-policy.yaml into a file.
func audited(t *testing.T, file string) *rest.Config {
	t.Helper()
	environment := &envtest.Environment{CRDDirectoryPaths: []string{filepath.Join(devcontrolplane.Root(), "config", "crd", "bases")}}
	environment.ControlPlane.GetAPIServer().Configure().
		Append("audit-policy-file", filepath.Join(devcontrolplane.Root(), "docs", "audit-policy.yaml")).
		Append("audit-log-path", file)
	config, err := environment.Start()
	t.Cleanup(func() {
		if err := environment.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// TestAudit: the audit log says who dialled whom and who ended it, says nothing of what the operator notes, and holds no secret.
func TestAudit(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "audit.log")
	config := audited(t, file)
	as := func(user string) client.Client {
		impersonating := rest.CopyConfig(config)
		impersonating.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:masters"}}
		scheme, err := controllers.Scheme()
		if err != nil {
			t.Fatal(err)
		}
		c, err := client.New(impersonating, client.Options{Scheme: scheme})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ada, ben, manager := as("ada"), as("ben"), as(serviceAccount("call-operator-manager").user)
	call := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "reminder"}, Spec: v1alpha1.CallSpec{
		ProviderRef: v1alpha1.ProviderReference{Name: "acs"}, From: &v1alpha1.Caller{PhoneNumber: "+14255550100"},
		To: &v1alpha1.Identifier{PhoneNumber: "+14255550123"},
	}}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "acs"}, StringData: map[string]string{"key": "hunter2"}}
	must(ada.Create(t.Context(), secret))
	must(ada.Create(t.Context(), call))
	call.Status.ObservedGeneration = 1
	must(manager.Status().Update(t.Context(), call))
	call.Spec.State = v1alpha1.CallStateEnded
	must(ben.Update(t.Context(), call))
	must(ben.Delete(t.Context(), call))
	must(ada.Get(t.Context(), client.ObjectKeyFromObject(secret), secret))

	want := []string{
		"ada create secrets acs ", "ada create calls reminder +14255550123 Active", "ben update calls reminder +14255550123 Ended",
		"ben delete calls reminder ", "ada get secrets acs ",
	}
	text, err := os.ReadFile(file)
	must(err)
	if diff := cmp.Diff(want, userActions(t, string(text))); diff != "" {
		t.Errorf("the audit log (-want +got):\n%s", diff)
	}
	if strings.Contains(string(text), "hunter2") || strings.Contains(string(text), "aHVudGVyMg") {
		t.Error("the audit log holds a secret")
	}
}

// userActions are the actions of users in an audit log: who, what, and the called number.
func userActions(t *testing.T, log string) []string {
	t.Helper()
	var found []string
	lines := bufio.NewScanner(strings.NewReader(log))
	lines.Buffer(nil, len(log)+1)
	for lines.Scan() {
		var event struct {
			ImpersonatedUser struct{ Username string }
			Verb             string
			ObjectRef        struct{ Resource, Name string }
			RequestObject    struct {
				Spec struct {
					State string
					To    struct{ PhoneNumber string }
				}
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			t.Fatal(err)
		}
		if event.ImpersonatedUser.Username == "" {
			continue
		}
		called := event.RequestObject.Spec.To.PhoneNumber
		if called != "" {
			called += " " + event.RequestObject.Spec.State
		}
		found = append(found, strings.Join([]string{event.ImpersonatedUser.Username, event.Verb, event.ObjectRef.Resource, event.ObjectRef.Name, called}, " "))
	}
	return found
}
