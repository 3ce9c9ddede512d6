// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// TestCreatedAgain: what was carried out before, and has no record any more, is reported when it is carried out again.
func TestCreatedAgain(t *testing.T) {
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	call := func(name string, to v1alpha1.PhoneNumber) *v1alpha1.Call {
		return &v1alpha1.Call{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "n"},
			Spec:       v1alpha1.CallSpec{To: &v1alpha1.Identifier{PhoneNumber: to}},
		}
	}
	cases := []struct {
		name, reason string
		expired      *v1alpha1.Call
		after        time.Duration
		want         bool
	}{
		{"same", "a tool created what was missing", call("a", "+14255550123"), time.Minute, true},
		{"another callee", "somebody else is called", call("a", "+14255550124"), time.Minute, false},
		{"another name", "it is another object", call("b", "+14255550123"), time.Minute, false},
		{"long ago", "a call of the day before may well be meant", call("a", "+14255550123"), 25 * time.Hour, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var expired Expired
			expired.Remember(c.expired, c.expired.Spec, now)
			// Another record that is deleted has the old ones forgotten.
			expired.Remember(call("z", "+14255550199"), nil, now.Add(c.after))
			recorder := events.NewFakeRecorder(1)
			again := call("a", "+14255550123")
			expired.warn(recorder, again, again.Spec)
			got := len(recorder.Events) == 1 && strings.Contains(<-recorder.Events, v1alpha1.ReasonCreatedAgain)
			if got != c.want {
				t.Errorf("reported: %t: %s", got, c.reason)
			}
		})
	}
}

// TestExpiredIsBounded: what is remembered does not grow without limit.
func TestExpiredIsBounded(t *testing.T) {
	var expired Expired
	for i := range mostExpired + 10 {
		call := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Name: "c" + string(rune(i))}}
		expired.Remember(call, call.Spec, time.Unix(0, 0))
	}
	if len(expired.known) > mostExpired {
		t.Errorf("%d are remembered, want at most %d", len(expired.known), mostExpired)
	}
}
