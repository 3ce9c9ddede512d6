// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/history"
	"github.com/call-operator/call-operator/test/watchkind"
)

// recorder writes the history of a run.
type recorder struct {
	client     client.WithWatch
	namespaces []string
	stops      []func()

	mu      sync.Mutex
	history history.History
	secrets map[string]string
	// newest are the versions of the objects that are there.
	newest map[types.UID]uint64
	// talking are the Calls that are connected, over, those that have ended.
	talking, over map[types.UID]bool
	err           error
}

func startRecorder(ctx context.Context, c client.WithWatch, namespaces ...string) (*recorder, error) {
	r := &recorder{client: c, namespaces: namespaces, secrets: map[string]string{}, newest: map[types.UID]uint64{}, talking: map[types.UID]bool{}, over: map[types.UID]bool{}}
	err := errors.Join(
		follow(ctx, r, &v1alpha1.CallList{}, func(o *v1alpha1.Call) history.Revision { return history.Revision{Call: o} }),
		follow(ctx, r, &v1alpha1.ParticipantMoveList{}, func(o *v1alpha1.ParticipantMove) history.Revision { return history.Revision{Move: o} }),
		follow(ctx, r, &v1alpha1.CallActionList{}, func(o *v1alpha1.CallAction) history.Revision { return history.Revision{Action: o} }),
		follow(ctx, r, &v1alpha1.CallRouteList{}, func(o *v1alpha1.CallRoute) history.Revision { return history.Revision{Route: o} }),
		follow(ctx, r, &v1alpha1.CallProviderList{}, func(o *v1alpha1.CallProvider) history.Revision { return history.Revision{Provider: o} }),
		follow(ctx, r, secretNames(), func(o *metav1.PartialObjectMetadata) history.Revision { return history.Revision{Secret: o} }),
	)
	return r, err
}

// secretNames is a list of Secrets without their contents.
func secretNames() *metav1.PartialObjectMetadataList {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("SecretList"))
	return list
}

func follow[O client.Object](ctx context.Context, r *recorder, list client.ObjectList, revision func(O) history.Revision) error {
	for _, namespace := range r.namespaces {
		stop, err := watchkind.FollowKind(ctx, r.client, namespace, list, func(kind watch.EventType, object O) {
			object.SetManagedFields(nil)
			r.see(kind, object, revision(object))
		}, r.fail)
		if err != nil {
			return fmt.Errorf("watch %T: %w", list, err)
		}
		r.stops = append(r.stops, stop)
	}
	return nil
}

func (r *recorder) see(kind watch.EventType, object client.Object, revision history.Revision) {
	version, err := strconv.ParseUint(object.GetResourceVersion(), 10, 64)
	if err != nil {
		r.fail(err)
		return
	}
	revision.Version, revision.Seen, revision.Gone = version, time.Now(), kind == watch.Deleted
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.Revisions = append(r.history.Revisions, revision)
	r.talks(&revision)
	r.newest[object.GetUID()] = version
	if revision.Gone {
		delete(r.newest, object.GetUID())
	}
}

func (r *recorder) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = errors.Join(r.err, err)
}

func (r *recorder) answer(a history.Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.Answers = append(r.history.Answers, a)
}

func (r *recorder) request(q history.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.Requests = append(r.history.Requests, q)
}

func (r *recorder) fault(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.Faults = append(r.history.Faults, history.Fault{Time: time.Now(), What: fmt.Sprintf(format, args...)})
}

// mostSecrets is how many secrets are looked for: each is looked for in everything.
const mostSecrets = 300

func (r *recorder) secret(what, value string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.secrets) < mostSecrets {
		r.secrets[value] = what
	}
}

// catchUp waits until all that is in the API server has been seen.
func (r *recorder) catchUp(ctx context.Context) error {
	for {
		behind, err := r.behind(ctx)
		if err != nil || !behind {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the watches are behind: %w", context.Cause(ctx))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (r *recorder) behind(ctx context.Context) (bool, error) {
	there := map[types.UID]uint64{}
	for _, namespace := range r.namespaces {
		if err := r.versions(ctx, namespace, there); err != nil {
			return false, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for uid, version := range there {
		if r.newest[uid] < version {
			return true, r.err
		}
	}
	for uid := range r.newest {
		if _, ok := there[uid]; !ok {
			return true, r.err
		}
	}
	return false, r.err
}

// versions reads the versions of all objects in a namespace.
func (r *recorder) versions(ctx context.Context, namespace string, there map[types.UID]uint64) error {
	for _, list := range []client.ObjectList{
		&v1alpha1.CallList{}, &v1alpha1.ParticipantMoveList{}, &v1alpha1.CallActionList{}, &v1alpha1.CallRouteList{}, &v1alpha1.CallProviderList{},
		secretNames(),
	} {
		if err := r.client.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return fmt.Errorf("list %T: %w", list, err)
		}
		err := meta.EachListItem(list, func(item runtime.Object) error {
			object := item.(client.Object)
			version, err := strconv.ParseUint(object.GetResourceVersion(), 10, 64)
			there[object.GetUID()] = version
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// soFar is the history until now. What it points to does not change any more.
func (r *recorder) soFar() *history.History {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.history
	h.Revisions = append([]history.Revision(nil), h.Revisions...)
	h.Answers = append([]history.Answer(nil), h.Answers...)
	h.Requests = append([]history.Request(nil), h.Requests...)
	h.Faults = append([]history.Fault(nil), h.Faults...)
	for value, what := range r.secrets {
		h.Secrets = append(h.Secrets, history.Secret{What: what, Value: value})
	}
	return &h
}

func (r *recorder) stop() {
	for _, stop := range r.stops {
		stop()
	}
}
