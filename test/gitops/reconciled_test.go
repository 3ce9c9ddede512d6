// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers"
	providercontroller "github.com/call-operator/call-operator/controllers/provider"
	routecontroller "github.com/call-operator/call-operator/controllers/route"
	"github.com/call-operator/call-operator/controllers/shared/access"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

func now() time.Time { return epoch }

// reconciled is an object after a reconciler has looked at it, among other objects.
func reconciled[O client.Object](t *testing.T, object O, reconciler func(client.Client) reconcile.Reconciler, others ...client.Object) O {
	t.Helper()
	scheme, err := controllers.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	api := fake.NewClientBuilder().WithScheme(scheme).WithObjects(append(others, object)...).
		WithStatusSubresource(&v1alpha1.CallProvider{}, &v1alpha1.CallRoute{}).
		WithIndex(&v1alpha1.CallRoute{}, "spec.providerRef.name", func(object client.Object) []string {
			return []string{object.(*v1alpha1.CallRoute).Spec.ProviderRef.Name}
		}).Build()
	if _, err := reconciler(api).Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(object)}); err != nil {
		t.Fatal(err)
	}
	if err := api.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
		t.Fatal(err)
	}
	return object
}

func providers(api client.Client) reconcile.Reconciler {
	return &providercontroller.Reconciler{
		Client: api, Recorder: recorder(), Now: now,
		Connections: &access.Connections{Adapter: &telephonyacs.Adapter{Now: now}, Secrets: api, Now: now},
	}
}

func routes(api client.Client) reconcile.Reconciler {
	return &routecontroller.Reconciler{Client: api, Recorder: recorder(), Now: now}
}

// recorder takes the Events of one look at an object.
func recorder() events.EventRecorder { return events.NewFakeRecorder(1) }

func provider(changes ...func(client.Object)) *v1alpha1.CallProvider {
	p := &v1alpha1.CallProvider{
		ObjectMeta: meta("acs"), Status: v1alpha1.CallProviderStatus{ObservedGeneration: -1},
		Spec: v1alpha1.CallProviderSpec{
			CallbackURL: "https://calls.example.com",
			ACS:         &v1alpha1.ACSProvider{ConnectionStringSecretRef: &v1alpha1.SecretKeyReference{Name: "acs", Key: "connectionString"}},
			Numbers:     []v1alpha1.OwnedNumber{{PhoneNumber: "+14255550100"}},
		},
	}
	for _, change := range changes {
		change(p)
	}
	return p
}

func secret() *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "acs"},
		Data:       map[string][]byte{"connectionString": []byte("endpoint=https://contoso.communication.azure.com/;accesskey=c2VjcmV0")},
	}
}

func providerStates(t *testing.T) []state {
	t.Helper()
	usable := reconciled(t, provider(), providers, secret())
	altered := usable.DeepCopy()
	changed(altered)
	leaving := usable.DeepCopy()
	deleted(leaving)
	return []state{
		{"provider unseen", "nobody has looked at it", provider(), status.InProgressStatus},
		{"provider without its Secret", "it continues when the Secret appears", reconciled(t, provider(), providers), status.InProgressStatus},
		{"provider usable", "calls can be placed", usable, status.CurrentStatus},
		{"provider changed", "nobody has looked at the change", altered, status.InProgressStatus},
		{"provider deleted", "it is on its way out", leaving, status.TerminatingStatus},
	}
}

func route(name string, match *v1alpha1.RouteMatch, changes ...func(client.Object)) *v1alpha1.CallRoute {
	r := &v1alpha1.CallRoute{
		ObjectMeta: meta(name), Status: v1alpha1.CallRouteStatus{ObservedGeneration: -1},
		Spec: v1alpha1.CallRouteSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: "acs"}, Match: match,
			Action: v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{}},
		},
	}
	for _, change := range changes {
		change(r)
	}
	return r
}

func routeStates(t *testing.T) []state {
	t.Helper()
	ours := &v1alpha1.RouteMatch{To: []v1alpha1.PartyMatch{{Exact: &v1alpha1.Identifier{PhoneNumber: "+14255550100"}}}}
	theirs := &v1alpha1.RouteMatch{To: []v1alpha1.PartyMatch{{Exact: &v1alpha1.Identifier{PhoneNumber: "+14255550199"}}}}
	accepted := reconciled(t, route("b", ours), routes, provider())
	altered := accepted.DeepCopy()
	changed(altered)
	return []state{
		{"route unseen", "nobody has looked at it", route("b", ours), status.InProgressStatus},
		{"route without a provider", "it continues when the provider appears", reconciled(t, route("b", ours), routes), status.InProgressStatus},
		{"route accepted", "it can take calls", accepted, status.CurrentStatus},
		{"route changed", "nobody has looked at the change", altered, status.InProgressStatus},
		{"route for another's number", "no call can arrive", reconciled(t, route("b", theirs), routes, provider()), status.FailedStatus},
		{"route behind another", "the other takes every call", reconciled(t, route("b", ours), routes, provider(), route("a", nil)), status.FailedStatus},
	}
}
