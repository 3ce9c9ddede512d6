// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// reminder asks a person to confirm an appointment.
func reminder() v1alpha1.CallFlowSpec {
	say := func(text string) *v1alpha1.PlayOperation {
		return &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: text}}
	}
	return v1alpha1.CallFlowSpec{
		Parameters: []v1alpha1.FlowParameter{{Name: "who", Description: "who has the appointment"}, {Name: "when", Default: ptr.To("tomorrow")}},
		Steps: []v1alpha1.FlowStep{
			{
				Name: "ask", Recognize: &v1alpha1.RecognizeOperation{
					Prompt:  &v1alpha1.Prompt{Text: "Hello $(who). You have an appointment $(when). Press 1 to confirm, or 2 to cancel."},
					Choices: []v1alpha1.Choice{{Label: "confirm", Tone: "1"}, {Label: "cancel", Tone: "2"}}, InitialSilenceTimeoutSeconds: ptr.To[int32](20),
				},
				Branches: map[string]v1alpha1.StepName{"confirm": "thanks", "cancel": "cancelled", "noInput": "again", "noMatch": "again", "hungUp": "unsure"},
			},
			{Name: "again", Play: say("Sorry, I did not get that."), Next: "ask"},
			{Name: "thanks", Play: say("Thank you. Goodbye."), Next: "confirmed"},
			{Name: "confirmed", End: &v1alpha1.EndStep{Outcome: "confirmed"}},
			{Name: "cancelled", End: &v1alpha1.EndStep{Outcome: "cancelled"}},
			{Name: "unsure", End: &v1alpha1.EndStep{Outcome: "unsure"}},
		},
	}
}

// shownOfFlows makes a page keep what it shows of calls in flows.
const shownOfFlows = `
	window.shown = [];
	new MutationObserver(() => { for (const flow of document.querySelectorAll("#live .flow")) shown.push(flow.textContent.replace(/\s+/g, " ")); })
		.observe(document.getElementById("details"), {childList: true, subtree: true, characterData: true});`

// TestReminderByClicks looks at the flow of a reminder, places a call that runs it, and sees the question, the answer and the outcome.
func TestReminderByClicks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{CognitiveServices: "https://speech.example.com/"})
	w.Sim.SetPhone(t, simulator.Phone{Number: harness.Callee(1), Answer: &simulator.After{}, Script: []simulator.Reaction{
		{Heard: "Press 1", Press: "1", After: simulator.Duration(3 * time.Second)},
	}})
	p := browse(t, serve(t, plane.Config, w.Namespace, "127.0.0.1:0").Address)
	p.awaitText("There is no CallFlow here.")
	w.CreateFlow(t, "reminder", reminder())
	flow := `document.getElementById("CallFlow/` + w.Namespace + `/reminder")`
	p.await("the flow is ready", flow+`?.innerText.includes("Ready")`)
	p.do(chromedp.Click(`//summary[contains(., "reminder")]`))
	p.await("it is drawn", flow+`.querySelectorAll("svg g.step").length === 6 && `+flow+`.querySelectorAll("svg path.way").length === 6`)
	for _, text := range []string{"noInput, noMatch", "confirm", "end: unsure"} {
		p.await("the diagram says "+text, `[...`+flow+`.querySelectorAll("svg text")].some((t) => t.textContent === `+quoted(text)+`)`)
	}
	p.await("the list says the same", flow+`.querySelector("ol").textContent.replace(/\s+/g, " ").includes("noInput, noMatch → leads to again")`)
	p.await("Mermaid reads it", flow+`.querySelector("textarea").value.startsWith("stateDiagram-v2")`)
	p.do(chromedp.Click(`//summary[contains(., "Mermaid")]`))
	p.press("Copy reminder in the language of Mermaid")
	p.await("the page says what became of it", flow+`.querySelector(".note")`)
	p.do(chromedp.Click(`//summary[contains(., "Mermaid")]`))

	p.do(chromedp.SendKeys(`[data-focus="dial flow"]`, "reminder"), chromedp.SendKeys(`[data-focus="dial to"]`, harness.Callee(1)))
	p.do(chromedp.SendKeys(`[data-focus="dial parameter who"]`, "Ada", chromedp.NodeVisible))
	p.do(chromedp.Evaluate[chromedp.Void](shownOfFlows))
	p.press("Call")
	p.await("the answer and the outcome are shown", `(() => { const text = document.querySelector("#ended .flow")?.textContent.replace(/\s+/g, " ") ?? ""; `+
		`return text.includes("confirmed") && text.includes("ask: confirm"); })()`)
	if shown := eval[[]string](p, `shown`); !strings.Contains(strings.Join(shown, "\n"),
		"Step ask. Asks: Hello Ada. You have an appointment tomorrow. Press 1 to confirm, or 2 to cancel. (1: confirm, 2: cancel)") {
		t.Errorf("while it was asked, the page showed %q", shown)
	}
	p.do(chromedp.Click(`#guide summary`))
	p.shoot("flow")
	if heard := strings.Join(w.Sim.Heard(harness.Callee(1)), "\n"); !strings.Contains(heard, "Thank you. Goodbye.") {
		t.Errorf("the phone heard %s", heard)
	}
}

// TestAFlowThatCannotBeRun: the page says what is wrong with it, and why no call can run it.
func TestAFlowThatCannotBeRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Options{})
	broken := reminder()
	broken.Steps[1].Next = "nowhere"
	w.CreateFlow(t, "reminder", broken)
	p := browse(t, serve(t, plane.Config, w.Namespace, "127.0.0.1:0").Address)
	flow := `document.getElementById("CallFlow/` + w.Namespace + `/reminder")`
	p.await("the problem is shown", flow+`?.innerText.includes("spec.steps[1].next: There is no step nowhere")`)
	p.do(chromedp.SendKeys(`[data-focus="dial flow"]`, "reminder", chromedp.NodeVisible))
	p.await("the button says why", find(button("Call"))+`.title.startsWith("CallFlow reminder cannot be run:")`)
}
