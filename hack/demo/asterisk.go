// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/test/asterisk/pbx"
	"github.com/call-operator/call-operator/test/devstack"
)

const (
	ringNamespace = "first-ring"
	// asteriskProvider is the provider of the samples for Asterisk.
	asteriskProvider = "asterisk"
)

// onAsterisk shows calls to real SIP phones.
type onAsterisk struct {
	// first, reminder and conference are an Asterisk for each provider.
	first, reminder, conference *pbx.PBX
	// ada rings in the first scene, and reminded is her phone in the reminder.
	ada, reminded *pbx.Phone
	voice         *voice
}

// start implements program.
func (a *onAsterisk) start(ctx context.Context, stack *devstack.Stack) error {
	say("Starting webhookreceiver, manager, three Asterisks and four SIP phones")
	stack.NoSimulator = true
	if err := stack.StartProcesses(ctx); err != nil {
		return err
	}
	var err error
	if a.first, err = startAsterisk(stack, ringNamespace); err != nil {
		return err
	}
	if a.conference, err = startAsterisk(stack, conferenceNamespace, "+14255550110", "+14255550111", "+14255550112"); err != nil {
		return err
	}
	if a.reminder, err = startAsterisk(stack, reminderNamespace); err != nil {
		return err
	}
	if a.ada, err = a.first.Phone(ctx, "ada", pbx.PhoneOptions{}); err != nil {
		return err
	}
	if a.reminded, err = a.reminder.Phone(ctx, "ada", pbx.PhoneOptions{}); err != nil {
		return err
	}
	if a.voice, err = startVoice(); err != nil {
		return err
	}
	for _, name := range []string{"ada", "ben"} {
		if _, err := a.conference.Phone(ctx, name, pbx.PhoneOptions{}); err != nil {
			return err
		}
	}
	if err := prepare(ctx, stack, ringNamespace, "asterisk", asteriskPatch(a.first, "merge")); err != nil {
		return err
	}
	if err := prepare(ctx, stack, conferenceNamespace, "multiple-dial-out-on-asterisk", asteriskPatch(a.conference, "create")); err != nil {
		return err
	}
	speech := fmt.Sprintf(`    - {op: replace, path: /spec/asterisk/speechURL, value: "%s"}
`, a.voice.url())
	if err := prepare(ctx, stack, reminderNamespace, "appointment-reminder-on-asterisk", asteriskPatch(a.reminder, "create")+speech); err != nil {
		return err
	}
	for _, namespace := range []string{ringNamespace, reminderNamespace, conferenceNamespace} {
		if err := stack.Kubectl(ctx, io.Discard, "-n", namespace, "wait", "--for=condition=Ready", "cprov", "--all", "--timeout=60s"); err != nil {
			return err
		}
	}
	return nil
}

// startAsterisk starts an Asterisk that reports on the provider of a namespace, and gets the calls to some numbers.
func startAsterisk(stack *devstack.Stack, namespace string, numbers ...string) (*pbx.PBX, error) {
	password, err := stack.Keys.StreamPassword(namespace, asteriskProvider)
	if err != nil {
		return nil, err
	}
	return pbx.Start(pbx.Options{Numbers: numbers, Events: &pbx.Events{
		URL:      "ws" + strings.TrimPrefix(stack.ReceiverURL, "http") + callbackurl.StreamPath(namespace, asteriskProvider),
		Username: asteriskProvider, Password: password,
	}})
}

// asteriskPatch is the part of a kustomization that leads a sample's provider to an Asterisk. Its Secret is merged into the sample's, or
// created.
func asteriskPatch(asterisk *pbx.PBX, secret string) string {
	return fmt.Sprintf(`secretGenerator:
- name: asterisk
  behavior: %s
  type: kubernetes.io/basic-auth
  literals: ["username=%s", "password=%s"]
  options:
    labels: {demo.call-operator.dev/first: "true"}
generatorOptions:
  disableNameSuffixHash: true
patches:
- target: {kind: CallProvider}
  patch: |-
    - {op: replace, path: /spec/asterisk/url, value: "%s"}
    - {op: replace, path: /spec/asterisk/endpoint, value: "PJSIP/$(number)@carrier"}
    - {op: add, path: /metadata/labels, value: {demo.call-operator.dev/first: "true"}}
`, secret, pbx.Username, asterisk.Password(), asterisk.URL())
}

