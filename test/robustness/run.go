// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/devstack"
	"github.com/call-operator/call-operator/test/history"
)

const (
	// leaseDuration is client-go's default, after which another manager takes over.
	leaseDuration = 15 * time.Second

	// patience is run.patience of one seed.
	patience = 90 * time.Second

	// quietFor is how long nothing happens at rest. It is longer than the shortest of the manager's back-offs.
	quietFor = 1500 * time.Millisecond

	replicas = 2
)

// run is one seed: its own namespace, simulator, managers and receivers.
type run struct {
	stage     *stage
	seed      uint64
	namespace string
	// copies is the namespace that restored objects are in.
	copies string
	dir    string
	// elected has the managers elect a leader; otherwise both work, as when a Lease was lost and the loser has not
	// noticed.
	elected bool
	// skewed has the last manager and the last receiver run on a machine whose clock is ahead.
	skewed bool
	// limit is how many calls one of our numbers may have at once.
	limit int32
	// patience is how long it may take to come to rest when nothing is broken any more.
	patience time.Duration

	recorder *recorder
	// home is the service that the provider leads to when nothing is broken, other another one.
	home, other *acs
	front       *front
	// victims are the managers and the receivers.
	victims []*process
	keys    callbackurl.Keys
	keyFile string
	// rotating is held while the keys are replaced.
	rotating sync.Mutex
	metrics  map[string]string
	closers  []func()
	// atRest and atEnd are what is judged: when nothing is left to do, and when all is deleted.
	atRest, atEnd *history.History
}

// result is what came of a run.
type result struct {
	faults, cuts, rings int
	// actions are the CallActions that ended, and unknown those of them that ended as OutcomeUnknown.
	actions, unknown int
	// flows are those that ended, and answered those of them that ended as their author meant.
	flows, answered int
	violations      []history.Violation
}

// play lives one seed from its beginning to its end.
func play(ctx context.Context, s *stage, seed uint64, length, longestOutage time.Duration) (result, error) {
	r := &run{stage: s, seed: seed, elected: seed%4 == 3, skewed: seed%3 == 0, limit: limit, patience: patience, metrics: map[string]string{}}
	defer r.close()
	if err := r.build(ctx); err != nil {
		return result{}, fmt.Errorf("seed %d: %w", seed, err)
	}
	f := &faults{run: r, random: mathrand.New(mathrand.NewPCG(seed, 2)), longest: longestOutage}
	w := &workload{client: s.client, service: r.home.service, namespace: r.namespace, random: mathrand.New(mathrand.NewPCG(seed, 1)), secret: r.recorder.secret}
	o := &operator{client: s.client, namespace: r.namespace, random: mathrand.New(mathrand.NewPCG(seed, 6)), secret: r.recorder.secret}
	if r.elected {
		length += leaseDuration
	}
	var working errgroup.Group
	working.Go(func() error { return f.inject(ctx, length) })
	working.Go(func() error { return w.run(ctx, length) })
	working.Go(func() error { return o.run(ctx, length) })
	if err := working.Wait(); err != nil {
		return result{}, fmt.Errorf("seed %d: %w", seed, err)
	}
	violations, err := r.judge(ctx)
	out := result{faults: f.done, cuts: f.met(), rings: ringsIn(r.allJournals()), violations: violations}
	out.actions, out.unknown = endedActions(r.atEnd, r.namespace)
	out.flows, out.answered = endedFlows(r.atEnd, r.namespace)
	if len(violations) > 0 {
		err = errors.Join(err, r.keep(violations))
	}
	return out, err
}

func ringsIn(journal []simulator.Entry) int {
	rings := 0
	for i := range journal {
		if journal[i].Kind == simulator.EntryRing {
			rings++
		}
	}
	return rings
}

// build starts everything.
func (r *run) build(ctx context.Context) error {
	var err error
	if r.dir, err = os.MkdirTemp("", "call-operator-run-"); err != nil {
		return err
	}
	for _, name := range []*string{&r.namespace, &r.copies} {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "run-"}}
		if err := r.stage.client.Create(ctx, namespace); err != nil {
			return err
		}
		*name = namespace.Name
	}
	if r.recorder, err = startRecorder(context.WithoutCancel(ctx), r.stage.client, r.namespace, r.copies); err != nil {
		return err
	}
	r.closers = append(r.closers, r.recorder.stop)
	ports, err := devstack.FreeAddresses(2 + 2*replicas + 2*replicas + replicas)
	if err != nil {
		return err
	}
	if err := r.buildFront(ports[2 : 2+replicas]); err != nil {
		return err
	}
	if err := r.startServices(ctx, ports[:2]); err != nil {
		return err
	}
	if err := r.startProcesses(ctx, ports[2:]); err != nil {
		return err
	}
	return errors.Join(r.createSecrets(ctx, r.namespace), r.createObjects(ctx), r.createSecrets(ctx, r.copies), r.createProvider(ctx, r.copies))
}

