// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/telephony"
)

// inConfigMap and inSecret are lists under the key numbers.
func inConfigMap(name string) v1alpha1.DoNotCallReference {
	return v1alpha1.DoNotCallReference{ConfigMapKeyRef: &v1alpha1.KeyReference{Name: name, Key: "numbers"}}
}

func inSecret(name string) v1alpha1.DoNotCallReference {
	return v1alpha1.DoNotCallReference{SecretKeyRef: &v1alpha1.KeyReference{Name: name, Key: "numbers"}}
}

func doNotCall(lists ...v1alpha1.DoNotCallReference) *v1alpha1.CallProvider {
	return controllertest.ProviderWith(func(p *v1alpha1.CallProvider) { p.Spec.DoNotCall = lists })
}

func configMap(name, numbers string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: name}, Data: map[string]string{"numbers": numbers}}
}

func secret(name, numbers string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: name}, Data: map[string][]byte{"numbers": []byte(numbers)}}
}

func TestMayCall(t *testing.T) {
	t.Parallel()
	ada := &v1alpha1.Identifier{PhoneNumber: "+14255550123"}
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, "d", errors.New("not allowed"))
	cases := []struct {
		name, reason string
		provider     *v1alpha1.CallProvider
		objects      []client.Object
		who          *v1alpha1.Identifier
		// failing is what the API server answers, wantReason and want the error.
		failing          error
		wantReason, want string
	}{
		{"no list", "the provider has none", doNotCall(), nil, ada, nil, "", ""},
		{"empty list", "nobody is on it", doNotCall(inConfigMap("d")), []client.Object{configMap("d", "")}, ada, nil, "", ""},
		{"another number", "the number is on none", doNotCall(inConfigMap("d"), inSecret("d")), []client.Object{configMap("d", "+442079460101"), secret("d", "+4420*")}, ada, nil, "", ""},
		{
			"ConfigMap", "the number is on the list", doNotCall(inConfigMap("d")), []client.Object{configMap("d", "+14255550123")}, ada, nil, v1alpha1.ReasonNumberBlocked,
			"+14255550123 must not be called: it is on a do-not-call list of CallProvider p (ConfigMap d, key numbers).",
		},
		{
			"Secret", "numbers may be in Secrets only", doNotCall(inConfigMap("d"), inSecret("e")), []client.Object{configMap("d", ""), secret("e", "+1425*")}, ada, nil,
			v1alpha1.ReasonNumberBlocked, "+14255550123 must not be called: it is on a do-not-call list of CallProvider p (Secret e, key numbers).",
		},
		{
			"missing", "nobody knows who is on it", doNotCall(inConfigMap("d")), nil, ada, nil, v1alpha1.ReasonDoNotCallUnreadable,
			"CallProvider p cannot be used: ConfigMap d does not exist: create it with the do-not-call list under the key numbers, or remove it from spec.doNotCall. " +
				"Until then no number is called.",
		},
		{
			"missing, and on another", "that is known", doNotCall(inConfigMap("d"), inSecret("e")), []client.Object{secret("e", "+14255550123")}, ada, nil, v1alpha1.ReasonNumberBlocked,
			"+14255550123 must not be called: it is on a do-not-call list of CallProvider p (Secret e, key numbers).",
		},
		{"nobody is called", "an answered call rings nobody", doNotCall(inConfigMap("d")), nil, nil, nil, "", ""},
		{"no number", "a user of an app is on no list", doNotCall(inConfigMap("d")), nil, &v1alpha1.Identifier{CommunicationUser: "8:acs:r_u"}, nil, "", ""},
		{
			"key", "the list may have been renamed", doNotCall(inSecret("d")), []client.Object{&corev1.Secret{ObjectMeta: configMap("d", "").ObjectMeta}}, ada, nil,
			v1alpha1.ReasonDoNotCallUnreadable,
			"CallProvider p cannot be used: Secret d has no key numbers: add the list under that key. Until then no number is called.",
		},
		{
			"line", "it may be any number", doNotCall(inConfigMap("d")), []client.Object{configMap("d", "# people\n4255550199")}, ada, nil, v1alpha1.ReasonDoNotCallUnreadable,
			"CallProvider p cannot be used: In the do-not-call list (ConfigMap d, key numbers), line 2 does not begin with +. " +
				"Write one number in E.164 form on each line, such as +14255550123, or a prefix, such as +1425*. Until then no number is called.",
		},
		{
			"rights", "a role was changed", doNotCall(inConfigMap("d")), nil, ada, forbidden, v1alpha1.ReasonDoNotCallUnreadable,
			"CallProvider p cannot be used: The manager may not read the do-not-call list (ConfigMap d, key numbers): allow its service account to get ConfigMaps in this namespace. " +
				"Until then no number is called.",
		},
		{"broken", "the API server recovers by itself", doNotCall(inConfigMap("d")), nil, ada, controllertest.ErrBroken, "", "read ConfigMap d: Internal error occurred: broken"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			funcs := interceptor.Funcs{Get: func(ctx context.Context, api client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
				if c.failing != nil {
					return c.failing
				}
				return api.Get(ctx, key, object, options...)
			}}
			connections := newConnections(controllertest.NewAPI(t, nil, funcs, c.objects...), controllertest.NewClock().Now)
			for try := range 2 {
				err := connections.MayCall(t.Context(), c.provider, c.who)
				var cause *telephony.UnusableError
				switch {
				case c.want == "" && err != nil, c.want != "" && err == nil, err != nil && err.Error() != c.want:
					t.Errorf("%s, check %d: got %v, want %q", c.reason, try, err, c.want)
				case errors.As(err, &cause) != (c.wantReason != "") || cause != nil && cause.Reason != c.wantReason:
					t.Errorf("%s, check %d: got %+v, want the reason %q", c.reason, try, cause, c.wantReason)
				}
				if _, blocked := IsBlocked(err); blocked != (c.wantReason == v1alpha1.ReasonNumberBlocked) {
					t.Errorf("%s, check %d: blocked %v", c.reason, try, blocked)
				}
				if c.who == nil || c.failing == nil {
					continue
				}
				if text := err.Error(); strings.Contains(text, "0199") {
					t.Errorf("%s: %q shows a number of the list", c.reason, text)
				}
			}
		})
	}
}

