// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"time"

	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

// decode returns the events of known types, and counts the others: they are acknowledged and change nothing.
func decode(body []byte, arrived time.Time) (reports []report, unknown int, err error) {
	events, unknown, err := telephonyacs.DecodeEvents(body)
	for _, event := range events {
		reports = append(reports, report{event: event, arrived: arrived})
	}
	return reports, unknown, err
}
