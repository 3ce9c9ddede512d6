// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
)

const (
	providerName = "acs"
	secretName   = "acs-connection"
	secretKey    = "connectionString"

	// limit is how many calls one of our numbers may have at once.
	limit = 4
	// people is how many phones there are, and listeners how many there are besides that stay in their calls.
	people, listeners = 40, 8
)

var ourNumbers = []string{"+14255550100", "+14255550101", "+14255550102"}

// incomingNumber is ours as well, and nobody calls from it.
const incomingNumber = "+14255550110"

// user is somebody in an app, whom a route passes calls on to.
const user = "8:acs:" + simulator.DefaultResourceID + "_00000000-0000-4000-8000-000000000001"

func person(n int) string { return fmt.Sprintf("+44207946%04d", n) }

// phones are what people do, by the seed. The listeners stay in their calls; the last ones are there to be added to calls.
func phones(random *rand.Rand, script []simulator.Reaction) []simulator.Phone {
	var all []simulator.Phone
	for i := range people + listeners {
		all = append(all, phoneOf(random, person(i), i >= people, script))
	}
	for n := range mostActions {
		all = append(all, phoneOf(random, guest(n), random.IntN(2) == 0, script))
	}
	return append(all, simulator.Phone{User: user, Answer: &simulator.After{}})
}

// phoneOf is a phone that does something by the seed. One that stays answers and does not hang up by itself.
func phoneOf(random *rand.Rand, number string, stays bool, script []simulator.Reaction) simulator.Phone {
	phone := simulator.Phone{Number: number, Script: script}
	does := random.IntN(8)
	if stays {
		does = 3
	}
	switch does {
	case 0:
		phone.Busy = &simulator.After{}
	case 1:
		phone.Decline = &simulator.After{After: upTo(random, time.Second)}
	case 2:
		phone.NoAnswer = &struct{}{}
	case 3, 4:
		phone.Answer = &simulator.After{After: upTo(random, 500*time.Millisecond)}
	default:
		phone.Answer = &simulator.After{After: upTo(random, 500*time.Millisecond)}
		phone.HangUp = &simulator.After{After: upTo(random, 2*time.Second)}
	}
	if phone.Answer == nil {
		phone.Script = nil // it hears nothing
	}
	return phone
}

func upTo(random *rand.Rand, d time.Duration) simulator.Duration {
	return simulator.Duration(time.Duration(random.Int64N(int64(d))) + 10*time.Millisecond)
}

// workload does what users do, by a seed.
type workload struct {
	client    client.Client
	service   service
	namespace string
	random    *rand.Rand
	// secret records what must not appear anywhere.
	secret func(what, value string)
	calls  int
	moves  int
}

// run does something every now and then until the time is over.
func (w *workload) run(ctx context.Context, length time.Duration) error {
	return repeatedly(ctx, length, w.random, w.step)
}

