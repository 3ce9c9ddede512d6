// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/tools/cache"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

var begin = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// callAt is a Call that was made so many seconds after the beginning, and, unless over is 0, ended after over.
func callAt(name string, made, over int) *v1alpha1.Call {
	at := func(seconds int) metav1.Time { return metav1.NewTime(begin.Add(time.Duration(seconds) * time.Second)) }
	call := &v1alpha1.Call{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: name, CreationTimestamp: at(made)},
		Spec:       v1alpha1.CallSpec{To: &v1alpha1.Identifier{PhoneNumber: "+442079460101"}},
		Status:     v1alpha1.CallStatus{Phase: v1alpha1.CallPhaseDialing},
	}
	if over > 0 {
		call.Status.Phase = v1alpha1.CallPhaseEnded
		call.Status.Result = &v1alpha1.CallResult{Outcome: v1alpha1.OutcomeBusy, EndTime: at(over)}
	}
	return call
}

// watchingOf watches Calls without an API server.
func watchingOf(t *testing.T, chosen selection, calls ...*v1alpha1.Call) *watching {
	t.Helper()
	selector, err := labels.Parse(chosen.selector)
	if err != nil {
		t.Fatal(err)
	}
	store := cache.NewStore(cache.MetaNamespaceKeyFunc)
	for _, call := range calls {
		if err := store.Add(call); err != nil {
			t.Fatal(err)
		}
	}
	return &watching{
		following: &following{store: store, changed: make(chan struct{}, 1)}, output: &output{}, selection: &chosen, selector: selector,
	}
}

// firstWords are what each line begins with.
func firstWords(lines []string) []string {
	var words []string
	for _, line := range lines {
		words = append(words, strings.Join(strings.Fields(line)[:min(3, len(strings.Fields(line)))], " "))
	}
	return words
}

func TestFrame(t *testing.T) {
	four := []*v1alpha1.Call{callAt("ended-late", 1, 9), callAt("old", 2, 0), callAt("ended-early", 3, 4), callAt("young", 5, 0)}
	lost := errors.New("connection refused")
	cases := []struct {
		name, reason string
		calls        []*v1alpha1.Call
		trouble      error
		height       int
		want         []string
	}{
		{"Fits", "live calls come first, then what ended last", four, nil, 10,
			[]string{"NAME PHASE FROM", "old Dialing", "young Dialing", "ended-late Ended", "ended-early Ended"}},
		{"FitsJust", "every line is used", four, nil, 5,
			[]string{"NAME PHASE FROM", "old Dialing", "young Dialing", "ended-late Ended", "ended-early Ended"}},
		{"TooLow", "the header stays, and what is left out is counted", four, nil, 4,
			[]string{"NAME PHASE FROM", "old Dialing", "young Dialing", "... and 2"}},
		{"Trouble", "the warning about old data is shown even on a small screen", four, lost, 4,
			[]string{"NAME PHASE FROM", "old Dialing", "... and 3", "The API server"}},
		{"OneLine", "no more is drawn than there is room for", four, lost, 1, []string{"NAME PHASE FROM"}},
		{"NoCalls", "the header alone", nil, nil, 10, []string{"NAME PHASE FROM"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			w := watchingOf(t, selection{}, tc.calls...)
			w.heard(tc.trouble)
			lines, err := w.frame(begin.Add(time.Minute), 30, tc.height)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, firstWords(lines)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			for _, line := range lines {
				if len([]rune(line)) > 30 {
					t.Errorf("%q is wider than the screen", line)
				}
			}
		})
	}
}

func TestChangesAreLines(t *testing.T) {
	add := func(call *v1alpha1.Call) func(*watching) error {
		return func(w *watching) error { return w.store.Add(call) }
	}
	gone := func(call *v1alpha1.Call) func(*watching) error {
		return func(w *watching) error { return w.store.Delete(call) }
	}
	heard := func(err error) func(*watching) error {
		return func(w *watching) error { w.heard(err); return nil }
	}
	ringing, over := callAt("ada", 1, 0), callAt("ada", 1, 9)
	cases := []struct {
		name, reason string
		selection    selection
		steps        []func(*watching) error
		want         []string
	}{
		{"Changes", "an unchanged Call is not printed again", selection{}, []func(*watching) error{add(ringing), add(ringing), add(over)},
			[]string{"ada Dialing ***0101", "ada Ended ***0101"}},
		{"Gone", "a Call that is deleted is said to be gone, once", selection{}, []func(*watching) error{add(ringing), gone(ringing), heard(nil)},
			[]string{"ada Dialing ***0101", "ada Gone"}},
		{"Again", "a Call of the same name is another one", selection{}, []func(*watching) error{add(ringing), gone(ringing), add(ringing)},
			[]string{"ada Dialing ***0101", "ada Gone", "ada Dialing ***0101"}},
		{"Live", "with --live, the end of a call is printed", selection{live: true}, []func(*watching) error{add(ringing), add(over), gone(over)},
			[]string{"ada Dialing ***0101", "ada Ended ***0101"}},
		{"OverBefore", "with --live, calls that were over before are not printed", selection{live: true}, []func(*watching) error{add(over), gone(over)}, nil},
		{"NotSelected", "others are not shown, and not when they go", selection{selector: "team=sales"}, []func(*watching) error{add(ringing), gone(ringing)}, nil},
		{"Everywhere", "one name may be in two namespaces", selection{everywhere: true}, []func(*watching) error{add(ringing), gone(ringing)},
			[]string{"team-a ada Dialing", "team-a ada Gone"}},
		{"Lost", "a lost watch is reported once, and so is its return", selection{},
			[]func(*watching) error{add(ringing), heard(errors.New("refused")), heard(errors.New("refused")), heard(nil), add(over)},
			[]string{"ada Dialing ***0101", "The API server", "The API server", "ada Ended ***0101"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			w := watchingOf(t, tc.selection)
			var text strings.Builder
			l := &changes{watching: w, out: &text, errOut: &text, seen: map[string]seenCall{}}
			for i, step := range tc.steps {
				if err := step(w); err != nil {
					t.Fatal(fmt.Errorf("step %d: %w", i, err))
				}
				if err := l.tell(begin.Add(time.Minute)); err != nil {
					t.Fatal(err)
				}
			}
			var lines []string
			if text.Len() > 0 {
				lines = strings.Split(strings.TrimRight(text.String(), "\n"), "\n")
			}
			if diff := cmp.Diff(tc.want, firstWords(lines)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
