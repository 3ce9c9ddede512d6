// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package once

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

func TestMemory(t *testing.T) {
	call := controllertest.CallWith()
	second := func(n int) time.Time { return controllertest.Epoch.Add(time.Duration(n) * time.Second) }
	cases := []struct {
		name, reason string
		happens      func(*ContactLog)
		want         lastContact
	}{
		{"nothing", "a process that starts polls as if it had just talked", func(*ContactLog) {}, lastContact{Last: second(0)}},
		{"talked", "the next poll counts from here", func(m *ContactLog) { m.Talked(call, second(1)) }, lastContact{Last: second(1)}},
		{
			"repeated", "the distance of repetitions is no talk", func(m *ContactLog) { m.RepeatAt(call, second(9)) },
			lastContact{Last: second(0), NextRepeat: second(9)},
		},
		{"hung up", "it is sent again later", func(m *ContactLog) { m.HungUp(call, second(2)) }, lastContact{Last: second(0), HungUp: second(2)}},
		{
			"gone", "the grace counts from the first time", func(m *ContactLog) { m.Gone(call, second(3)); m.Gone(call, second(4)) },
			lastContact{Last: second(0), Gone: second(3)},
		},
		{
			"found again", "what is found is not gone", func(m *ContactLog) { m.Gone(call, second(3)); m.Found(call) },
			lastContact{Last: second(0)},
		},
		{
			"forgotten", "a Call that is no more takes no memory",
			func(m *ContactLog) { m.Talked(call, second(1)); m.Forget(client.ObjectKeyFromObject(call)) }, lastContact{Last: second(0)},
		},
		{
			"another of that name", "what was said to one Call was not said to its namesake",
			func(m *ContactLog) {
				m.HungUp(controllertest.CallWith(func(c *v1alpha1.Call) { c.UID = "before" }), second(2))
			}, lastContact{Last: second(0)},
		},
		{
			"after another of that name", "the new one's memory replaces the old one's",
			func(m *ContactLog) {
				m.HungUp(controllertest.CallWith(func(c *v1alpha1.Call) { c.UID = "before" }), second(2))
				m.Talked(call, second(5))
			},
			lastContact{Last: second(5)},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := &ContactLog{}
			m.Start(second(0))
			c.happens(m)
			c.want.uid = call.UID
			if diff := cmp.Diff(c.want, m.Of(call), cmp.AllowUnexported(lastContact{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

func TestMemorySaysSinceWhenItIsGone(t *testing.T) {
	m, call := &ContactLog{}, controllertest.CallWith()
	first := m.Gone(call, controllertest.Epoch)
	again := m.Gone(call, controllertest.Epoch.Add(time.Minute))
	if !first.Equal(controllertest.Epoch) || !again.Equal(controllertest.Epoch) {
		t.Errorf("the call is gone since it was first not found, got %s and %s", first, again)
	}
}