func (r *run) buildFront(receivers []string) error {
	contents := []byte(devstack.NewKey() + "\n")
	r.recorder.secret("a key of the callback URLs", strings.TrimSpace(string(contents)))
	r.keyFile = filepath.Join(r.dir, "callback-keys")
	if err := os.WriteFile(r.keyFile, contents, 0o600); err != nil {
		return err
	}
	var err error
	if r.keys, err = callbackurl.ParseKeys(contents); err != nil {
		return err
	}
	urls := make([]string, len(receivers))
	for i, address := range receivers {
		urls[i] = "http://" + address
	}
	if r.front, err = openFront(r.seed, urls, r.stage.current, r.recorder); err != nil {
		return err
	}
	r.closers = append(r.closers, r.front.close)
	return nil
}

// startProcesses starts receivers and managers. The first addresses are where the receivers listen.
func (r *run) startProcesses(ctx context.Context, ports []string) error {
	rest := ports[replicas:]
	take := func() string {
		address := rest[0]
		rest = rest[1:]
		return address
	}
	for i := range replicas {
		health, metrics := take(), take()
		err := r.start(r.binOf(i), fmt.Sprintf("receiver-%d", i+1), "webhookreceiver", metrics, "--listen="+ports[i], "--callback-key-file="+r.keyFile,
			"--acs-issuer="+simulator.DefaultIssuer, "--acs-jwks-url="+r.front.URL+keysPath,
			"--metrics-bind-address="+metrics, "--health-probe-bind-address="+health, "--watch-namespaces="+r.namespace+","+r.copies)
		if err != nil {
			return err
		}
		if err := r.await(ctx, "http://"+health+"/readyz"); err != nil {
			return err
		}
	}
	for i := range replicas {
		metrics := take()
		args := []string{
			"--callback-key-file=" + r.keyFile, "--allow-http-endpoints", "--poll-interval=" + r.pollInterval(), "--metrics-bind-address=" + metrics,
			"--health-probe-bind-address=0", "--watch-namespaces=" + r.namespace + "," + r.copies, "--zap-log-level=5",
			fmt.Sprintf("--leader-elect=%t", r.elected), "--leader-election-namespace=" + r.namespace,
		}
		if err := r.start(r.binOf(i), fmt.Sprintf("manager-%d", i+1), "manager", metrics, args...); err != nil {
			return err
		}
	}
	// A kill at a request to ACS kills every manager, because they share the proxy.
	r.renewACS()
	return nil
}

// pollInterval is short, so that a lost callback is noticed soon; with many calls it is what it is in a cluster.
func (r *run) pollInterval() string {
	if r.limit > limit {
		return "2m"
	}
	return "1s"
}

// renewACS has the next cut on the way to ACS kill every manager.
func (r *run) renewACS() {
	for _, a := range r.services() {
		a.gateway.renew(func() {
			for _, p := range r.victims {
				if p.command == "manager" {
					p.gateway.current().Kill()
				}
			}
			time.AfterFunc(100*time.Millisecond, r.renewACS)
		})
	}
}

// binOf is the folder with the commands of a replica.
func (r *run) binOf(replica int) string {
	if r.skewed && replica == replicas-1 {
		return r.stage.ahead
	}
	return r.stage.bin
}

// start starts one process, of a command in a folder, with the rights of its service account.
func (r *run) start(bin, name, command, metrics string, args ...string) error {
	role, err := r.stage.role(command)
	if err != nil {
		return err
	}
	g, err := openGateway(name, command, role.target, role.transport, false, r.seed, r.recorder.request)
	if err != nil {
		return err
	}
	r.closers = append(r.closers, g.close)
	kubeconfig := filepath.Join(r.dir, name+".kubeconfig")
	if err := os.WriteFile(kubeconfig, []byte(fmt.Sprintf(kubeconfigFormat, g.URL)), 0o600); err != nil {
		return err
	}
	r.metrics[name] = "http://" + metrics + "/metrics"
	p := keep(&process{
		name: name, command: command, gateway: g, log: filepath.Join(r.dir, name+".log"), args: append(args, "--kubeconfig="+kubeconfig),
	}, bin)
	r.victims = append(r.victims, p)
	r.closers = append(r.closers, p.stop)
	return nil
}

