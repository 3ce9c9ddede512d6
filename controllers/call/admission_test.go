// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/internal/dialqueue"
	"github.com/call-operator/call-operator/telephony"
)

// younger is a Call from the same number, to another one, that was created later.
func younger(changes ...func(*v1alpha1.Call)) *v1alpha1.Call {
	return controllertest.CallWith(append([]func(*v1alpha1.Call){func(c *v1alpha1.Call) {
		c.UID, c.Name, c.CreationTimestamp, c.Spec.To.PhoneNumber = "younger", "younger", controllertest.At(time.Second), "+14255550124"
	}}, changes...)...)
}

func waitingFor(reason string, retry *time.Duration, ahead *int32) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) {
		c.Status.Waiting = &v1alpha1.CallWaiting{Reason: reason, Ahead: ahead, Since: controllertest.At(0)}
		if retry != nil {
			c.Status.Waiting.RetryTime = ptr.To(controllertest.At(*retry))
		}
	}
}

func admit(t *testing.T, s *Admission, call *v1alpha1.Call) dialqueue.Decision {
	t.Helper()
	decision, err := s.Admit(call, controllertest.ProviderWith(), controllertest.Epoch)
	if err != nil {
		t.Fatal(err)
	}
	return decision
}

// TestLineUp: a place in line is seen by a younger Call, which does not get the number's only slot.
func TestLineUp(t *testing.T) {
	cases := []struct {
		name, reason string
		older        *v1alpha1.Call
		lined        bool
	}{
		{"new", "the oldest goes first, regardless of who asks first", controllertest.CallWith(), true},
		{"in line", "it waits for this very slot", controllertest.CallWith(waitingFor(v1alpha1.ReasonWaitingForCapacity, nil, nil)), true},
		{
			"backing off", "it does not ask before its time, so nobody waits for it",
			controllertest.CallWith(waitingFor(v1alpha1.ReasonThrottled, ptr.To(time.Minute), nil)), false,
		},
		{"wanted ended", "it will never ask", controllertest.CallWith(controllertest.WantedEnded), false},
		{"deleted", "it will never ask", controllertest.CallWith(controllertest.DeletedCall), false},
		{"placed", "it has asked", controllertest.CallWith(controllertest.Placed), false},
		{"ended", "it has asked", controllertest.CallWith(controllertest.EndedAt(0), func(c *v1alpha1.Call) { c.Status.Attempt = nil }), false},
		{"incoming", "slots bound outbound calls", controllertest.CallWith(controllertest.InboundCall), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			slots := NewAdmission()
			slots.Enqueue(c.older)
			if decision := admit(t, slots, younger()); decision.Admitted == c.lined {
				t.Errorf("%s: the younger Call got %+v", c.reason, decision)
			}
		})
	}
}

func TestNote(t *testing.T) {
	cases := []struct {
		name, reason string
		noted        *v1alpha1.Call
		holds        bool
	}{
		{"new", "what asks for nothing holds nothing", controllertest.CallWith(), false},
		{"attempted", "the callee may have been rung", controllertest.CallWith(controllertest.Attempted), true},
		{"connected", "it is active", controllertest.CallWith(controllertest.ConnectedAt(0)), true},
		{"deleted", "it is active until it is over", controllertest.CallWith(controllertest.Placed, controllertest.DeletedCall), true},
		{"ended", "it is over", controllertest.CallWith(controllertest.EndedAt(0)), false},
		{"incoming, answered", "slots bound outbound calls", controllertest.CallWith(controllertest.Attempted, controllertest.InboundCall), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			slots := NewAdmission()
			slots.Sync(c.noted)
			slots.Sync(c.noted) // to say it twice is to say it once
			if decision := admit(t, slots, younger()); decision.Admitted == c.holds {
				t.Errorf("%s: a Call from the same number got %+v", c.reason, decision)
			}
		})
	}
}

