// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access/accesstest"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/internal/dialqueue"
	"github.com/call-operator/call-operator/internal/legs"
)

const (
	ownA     = "+14255550111"
	ownB     = "+14255550122"
	ownC     = "+14255550133"
	outsider = "+442079460101"
	agentX   = "8:acs:r_x"
	agentY   = "8:acs:r_y"
)

func withOwnNumbers(p *v1alpha1.CallProvider) {
	p.Spec.Numbers = []v1alpha1.OwnedNumber{
		{PhoneNumber: ownA, MaxConcurrentCalls: 9}, {PhoneNumber: ownB, MaxConcurrentCalls: 9}, {PhoneNumber: ownC, MaxConcurrentCalls: 9},
	}
}

// outgoing is a Call from A to B that was sent to the service.
func outgoing(name string, changes ...func(*v1alpha1.Call)) *v1alpha1.Call {
	return controllertest.CallWith(append([]func(*v1alpha1.Call){controllertest.Placed, func(c *v1alpha1.Call) {
		c.Name, c.UID, c.Labels = name, types.UID(name), map[string]string{"for": name}
		c.Spec.From.PhoneNumber, c.Spec.To.PhoneNumber = ownA, ownB
		c.Status.CorrelationID, c.Status.OtherLeg = name+"-id", &v1alpha1.OtherLeg{State: v1alpha1.OtherLegExpected}
	}}, changes...)...)
}

// comesIn is an incoming call and its context.
func comesIn(name, from, to, correlationID string, changes ...func(*v1alpha1.Call)) []client.Object {
	call := controllertest.CallWith(append([]func(*v1alpha1.Call){func(c *v1alpha1.Call) {
		c.Name, c.UID = name, types.UID(name)
		c.Spec.From, c.Spec.To = nil, nil
		c.Spec.Inbound = &v1alpha1.InboundCall{To: v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(to)}, CorrelationID: correlationID, ReceivedTime: controllertest.At(0)}
		if strings.HasPrefix(to, "8:") {
			c.Spec.Inbound.To = v1alpha1.Identifier{CommunicationUser: to}
		}
		if from != "" {
			c.Spec.Inbound.From = &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(from)}
		}
	}}, changes...)...)
	return []client.Object{call, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: call.Namespace, Name: name, OwnerReferences: []metav1.OwnerReference{{Kind: "Call", Name: name, UID: call.UID}}},
		Type:       v1alpha1.IncomingCallContextSecretType, Data: map[string][]byte{v1alpha1.IncomingCallContextKey: []byte("context")},
	}}
}

func redirectsTo(name string, priority int32, to *v1alpha1.Identifier, match *v1alpha1.RouteMatch) *v1alpha1.CallRoute {
	return &v1alpha1.CallRoute{
		ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: name},
		Spec: v1alpha1.CallRouteSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: "p"}, Priority: priority, Match: match,
			Action: v1alpha1.RouteAction{Redirect: &v1alpha1.RedirectAction{To: *to}},
		},
	}
}

func toUser(id string) *v1alpha1.Identifier { return &v1alpha1.Identifier{CommunicationUser: id} }

func partyAt(number string) *v1alpha1.Identifier {
	return &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(number)}
}

func called(number string) *v1alpha1.RouteMatch {
	return &v1alpha1.RouteMatch{To: []v1alpha1.PartyMatch{{Exact: partyAt(number)}}}
}

func placedBy(name string) *v1alpha1.RouteMatch {
	return &v1alpha1.RouteMatch{Origin: &v1alpha1.OriginMatch{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"for": name}}}}
}

// routed is what became of an incoming call.
type routed struct {
	Route  string
	Reason string
	Leg    v1alpha1.OtherLeg
}

// routing has incoming calls come in one after the other, in a namespace with some objects.
type routing struct {
	t   *testing.T
	api client.WithWatch
	r   *Reconciler
}

func newRouting(t *testing.T, objects ...client.Object) *routing {
	t.Helper()
	api := newAPI(t, interceptor.Funcs{}, append(objects, controllertest.ProviderWith(withOwnNumbers), controllertest.SecretWith(controllertest.ConnectionString))...)
	r, _ := newReconciler(t, api, &controllertest.ACSStub{Status: http.StatusNoContent})
	r.Secrets = api
	return &routing{t, api, r}
}

