// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callinghours

import (
	"fmt"
	"sync"
	"time"
	// An image without a system has no time zones.
	_ "time/tzdata"
)

// zones are the time zones that were asked for, by name: reading one takes far longer than using it.
var zones sync.Map

// Zone is the time zone of an IANA name, such as Europe/Berlin. Its error says what to write.
func Zone(name string) (*time.Location, error) {
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location), nil
	}
	// Go's own names for UTC and the machine's zone.
	if name == "" || name == "Local" {
		return nil, errUnknown(name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, errUnknown(name)
	}
	zones.Store(name, zone)
	return zone, nil
}

func errUnknown(name string) error {
	return fmt.Errorf("%q is no time zone: write a name of the IANA database, such as Europe/Berlin or America/New_York", name)
}
