// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/dashboard"
	"github.com/call-operator/call-operator/test/harness"
)

// TestPictures checks the page in dark mode, on a phone, and before sign-in.
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

	cluster := browse(t, serveFor(t, dashboard.NewTokenUsers(plane.Config), "", "127.0.0.1:0").Base)
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

// Of many calls: how many there are, how many of them change in the test, and how many windows look.
const (
	many    = 1000
	changes = 500
	looking = 3
)

// observe makes a page count changes by row, and record when it shows each change and for how long it is busy at a time.
const observe = `
	window.touched = new Map(); window.seen = new Map(); window.longest = 0; window.frames = 0;
	const rowOf = (node) => { const element = node.closest ? node : node.parentElement; return element?.closest(".clock") ? null : element?.closest(".call"); };
	new MutationObserver((records) => {
		for (const row of new Set(records.map((r) => rowOf(r.target)))) {
			if (!row) continue;
			touched.set(row.id, (touched.get(row.id) ?? 0) + 1);
			if (!seen.has(row.id) && row.textContent.includes("muted")) seen.set(row.id, Date.now());
		}
	}).observe(document.getElementById("live"), {childList: true, subtree: true, characterData: true, attributes: true});
	new PerformanceObserver((list) => { for (const entry of list.getEntries()) longest = Math.max(longest, entry.duration); }).observe({type: "longtask"});
	(function frame() { frames++; requestAnimationFrame(frame); })();`

// liveCalls creates many Calls that are connected, without anybody who would change them.
func liveCalls(t *testing.T, w *harness.World) []*v1alpha1.Call {
	t.Helper()
	calls := make([]*v1alpha1.Call, many)
	for i := range calls {
		calls[i] = w.Call(fmt.Sprintf("call-%04d", i), harness.Callee(i))
		must(t, w.Client.Create(t.Context(), calls[i]))
		calls[i].Status.Phase = v1alpha1.CallPhaseConnected
		calls[i].Status.ConnectedTime = &metav1.Time{Time: time.Now().Truncate(time.Second)}
		calls[i].Status.Participants = []v1alpha1.CallParticipant{{RawID: "4:" + harness.Caller}, {RawID: "4:" + harness.Callee(i)}}
		must(t, w.Client.Status().Update(t.Context(), calls[i]))
	}
	return calls
}

// mute changes 50 Calls a second, without waiting for one to be written before the next, and returns when each was sent.
func mute(t *testing.T, w *harness.World, calls []*v1alpha1.Call) map[string]time.Time {
	t.Helper()
	written := map[string]time.Time{}
	tick := time.NewTicker(time.Second / 50)
	defer tick.Stop()
	var group errgroup.Group
	for _, call := range calls {
		<-tick.C
		call.Status.Participants[1].Muted = true
		written["Call/"+call.Namespace+"/"+call.Name] = time.Now()
		group.Go(func() error { return w.Client.Status().Update(t.Context(), call) })
	}
	must(t, group.Wait())
	return written
}

// TestManyCalls changes one thousand live Calls at 50 a second while several windows are open. Each changed row is redrawn
// once, and one watch per kind is enough for all windows. The speed depends on the machine, and is only logged.
func TestManyCalls(t *testing.T) {
	if testing.Short() {
		t.Skip("creating so many Calls takes a while")
	}
	w := harness.New(t, plane, harness.Options{NoReceiver: true})
	calls := liveCalls(t, w)
	config, watched := harness.CountWatches(plane.Config)
	address := serve(t, config, w.Namespace, "127.0.0.1:0").Address
	windows := make([]*page, looking)
	for i := range windows {
		windows[i] = browse(t, address)
		windows[i].await("all are shown", fmt.Sprintf(`document.querySelectorAll("#live .call").length === %d`, many))
		windows[i].do(chromedp.Evaluate[chromedp.Void](observe))
	}
	began := time.Now()
	written := mute(t, w, calls[:changes])
	took := time.Since(began)
	for i, p := range windows {
		p.await("every change is shown", fmt.Sprintf(`[...document.querySelectorAll("#live .call")].filter((call) => call.textContent.includes("muted")).length === %d`, changes))
		touched, total := eval[int](p, `touched.size`), eval[int](p, `[...touched.values()].reduce((a, b) => a + b, 0)`)
		late := latencies(written, eval[map[string]float64](p, `Object.fromEntries(seen)`))
		t.Logf("window %d of %d, %d Calls, %.0f changes a second: from the write to the page %s (median), %s (99 of 100); busy for %.0f ms at most; %d frames",
			i+1, looking, many, changes/took.Seconds(), late[len(late)/2], late[len(late)*99/100], eval[float64](p, `longest`), eval[int](p, `frames`))
		if touched != changes || total > 2*changes {
			t.Errorf("%d changes touched %d rows, %d times; want each row that changed, once or twice", changes, touched, total)
		}
	}
	for _, resource := range []string{"calls", "participantmoves", "callactions", "callflows", "callroutes", "callproviders"} {
		if most := watched.Most(resource); most != 1 {
			t.Errorf("%d windows had %d watches of %s open at once, want one", looking, most, resource)
		}
	}
}

// latencies are how long changes took from the write to the page, the shortest first. Browser and test share a clock.
func latencies(written map[string]time.Time, seen map[string]float64) []time.Duration {
	late := make([]time.Duration, 0, len(written))
	for key, at := range written {
		late = append(late, time.UnixMilli(int64(seen[key])).Sub(at).Round(time.Millisecond))
	}
	slices.Sort(late)
	return late
}