func (f *routing) create(objects ...client.Object) {
	f.t.Helper()
	for _, object := range objects {
		status := client.Object(nil)
		if call, ok := object.(*v1alpha1.Call); ok {
			status = call.DeepCopy()
		}
		if err := f.api.Create(f.t.Context(), object); err != nil {
			f.t.Fatal(err)
		}
		if status != nil {
			status.SetResourceVersion(object.GetResourceVersion())
			if err := f.api.Status().Update(f.t.Context(), status); err != nil {
				f.t.Fatal(err)
			}
		}
	}
}

func (f *routing) get(name string) *v1alpha1.Call {
	f.t.Helper()
	call := &v1alpha1.Call{}
	if err := f.api.Get(f.t.Context(), client.ObjectKey{Namespace: "n", Name: name}, call); err != nil {
		f.t.Fatal(err)
	}
	return call
}

func (f *routing) reconcile(name string) routed {
	f.t.Helper()
	if _, err := f.r.Reconcile(f.t.Context(), ctrl.Request{NamespacedName: types.NamespacedName{Namespace: "n", Name: name}}); err != nil {
		f.t.Fatal(err)
	}
	status := f.get(name).Status
	got := routed{}
	if status.Route != nil {
		got.Route = status.Route.Name
	}
	if status.Waiting != nil {
		got.Reason = status.Waiting.Reason
	}
	if status.OtherLeg != nil {
		got.Leg = *status.OtherLeg
	}
	return got
}

// arrives creates an incoming call, and says what became of it.
func (f *routing) arrives(name, from, to, correlationID string) routed {
	f.t.Helper()
	f.create(comesIn(name, from, to, correlationID)...)
	return f.reconcile(name)
}

func pairedTo(name string, by v1alpha1.PairedBy) v1alpha1.OtherLeg {
	return v1alpha1.OtherLeg{State: v1alpha1.OtherLegPaired, Name: name, UID: types.UID(name), PairedBy: by}
}

var anyMessage = cmpopts.IgnoreFields(v1alpha1.OtherLeg{}, "Message")