// TestListsAreReadAsTheyAre: each change counts from the next check on, and contents are read once for each version.
func TestListsAreReadAsTheyAre(t *testing.T) {
	t.Parallel()
	var whole, metadata atomic.Int32
	api := controllertest.NewAPI(t, nil, interceptor.Funcs{
		Get: func(ctx context.Context, api client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if _, partial := object.(*metav1.PartialObjectMetadata); partial {
				metadata.Add(1)
			} else {
				whole.Add(1)
			}
			return api.Get(ctx, key, object, options...)
		},
	}, configMap("d", ""))
	connections := newConnections(api, controllertest.NewClock().Now)
	provider, ada := doNotCall(inConfigMap("d")), &v1alpha1.Identifier{PhoneNumber: "+14255550123"}
	change := func(numbers string) {
		changed := configMap("d", numbers)
		if err := api.Update(t.Context(), changed); err != nil {
			t.Fatal(err)
		}
	}
	reasonOf := func() string {
		var cause *telephony.UnusableError
		if errors.As(connections.MayCall(t.Context(), provider, ada), &cause) {
			return cause.Reason
		}
		return ""
	}
	steps := []struct {
		reason  string
		numbers string
		want    string
	}{
		{"a number that is added counts at once", "+14255550123", v1alpha1.ReasonNumberBlocked},
		{"a mistake blocks at once", "ada", v1alpha1.ReasonDoNotCallUnreadable},
		{"and so does its correction", "", ""},
		{"a prefix is added", "+1*", v1alpha1.ReasonNumberBlocked},
	}
	if got := reasonOf(); got != "" {
		t.Fatalf("the list is empty: %s", got)
	}
	for _, s := range steps {
		change(s.numbers)
		for range 3 {
			if got := reasonOf(); got != s.want {
				t.Errorf("%s: got %q, want %q", s.reason, got, s.want)
			}
		}
	}
	if whole.Load() != 5 || metadata.Load() != 12 {
		t.Errorf("the contents were read %d times, and the metadata %d times, for 5 versions and 13 checks", whole.Load(), metadata.Load())
	}
	if err := api.Delete(t.Context(), configMap("d", "")); err != nil {
		t.Fatal(err)
	}
	if got := reasonOf(); got != v1alpha1.ReasonDoNotCallUnreadable {
		t.Errorf("a list that is deleted blocks: %q", got)
	}
	if err := api.Create(t.Context(), configMap("d", "")); err != nil {
		t.Fatal(err)
	}
	if got := reasonOf(); got != "" {
		t.Errorf("the list is there again, and empty: %q", got)
	}
	provider.Generation, provider.Spec.DoNotCall = 2, nil
	if got := reasonOf(); got != "" {
		t.Errorf("the provider has no list any more: %q", got)
	}
}

// TestProviderIsWokenByItsLists: the provider says that a list cannot be read, and that it can be again.
func TestProviderIsWokenByItsLists(t *testing.T) {
	t.Parallel()
	api := controllertest.NewAPI(t, nil, interceptor.Funcs{})
	connections := newConnections(api, controllertest.NewClock().Now)
	provider, ada := doNotCall(inConfigMap("d")), &v1alpha1.Identifier{PhoneNumber: "+14255550123"}
	for range 3 {
		_ = connections.MayCall(t.Context(), provider, ada)
	}
	if n := len(connections.Woken()); n != 1 {
		t.Errorf("the provider was woken %d times, want once", n)
	}
	if err := api.Create(t.Context(), configMap("d", "")); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		_ = connections.MayCall(t.Context(), provider, ada)
	}
	if n := len(connections.Woken()); n != 2 {
		t.Errorf("the provider was woken %d times, want twice", n)
	}
}

// TestChecksShareAread: many calls at the same time cost few reads, and each check sees what was there when it began.
func TestChecksShareAread(t *testing.T) {
	t.Parallel()
	const checks = 20
	var reads atomic.Int32
	first, release := make(chan struct{}), make(chan struct{})
	api := controllertest.NewAPI(t, nil, interceptor.Funcs{
		Get: func(ctx context.Context, api client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			err := api.Get(ctx, key, object, options...)
			if reads.Add(1) == 1 {
				close(first)
				<-release
			}
			return err
		},
	}, configMap("d", ""))
	connections := newConnections(api, controllertest.NewClock().Now)
	provider, ada := doNotCall(inConfigMap("d")), &v1alpha1.Identifier{PhoneNumber: "+14255550123"}
	results := make(chan error, checks+1)
	check := func() { results <- connections.MayCall(t.Context(), provider, ada) }
	go check()
	<-first
	if err := api.Update(t.Context(), configMap("d", "+14255550123")); err != nil {
		t.Fatal(err)
	}
	for range checks {
		go check()
	}
	close(release)
	blocked := 0
	for range checks + 1 {
		if _, is := IsBlocked(<-results); is {
			blocked++
		}
	}
	if blocked != checks {
		t.Errorf("%d of %d checks that began after the change saw it", blocked, checks)
	}
	if reads.Load() > 2*checks {
		t.Errorf("%d reads for %d checks", reads.Load(), checks)
	}
}