// close implements program.
func (a *onAsterisk) close() error {
	var errs []error
	for _, asterisk := range []*pbx.PBX{a.first, a.reminder, a.conference} {
		if asterisk != nil {
			errs = append(errs, asterisk.Close())
		}
	}
	if a.voice != nil {
		errs = append(errs, a.voice.close())
	}
	return errors.Join(errs...)
}

// scenes implements program.
func (a *onAsterisk) scenes() []scene {
	return []scene{{"a phone rings", a.ring}, {"appointment reminder", a.remind}, {"multiple dial-out", a.multipleDialOut}}
}

// ring rings a phone, which answers and hangs up.
func (a *onAsterisk) ring(ctx context.Context, stack *devstack.Stack) error {
	say("kubectl -n %s apply -k config/samples/asterisk", ringNamespace)
	if err := stack.Kubectl(ctx, os.Stdout, "apply", "-k", overlay(stack, ringNamespace)); err != nil {
		return err
	}
	say("kubectl -n %s get calls -w", ringNamespace)
	stopWatching, err := watch(ctx, stack, ringNamespace)
	if err != nil {
		return err
	}
	defer stopWatching()
	if err := stack.Kubectl(ctx, io.Discard, "-n", ringNamespace, "wait", "--for=condition=Connected", "calls", "--all", "--timeout=60s"); err != nil {
		return err
	}
	if err := a.ada.HangUp(ctx); err != nil {
		return err
	}
	if err := stack.Kubectl(ctx, io.Discard, "-n", ringNamespace, "wait", "--for=condition=Ended", "calls", "--all", "--timeout=60s"); err != nil {
		return err
	}
	if rings := a.ada.Rings(); rings != 1 {
		return fmt.Errorf("the phone rang %d times, not once", rings)
	}
	return nil
}

// remind runs the reminder. The phone presses 1 when it hears the question.
func (a *onAsterisk) remind(ctx context.Context, stack *devstack.Stack) error {
	say("kubectl -n %s apply -k config/samples/appointment-reminder-on-asterisk", reminderNamespace)
	if err := stack.Kubectl(ctx, os.Stdout, "apply", "-k", overlay(stack, reminderNamespace)); err != nil {
		return err
	}
	say("What the phone %s heard and pressed (in place of each text it hears a tone of %d Hz):", a.reminded.Name, voiceHertz)
	answering, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	if err := a.reminded.AwaitHears(answering, []int{voiceHertz}); err != nil {
		return err
	}
	asked := a.voice.texts()
	showHeard(asked)
	if err := a.reminded.Press(ctx, "1"); err != nil {
		return err
	}
	fmt.Println("  pressed 1")
	if err := awaitReminders(ctx, stack); err != nil {
		return err
	}
	showHeard(a.voice.texts()[len(asked):])
	calls, err := callsIn(ctx, stack, reminderNamespace)
	if err != nil {
		return err
	}
	return showFlows(ctx, stack, calls)
}

func showHeard(texts []string) {
	for _, text := range texts {
		fmt.Printf("  heard %q\n", text)
	}
}

// answerPatience is how long it may take until a phone hears the question.
const answerPatience = time.Minute

// multipleDialOut is the scenario of that name, with SIP phones.
func (a *onAsterisk) multipleDialOut(ctx context.Context, stack *devstack.Stack) error {
	if err := playConference(ctx, stack, "multiple-dial-out-on-asterisk", phonesInConference); err != nil {
		return err
	}
	printed, err := a.conference.CLI(ctx, "core show channels concise")
	if err != nil {
		return err
	}
	if strings.TrimSpace(printed) != "" {
		return fmt.Errorf("calls are left in Asterisk: %s", printed)
	}
	say("The conference had three phones, and no call is left in Asterisk.")
	return nil
}

// phonesInConference are the user's and those of two people. Asterisk does not list the application, as ACS does.
const phonesInConference = 3
