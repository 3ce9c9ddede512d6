// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/test/devcontrolplane"
)

// Role is what a process may do: the generated role that it is deployed with, and nothing more.
type Role string

// The roles, by the names of their files.
const (
	RoleManager  Role = "manager_role"
	RoleReceiver Role = "webhookreceiver_role"
)

// As reaches the API server with the rights of a role.
func (p *Plane) As(role Role) *rest.Config {
	config := rest.CopyConfig(p.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: string(role)}
	return config
}

// bindRoles gives the user that each role is tried as the role.
func (p *Plane) bindRoles(ctx context.Context) error {
	for _, name := range []Role{RoleManager, RoleReceiver} {
		contents, err := os.ReadFile(filepath.Join(devcontrolplane.Root(), "config", "rbac", string(name)+".yaml"))
		if err != nil {
			return fmt.Errorf("read the role: %w", err)
		}
		role := &rbacv1.ClusterRole{}
		if err := yaml.UnmarshalStrict(contents, role); err != nil {
			return fmt.Errorf("read the role: %w", err)
		}
		binding := &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: string(name)},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: string(name)}},
		}
		if err := p.Client.Create(ctx, role); err != nil {
			return fmt.Errorf("create the role %s: %w", name, err)
		}
		if err := p.Client.Create(ctx, binding); err != nil {
			return fmt.Errorf("bind the role %s: %w", name, err)
		}
	}
	return nil
}
