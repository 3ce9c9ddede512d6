// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/dashboard"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// fromUser has a Call placed from the user's number.
func fromUser(spec *v1alpha1.CallSpec) { spec.From = &v1alpha1.Caller{PhoneNumber: userNumber} }

// row is an expression for a Call in the page.
func row(w *harness.World, name string) string {
	return fmt.Sprintf(`document.getElementById("Call/%s/%s")`, w.Namespace, name)
}

// TestChangesArePushed lets calls change; the browser sends no requests.
func TestChangesArePushed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{MaxConcurrent: 1, Phones: map[string]harness.Script{harness.Callee(1): {AnswerAfter: time.Second}, harness.Callee(2): {Busy: true}}})
	p := browse(t, serve(t, plane.Config, w.Namespace, "127.0.0.1:0").Address)
	p.await("the provider is shown", `document.querySelector(".provider .badge.good")`)
	asked := eval[int](p, `performance.getEntriesByType("resource").length`)
	w.Create(t, w.Call("ada", harness.Callee(1), fromUser))
	p.await("ada is connected", row(w, "ada")+`?.innerText.includes("Connected")`)
	w.Create(t, w.Call("ben", harness.Callee(2), fromUser))
	p.await("ben waits for the slot", row(w, "ben")+`?.innerText.includes("as many calls as")`)
	p.await("the slots are counted", `document.querySelector(".provider tbody td").innerText.includes("1 of 1")`)
	p.shoot("waiting")
	w.HangUp(t, "ada")
	p.await("ada is over and ben was busy", row(w, "ada")+`?.innerText.includes("Completed") && `+row(w, "ben")+`?.innerText.includes("Busy")`)
	if now := eval[int](p, `performance.getEntriesByType("resource").length`); now != asked {
		t.Errorf("the browser sent %d requests while things changed, want none except the stream", now-asked)
	}
	p.press("Try ben again")
	p.await("ben is tried again", row(w, "ben-retry-1"))
	p.await("it is not tried twice", find(button("Try ben again"))+`.title === "Retried as ben-retry-1."`)
}

// TestRefusalsAreSaidWhereOneLooks tries actions that are impossible.
func TestRefusalsAreSaidWhereOneLooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{})
	p := browse(t, serve(t, plane.Config, w.Namespace, "127.0.0.1:0").Address)
	p.do(chromedp.SendKeys(`[data-focus="dial to"]`, "0207 946 0101", chromedp.NodeVisible))
	p.press("Call")
	p.await("the form says what to write", find(`//section[@aria-labelledby="dial-title"]`)+`.innerText.includes("write a phone number with a plus sign")`)
	p.shoot("refused")
	if why := eval[string](p, find(button("Hang up all calls"))+`.title`); why != "No call is active." {
		t.Errorf("the button that cannot work says %q", why)
	}
	p.do(chromedp.Click(button("Hang up all calls")))
	p.await("pressing it anyway says why", find(`//section[@aria-labelledby="all-title"]`)+`.innerText.includes("No call is active.")`)
}

// TestWhoMayOnlyLook tests a user with read-only access.
func TestWhoMayOnlyLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): {}}})
	name := "looks-on-" + w.Namespace
	meta := metav1.ObjectMeta{Namespace: w.Namespace, Name: name}
	for _, object := range []client.Object{
		&rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"*"}, Verbs: []string{"get", "list", "watch"},
		}}},
		&rbacv1.RoleBinding{
			ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
			Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}},
		},
	} {
		must(t, w.Client.Create(t.Context(), object))
	}
	kubeconfig, err := plane.Kubeconfig(name)
	must(t, err)
	config, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	must(t, err)
	w.Create(t, w.Call("ada", harness.Callee(1), fromUser))
	p := browse(t, serve(t, config, w.Namespace, "127.0.0.1:0").Address)
	for button, want := range map[string]string{"Hang up ada": "You may not patch calls", "Say something in ada": "You may not create callactions", "Call": "You may not create calls"} {
		p.await(button+" says why it does not work", find(`//button[normalize-space(.)=`+quoted(button)+` or @aria-label=`+quoted(button)+`]`)+`?.title.startsWith(`+quoted(want)+`)`)
	}
	p.awaitText("You have read-only access: you cannot place, change or move calls here.")
	p.shoot("looking-on")
	w.HangUp(t, "ada")
}

func quoted(text string) string { return fmt.Sprintf("%q", text) }

// TestALostConnectionHeals takes the server away, and brings it back.
func TestALostConnectionHeals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): {}, harness.Callee(2): {}}})
	owner := dashboard.NewLocalUser(plane.Config)
	s := serveFor(t, owner, w.Namespace, "127.0.0.1:0")
	w.Create(t, w.Call("ada", harness.Callee(1), fromUser))
	p := browse(t, s.Base+"/#token="+owner.Token())
	p.await("ada is connected", row(w, "ada")+`?.innerText.includes("Connected")`)
	s.stop()
	p.await("the page says so", `document.getElementById("line").innerText.startsWith("Connection lost")`)
	p.await("and why nothing works", find(button("Hang up ada"))+`.title === "The connection to the dashboard is lost."`)
	p.shoot("lost")
	w.HangUp(t, "ada")
	w.Create(t, w.Call("ben", harness.Callee(2), fromUser))
	serveFor(t, owner, w.Namespace, strings.TrimPrefix(s.Base, "http://"))
	p.await("it is live again", `document.getElementById("line").innerText === "Live"`)
	p.await("and shows what came meanwhile", row(w, "ben")+`?.innerText.includes("Connected") && `+row(w, "ada")+`?.innerText.includes("Completed")`)
	w.HangUp(t, "ben")
}

