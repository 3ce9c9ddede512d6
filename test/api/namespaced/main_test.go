// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package namespaced runs the manager with the permissions of config/namespaced: in the named namespaces only.
package namespaced

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers"
	"github.com/call-operator/call-operator/internal/namespacescope"
	"github.com/call-operator/call-operator/test/devcontrolplane"
	"github.com/call-operator/call-operator/test/harness"
)

const (
	system = "call-operator-system"
	team   = "team-a"

	managerAccount  = "call-operator-manager"
	receiverAccount = "call-operator-webhookreceiver"
)

var plane *harness.Plane

func TestMain(m *testing.M) { harness.Main(m, &plane) }

// install applies config/namespaced.
func install(t *testing.T) {
	t.Helper()
	kubectl := plane.KubectlAs(t, "installer", "system:masters")
	kubectl.Run(t, "", "create", "namespace", team)
	kubectl.Run(t, "", "apply", "-k", filepath.Join(devcontrolplane.Root(), "config", "namespaced"))
}

// as reaches the API server as a service account.
func as(account string) *rest.Config {
	config := rest.CopyConfig(plane.Config)
	config.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + system + ":" + account,
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:" + system, "system:authenticated"},
	}
	return config
}

// bind gives a service account its role in a namespace, as config/namespaced/team does.
func bind(t *testing.T, account, namespace string) {
	t.Helper()
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: account},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: account},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: system, Name: account}},
	}
	if err := plane.Client.Create(t.Context(), binding); err != nil {
		t.Fatal(err)
	}
}

func unbind(t *testing.T, account, namespace string) {
	t.Helper()
	binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: account}}
	if err := plane.Client.Delete(t.Context(), binding); err != nil {
		t.Fatal(err)
	}
}

// may asks whether a service account may do something in a namespace.
func may(t *testing.T, account, namespace, group, resource, verb string) bool {
	t.Helper()
	name, subresource, _ := strings.Cut(resource, "/")
	impersonated := as(account).Impersonate
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: impersonated.UserName, Groups: impersonated.Groups,
		ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: namespace, Group: group, Resource: name, Subresource: subresource, Verb: verb},
	}}
	if err := plane.Client.Create(t.Context(), review); err != nil {
		t.Fatal(err)
	}
	return review.Status.Allowed
}

// TestNamespacedRights: all that the two roles give is given in the named namespace, and nothing of it elsewhere.
func TestNamespacedRights(t *testing.T) {
	install(t)
	for _, account := range []string{managerAccount, receiverAccount} {
		role := &rbacv1.ClusterRole{}
		if err := plane.Client.Get(t.Context(), types.NamespacedName{Name: account}, role); err != nil {
			t.Fatal(err)
		}
		for _, rule := range role.Rules {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					for namespace, want := range map[string]bool{team: true, "default": false, "kube-system": false, metav1.NamespaceAll: false} {
						if got := may(t, account, namespace, rule.APIGroups[0], resource, verb); got != want {
							t.Errorf("%s may %s %s in namespace %q: %t, want %t", account, verb, resource, namespace, got, want)
						}
					}
				}
			}
		}
		deployment := &appsv1.Deployment{}
		if err := plane.Client.Get(t.Context(), types.NamespacedName{Namespace: system, Name: account}, deployment); err != nil {
			t.Fatal(err)
		}
		if arguments := deployment.Spec.Template.Spec.Containers[0].Args; !slices.Contains(arguments, "--watch-namespaces="+team) {
			t.Errorf("%s is not told where to work: %v", account, arguments)
		}
	}
}

// TestNamespacedManager: a named namespace without a RoleBinding is skipped and logged; the others work. Revoking permissions at
// run time stops only that namespace, and restoring them resumes it. (Each Call has its own callee, since two Calls to one callee
// wait for each other across namespaces.)
func TestNamespacedManager(t *testing.T) {
	bound, shaky, unbound := newWorld(t), newWorld(t), newWorld(t)
	for _, w := range []*harness.World{bound, shaky} {
		bind(t, managerAccount, w.Namespace)
	}
	harness.KeepLogs()
	startManager(t, bound, shaky, unbound)
	unbound.Create(t, unbound.Call("alone", harness.Callee(5)))
	bound.Create(t, bound.Call("first", harness.Callee(1)))
	shaky.Create(t, shaky.Call("first", harness.Callee(3)))
	bound.AwaitCondition(t, "first", v1alpha1.ConditionConnected)
	shaky.AwaitCondition(t, "first", v1alpha1.ConditionConnected)

	unbind(t, managerAccount, shaky.Namespace)
	awaitRight(t, shaky.Namespace, false)
	shaky.Create(t, shaky.Call("second", harness.Callee(4)))
	bound.Create(t, bound.Call("second", harness.Callee(2)))
	bound.AwaitCondition(t, "second", v1alpha1.ConditionConnected)
	awaitLog(t, `cannot patch resource \"calls\"`, shaky.Namespace)
	if rings := shaky.Sim.Rings(harness.Callee(4)); rings > 0 {
		t.Errorf("a call was placed where nothing may be written")
	}

	bind(t, managerAccount, shaky.Namespace)
	shaky.AwaitCondition(t, "second", v1alpha1.ConditionConnected)
	if rings := shaky.Sim.Rings(harness.Callee(4)); rings != 1 {
		t.Errorf("the callee was rung %d times, want once", rings)
	}
	awaitLog(t, "a namespace is skipped: bind the ClusterRole there with a RoleBinding", unbound.Namespace)
	alone := &v1alpha1.Call{}
	if err := unbound.Client.Get(t.Context(), types.NamespacedName{Namespace: unbound.Namespace, Name: "alone"}, alone); err != nil {
		t.Fatal(err)
	}
	if alone.Status.ObservedGeneration != -1 || len(alone.Status.Conditions) > 0 || unbound.Sim.Rings(harness.Callee(5)) > 0 {
		t.Errorf("a Call in a namespace that is left alone was looked at: %+v", alone.Status)
	}
}