// TestDeletedLeavesTheLine: a Call that waits, and is kept by somebody else's finalizer when it is deleted, leaves the line
// for good.
func TestDeletedLeavesTheLine(t *testing.T) {
	kept := func(c *v1alpha1.Call) { c.Finalizers = []string{"example.com/kept"} }
	api := newAPI(t, interceptor.Funcs{}, controllertest.CallWith(kept), younger(), controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
	r, _ := newReconciler(t, api, controllertest.PlacesCalls())
	r.Admission.Enqueue(controllertest.Read(t, api))
	if admit(t, r.Admission, younger()).Admitted {
		t.Fatal("the only slot is due to the older Call")
	}
	if err := api.Delete(t.Context(), controllertest.Read(t, api)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r.unplacedCallsOf(t.Context(), controllertest.ProviderWith()) // the provider changes
		if _, err := r.Reconcile(t.Context(), controllertest.TheCall); err != nil {
			t.Fatal(err)
		}
	}
	if !admit(t, r.Admission, younger()).Admitted {
		t.Error("the deleted Call keeps the younger one waiting")
	}
}

// TestCreatedAnew: a new Call of the same name takes over from a deleted one, even if the deletion was not reported.
func TestCreatedAnew(t *testing.T) {
	older := func(c *v1alpha1.Call) { c.ResourceVersion = "10" }
	anew := func(c *v1alpha1.Call) {
		c.UID, c.ResourceVersion, c.CreationTimestamp = "anew", "20", controllertest.At(2*time.Second)
	}
	cases := []struct {
		name, reason string
		before       *v1alpha1.Call
		see          func(*Admission)
	}{
		{"waiter, asks", "it is younger than who waits", controllertest.CallWith(older), func(s *Admission) { admit(t, s, controllertest.CallWith(anew)) }},
		{"waiter, is noted", "it is younger than who waits", controllertest.CallWith(older), func(s *Admission) { s.Enqueue(controllertest.CallWith(anew)) }},
		{"waiter, has ended", "it wants no slot", controllertest.CallWith(older), func(s *Admission) { s.Sync(controllertest.CallWith(anew, controllertest.EndedAt(0))) }},
		{"waiter, cannot be placed", "it wants no slot now", controllertest.CallWith(older), func(s *Admission) { s.Release(controllertest.CallWith(anew)) }},
		{"waiter, is incoming", "it wants no slot", controllertest.CallWith(older), func(s *Admission) { s.Sync(controllertest.CallWith(anew, controllertest.InboundCall)) }},
		{"holder, asks", "it is younger than who waits", controllertest.CallWith(older, controllertest.Placed), func(s *Admission) { admit(t, s, controllertest.CallWith(anew)) }},
		{"holder, is incoming", "it wants no slot", controllertest.CallWith(older, controllertest.Placed), func(s *Admission) { s.Sync(controllertest.CallWith(anew, controllertest.InboundCall)) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			slots := NewAdmission()
			slots.Sync(c.before)
			slots.Enqueue(c.before)
			if admit(t, slots, younger()).Admitted {
				t.Fatal("the only slot is the first Call's")
			}
			work := wokenBy(t, slots)
			c.see(slots)
			if work.Len() != 1 || !admit(t, slots, younger()).Admitted {
				t.Errorf("%s: %d are woken, want the one that waits, and it gets the slot", c.reason, work.Len())
			}
		})
	}
}

// wokenBy is the work queue by which Calls are woken from now on.
func wokenBy(t *testing.T, slots *Admission) workqueue.TypedRateLimitingInterface[reconcile.Request] {
	t.Helper()
	work := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	t.Cleanup(work.ShutDown)
	if err := slots.Source(t.Context(), work); err != nil {
		t.Fatal(err)
	}
	return work
}

func TestAdmit(t *testing.T) {
	fromNumber := func(number v1alpha1.PhoneNumber) func(*v1alpha1.Call) {
		return func(c *v1alpha1.Call) { c.Spec.From.PhoneNumber = number }
	}
	toNumber := func(number v1alpha1.PhoneNumber) func(*v1alpha1.Call) {
		return func(c *v1alpha1.Call) { c.Spec.To.PhoneNumber = number }
	}
	fromNobody := func(c *v1alpha1.Call) { c.Spec.From = nil }
	toUser := func(c *v1alpha1.Call) { c.Spec.To = &v1alpha1.Identifier{CommunicationUser: "8:acs:r_u"} }
	two := func(p *v1alpha1.CallProvider) {
		p.Spec.Numbers = []v1alpha1.OwnedNumber{
			{PhoneNumber: "+14255550100"}, {PhoneNumber: "+14255550101", MaxConcurrentCalls: 1},
		}
	}
	paced := func(p *v1alpha1.CallProvider) { two(p); p.Spec.CallsPerSecond = 4 }
	cases := []struct {
		name, reason string
		held         *v1alpha1.Call
		provider     *v1alpha1.CallProvider
		asks         *v1alpha1.Call
		want         dialqueue.Decision
	}{
		{"within the limit", "the second of two, which is the service's own limit", controllertest.CallWith(), controllertest.ProviderWith(two), younger(), dialqueue.Decision{Admitted: true}},
		{"over the limit", "the second of one", controllertest.CallWith(), controllertest.ProviderWith(), younger(), dialqueue.Decision{Reason: dialqueue.Capacity}},
		{"another number", "each number has its own limit", controllertest.CallWith(), controllertest.ProviderWith(two), younger(fromNumber("+14255550101")), dialqueue.Decision{Admitted: true}},
		{"without a number", "there is no number to be limited", controllertest.CallWith(), controllertest.ProviderWith(), younger(fromNobody, toUser), dialqueue.Decision{Admitted: true}},
		{"same callee", "one phone is rung by one Call at a time", controllertest.CallWith(), controllertest.ProviderWith(two), younger(toNumber("+14255550123")), dialqueue.Decision{Reason: dialqueue.Callee}},
		{"same user", "an app takes several calls", controllertest.CallWith(toUser), controllertest.ProviderWith(two), younger(toUser), dialqueue.Decision{Admitted: true}},
		{
			"our own number", "it takes many calls at once, as incoming ones", controllertest.CallWith(toNumber("+14255550101")), controllertest.ProviderWith(two),
			younger(fromNobody, toNumber("+14255550101")), dialqueue.Decision{Admitted: true},
		},
		{
			"our own number, from the same one", "two incoming sides on their way could not be told apart", controllertest.CallWith(toNumber("+14255550101")),
			controllertest.ProviderWith(two), younger(toNumber("+14255550101")), dialqueue.Decision{Reason: dialqueue.Leg},
		},
		{
			"too fast", "four calls a second are one each 250 ms", controllertest.CallWith(), controllertest.ProviderWith(paced), younger(),
			dialqueue.Decision{Reason: dialqueue.Pace, RetryAfter: 250 * time.Millisecond},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			slots := NewAdmission()
			if decision, err := slots.Admit(c.held, c.provider, controllertest.Epoch); err != nil || !decision.Admitted {
				t.Fatalf("the first Call got %+v, %v", decision, err)
			}
			decision, err := slots.Admit(c.asks, c.provider, controllertest.Epoch)
			if err != nil || decision != c.want {
				t.Errorf("%s: got %+v, %v, want %+v", c.reason, decision, err, c.want)
			}
		})
	}
	slots := NewAdmission()
	for i, want := range []bool{true, true, false} {
		call := younger(toNumber(v1alpha1.PhoneNumber(fmt.Sprintf("+1425555013%d", i))), func(c *v1alpha1.Call) {
			c.Name = fmt.Sprint(i)
			c.UID = types.UID(c.Name)
		})
		if decision, err := slots.Admit(call, controllertest.ProviderWith(two), controllertest.Epoch); err != nil || decision.Admitted != want {
			t.Errorf("without a limit of its own a number has two calls: call %d got %+v, %v", i, decision, err)
		}
	}
	_, err := NewAdmission().Admit(controllertest.CallWith(fromNumber("+14255550199")), controllertest.ProviderWith(), controllertest.Epoch)
	var cause *telephony.UnusableError
	const want = "CallProvider p does not own +14255550199: add it to the provider's spec.numbers, or use one of them as spec.from.phoneNumber."
	if !errors.As(err, &cause) || cause.Reason != v1alpha1.ReasonNumberNotOwned || cause.Message != want {
		t.Errorf("another's number is nobody's to use: got %v", err)
	}
}

