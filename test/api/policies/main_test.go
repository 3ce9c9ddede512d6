// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package policies tests the policies of config/policies on a real API server.
package policies

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers"
	"github.com/call-operator/call-operator/test/devcontrolplane"
	"github.com/call-operator/call-operator/test/harness"
)

const (
	system = "call-operator-system"

	prefixesAnnotation = "call-operator.dev/allowed-prefixes"
)

var plane *harness.Plane

func TestMain(m *testing.M) { harness.Main(m, &plane) }

var once sync.Once

// install applies the policies and the roles, once, and waits until the policies are in force.
func install(t *testing.T) {
	t.Helper()
	once.Do(func() {
		kubectl := plane.KubectlAs(t, "installer", "system:masters")
		kubectl.Run(t, "", "create", "namespace", system)
		for _, part := range []string{"rbac", "policies"} {
			kubectl.Run(t, "", "apply", "-k", filepath.Join(devcontrolplane.Root(), "config", part))
		}
		bindEditors(t)
		awaitRefusal(t, "callees", call("default", "+14255550123"), "call-operator-callees")
		awaitRefusal(t, "gitops", fromGit("default"), "call-operator-gitops")
		awaitRefusal(t, "providers", provider("default", "https://example.com"), "call-operator-providers")
		awaitRefusalAs(t, receiver, secret("default", corev1.SecretTypeOpaque), "call-operator-webhookreceiver")
	})
}

// awaitRefusal waits until a policy refuses an object: it is in force some time after it was created.
func awaitRefusal(t *testing.T, what string, object client.Object, policy string) {
	t.Helper()
	awaitRefusalAs(t, person, object, policy)
	t.Logf("the policy %s is in force", what)
}

func awaitRefusalAs(t *testing.T, as string, object client.Object, policy string) {
	t.Helper()
	c := clientAs(t, as)
	late := time.Now().Add(harness.Patience)
	for {
		err := c.Create(t.Context(), object.DeepCopyObject().(client.Object), client.DryRunAll)
		if err != nil && strings.Contains(err.Error(), policy) {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("waited %s until the policy %s is in force; the last answer was %v", harness.Patience, policy, err)
		}
		<-time.After(100 * time.Millisecond) // nothing tells when a policy is in force
	}
}

// Users, each with all rights in RBAC but those that make the difference.
const (
	person   = "person"
	receiver = "system:serviceaccount:call-operator-system:call-operator-webhookreceiver"
	manager  = "system:serviceaccount:call-operator-system:call-operator-manager"
)

// clientAs is a client as one of the users, in more groups than the user is in.
func clientAs(t *testing.T, user string, groups ...string) client.Client {
	t.Helper()
	config := rest.CopyConfig(plane.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: append(groups, "system:authenticated")}
	if user == person {
		config.Impersonate.Groups = append(config.Impersonate.Groups, editors)
	}
	scheme, err := controllers.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// namespace makes a namespace with some labels that may call numbers with some prefixes.
func namespace(t *testing.T, prefixes string, labels ...string) string {
	t.Helper()
	made := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "policies-", Labels: map[string]string{}}}
	if prefixes != "" {
		made.Annotations = map[string]string{prefixesAnnotation: prefixes}
	}
	for _, label := range labels {
		key, value, _ := strings.Cut(label, "=")
		made.Labels[key] = value
	}
	create(t, made)
	return made.Name
}

func create(t *testing.T, object client.Object) {
	t.Helper()
	if err := plane.Client.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}

func meta(namespace string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, GenerateName: "judged-"}
}

func call(namespace, to string) *v1alpha1.Call {
	return &v1alpha1.Call{ObjectMeta: meta(namespace), Spec: v1alpha1.CallSpec{
		ProviderRef: v1alpha1.ProviderReference{Name: "acs"}, From: &v1alpha1.Caller{PhoneNumber: "+14255550100"},
		To: &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(to)},
	}}
}

func incoming(namespace string) *v1alpha1.Call {
	return &v1alpha1.Call{ObjectMeta: meta(namespace), Spec: v1alpha1.CallSpec{
		ProviderRef: v1alpha1.ProviderReference{Name: "acs"},
		Inbound:     &v1alpha1.InboundCall{To: v1alpha1.Identifier{PhoneNumber: "+449098790001"}, ReceivedTime: metav1.Now()},
	}}
}

func route(namespace string, action v1alpha1.RouteAction) *v1alpha1.CallRoute {
	return &v1alpha1.CallRoute{ObjectMeta: meta(namespace), Spec: v1alpha1.CallRouteSpec{
		ProviderRef: v1alpha1.ProviderReference{Name: "acs"}, Action: action,
	}}
}

func redirect(namespace, to string) *v1alpha1.CallRoute {
	return route(namespace, v1alpha1.RouteAction{Redirect: &v1alpha1.RedirectAction{To: v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(to)}}})
}

func provider(namespace, endpoint string) *v1alpha1.CallProvider {
	return &v1alpha1.CallProvider{ObjectMeta: meta(namespace), Spec: v1alpha1.CallProviderSpec{
		CallbackURL: "https://calls.example.com",
		ACS:         &v1alpha1.ACSProvider{Endpoint: endpoint, ConnectionStringSecretRef: &v1alpha1.SecretKeyReference{Name: "acs"}},
	}}
}

// fromGit is a move as Flux applies it, which deletes itself.
func fromGit(namespace string) *v1alpha1.ParticipantMove {
	move := &v1alpha1.ParticipantMove{ObjectMeta: meta(namespace), Spec: v1alpha1.ParticipantMoveSpec{
		From: v1alpha1.CallReference{Name: "a"}, To: v1alpha1.CallReference{Name: "b"},
		Participants: []v1alpha1.Identifier{{PhoneNumber: "+14255550123"}}, TTLSecondsAfterFinished: ptr.To[int32](60),
	}}
	move.Labels = map[string]string{"kustomize.toolkit.fluxcd.io/name": "calls"}
	return move
}

// check compares an error with what an API server should say; "" is nothing.
func check(t *testing.T, reason string, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%s, but it is refused: %v", reason, err)
	case want != "" && err == nil:
		t.Errorf("%s, but it is not refused", reason)
	case want != "" && !strings.Contains(err.Error(), want):
		t.Errorf("%s: refused with\n%v\nwhich lacks\n%s", reason, err, want)
	}
}

// until tries something until it succeeds, for what the API server needs some time to see.
func until(t *testing.T, what string, try func(context.Context) error) {
	t.Helper()
	late := time.Now().Add(harness.Patience)
	for {
		err := try(t.Context())
		if err == nil {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("waited %s until %s: %v", harness.Patience, what, err)
		}
		<-time.After(50 * time.Millisecond) // admission sees namespaces and quotas by a watch of its own
	}
}