func newWorld(t *testing.T) *harness.World {
	t.Helper()
	return harness.New(t, plane, harness.Options{})
}

// startManager starts a manager as its service account, with the keys of the first World, in the namespaces of all.
func startManager(t *testing.T, worlds ...*harness.World) {
	t.Helper()
	options := controllers.Options{
		CallbackKeys: worlds[0].Keys, AllowHTTP: true, PollInterval: 200 * time.Millisecond, Concurrency: 4, MetricsAddress: "0", HealthAddress: "0",
	}
	for _, w := range worlds {
		options.Namespaces = append(options.Namespaces, w.Namespace)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- controllers.Run(ctx, as(managerAccount), options) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the manager failed: %v", err)
		}
	})
}

// awaitRight waits until the API server knows of a binding, or of its end.
func awaitRight(t *testing.T, namespace string, want bool) {
	t.Helper()
	await(t, "the API server knows the rights", func() bool {
		return may(t, managerAccount, namespace, v1alpha1.GroupVersion.Group, "calls", "patch") == want
	})
}

func awaitLog(t *testing.T, words ...string) {
	t.Helper()
	await(t, "the manager says "+strings.Join(words, " and "), func() bool {
		for line := range strings.Lines(harness.Logs()) {
			if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, word) }) {
				return true
			}
		}
		return false
	})
}

func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	late := time.Now().Add(harness.Patience)
	for !is() {
		if time.Now().After(late) {
			t.Fatalf("waited %s until %s\n%s", harness.Patience, what, harness.Logs())
		}
		<-time.After(50 * time.Millisecond) // neither rights nor logs can be watched
	}
}

// TestScope: the scope is determined before the start, and the process restarts when it grows.
func TestScope(t *testing.T) {
	namespaces := make([]string, 3)
	for i := range namespaces {
		made := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "scope-"}}
		if err := plane.Client.Create(t.Context(), made); err != nil {
			t.Fatal(err)
		}
		namespaces[i] = made.Name
	}
	find := func(said *strings.Builder, wanted ...string) (*namespacescope.Scope, error) {
		log := funcr.New(func(_, args string) { said.WriteString(args) }, funcr.Options{})
		return namespacescope.Find(t.Context(), as(receiverAccount), wanted, []string{"calls", "participantmoves"}, log)
	}
	said := &strings.Builder{}
	if _, err := find(said, namespaces...); err == nil || !strings.Contains(err.Error(), "bind the ClusterRole there with a RoleBinding") {
		t.Errorf("with nothing to watch it is an error that says what to do, got %v", err)
	}
	bind(t, receiverAccount, namespaces[0])
	await(t, "the API server knows the rights", func() bool {
		return may(t, receiverAccount, namespaces[0], v1alpha1.GroupVersion.Group, "calls", "watch")
	})
	said.Reset()
	scope, err := find(said, namespaces...)
	if err != nil || !slices.Equal(scope.Namespaces, namespaces[:1]) || !slices.Equal(scope.Refused, namespaces[1:]) {
		t.Fatalf("one may be watched, the others not; got %+v, %v", scope, err)
	}
	for _, refused := range namespaces[1:] {
		if !strings.Contains(said.String(), refused) {
			t.Errorf("nothing was said of %s: %s", refused, said)
		}
	}
	if all, err := find(said); err != nil || len(all.Namespaces)+len(all.Refused) > 0 {
		t.Errorf("all namespaces are not asked about; got %+v, %v", all, err)
	}
	scope.Recheck = 20 * time.Millisecond
	stopped, stop := context.WithCancel(t.Context())
	ended := scope.Follow(stopped)
	followed := scope.Follow(t.Context())
	stop()
	<-ended.Done()
	if err := namespacescope.Outcome(ended, nil); err != nil {
		t.Errorf("a process that is asked to stop must exit without an error, got %v", err)
	}
	bind(t, receiverAccount, namespaces[2])
	<-followed.Done()
	if err := namespacescope.Outcome(followed, nil); err == nil || !strings.Contains(err.Error(), namespaces[2]+" may be watched now") {
		t.Errorf("the process is to begin anew, and says why; got %v", err)
	}
	whole := &namespacescope.Scope{}
	if ctx := t.Context(); whole.Follow(ctx) != ctx {
		t.Error("with nothing refused there is nothing to follow")
	}
}
