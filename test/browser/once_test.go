// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// losing is the address of a proxy in front of a dashboard. While losing is set, it forwards requests to one path and
// drops their answers.
func losing(t testing.TB, s *served, path string, losing *atomic.Bool) string {
	t.Helper()
	base, err := url.Parse(s.Base)
	must(t, err)
	proxy := &httputil.ReverseProxy{
		FlushInterval: -1, // the stream is passed on as it comes
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(base)
			r.Out.Host = base.Host
			if r.In.Header.Get("Origin") != "" {
				r.Out.Header.Set("Origin", s.Base)
			}
		},
		ModifyResponse: func(r *http.Response) error {
			if r.Request.URL.Path == path && losing.Load() {
				panic(http.ErrAbortHandler)
			}
			return nil
		},
	}
	front := httptest.NewServer(proxy)
	t.Cleanup(func() {
		front.CloseClientConnections() // the stream never ends by itself
		front.Close()
	})
	return front.URL + "/#token=" + s.Token
}

// calls counts the Calls of a world.
func calls(t testing.TB, w *harness.World) int {
	t.Helper()
	list := &v1alpha1.CallList{}
	must(t, w.Client.List(t.Context(), list, client.InNamespace(w.Namespace)))
	return len(list.Items)
}

// hangUpAll ends every call, and waits until each is over.
func (p *page) hangUpAll() {
	p.t.Helper()
	p.press("Hang up all calls")
	p.do(chromedp.Click(`dialog button.danger`, chromedp.NodeVisible))
	p.await("nothing is live", `document.querySelectorAll("#live .call").length === 0`)
}

// TestALostAnswerRingsOnce places a call whose answer is lost. The Call arrives by the stream, so the form is ready for
// the next call and the user need not press again.
func TestALostAnswerRingsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): {AnswerAfter: 2 * time.Second}, harness.Callee(2): {}}})
	var lost atomic.Bool
	lost.Store(true)
	p := browse(t, losing(t, serve(t, plane.Config, w.Namespace, "127.0.0.1:0"), "/api/dial", &lost))
	p.quiet = true
	name := func() string { return eval[string](p, `document.querySelector("[data-focus='dial name']").value`) }
	p.await("the provider is shown", `document.querySelector(".provider .badge.good")`)
	first := name()
	p.do(chromedp.SendKeys(`[data-focus="dial to"]`, harness.Callee(1), chromedp.NodeVisible))
	p.press("Call")
	p.awaitText("Call " + first + " is on its way.")
	p.await("the call is answered", row(w, first)+`?.innerText.includes("Connected")`)
	if now := name(); now == first {
		t.Errorf("the form still names %s, which is placed", first)
	}
	lost.Store(false)
	p.do(chromedp.SendKeys(`[data-focus="dial to"]`, harness.Callee(2), chromedp.NodeVisible))
	p.press("Call")
	p.await("another one is placed", `document.querySelectorAll("#live .call").length === 2`)
	if rings := w.Sim.Rings(harness.Callee(1)); rings != 1 {
		t.Errorf("the phone rang %d times, want once", rings)
	}
	p.hangUpAll()
}

// TestPressedTwiceRingsOnce presses the button twice before the page is redrawn.
func TestPressedTwiceRingsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): {}}})
	p := browse(t, serve(t, plane.Config, w.Namespace, "127.0.0.1:0").Address)
	p.await("the provider is shown", `document.querySelector(".provider .badge.good")`)
	p.do(chromedp.SendKeys(`[data-focus="dial to"]`, harness.Callee(1), chromedp.NodeVisible))
	p.await("the button works", find(button("Call"))+`?.ariaDisabled === "false"`)
	eval[string](p, `(() => { const call = `+find(button("Call"))+`; call.click(); call.click(); return "pressed"; })()`)
	p.await("a call is connected", `document.querySelector("#live .call")?.innerText.includes("Connected")`)
	if n := calls(t, w); n != 1 {
		t.Errorf("there are %d Calls, want one", n)
	}
	p.hangUpAll()
}

// TestTakenByHand answers, redirects and rejects calls that no route takes, in the list of ringing calls.
func TestTakenByHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{})
	p := browse(t, serve(t, plane.Config, w.Namespace, "127.0.0.1:0").Address)
	p.await("the provider is shown", `document.querySelector(".provider .badge.good")`)
	const rings = `#ringing .call`
	for _, action := range []struct {
		press string
		want  string
	}{
		{"Answer", `document.querySelector("#live .call")?.innerText.includes("Connected")`},
		{"Redirect", `document.querySelector("#ended .call")?.innerText.includes("Redirected")`},
		{"Reject", `[...document.querySelectorAll("#ended .call")].some((call) => call.innerText.includes("Rejected"))`},
	} {
		w.Sim.Dial(t, harness.Callee(7), inboundNumber)
		p.await("a call rings", `document.querySelector("`+rings+`")`)
		p.await("the top of the page leads there", `document.querySelector(".rings")?.innerText === "1 call rings"`)
		if action.press == "Redirect" {
			p.do(chromedp.SendKeys(rings+` input`, person2, chromedp.NodeVisible))
		}
		p.do(chromedp.Click(`//section[@id="ringing"]//button[normalize-space(.)=` + quoted(action.press) + `]`))
		p.await("it is done: "+action.press, action.want)
		p.await("nothing rings", `!document.querySelector("`+rings+`") && document.title === "Calls"`)
	}
	if text := eval[string](p, `document.body.innerText`); strings.Contains(text, "could not") {
		t.Errorf("something was refused:\n%s", text)
	}
	p.hangUpAll()
}
