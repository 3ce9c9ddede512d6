// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// presence records in a CallProvider's status whether its service is connected. Several replicas write it: one whose connection was opened
// later is right, and only the one that wrote a time removes it.
type presence struct {
	client client.Client
	live   client.Reader
	log    logr.Logger
	now    func() time.Time

	// settled is how long a connection has to last before it counts, recheck how often the status is compared, and absence how long the
	// service may take to connect again.
	settled, recheck, absence time.Duration
}

func newPresence(config Config) *presence {
	return &presence{
		client: config.Client, live: config.APIReader, log: config.Log, now: config.Now,
		settled: time.Second, recheck: time.Minute, absence: 15 * time.Second,
	}
}

// keep records a connection until it is over, and has not come back for a while. A process that stops leaves the record as it is: the
// service connects to another replica.
func (p *presence) keep(connection, process context.Context, provider types.NamespacedName) {
	opened := metav1.NewTime(p.now().Truncate(time.Second))
	if !sleep(connection, p.settled) {
		return
	}
	for ok := true; ok; ok = sleep(connection, p.recheck) {
		p.write(provider, func(known *metav1.Time) *metav1.Time {
			if known == nil || known.Before(&opened) {
				return &opened
			}
			return known
		})
	}
	if !sleep(process, p.absence) {
		return
	}
	p.write(provider, func(known *metav1.Time) *metav1.Time {
		if known.Equal(&opened) {
			return nil
		}
		return known
	})
}

// write changes what is recorded, and does nothing if the cache already has it so.
func (p *presence) write(key types.NamespacedName, change func(*metav1.Time) *metav1.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), refusalTimeout)
	defer cancel()
	provider := &v1alpha1.CallProvider{}
	if err := p.client.Get(ctx, key, provider); err == nil && change(provider.Status.StreamConnectedTime).Equal(provider.Status.StreamConnectedTime) {
		return
	}
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		current := &v1alpha1.CallProvider{}
		if err := p.live.Get(ctx, key, current); err != nil {
			return err
		}
		changed := change(current.Status.StreamConnectedTime)
		if changed.Equal(current.Status.StreamConnectedTime) {
			return nil
		}
		current.Status.StreamConnectedTime = changed
		return p.client.Status().Update(ctx, current)
	})
	if client.IgnoreNotFound(err) != nil {
		p.log.Error(nil, "whether a service is connected could not be written into the status of its CallProvider", "namespace", key.Namespace,
			"provider", key.Name, "cause", describe(err))
	}
}

// sleep waits, and tells whether ctx is not done yet.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
