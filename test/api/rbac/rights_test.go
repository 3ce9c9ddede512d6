// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package rbac

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/discovery"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
)

// verbs are those of every resource.
var verbs = []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "*"}

// resource is one that the API server knows, or might.
type resource struct {
	group, name string
	namespaced  bool
	verbs       []string
}

// special are verbs of some resources only, and resources that no discovery lists.
var special = []resource{
	{group: "", name: "serviceaccounts/token", namespaced: true, verbs: verbs},
	{group: "", name: "pods/exec", namespaced: true, verbs: verbs},
	{group: "", name: "nodes/proxy", verbs: verbs},
	{group: "", name: "users", verbs: []string{"impersonate"}},
	{group: "", name: "groups", verbs: []string{"impersonate"}},
	{group: "", name: "serviceaccounts", namespaced: true, verbs: []string{"impersonate"}},
	{group: "authentication.k8s.io", name: "uids", verbs: []string{"impersonate"}},
	{group: "authentication.k8s.io", name: "userextras/scopes", verbs: []string{"impersonate"}},
	{group: rbacv1.GroupName, name: "roles", namespaced: true, verbs: []string{"escalate", "bind"}},
	{group: rbacv1.GroupName, name: "clusterroles", verbs: []string{"escalate", "bind"}},
	{group: "certificates.k8s.io", name: "signers", verbs: []string{"approve", "sign", "attest"}},
	{group: "call-operator.dev", name: "calls/finalizers", namespaced: true, verbs: verbs},
	{group: "call-operator.dev", name: "*", namespaced: true, verbs: verbs},
	{group: "", name: "*", namespaced: true, verbs: verbs},
	{group: "*", name: "*", namespaced: true, verbs: verbs},
}

// subject is somebody whom the API server is asked about.
type subject struct {
	// who is the subject's word in the table.
	who    string
	user   string
	groups []string
}

func serviceAccount(name string) subject {
	return subject{
		who: name, user: "system:serviceaccount:" + system + ":" + name,
		groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + system, "system:authenticated"},
	}
}

// subjects are everybody in the table, and somebody who is bound to nothing. People are bound in the tenant's namespace.
func subjects(t *testing.T) []subject {
	t.Helper()
	all := []subject{
		serviceAccount("call-operator-manager"), serviceAccount("call-operator-webhookreceiver"),
		{who: anybody, user: "somebody", groups: []string{"system:authenticated"}},
	}
	for _, role := range []string{"call-operator-view", "call-operator-edit", "call-operator-admin", "call-operator-dialler"} {
		user := "user-of-" + role
		binding := &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: tenant, Name: user},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
		}
		if err := plane.Client.Create(t.Context(), binding); err != nil {
			t.Fatal(err)
		}
		all = append(all, subject{who: role, user: user, groups: []string{"system:authenticated"}})
	}
	return all
}

// resources are all that the API server knows, and the special ones.
func resources(t *testing.T) []resource {
	t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(plane.Config)
	if err != nil {
		t.Fatal(err)
	}
	_, lists, err := client.ServerGroupsAndResources()
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Clone(special)
	for _, list := range lists {
		group, _, _ := strings.Cut(list.GroupVersion, "/")
		if !strings.Contains(list.GroupVersion, "/") {
			group = ""
		}
		for _, found := range list.APIResources {
			all = append(all, resource{group: group, name: found.Name, namespaced: found.Namespaced, verbs: verbs})
		}
	}
	return all
}

// requests are all that anybody might ask: of each resource in the tenant's namespace, in ours and in all at once.
func requests(t *testing.T, grants []grant) []request {
	t.Helper()
	seen := map[request]bool{}
	for _, r := range resources(t) {
		names := []string{""}
		namespaces := []string{metav1.NamespaceAll}
		if r.namespaced {
			namespaces = append(namespaces, tenant, system)
		}
		for _, g := range grants {
			if g.name != "" && g.group == r.group && slices.Contains(g.resources, r.name) {
				names = append(names, g.name)
			}
		}
		for _, namespace := range namespaces {
			for _, name := range names {
				for _, verb := range r.verbs {
					seen[request{namespace: namespace, group: r.group, resource: r.name, name: name, verb: verb}] = true
				}
			}
		}
	}
	all := make([]request, 0, len(seen))
	for r := range seen {
		all = append(all, r)
	}
	return all
}

// TestRights: what the API server answers is what the table says, of everybody, of everything that can be asked.
func TestRights(t *testing.T) {
	t.Parallel()
	install(t)
	grants := table(t)
	asked := requests(t, grants)
	for _, row := range grants {
		checkAsked(t, row, asked)
	}
	// There are many questions, and JSON is what takes longest.
	config := rest.CopyConfig(plane.Config)
	config.ContentType, config.AcceptContentTypes = runtime.ContentTypeProtobuf, runtime.ContentTypeProtobuf
	client, err := authorizationclient.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	answers := &answers{grants: grants, reviews: client.SubjectAccessReviews()}
	for _, s := range subjects(t) {
		answers.compare(t, s, asked)
	}
	t.Logf("%d questions, %d of them answered with yes", answers.asked, answers.allowed)
	if answers.allowed < len(grants) {
		t.Errorf("only %d answers were yes: fewer than the table has rows", answers.allowed)
	}
}

// checkAsked finds a row of the table that nothing is asked about.
func checkAsked(t *testing.T, row grant, asked []request) {
	t.Helper()
	for _, name := range row.resources {
		for _, verb := range row.verbs {
			one := grant{where: row.where, group: row.group, resources: []string{name}, name: row.name, verbs: []string{verb}}
			if !slices.ContainsFunc(asked, func(r request) bool { return one.allows(r, tenant) }) {
				t.Errorf("the table names %s of %q in the group %q, which the API server does not know", verb, name, row.group)
			}
		}
	}
}

type answers struct {
	grants  []grant
	reviews authorizationclient.SubjectAccessReviewInterface

	mu             sync.Mutex
	asked, allowed int
}

// compare asks everything about one subject.
func (a *answers) compare(t *testing.T, s subject, asked []request) {
	t.Helper()
	var group errgroup.Group
	group.SetLimit(16)
	for _, r := range asked {
		group.Go(func() error {
			got, err := a.ask(t.Context(), s, r)
			if err != nil {
				return err
			}
			want := slices.ContainsFunc(a.grants, func(g grant) bool { return (g.who == s.who || g.who == anybody) && g.allows(r, tenant) })
			if got != want {
				t.Errorf("%s may %s %s (name %q) of the group %q in namespace %q: the API server says %t, the table %t",
					s.who, r.verb, r.resource, r.name, r.group, r.namespace, got, want)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

func (a *answers) ask(ctx context.Context, s subject, r request) (bool, error) {
	name, subresource, _ := strings.Cut(r.resource, "/")
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: s.user, Groups: s.groups,
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: r.namespace, Group: r.group, Resource: name, Subresource: subresource, Name: r.name, Verb: r.verb,
		},
	}}
	answer, err := a.reviews.Create(ctx, review, metav1.CreateOptions{})
	if err != nil {
		return false, fmt.Errorf("ask about %+v: %w", r, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	if answer.Status.Allowed {
		a.allowed++
	}
	return answer.Status.Allowed, nil
}
