// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/donotcall"
	"github.com/call-operator/call-operator/internal/textobject"
	"github.com/call-operator/call-operator/telephony"
)

// +kubebuilder:rbac:groups="",resources=configmaps;secrets,verbs=get

// MayCall says why a provider must not call a party now: the error is an UnusableError with ReasonNumberBlocked if a do-not-call list has
// its number, and with ReasonDoNotCallUnreadable if a list cannot be read. A nil party is nobody.
//
// It reads the lists as they are now: for each one the metadata, and the contents if they have changed. Checks at the same time share a
// read that began after all of them.
func (c *Connections) MayCall(ctx context.Context, provider *v1alpha1.CallProvider, who *v1alpha1.Identifier) error {
	number := donotcall.NumberOf(who)
	if number == "" {
		return nil
	}
	var unread error
	for _, known := range c.doNotCall(provider) {
		list, changed, err := known.read(ctx, c.Secrets)
		if changed {
			// The provider says so, and wakes the Calls that wait for it.
			c.wakeProvider(client.ObjectKeyFromObject(provider))
		}
		switch {
		case err != nil && unread == nil:
			unread = err
		case err == nil && list.Has(number):
			return telephony.Unusable(v1alpha1.ReasonNumberBlocked, "%s must not be called: it is on a do-not-call list of CallProvider %s (%s).",
				number, provider.Name, known.name())
		}
	}
	return inProvider(provider, unread)
}

// CheckDoNotCall says whether the do-not-call lists of a provider can be read; the error is an UnusableError if a person has to fix one.
func (c *Connections) CheckDoNotCall(ctx context.Context, provider *v1alpha1.CallProvider) error {
	for _, known := range c.doNotCall(provider) {
		if _, _, err := known.read(ctx, c.Secrets); err != nil {
			return err
		}
	}
	return nil
}

// IsBlocked returns the error of MayCall if a do-not-call list has the number.
func IsBlocked(err error) (*telephony.UnusableError, bool) {
	var cause *telephony.UnusableError
	ok := errors.As(err, &cause) && cause.Reason == v1alpha1.ReasonNumberBlocked
	return cause, ok
}

// providerLists are the do-not-call lists of a provider as its spec names them.
type providerLists struct {
	uid        types.UID
	generation int64
	lists      []*doNotCallList
}

// doNotCall returns the lists of a provider.
func (c *Connections) doNotCall(provider *v1alpha1.CallProvider) []*doNotCallList {
	if len(provider.Spec.DoNotCall) == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := client.ObjectKeyFromObject(provider)
	known, ok := c.doNotCallLists[key]
	if ok && known.uid == provider.UID && known.generation == provider.Generation {
		return known.lists
	}
	known = providerLists{uid: provider.UID, generation: provider.Generation}
	for _, named := range provider.Spec.DoNotCall {
		known.lists = append(known.lists, listOf(provider.Namespace, named))
	}
	if c.doNotCallLists == nil {
		c.doNotCallLists = map[types.NamespacedName]providerLists{}
	}
	c.doNotCallLists[key] = known
	return known.lists
}

// doNotCallList is a do-not-call list as it was last read.
type doNotCallList struct {
	kind string
	at   types.NamespacedName
	key  string

	// begun counts the reads that have begun.
	begun atomic.Uint64

	mu sync.Mutex
	// last is which read was the last one, and err how it ended.
	last uint64
	err  error
	// version is the version of the contents that list was read from, or that problem is about.
	version string
	list    *donotcall.List
	problem error
}

func listOf(namespace string, named v1alpha1.DoNotCallReference) *doNotCallList {
	kind, ref := "ConfigMap", named.ConfigMapKeyRef
	if ref == nil {
		kind, ref = "Secret", named.SecretKeyRef
	}
	return &doNotCallList{kind: kind, at: types.NamespacedName{Namespace: namespace, Name: ref.Name}, key: ref.Key}
}

// name is the list in sentences.
func (l *doNotCallList) name() string { return fmt.Sprintf("%s %s, key %s", l.kind, l.at.Name, l.key) }

// read returns the list as it is now. Changed says that it could be read before and cannot now, or the other way round.
func (l *doNotCallList) read(ctx context.Context, reader client.Reader) (list *donotcall.List, changed bool, err error) {
	asked := l.begun.Load()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last > asked && l.err == nil {
		// It began after this one was asked for.
		return l.list, false, nil
	}
	failed := l.err != nil
	l.last = l.begun.Add(1)
	l.err = l.refresh(ctx, reader)
	return l.list, failed != (l.err != nil), l.err
}

// refresh reads the list unless the version that was read is still the current one.
func (l *doNotCallList) refresh(ctx context.Context, reader client.Reader) error {
	if l.version != "" {
		known := &metav1.PartialObjectMetadata{}
		known.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(l.kind))
		if err := reader.Get(ctx, l.at, known); err != nil {
			return l.unreadable(err)
		}
		if versionOf(known) == l.version {
			return l.problem
		}
	}
	text, found, version, err := l.contents(ctx, reader)
	if err != nil {
		return l.unreadable(err)
	}
	l.version, l.list, l.problem = version, nil, nil
	if !found {
		l.problem = l.fix("%s %s has no key %s: add the list under that key.", l.kind, l.at.Name, l.key)
		return l.problem
	}
	if l.list, err = donotcall.Parse(string(text)); err != nil {
		l.problem = l.fix("In the do-not-call list (%s), %v. Write one number in E.164 form on each line, such as +14255550123, or a prefix, such as +1425*.",
			l.name(), err)
	}
	return l.problem
}

func versionOf(object client.Object) string {
	return string(object.GetUID()) + "/" + object.GetResourceVersion()
}

// contents returns the text of the list, whether it is there, and its version.
func (l *doNotCallList) contents(ctx context.Context, reader client.Reader) (text []byte, found bool, version string, err error) {
	object := textobject.New(l.kind == "Secret")
	if err := reader.Get(ctx, l.at, object); err != nil {
		return nil, false, "", err
	}
	text, found = textobject.Text(object, l.key)
	return text, found, versionOf(object), nil
}

// unreadable says what to do about an error of the API server; an error that passes is returned as it is.
func (l *doNotCallList) unreadable(err error) error {
	switch {
	case apierrors.IsNotFound(err):
		return l.fix("%s %s does not exist: create it with the do-not-call list under the key %s, or remove it from spec.doNotCall.", l.kind, l.at.Name, l.key)
	case apierrors.IsForbidden(err):
		return l.fix("The manager may not read the do-not-call list (%s): allow its service account to get %ss in this namespace.", l.name(), l.kind)
	default:
		return fmt.Errorf("read %s %s: %w", l.kind, l.at.Name, err)
	}
}

func (l *doNotCallList) fix(format string, args ...any) error {
	return telephony.Unusable(v1alpha1.ReasonDoNotCallUnreadable, format+" Until then no number is called.", args...)
}
