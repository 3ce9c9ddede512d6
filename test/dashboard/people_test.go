// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/dashboard"
	"github.com/call-operator/call-operator/test/harness"
)

// TestOneWatchAKind has many windows look at once.
func TestOneWatchAKind(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): {}}})
	w.StartManager(t, harness.ManagerOptions{})
	config, watches := harness.CountWatches(plane.Config)
	owner := dashboard.NewLocalUser(config)
	base := serve(t, owner)
	windows := make([]*window, 20)
	for i := range windows {
		windows[i] = open(t, base, owner.Token(), w.Namespace)
		windows[i].await("it begins", func(m message) bool { return m.Anew })
	}
	w.Create(t, w.Call("ada", harness.Callee(1)))
	for _, window := range windows {
		window.awaitCall("ada", "Connected")
	}
	w.HangUp(t, "ada")
	windows[0].awaitCall("ada", "Ended")
	w.Delete(t, "ada")
	windows[1].await("the Call is gone", func(m message) bool { return len(m.Gone) > 0 && m.Gone[0] == "Call/"+w.Namespace+"/ada" })
	for _, resource := range []string{"calls", "participantmoves", "callactions", "callroutes", "dialouts", "callproviders"} {
		if most := watches.Most(resource); most != 1 {
			t.Errorf("%d windows had %d watches of %s open at once, want one", len(windows), most, resource)
		}
	}
}

// tokenOf makes a service account that may do some things in a namespace, and returns its token.
func tokenOf(t *testing.T, namespace, name string, rules ...rbacv1.PolicyRule) string {
	t.Helper()
	meta := metav1.ObjectMeta{Namespace: namespace, Name: name}
	account := &corev1.ServiceAccount{ObjectMeta: meta}
	objects := []client.Object{account}
	if len(rules) > 0 {
		objects = append(objects, &rbacv1.Role{ObjectMeta: meta, Rules: rules}, &rbacv1.RoleBinding{
			ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
			Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name}},
		})
	}
	for _, object := range objects {
		if err := plane.Client.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	request := &authenticationv1.TokenRequest{}
	if err := plane.Client.SubResource("token").Create(t.Context(), account, request); err != nil {
		t.Fatal(err)
	}
	return request.Status.Token
}

func rule(verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"calls", "participantmoves", "callactions", "callroutes", "callproviders"}, Verbs: verbs}
}

// TestEachSeesTheirOwn opens one dashboard as users with different permissions.
func TestEachSeesTheirOwn(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): {}}})
	w.StartManager(t, harness.ManagerOptions{})
	w.Create(t, w.Call("ada", harness.Callee(1)))
	ada := w.AwaitCondition(t, "ada", v1alpha1.ConditionConnected)
	// The config has the administrator's certificate: the dashboard must leave it out.
	base := serve(t, dashboard.NewTokenUsers(plane.Config))

	editor := open(t, base, tokenOf(t, w.Namespace, "editor", rule("get", "list", "watch", "create", "patch")), w.Namespace)
	first := editor.await("it begins", func(m message) bool { return m.Anew })
	if want := "system:serviceaccount:" + w.Namespace + ":editor"; first.User != want || len(first.Calls) != 1 {
		t.Errorf("the editor is %q and sees %d Calls, want %q and one", first.User, len(first.Calls), want)
	}
	viewer := open(t, base, tokenOf(t, w.Namespace, "viewer", rule("get", "list", "watch")), w.Namespace)
	viewer.await("what a viewer may not do is known", func(m message) bool {
		rights := m.Rights[w.Namespace]
		return rights.Dial == "You may not create calls in the namespace "+w.Namespace+"." && strings.Contains(rights.Change, "patch calls") && strings.Contains(rights.Move, "participantmoves") &&
			strings.Contains(rights.Operate, "create callactions")
	})
	editor.await("what an editor may do is known", func(m message) bool { return m.Rights[w.Namespace].Dial == "" && len(m.Rights) == 1 })
	stranger := open(t, base, tokenOf(t, w.Namespace, "stranger"), w.Namespace)
	seen := stranger.await("it begins", func(m message) bool { return m.Anew })
	if len(seen.Calls) != 0 || len(seen.Trouble) == 0 || !strings.Contains(seen.Trouble[0].Message, "is forbidden") {
		t.Errorf("a stranger sees %d Calls, and the messages %+v", len(seen.Calls), seen.Trouble)
	}
	everywhere := open(t, base, tokenOf(t, w.Namespace, "everywhere", rule("get", "list", "watch")), "")
	seen = everywhere.await("it begins", func(m message) bool { return m.Anew })
	for _, trouble := range seen.Trouble {
		if trouble.Message != "You may not see all namespaces: enter yours above." {
			t.Errorf("a user with one namespace who asks for all gets %q for %s", trouble.Message, trouble.Kind)
		}
	}
	if len(seen.Trouble) != 7 {
		t.Errorf("%d kinds are reported as not shown, want all seven", len(seen.Trouble))
	}

	ref := map[string]any{"namespace": w.Namespace, "name": "ada", "uid": ada.UID}
	if code, text := viewer.do("/api/operate", map[string]any{"call": ref, "verb": "stop-media"}); code != http.StatusForbidden || !strings.Contains(text, "cannot create resource") {
		t.Errorf("the viewer did something in the call: %d %s", code, text)
	}
	for who, window := range map[string]*window{"viewer": viewer, "stranger": stranger} {
		if code, text := window.do("/api/hang-up", []any{ref}); code != http.StatusForbidden || !strings.Contains(text, w.Namespace+":"+who+"\" cannot") {
			t.Errorf("the %s hung up: %d %s", who, code, text)
		}
	}
	other := map[string]any{"namespace": w.Namespace, "name": "ada", "uid": "another"}
	if code, text := editor.do("/api/hang-up", []any{other}); code != http.StatusBadRequest || !strings.Contains(text, "another call with the same name") {
		t.Errorf("a Call of the same name was hung up: %d %s", code, text)
	}
	if code, text := editor.do("/api/hang-up", []any{ref}); code != http.StatusOK {
		t.Errorf("the editor could not hang up: %d %s", code, text)
	}
	editor.awaitCall("ada", "Ended")
	viewer.awaitCall("ada", "Ended")
}

