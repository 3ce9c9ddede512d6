// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package rbac

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// TestAggregation: the roles of Kubernetes take in those of ours that they should, and no other. (That they do it is the work of
// a controller that does not run here; what it follows is their selectors.)
func TestAggregation(t *testing.T) {
	t.Parallel()
	install(t)
	cases := []struct {
		role, reason string
		want         []string
	}{
		{"view", "who may look, looks", []string{"call-operator-view"}},
		{"edit", "who may edit, places calls and routes them", []string{"call-operator-edit", "call-operator-view"}},
		{"admin", "who rules a namespace, chooses its providers", []string{"call-operator-admin", "call-operator-edit", "call-operator-view"}},
	}
	var roles rbacv1.ClusterRoleList
	if err := plane.Client.List(t.Context(), &roles); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, ours(t, roles.Items, c.role)); diff != "" {
			t.Errorf("%s: the role %s takes in (-want +got):\n%s", c.reason, c.role, diff)
		}
	}
}

// ours are the roles of this project that are aggregated into a role of Kubernetes, directly or through others.
func ours(t *testing.T, roles []rbacv1.ClusterRole, name string) []string {
	t.Helper()
	open, seen := []string{name}, map[string]bool{}
	var found []string
	for len(open) > 0 {
		name, open = open[0], open[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		if strings.HasPrefix(name, "call-operator-") {
			found = append(found, name)
		}
		open = append(open, selected(t, roles, name)...)
	}
	slices.Sort(found)
	return found
}

// selected are the roles that a role's own selectors take in.
func selected(t *testing.T, roles []rbacv1.ClusterRole, name string) []string {
	t.Helper()
	at := slices.IndexFunc(roles, func(r rbacv1.ClusterRole) bool { return r.Name == name })
	if at < 0 {
		t.Fatalf("there is no ClusterRole %s", name)
	}
	if roles[at].AggregationRule == nil {
		return nil
	}
	var found []string
	for i := range roles[at].AggregationRule.ClusterRoleSelectors {
		selector, err := metav1.LabelSelectorAsSelector(&roles[at].AggregationRule.ClusterRoleSelectors[i])
		if err != nil {
			t.Fatal(err)
		}
		for _, role := range roles {
			if selector.Matches(labels.Set(role.Labels)) {
				found = append(found, role.Name)
			}
		}
	}
	return found
}