func TestWhichCallPlacedIt(t *testing.T) {
	routes := func() []client.Object {
		return []client.Object{
			redirectsTo("for-one", 2, toUser(agentX), placedBy("one")), redirectsTo("for-two", 2, toUser(agentY), placedBy("two")),
			redirectsTo("everybody", 1, toUser("8:acs:r_desk"), nil),
		}
	}
	cases := []struct {
		name, reason       string
		calls              []client.Object
		from, to, identity string
		want               routed
		message            string
	}{
		{
			"as recorded", "the route knows the Call though the IDs differ, and the catch-all route does not get the call",
			[]client.Object{outgoing("one")}, ownA, ownB, "leg-id", routed{Route: "for-one", Leg: pairedTo("one", v1alpha1.PairedByParties)}, "",
		},
		{
			"shared ID", "the route knows the Call by its ID",
			[]client.Object{outgoing("one"), outgoing("two")}, ownA, ownB, "two-id", routed{Route: "for-two", Leg: pairedTo("two", v1alpha1.PairedByCorrelationID)}, "",
		},
		{
			"the service has not answered yet", "what it answers is not needed",
			[]client.Object{outgoing("one", func(c *v1alpha1.Call) { c.Status.ConnectionID, c.Status.CorrelationID = "", "" })}, ownA, ownB, "leg-id",
			routed{Route: "for-one", Leg: pairedTo("one", v1alpha1.PairedByParties)}, "",
		},
		{
			"placed by the version before", "its status says nothing of an other leg",
			[]client.Object{outgoing("one", func(c *v1alpha1.Call) { c.Status.OtherLeg = nil })}, ownA, ownB, "leg-id",
			routed{Route: "for-one", Leg: pairedTo("one", v1alpha1.PairedByParties)}, "",
		},
		{
			"two placed by the version before", "nobody can tell which: no route guesses, not even the one for everybody",
			[]client.Object{outgoing("one", func(c *v1alpha1.Call) { c.Status.OtherLeg = nil }), outgoing("two", func(c *v1alpha1.Call) { c.Status.OtherLeg = nil })}, ownA, ownB, "leg-id",
			routed{Reason: v1alpha1.ReasonOriginUnknown, Leg: v1alpha1.OtherLeg{State: v1alpha1.OtherLegUnknown}},
			"CallRoute for-one takes the call or not, depending on which Call placed it. Which Call placed this call cannot be known: it may be each of one, two. To take the call, set its spec.action (kubectl call answer or redirect).",
		},
		{
			"number withheld", "it may be ours or a stranger",
			[]client.Object{outgoing("one")}, "", ownB, "leg-id",
			routed{Reason: v1alpha1.ReasonOriginUnknown, Leg: v1alpha1.OtherLeg{State: v1alpha1.OtherLegUnknown}},
			"CallRoute for-one takes the call or not, depending on which Call placed it. Which Call placed this call cannot be known: it may be one, or somebody else. To take the call, set its spec.action (kubectl call answer or redirect).",
		},
		{
			"number withheld, no route depends on it", "whichever it is, the route for everybody takes it, and the call says what is not known",
			[]client.Object{outgoing("other")}, "", ownB, "leg-id", routed{Route: "everybody", Leg: v1alpha1.OtherLeg{State: v1alpha1.OtherLegUnknown}}, "",
		},
		{"a stranger", "the Call on its way is another one", []client.Object{outgoing("one")}, outsider, ownB, "leg-id", routed{Route: "everybody"}, ""},
		{
			"an own number that no Call of ours uses", "it says that other software, or somebody who pretends, is calling",
			nil, ownC, ownB, "leg-id", routed{Route: "everybody", Leg: v1alpha1.OtherLeg{State: v1alpha1.OtherLegNotOurs}}, "",
		},
		{
			"a Call of another namespace", "another team's calls come from outside",
			[]client.Object{outgoing("one", func(c *v1alpha1.Call) { c.Namespace = "other" })}, ownA, ownB, "leg-id",
			routed{Route: "everybody", Leg: v1alpha1.OtherLeg{State: v1alpha1.OtherLegNotOurs}}, "",
		},
		{
			"a Call of another provider", "another service's calls come from outside",
			[]client.Object{outgoing("one", func(c *v1alpha1.Call) { c.Spec.ProviderRef.Name = "q" })}, ownA, ownB, "leg-id",
			routed{Route: "everybody", Leg: v1alpha1.OtherLeg{State: v1alpha1.OtherLegNotOurs}}, "",
		},
		{
			"an invitation", "the inviting Call did not place it",
			[]client.Object{outgoing("one", controllertest.ConnectedAt(-time.Minute), func(c *v1alpha1.Call) { c.Spec.To.PhoneNumber = ownC })}, ownA, ownB, "one-id",
			routed{Route: "everybody", Leg: v1alpha1.OtherLeg{State: v1alpha1.OtherLegInvited, Name: "one", UID: "one"}}, "",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newRouting(t, append(routes(), c.calls...)...)
			got := f.arrives("leg", c.from, c.to, c.identity)
			if diff := cmp.Diff(c.want, got, anyMessage); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			if named := c.want.Leg.Name != "" && c.want.Leg.State == v1alpha1.OtherLegPaired; named {
				want := v1alpha1.OtherLeg{State: v1alpha1.OtherLegPaired, Name: "leg", UID: "leg", PairedBy: c.want.Leg.PairedBy}
				if diff := cmp.Diff(&want, f.get(c.want.Leg.Name).Status.OtherLeg); diff != "" {
					t.Errorf("the Call that placed it says as which it came in (-want +got):\n%s", diff)
				}
			}
			if c.message != "" {
				if diff := cmp.Diff(c.message, f.get("leg").Status.Waiting.Message); diff != "" {
					t.Errorf("%s (-want +got):\n%s", c.reason, diff)
				}
			}
		})
	}
}

// TestALegIsNotedOnce: two incoming calls that fit one Call, looked at with one view of it, are not both paired with it.
func TestALegIsNotedOnce(t *testing.T) {
	f := newRouting(t, outgoing("one"), redirectsTo("for-one", 2, toUser(agentX), placedBy("one")))
	stale := f.get("one")
	if got := f.arrives("leg-1", ownA, ownB, "1"); got.Route != "for-one" {
		t.Fatalf("the first is paired: %+v", got)
	}
	f.create(comesIn("leg-2", ownA, ownB, "2")...)
	pairing := legs.Pair(legOf(f.get("leg-2")), legs.Known{Calls: []legs.Call{placedCall(stale)}})
	if err := f.r.noteArrival(t.Context(), f.get("leg-2"), pairing); !objects.ConflictOrGone(err) {
		t.Errorf("an old view of the Call is refused, and looked at again: %v", err)
	}
	if got := f.reconcile("leg-2"); got.Route != "" || got.Leg.State != v1alpha1.OtherLegNotOurs || got.Reason != v1alpha1.ReasonNoRoute {
		t.Errorf("the second is nobody's of ours: %+v", got)
	}
}

