// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package policies

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/devcontrolplane"
)

// editors are a group that may edit everything in every namespace, and no Namespace.
const editors = "editors"

func isAbout(err error, text string) bool { return strings.Contains(err.Error(), text) }

// bindEditors gives the group its rights.
func bindEditors(t *testing.T) {
	t.Helper()
	role := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: editors},
		Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"configmaps", "secrets"}, Verbs: []string{"*"}},
			{APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"*"}, Verbs: []string{"*"}},
		},
	}
	create(t, role)
	create(t, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: editors},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: editors},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: editors}},
	})
}

func secret(namespace string, kind corev1.SecretType) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: meta(namespace), Type: kind, StringData: map[string]string{"key": "value"}}
}

// TestComponents: what RBAC lets the service accounts do and they never do, they cannot do.
func TestComponents(t *testing.T) {
	t.Parallel()
	install(t)
	ns := namespace(t, "+1425")
	cases := []struct {
		name, reason, user string
		object             client.Object
		want               string
	}{
		{"incoming call", "that is its work", receiver, incoming(ns), ""},
		{"call", "it places no call of its own", receiver, call(ns, "+14255550123"), "the webhook receiver creates Calls of incoming calls only"},
		{"context", "that is its work", receiver, secret(ns, v1alpha1.IncomingCallContextSecretType), ""},
		{"answer", "a secret answer is kept", receiver, secret(ns, v1alpha1.AnswerSecretType), ""},
		{"other Secret", "nothing else reads what it makes", receiver, secret(ns, corev1.SecretTypeOpaque), "the webhook receiver creates Secrets of the types"},
		{"Secret without a type", "that is an opaque one", receiver, secret(ns, ""), "the webhook receiver creates Secrets of the types"},
		{"call of a DialOut", "that is its work", manager, ofDialOut(call(ns, "+14255550123")), ""},
		{"manager's call", "it places no call of its own", manager, call(ns, "+14255550123"), "the manager creates and updates only what has the label"},
		{"manager's move", "it moves nobody of its own accord", manager, move(ns), "the manager creates and updates only what has the label"},
		{"results", "that is its work", manager, ofDialOut(secret(ns, corev1.SecretTypeOpaque)), ""},
		{"results without a type", "that is an opaque one", manager, ofDialOut(secret(ns, "")), ""},
		{"list", "that is its work", manager, ofDialOut(configMap(ns)), ""},
		{"manager's ConfigMap", "other programs read those", manager, configMap(ns), "the manager creates and updates only what has the label"},
		{"manager's Secret", "other programs read those", manager, secret(ns, corev1.SecretTypeOpaque), "the manager creates and updates only what has the label"},
		{"token", "it would be a credential", manager, ofDialOut(token(ns)), "of the type Opaque only"},
		{"a person's Secret", "people are not limited by this", person, secret(ns, corev1.SecretTypeOpaque), ""},
		{"a person's call", "people are not limited by this", person, call(ns, "+14255550123"), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check(t, c.reason, clientAs(t, c.user).Create(t.Context(), c.object, client.DryRunAll), c.want)
		})
	}
	context, other := secret(ns, v1alpha1.IncomingCallContextSecretType), secret(ns, corev1.SecretTypeOpaque)
	create(t, context)
	create(t, other)
	const says = "the manager deletes Secrets of the type call-operator.dev/incoming-call-context only"
	until(t, "the policy of the manager is in force", untilRefused(t, manager, other, says))
	check(t, "it deletes no other", clientAs(t, manager).Delete(t.Context(), other), says)
	check(t, "that is its work", clientAs(t, manager).Delete(t.Context(), context), "")
	taken := ofDialOut(other.DeepCopy())
	check(t, "it takes nothing over", clientAs(t, manager).Update(t.Context(), taken), "what has the label call-operator.dev/dial-out already")
	check(t, "people are not limited by this", clientAs(t, person).Update(t.Context(), taken), "")
	check(t, "that is its work", clientAs(t, manager).Update(t.Context(), taken), "")
	check(t, "people are not limited by this", clientAs(t, person).Delete(t.Context(), taken), "")
}

// ofDialOut is an object with the label of what a DialOut creates.
func ofDialOut(object client.Object) client.Object {
	object.SetLabels(map[string]string{v1alpha1.DialOutLabel: "b5c3f0b4-1f0e-4a57-9d2e-0c4f6f6a7d11"})
	return object
}

func configMap(namespace string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: meta(namespace), Data: map[string]string{"key": "value"}}
}

func token(namespace string) *corev1.Secret {
	made := secret(namespace, corev1.SecretTypeServiceAccountToken)
	made.Annotations = map[string]string{corev1.ServiceAccountNameKey: "default"}
	return made
}

// untilRefused succeeds when a deletion is refused.
func untilRefused(t *testing.T, user string, object client.Object, says string) func(context.Context) error {
	t.Helper()
	c := clientAs(t, user)
	return func(ctx context.Context) error {
		err := c.Delete(ctx, object, client.DryRunAll)
		if err != nil && isAbout(err, says) {
			return nil
		}
		return &notYet{err}
	}
}

type notYet struct{ last error }

func (e *notYet) Error() string {
	if e.last == nil {
		return "it is not refused"
	}
	return e.last.Error()
}

// TestQuota: a namespace has no more Calls than its quota says. No controller runs, so the test writes the count by hand; it
// checks that the API server enforces it, with a message.
func TestQuota(t *testing.T) {
	t.Parallel()
	install(t)
	ns := namespace(t, "+1425")
	contents, err := os.ReadFile(filepath.Join(devcontrolplane.Root(), "config", "policies", "quota.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	quota := &corev1.ResourceQuota{}
	if err := yaml.UnmarshalStrict(contents, quota); err != nil {
		t.Fatal(err)
	}
	quota.Namespace = ns
	create(t, quota)
	const counted = corev1.ResourceName("count/calls.call-operator.dev")
	limit := quota.Spec.Hard[counted]
	quota.Status.Hard, quota.Status.Used = quota.Spec.Hard, corev1.ResourceList{}
	for name := range quota.Spec.Hard {
		quota.Status.Used[name] = resource.MustParse("0")
	}
	one := limit.DeepCopy()
	one.Sub(resource.MustParse("1"))
	quota.Status.Used[counted] = one
	if err := plane.Client.Status().Update(t.Context(), quota); err != nil {
		t.Fatal(err)
	}
	until(t, "the quota counts", func(ctx context.Context) error {
		if err := plane.Client.Create(ctx, call(ns, "+14255550123")); err != nil {
			return err
		}
		got := &corev1.ResourceQuota{}
		if err := plane.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: quota.Name}, got); err != nil {
			return err
		}
		if used := got.Status.Used[counted]; used.Cmp(limit) != 0 {
			return &notYet{}
		}
		return nil
	})
	check(t, "the namespace has as many as it may", plane.Client.Create(t.Context(), call(ns, "+14255550123")),
		"exceeded quota: calls, requested: count/calls.call-operator.dev=1, used: count/calls.call-operator.dev=50, limited: count/calls.call-operator.dev=50")
	check(t, "other kinds have a count of their own", plane.Client.Create(t.Context(), redirect(ns, "+14255550123")), "")
}
