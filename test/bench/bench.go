// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers"
	"github.com/call-operator/call-operator/test/devstack"
)

const (
	namespace = "bench"
	// The manager and the receiver of the bare loop's namespace do not exist: they work in the other one only.
	bareNamespace = "bare"
	caller        = "+14255550100"

	// creators is how many write at once: applying Calls, and in the bare loop.
	creators = 16

	// talk is how long a call of a whole life lasts; ringing takes ring.
	ring = 20 * time.Millisecond
	talk = 50 * time.Millisecond

	// briefNumbers is how many callees end their calls by themselves.
	briefNumbers = 10000

	// patience is how long anything may take before the benchmark has failed.
	patience = 15 * time.Minute
)

// bench is a running system and what watches it.
type bench struct {
	size    sizes
	stack   *devstack.Stack
	client  client.WithWatch
	watcher *watcher
	journal *journal
	names   atomic.Int64
	// life are the objects that one call's life leaves, in order; the bare loop writes the same.
	life []*v1alpha1.Call
	// bare is the probe that bare writes are measured with.
	probe *v1alpha1.Call
}

func newBench(ctx context.Context, bin string, size sizes) (b *bench, err error) {
	b = &bench{size: size}
	started := b
	if b.stack, err = devstack.New(bin); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, started.close())
		}
	}()
	fmt.Fprintln(os.Stderr, "bench: starting the control plane, the simulator, the receiver and the manager")
	if err := b.stack.StartControlPlane(); err != nil {
		return nil, err
	}
	if err := b.stack.Install(ctx); err != nil {
		return nil, err
	}
	b.stack.WatchNamespaces = namespace
	b.stack.IncomingFor = []types.NamespacedName{{Namespace: namespace, Name: "acs"}}
	phones, err := b.writePhones()
	if err != nil {
		return nil, err
	}
	if err := b.stack.StartProcesses(ctx, "--phones="+phones, "--owned-numbers="+caller, "--max-concurrent-calls-per-number=0", "--journal-limit=1000000"); err != nil {
		return nil, err
	}
	b.journal = &journal{url: b.stack.SimulatorURL}
	scheme, err := controllers.Scheme()
	if err != nil {
		return nil, err
	}
	if b.client, err = client.NewWithWatch(b.stack.Plane.Config, client.Options{Scheme: scheme}); err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	b.watcher, err = watchCalls(ctx, b.client)
	return b, err
}

func (b *bench) close() error {
	if b.watcher != nil {
		b.watcher.stop()
	}
	return b.stack.Close()
}

// brief and long are the callees of calls that end by themselves, and of those that do not. The numbers are longer than
// any of the range that nobody has, so that they are nobody's.
func brief(n int64) string { return fmt.Sprintf("+4420794600%04d", n%briefNumbers) }
func long(n int64) string  { return fmt.Sprintf("+442079461%05d", n%100000) }

// writePhones gives the brief callees their script; all others answer after a moment and never hang up.
func (b *bench) writePhones() (string, error) {
	var text strings.Builder
	text.WriteString("phones:\n")
	for n := range int64(briefNumbers) {
		fmt.Fprintf(&text, "- {number: %q, answer: {after: %s}, hangUp: {after: %s}}\n", brief(n), ring, talk)
	}
	file := filepath.Join(b.stack.Dir(), "phones.yaml")
	return file, os.WriteFile(file, []byte(text.String()), 0o600)
}

// prepare creates the namespace, the provider and the probe.
func (b *bench) prepare(ctx context.Context) error {
	objects := []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}},
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: bareNamespace}},
	}
	objects = append(objects, b.provider(namespace)...)
	objects = append(objects, &v1alpha1.CallRoute{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "answer"},
		Spec: v1alpha1.CallRouteSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: "acs"}, Action: v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{}},
		},
	})
	b.probe = b.newCall("probe", brief(0))
	b.probe.Spec.State = v1alpha1.CallStateEnded
	if err := b.createAll(ctx, append(objects, b.probe)); err != nil {
		return err
	}
	return b.stack.Kubectl(ctx, os.Stderr, "-n", namespace, "wait", "--for=condition=Ready", "callprovider/acs", "--timeout=60s")
}

// provider is a CallProvider in a namespace, and its Secret.
func (b *bench) provider(in string) []client.Object {
	return []client.Object{
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: in, Name: "acs-connection"},
			StringData: map[string]string{"connectionString": b.stack.ConnectionString},
		},
		&v1alpha1.CallProvider{
			ObjectMeta: metav1.ObjectMeta{Namespace: in, Name: "acs"},
			Spec: v1alpha1.CallProviderSpec{
				CallbackURL: b.stack.ReceiverURL,
				Numbers:     []v1alpha1.OwnedNumber{{PhoneNumber: caller, MaxConcurrentCalls: 100000}},
				ACS: &v1alpha1.ACSProvider{
					ConnectionStringSecretRef: &v1alpha1.SecretKeyReference{Name: "acs-connection", Key: "connectionString"},
					ResourceID:                "5a1ad0e5-0000-4000-8000-000000000001",
				},
			},
		},
	}
}

func (b *bench) createAll(ctx context.Context, objects []client.Object) error {
	for _, object := range objects {
		if err := b.client.Create(ctx, object); err != nil {
			return fmt.Errorf("create what calls need: %w", err)
		}
	}
	return nil
}

func (b *bench) newCall(name, to string) *v1alpha1.Call {
	return &v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1alpha1.CallSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: "acs"},
			From:        &v1alpha1.Caller{PhoneNumber: caller},
			To:          &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(to)},
		},
	}
}

// nextName is a name, and a number of its own.
func (b *bench) nextName(prefix string) (string, int64) {
	n := b.names.Add(1)
	return fmt.Sprintf("%s-%06d", prefix, n), n
}

// place creates a Call and notes when that was acknowledged.
func (b *bench) place(ctx context.Context, prefix string, callee func(int64) string) (string, error) {
	name, n := b.nextName(prefix)
	call := b.newCall(name, callee(n))
	if err := b.client.Create(ctx, call); err != nil {
		return "", fmt.Errorf("create a Call: %w", err)
	}
	b.watcher.acknowledged(name, callee(n), time.Now())
	return name, nil
}
