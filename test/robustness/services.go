// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/devstack"
	"github.com/call-operator/call-operator/test/history"
)

// otherResourceID is the resource of the service that is not the run's own.
const otherResourceID = "00000000-0000-4000-8000-0000000000ff"

// acs is one simulated ACS resource, and the managers' way to it.
type acs struct {
	service

	name, resourceID string
	// secret is the name of the Secret with its connection string, which is connection.
	secret, connection string
	process            *process
	gateway            *gateway
	journal            []simulator.Entry
}

// host is how an attempt names the service.
func (a *acs) host() string { return strings.TrimPrefix(a.gateway.URL, "http://") }

// startACS starts a simulator at an address, and the way to it.
func (r *run) startACS(ctx context.Context, name, address, secret, resourceID string) (*acs, error) {
	subscription, err := r.keys.EventGridURL(r.front.URL, r.namespace, providerName)
	if err != nil {
		return nil, err
	}
	key := devstack.NewKey()
	r.recorder.secret("the access key of "+name, key)
	a := &acs{service: service{"http://" + address}, name: name, resourceID: resourceID, secret: secret}
	a.process = keep(&process{name: name, command: "acs-simulator", log: filepath.Join(r.dir, name+".log"), args: []string{
		"--listen=" + address, "--access-key=" + key, "--owned-numbers=" + strings.Join(append(ourNumbers, incomingNumber), ","),
		"--event-grid=" + subscription, "--seed=" + strconv.FormatUint(r.seed, 10), "--max-concurrent-calls-per-number=0", "--ring-timeout=20s",
		"--journal-limit=1000000", "--resource-id=" + resourceID, "--prompt-time=" + promptTime.String(),
	}}, r.stage.bin)
	r.closers = append(r.closers, a.process.stop)
	if err := r.await(ctx, a.url+"/_simulator/healthz"); err != nil {
		return nil, err
	}
	for _, phone := range phones(mathrand.New(mathrand.NewPCG(r.seed, 4)), append(conversations(r.seed), surveyed(r.seed)...)) {
		if err := a.setPhone(ctx, phone); err != nil {
			return nil, err
		}
	}
	target, err := url.Parse(a.url)
	if err != nil {
		return nil, err
	}
	if a.gateway, err = openGateway("managers", "manager", target, r.stage.plain, true, r.seed, r.recorder.request); err != nil {
		return nil, err
	}
	r.closers = append(r.closers, a.gateway.close)
	a.connection = "endpoint=" + a.gateway.URL + "/;accesskey=" + key
	return a, nil
}

// startServices starts the run's own service and another one.
func (r *run) startServices(ctx context.Context, addresses []string) error {
	var err error
	if r.home, err = r.startACS(ctx, "simulator", addresses[0], secretName, simulator.DefaultResourceID); err != nil {
		return err
	}
	if r.other, err = r.startACS(ctx, "other-simulator", addresses[1], secretName+"-other", otherResourceID); err != nil {
		return err
	}
	r.front.keysOf = []string{r.home.url + simulator.JWKSPath, r.other.url + simulator.JWKSPath}
	return nil
}

// services are all services of the run.
func (r *run) services() []*acs { return []*acs{r.home, r.other} }

// lead has the provider lead to a service: its spec names the service's Secret and resource.
func (r *run) lead(ctx context.Context, to *acs) error {
	return r.patch(ctx, &v1alpha1.CallProvider{}, providerName, map[string]any{"spec": map[string]any{"acs": map[string]any{
		"resourceID": to.resourceID, "connectionStringSecretRef": map[string]any{"name": to.secret},
	}}})
}

// fillSecret puts a connection string into the Secret of the run's own service.
func (r *run) fillSecret(ctx context.Context, of *acs) error {
	return r.patch(ctx, secretOf(r.namespace, secretName, ""), secretName, map[string]any{"stringData": map[string]any{secretKey: of.connection}})
}

// leadHome undoes lead and fillSecret.
func (r *run) leadHome(ctx context.Context) error {
	if err := r.fillSecret(ctx, r.home); err != nil {
		return err
	}
	return r.lead(ctx, r.home)
}

