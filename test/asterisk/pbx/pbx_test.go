// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func cli(t *testing.T, p *PBX, command string) string {
	t.Helper()
	printed, err := p.CLI(t.Context(), command)
	must(t, err)
	return printed
}

// TestNetwork has Asterisk call numbers of the network, without any application.
func TestNetwork(t *testing.T) {
	t.Parallel()
	p := New(t, Options{})
	for _, number := range []string{"+14255550180", "+14255550200", "+14255550210", "+14255550000", "+14255550183", "+14255550486"} {
		cli(t, p, "channel originate PJSIP/"+number+"@trunk application Wait 1")
		must(t, await(t.Context(), number+" was called", func(context.Context) (bool, error) { return p.Invites(number) == 1, nil }))
	}
	must(t, await(t.Context(), "the calls that were answered or refused are over", func(ctx context.Context) (bool, error) {
		printed, err := p.CLI(ctx, "core show channels concise")
		return !strings.Contains(printed, "!Up!") && strings.Count(printed, "PJSIP/trunk") == 3, err
	}))
}

// TestPhonesHearEachOther connects phones through Asterisk, without any application: the carrier calls one for the other.
func TestPhonesHearEachOther(t *testing.T) {
	t.Parallel()
	p := New(t, Options{})
	ada, err := p.Phone(t.Context(), "ada", PhoneOptions{Hertz: 440})
	must(t, err)
	ben, err := p.Phone(t.Context(), "ben", PhoneOptions{Hertz: 550, Manual: true})
	must(t, err)
	cli(t, p, fmt.Sprintf("channel originate PJSIP/ada application Dial PJSIP/%s@carrier", ben.Number))
	must(t, ben.AwaitRing(t.Context(), 1))
	if ada.Rings() != 1 || ben.Rings() != 1 {
		t.Errorf("the phones rang %d and %d times, want once each", ada.Rings(), ben.Rings())
	}
	must(t, ben.Answer(t.Context()))
	must(t, ada.AwaitHears(t.Context(), []int{550}, 440))
	must(t, ben.AwaitHears(t.Context(), []int{440}, 550))
	must(t, ben.HangUp(t.Context()))
	must(t, await(t.Context(), "the call is over", func(ctx context.Context) (bool, error) {
		printed, err := p.CLI(ctx, "core show channels concise")
		return strings.TrimSpace(printed) == "", err
	}))
}

// TestNobodyListens has calls come in while no application takes them.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	p := New(t, Options{})
	caller, err := p.Call(IncomingCall{From: "+14255550199", To: "+14255550100"})
	must(t, err)
	if status, err := caller.Answer(t.Context()); err != nil || status != 503 {
		t.Errorf("the caller got %d, %v, want 503", status, err)
	}
	must(t, caller.Over(t.Context()))
}

// TestRestart stops Asterisk in each way while a call is connected.
func TestRestart(t *testing.T) {
	t.Parallel()
	p := New(t, Options{})
	ada, err := p.Phone(t.Context(), "ada", PhoneOptions{})
	must(t, err)
	rings := 0
	for _, how := range []Stopping{Now, Kill} {
		cli(t, p, "channel originate PJSIP/ada application Wait 100")
		rings++
		must(t, ada.AwaitRing(t.Context(), rings))
		must(t, p.Restart(t.Context(), how))
		if printed := cli(t, p, "core show channels concise"); strings.TrimSpace(printed) != "" {
			t.Errorf("after %q there are still calls: %s", how, printed)
		}
	}
	must(t, p.Restart(t.Context(), Gracefully))
}

// TestCallerGivesUp has a caller cancel before anything answers.
func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	p := New(t, Options{Numbers: []string{"+14255550100"}})
	ada, err := p.Phone(t.Context(), "ada", PhoneOptions{Manual: true})
	must(t, err)
	// The trunk's calls go to the application; this one is to ring at a phone.
	cli(t, p, "dialplan add extension +14255550188,1,Dial,PJSIP/ada into from-trunk")
	caller, err := p.Call(IncomingCall{From: "+14255550199", To: "+14255550188", CancelAfter: time.Second})
	must(t, err)
	must(t, ada.AwaitRing(t.Context(), 1))
	if status, err := caller.Answer(t.Context()); err != nil || status != 487 {
		t.Errorf("the caller got %d, %v, want 487", status, err)
	}
}
