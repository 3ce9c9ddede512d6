// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// The numbers and the people of the multiple dial-out.
const (
	userNumber     = "+14255550110"
	inboundNumber  = "+14255550111"
	outboundNumber = "+14255550112"
	person2        = "8:acs:00000000-1111-2222-3333-444444444444_00000000-0000-4000-8000-000000000002"
	person3        = "8:acs:00000000-1111-2222-3333-444444444444_00000000-0000-4000-8000-000000000003"
)

// newWorld has the three numbers, no routes, and people who answer.
func newWorld(t testing.TB, options harness.Options) *harness.World {
	t.Helper()
	options.EventGrid = simulator.GridSchemaEventGrid
	if options.Numbers == nil {
		options.Numbers = []string{userNumber, inboundNumber, outboundNumber}
	}
	if options.MaxConcurrent == 0 {
		options.MaxConcurrent = 4
	}
	w := harness.New(t, plane, options)
	w.Sim.AwaitSubscription(t)
	provider := &v1alpha1.CallProvider{}
	must(t, w.Client.Get(t.Context(), types.NamespacedName{Namespace: w.Namespace, Name: harness.ProviderName}, provider))
	must(t, w.Client.Patch(t.Context(), provider, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"incomingCalls":{}}}`))))
	for _, person := range []string{person2, person3} {
		w.Sim.SetPhone(t, simulator.Phone{User: person, Answer: &simulator.After{After: simulator.Duration(300 * time.Millisecond)}})
	}
	w.StartManager(t, harness.ManagerOptions{Poll: 5 * time.Second})
	return w
}

// TestMultipleDialOutByClicks goes through the guide without routes: each incoming call is answered or redirected by
// hand.
func TestMultipleDialOutByClicks(t *testing.T) {
	w := newWorld(t, harness.Options{MaxConcurrent: 4})
	p := browse(t, serve(t, plane.Config, w.Namespace, "127.0.0.1:0").Address)
	p.awaitText("Live")
	p.await("the provider is ready", `document.querySelector("#guide li").className === "done"`)
	p.awaitText("provider " + w.Namespace + "/" + harness.ProviderName)
	p.shoot("start")
	p.press("User call to the application")
	p.press("Answer it")
	p.await("call 1 is there", `document.querySelectorAll("#guide li")[1].className === "done"`)
	for i, person := range []string{person2, person3} {
		n := string(rune('2' + i))
		p.press("Create call " + n)
		field := `#guide li:nth-child(` + string(rune('3'+i)) + `) input[name=to]`
		p.do(chromedp.SendKeys(field, person, chromedp.NodeVisible))
		if i == 0 {
			p.shoot("redirect")
		}
		p.do(chromedp.SendKeys(field, kb.Enter))
		p.await("person "+n+" has answered", `document.querySelectorAll("#guide li")[`+string(rune('2'+i))+`].className === "done"`)
	}
	p.shoot("three-calls")
	p.press("Move participant 2")
	p.await("person 2 is moved", `document.querySelectorAll("#guide li")[4].className === "done"`)
	p.press("Move participant 3")
	p.await("person 3 is moved", `document.querySelectorAll("#guide li")[5].className === "done"`)
	p.await("the conference has four participants", `[...document.querySelectorAll("#live .roster")].some((r) => r.children.length === 4)`)
	p.shoot("moved")
	p.press("Terminate calls")
	p.do(chromedp.Click(`dialog button.danger`, chromedp.NodeVisible))
	p.await("nothing is live", `document.querySelectorAll("#live .call").length === 0 && document.querySelectorAll("#ended .call").length > 3`)
	w.CheckNoLiveConnection(t)
}

// TestMultipleDialOutWithRoutes goes through the guide with the routes of the sample: nothing has to be answered or
// redirected by hand.
func TestMultipleDialOutWithRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{MaxConcurrent: 4})
	create := func(name string, to string, origin string, action v1alpha1.RouteAction) {
		match := &v1alpha1.RouteMatch{To: []v1alpha1.PartyMatch{{Exact: &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(to)}}}}
		if origin != "" {
			match.Origin = &v1alpha1.OriginMatch{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"pass-on-to": origin}}}
		}
		must(t, w.Client.Create(t.Context(), &v1alpha1.CallRoute{
			ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name},
			Spec:       v1alpha1.CallRouteSpec{ProviderRef: v1alpha1.ProviderReference{Name: harness.ProviderName}, Match: match, Action: action},
		}))
	}
	create("conference", inboundNumber, "", v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{}})
	create("to-person-2", outboundNumber, "person-2", v1alpha1.RouteAction{Redirect: &v1alpha1.RedirectAction{To: v1alpha1.Identifier{CommunicationUser: person2}}})
	create("to-person-3", outboundNumber, "person-3", v1alpha1.RouteAction{Redirect: &v1alpha1.RedirectAction{To: v1alpha1.Identifier{CommunicationUser: person3}}})
	p := browse(t, serve(t, plane.Config, w.Namespace, "127.0.0.1:0").Address)
	for i, name := range []string{"User call to the application", "Create call 2", "Create call 3", "Move participant 2", "Move participant 3"} {
		p.press(name)
		p.await(name+" is done", fmt.Sprintf(`document.querySelectorAll("#guide li")[%d].className === "done"`, i+1))
	}
	p.press("Terminate calls")
	p.do(chromedp.Click(`dialog button.danger`, chromedp.NodeVisible))
	p.await("the guide starts again", `document.querySelectorAll("#live .call").length === 0 && document.querySelectorAll("#guide li")[1].className === "next"`)
	w.CheckNoLiveConnection(t)
}