const kubeconfigFormat = `apiVersion: v1
kind: Config
clusters: [{name: here, cluster: {server: "%s"}}]
contexts: [{name: here, context: {cluster: here, user: me}}]
current-context: here
users: [{name: me, user: {}}]
`

// createObjects creates what the workload needs.
func (r *run) createObjects(ctx context.Context) error {
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: r.namespace, Name: name} }
	for _, object := range []client.Object{
		&rbacv1.RoleBinding{
			ObjectMeta: meta("leader-election"),
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "leader-election"},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: systemNamespace, Name: "call-operator-manager"}},
		},
		&rbacv1.Role{ObjectMeta: meta("leader-election"), Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, Verbs: []string{"get", "create", "update"}},
		}},
		surveyOf(r.namespace, surveyName), surveyOf(r.namespace, pinName),
		&v1alpha1.CallRoute{ObjectMeta: meta("all"), Spec: v1alpha1.CallRouteSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: providerName},
			Action:      v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{CallLabels: map[string]string{"answered": "here"}}},
		}},
	} {
		if err := r.stage.client.Create(ctx, object); err != nil {
			return err
		}
	}
	return r.createProvider(ctx, r.namespace)
}

// createProvider creates a provider that leads home.
func (r *run) createProvider(ctx context.Context, namespace string) error {
	var numbers []v1alpha1.OwnedNumber
	for _, number := range append(ourNumbers, incomingNumber) {
		numbers = append(numbers, v1alpha1.OwnedNumber{PhoneNumber: v1alpha1.PhoneNumber(number), MaxConcurrentCalls: r.limit})
	}
	return r.stage.client.Create(ctx, &v1alpha1.CallProvider{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: providerName}, Spec: v1alpha1.CallProviderSpec{
		CallbackURL: r.front.URL, Numbers: numbers,
		ACS: &v1alpha1.ACSProvider{
			ConnectionStringSecretRef: &v1alpha1.SecretKeyReference{Name: secretName, Key: secretKey}, ResourceID: r.home.resourceID,
			CognitiveServicesEndpoint: "https://speech.example.com",
			// The simulator recognises repetitions, and they are what is to be tried.
			UnansweredRequests: v1alpha1.UnansweredRepeat,
		},
	}})
}

// createSecrets creates the Secrets with the services' connection strings.
func (r *run) createSecrets(ctx context.Context, namespace string) error {
	for _, a := range r.services() {
		if err := r.stage.client.Create(ctx, secretOf(namespace, a.secret, a.connection)); err != nil {
			return err
		}
	}
	return nil
}

func secretOf(namespace, name, connection string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, StringData: map[string]string{secretKey: connection}}
}

// judge brings the run to rest and then to its end, and returns what was broken.
func (r *run) judge(ctx context.Context) ([]history.Violation, error) {
	for _, p := range r.processes() {
		if err := p.failure(); err != nil {
			return nil, err
		}
	}
	err := r.drain(ctx)
	if err != nil {
		return nil, err
	}
	if r.atRest, err = r.settle(ctx); err != nil {
		return nil, err
	}
	violations := history.Check(r.atRest)
	if err := errors.Join(r.deleteAll(ctx, r.namespace), r.deleteAll(ctx, r.copies)); err != nil {
		return nil, err
	}
	if err := r.drain(ctx); err != nil {
		return nil, err
	}
	if r.atEnd, err = r.settle(ctx); err != nil {
		return nil, err
	}
	if err := r.addTexts(ctx, r.atEnd); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, v := range violations {
		known[v.String()] = true
	}
	for _, v := range history.Check(r.atEnd) {
		if !known[v.String()] {
			violations = append(violations, v)
		}
	}
	return violations, nil
}

// settle waits until nothing is left to do and nothing happens any more, and returns the history until then. When that
// never comes, the history shows what is wrong.
func (r *run) settle(ctx context.Context) (*history.History, error) {
	late := time.Now().Add(r.patience)
	for {
		from := time.Now()
		time.Sleep(quietFor) // nothing can be awaited that is not to happen
		h, err := r.sinceStart(ctx)
		if err != nil {
			return nil, err
		}
		h.Rest = &history.Span{From: from, To: from.Add(quietFor)}
		if settled(h) || time.Now().After(late) {
			return h, nil
		}
	}
}

