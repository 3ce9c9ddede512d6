// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/devstack"
)

// multipleDialOut runs the scenario on the simulator.
func multipleDialOut(ctx context.Context, stack *devstack.Stack) error {
	if err := playConference(ctx, stack, "multiple-dial-out", participantsInConference); err != nil {
		return err
	}
	if err := nothingLives(ctx, stack); err != nil {
		return err
	}
	say("The conference had four participants, and no call is left at the service.")
	return nil
}

// participantsInConference are the user, two people, and the application itself.
const participantsInConference = 4

// playConference runs the scenario: a user's call becomes a conference, two calls are redirected to people, the people who answer are
// moved into the conference, and everything is ended.
func playConference(ctx context.Context, stack *devstack.Stack, sample string, participants int) error {
	say("kubectl -n %s apply -k config/samples/%s", conferenceNamespace, sample)
	if err := stack.Kubectl(ctx, os.Stdout, "apply", "-k", overlay(stack, conferenceNamespace)); err != nil {
		return err
	}
	say("kubectl -n %s get calls -w", conferenceNamespace)
	stopWatching, err := watch(ctx, stack, conferenceNamespace)
	if err != nil {
		return err
	}
	err = awaitConference(ctx, stack, participants)
	stopWatching()
	if err != nil {
		return err
	}
	for _, command := range [][]string{
		{"get", "pmove"},
		{"get", "croute"},
		{"get", "calls", "-l", "call=conference", `-o=jsonpath={range .items[*].status.participants[*]}{.rawID}{"\n"}{end}`},
		{"delete", "calls", "--all"},
		{"get", "telephony"},
	} {
		if err := show(ctx, stack, conferenceNamespace, command...); err != nil {
			return err
		}
	}
	return nil
}

// awaitConference waits until both people are moved and the conference's roster says so.
func awaitConference(ctx context.Context, stack *devstack.Stack, participants int) error {
	if err := stack.Kubectl(ctx, io.Discard, "-n", conferenceNamespace, "wait", "--for=condition=Ready", "pmove", "--all", "--timeout=60s"); err != nil {
		return err
	}
	return stack.Kubectl(ctx, io.Discard, "-n", conferenceNamespace, "wait", fmt.Sprintf("--for=jsonpath={.status.participantCount}=%d", participants), "calls", "-l", "call=conference",
		"--timeout=30s")
}

// nothingLives asks the simulator for calls that live.
func nothingLives(ctx context.Context, stack *devstack.Stack) error {
	var answer struct {
		Calls []simulator.CallState `json:"calls"`
	}
	if err := askSimulator(ctx, stack, "calls", &answer); err != nil {
		return err
	}
	if len(answer.Calls) > 0 {
		return fmt.Errorf("%d connections are left at the service", len(answer.Calls))
	}
	return nil
}
