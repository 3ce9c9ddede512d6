// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access/accesstest"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/callroute"
	"github.com/call-operator/call-operator/internal/restored"
	"github.com/call-operator/call-operator/statemachine/callstatus"
)

func notBefore(after time.Duration) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) { c.Spec.NotBefore = ptr.To(controllertest.At(after)) }
}

func startWithin(d time.Duration) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) { c.Spec.StartingDeadlineSeconds = ptr.To(int64(d / time.Second)) }
}

func labelled(key, value string) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) { c.Labels = map[string]string{key: value} }
}

func toNumber(number v1alpha1.PhoneNumber) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) { c.Spec.To = &v1alpha1.Identifier{PhoneNumber: number} }
}

func saysNotBefore(after, deadline time.Duration) func(*v1alpha1.Call) {
	return func(c *v1alpha1.Call) {
		c.Status.Waiting = &v1alpha1.CallWaiting{Reason: v1alpha1.ReasonWaitingForTime, RetryTime: ptr.To(controllertest.At(after)), Deadline: ptr.To(controllertest.At(deadline))}
	}
}

func TestDecideStart(t *testing.T) {
	t.Parallel()
	say := func(fact callstatus.Fact) callDecision { return callDecision{action: actionSay, fact: fact} }
	hour := controllertest.Epoch.Add(time.Hour)
	expiredAt := func(deadline, now time.Duration) callDecision {
		return endUnplaced(callstatus.Expired{Deadline: controllertest.Epoch.Add(deadline), At: controllertest.Epoch.Add(now)})
	}
	cases := []struct {
		name, reason string
		call         *v1alpha1.Call
		now          time.Duration
		want         callDecision
	}{
		{"no deadline", "a Call without one waits for as long as it takes", controllertest.CallWith(), 1000 * time.Hour, act(actionDial)},
		{"within the deadline", "it is still wanted", controllertest.CallWith(startWithin(time.Minute)), time.Minute - time.Nanosecond, act(actionDial)},
		{"at the deadline", "from then on it is too late", controllertest.CallWith(startWithin(time.Minute)), time.Minute, expiredAt(time.Minute, time.Minute)},
		{
			"deadline after notBefore", "a deadline counts from the time at which the call was to be placed",
			controllertest.CallWith(notBefore(time.Hour), startWithin(time.Minute)), time.Hour + 59*time.Second, act(actionDial),
		},
		{
			"deadline after notBefore is over", "a deadline counts from the time at which the call was to be placed",
			controllertest.CallWith(notBefore(time.Hour), startWithin(time.Minute)), time.Hour + time.Minute, expiredAt(time.Hour+time.Minute, time.Hour+time.Minute),
		},
		{
			"before its time", "status says when it is placed", controllertest.CallWith(notBefore(time.Hour)), 0,
			say(callstatus.Waits{
				Reason: v1alpha1.ReasonWaitingForTime, Message: "The call is placed at 2026-11-23T13:00:00Z (spec.notBefore).", Retry: hour, At: controllertest.Epoch,
			}),
		},
		{
			"before its time, with a deadline", "status says until when",
			controllertest.CallWith(notBefore(time.Hour), startWithin(time.Minute)), 0,
			say(callstatus.Waits{
				Reason: v1alpha1.ReasonWaitingForTime, Message: "The call is placed at 2026-11-23T13:00:00Z (spec.notBefore).", Retry: hour,
				Deadline: hour.Add(time.Minute), At: controllertest.Epoch,
			}),
		},
		{
			"before its time, said", "it is said once", controllertest.CallWith(notBefore(time.Hour), saysNotBefore(time.Hour, 0)), time.Minute, wait(59 * time.Minute),
		},
		{
			"earlier than it was said", "an edited spec counts, and what was written for the old one does not hold it back",
			controllertest.CallWith(notBefore(time.Minute), saysNotBefore(time.Hour, 0)), time.Minute, act(actionDial),
		},
		{
			"time taken out", "what was written for the old spec does not hold it back", controllertest.CallWith(saysNotBefore(time.Hour, 0)), 0, act(actionDial),
		},
		{"its time has come", "to the second", controllertest.CallWith(notBefore(time.Hour), saysNotBefore(time.Hour, 0)), time.Hour, act(actionDial)},
		{
			"backing off beyond the deadline", "it ends in time", controllertest.CallWith(startWithin(10*time.Second), retryAt(30*time.Second)), 4 * time.Second,
			wait(6 * time.Second),
		},
		{"wanted ended after the deadline", "what a person asked for is the outcome", controllertest.CallWith(startWithin(time.Second), controllertest.WantedEnded), time.Hour, act(actionWithdraw)},
		{"deleted after the deadline", "it vanishes", controllertest.CallWith(startWithin(time.Second), controllertest.DeletedCall), time.Hour, wait(0)},
		{
			"connected after the deadline", "a deadline is for the start", controllertest.CallWith(startWithin(time.Second), controllertest.ConnectedAt(0)), time.Second,
			wait(2*time.Minute - time.Second),
		},
		{
			"answer unknown after the deadline", "a repetition would ring now, if the request was lost",
			controllertest.CallWith(startWithin(time.Second), controllertest.Attempted), time.Second, say(callstatus.Unresolved{Message: unrepeated, At: controllertest.Epoch.Add(time.Second)}),
		},
		{
			"answer unknown after the deadline, said", "what the service reports is awaited",
			controllertest.CallWith(startWithin(time.Second), controllertest.Attempted, func(c *v1alpha1.Call) {
				c.Status.Waiting = &v1alpha1.CallWaiting{Reason: v1alpha1.ReasonDialUnresolved, Message: unrepeated}
			}), time.Second, wait(attempt.RepeatabilityWindow - time.Second),
		},
		{
			"answer unknown after the deadline, to the end", "nobody will know", controllertest.CallWith(startWithin(time.Second), controllertest.Attempted), attempt.RepeatabilityWindow,
			act(actionGiveUpDial),
		},
		{"answer unknown before the deadline", "it may be repeated", controllertest.CallWith(startWithin(time.Minute), controllertest.Attempted), time.Second, act(actionRepeat)},
		{
			"restored without its status", "nobody knows whether it was placed", controllertest.CallWith(labelled("velero.io/restore-name", "r")), 0,
			endUnplaced(callstatus.Restored{By: "Velero", Mark: "label velero.io/restore-name", At: controllertest.Epoch}),
		},
		{
			"restored while it waited", "its time does not matter", controllertest.CallWith(labelled("velero.io/backup-name", "b"), notBefore(time.Hour), retryAt(time.Hour)), 0,
			endUnplaced(callstatus.Restored{By: "Velero", Mark: "label velero.io/backup-name", At: controllertest.Epoch}),
		},
		{
			"restored by another tool", "the annotation is for those without a mark",
			controllertest.CallWith(func(c *v1alpha1.Call) { c.Annotations = map[string]string{restored.Annotation: "Kasten"} }), 0,
			endUnplaced(callstatus.Restored{By: "Kasten", Mark: "annotation call-operator.dev/restored-by", At: controllertest.Epoch}),
		},
		{
			"restored incoming call", "it rings nowhere any more", controllertest.CallWith(controllertest.InboundCall, labelled("velero.io/restore-name", "r")), 0,
			endUnplaced(callstatus.Restored{By: "Velero", Mark: "label velero.io/restore-name", At: controllertest.Epoch}),
		},
		{"labelled while live", "a live call is followed, whatever it is labelled", controllertest.CallWith(controllertest.Placed, labelled("velero.io/restore-name", "r")), 0, wait(15 * time.Second)},
		{
			"emergency number", "it is refused for good: a flag that is set later does not ring it", controllertest.CallWith(toNumber("+112")), 0,
			endUnplaced(callstatus.NumberRefused{At: controllertest.Epoch, Problem: "+112 is too short for a telephone number: at least 10 digits must follow the country code 1. " +
				"Emergency and service numbers are not called: write a full subscriber number, or start the manager with --allow-short-numbers."}),
		},
		{"emergency number that is being called", "what is under way is followed", controllertest.CallWith(toNumber("+112"), controllertest.Placed), 0, wait(15 * time.Second)},
		{"no number", "an app has none", controllertest.CallWith(func(c *v1alpha1.Call) { c.Spec.To = &v1alpha1.Identifier{CommunicationUser: "8:acs:r_u"} }), 0, act(actionDial)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := decideCall(callObservation{call: c.call, now: controllertest.Epoch.Add(c.now), lastTalk: controllertest.Epoch, poll: 2 * time.Minute, ringingPoll: ringingPoll})
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(callDecision{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
	allowed := callObservation{call: controllertest.CallWith(toNumber("+112")), now: controllertest.Epoch, allowShortNumbers: true}
	if got := decideCall(allowed); got != act(actionDial) {
		t.Errorf("with --allow-short-numbers it is called, got %+v", got)
	}
}

// TestExpiredNeverRings: an expired call never rings, no matter what it waited for, how long, and which manager handles it.
func TestExpiredNeverRings(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		objects      []client.Object
		answer       *controllertest.ACSStub
		// fixed is the state after the deadline.
		fixed []client.Object
		hold  bool
		// waits is what the Call says meanwhile.
		waits string
	}{
		{"provider", "created on Thursday", nil, controllertest.PlacesCalls(), []client.Object{controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString)}, false, v1alpha1.ReasonProviderNotFound},
		{"Secret", "created on Thursday", []client.Object{controllertest.ProviderWith()}, controllertest.PlacesCalls(), []client.Object{controllertest.SecretWith(controllertest.ConnectionString)}, false, v1alpha1.ReasonSecretNotFound},
		{"slot", "free on Thursday", []client.Object{controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString)}, controllertest.PlacesCalls(), nil, true, v1alpha1.ReasonWaitingForCapacity},
		{
			"credentials", "right on Thursday", []client.Object{controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString)},
			&controllertest.ACSStub{Status: http.StatusUnauthorized}, nil, false, v1alpha1.ReasonUnauthorized,
		},
		{"nobody", "the manager was away", []client.Object{controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString)}, nil, nil, false, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			call := controllertest.CallWith(startWithin(time.Hour), func(c *v1alpha1.Call) { c.Status = v1alpha1.CallStatus{ObservedGeneration: -1} })
			api := newAPI(t, interceptor.Funcs{}, append(c.objects, call)...)
			if c.answer != nil {
				before, _ := newReconciler(t, api, c.answer)
				setClock(before)
				if c.hold {
					before.Admission.Serves(objects.ProviderKey(call), "https://acs.example.com/")
					admit(t, before.Admission, younger(func(c *v1alpha1.Call) { c.CreationTimestamp = controllertest.At(-time.Hour) }))
				}
				result, err := before.Reconcile(t.Context(), controllertest.TheCall)
				if err != nil {
					t.Fatal(err)
				}
				waiting := controllertest.Read(t, api).Status.Waiting
				if waiting == nil || waiting.Reason != c.waits || waiting.Deadline == nil || !waiting.Deadline.Equal(ptr.To(controllertest.At(time.Hour))) {
					t.Errorf("%s: the Call says %+v, and is to say until when", c.reason, waiting)
				}
				if result.RequeueAfter <= 0 || result.RequeueAfter > time.Hour {
					t.Errorf("%s: it is looked at after %s, and is to end in an hour", c.reason, result.RequeueAfter)
				}
			}
			for _, object := range c.fixed {
				if err := api.Create(t.Context(), object); err != nil {
					t.Fatal(err)
				}
			}
			service := controllertest.PlacesCalls()
			after, recorder := newReconciler(t, api, service)
			setClock(after).Pass(time.Hour)
			for range 2 {
				if _, err := after.Reconcile(t.Context(), controllertest.TheCall); err != nil {
					t.Fatal(err)
				}
			}
			status := controllertest.Read(t, api).Status
			if len(service.IDs()) != 0 || status.Attempt != nil || status.Result == nil || status.Result.Outcome != v1alpha1.OutcomeExpired {
				t.Fatalf("%s: %d requests, %+v", c.reason, len(service.IDs()), status)
			}
			const want = "The call was not placed before its deadline, 2026-11-23T13:00:00Z (spec.startingDeadlineSeconds). Nobody was rung."
			if !strings.HasPrefix(status.Result.Message, want) || (c.waits != "") != strings.Contains(status.Result.Message, "What it waited for: ") {
				t.Errorf("%s: %q", c.reason, status.Result.Message)
			}
			if len(recorder.Events) != 1 {
				t.Errorf("%d Events, want one of the end", len(recorder.Events))
			}
		})
	}
}