// TestCircle: A's route redirects to B, and B's to A, over telephone legs that share no ID.
func TestCircle(t *testing.T) {
	f := newRouting(t, redirectsTo("x", 0, partyAt(ownB), called(ownA)), redirectsTo("y", 0, partyAt(ownA), called(ownB)))
	for i, step := range []struct {
		to   string
		want routed
	}{
		{ownA, routed{Route: "x"}}, {ownB, routed{Route: "y"}}, {ownA, routed{Reason: v1alpha1.ReasonRedirectLoop}},
	} {
		name := []string{"first", "second", "third"}[i]
		if diff := cmp.Diff(step.want, f.arrives(name, outsider, step.to, name+"-id")); diff != "" {
			t.Fatalf("the %s leg (-want +got):\n%s", name, diff)
		}
	}
	want := "CallRoute x has redirected this call before, and it came back: the target of the route redirects to this number, over other routes perhaps. Change one of them."
	if diff := cmp.Diff(want, f.get("third").Status.Waiting.Message); diff != "" {
		t.Errorf("the call says why it is left ringing (-want +got):\n%s", diff)
	}
	// Somebody else calls meanwhile.
	if got := f.arrives("other", "+33155550101", ownA, "other-id"); got.Route != "x" {
		t.Errorf("another caller is redirected: %+v", got)
	}
}

// TestCircleOverAnotherNetwork: the target is somebody else's, and sends each call back as a new one.
func TestCircleOverAnotherNetwork(t *testing.T) {
	f := newRouting(t, redirectsTo("x", 1, partyAt("+33155550101"), called(ownA)), redirectsTo("desk", 0, toUser(agentX), called(ownA)))
	names := strings.Split("abcdefghijklmnop", "")
	for i, name := range names {
		got := f.arrives(name, outsider, ownA, name)
		if got.Route == "desk" {
			if i < 5 {
				t.Errorf("a caller may call %d times within a minute", i+1)
			}
			return
		}
	}
	t.Errorf("%d rounds, and no end", len(names))
}

// TestARedirectedLegKeepsItsOrigin: what a route redirected to another own number comes in again with another ID.
func TestARedirectedLegKeepsItsOrigin(t *testing.T) {
	f := newRouting(t, outgoing("one"), redirectsTo("on", 1, partyAt(ownC), called(ownB)),
		redirectsTo("for-one", 2, toUser(agentX), &v1alpha1.RouteMatch{To: called(ownC).To, Origin: placedBy("one").Origin}), redirectsTo("everybody", 0, toUser(agentY), nil))
	if got := f.arrives("leg-1", ownA, ownB, "1"); got.Route != "on" {
		t.Fatalf("the first leg: %+v", got)
	}
	got := f.arrives("leg-2", ownA, ownC, "2")
	if diff := cmp.Diff(routed{Route: "for-one", Leg: pairedTo("one", v1alpha1.PairedByRedirect)}, got); diff != "" {
		t.Errorf("the second leg (-want +got):\n%s", diff)
	}
	if leg := f.get("one").Status.OtherLeg; leg.Name != "leg-1" {
		t.Errorf("the Call came in as leg-1 first, and says %+v", leg)
	}
}

