// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operationstatus

import (
	"fmt"
	"time"
)

// Copied says that the attempt belongs to another object, so nothing may ever be sent for this one.
type Copied struct{ At time.Time }

func (f Copied) at() time.Time { return f.At }

func (f Copied) apply(status operation) {
	if status.common().Attempt != nil {
		status.end(endedCopied, status.words().copied, f.At)
	}
}

// Restored says that the object is a copy from a backup tool, without the status of the original.
type Restored struct {
	// By names the tool, Mark the label or annotation that identifies it.
	By, Mark string
	At       time.Time
}

func (f Restored) at() time.Time { return f.At }

func (f Restored) apply(status operation) {
	if status.common().Attempt == nil {
		status.end(endedUnknown, fmt.Sprintf(status.words().restored, f.By, f.Mark), f.At)
	}
}
