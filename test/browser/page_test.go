// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"

	"github.com/call-operator/call-operator/dashboard"
	"github.com/call-operator/call-operator/test/harness"
)

var plane *harness.Plane

func TestMain(m *testing.M) { harness.Main(m, &plane) }

// browserFlags stop the browser from contacting any server but the page's own.
var browserFlags = []chromedp.ExecAllocatorOption{
	chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.DisableGPU, chromedp.Headless,
	chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
	chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
	chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true),
	chromedp.WindowSize(1280, 900),
}

// served is a dashboard that is served on this machine.
type served struct {
	// Base is its address, Address the one with the key of its owner.
	Base, Address, Token string

	stop func()
}

// serve starts a dashboard as `kubectl call dashboard` does, for the person whose config it is.
func serve(t testing.TB, config *rest.Config, namespace, listen string) *served {
	t.Helper()
	owner := dashboard.NewLocalUser(config)
	s := serveFor(t, owner, namespace, listen)
	s.Token = owner.Token()
	s.Address = s.Base + "/#token=" + s.Token
	return s
}

func serveFor(t testing.TB, people dashboard.Authenticator, namespace, listen string) *served {
	t.Helper()
	listener, err := net.Listen("tcp", listen)
	must(t, err)
	address := listener.Addr().String()
	server, err := dashboard.New(dashboard.Options{Authenticator: people, Namespace: namespace, Hosts: []string{address}, Log: logr.Discard()})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- dashboard.Serve(ctx, listener, server, "", "") }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return &served{Base: "http://" + address, stop: stop}
}

// page is a tab of a browser.
type page struct {
	t   testing.TB
	ctx context.Context
	// quiet ignores errors that the browser logs, for tests that cause them.
	quiet bool
}

// browse opens a page in a browser of its own, with nothing from any other.
func browse(t testing.TB, address string, more ...chromedp.ExecAllocatorOption) *page {
	t.Helper()
	options := append(append([]chromedp.ExecAllocatorOption{}, browserFlags...), chromedp.UserDataDir(t.TempDir()))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	p := &page{t: t, ctx: ctx}
	p.watchErrors()
	p.do(chromedp.Navigate(address))
	return p
}

func (p *page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, harness.Patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.fail("%v", err)
	}
}

// fail ends the test with what the page shows.
func (p *page) fail(format string, args ...any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	p.t.Fatalf("%s\nthe page shows:\n%s", fmt.Sprintf(format, args...), text)
}

// await waits until an expression is true in the page. It is evaluated from outside, because the page's policy allows no
// inline code.
func (p *page) await(what, expression string) {
	p.t.Helper()
	late := time.Now().Add(harness.Patience)
	for !eval[bool](p, `Boolean(`+expression+`)`) {
		if time.Now().After(late) {
			p.fail("waited %s until %s (%s)", harness.Patience, what, expression)
		}
		<-time.After(30 * time.Millisecond) // a browser that is asked from outside cannot be waited on
	}
}

// eval is the value of an expression in the page.
func eval[T any](p *page, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, harness.Patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.fail("%s: %v", expression, err)
	}
	return value
}

// button is the path of a button by its text or accessible name.
func button(name string) string {
	return fmt.Sprintf(`//button[normalize-space(.)=%q or @aria-label=%q]`, name, name)
}

// find is an expression for the first element of a path.
func find(path string) string {
	return fmt.Sprintf(`document.evaluate(%q, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE).singleNodeValue`, path)
}

// press waits until a button works, and presses it with the mouse. What is live redraws the page at any time: a click for which the
// button had moved by then is repeated, as a person would do.
func (p *page) press(name string) {
	p.t.Helper()
	path := button(name)
	watch := fmt.Sprintf(`window.pressed = false; addEventListener("click", (event) => { window.pressed = %s?.contains(event.target) ?? false; }, {capture: true, once: true})`, find(path))
	for late := time.Now().Add(harness.Patience); ; {
		p.await(fmt.Sprintf("the button %q works", name), find(path)+`?.ariaDisabled === "false"`)
		p.do(chromedp.Evaluate[chromedp.Void](watch), chromedp.ScrollIntoView(path), chromedp.Click(path, chromedp.NodeVisible))
		if eval[bool](p, `window.pressed !== false`) { // a page that was left by the click knows nothing of it
			return
		}
		if time.Now().After(late) {
			p.fail("the button %q moved away from the mouse for %s", name, harness.Patience)
		}
	}
}

// awaitText waits until the page shows a text.
func (p *page) awaitText(text string) {
	p.t.Helper()
	p.await(fmt.Sprintf("the page shows %q", text), fmt.Sprintf(`document.body.innerText.includes(%q)`, text))
}

// shoot saves a screenshot, if enabled.
func (p *page) shoot(name string) {
	p.t.Helper()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	p.do(chromedp.Evaluate[chromedp.Void](`scrollTo(0, 0)`), chromedp.Sleep(300*time.Millisecond)) // whatever is being drawn
	picture, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	must(p.t, err)
	must(p.t, os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
