// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"strings"
	"time"

	"github.com/call-operator/call-operator/acs"
)

// eventTypePrefix is in front of every event type of Call Automation.
const eventTypePrefix = "Microsoft.Communication."

// decode returns the events of known types, and counts the others: they are acknowledged and change nothing, since
// the service may add types at any time.
func decode(body []byte, arrived time.Time) (reports []report, unknown int, err error) {
	events, err := acs.ParseEvents(body)
	if err != nil {
		return nil, 0, err
	}
	for _, event := range events {
		if isUnknown(event) {
			unknown++
			continue
		}
		reports = append(reports, report{event: event, arrived: arrived})
	}
	return reports, unknown, nil
}

func isUnknown(event acs.Event) bool {
	_, unknown := event.Data.(*acs.UnknownEvent)
	return unknown
}

// typeLabel is the metrics label of a known event type.
func typeLabel(event acs.Event) string {
	return strings.TrimPrefix(event.Type, eventTypePrefix)
}
