// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// Numbers of the tests of do-not-call lists, and whom a route redirects to.
var ada, bob, cleo = harness.Callee(1), harness.Callee(2), harness.Callee(3)

// listed makes a World whose provider has two do-not-call lists: in a ConfigMap and in a Secret. A manager runs.
func listed(t *testing.T, inConfigMap, inSecret string, change ...func(*harness.Options)) *harness.World {
	t.Helper()
	answers := harness.Script{AnswerAfter: 20 * time.Millisecond}
	options := harness.Options{NoProvider: true, Phones: map[string]harness.Script{ada: answers, bob: answers, cleo: answers}}
	for _, f := range change {
		f(&options)
	}
	w := harness.New(t, plane, options)
	meta := metav1.ObjectMeta{Namespace: w.Namespace, Name: "do-not-call"}
	createObject(t, w, &corev1.ConfigMap{ObjectMeta: meta, Data: map[string]string{"numbers": inConfigMap}})
	createObject(t, w, &corev1.Secret{ObjectMeta: meta, StringData: map[string]string{"private": inSecret}})
	w.CreateProvider(t, options)
	setLists(t, w, `[{"configMapKeyRef":{"name":"do-not-call","key":"numbers"}},{"secretKeyRef":{"name":"do-not-call","key":"private"}}]`)
	w.StartManager(t, harness.ManagerOptions{})
	return w
}

func createObject(t *testing.T, w *harness.World, object client.Object) {
	t.Helper()
	if err := w.Client.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}

func patch(t *testing.T, w *harness.World, object client.Object, merge string) {
	t.Helper()
	object.SetNamespace(w.Namespace)
	if err := w.Client.Patch(t.Context(), object, client.RawPatch("application/merge-patch+json", []byte(merge))); err != nil {
		t.Fatal(err)
	}
}

func setLists(t *testing.T, w *harness.World, lists string) {
	t.Helper()
	patch(t, w, &v1alpha1.CallProvider{ObjectMeta: metav1.ObjectMeta{Name: harness.ProviderName}}, `{"spec":{"doNotCall":`+lists+`}}`)
}

// list changes the list in the ConfigMap.
func list(t *testing.T, w *harness.World, numbers string) {
	t.Helper()
	patch(t, w, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "do-not-call"}}, `{"data":{"numbers":"`+numbers+`"}}`)
}

// checkBlocked waits until a Call ends as Blocked, and checks that it names the list and that no phone rang.
func checkBlocked(t *testing.T, w *harness.World, name, number, list string) {
	t.Helper()
	call := w.Await(t, name, "it has a result", ended)
	result := call.Status.Result
	want := number + " must not be called: it is on a do-not-call list of CallProvider acs (" + list + "). Nobody was rung."
	if result.Outcome != v1alpha1.OutcomeBlocked || result.Message != want || call.Status.Attempt != nil {
		t.Errorf("%s ended as %s, attempt %v: %s\nwant Blocked: %s", name, result.Outcome, call.Status.Attempt, result.Message, want)
	}
	if n := w.Sim.Rings(number); n != 0 {
		t.Errorf("the phone of %s rang %d times", name, n)
	}
}

// TestDoNotCall: numbers and prefixes on the lists are not called, others are.
func TestDoNotCall(t *testing.T) {
	t.Parallel()
	w := listed(t, ada+" # asked by letter\n", "# a range\n"+bob[:len(bob)-1]+"*\n")
	inRange := harness.Callee(9)
	w.Create(t, w.Call("ada", ada))
	w.Create(t, w.Call("in-range", inRange))
	checkBlocked(t, w, "ada", ada, "ConfigMap do-not-call, key numbers")
	checkBlocked(t, w, "in-range", inRange, "Secret do-not-call, key private")
	outside := harness.Callee(11)
	w.Create(t, w.Call("outside", outside))
	w.Await(t, "outside", "it was placed", func(call *v1alpha1.Call) bool { return call.Status.ConnectionID != "" })
}

// TestListedWhileItWaits: what counts is the list when the call would be placed.
func TestListedWhileItWaits(t *testing.T) {
	t.Parallel()
	w := listed(t, "", "", func(o *harness.Options) { o.MaxConcurrent = 1 })
	w.Create(t, w.Call("bob", bob))
	w.AwaitCondition(t, "bob", v1alpha1.ConditionConnected)
	w.Create(t, w.Call("ada", ada))
	w.AwaitReason(t, "ada", v1alpha1.ReasonWaitingForCapacity)
	w.Create(t, w.Call("cleo", cleo))
	w.AwaitReason(t, "cleo", v1alpha1.ReasonWaitingForCapacity)
	list(t, w, ada)
	w.HangUp(t, "bob")
	checkBlocked(t, w, "ada", ada, "ConfigMap do-not-call, key numbers")
	// Its slot is free for the next one.
	w.AwaitCondition(t, "cleo", v1alpha1.ConditionConnected)
}

