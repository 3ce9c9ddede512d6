// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

func TestViewOfProgress(t *testing.T) {
	t.Parallel()
	flow := &v1alpha1.CallFlow{
		ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "reminder", Generation: 2},
		Spec: v1alpha1.CallFlowSpec{
			Parameters: []v1alpha1.FlowParameter{{Name: "who"}},
			Steps: []v1alpha1.FlowStep{
				{Name: "ask", Recognize: &v1alpha1.RecognizeOperation{Prompt: &v1alpha1.Prompt{Text: "Hello $(who), $(call.to)."}}, Next: "end"},
				{Name: "end", End: &v1alpha1.EndStep{Outcome: "done"}},
			},
		},
	}
	use := &v1alpha1.FlowUse{Name: "reminder", Parameters: map[string]string{"who": "Ada"}}
	asking := func(change func(*v1alpha1.FlowProgress)) *v1alpha1.FlowProgress {
		progress := &v1alpha1.FlowProgress{Name: "reminder", Generation: 2, Step: "ask", Does: "recognize"}
		if change != nil {
			change(progress)
		}
		return progress
	}
	cases := []struct {
		name, reason string
		use          *v1alpha1.FlowUse
		progress     *v1alpha1.FlowProgress
		flow         *v1alpha1.CallFlow
		want         *progressView
	}{
		{"none", "most calls have no flow", nil, nil, nil, nil},
		{"not begun", "it begins when somebody answers", use, nil, flow, &progressView{Flow: "reminder"}},
		{"asked", "what is heard, with the parameters", use, asking(nil), flow, &progressView{Flow: "reminder", Step: "ask", Does: "recognize", What: "Hello Ada, +442079460101."}},
		{"changed", "what is asked is not in the flow any more", use, asking(func(p *v1alpha1.FlowProgress) { p.Generation = 1 }), flow, &progressView{Flow: "reminder", Step: "ask", Does: "recognize"}},
		{"flow unknown", "the user may not see it", use, asking(nil), nil, &progressView{Flow: "reminder", Step: "ask", Does: "recognize"}},
		{"waits", "the reason is shown", use, asking(func(p *v1alpha1.FlowProgress) {
			p.Waiting = &v1alpha1.OperationWaiting{Message: "Another action plays."}
		}), nil,
			&progressView{Flow: "reminder", Step: "ask", Does: "recognize", Waiting: "Another action plays."}},
		{"ended", "answers and outcome, and of a secret only where it is", use, asking(func(p *v1alpha1.FlowProgress) {
			p.Step, p.Does, p.Outcome, p.Answers = "end", "end", "done", []v1alpha1.FlowAnswer{{Step: "ask", Answer: "confirm"}, {Step: "pin", SecretName: "ada-pin"}}
		}), flow, &progressView{Flow: "reminder", Step: "end", Does: "end", Outcome: "done", Answers: []answerView{{Step: "ask", Answer: "confirm"}, {Step: "pin", Secret: "ada-pin"}}}},
	}
	for _, tc := range cases {
		call := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "ada"}, Spec: v1alpha1.CallSpec{To: &v1alpha1.Identifier{PhoneNumber: "+442079460101"}, Flow: tc.use}}
		call.Status.Flow = tc.progress
		if diff := cmp.Diff(tc.want, viewOfProgress(call, tc.flow)); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", tc.name, tc.reason, diff)
		}
	}
}

func TestWhatStepDoes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		step         v1alpha1.FlowStep
		want         string
	}{
		{"play", "what is heard", v1alpha1.FlowStep{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Hi."}}}, "Hi."},
		{"move by name", "into which Call", v1alpha1.FlowStep{MoveTo: &v1alpha1.MoveToStep{Call: v1alpha1.CallReference{Name: "agent"}}}, "agent"},
		{"move by labels", "into which Call", v1alpha1.FlowStep{MoveTo: &v1alpha1.MoveToStep{Call: v1alpha1.CallReference{
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"room": "lobby"}},
		}}}, "room=lobby"},
		{"wait", "how long", v1alpha1.FlowStep{Wait: &v1alpha1.WaitStep{Seconds: 5}}, "5 s"},
		{"label", "which, and its value", v1alpha1.FlowStep{SetLabel: &v1alpha1.SetLabelStep{Key: "team", Value: "$(who)"}}, "team=$(who)"},
		{"end", "as what", v1alpha1.FlowStep{End: &v1alpha1.EndStep{Outcome: "done"}}, "done"},
		{"unhold", "the other party", v1alpha1.FlowStep{Unhold: &v1alpha1.UnholdOperation{}}, ""},
	}
	for _, tc := range cases {
		if got := whatStepDoes(&tc.step); got != tc.want {
			t.Errorf("%s: %s: got %q, want %q", tc.name, tc.reason, got, tc.want)
		}
	}
}

// TestACallIsShownBeforeItsFlow: kinds are watched one by one, so that a call may come to a step of a flow that is not known yet.
func TestACallIsShownBeforeItsFlow(t *testing.T) {
	t.Parallel()
	flow := func(generation int64) *v1alpha1.CallFlow {
		return &v1alpha1.CallFlow{
			ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "hello", Generation: generation},
			Spec:       v1alpha1.CallFlowSpec{Steps: []v1alpha1.FlowStep{{Name: "hi", Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Hi."}}}}},
		}
	}
	call := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "ada"}, Spec: v1alpha1.CallSpec{Flow: &v1alpha1.FlowUse{Name: "hello"}}}
	call.Status.Flow = &v1alpha1.FlowProgress{Name: "hello", Generation: 1, Step: "hi", Does: "play"}
	stores := map[string]cache.Store{}
	for kind := range shown {
		stores[kind] = cache.NewStore(cache.MetaNamespaceKeyFunc)
	}
	v := &viewer{stores: stores, windows: map[*window]bool{}}
	page := &numberQueue{viewer: v, window: v.open(), providers: map[string]providerView{}}
	said := func(kind string, object client.Object) []string {
		if err := stores[kind].Add(object); err != nil {
			t.Fatal(err)
		}
		v.changed(kind, object)
		var texts []string
		for _, view := range page.changes().Calls {
			texts = append(texts, view.Flow.What)
		}
		return texts
	}
	if got := said(kindCall, call); !cmp.Equal(got, []string{""}) {
		t.Errorf("without its flow the call says %q", got)
	}
	if got := said(kindFlow, flow(1)); !cmp.Equal(got, []string{"Hi."}) {
		t.Errorf("with its flow the call says %q, want its text", got)
	}
	if got := said(kindFlow, flow(2)); got != nil {
		t.Errorf("a changed flow sends the call again, which says %q; want what was said to stay", got)
	}
}
