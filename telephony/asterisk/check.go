// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/telephony"
)

// firstMinors are the first minor versions, by major version, that report variables with events. Those that open WebSockets to
// applications are older.
var firstMinors = map[int]int{20: 20, 22: 10, 23: 4}

// firstMajor is the first major version that does so from its start.
const firstMajor = 24

// numbers are a version's major and minor number.
var numbers = regexp.MustCompile(`^(?:certified[-/])?(\d+)\.(\d+)`)

// Check implements telephony.Checker: the password is right, Asterisk is new enough, and somebody listens for the application.
func (s *service) Check(ctx context.Context) error {
	info, err := s.client.Info(ctx)
	if err != nil {
		return unusable(errorOf(err))
	}
	if version := info.System.Version; !newEnough(version) {
		return telephony.Unusable(v1alpha1.ReasonUnsupportedVersion,
			"Asterisk %s does not report the variables that tell whose call an event is about: update it to 20.20, 22.10, 23.4 or later.", version)
	}
	if _, err := s.client.Application(ctx, s.application); ari.IsGone(err) {
		return telephony.Unusable(v1alpha1.ReasonApplicationNotConnected, "%s", notConnected(s.application))
	} else if err != nil {
		return unusable(errorOf(err))
	}
	return nil
}

// noStream says how Asterisk comes to report.
const noStream = "It has to open a WebSocket to the webhook receiver: kubectl call stream prints the lines for its websocket_client.conf and ari.conf; " +
	"\"ari show outbound-websockets\" and \"ari show websocket sessions\" in its console show what it reads of them, and whether it is connected."

// notConnected says that nobody listens for an application.
func notConnected(application string) string {
	return fmt.Sprintf("Nobody listens for Asterisk's application %s, so it would drop every call. %s", application, noStream)
}

// newEnough tells whether a version, such as 22.10.1, opens WebSockets to applications. A version that is not a number is taken for a
// new one: it comes from a development branch.
func newEnough(version string) bool {
	found := numbers.FindStringSubmatch(version)
	if found == nil {
		return true
	}
	major, _ := strconv.Atoi(found[1])
	minor, _ := strconv.Atoi(found[2])
	first, known := firstMinors[major]
	return major >= firstMajor || known && minor >= first
}

// unusable is a failure as the reason why a provider cannot be used.
func unusable(err error) error {
	var failed *telephony.Error
	if errors.As(err, &failed) {
		return &telephony.UnusableError{Reason: failed.Reason, Message: failed.Sentence}
	}
	return err
}