// TestWake: every way to free a slot wakes the next Call.
func TestWake(t *testing.T) {
	cases := []struct {
		name, reason string
		free         func(*Admission, *v1alpha1.Call)
	}{
		{"ended", "a result frees the slot", func(s *Admission, c *v1alpha1.Call) { controllertest.EndedAt(0)(c); s.Sync(c) }},
		{"given up", "an attempt that was never sent frees it", func(s *Admission, c *v1alpha1.Call) { s.Release(c) }},
		{"deleted", "what is deleted is never placed, however long somebody's finalizer keeps it", func(s *Admission, c *v1alpha1.Call) { controllertest.DeletedCall(c); s.Sync(c); s.Enqueue(c) }},
		{"gone", "of a Call that is no more only the name is known", func(s *Admission, c *v1alpha1.Call) { s.Forget(client.ObjectKeyFromObject(c)) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			slots, first := NewAdmission(), controllertest.CallWith()
			work := wokenBy(t, slots)
			if !admit(t, slots, first).Admitted || admit(t, slots, younger()).Admitted {
				t.Fatal("the first Call holds the only slot")
			}
			c.free(slots, first)
			if work.Len() != 1 {
				t.Fatalf("%s: %d Calls are woken, want the one that waits", c.reason, work.Len())
			}
			if woken, _ := work.Get(); woken.Name != "younger" {
				t.Errorf("%s: woken is %s", c.reason, woken)
			}
			if !admit(t, slots, younger()).Admitted {
				t.Errorf("%s: the slot is not free", c.reason)
			}
		})
	}
	slots, first := NewAdmission(), controllertest.CallWith()
	admit(t, slots, first)
	admit(t, slots, younger())
	slots.Release(first) // before there is a work queue: each Call is looked at anyway when it is there
}

