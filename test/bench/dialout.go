// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/dialout"
	"github.com/call-operator/call-operator/test/devstack"
)

const (
	// dialOutNamespace has the DialOuts, and nothing else.
	dialOutNamespace = "bench-dial-out"
	dialOutFlow      = "remind"
	// listBytes is how long one list is; a ConfigMap has 1 MiB at most.
	listBytes = 900_000
	// attemptsKept is how many attempts of each target a manager loads that is restarted near the end.
	attemptsKept = dialout.MaxAttemptsKept
)

// dialOutCost is what a DialOut with a number of targets costs.
type dialOutCost struct {
	// read is the manager's resident memory once the lists are read, calling while calls are made, and reloaded that of another manager,
	// which begins with results of all targets. Each is the peak, in MiB.
	read, calling, reloaded float64
	// reading is how long it took to read the lists, and reloading to make the next calls after the restart.
	reading, reloading time.Duration
	// cpu is the processor time of manager and receiver for each call, in seconds, and writes how many they make to the API server.
	cpu, writes float64
}

// measureDialOuts makes the same calls with lists of two lengths. The manager and the receiver leave all other calls alone.
func (b *bench) measureDialOuts(ctx context.Context, r *report) error {
	b.stack.WatchNamespaces = dialOutNamespace
	objects := append([]client.Object{&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: dialOutNamespace}}}, b.provider(dialOutNamespace)...)
	objects = append(objects, &v1alpha1.CallFlow{
		ObjectMeta: metav1.ObjectMeta{Namespace: dialOutNamespace, Name: dialOutFlow},
		Spec: v1alpha1.CallFlowSpec{
			Parameters: []v1alpha1.FlowParameter{{Name: "who"}, {Name: "when"}},
			Steps:      []v1alpha1.FlowStep{{Name: "end", End: &v1alpha1.EndStep{Outcome: "reminded", KeepCall: true}}},
		},
	})
	if err := b.createAll(ctx, objects); err != nil {
		return err
	}
	if err := b.stack.Restart(ctx, devstack.Receiver); err != nil {
		return err
	}
	for i, targets := range b.size.dialOuts {
		if err := b.stack.Restart(ctx, devstack.Manager); err != nil {
			return err
		}
		cost, err := b.measureDialOut(ctx, targets)
		if err != nil {
			return fmt.Errorf("%d targets: %w", targets, err)
		}
		r.dialOuts[i] = *cost
	}
	return nil
}

func (b *bench) measureDialOut(ctx context.Context, targets int) (*dialOutCost, error) {
	cost := &dialOutCost{}
	dialOut, err := b.newDialOut(ctx, targets)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := b.client.Create(ctx, dialOut); err != nil {
		return nil, fmt.Errorf("create a DialOut: %w", err)
	}
	if err := b.awaitDialOut(ctx, dialOut, func(status *v1alpha1.DialOutStatus) bool { return status.Targets != nil }); err != nil {
		return nil, err
	}
	if read := dialOut.Status.Targets; int(read.Count) != targets {
		return nil, fmt.Errorf("%d targets were read: %+v", read.Count, dialOut.Status.BadLines)
	}
	cost.reading = time.Since(began)
	if cost.read, err = peakMemory(b.stack.PID(devstack.Manager)); err != nil {
		return nil, err
	}
	progress("%d targets are read, the manager had %.0f MiB", targets, cost.read)
	if err := b.awaitDone(ctx, dialOut, b.size.dialOutWarm); err != nil {
		return nil, err
	}
	before := dialOut.Status.Counts.Done
	used, err := b.spentWhile(ctx, func() error { return b.awaitDone(ctx, dialOut, int(before)+b.size.dialOutCalls) })
	if err != nil {
		return nil, err
	}
	calls := float64(dialOut.Status.Counts.Done - before)
	cost.cpu, cost.writes = used.operatorCPU()/calls, used.changes/calls
	if cost.calling, err = peakMemory(b.stack.PID(devstack.Manager)); err != nil {
		return nil, err
	}
	progress("%.0f calls were made, with %.1f ms of CPU and %.2f writes for each; the manager had %.0f MiB",
		calls, 1000*cost.cpu, cost.writes, cost.calling)
	return cost, b.measureReload(ctx, dialOut, cost)
}

func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...) }

// measureReload has another manager carry on, as it would near the end: with results of all targets.
func (b *bench) measureReload(ctx context.Context, dialOut *v1alpha1.DialOut, cost *dialOutCost) error {
	if err := b.suspend(ctx, dialOut, true); err != nil {
		return err
	}
	idle := func(status *v1alpha1.DialOutStatus) bool {
		return status.Phase == v1alpha1.DialOutPhaseSuspended && status.Counts.Calling == 0
	}
	if err := b.awaitDialOut(ctx, dialOut, idle); err != nil {
		return err
	}
	more := b.size.dialOutWarm
	if err := b.fillResults(ctx, dialOut, int(dialOut.Status.Counts.Done)+2*more); err != nil {
		return err
	}
	progress("all targets have results, and the manager is restarted")
	began := time.Now()
	if err := b.stack.Restart(ctx, devstack.Manager); err != nil {
		return err
	}
	if err := b.suspend(ctx, dialOut, false); err != nil {
		return err
	}
	filled := int(dialOut.Status.Counts.Total) - 2*more
	if err := b.awaitDone(ctx, dialOut, filled+1); err != nil {
		return err
	}
	cost.reloading = time.Since(began)
	if err := b.awaitDone(ctx, dialOut, filled+more); err != nil {
		return err
	}
	var err error
	if cost.reloaded, err = peakMemory(b.stack.PID(devstack.Manager)); err != nil {
		return err
	}
	return b.suspend(ctx, dialOut, true)
}