func (r *run) patch(ctx context.Context, object client.Object, name string, change map[string]any) error {
	patch, err := json.Marshal(change)
	if err != nil {
		return err
	}
	object.SetNamespace(r.namespace)
	object.SetName(name)
	if err := r.stage.client.Patch(ctx, object, client.RawPatch(types.MergePatchType, patch)); err != nil {
		return fmt.Errorf("edit %s: %w", name, err)
	}
	return nil
}

// readJournals reads what the services have written since the last time.
func (r *run) readJournals(ctx context.Context) error {
	for _, a := range r.services() {
		since := int64(0)
		if n := len(a.journal); n > 0 {
			since = a.journal[n-1].Sequence
		}
		entries, err := a.service.journal(ctx, since)
		a.journal = append(a.journal, entries...)
		if err != nil {
			return err
		}
	}
	return nil
}

// allJournals are the journals of all services as one, in the order of time.
func (r *run) allJournals() []simulator.Entry {
	var all []simulator.Entry
	for _, a := range r.services() {
		all = append(all, a.journal...)
	}
	slices.SortStableFunc(all, func(a, b simulator.Entry) int { return a.Time.Compare(b.Time) })
	for i := range all {
		all[i].Sequence = int64(i + 1)
	}
	return all
}

// drain leads the provider to the other service until nothing is left to be done there, and home again. What was sent to the other
// service can be brought to its end in no other way.
func (r *run) drain(ctx context.Context) error {
	late := time.Now().Add(r.patience)
	for led := false; ; {
		h, err := r.sinceStart(ctx)
		if err != nil {
			return err
		}
		if !r.unfinished(h, r.other) || time.Now().After(late) {
			break
		}
		if !led {
			led = true
			if err := r.lead(ctx, r.other); err != nil {
				return err
			}
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return r.leadHome(ctx)
}

// unfinished tells whether something that was sent to a service is still to be brought to an end there. A call that is connected
// and may last is not.
func (r *run) unfinished(h *history.History, at *acs) bool {
	closed := map[string]bool{}
	for i := range at.journal {
		if at.journal[i].EventType == "CallDisconnected" {
			closed[at.journal[i].ConnectionID] = true
		}
	}
	last := map[types.UID]*history.Revision{}
	for i := range h.Revisions {
		switch revision := &h.Revisions[i]; {
		case revision.Call != nil:
			last[revision.Call.UID] = newer(last[revision.Call.UID], revision)
		case revision.Move != nil:
			last[revision.Move.UID] = newer(last[revision.Move.UID], revision)
		case revision.Action != nil:
			last[revision.Action.UID] = newer(last[revision.Action.UID], revision)
		}
	}
	for _, revision := range last {
		switch call, move := revision.Call, revision.Move; {
		case revision.Gone:
		case revision.Action != nil && sentTo(revision.Action.Status.Attempt, at) && unfinishedAction(revision.Action):
			return true
		case move != nil && sentTo(move.Status.Attempt, at) && move.Status.Result == nil:
			return true
		case call == nil || !sentTo(call.Status.Attempt, at):
		case !call.DeletionTimestamp.IsZero():
			return true
		case call.Status.Result == nil && (call.Status.ConnectedTime == nil || closed[call.Status.ConnectionID] ||
			call.Spec.State == v1alpha1.CallStateEnded || call.Spec.MaxDuration != nil):
			return true
		}
	}
	return false
}

// unfinishedAction tells whether an action is still to be brought to an end. A recording lasts as long as its call.
func unfinishedAction(action *v1alpha1.CallAction) bool {
	records := action.Spec.Record != nil && action.Spec.Record.Command == v1alpha1.RecordStart && action.Status.Accepted
	return !action.DeletionTimestamp.IsZero() || action.Status.Result == nil && !records
}

func newer(a, b *history.Revision) *history.Revision {
	if a != nil && cmp.Compare(a.Version, b.Version) > 0 {
		return a
	}
	return b
}

func sentTo(attempt *v1alpha1.RequestAttempt, a *acs) bool {
	return attempt != nil && attempt.Service != nil && attempt.Service.Endpoint == a.host()
}
