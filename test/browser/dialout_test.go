// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// TestADialOut shows how far a dial-out has come, suspends it, and reports its end. No manager changes what it shows.
func TestADialOut(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{})
	dialOut := &v1alpha1.DialOut{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "reminders"},
		Spec: v1alpha1.DialOutSpec{
			CallTemplate: v1alpha1.CallTemplate{Spec: v1alpha1.CallTemplateSpec{ProviderRef: v1alpha1.ProviderReference{Name: harness.ProviderName}}},
			From:         []v1alpha1.PhoneNumber{harness.Caller}, Parallelism: ptr.To(int32(10)),
			Targets: []v1alpha1.DialOutTarget{{To: v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(harness.Callee(1))}}},
		},
	}
	must(t, w.Client.Create(t.Context(), dialOut))
	now := metav1.Now()
	dialOut.Status = v1alpha1.DialOutStatus{
		Phase: v1alpha1.DialOutPhaseRunning, StartTime: &now, Counts: v1alpha1.DialOutCounts{Total: 500, Done: 432, Calling: 1, Pending: 66, Waiting: 1},
		Outcomes: []v1alpha1.OutcomeCount{{Outcome: "Completed", Count: 400}, {Outcome: "Busy", Count: 32}},
		Waiting:  &v1alpha1.DialOutWaiting{Reason: v1alpha1.ReasonOutsideCallingHours, Message: "It is outside the calling hours: the next call may start at 2026-12-01T09:00:00Z."}, NextStartTime: ptr.To(metav1.NewTime(now.Add(time.Hour))),
		Targets: &v1alpha1.ReadTargets{Hash: "h", Duplicates: 2, BadLines: 1}, BadLines: []v1alpha1.BadLine{{Source: "ConfigMap people, key list.csv", Line: 7, Message: "There is nobody to call."}},
	}
	must(t, w.Client.Status().Update(t.Context(), dialOut))
	call := w.Call("reminders-7", harness.Callee(1))
	call.Labels = map[string]string{v1alpha1.DialOutLabel: string(dialOut.UID)}
	must(t, w.Client.Create(t.Context(), call))

	p := browse(t, serve(t, plane.Config, w.Namespace, "127.0.0.1:0").Address)
	p.await("the progress is shown", `document.querySelector("#dial-outs")?.innerText.includes("432 of 500 done: 1 being called, 1 waits for the next attempt, 66 not called yet.")`)
	for what, expression := range map[string]string{
		"what it waits for":      `document.querySelector("#dial-outs .message").innerText.startsWith("It is outside the calling hours: the next call may start at 2026-12-01T09:00:00Z. Here that is ")`,
		"a bar for each outcome": `[...document.querySelectorAll("#dial-outs .chart tbody tr")].map((row) => row.innerText.trim().replace(/\s+/g, " ")).join() === "Completed 400,Busy 32"`,
		"the bars' lengths":      `[...document.querySelectorAll("#dial-outs .chart meter")].map((bar) => bar.value / bar.max).join() === "1,0.08"`,
		"names for the chart":    `document.querySelector("#dial-outs .chart caption").innerText.includes("How the last call to each target ended")`,
		"the bad line":           `document.querySelector("#dial-outs details").textContent.includes("ConfigMap people, key list.csv, line 7: There is nobody to call.")`,
		"its call":               `document.querySelector("#dial-outs .operations a").innerText === "` + harness.Callee(1) + `"`,
		"its limit":              `document.querySelector("#dial-outs .progress").innerText.includes("10 at a time.")`,
	} {
		p.await(what, expression)
	}
	p.press("Suspend")
	p.await("the button resumes", `[...document.querySelectorAll("#dial-outs button")].some((button) => button.innerText === "Resume")`)
	must(t, w.Client.Get(t.Context(), client.ObjectKeyFromObject(dialOut), dialOut))
	if !dialOut.Spec.Suspend {
		t.Error("it is not suspended")
	}
	dialOut.Status.Counts = v1alpha1.DialOutCounts{Total: 500, Done: 500}
	must(t, w.Client.Status().Update(t.Context(), dialOut))
	p.await("the pace is measured", `document.querySelector("#dial-outs").innerText.includes("68 done in the last minute.")`)
	p.do(chromedp.EmulateViewport(360, 740))
	if wide := eval[int](p, `document.documentElement.scrollWidth`); wide > 360 {
		t.Errorf("on a phone of 360 pixels the page is %d wide", wide)
	}
	dialOut.Status.Result = &v1alpha1.DialOutResult{Outcome: v1alpha1.DialOutAllCalled, Message: "Everybody was called.", EndTime: now}
	must(t, w.Client.Status().Update(t.Context(), dialOut))
	p.await("it is over", `document.querySelector("#dial-outs .badge").innerText === "AllCalled" && !document.querySelector("#dial-outs button")`)
	p.await("a screen reader says so", `document.getElementById("news").textContent.includes("Dial-out reminders is over: Everybody was called.")`)
}
