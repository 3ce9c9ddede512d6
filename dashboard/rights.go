// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Rights say why a user may not do something in a namespace; empty means that the user may.
type Rights struct {
	Dial   string `json:"dial"`
	Change string `json:"change"`
	Move   string `json:"move"`
	// Operate is about CallActions.
	Operate string `json:"operate"`
	// Suspend is about DialOuts.
	Suspend string `json:"suspend"`
}

// rightsLast is how long a user's permissions are cached. The API server decides again at each action; the cache only
// determines which buttons look enabled.
const rightsLast = time.Minute

// rightsRetry is how soon a failed review is retried.
const rightsRetry = 5 * time.Second

// unasked is for a namespace whose permissions are not known yet.
var unasked = Rights{Dial: asking, Change: asking, Move: asking, Operate: asking, Suspend: asking}

const (
	asking  = "Your permissions are being checked."
	notSaid = "Your permissions could not be checked: "
)

// rights are the permissions of one user, by namespace.
type rights struct {
	client client.Client
	// learned is called when new permissions are known.
	learned func()
	now     func() time.Time
	// after schedules a function.
	after func(time.Duration, func())

	mu    sync.Mutex
	known map[string]knownRights
}

type knownRights struct {
	rights Rights
	until  time.Time
	asked  bool
}

func newRights(c client.Client, learned func()) *rights {
	return &rights{client: c, learned: learned, now: time.Now, after: afterFunc, known: map[string]knownRights{}}
}

func afterFunc(d time.Duration, f func()) { time.AfterFunc(d, f) }

// of returns the known permissions in a namespace, and requests missing or outdated ones.
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
	found, err := r.reviewAll(ctx, namespace)
	r.mu.Lock()
	before := r.known[namespace].rights
	last := rightsLast
	if err != nil {
		found, last = unanswered(before, err), rightsRetry
	}
	r.known[namespace] = knownRights{rights: found, until: r.now().Add(last)}
	r.mu.Unlock()
	if found != before {
		r.learned()
	}
	// A notified page asks again, and so gets the next answer.
	if err != nil && ctx.Err() == nil {
		r.after(rightsRetry, r.learned)
	}
}

// unanswered are the permissions after a failed review: the previous ones, if any were known.
func unanswered(before Rights, err error) Rights {
	why := notSaid + err.Error()
	for _, right := range []*string{&before.Dial, &before.Change, &before.Move, &before.Operate, &before.Suspend} {
		if *right == asking || strings.HasPrefix(*right, notSaid) {
			*right = why
		}
	}
	return before
}

// reviewAll requests all permissions in a namespace. The error is that of the first failed review.
func (r *rights) reviewAll(ctx context.Context, namespace string) (found Rights, err error) {
	for _, question := range []struct {
		right          *string
		verb, resource string
	}{
		{&found.Dial, "create", "calls"}, {&found.Change, "patch", "calls"},
		{&found.Move, "create", "participantmoves"}, {&found.Operate, "create", "callactions"}, {&found.Suspend, "patch", "dialouts"},
	} {
		if *question.right, err = r.review(ctx, namespace, question.verb, question.resource); err != nil {
			return Rights{}, err
		}
	}
	return found, nil
}

// review asks the API server whether the user may do something.
func (r *rights) review(ctx context.Context, namespace, verb, resource string) (string, error) {
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: verb, Group: v1alpha1.GroupVersion.Group, Version: v1alpha1.GroupVersion.Version, Resource: resource,
		},
	}}
	if err := r.client.Create(ctx, review); err != nil {
		return "", err
	}
	if review.Status.Allowed {
		return "", nil
	}
	return fmt.Sprintf("You may not %s %s in the namespace %s.", verb, resource, namespace), nil
}