func TestLoad(t *testing.T) {
	lists, fail := 0, true
	api := newAPI(t, interceptor.Funcs{List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
		if lists++; fail {
			return controllertest.ErrBroken
		}
		return c.List(ctx, list, options...)
	}}, controllertest.CallWith(controllertest.ConnectedAt(0)))
	slots := NewAdmission()
	if err := slots.Load(t.Context(), api); !errors.Is(err, controllertest.ErrBroken) {
		t.Fatalf("until every Call is known none may be placed: got %v", err)
	}
	fail = false
	for range 3 {
		if err := slots.Load(t.Context(), api); err != nil {
			t.Fatal(err)
		}
	}
	if lists != 2 {
		t.Errorf("%d lists, want the one that failed and the one that did not", lists)
	}
	if admit(t, slots, younger()).Admitted {
		t.Error("a limit holds across restarts")
	}
}

// inPages answers lists of Calls in pages of one, as an API server with a small limit would.
func inPages(t *testing.T, asked *[]string) interceptor.Funcs {
	return interceptor.Funcs{List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
		var wanted client.ListOptions
		wanted.ApplyOptions(options)
		*asked = append(*asked, wanted.Namespace+"/"+wanted.Continue)
		if wanted.Limit != objects.PageOfCalls {
			t.Errorf("up to %d Calls at once, want %d", wanted.Limit, objects.PageOfCalls)
		}
		if err := c.List(ctx, list, client.InNamespace(wanted.Namespace)); err != nil {
			return err
		}
		calls := list.(*v1alpha1.CallList)
		at, _ := strconv.Atoi(wanted.Continue)
		if at+1 < len(calls.Items) {
			calls.Continue = strconv.Itoa(at + 1)
		}
		calls.Items = calls.Items[min(at, len(calls.Items)):min(at+1, len(calls.Items))]
		return nil
	}}
}