// TestUnreadableList: while nobody knows whom a list names, nothing rings, and Call and provider say what to do.
func TestUnreadableList(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		spoil        func(*testing.T, *harness.World)
		want         string
	}{
		{
			"line", "the line may mean anybody", func(t *testing.T, w *harness.World) { list(t, w, `+442079460199\n2079460101`) },
			"In the do-not-call list (ConfigMap do-not-call, key numbers), line 2 does not begin with +.",
		},
		{
			"missing", "the list may name anybody", func(t *testing.T, w *harness.World) {
				if err := w.Client.Delete(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "do-not-call"}}); err != nil {
					t.Fatal(err)
				}
			},
			"ConfigMap do-not-call does not exist: create it with the do-not-call list under the key numbers, or remove it from spec.doNotCall.",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := listed(t, "", "")
			c.spoil(t, w)
			w.Create(t, w.Call("ada", ada))
			late := w.Call("late", bob)
			late.Spec.StartingDeadlineSeconds = ptr.To[int64](1)
			w.Create(t, late)
			waiting := w.AwaitReason(t, "ada", v1alpha1.ReasonDoNotCallUnreadable)
			if message := waiting.Status.Waiting.Message; !strings.Contains(message, c.want) || strings.Contains(message, "2079460101") {
				t.Errorf("%s: the Call says %q, want %q", c.reason, message, c.want)
			}
			awaitProviderReason(t, w, v1alpha1.ReasonDoNotCallUnreadable)
			if call := w.Await(t, "late", "it has a result", ended); call.Status.Result.Outcome != v1alpha1.OutcomeExpired {
				t.Errorf("%s: the Call with a deadline ended as %s", c.reason, call.Status.Result.Outcome)
			}
			if rings := w.Sim.RingOrder(); len(rings) != 0 {
				t.Errorf("%s: %v rang", c.reason, rings)
			}
			setLists(t, w, "[]")
			w.AwaitCondition(t, "ada", v1alpha1.ConditionConnected)
		})
	}
}

// TestCorrectedList: a Call that waits for a list is placed when it can be read, without any change of the provider.
func TestCorrectedList(t *testing.T) {
	t.Parallel()
	w := listed(t, "nobody", "")
	w.Create(t, w.Call("ada", ada))
	w.AwaitReason(t, "ada", v1alpha1.ReasonDoNotCallUnreadable)
	awaitProviderReason(t, w, v1alpha1.ReasonDoNotCallUnreadable)
	list(t, w, bob)
	w.AwaitCondition(t, "ada", v1alpha1.ConditionConnected)
	awaitProviderReason(t, w, v1alpha1.ReasonAvailable)
}