// focused is what has the focus, by what is read or heard of it.
const focused = `(document.activeElement.ariaLabel || document.activeElement.labels?.[0]?.innerText || document.activeElement.innerText || document.activeElement.tagName).trim()`

// tabTo presses the tab key until something has the focus.
func (p *page) tabTo(name string) {
	p.t.Helper()
	for range 80 {
		if strings.HasPrefix(eval[string](p, focused), name) {
			return
		}
		p.do(chromedp.KeyEvent(kb.Tab))
	}
	p.fail("no tab leads to %q; the focus is on %q", name, eval[string](p, focused))
}

// TestWithTheKeyboardAlone places a call and hangs up without a mouse, while the page changes.
func TestWithTheKeyboardAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): {}}})
	p := browse(t, serve(t, plane.Config, w.Namespace, "127.0.0.1:0").Address)
	p.await("the provider is shown", `document.querySelector(".provider .badge.good")`)
	p.tabTo("Skip to the calls")
	p.tabTo("To")
	p.do(chromedp.KeyEvent(harness.Callee(1)))
	p.tabTo("Name")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.await("a call is connected", `document.querySelector("#live .call")?.innerText.includes("Connected")`)
	p.tabTo("Hang up call-")
	held := eval[string](p, focused)
	w.Label(t, eval[string](p, `document.querySelector("#live h4").title`), "team", "sales")
	p.await("the change is shown", `document.querySelector("#live .call").textContent.includes("Label team")`)
	if now := eval[string](p, focused); now != held {
		t.Errorf("a change took the focus from %q to %q", held, now)
	}
	p.do(chromedp.KeyEvent(kb.Enter))
	p.await("it asks", `document.querySelector("dialog[open]")`)
	p.tabTo("Cancel")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.await("the question is gone", `!document.querySelector("dialog")`)
	p.await("the focus is back", focused+` === `+quoted(held))
	p.do(chromedp.KeyEvent(kb.Enter))
	p.await("it asks again", `document.querySelector("dialog[open]")`)
	p.tabTo("Hang up")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.await("the call is over", `document.querySelector("#ended .call")?.innerText.includes("Completed")`)
	if where := eval[string](p, `document.activeElement.tagName`); where == "BODY" {
		t.Error("the focus was lost with the call")
	}
}

// TestTheChoiceStays ends the first call in the list while the user is about to move a participant into another.
func TestTheChoiceStays(t *testing.T) {
	t.Parallel()
	phones := map[string]harness.Script{}
	for i := 1; i <= 4; i++ {
		phones[harness.Callee(i)] = harness.Script{}
	}
	w := newWorld(t, harness.Options{MaxConcurrent: 4, Phones: phones})
	names := []string{"ada", "ben", "cem", "dea"}
	for i, name := range names {
		w.Create(t, w.Call(name, harness.Callee(i+1), fromUser))
		w.AwaitCondition(t, name, v1alpha1.ConditionConnected)
	}
	p := browse(t, serve(t, plane.Config, w.Namespace, "127.0.0.1:0").Address)
	p.press("Move " + harness.Callee(1) + " out of ada")
	p.await("the question is open", `document.querySelector("dialog select")?.options.length === 3`)
	const chosen = `document.querySelector("dialog select").selectedOptions[0].text`
	p.do(chromedp.Focus(`dialog select`), chromedp.SendKeys(`dialog select`, "c"))
	p.await("cem's call is chosen", chosen+`.startsWith("cem")`)
	w.HangUp(t, "ben")
	p.await("ben's call is no choice any more", `document.querySelector("dialog select").options.length === 2`)
	if got := eval[string](p, chosen); !strings.HasPrefix(got, "cem") {
		t.Errorf("when another call ended, the choice became %q", got)
	}
	w.HangUp(t, "cem")
	p.await("that cem's call is over is said, and no other one chosen", chosen+` === "cem is no longer there"`)
	p.do(chromedp.Click(`dialog button[type=submit]`))
	p.await("nobody is moved", `document.querySelector("dialog").innerText.includes("choose another call")`)
	p.do(chromedp.SendKeys(`dialog select`, "d"))
	// The button moves up when the note goes, so that a click before that would miss it.
	p.await("dea's call is chosen", chosen+`.startsWith("dea") && !document.querySelector("dialog .note")`)
	p.press("Move")
	p.await("ada's callee is in dea's call", row(w, "dea")+`?.innerText.includes(`+quoted(harness.Callee(1))+`)`)
	w.HangUp(t, "dea")
}