// TestEndsAtItsDeadline: a call that waits for long is looked at when its deadline comes, not when what it waits for might be there.
func TestEndsAtItsDeadline(t *testing.T) {
	t.Parallel()
	api := newAPI(t, interceptor.Funcs{}, controllertest.CallWith(startWithin(5*time.Second)))
	r, _ := newReconciler(t, api, controllertest.PlacesCalls())
	result, err := r.Reconcile(t.Context(), controllertest.TheCall)
	if err != nil || result.RequeueAfter != 5*time.Second {
		t.Errorf("looked at again after %s, %v; the deadline is after 5 s", result.RequeueAfter, err)
	}
}

// TestDeadlineInTheMiddle: the API server took long to write the attempt. Nothing is sent, and the Call says that nobody was rung.
func TestDeadlineInTheMiddle(t *testing.T) {
	t.Parallel()
	var now *controllertest.Clock
	api := newAPI(t, controllertest.OnStatusUpdate(func(ctx context.Context, c client.Client, object client.Object) error {
		if object.(*v1alpha1.Call).Status.Result == nil {
			now.Pass(time.Minute)
		}
		return c.Status().Update(ctx, object)
	}), controllertest.CallWith(startWithin(time.Minute)), controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
	service := controllertest.PlacesCalls()
	r, _ := newReconciler(t, api, service)
	now = setClock(r)
	if _, err := r.Reconcile(t.Context(), controllertest.TheCall); err != nil {
		t.Fatal(err)
	}
	status := controllertest.Read(t, api).Status
	if len(service.IDs()) != 0 || status.Result == nil || status.Result.Outcome != v1alpha1.OutcomeExpired {
		t.Errorf("%d requests, %+v", len(service.IDs()), status)
	}
	if !admit(t, r.Admission, younger()).Admitted {
		t.Error("its slot is free")
	}
}

// TestNoTryAfterTheDeadline: the client's own tries and the repetitions end with it. Whether the call was placed in time is awaited.
func TestNoTryAfterTheDeadline(t *testing.T) {
	t.Parallel()
	api := newAPI(t, interceptor.Funcs{}, controllertest.CallWith(startWithin(time.Minute)), controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
	service := &controllertest.ACSStub{Status: http.StatusServiceUnavailable}
	r, _ := newReconciler(t, api, service)
	now := setClock(r)
	service.Seen = func(*http.Request) { now.Pass(time.Minute) }
	for range 4 {
		if _, err := r.Reconcile(t.Context(), controllertest.TheCall); err != nil {
			t.Fatal(err)
		}
		now.Pass(10 * time.Second)
	}
	status := controllertest.Read(t, api).Status
	if len(service.IDs()) != 1 {
		t.Errorf("%d requests, want the one in time", len(service.IDs()))
	}
	if status.Result != nil || status.Waiting == nil || status.Waiting.Message != unrepeated {
		t.Errorf("the Call says %+v", status.Waiting)
	}
	now.Pass(attempt.RepeatabilityWindow)
	if _, err := r.Reconcile(t.Context(), controllertest.TheCall); err != nil {
		t.Fatal(err)
	}
	if result := controllertest.Read(t, api).Status.Result; result == nil || result.Outcome != v1alpha1.OutcomeUnknown {
		t.Errorf("what nobody knows is no Expired: %+v", result)
	}
}

// refusing is a transport to nowhere.
type refusing struct{ each func() }

func (f refusing) Do(*http.Request) (*http.Response, error) {
	f.each()
	return nil, syscall.ECONNREFUSED
}

// TestDeadlineBetweenTries: none of the tries reached the service, so that nobody was rung.
func TestDeadlineBetweenTries(t *testing.T) {
	t.Parallel()
	api := newAPI(t, interceptor.Funcs{}, controllertest.CallWith(startWithin(time.Minute)), controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
	r, _ := newReconciler(t, api, nil)
	now := setClock(r)
	tries := 0
	accesstest.SetTransport(r.Connections, refusing{func() { tries++; now.Pass(time.Minute) }})
	if _, err := r.Reconcile(t.Context(), controllertest.TheCall); err != nil {
		t.Fatal(err)
	}
	if result := controllertest.Read(t, api).Status.Result; tries != 1 || result == nil || result.Outcome != v1alpha1.OutcomeExpired {
		t.Errorf("%d tries, %+v", tries, result)
	}
}

// TestExpiredAfterAnother: another process has taken the attempt over, and may have sent it. What this one knows of its own sending
// says nothing.
func TestExpiredAfterAnother(t *testing.T) {
	t.Parallel()
	expired := callstatus.Expired{Deadline: controllertest.Epoch, Unsent: "mine", At: controllertest.Epoch}
	cases := []struct {
		name, reason string
		call         *v1alpha1.Call
		ends         bool
	}{
		{"mine", "it was never sent", controllertest.CallWith(controllertest.Attempted, func(c *v1alpha1.Call) { c.Status.Attempt.ID = "mine" }), true},
		{"another's", "it may have been sent", controllertest.CallWith(controllertest.Attempted), false},
		{"repeated", "a repetition may have been carried out", controllertest.CallWith(controllertest.Attempted, func(c *v1alpha1.Call) {
			c.Status.Attempt.ID = "mine"
			c.Status.Waiting = &v1alpha1.CallWaiting{Reason: v1alpha1.ReasonDialUnresolved}
		}), false},
		{"placed", "an event came first", controllertest.CallWith(controllertest.Placed, func(c *v1alpha1.Call) { c.Status.Attempt.ID = "mine" }), false},
	}
	for _, c := range cases {
		if after := callstatus.Apply(c.call.Status, expired); (after.Result != nil) != c.ends {
			t.Errorf("%s: %s: %+v", c.name, c.reason, after.Result)
		}
	}
}

// TestNotBefore: nothing is written while the time passes, and the call is placed when it has come.
func TestNotBefore(t *testing.T) {
	t.Parallel()
	writes := 0
	api := newAPI(t, controllertest.OnStatusUpdate(func(ctx context.Context, c client.Client, object client.Object) error {
		writes++
		return c.Status().Update(ctx, object)
	}), controllertest.CallWith(notBefore(time.Hour), startWithin(time.Minute)), controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
	service := controllertest.PlacesCalls()
	r, recorder := newReconciler(t, api, service)
	now := setClock(r)
	for i := range 4 {
		result, err := r.Reconcile(t.Context(), controllertest.TheCall)
		if want := time.Hour - time.Duration(i)*10*time.Minute; err != nil || result.RequeueAfter != want {
			t.Fatalf("looked at again after %s, %v; want %s", result.RequeueAfter, err, want)
		}
		r.unplacedCallsOf(t.Context(), controllertest.ProviderWith())
		now.Pass(10 * time.Minute)
	}
	waiting := controllertest.Read(t, api).Status.Waiting
	if writes != 1 || len(service.IDs()) != 0 || waiting.Reason != v1alpha1.ReasonWaitingForTime {
		t.Errorf("%d writes and %d requests, %+v", writes, len(service.IDs()), waiting)
	}
	if event := <-recorder.Events; !strings.HasPrefix(event, "Normal WaitingForTime") {
		t.Errorf("to wait for a time is ordinary: %s", event)
	}
	if !admit(t, r.Admission, younger()).Admitted {
		t.Error("who waits for a time keeps nobody waiting")
	}
	r.Admission.Release(younger())
	now.Pass(20 * time.Minute)
	if _, err := r.Reconcile(t.Context(), controllertest.TheCall); err != nil || len(service.IDs()) != 1 {
		t.Errorf("%d requests, %v", len(service.IDs()), err)
	}
}

// TestWantedSince: the queue's age of a call is since when it could have been placed.
func TestWantedSince(t *testing.T) {
	t.Parallel()
	for want, call := range map[time.Duration]*v1alpha1.Call{
		0: controllertest.CallWith(), time.Hour: controllertest.CallWith(notBefore(time.Hour)), time.Minute: controllertest.CallWith(notBefore(0), func(c *v1alpha1.Call) { c.CreationTimestamp = controllertest.At(time.Minute) }),
	} {
		if got := wantedSince(call); !got.Equal(controllertest.Epoch.Add(want)) {
			t.Errorf("wanted since %s, want %s", got, want)
		}
	}
}

// TestRestoredAndRefusedCallsRingNobody: what ends before it is placed is written once, and says what to do.
func TestRestoredAndRefusedCallsRingNobody(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		call         *v1alpha1.Call
		outcome      v1alpha1.CallOutcome
		says         string
	}{
		{"restored", "the original may have rung", controllertest.CallWith(labelled("velero.io/restore-name", "r")), v1alpha1.OutcomeUnknown, "create a Call with another name"},
		{"emergency number", "nobody is to be sent help by accident", controllertest.CallWith(toNumber("+1911")), v1alpha1.OutcomeFailed, "--allow-short-numbers"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			api := newAPI(t, interceptor.Funcs{}, c.call, controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
			service := controllertest.PlacesCalls()
			r, recorder := newReconciler(t, api, service)
			if _, err := r.Reconcile(t.Context(), controllertest.TheCall); err != nil {
				t.Fatal(err)
			}
			result := controllertest.Read(t, api).Status.Result
			if len(service.IDs()) != 0 || result == nil || result.Outcome != c.outcome || !strings.Contains(result.Message, c.says) {
				t.Errorf("%s: %d requests, %+v", c.reason, len(service.IDs()), result)
			}
			if len(recorder.Events) != 1 {
				t.Errorf("%d Events, want one", len(recorder.Events))
			}
		})
	}
}

// TestNoRedirectToShortNumbers: to pass a call on rings a phone like any other request.
func TestNoRedirectToShortNumbers(t *testing.T) {
	t.Parallel()
	redirect := &v1alpha1.RouteAction{Redirect: &v1alpha1.RedirectAction{To: v1alpha1.Identifier{PhoneNumber: "+44999"}}}
	call := controllertest.CallWith(controllertest.InboundCall, func(c *v1alpha1.Call) { c.Spec.Action = redirect })
	for _, allowed := range []bool{false, true} {
		api := newAPI(t, interceptor.Funcs{}, call.DeepCopy(), controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
		r, _ := newReconciler(t, api, controllertest.PlacesCalls())
		r.AllowShortNumbers, r.Secrets = allowed, api
		setClock(r).Pass(contextPatience)
		if _, err := r.Reconcile(t.Context(), controllertest.TheCall); err != nil {
			t.Fatal(err)
		}
		want := v1alpha1.ReasonNumberTooShort
		if allowed {
			want = v1alpha1.ReasonContextMissing // the next thing that it needs
		}
		status := controllertest.Read(t, api).Status
		if status.Attempt != nil || status.Waiting == nil || status.Waiting.Reason != want {
			t.Errorf("allowed %t: %+v", allowed, status)
		}
	}
	if callroute.RedirectProblem(callroute.RedirectOf(&v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{}}), false) != "" || callroute.RedirectProblem(callroute.RedirectOf(redirect), false) == "" {
		t.Error("only who is redirected to has a number")
	}
}