func awaitProviderReason(t *testing.T, w *harness.World, reason string) {
	t.Helper()
	late := time.Now().Add(harness.Patience)
	for {
		provider := &v1alpha1.CallProvider{}
		if err := w.Client.Get(t.Context(), client.ObjectKey{Namespace: w.Namespace, Name: harness.ProviderName}, provider); err != nil {
			t.Fatal(err)
		}
		for _, condition := range provider.Status.Conditions {
			if condition.Type == v1alpha1.ConditionReady && condition.Reason == reason {
				return
			}
		}
		if time.Now().After(late) {
			t.Fatalf("the provider does not say %s: %+v", reason, provider.Status.Conditions)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// TestNobodyElseCallsThem: actions and steps of flows call nobody on a list, and no call is redirected there.
func TestNobodyElseCallsThem(t *testing.T) {
	t.Parallel()
	w := listed(t, ada, "", func(o *harness.Options) { o.EventGrid = simulator.GridSchemaCloudEvents })
	to := v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(ada)}
	blocked := ada + " must not be called: it is on a do-not-call list of CallProvider acs (ConfigMap do-not-call, key numbers)."

	w.Create(t, w.Call("bob", bob))
	w.AwaitRoster(t, "bob", 2)
	for name, operation := range map[string]v1alpha1.CallOperation{
		"add": {AddParticipant: &v1alpha1.AddParticipantOperation{Participant: to}}, "transfer": {Transfer: &v1alpha1.TransferOperation{To: to}},
	} {
		w.CreateAction(t, w.Action(name, "bob", operation))
		if action := w.AwaitActionEnd(t, name, v1alpha1.ActionFailed); !strings.HasPrefix(action.Status.Result.Message, blocked) {
			t.Errorf("%s: %q", name, action.Status.Result.Message)
		}
	}

	w.CreateFlow(t, "connect", v1alpha1.CallFlowSpec{Steps: []v1alpha1.FlowStep{
		{
			Name: "connect", AddParticipant: &v1alpha1.AddParticipantOperation{Participant: to}, Next: "connected",
			Branches: map[string]v1alpha1.StepName{v1alpha1.BranchFailed: "failed"},
		},
		{Name: "connected", End: &v1alpha1.EndStep{Outcome: "connected"}},
		{Name: "failed", End: &v1alpha1.EndStep{Outcome: "failed"}},
	}})
	w.Create(t, w.Call("cleo", cleo, harness.Running("connect", nil)))
	w.AwaitFlowEnd(t, "cleo", "failed")

	createRoute(t, w, "redirect", harness.Callee(4), v1alpha1.RouteAction{Redirect: &v1alpha1.RedirectAction{To: to}})
	w.Sim.AwaitSubscription(t)
	name := w.Incoming(t, w.Sim.Dial(t, harness.Callee(4), harness.Caller))
	ringing := w.AwaitReason(t, name, v1alpha1.ReasonNumberBlocked)
	if message := ringing.Status.Waiting.Message; message != blocked || ringing.Status.Attempt != nil {
		t.Errorf("the incoming call says %q, attempt %v", message, ringing.Status.Attempt)
	}
	if n := w.Sim.Rings(ada); n != 0 {
		t.Errorf("the phone rang %d times", n)
	}
}

// TestOthersWaitForTheList: actions, steps of flows and redirects wait while a list cannot be read, and are carried out afterwards.
func TestOthersWaitForTheList(t *testing.T) {
	t.Parallel()
	w := listed(t, "", "", func(o *harness.Options) { o.EventGrid = simulator.GridSchemaCloudEvents })
	to := v1alpha1.AddParticipantOperation{Participant: v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(ada)}}
	w.CreateFlow(t, "connect", v1alpha1.CallFlowSpec{Steps: []v1alpha1.FlowStep{
		{Name: "connect", AddParticipant: &to, Next: "connected"}, {Name: "connected", End: &v1alpha1.EndStep{Outcome: "connected"}},
	}})
	answered, redirected := harness.Callee(4), harness.Callee(5)
	createRoute(t, w, "answer", answered, v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{Flow: &v1alpha1.FlowUse{Name: "connect"}}})
	createRoute(t, w, "redirect", redirected, v1alpha1.RouteAction{Redirect: &v1alpha1.RedirectAction{To: to.Participant}})
	w.Sim.AwaitSubscription(t)
	w.Create(t, w.Call("bob", bob))
	w.AwaitRoster(t, "bob", 2)
	list(t, w, "nobody")

	w.CreateAction(t, w.Action("add", "bob", v1alpha1.CallOperation{AddParticipant: &to}))
	w.AwaitActionWaits(t, "add", v1alpha1.ReasonDoNotCallUnreadable)
	inFlow := w.Incoming(t, w.Sim.Dial(t, answered, harness.Caller))
	w.Await(t, inFlow, "its flow waits for the list", func(call *v1alpha1.Call) bool {
		return call.Status.Flow != nil && call.Status.Flow.Waiting != nil && call.Status.Flow.Waiting.Reason == v1alpha1.ReasonDoNotCallUnreadable
	})
	w.AwaitReason(t, w.Incoming(t, w.Sim.Dial(t, redirected, harness.Caller)), v1alpha1.ReasonDoNotCallUnreadable)
	if n := w.Sim.Rings(ada); n != 0 {
		t.Fatalf("the phone rang %d times", n)
	}
	list(t, w, "")
	w.AwaitActionEnd(t, "add", v1alpha1.ActionCompleted)
	w.AwaitFlowEnd(t, inFlow, "connected")
}

// createRoute makes a route for the calls of one caller.
func createRoute(t *testing.T, w *harness.World, name, caller string, action v1alpha1.RouteAction) {
	t.Helper()
	match := &v1alpha1.RouteMatch{From: []v1alpha1.PartyMatch{{Exact: &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(caller)}}}}
	createObject(t, w, &v1alpha1.CallRoute{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name}, Spec: v1alpha1.CallRouteSpec{
		ProviderRef: v1alpha1.ProviderReference{Name: harness.ProviderName}, Match: match, Action: action,
	}})
}
