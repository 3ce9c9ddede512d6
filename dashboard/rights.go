// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"context"
	"fmt"
	"sync"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Rights say why a person may not do something in a namespace; empty is that the person may.
type Rights struct {
	Dial   string `json:"dial"`
	Change string `json:"change"`
	Move   string `json:"move"`
}

// rightsLast is how long what the API server said of a person's rights is believed. The API server decides anew at each
// deed; this is only about which buttons look as if they worked.
const rightsLast = time.Minute

// unasked is of a namespace whose rights are not known yet.
var unasked = Rights{Dial: asking, Change: asking, Move: asking}

const asking = "The API server is being asked what you may do here."

// rights are what one person may do, by namespace.
type rights struct {
	client client.Client
	// learned is called when more is known.
	learned func()
	now     func() time.Time

	mu    sync.Mutex
	known map[string]knownRights
}

type knownRights struct {
	rights Rights
	until  time.Time
	asked  bool
}

func newRights(c client.Client, learned func()) *rights {
	return &rights{client: c, learned: learned, now: time.Now, known: map[string]knownRights{}}
}

// of are the rights in a namespace, as far as they are known. What is not, or no longer, is asked for.
func (r *rights) of(ctx context.Context, namespace string) Rights {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, found := r.known[namespace]
	if !found {
		known.rights = unasked
	}
	if !known.asked && !r.now().Before(known.until) {
		known.asked = true
		go r.ask(ctx, namespace)
	}
	r.known[namespace] = known
	return known.rights
}

func (r *rights) ask(ctx context.Context, namespace string) {
	found := Rights{
		Dial:   r.review(ctx, namespace, "create", "calls"),
		Change: r.review(ctx, namespace, "patch", "calls"),
		Move:   r.review(ctx, namespace, "create", "participantmoves"),
	}
	r.mu.Lock()
	changed := r.known[namespace].rights != found
	r.known[namespace] = knownRights{rights: found, until: r.now().Add(rightsLast)}
	r.mu.Unlock()
	if changed {
		r.learned()
	}
}

// review asks the API server whether the person may do something.
func (r *rights) review(ctx context.Context, namespace, verb, resource string) string {
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: verb, Group: v1alpha1.GroupVersion.Group, Version: v1alpha1.GroupVersion.Version, Resource: resource,
		},
	}}
	if err := r.client.Create(ctx, review); err != nil {
		return "The API server did not say whether you may: " + err.Error()
	}
	if review.Status.Allowed {
		return ""
	}
	return fmt.Sprintf("You may not %s %s in the namespace %s.", verb, resource, namespace)
}