// TestOurOwnSideStays checks the roster from the service, in which nothing names the application.
func TestOurOwnSideStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): {}, harness.Callee(2): {}}})
	w.Create(t, w.Call("ada", harness.Callee(1), fromUser))
	w.Create(t, w.Call("ben", harness.Callee(2), fromUser))
	p := browse(t, serve(t, plane.Config, w.Namespace, "127.0.0.1:0").Address)
	chips := func(name string) string { return `[...` + row(w, name) + `.querySelectorAll(".person")]` }
	p.await("each call has its two sides", row(w, "ada")+` && `+row(w, "ben")+` && `+chips("ada")+`.length === 2 && `+chips("ben")+`.length === 2`)
	p.press("Move " + harness.Callee(1) + " out of ada")
	p.do(chromedp.Click(`dialog button[type=submit]`))
	p.await("ada's callee is in ben's call", chips("ben")+`.length === 3`)
	if ours := eval[int](p, chips("ben")+`.filter((chip) => chip.innerText.includes("our side") && !chip.querySelector("button")).length`); ours != 1 {
		t.Errorf("%d participants of the call are marked as ours, want one", ours)
	}
	w.HangUp(t, "ben")
}

// TestWhoMaySeeOneNamespace asks for all.
func TestWhoMaySeeOneNamespace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{})
	kubeconfig, err := plane.Kubeconfig("stranger-" + w.Namespace)
	must(t, err)
	config, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	must(t, err)
	p := browse(t, serve(t, config, "", "127.0.0.1:0").Address)
	p.awaitText("You may not see all namespaces: enter yours above.")
	if notes := eval[int](p, `document.querySelectorAll("#page > .note.bad").length`); notes != 1 {
		t.Errorf("it is said %d times, want once", notes)
	}
	if text := eval[string](p, `document.body.innerText`); strings.Contains(text, "There is no CallProvider") || strings.Contains(text, "No call") {
		t.Errorf("what cannot be seen is said not to be there:\n%s", text)
	}
}

// TestDragAParticipant moves somebody with the mouse.
func TestDragAParticipant(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): {}, harness.Callee(2): {}}})
	w.Create(t, w.Call("ada", harness.Callee(1), fromUser))
	w.Create(t, w.Call("ben", harness.Callee(2), fromUser))
	p := browse(t, serve(t, plane.Config, w.Namespace, "127.0.0.1:0").Address)
	person := fmt.Sprintf(`//li[@id="Call/%s/ada"]//li[contains(@class, "movable")][contains(., %q)]/span`, w.Namespace, harness.Callee(1))
	p.await("somebody can be moved", find(person))
	p.do(chromedp.ScrollIntoView(person), chromedp.DragAndDrop(person, fmt.Sprintf(`//li[@id="Call/%s/ben"]//h4`, w.Namespace)))
	p.await("ada's callee is in ben's call", row(w, "ben")+`?.innerText.includes(`+quoted(harness.Callee(1))+`)`)
	w.HangUp(t, "ben")
}

// TestOperateInACall says something and asks for a key by clicks, and puts a participant on hold.
func TestOperateInACall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{CognitiveServices: "https://speech.example.com/"})
	w.Sim.SetPhone(t, simulator.Phone{Number: harness.Callee(1), Answer: &simulator.After{}, Press: []acs.Tone{acs.ToneOne}})
	w.Create(t, w.Call("ada", harness.Callee(1), fromUser))
	p := browse(t, serve(t, plane.Config, w.Namespace, "127.0.0.1:0").Address)
	p.press("Ask a question in ada")
	p.await("the form is open", `document.querySelector("dialog[open] textarea")`)
	p.do(chromedp.SendKeys(`dialog textarea`, "Press 1 to confirm."), chromedp.SendKeys(`dialog input[name=choices]`, "confirm=1 cancel=2"))
	p.press("Ask")
	p.await("the answer is shown", row(w, "ada")+`.querySelector(".operations")?.innerText.includes("Answer: confirm")`)
	p.await("the question is gone", `!document.querySelector("dialog")`)
	p.shoot("asked")
	p.press("Add…")
	p.await("the form is open", `document.querySelector("dialog[open] input[name=party]")`)
	p.do(chromedp.SendKeys(`dialog input[name=party]`, "ben"), chromedp.Click(`dialog button[type=submit]`))
	p.await("the reason is in the form", `document.querySelector("dialog[open] .note.bad")?.innerText.includes("is not a phone number")`)
	p.press("Cancel")
	p.await("telephones are not muted", find(button("Mute "+harness.Callee(1)+" in ada"))+`?.title.startsWith("Azure Communication Services mutes users of apps only")`)
	p.press("Put " + harness.Callee(1) + " in ada on hold")
	p.await("the participant is on hold", row(w, "ada")+`.querySelector(".roster")?.innerText.includes("on hold")`)
	p.press("Take " + harness.Callee(1) + " in ada off hold")
	p.await("and is not any more", `!`+row(w, "ada")+`.querySelector(".roster")?.innerText.includes("on hold")`)
	w.HangUp(t, "ada")
}