// TestManyAreHungUpAtOnce names one Call too many.
func TestManyAreHungUpAtOnce(t *testing.T) {
	t.Parallel()
	const many = 20
	w := harness.New(t, plane, harness.Options{})
	owner := dashboard.NewLocalUser(plane.Config)
	page := open(t, serve(t, owner), owner.Token(), w.Namespace)
	var refs []any
	for i := range many {
		call := w.Call(fmt.Sprintf("call-%02d", i), harness.Callee(1))
		w.Create(t, call)
		refs = append(refs, map[string]any{"namespace": w.Namespace, "name": call.Name, "uid": call.UID})
	}
	refs = append(refs, map[string]any{"namespace": w.Namespace, "name": "call-00", "uid": "another"}, map[string]any{"namespace": w.Namespace, "name": "none"})
	code, text := page.do("/api/hang-up", refs)
	if want := "20 of 22 calls are being hung up."; code != http.StatusOK || text != want {
		t.Errorf("it was answered %d %q, want %q", code, text, want)
	}
	for i := range many {
		w.Await(t, fmt.Sprintf("call-%02d", i), "it is to end", func(call *v1alpha1.Call) bool { return call.Spec.State == v1alpha1.CallStateEnded })
	}
}

// TestUnknownTokens tries tokens that the API server does not know.
func TestUnknownTokens(t *testing.T) {
	t.Parallel()
	base := serve(t, dashboard.NewTokenUsers(plane.Config))
	for _, token := range []string{"", "made-up"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("the token %q was answered with %s, want 401", token, answer.Status)
		}
	}
}

// TestReasonsOfTheServer tries actions that the API server refuses, and expects the API server's own message.
func TestReasonsOfTheServer(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{})
	owner := dashboard.NewLocalUser(plane.Config)
	page := open(t, serve(t, owner), owner.Token(), w.Namespace)
	order := func(change map[string]any) map[string]any {
		all := map[string]any{"namespace": w.Namespace, "name": "ada", "provider": "acs", "from": harness.Caller, "to": harness.Callee(1)}
		for key, value := range change {
			all[key] = value
		}
		return all
	}
	cases := []struct {
		name, reason string
		body         map[string]any
		code         int
		want         string
	}{
		{"NoParty", "the person sees what to write", order(map[string]any{"to": "ada"}), 400, "write a phone number with a plus sign"},
		{"BadName", "the field is named", order(map[string]any{"name": "Ada"}), 422, "metadata.name: "},
		{"NoCaller", "the rule's own words, without the frame around them", order(map[string]any{"from": ""}), 422, "spec.from: a call to a phone number needs a caller ID"},
		{"BadDuration", "the field is named", order(map[string]any{"ringTimeout": "soon"}), 400, "the ring timeout"},
		{"Placed", "the first one is created", order(nil), 200, "Call ada is on its way."},
		{"PlacedTwice", "the same name is the same call", order(nil), 409, `"ada" already exists`},
	}
	for _, tc := range cases {
		code, text := page.do("/api/dial", tc.body)
		if code != tc.code || !strings.Contains(text, tc.want) {
			t.Errorf("%s: %s: %d %q, want %d with %q", tc.name, tc.reason, code, text, tc.code, tc.want)
		}
	}
	w.HangUp(t, "ada")
}
