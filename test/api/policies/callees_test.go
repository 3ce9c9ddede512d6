// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package policies

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Parts of what the policy says.
const (
	saysAllowed   = "this namespace may call only numbers that begin with +1425, +4420: ask the cluster administrator to add a prefix to the annotation call-operator.dev/allowed-prefixes of the Namespace"
	saysNothing   = "this namespace may not call any numbers: ask the cluster administrator to add a prefix"
	saysExpensive = "no namespace may call numbers that begin with %s, because they are expensive: use another number"
	saysTooShort  = "is too short for a subscriber number: emergency and service numbers may not be called"
)

func TestCallees(t *testing.T) {
	t.Parallel()
	install(t)
	narrow, wide := namespace(t, "+1425  +4420 ignored"), namespace(t, "+")
	empty, none := namespace(t, "nothing"), namespace(t, "")
	userTo := v1alpha1.Identifier{CommunicationUser: "8:acs:resource_user"}
	toUser := call(none, "")
	toUser.Spec.To = &userTo
	cases := []struct {
		name, reason string
		object       client.Object
		want         string
	}{
		{"allowed", "the number begins with an allowed prefix", call(narrow, "+14255550123"), ""},
		{"allowed by the second", "each prefix counts, whatever is between them", call(narrow, "+442079460123"), ""},
		{"not allowed", "the number begins with none of them", call(narrow, "+12065550123"), saysAllowed},
		{"a prefix in the middle", "a prefix is at the beginning", call(narrow, "+91425555012"), saysAllowed},
		{"all allowed", "a plus sign alone is every number", call(wide, "+12065550123"), ""},
		{"premium", "an allowed prefix may still be expensive", call(wide, "+19005550123"), fmt.Sprintf(saysExpensive, "+1900")},
		{"premium in another country", "each country has its own", call(wide, "+449098790123"), fmt.Sprintf(saysExpensive, "+449")},
		{"satellite", "such calls are expensive", call(wide, "+881612345678"), fmt.Sprintf(saysExpensive, "+881")},
		{"emergency", "a number of three digits is nobody's to call by a program", call(wide, "+112"), saysTooShort},
		{"emergency with a country code", "with a country code it is the same", call(wide, "+44999"), saysTooShort},
		{"no prefix", "an annotation without a prefix allows nothing", call(empty, "+14255550123"), saysNothing},
		{"no annotation", "without an annotation nothing is allowed", call(none, "+14255550123"), saysNothing},
		{"no phone number", "who has no phone number costs nothing", toUser, ""},
		{"incoming", "others placed it, whatever the number", incoming(none), ""},
		{"redirect", "a redirected call costs as much as one that is placed", redirect(narrow, "+14255550123"), ""},
		{"redirect elsewhere", "a redirected call costs as much as one that is placed", redirect(narrow, "+12065550123"), saysAllowed},
		{"redirect to premium", "a redirected call costs as much as one that is placed", redirect(wide, "+19005550123"), fmt.Sprintf(saysExpensive, "+1900")},
		{"redirect without an annotation", "without an annotation nothing is allowed", redirect(none, "+14255550123"), saysNothing},
		{"redirect to a user", "who has no phone number costs nothing", route(none, v1alpha1.RouteAction{Redirect: &v1alpha1.RedirectAction{To: userTo}}), ""},
		{"add", "somebody is called into the call", action(narrow, adding("+14255550123")), ""},
		{"add from elsewhere", "that costs as much as a call that is placed", action(narrow, adding("+12065550123")), saysAllowed},
		{"transfer to premium", "that costs as much as a call that is placed", action(wide, transferring("+19005550123")), fmt.Sprintf(saysExpensive, "+1900")},
		{"add a user", "who has no phone number costs nothing", action(none, v1alpha1.CallOperation{AddParticipant: &v1alpha1.AddParticipantOperation{Participant: userTo}}), ""},
		{"say", "nobody is called", action(none, v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Hello."}}}), ""},
		{"answer", "nobody is called", route(none, v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{}}), ""},
		{"reject", "nobody is called", route(none, v1alpha1.RouteAction{Reject: &v1alpha1.RejectAction{}}), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check(t, c.reason, plane.Client.Create(t.Context(), c.object, client.DryRunAll), c.want)
		})
	}
}