// TestLoadInPages: every Call is loaded of every namespace that is worked in, and none of others.
func TestLoadInPages(t *testing.T) {
	named := func(namespace, name string) func(*v1alpha1.Call) {
		return func(c *v1alpha1.Call) {
			c.Namespace, c.Name, c.UID, c.Spec.To.PhoneNumber = namespace, name, types.UID(namespace+name), ""
			c.Spec.From.PhoneNumber = v1alpha1.PhoneNumber("+1425555010" + name)
		}
	}
	provider := controllertest.ProviderWith(func(p *v1alpha1.CallProvider) {
		p.Spec.Numbers = nil
		for i := range 4 {
			p.Spec.Numbers = append(p.Spec.Numbers, v1alpha1.OwnedNumber{
				PhoneNumber: v1alpha1.PhoneNumber(fmt.Sprintf("+1425555010%d", i)), MaxConcurrentCalls: 1,
			})
		}
	})
	cases := []struct {
		name, reason string
		namespaces   []string
		asked        []string
		// taken are the numbers whose slot is held.
		taken []string
	}{
		{"all", "no namespace is all of them", nil, []string{"/", "/1", "/2", "/3"}, []string{"0", "1", "2", "3"}},
		{"one", "it may be forbidden to list in others", []string{"b"}, []string{"b/"}, []string{"2"}},
		{"some", "each is listed to its end", []string{"a", "c"}, []string{"a/", "a/1", "c/"}, []string{"0", "1", "3"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var asked, taken []string
			api := newAPI(t, inPages(t, &asked), controllertest.CallWith(controllertest.Placed, named("a", "0")), controllertest.CallWith(controllertest.Placed, named("a", "1")),
				controllertest.CallWith(controllertest.Placed, named("b", "2")), controllertest.CallWith(controllertest.Placed, named("c", "3")))
			slots := NewAdmission(c.namespaces...)
			slots.Endpoint = func(context.Context, types.NamespacedName) (string, error) { return "https://acs.example.com", nil }
			slots.Serves(types.NamespacedName{Namespace: "n", Name: "p"}, "https://acs.example.com")
			if err := slots.Load(t.Context(), api); err != nil {
				t.Fatal(err)
			}
			for _, number := range []string{"0", "1", "2", "3"} {
				decision, err := slots.Admit(controllertest.CallWith(named("n", number)), provider, controllertest.Epoch)
				if err != nil {
					t.Fatal(err)
				}
				if !decision.Admitted {
					taken = append(taken, number)
				}
			}
			if diff := cmp.Diff(c.asked, asked); diff != "" {
				t.Errorf("%s: lists (-want +got):\n%s", c.reason, diff)
			}
			if diff := cmp.Diff(c.taken, taken); diff != "" {
				t.Errorf("%s: numbers in use (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// TestTakeOverWithOldCache: the process before this one placed its last call, and this one's cache has not seen it. The
// slot is known all the same, and stays known when this one finds out that it cannot place the call itself.
func TestTakeOverWithOldCache(t *testing.T) {
	cases := []struct {
		name, reason string
		seen         func(*v1alpha1.Call)
		objects      []client.Object
	}{
		{"it would dial", "its attempt loses against the one that is written", func(*v1alpha1.Call) {}, []client.Object{controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString)}},
		{"it finds no provider", "what it lacks says nothing about the attempt that is written", func(*v1alpha1.Call) {}, nil},
		{"there was another Call", "it is gone, and the name is the new one's", func(c *v1alpha1.Call) { c.UID = "earlier" }, []client.Object{controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			version := func(version string) func(*v1alpha1.Call) {
				return func(c *v1alpha1.Call) { c.ResourceVersion = version }
			}
			live := newAPI(t, interceptor.Funcs{}, controllertest.CallWith(controllertest.Attempted, version("1001")))
			cache := newAPI(t, interceptor.Funcs{
				SubResourceUpdate: controllertest.OnStatusUpdate(controllertest.Failing(controllertest.Conflicted)).SubResourceUpdate,
				Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
					return controllertest.Conflicted
				},
			}, append(c.objects, controllertest.CallWith(version("1000"), c.seen))...)
			service := controllertest.PlacesCalls()
			r, _ := newReconciler(t, cache, service)
			r.Live, r.Admission = live, NewAdmission()
			// The endpoint in the Secret.
			r.Admission.Serves(objects.ProviderKey(controllertest.CallWith()), "https://acs.example.com/")
			if err := r.Admission.Load(t.Context(), live); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Reconcile(t.Context(), controllertest.TheCall); err != nil {
				t.Fatal(err)
			}
			if len(service.IDs()) != 0 {
				t.Error("the call is placed twice")
			}
			if admit(t, r.Admission, younger()).Admitted {
				t.Errorf("%s: the only slot is used twice", c.reason)
			}
		})
	}
}

func TestWorthRewriting(t *testing.T) {
	n := func(ahead int32) *int32 { return &ahead }
	cases := []struct {
		reason         string
		written, ahead *int32
		want           bool
	}{
		{"neither counts", nil, nil, false},
		{"it has a place now", nil, n(0), true},
		{"it has no place any more", n(3), nil, true},
		{"nothing changed", n(7), n(7), false},
		{"a little nearer is not worth a write", n(8), n(5), false},
		{"halved", n(8), n(4), true},
		{"halved, odd", n(7), n(3), true},
		{"not quite halved, odd", n(7), n(4), false},
		{"next", n(1), n(0), true},
		{"still next", n(0), n(0), false},
		{"further away: what is written would be too small", n(2), n(3), true},
	}
	for _, c := range cases {
		if got := worthRewriting(c.written, c.ahead); got != c.want {
			t.Errorf("%s: worthRewriting(%v, %v) = %t", c.reason, ptr.Deref(c.written, -1), ptr.Deref(c.ahead, -1), got)
		}
	}
}

// TestLineCostsFewWrites counts a line of n Calls down to nobody: the last of them is written log n times.
func TestLineCostsFewWrites(t *testing.T) {
	writes, written := 0, (*int32)(nil)
	for ahead := int32(1000); ahead >= 0; ahead-- {
		if worthRewriting(written, &ahead) {
			writes++
			written = ptr.To(ahead)
		}
		if *written < ahead || *written > 2*ahead+1 {
			t.Fatalf("%d are ahead and status says %d", ahead, *written)
		}
	}
	if writes != 11 {
		t.Errorf("%d writes for a line of 1000, want 11", writes)
	}
}

func TestWaitInLine(t *testing.T) {
	capacity := dialqueue.Decision{Reason: dialqueue.Capacity, Ahead: 4}
	cases := []struct {
		name, reason string
		before       *v1alpha1.Call
		decision     dialqueue.Decision
		wantReason   string
		want         string
		ahead        int32
		writes       bool
	}{
		{
			"capacity", "the number's limit is named", controllertest.CallWith(), capacity, v1alpha1.ReasonWaitingForCapacity,
			"Number +14255550100 has as many calls as its maxConcurrentCalls allows; the call is placed in its turn.", 4, true,
		},
		{
			"callee", "there is no line for a callee", controllertest.CallWith(), dialqueue.Decision{Reason: dialqueue.Callee, Ahead: 4}, v1alpha1.ReasonWaitingForCallee,
			"Another Call to the same number is under way; this one is placed after it.", -1, true,
		},
		{
			"pace", "the provider's limit is named", controllertest.CallWith(), dialqueue.Decision{Reason: dialqueue.Pace, Ahead: 4, RetryAfter: time.Second},
			v1alpha1.ReasonPaced, "The provider's spec.callsPerSecond is used up; the call is placed in its turn.", 4, true,
		},
		{
			"pace, far back", "those before it may go away", controllertest.CallWith(), dialqueue.Decision{Reason: dialqueue.Pace, Ahead: 4000, RetryAfter: time.Hour},
			v1alpha1.ReasonPaced, "The provider's spec.callsPerSecond is used up; the call is placed in its turn.", 4000, true,
		},
		{
			"nearer", "a place that has not halved is not written", controllertest.CallWith(waitingFor(v1alpha1.ReasonWaitingForCapacity, nil, ptr.To[int32](5))),
			capacity, v1alpha1.ReasonWaitingForCapacity, "", 5, false,
		},
		{
			"outdated", "what is read is gone, and nothing is written to it", controllertest.CallWith(waitingFor(v1alpha1.ReasonPaced, nil, ptr.To[int32](5))),
			dialqueue.Decision{Reason: dialqueue.Outdated}, v1alpha1.ReasonPaced, "", 5, false,
		},
		{
			"another reason", "what it waits for now is written", controllertest.CallWith(waitingFor(v1alpha1.ReasonPaced, nil, ptr.To[int32](5))),
			capacity, v1alpha1.ReasonWaitingForCapacity,
			"Number +14255550100 has as many calls as its maxConcurrentCalls allows; the call is placed in its turn.", 4, true,
		},
		{
			"changed spec", "the status speaks of this spec", controllertest.CallWith(waitingFor(v1alpha1.ReasonWaitingForCapacity, nil, ptr.To[int32](5)),
				func(c *v1alpha1.Call) { c.Generation = 2 }),
			capacity, v1alpha1.ReasonWaitingForCapacity,
			"Number +14255550100 has as many calls as its maxConcurrentCalls allows; the call is placed in its turn.", 4, true,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			writes := 0
			api := newAPI(t, controllertest.OnStatusUpdate(func(ctx context.Context, c client.Client, object client.Object) error {
				writes++
				return c.Status().Update(ctx, object)
			}), c.before)
			r, _ := newReconciler(t, api, nil)
			call := controllertest.Read(t, api)
			got, err := r.waitInLine(t.Context(), call, c.decision)
			if err != nil {
				t.Fatal(err)
			}
			if least := pauses.LongestBackoff * 3 / 4; !got.Stop || got.After < min(least, max(c.decision.RetryAfter, time.Millisecond)) {
				t.Errorf("looks again after %s: never at once, or waiting is a busy loop", got.After)
			}
			if most := pauses.LongestBackoff * 5 / 4; got.After > most || c.decision.RetryAfter > 0 && got.After > c.decision.RetryAfter {
				t.Errorf("looks again after %s: neither later than it was told nor than the safety net", got.After)
			}
			waiting := controllertest.Read(t, api).Status.Waiting
			if waiting.Reason != c.wantReason || waiting.Message != c.want || ptr.Deref(waiting.Ahead, -1) != c.ahead || (writes == 1) != c.writes {
				t.Errorf("%s: got %+v after %d writes", c.reason, waiting, writes)
			}
		})
	}
}
