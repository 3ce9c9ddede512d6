// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// declarationSeeds is how many sequences of declarations are tried.
const declarationSeeds = 6

// wish is the last declaration of a sequence's Call.
type wish struct {
	there, ended bool
	// lives is how many objects of that name there were. Each may ring its phone once.
	lives int
}

// TestDeclarations simulates users who change their minds: a Call is applied, edited, ended, deleted and applied again, in
// a sequence from a seed. Apart from phones that have already rung, the final state matches the last declaration, as if it
// had been the only one:
//
//   - no live call when the Call is deleted, or was to be ended; one when it is to be active,
//   - at most one ring for each object that was ever created,
//   - a status that speaks of the last generation,
//   - and a declaration that the API server refuses changes nothing.
func TestDeclarations(t *testing.T) {
	for _, seed := range harness.Seeds(declarationSeeds) {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			t.Parallel()
			t.Logf("to try this again: CALL_OPERATOR_SEED=%d", seed)
			w := harness.New(t, plane, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): forLong()}, MaxConcurrent: 2})
			m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll})
			w.AwaitProvider(t)
			last := declare(t, w, rand.New(rand.NewPCG(seed, 6)))
			checkWish(t, w, last)
			if rings := w.Sim.Rings(harness.Callee(1)); rings > last.lives {
				t.Errorf("%d objects had the phone ring %d times", last.lives, rings)
			}
			if last.there {
				w.Delete(t, callName)
				w.AwaitGone(t, callName)
			}
			w.CheckNoLiveCall(t)
			w.CheckQuiet(t, m)
		})
	}
}

// declare makes some declarations and returns the last.
func declare(t *testing.T, w *harness.World, random *rand.Rand) wish {
	t.Helper()
	var now wish
	for range 4 + random.IntN(6) {
		<-time.After(time.Duration(random.IntN(150)) * time.Millisecond) // so that sequences differ in time too
		switch n := random.IntN(10); {
		case !now.there:
			now = create(t, w, now)
		case n < 3:
			edit(t, w, fmt.Sprintf(`{"spec":{"maxDuration":"%dm"},"metadata":{"labels":{"edit":"%d"}}}`, 10+random.IntN(50), n))
		case n < 5:
			refuse(t, w)
		case n < 7 && !now.ended:
			w.HangUp(t, callName)
			now.ended = true
		default:
			w.Delete(t, callName)
			now.there = false
		}
	}
	return now
}

// create creates the Call, once an earlier one of its name is gone.
func create(t *testing.T, w *harness.World, before wish) wish {
	t.Helper()
	if before.lives > 0 {
		w.AwaitGone(t, callName)
	}
	w.Create(t, w.Call(callName, harness.Callee(1)))
	// Whether it is there is known by the watch; an old one that is gone is not meant.
	w.Await(t, callName, "it is there", func(call *v1alpha1.Call) bool { return call.DeletionTimestamp == nil })
	return wish{there: true, lives: before.lives + 1}
}

func edit(t *testing.T, w *harness.World, patch string) {
	t.Helper()
	if err := w.Client.Patch(t.Context(), w.Call(callName, harness.Callee(1)), client.RawPatch(types.MergePatchType, []byte(patch))); err != nil {
		t.Fatal(err)
	}
}

// refuse declares what cannot be.
func refuse(t *testing.T, w *harness.World) {
	t.Helper()
	patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"to":{"phoneNumber":"0207 946 0101"}}}`))
	if err := w.Client.Patch(t.Context(), w.Call(callName, harness.Callee(1)), patch); !apierrors.IsInvalid(err) {
		t.Errorf("a number that is none was answered with %v, want that it is invalid", err)
	}
}

// checkWish awaits what the last declaration says.
func checkWish(t *testing.T, w *harness.World, last wish) {
	t.Helper()
	switch {
	case !last.there:
		w.AwaitGone(t, callName)
		w.CheckNoLiveCall(t)
	case last.ended:
		w.Await(t, callName, "it is over", func(call *v1alpha1.Call) bool { return ended(call) && observed(call) })
		w.CheckNoLiveCall(t)
	default:
		w.Await(t, callName, "it is connected", func(call *v1alpha1.Call) bool {
			return call.Status.ConnectedTime != nil && !ended(call) && observed(call)
		})
		if live := w.Sim.Live(); live != 1 {
			t.Errorf("ACS has %d live calls, want the one that was declared at last", live)
		}
	}
}

func observed(call *v1alpha1.Call) bool { return call.Status.ObservedGeneration == call.Generation }

// TestRollback edits a provider so that it cannot be used, and back. Meanwhile a Call waits and says why; afterwards it is
// placed normally, and an active call is not affected.
func TestRollback(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): forLong(), harness.Callee(2): forLong()}})
	m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll})
	w.Create(t, w.Call("before", harness.Callee(1)))
	w.AwaitCondition(t, "before", v1alpha1.ConditionConnected)
	refer := func(secret string) {
		provider := &v1alpha1.CallProvider{}
		key := types.NamespacedName{Namespace: w.Namespace, Name: harness.ProviderName}
		// The manager writes the provider's status at the same time.
		err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
			if err := w.Client.Get(t.Context(), key, provider); err != nil {
				return err
			}
			provider.Spec.ACS.ConnectionStringSecretRef.Name = secret
			return w.Client.Update(t.Context(), provider)
		})
		if err != nil {
			t.Fatal(err)
		}
		// A manager that has not heard of the edit yet does with a Call what the provider said before.
		late := time.Now().Add(harness.Patience)
		for provider.Status.ObservedGeneration != provider.Generation {
			if time.Now().After(late) {
				t.Fatalf("the provider was not looked at within %s: %+v", harness.Patience, provider.Status)
			}
			<-time.After(20 * time.Millisecond) // providers are not watched here
			if err := w.Client.Get(t.Context(), key, provider); err != nil {
				t.Fatal(err)
			}
		}
	}
	refer("misspelt")
	w.Create(t, w.Call("meanwhile", harness.Callee(2)))
	w.AwaitReason(t, "meanwhile", v1alpha1.ReasonSecretNotFound)
	refer(harness.SecretName)
	w.AwaitCondition(t, "meanwhile", v1alpha1.ConditionConnected)
	for n, name := range []string{"before", "meanwhile"} {
		if rings := w.Sim.Rings(harness.Callee(n + 1)); rings != 1 {
			t.Errorf("%s: the phone rang %d times, want 1", name, rings)
		}
		w.HangUp(t, name)
		w.Await(t, name, "it is over", ended)
	}
	w.CheckNoLiveCall(t)
	w.CheckQuiet(t, m)
}