func action(ns string, operation v1alpha1.CallOperation) *v1alpha1.CallAction {
	return &v1alpha1.CallAction{ObjectMeta: meta(ns), Spec: v1alpha1.CallActionSpec{Call: v1alpha1.CallReference{Name: "c"}, CallOperation: operation}}
}

func adding(number v1alpha1.PhoneNumber) v1alpha1.CallOperation {
	return v1alpha1.CallOperation{AddParticipant: &v1alpha1.AddParticipantOperation{Participant: v1alpha1.Identifier{PhoneNumber: number}}}
}

func transferring(number v1alpha1.PhoneNumber) v1alpha1.CallOperation {
	return v1alpha1.CallOperation{Transfer: &v1alpha1.TransferOperation{To: v1alpha1.Identifier{PhoneNumber: number}}}
}

// TestCalleesOfWhatIsThere: what was made before the policy, or under another one, can be changed and ended, and gets no number
// that is not allowed.
func TestCalleesOfWhatIsThere(t *testing.T) {
	t.Parallel()
	install(t)
	ns := namespace(t, "+1425")
	placed, routed := call(ns, "+14255550123"), redirect(ns, "+14255550123")
	placed.Finalizers = []string{v1alpha1.CallFinalizer}
	create(t, placed)
	create(t, routed)
	allow(t, ns, "+4420")
	const says = "this namespace may call only numbers that begin with +4420"
	change := func(f func(*v1alpha1.Call)) error {
		changed := placed.DeepCopy()
		f(changed)
		return plane.Client.Update(t.Context(), changed, client.DryRunAll)
	}
	changeRoute := func(f func(*v1alpha1.CallRoute)) error {
		changed := routed.DeepCopy()
		f(changed)
		return plane.Client.Update(t.Context(), changed, client.DryRunAll)
	}
	check(t, "a call can always be ended", change(func(c *v1alpha1.Call) { c.Spec.State = v1alpha1.CallStateEnded }), "")
	check(t, "the manager's finalizer can always go", change(func(c *v1alpha1.Call) { c.Finalizers = nil }), "")
	check(t, "another number is judged", change(func(c *v1alpha1.Call) { c.Spec.To.PhoneNumber = "+14255550124" }), says)
	check(t, "another kind of party is not", change(func(c *v1alpha1.Call) { c.Spec.To = &v1alpha1.Identifier{CommunicationUser: "8:acs:resource_user"} }), "")
	check(t, "another number may be allowed", change(func(c *v1alpha1.Call) { c.Spec.To.PhoneNumber = "+442079460124" }), "")
	check(t, "a route's priority is no number", changeRoute(func(r *v1alpha1.CallRoute) { r.Spec.Priority = 7 }), "")
	check(t, "another number is judged", changeRoute(func(r *v1alpha1.CallRoute) { r.Spec.Action.Redirect.To.PhoneNumber = "+14255550124" }), says)
	check(t, "another action calls nobody", changeRoute(func(r *v1alpha1.CallRoute) { r.Spec.Action = v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{}} }), "")
	status := placed.DeepCopy()
	status.Status.ObservedGeneration = 1
	check(t, "a status is never judged", plane.Client.Status().Update(t.Context(), status), "")
	check(t, "a call can always be deleted", plane.Client.Delete(t.Context(), placed), "")
}

// allow changes which numbers a namespace may call, and waits until admission knows.
func allow(t *testing.T, ns, prefix string) {
	t.Helper()
	patch := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, prefixesAnnotation, prefix))
	if err := plane.Client.Patch(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}}, patch); err != nil {
		t.Fatal(err)
	}
	until(t, "admission knows the annotation", func(ctx context.Context) error {
		err := plane.Client.Create(ctx, call(ns, "+12065550123"), client.DryRunAll)
		if err != nil && isAbout(err, "begin with "+prefix+":") {
			return nil
		}
		return fmt.Errorf("the last answer was %w", err)
	})
}