// repeatedly takes a step every now and then until the time is over.
func repeatedly(ctx context.Context, length time.Duration, random *rand.Rand, step func(context.Context) error) error {
	over := time.After(length)
	for {
		if err := step(ctx); tolerable(err) != nil {
			return err
		}
		select {
		case <-time.After(time.Duration(20+random.IntN(130)) * time.Millisecond):
		case <-over:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// tolerable leaves out what users see who do things in any order.
func tolerable(err error) error {
	switch {
	case apierrors.IsNotFound(err), apierrors.IsAlreadyExists(err), apierrors.IsConflict(err), apierrors.IsInvalid(err):
		return nil
	}
	return err
}

func (w *workload) step(ctx context.Context) error {
	switch n := w.random.IntN(20); {
	case n < 8:
		return w.createCall(ctx)
	case n < 10:
		return w.service.callIn(ctx, person(w.random.IntN(people)), incomingNumber)
	case n < 12:
		return w.patchCall(ctx, `{"spec":{"state":"Ended"}}`)
	case n < 13:
		return w.patchCall(ctx, fmt.Sprintf(`{"metadata":{"labels":{"storm":"%d"}}}`, w.random.IntN(100)))
	case n < 14:
		return w.client.Delete(ctx, w.someCall())
	case n < 17:
		return w.createMove(ctx)
	case n < 18:
		return w.client.Delete(ctx, w.move(w.random.IntN(w.moves+1)))
	default:
		return w.changeRoute(ctx)
	}
}

func (w *workload) createCall(ctx context.Context) error {
	w.calls++
	call := w.call(w.calls)
	call.Spec = v1alpha1.CallSpec{
		ProviderRef: v1alpha1.ProviderReference{Name: providerName},
		From:        &v1alpha1.Caller{PhoneNumber: v1alpha1.PhoneNumber(ourNumbers[w.random.IntN(len(ourNumbers))])},
		To:          &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(person(w.random.IntN(people)))},
		RingTimeout: &metav1.Duration{Duration: time.Duration(1+w.random.IntN(4)) * time.Second},
	}
	if w.random.IntN(10) == 0 {
		call.Spec.To.PhoneNumber = incomingNumber
	}
	if w.random.IntN(8) > 0 {
		call.Spec.MaxDuration = &metav1.Duration{Duration: time.Duration(1+w.random.IntN(3)) * time.Second}
	}
	if w.random.IntN(2) == 0 {
		call.Spec.To.PhoneNumber = v1alpha1.PhoneNumber(person(people + w.random.IntN(listeners)))
		call.Spec.MaxDuration = &metav1.Duration{Duration: time.Duration(6+w.random.IntN(5)) * time.Second}
	}
	if w.random.IntN(2) == 0 {
		w.addFlow(w.calls, &call.Spec)
	}
	if w.random.IntN(6) == 0 {
		call.Spec.TTLSecondsAfterFinished = ptr.To(int32(w.random.IntN(3)))
	}
	return w.client.Create(ctx, call)
}

func (w *workload) call(n int) *v1alpha1.Call {
	return &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: fmt.Sprintf("call-%02d", n)}}
}

// someCall is one of the newest Calls, which may be gone.
func (w *workload) someCall() *v1alpha1.Call { return w.call(max(1, w.calls-w.random.IntN(8))) }

func (w *workload) patchCall(ctx context.Context, patch string) error {
	return w.client.Patch(ctx, w.someCall(), client.RawPatch(types.MergePatchType, []byte(patch)))
}

func (w *workload) move(n int) *v1alpha1.ParticipantMove {
	return &v1alpha1.ParticipantMove{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: fmt.Sprintf("move-%02d", n)}}
}

// createMove moves the callee of one Call into another.
func (w *workload) createMove(ctx context.Context) error {
	from, to := w.someCall(), w.someCall()
	w.moves++
	move := w.move(w.moves)
	move.Spec = v1alpha1.ParticipantMoveSpec{
		From: v1alpha1.CallReference{Name: from.Name}, To: v1alpha1.CallReference{Name: to.Name}, Timeout: &metav1.Duration{Duration: 4 * time.Second},
	}
	return w.client.Create(ctx, move)
}

// changeRoute applies a route once more, in another way, or deletes it. Below it is one that answers everything.
func (w *workload) changeRoute(ctx context.Context) error {
	route := &v1alpha1.CallRoute{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "changing"}}
	if w.random.IntN(3) == 0 {
		return w.client.Delete(ctx, route)
	}
	var action v1alpha1.RouteAction
	switch w.random.IntN(3) {
	case 0:
		action.Answer = &v1alpha1.AnswerAction{CallLabels: map[string]string{"desk": "one"}}
	case 1:
		action.Redirect = &v1alpha1.RedirectAction{To: v1alpha1.Identifier{CommunicationUser: user}}
	default:
		action.Reject = &v1alpha1.RejectAction{Reason: v1alpha1.RejectReasonBusy}
	}
	route.Spec = v1alpha1.CallRouteSpec{ProviderRef: v1alpha1.ProviderReference{Name: providerName}, Priority: 5, Action: action}
	err := w.client.Create(ctx, route)
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	spec := route.Spec
	if err := w.client.Get(ctx, client.ObjectKeyFromObject(route), route); err != nil {
		return err
	}
	route.Spec = spec
	return w.client.Update(ctx, route)
}
