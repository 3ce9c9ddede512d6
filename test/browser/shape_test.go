// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/dashboard"
	"github.com/call-operator/call-operator/test/harness"
)

// TestPictures looks at the page as it is in the dark, on a phone, and before somebody has signed in.
func TestPictures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): {}, harness.Callee(2): {Busy: true}}})
	w.Create(t, w.Call("reminder-ada", harness.Callee(1), fromUser))
	w.Create(t, w.Call("reminder-ben", harness.Callee(2), fromUser))
	p := browse(t, serve(t, plane.Config, w.Namespace, "127.0.0.1:0").Address)
	p.await("a call is connected, another one busy", row(w, "reminder-ada")+`?.innerText.includes("Connected") && `+row(w, "reminder-ben")+`?.innerText.includes("Busy")`)
	w.Sim.Dial(t, harness.Callee(7), inboundNumber)
	p.await("somebody calls", `document.querySelector("#ringing .call")`)
	p.await("the tab says so", `document.title === "(1) Calls"`)
	p.shoot("light")
	light := eval[string](p, `getComputedStyle(document.body).backgroundColor`)
	p.media("prefers-color-scheme", "dark")
	if dark := eval[string](p, `getComputedStyle(document.body).backgroundColor`); dark == light {
		t.Errorf("the page is %s in the dark too", dark)
	}
	p.shoot("dark")
	p.do(chromedp.EmulateViewport(360, 740))
	if wide := eval[int](p, `document.documentElement.scrollWidth`); wide > 360 {
		t.Errorf("on a phone of 360 pixels the page is %d wide", wide)
	}
	p.shoot("phone")

	cluster := browse(t, serveFor(t, dashboard.NewBearers(plane.Config), "", "127.0.0.1:0").Base)
	cluster.awaitText("Sign in")
	cluster.shoot("sign-in")
	cluster.do(chromedp.SendKeys(`input[name=token]`, "made-up", chromedp.NodeVisible))
	cluster.press("Sign in")
	cluster.awaitText("The API server does not know this token")
	w.HangUp(t, "reminder-ada")
}

func (p *page) media(feature, value string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: feature, Value: value}}})
	must(p.t, err)
}

// TestAnotherSiteGetsNothing has a page of another site, in the same browser, try to hang up and to read.
func TestAnotherSiteGetsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): {}}})
	s := serve(t, plane.Config, w.Namespace, "127.0.0.1:0")
	w.Create(t, w.Call("ada", harness.Callee(1), fromUser))
	w.AwaitCondition(t, "ada", v1alpha1.ConditionConnected)
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>evil</title>"))
	}))
	t.Cleanup(evil.Close)
	p := browse(t, s.Address)
	p.await("ada is shown", row(w, "ada"))
	if eval[string](p, `location.href`) != s.Base+"/" {
		t.Errorf("the token is left in the address: %s", eval[string](p, `location.href`))
	}
	p.quiet = true
	p.do(chromedp.Navigate(evil.URL))
	body := fmt.Sprintf(`JSON.stringify([{namespace: %q, name: "ada"}])`, w.Namespace)
	for _, attempt := range []string{
		// A form's kind of request, which needs no permission to be sent, and which would carry cookies if there were any.
		`fetch("` + s.Base + `/api/hang-up", {method: "POST", mode: "no-cors", credentials: "include", body: ` + body + `}).then(() => "sent", () => "stopped")`,
		`fetch("` + s.Base + `/api/hang-up", {method: "POST", headers: {Authorization: "Bearer guess"}, body: ` + body + `}).then(() => "sent", () => "stopped")`,
		`fetch("` + s.Base + `/api/stream", {headers: {Authorization: "Bearer guess"}}).then((r) => r.text(), () => "stopped")`,
	} {
		if got := eval[string](p, attempt); got != "sent" && got != "stopped" {
			t.Errorf("%s got %q", attempt, got)
		}
	}
	if got := eval[string](p, `new Promise((done) => { const f = document.createElement("iframe"); f.onload = () => { try { done(f.contentDocument ? "read" : "kept out"); } catch { done("kept out"); } }; f.src = "`+s.Base+`"; document.body.append(f); })`); got != "kept out" {
		t.Errorf("another site framed the page: %s", got)
	}
	call := w.Await(t, "ada", "it is looked at", func(*v1alpha1.Call) bool { return true })
	if call.Spec.State == v1alpha1.CallStateEnded {
		t.Error("another site hung up")
	}
	w.HangUp(t, "ada")
}

// Of many calls: how many there are, and how many of them change in the test.
const (
	many    = 1000
	changes = 500
)

// TestManyCalls has one thousand live Calls change at 50 a second, and counts what is drawn anew.
func TestManyCalls(t *testing.T) {
	if testing.Short() {
		t.Skip("creating so many Calls takes a while")
	}
	w := harness.New(t, plane, harness.Options{NoReceiver: true})
	calls := make([]*v1alpha1.Call, many)
	for i := range calls {
		calls[i] = w.Call(fmt.Sprintf("call-%04d", i), harness.Callee(i))
		must(t, w.Client.Create(t.Context(), calls[i]))
		calls[i].Status.Phase = v1alpha1.CallPhaseConnected
		calls[i].Status.ConnectedTime = &metav1.Time{Time: time.Now().Truncate(time.Second)}
		calls[i].Status.Participants = []v1alpha1.CallParticipant{{RawID: "4:" + harness.Caller}, {RawID: "4:" + harness.Callee(i)}}
		must(t, w.Client.Status().Update(t.Context(), calls[i]))
	}
	p := browse(t, serve(t, plane.Config, w.Namespace, "127.0.0.1:0").Address)
	p.await("all are shown", fmt.Sprintf(`document.querySelectorAll("#live .call").length === %d`, many))
	// What is changed in the page is counted by row, and how long the page is busy at a time is noted.
	p.do(chromedp.Evaluate[chromedp.Void](`
		window.touched = new Map(); window.longest = 0; window.frames = 0;
		new MutationObserver((records) => { for (const key of new Set(records.map((r) => r.target.parentElement?.closest?.(".clock") || r.target.closest?.(".clock") ? null : (r.target.closest ? r.target : r.target.parentElement)?.closest(".call")?.id))) if (key) touched.set(key, (touched.get(key) ?? 0) + 1); })
			.observe(document.getElementById("live"), {childList: true, subtree: true, characterData: true, attributes: true});
		new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration); }).observe({type: "longtask"});
		(function frame() { window.frames++; requestAnimationFrame(frame); })();`))
	tick := time.NewTicker(time.Second / 50)
	defer tick.Stop()
	began := time.Now()
	for i := range changes {
		<-tick.C
		calls[i].Status.Participants[1].Muted = true
		must(t, w.Client.Status().Update(t.Context(), calls[i]))
	}
	p.await("every change is shown", fmt.Sprintf(`[...document.querySelectorAll("#live .call")].filter((call) => call.textContent.includes("muted")).length === %d`, changes))
	touched, total := eval[int](p, `touched.size`), eval[int](p, `[...touched.values()].reduce((a, b) => a + b, 0)`)
	t.Logf("%d changes in %s: %d rows were touched, %d times in all; %d frames were drawn, and the page was busy for %.0f ms at most",
		changes, time.Since(began).Round(time.Second), touched, total, eval[int](p, `frames`), eval[float64](p, `longest`))
	if touched != changes || total > 2*changes {
		t.Errorf("%d changes touched %d rows, %d times; want each row that changed, once or twice", changes, touched, total)
	}
}