// newDialOut creates the lists of a DialOut.
func (b *bench) newDialOut(ctx context.Context, targets int) (*v1alpha1.DialOut, error) {
	name := fmt.Sprintf("list-of-%d", targets)
	dialOut := &v1alpha1.DialOut{ObjectMeta: metav1.ObjectMeta{Namespace: dialOutNamespace, Name: name}}
	dialOut.Spec = v1alpha1.DialOutSpec{
		CallTemplate: v1alpha1.CallTemplate{Spec: v1alpha1.CallTemplateSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: "acs"}, Flow: &v1alpha1.FlowUse{Name: dialOutFlow},
		}},
		From: []v1alpha1.PhoneNumber{caller}, Parallelism: ptr.To[int32](50), CallsPerSecond: ptr.To(dialOutPace),
		Attempts: &v1alpha1.DialOutAttempts{Limit: ptr.To[int32](attemptsKept)},
	}
	const header = "name,phoneNumber,timeZone,who,when\n"
	var objects []client.Object
	list := strings.Builder{}
	flush := func() {
		part := fmt.Sprintf("%s-%d", name, len(objects))
		objects = append(objects, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: dialOutNamespace, Name: part}, Data: map[string]string{"list.csv": header + list.String()},
		})
		source := v1alpha1.TargetsSource{ConfigMapKeyRef: &v1alpha1.KeyReference{Name: part, Key: "list.csv"}}
		dialOut.Spec.TargetsFrom = append(dialOut.Spec.TargetsFrom, source)
		list.Reset()
	}
	for n := range targets {
		number := brief(int64(n))
		if n >= briefNumbers {
			number = long(int64(n))
		}
		fmt.Fprintf(&list, "target-%06d,%s,Europe/London,Patient number %d,on Monday at half past ten\n", n, number, n)
		if list.Len() >= listBytes {
			flush()
		}
	}
	if list.Len() > 0 {
		flush()
	}
	return dialOut, b.createAll(ctx, objects)
}

// fillResults writes results as if every target from the first one on had been called as often as results tell.
func (b *bench) fillResults(ctx context.Context, dialOut *v1alpha1.DialOut, first int) error {
	index := 0
	for chunk := range int(dialOut.Status.Targets.Chunks) {
		results := &corev1.ConfigMap{}
		key := client.ObjectKey{Namespace: dialOut.Namespace, Name: dialout.ResultsName(dialOut.Name, dialOut.Status.Targets.Hash, chunk)}
		if err := b.client.Get(ctx, key, results); err != nil {
			return fmt.Errorf("read results: %w", err)
		}
		lines, err := dialout.DecodeLines([]byte(results.Data[dialout.ResultsKey]))
		if err != nil {
			return err
		}
		for i := range lines {
			if index >= first {
				lines[i] = calledOften(dialOut, index)
			}
			index++
		}
		results.Data[dialout.ResultsKey] = string(dialout.EncodeLines(lines))
		if err := b.client.Update(ctx, results); err != nil {
			return fmt.Errorf("write results: %w", err)
		}
	}
	return nil
}

// calledOften is the line of a target that was called so often that no more attempts are kept.
func calledOften(dialOut *v1alpha1.DialOut, index int) dialout.Line {
	line := dialout.Line{State: dialout.Done, Calls: attemptsKept, Counted: attemptsKept, From: caller}
	for n := range attemptsKept {
		start := dialOut.CreationTimestamp.Add(time.Duration(n-attemptsKept)*time.Hour + time.Duration(index)*time.Millisecond).UTC()
		line.Start, line.StartSeconds = &start, 60
		line.Attempts = append(line.Attempts, dialout.Attempt{
			Call:  dialout.CallName(dialOut.Name, dialOut.UID, index, fmt.Sprintf("target-%06d", index), n+1),
			Start: start, Connected: ptr.To(start.Add(time.Second)), End: start.Add(time.Minute),
			Outcome: string(v1alpha1.OutcomeCompleted), FlowOutcome: "reminded",
		})
	}
	return line
}

func (b *bench) suspend(ctx context.Context, dialOut *v1alpha1.DialOut, suspend bool) error {
	patch := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"spec": {"suspend": %t}}`, suspend))
	if err := b.client.Patch(ctx, dialOut, patch); err != nil {
		return fmt.Errorf("suspend or resume a DialOut: %w", err)
	}
	return nil
}

func (b *bench) awaitDone(ctx context.Context, dialOut *v1alpha1.DialOut, done int) error {
	return b.awaitDialOut(ctx, dialOut, func(status *v1alpha1.DialOutStatus) bool { return int(status.Counts.Done) >= done })
}

// awaitDialOut reads a DialOut until cond holds.
func (b *bench) awaitDialOut(ctx context.Context, dialOut *v1alpha1.DialOut, cond func(*v1alpha1.DialOutStatus) bool) error {
	for late := time.Now().Add(patience); ; {
		if err := b.client.Get(ctx, client.ObjectKeyFromObject(dialOut), dialOut); err != nil {
			return fmt.Errorf("read a DialOut: %w", err)
		}
		switch {
		case cond(&dialOut.Status):
			return nil
		case time.Now().After(late):
			return fmt.Errorf("the DialOut did not get as far as it was to: %+v", dialOut.Status)
		}
		if err := sleepUntil(ctx, time.Now().Add(100*time.Millisecond)); err != nil {
			return err
		}
	}
}