// settled tells that no object is half-way and nothing was done in the time of rest.
func settled(h *history.History) bool {
	for _, v := range history.Check(h) {
		switch v.Invariant {
		case history.SilenceIsSurvived, history.NoOrphans, history.QuietWhenIdle, history.SecretsStaySecret:
			return false
		}
	}
	for i := range h.Revisions {
		if h.Rest.From.Before(h.Revisions[i].Seen) {
			return false
		}
	}
	return true
}

// sinceStart is the history until now, with all that is in the API server.
func (r *run) sinceStart(ctx context.Context) (*history.History, error) {
	if err := r.readJournals(ctx); err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	if err := r.recorder.catchUp(waiting); err != nil {
		return nil, err
	}
	h := r.recorder.soFar()
	h.Journal = r.allJournals()
	// With an elected leader too: a leader that was paused for longer than its Lease still works for a moment.
	h.Managers = replicas
	return h, nil
}

// deleteAll deletes one object after the other: of a collection of thousands the API server loses patience.
func (r *run) deleteAll(ctx context.Context, namespace string) error {
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(creators)
	for _, list := range []client.ObjectList{&v1alpha1.CallList{}, &v1alpha1.ParticipantMoveList{}, &v1alpha1.CallActionList{}, &v1alpha1.CallRouteList{}} {
		if err := r.stage.client.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return errors.Join(err, workers.Wait())
		}
		err := meta.EachListItem(list, func(object runtime.Object) error {
			workers.Go(func() error { return client.IgnoreNotFound(r.stage.client.Delete(ctx, object.(client.Object))) })
			return nil
		})
		if err != nil {
			return errors.Join(err, workers.Wait())
		}
	}
	return workers.Wait()
}

// addTexts adds what processes have logged and counted, and what Kubernetes Events say.
func (r *run) addTexts(ctx context.Context, h *history.History) error {
	for _, p := range r.victims {
		log, err := os.ReadFile(p.log)
		if err != nil {
			return err
		}
		h.Texts = append(h.Texts, history.Text{Where: "the log of " + p.name, Text: string(log), Masked: true})
		metrics, err := r.home.get(ctx, r.metrics[p.name])
		if err != nil {
			return err
		}
		h.Texts = append(h.Texts, history.Text{Where: "the metrics of " + p.name, Text: string(metrics), Masked: true})
	}
	var events eventsv1.EventList
	if err := r.stage.client.List(ctx, &events, client.InNamespace(r.namespace)); err != nil {
		return err
	}
	text, err := json.Marshal(events)
	h.Texts = append(h.Texts, history.Text{Where: "Kubernetes Events", Text: string(text)})
	return err
}

// keep writes what was judged, and the logs, to the folder of failures.
func (r *run) keep(violations []history.Violation) error {
	folder := filepath.Join(r.stage.out, fmt.Sprintf("seed-%d", r.seed))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	var text strings.Builder
	for _, v := range violations {
		text.WriteString(v.String() + "\n")
	}
	err := os.WriteFile(filepath.Join(folder, "violations.txt"), []byte(text.String()), 0o600)
	for name, h := range map[string]*history.History{"at-rest.json": r.atRest, "at-end.json": r.atEnd} {
		contents, encodeErr := json.MarshalIndent(h, "", " ")
		err = errors.Join(err, encodeErr, os.WriteFile(filepath.Join(folder, name), contents, 0o600))
	}
	for _, p := range r.processes() {
		log, readErr := os.ReadFile(p.log)
		err = errors.Join(err, readErr, os.WriteFile(filepath.Join(folder, p.name+".log"), log, 0o600))
	}
	return err
}

// close ends everything, the newest first.
func (r *run) close() {
	for i := len(r.closers) - 1; i >= 0; i-- {
		r.closers[i]()
	}
	_ = os.RemoveAll(r.dir)
	for _, name := range []string{r.namespace, r.copies} {
		if name != "" {
			_ = r.stage.client.Delete(context.Background(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
		}
	}
}

func (r *run) processes() []*process {
	all := slices.Clone(r.victims)
	for _, a := range r.services() {
		all = append(all, a.process)
	}
	return all
}

// await waits until a URL answers.
func (r *run) await(ctx context.Context, url string) error {
	late := time.Now().Add(patience)
	for {
		_, err := service{}.get(ctx, url)
		if err == nil || time.Now().After(late) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}
