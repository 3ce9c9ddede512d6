// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"cmp"
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/test/asterisk/pbx"
	"github.com/call-operator/call-operator/test/harness"
)

const (
	// poll is the manager's poll interval: it tells what no event did.
	poll = time.Second

	secretName = "asterisk"

	// Endpoints of package pbx.
	trunk   = "PJSIP/$(number)@trunk"
	carrier = "PJSIP/$(number)@carrier"

	// streamUser is the user that Asterisk names to the receiver. Only its password counts.
	streamUser = "asterisk"
)

// world is a World with an Asterisk.
type world struct {
	*harness.World
	*pbx.PBX
	front    *harness.Front
	receiver *harness.Receiver
}

// options change how a world begins.
type options struct {
	// numbers are the provider's; none means harness.Caller.
	numbers []string
	// endpoint is what is dialled for a number; empty means trunk.
	endpoint string
	// concurrent is how many calls each number may have at once; zero means 100.
	concurrent int32
	// speech is the provider's speechURL.
	speech string
	// before puts something before the REST interface at a URL, and returns its URL; nil puts nothing there.
	before func(url string) string
	// silent gives Asterisk a wrong password for the receiver.
	silent bool
}

func newWorld(t testing.TB, o options) *world {
	t.Helper()
	pbx.Require(t)
	if len(o.numbers) == 0 {
		o.numbers = []string{harness.Caller}
	}
	w := &world{}
	// Asterisk ends after what uses it.
	t.Cleanup(func() {
		if w.PBX != nil {
			w.End(t)
		}
	})
	w.World = harness.New(t, plane, harness.Options{NoProvider: true, NoSecret: true, NoReceiver: true})
	w.receiver = w.StartReceiver(t, nil)
	password, err := w.Keys.StreamPassword(w.Namespace, harness.ProviderName)
	must(t, err)
	if o.silent {
		password = "wrong"
	}
	w.PBX, err = pbx.Start(pbx.Options{Numbers: o.numbers, Events: &pbx.Events{
		URL:      "ws" + strings.TrimPrefix(w.Wire.URL(), "http") + callbackurl.StreamPath(w.Namespace, harness.ProviderName),
		Username: streamUser, Password: password,
	}})
	must(t, err)
	url := w.URL()
	if o.before != nil {
		url = o.before(url)
	}
	w.front = harness.NewFront(t, url)
	w.createProvider(t, o)
	if !o.silent {
		w.awaitConnected(t)
	}
	return w
}

// awaitConnected waits until the provider's status says that Asterisk is connected, so that no manager finds it otherwise.
func (w *world) awaitConnected(t testing.TB) {
	t.Helper()
	await(t, "Asterisk is connected to the receiver", func(ctx context.Context) (bool, error) {
		var provider v1alpha1.CallProvider
		err := w.Client.Get(ctx, client.ObjectKey{Namespace: w.Namespace, Name: harness.ProviderName}, &provider)
		return provider.Status.StreamConnectedTime != nil, err
	})
}

func (w *world) createProvider(t testing.TB, o options) {
	t.Helper()
	must(t, w.Client.Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: secretName}, Type: corev1.SecretTypeBasicAuth,
		StringData: map[string]string{corev1.BasicAuthUsernameKey: pbx.Username, corev1.BasicAuthPasswordKey: w.Password()},
	}))
	provider := &v1alpha1.CallProvider{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: harness.ProviderName},
		Spec: v1alpha1.CallProviderSpec{
			CallbackURL: w.Wire.URL(),
			Asterisk: &v1alpha1.AsteriskProvider{
				URL: w.front.URL(), CredentialsSecretRef: v1alpha1.SecretReference{Name: secretName},
				Application: pbx.Application, Endpoint: cmp.Or(o.endpoint, trunk), SpeechURL: o.speech,
			},
			IncomingCalls: &v1alpha1.IncomingCalls{},
		},
	}
	for _, number := range o.numbers {
		provider.Spec.Numbers = append(provider.Spec.Numbers, v1alpha1.OwnedNumber{PhoneNumber: v1alpha1.PhoneNumber(number), MaxConcurrentCalls: cmp.Or(o.concurrent, 100)})
	}
	must(t, w.Client.Create(t.Context(), provider))
}

// start starts a manager, and waits until it can place calls.
func (w *world) start(t testing.TB) *harness.Manager {
	t.Helper()
	m := w.StartManager(t, w.managerOptions())
	w.AwaitProvider(t)
	return m
}

func (w *world) managerOptions() harness.ManagerOptions {
	return harness.ManagerOptions{Poll: poll, Front: w.front}
}

// awaitNoChannel waits until Asterisk has no call left.
func (w *world) awaitNoChannel(t testing.TB) {
	t.Helper()
	await(t, "no call is left in Asterisk", func(ctx context.Context) (bool, error) {
		printed, err := w.CLI(ctx, "core show channels concise")
		return strings.TrimSpace(printed) == "", err
	})
}

// checkInvites checks how often a number was called, as the telephone network saw it.
func (w *world) checkInvites(t testing.TB, number string, want int) {
	t.Helper()
	if got := w.Invites(number); got != want {
		t.Errorf("the telephone network was asked to ring %s %d times, want %d", number, got, want)
	}
}

func (w *world) phone(t testing.TB, name string, o pbx.PhoneOptions) *pbx.Phone {
	t.Helper()
	phone, err := w.Phone(t.Context(), name, o)
	must(t, err)
	return phone
}

// over is a Call's end.
func (w *world) over(t testing.TB, name string) *v1alpha1.CallResult {
	t.Helper()
	return w.Await(t, name, "it is over", func(call *v1alpha1.Call) bool { return call.Status.Result != nil }).Status.Result
}

func await(t testing.TB, what string, holds func(context.Context) (bool, error)) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, harness.Patience, true, holds)
	if err != nil {
		t.Fatalf("waited until %s: %v", what, err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// number is the telephone network's number that ends in some digits.
func number(digits string) string { return "+14255550" + digits }

// awaitInvites waits until the telephone network was asked to ring a number so many times.
func (w *world) awaitInvites(t testing.TB, number string, times int) {
	t.Helper()
	await(t, number+" is called", func(context.Context) (bool, error) { return w.Invites(number) >= times, nil })
}

// awaitChannels waits until Asterisk has so many channels.
func (w *world) awaitChannels(t testing.TB, n int) {
	t.Helper()
	await(t, "Asterisk has no other channels", func(ctx context.Context) (bool, error) {
		printed, err := w.CLI(ctx, "core show channels concise")
		return len(strings.Fields(strings.ReplaceAll(printed, " ", ""))) == n, err
	})
}