// TestSecondCallWaitsForTheFirstsLeg: of two Calls from one own number to another one, the second is placed when the leg of
// the first was seen, or can no longer come, also by a process that starts in between.
func TestSecondCallWaitsForTheFirstsLeg(t *testing.T) {
	over := legs.Grace + time.Second
	seen := func(c *v1alpha1.Call) {
		c.Status.OtherLeg = &v1alpha1.OtherLeg{State: v1alpha1.OtherLegPaired, Name: "leg", UID: "leg"}
	}
	reverse := func(c *v1alpha1.Call) { c.Spec.From.PhoneNumber, c.Spec.To.PhoneNumber = ownB, ownA }
	cases := []struct {
		name, reason string
		first        *v1alpha1.Call
		after        time.Duration
		want         dialqueue.Reason
	}{
		{"ringing", "two legs on their way could not be told apart", outgoing("one"), time.Minute, dialqueue.Leg},
		{"outcome not known", "it may be ringing", outgoing("one", func(c *v1alpha1.Call) { c.Status.ConnectionID = "" }), time.Minute, dialqueue.Leg},
		{"seen", "which leg is whose is known", outgoing("one", seen), 0, ""},
		{"just answered", "its leg may still be delivered", outgoing("one", controllertest.ConnectedAt(0)), over - time.Second, dialqueue.Leg},
		{"answered", "its leg can no longer be taken", outgoing("one", controllertest.ConnectedAt(0)), over, ""},
		{"just over", "its leg may still be delivered", outgoing("one", controllertest.EndedAt(0)), over - time.Second, dialqueue.Leg},
		{"over", "its leg can no longer be taken", outgoing("one", controllertest.EndedAt(0)), over, ""},
		{"over and seen", "which leg is whose is known", outgoing("one", controllertest.EndedAt(0), seen), 0, ""},
		{"the other way round", "the legs have other parties", outgoing("one", reverse), 0, ""},
		{"not placed", "nothing is on its way", outgoing("one", func(c *v1alpha1.Call) { c.Status = v1alpha1.CallStatus{} }), 0, ""},
	}
	second := outgoing("two", func(c *v1alpha1.Call) {
		c.Status, c.CreationTimestamp = v1alpha1.CallStatus{}, controllertest.At(time.Second)
	})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			started := NewAdmission()
			if err := started.Load(t.Context(), newAPI(t, interceptor.Funcs{}, c.first)); err != nil {
				t.Fatal(err)
			}
			running := NewAdmission()
			running.Sync(outgoing("one", func(call *v1alpha1.Call) { call.Spec, call.ResourceVersion = c.first.Spec, "1" }))
			known := c.first.DeepCopy()
			known.ResourceVersion = "2"
			running.Sync(known)
			for how, slots := range map[string]*Admission{"started": started, "running": running} {
				if how == "running" && c.first.Status.Attempt == nil {
					continue
				}
				decision, err := slots.Admit(second, controllertest.ProviderWith(withOwnNumbers), controllertest.Epoch.Add(c.after))
				if err != nil || decision.Reason != c.want || decision.Admitted != (c.want == "") {
					t.Errorf("%s: %s: got %+v, %v", how, c.reason, decision, err)
				}
			}
		})
	}
	slots := NewAdmission()
	slots.Sync(outgoing("one"))
	woken := wokenBy(t, slots)
	if decision, _ := slots.Admit(second, controllertest.ProviderWith(withOwnNumbers), controllertest.Epoch); decision.Admitted {
		t.Fatal("the second Call was placed")
	}
	slots.Sync(outgoing("one", seen, func(c *v1alpha1.Call) { c.ResourceVersion = "9" }))
	if woken.Len() != 1 {
		t.Error("the second Call is woken when the leg of the first was seen")
	}
}

// TestCalleesOfOthers: a number that the provider does not own, but another namespace's perhaps, is called once at a time, as
// any number.
func TestCalleesOfOthers(t *testing.T) {
	theirs := func(c *v1alpha1.Call) { c.Spec.To.PhoneNumber, c.Status.OtherLeg = "+14255550199", nil }
	slots := NewAdmission()
	slots.Sync(outgoing("one", theirs))
	second := outgoing("two", theirs, func(c *v1alpha1.Call) { c.Status = v1alpha1.CallStatus{} })
	if decision, err := slots.Admit(second, controllertest.ProviderWith(withOwnNumbers), controllertest.Epoch); err != nil || decision.Reason != dialqueue.Callee {
		t.Errorf("got %+v, %v", decision, err)
	}
}

// TestALegThatIsExpected is written with the attempt, and waited for in plain words.
func TestALegThatIsExpected(t *testing.T) {
	fresh := func(name string) *v1alpha1.Call {
		return outgoing(name, func(c *v1alpha1.Call) { c.Status = v1alpha1.CallStatus{ObservedGeneration: -1} })
	}
	f := newRouting(t, fresh("one"), fresh("two"))
	accesstest.SetTransport(f.r.Connections, controllertest.PlacesCalls())
	f.reconcile("one")
	if diff := cmp.Diff(&v1alpha1.OtherLeg{State: v1alpha1.OtherLegExpected}, f.get("one").Status.OtherLeg); diff != "" {
		t.Errorf("the leg of a call to an own number is expected (-want +got):\n%s", diff)
	}
	f.reconcile("two")
	waiting := f.get("two").Status.Waiting
	if waiting == nil || waiting.Reason != v1alpha1.ReasonWaitingForOtherLeg || !strings.HasPrefix(waiting.Message, "Another Call from this number to the same own number was placed") {
		t.Errorf("the second Call says what it waits for, got %+v", waiting)
	}
	if got := f.arrives("leg", ownA, ownB, "leg-id"); got.Leg.Name != "one" {
		t.Fatalf("the leg is that of the first Call: %+v", got)
	}
	f.reconcile("one")
	f.reconcile("two")
	if f.get("two").Status.Attempt == nil {
		t.Error("the second Call is placed when the leg of the first was seen")
	}
}
