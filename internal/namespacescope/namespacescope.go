// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package namespacescope determines the namespaces that a process may watch, before it starts. A refused watch never syncs, so one
// namespace without a RoleBinding would block the process for all others.
package namespacescope

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// DefaultRecheck is how often to check whether a refused namespace may now be watched.
const DefaultRecheck = time.Minute

// ErrGrown says that a refused namespace may now be watched, so the process has to restart.
var ErrGrown = errors.New("may be watched now: restarting to include it")

// Scope is the set of namespaces that a process may watch.
type Scope struct {
	// Namespaces may be watched; none means all of them.
	Namespaces []string
	// Refused are requested namespaces that may not be watched.
	Refused []string
	// Recheck is how often the refused ones are checked.
	Recheck time.Duration

	reviews   authorizationclient.SelfSubjectAccessReviewInterface
	resources []string
}

// Parse parses a list of namespaces, separated by commas. An empty string means no list, as a template renders an unset value.
// An empty name is an error: to a cache it would mean all namespaces.
func Parse(list string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	var namespaces []string
	for part := range strings.SplitSeq(list, ",") {
		namespace := strings.TrimSpace(part)
		if namespace == "" {
			return nil, fmt.Errorf("a namespace in %q is empty", list)
		}
		namespaces = append(namespaces, namespace)
	}
	return namespaces, nil
}

// Find asks the API server in which of the requested namespaces the resources may be watched. Refused ones are logged and
// skipped; it is an error if all are refused. An empty request means all namespaces, and needs no check: nothing could be
// skipped.
func Find(ctx context.Context, config *rest.Config, wanted, resources []string, log logr.Logger) (*Scope, error) {
	client, err := authorizationclient.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	s := &Scope{Recheck: DefaultRecheck, reviews: client.SelfSubjectAccessReviews(), resources: resources}
	for _, namespace := range wanted {
		lacks, err := s.lacks(ctx, namespace)
		switch {
		case err != nil:
			return nil, err
		case lacks == "":
			s.Namespaces = append(s.Namespaces, namespace)
		default:
			s.Refused = append(s.Refused, namespace)
			log.Error(nil, "a namespace is skipped: bind the ClusterRole there with a RoleBinding, or remove the namespace from --watch-namespaces",
				"namespace", namespace, "notAllowedTo", lacks)
		}
	}
	if len(wanted) > 0 && len(s.Namespaces) == 0 {
		return nil, fmt.Errorf("not allowed to watch any of the namespaces %s: bind the ClusterRole there with a RoleBinding", strings.Join(wanted, ", "))
	}
	return s, nil
}

// lacks returns what is not allowed in a namespace, such as "list calls"; nothing if everything is.
func (s *Scope) lacks(ctx context.Context, namespace string) (string, error) {
	for _, resource := range s.resources {
		for _, verb := range []string{"list", "watch"} {
			review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
				ResourceAttributes: &authorizationv1.ResourceAttributes{
					Namespace: namespace, Verb: verb, Group: v1alpha1.GroupVersion.Group, Resource: resource,
				},
			}}
			answer, err := s.reviews.Create(ctx, review, metav1.CreateOptions{})
			if err != nil {
				return "", fmt.Errorf("ask the API server what may be watched: %w", err)
			}
			if !answer.Status.Allowed {
				return verb + " " + resource, nil
			}
		}
	}
	return "", nil
}

// Follow returns a context that ends with ctx, or with ErrGrown as its cause once a refused namespace may be watched.
func (s *Scope) Follow(ctx context.Context) context.Context {
	if len(s.Refused) == 0 {
		return ctx
	}
	followed, end := context.WithCancelCause(ctx)
	go func() {
		ticker := time.NewTicker(s.Recheck)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				end(context.Cause(ctx))
				return
			case <-ticker.C:
			}
			if namespace := s.grown(ctx); namespace != "" {
				end(fmt.Errorf("namespace %s %w", namespace, ErrGrown))
				return
			}
		}
	}()
	return followed
}

// grown returns a refused namespace that may now be watched, if there is one. A failed check is ignored.
func (s *Scope) grown(ctx context.Context) string {
	at := slices.IndexFunc(s.Refused, func(namespace string) bool {
		lacks, err := s.lacks(ctx, namespace)
		return err == nil && lacks == ""
	})
	if at < 0 {
		return ""
	}
	return s.Refused[at]
}

// Outcome is how a process with a context of Follow ended: with err, or because the scope has grown.
func Outcome(followed context.Context, err error) error {
	if cause := context.Cause(followed); err == nil && errors.Is(cause, ErrGrown) {
		return cause
	}
	return err
}
