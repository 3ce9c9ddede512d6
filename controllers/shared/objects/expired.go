// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// mostExpired bounds what Expired remembers; what comes after that within a day is not remembered.
const mostExpired = 10_000

// Expired remembers the objects whose record was deleted because their time to live was over. A tool that creates such an object
// again, and leaves no mark that package applied knows, is noticed by it while this process lives. The zero value remembers nothing.
type Expired struct {
	mu     sync.Mutex
	known  map[types.NamespacedName]expiredRecord
	pruned time.Time
}

type expiredRecord struct {
	spec [sha256.Size]byte
	at   time.Time
}

// Remember notes an object whose record is deleted now.
func (e *Expired) Remember(object client.Object, spec any, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.known == nil {
		e.known = map[types.NamespacedName]expiredRecord{}
	}
	if now.Sub(e.pruned) >= time.Hour {
		maps.DeleteFunc(e.known, func(_ types.NamespacedName, record expiredRecord) bool { return now.Sub(record.at) > appliedRecordTime })
		e.pruned = now
	}
	if len(e.known) < mostExpired {
		e.known[client.ObjectKeyFromObject(object)] = expiredRecord{spec: digest(spec), at: now}
	}
}

// warn reports that an object was carried out before, when it is first reconciled.
func (e *Expired) warn(recorder events.EventRecorder, object client.Object, spec any) {
	e.mu.Lock()
	record, known := e.known[client.ObjectKeyFromObject(object)]
	e.mu.Unlock()
	if !known || record.spec != digest(spec) {
		return
	}
	recorder.Eventf(object, nil, corev1.EventTypeWarning, v1alpha1.ReasonCreatedAgain, "CarryOut",
		"An object of the same name and spec was carried out before, and its record was deleted at %s because of spec.ttlSecondsAfterFinished. "+
			"It is carried out again. If a tool creates what is missing, it does so each time: leave the field out of what the tool applies.",
		record.at.UTC().Format(time.RFC3339))
}

// digest is the same for equal specs.
func digest(spec any) [sha256.Size]byte {
	text, err := json.Marshal(spec)
	if err != nil {
		return [sha256.Size]byte{}
	}
	return sha256.Sum256(text)
}