// TestPrefixesAreNotTheTenants: a user who may edit everything in a namespace cannot change whom it may call.
func TestPrefixesAreNotTheTenants(t *testing.T) {
	t.Parallel()
	install(t)
	patch := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"metadata":{"annotations":{%q:"+"}}}`, prefixesAnnotation))
	err := clientAs(t, person).Patch(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace(t, "+1425")}}, patch)
	check(t, "the annotation is on the Namespace", err, `cannot patch resource "namespaces"`)
}

// TestGitOps: what Git describes does not delete itself.
func TestGitOps(t *testing.T) {
	t.Parallel()
	install(t)
	ns := namespace(t, "+1425")
	const says = "with spec.ttlSecondsAfterFinished the object would be deleted, and then created and carried out again from Git"
	marked := func(labels, annotations map[string]string, ttl *int32) *v1alpha1.Call {
		c := call(ns, "+14255550123")
		c.Labels, c.Annotations, c.Spec.TTLSecondsAfterFinished = labels, annotations, ttl
		return c
	}
	label := func(key string) map[string]string { return map[string]string{key: "calls"} }
	cases := []struct {
		name, reason string
		object       client.Object
		want         string
	}{
		{"Flux", "it would ring again", marked(label("kustomize.toolkit.fluxcd.io/name"), nil, ptr.To[int32](60)), says},
		{"Helm by Flux", "it would ring again", marked(label("helm.toolkit.fluxcd.io/name"), nil, ptr.To[int32](0)), says},
		{"Argo CD", "it would ring again", marked(nil, label("argocd.argoproj.io/tracking-id"), ptr.To[int32](60)), says},
		{"Argo CD by label", "it would ring again", marked(label("argocd.argoproj.io/instance"), nil, ptr.To[int32](60)), says},
		{"a move", "it would be sent again", fromGit(ns), says},
		{"from Git, kept", "what stays is not created again", marked(label("kustomize.toolkit.fluxcd.io/name"), nil, nil), ""},
		{"not from Git", "nobody creates it again", marked(map[string]string{"a": "b"}, map[string]string{"c": "d"}, ptr.To[int32](60)), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check(t, c.reason, plane.Client.Create(t.Context(), c.object, client.DryRunAll), c.want)
		})
	}
}

// TestGitOpsOfWhatIsThere: an object with the field is not kept from being changed and deleted, and none gets it later.
func TestGitOpsOfWhatIsThere(t *testing.T) {
	t.Parallel()
	install(t)
	ns := namespace(t, "+1425")
	keeps, has := call(ns, "+14255550123"), call(ns, "+14255550123")
	keeps.Labels = map[string]string{"kustomize.toolkit.fluxcd.io/name": "calls"}
	has.Spec.TTLSecondsAfterFinished = ptr.To[int32](60)
	create(t, keeps)
	create(t, has)
	keeps.Spec.TTLSecondsAfterFinished = ptr.To[int32](60)
	check(t, "none gets it later", plane.Client.Update(t.Context(), keeps, client.DryRunAll), "created and carried out again from Git")
	has.Labels = map[string]string{"kustomize.toolkit.fluxcd.io/name": "calls"}
	check(t, "one that has it can be changed", plane.Client.Update(t.Context(), has, client.DryRunAll), "")
}

// namespaceWithAsterisks makes a namespace whose providers may use the Asterisks on some hosts.
func namespaceWithAsterisks(t *testing.T, hosts string) string {
	t.Helper()
	made := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "policies-", Annotations: map[string]string{"call-operator.dev/allowed-asterisk-hosts": hosts},
	}}
	create(t, made)
	return made.Name
}

func asterisk(namespace, url string) *v1alpha1.CallProvider {
	return &v1alpha1.CallProvider{ObjectMeta: meta(namespace), Spec: v1alpha1.CallProviderSpec{
		Asterisk: &v1alpha1.AsteriskProvider{
			URL: url, CredentialsSecretRef: v1alpha1.SecretReference{Name: "asterisk"}, Endpoint: "PJSIP/$(number)@trunk",
		},
	}}
}

func TestProviders(t *testing.T) {
	t.Parallel()
	install(t)
	ns, trusted := namespace(t, ""), namespace(t, "", "call-operator.dev/workload-identity=allowed")
	withPBX := namespaceWithAsterisks(t, "asterisk.asterisk.svc  pbx.example.com")
	withIdentity := func(ns string) *v1alpha1.CallProvider {
		p := provider(ns, "https://contoso.communication.azure.com")
		p.Spec.ACS.ConnectionStringSecretRef, p.Spec.ACS.WorkloadIdentity = nil, &v1alpha1.WorkloadIdentity{}
		return p
	}
	const saysHost, saysIdentity = "set spec.acs.endpoint to the URL of an ACS resource", "this namespace may not use the manager's identity"
	cases := []struct {
		name, reason string
		object       client.Object
		want         string
	}{
		{"ACS", "it is where it says", provider(ns, "https://contoso.communication.azure.com"), ""},
		{"ACS in a region", "so are its regions", provider(ns, "https://contoso.unitedstates.communication.azure.com/"), ""},
		{"ACS for the US government", "so is its other cloud", provider(ns, "https://contoso.communication.azure.us"), ""},
		{"no endpoint", "the one in the connection string cannot be seen", provider(ns, ""), saysHost},
		{"inside the cluster", "the manager asks from inside", provider(ns, "https://kubernetes.default.svc"), saysHost},
		{"plain http", "the request is signed, not secret", provider(ns, "http://contoso.communication.azure.com"), saysHost},
		{"another host that ends alike", "a suffix is more than its letters", provider(ns, "https://evilcommunication.azure.com"), saysHost},
		{"another host that begins alike", "the whole host counts", provider(ns, "https://contoso.communication.azure.com.example.com"), saysHost},
		{"Asterisk", "its host is in the annotation", asterisk(withPBX, "https://pbx.example.com:8089/ari"), ""},
		{"Asterisk in the cluster", "each host counts", asterisk(withPBX, "http://asterisk.asterisk.svc:8088/ari"), ""},
		{"another Asterisk", "its host is not in the annotation", asterisk(withPBX, "https://pbx.example.com.example.net:8089/ari"),
			"this namespace may use only the Asterisks at asterisk.asterisk.svc, pbx.example.com: ask the cluster administrator to add the host of spec.asterisk.url"},
		{"no Asterisk", "without an annotation none is allowed", asterisk(ns, "https://pbx.example.com:8089/ari"), "this namespace may not use any Asterisk: ask"},
		{"identity", "the identity is not the tenant's", withIdentity(ns), saysIdentity},
		{"identity, allowed", "the cluster administrator allowed it", withIdentity(trusted), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check(t, c.reason, plane.Client.Create(t.Context(), c.object, client.DryRunAll), c.want)
		})
	}
}

// TestProvidersThatAreThere: a provider that is not as it should be can be deleted, and changed only to what it should be.
func TestProvidersThatAreThere(t *testing.T) {
	t.Parallel()
	install(t)
	ns := namespace(t, "")
	p := provider(ns, "https://contoso.communication.azure.com")
	create(t, p)
	p.Spec.ACS.Endpoint = "https://example.com"
	check(t, "an endpoint that changes is judged", plane.Client.Update(t.Context(), p, client.DryRunAll), "set spec.acs.endpoint")
	p.Spec.ACS.Endpoint = "https://contoso.communication.azure.com"
	p.ObjectMeta = metav1.ObjectMeta{Namespace: ns, Name: p.Name, ResourceVersion: p.ResourceVersion, Finalizers: []string{v1alpha1.CallProviderFinalizer}}
	check(t, "a finalizer is not judged", plane.Client.Update(t.Context(), p), "")
}
