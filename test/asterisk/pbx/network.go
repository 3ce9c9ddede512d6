// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// startNetwork starts the telephone network.
func (p *PBX) startNetwork() error {
	file := filepath.Join(p.dir, "network.xml")
	if err := newScenario().write("network.xml", file); err != nil {
		return err
	}
	command, err := sipp(file, p.config.NetworkAddress, p.config.NetworkPort, "-rtp_echo", "-aa", "-l", "10000", "-trace_msg", "-message_file", p.messageFile())
	if err != nil {
		return err
	}
	network, err := start(p.dir, "network", command)
	if err != nil {
		return err
	}
	p.own(network)
	return await(context.Background(), "the telephone network listens", func(context.Context) (bool, error) {
		if network.ended(0) {
			return false, errors.New("the telephone network's SIPp ended at its start")
		}
		return taken(p.config.NetworkAddress, p.config.NetworkPort)
	})
}

// sipp is SIPp with a scenario at an address. Its control port and its sound have free ports as well.
func sipp(file, address string, port int, arguments ...string) (*exec.Cmd, error) {
	sound, err := freePort(address)
	if err != nil {
		return nil, err
	}
	control, err := freePort(address)
	if err != nil {
		return nil, err
	}
	return exec.Command("sipp", append([]string{
		"-sf", file, "-i", address, "-p", strconv.Itoa(port), "-mi", address, "-mp", strconv.Itoa(sound),
		"-ci", address, "-cp", strconv.Itoa(control), "-nostdin",
	}, arguments...)...), nil
}

// messageFile has every SIP message that the network got or sent.
func (p *PBX) messageFile() string { return filepath.Join(p.dir, "messages.log") }

// Invitation is a call as it arrived in the telephone network.
type Invitation struct {
	// Number was called, and From is who called: the value of the header.
	Number, From string
	// CallID is SIP's.
	CallID string
	// Header has the whole request.
	Header string
}

// Invitations are the calls that arrived in the telephone network, from its own log. One that was sent more than once, since nothing
// answered, is one.
func (p *PBX) Invitations() ([]Invitation, error) {
	contents, err := os.ReadFile(p.messageFile())
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return invitationsIn(string(contents)), nil
}

// Invites is how often a number was called. -1 says that the network's log cannot be read.
func (p *PBX) Invites(number string) int {
	all, err := p.Invitations()
	if err != nil {
		return -1
	}
	invites := 0
	for i := range all {
		if all[i].Number == number {
			invites++
		}
	}
	return invites
}

var (
	// received is before each message that SIPp got.
	received = regexp.MustCompile(`(?m)^UDP message received .*\n\n`)
	// traced is before each message in baresip's trace.
	traced = regexp.MustCompile(`(?m)^UDP \S+ -> \S+\r?\n`)
	// invite is the first line of an invitation.
	invite = regexp.MustCompile(`^INVITE sip:([^@;> ]+)@`)
	// inDialog is the tag of a call that exists already.
	inDialog = regexp.MustCompile(`(?mi)^To:.*;tag=`)

	callID = regexp.MustCompile(`(?mi)^Call-ID: *(\S+)`)
	from   = regexp.MustCompile(`(?mi)^From: *(.*?)\r?$`)
)

// invitationsIn reads SIPp's log.
func invitationsIn(log string) []Invitation {
	messages := received.Split(log, -1)[1:]
	for i, message := range messages {
		messages[i], _, _ = strings.Cut(message, "\n-----")
	}
	return invitationsOf(messages)
}

// InvitationsInTrace are the calls that arrived at a baresip, from what it prints with the flag -s. The phone must not call anybody itself.
func InvitationsInTrace(trace string) []Invitation {
	return invitationsOf(traced.Split(trace, -1)[1:])
}

// invitationsOf finds the messages that begin a call. Of those that were sent again it takes one.
func invitationsOf(messages []string) []Invitation {
	var found []Invitation
	seen := map[string]bool{}
	for _, message := range messages {
		first := invite.FindStringSubmatch(message)
		if first == nil || inDialog.MatchString(message) {
			continue
		}
		i := Invitation{Number: first[1], From: group(from, message), CallID: group(callID, message), Header: message}
		if !seen[i.CallID] {
			found = append(found, i)
		}
		seen[i.CallID] = true
	}
	return found
}

func group(pattern *regexp.Regexp, text string) string {
	if match := pattern.FindStringSubmatch(text); match != nil {
		return match[1]
	}
	return ""
}
