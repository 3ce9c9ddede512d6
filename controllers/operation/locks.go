// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"hash/fnv"
	"sync"
)

// locks are locks by name. Two names may share one.
type locks [64]sync.Mutex

func (l *locks) of(name string) *sync.Mutex {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(name))
	return &l[sum.Sum32()%uint32(len(l))]
}
