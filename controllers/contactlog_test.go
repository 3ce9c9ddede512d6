// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

func TestMemory(t *testing.T) {
	call := callWith()
	second := func(n int) time.Time { return decideEpoch.Add(time.Duration(n) * time.Second) }
	cases := []struct {
		name, reason string
		happens      func(*contactLog)
		want         lastContact
	}{
		{"nothing", "a process that starts polls as if it had just talked", func(*contactLog) {}, lastContact{last: second(0)}},
		{"talked", "the next poll counts from here", func(m *contactLog) { m.talked(call, second(1)) }, lastContact{last: second(1)}},
		{
			"repeated", "the distance of repetitions is no talk", func(m *contactLog) { m.repeatAt(call, second(9)) },
			lastContact{last: second(0), nextRepeat: second(9)},
		},
		{"hung up", "it is sent again later", func(m *contactLog) { m.hungUp(call, second(2)) }, lastContact{last: second(0), hungUp: second(2)}},
		{
			"gone", "the grace counts from the first time", func(m *contactLog) { m.gone(call, second(3)); m.gone(call, second(4)) },
			lastContact{last: second(0), gone: second(3)},
		},
		{
			"found again", "what is found is not gone", func(m *contactLog) { m.gone(call, second(3)); m.found(call) },
			lastContact{last: second(0)},
		},
		{
			"forgotten", "a Call that is no more takes no memory",
			func(m *contactLog) { m.talked(call, second(1)); m.forget(client.ObjectKeyFromObject(call)) }, lastContact{last: second(0)},
		},
		{
			"another of that name", "what was said to one Call was not said to its namesake",
			func(m *contactLog) { m.hungUp(callWith(func(c *v1alpha1.Call) { c.UID = "before" }), second(2)) }, lastContact{last: second(0)},
		},
		{
			"after another of that name", "the new one's memory replaces the old one's",
			func(m *contactLog) {
				m.hungUp(callWith(func(c *v1alpha1.Call) { c.UID = "before" }), second(2))
				m.talked(call, second(5))
			},
			lastContact{last: second(5)},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := &contactLog{}
			m.start(second(0))
			c.happens(m)
			c.want.uid = call.UID
			if diff := cmp.Diff(c.want, m.of(call), cmp.AllowUnexported(lastContact{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

func TestMemorySaysSinceWhenItIsGone(t *testing.T) {
	m, call := &contactLog{}, callWith()
	first := m.gone(call, decideEpoch)
	again := m.gone(call, decideEpoch.Add(time.Minute))
	if !first.Equal(decideEpoch) || !again.Equal(decideEpoch) {
		t.Errorf("the call is gone since it was first not found, got %s and %s", first, again)
	}
}
