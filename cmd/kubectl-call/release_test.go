// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// deletable is the metadata of an object with a finalizer; gone says that it is being deleted.
func deletable(namespace, name, finalizer string, gone bool) metav1.ObjectMeta {
	m := metav1.ObjectMeta{Namespace: namespace, Name: name, Finalizers: []string{finalizer}}
	if gone {
		m.DeletionTimestamp = ptr.To(metav1.Now())
	}
	return m
}

func lease(renewed time.Time, holder string) *coordinationv1.Lease {
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: "call-operator-system", Name: "manager.call-operator.dev"},
		Spec: coordinationv1.LeaseSpec{
			HolderIdentity: &holder, RenewTime: ptr.To(metav1.NewMicroTime(renewed)), LeaseDurationSeconds: ptr.To[int32](15),
		},
	}
}

func TestRelease(t *testing.T) {
	live := &v1alpha1.Call{ObjectMeta: deletable("team-a", "live", v1alpha1.CallFinalizer, true),
		Status: v1alpha1.CallStatus{Phase: v1alpha1.CallPhaseConnected, ConnectionID: "connection-1"}}
	tests := []struct {
		name, reason string
		args         []string
		objects      []client.Object
		failing      map[string]error
		want         []string
		wantErr      string
	}{
		{name: "Live", reason: "a person has to know what was not hung up", objects: []client.Object{live},
			want: []string{"Removed the finalizer of Call team-a/live. Its call may still be active; its ID at the service is connection-1."}},
		{name: "Over", reason: "an ended call is over", objects: []client.Object{&v1alpha1.Call{ObjectMeta: deletable("team-a", "over", v1alpha1.CallFinalizer, true),
			Status: v1alpha1.CallStatus{Phase: v1alpha1.CallPhaseEnded, ConnectionID: "connection-2"}}},
			want: []string{"Removed the finalizer of Call team-a/over."}},
		{name: "OtherKinds", reason: "each kind with a finalizer of ours holds up an uninstall", objects: []client.Object{
			&v1alpha1.ParticipantMove{ObjectMeta: deletable("team-a", "move", v1alpha1.ParticipantMoveFinalizer, true)},
			&v1alpha1.CallProvider{ObjectMeta: deletable("team-a", "acs", v1alpha1.CallProviderFinalizer, true)}},
			want: []string{"Removed the finalizer of ParticipantMove team-a/move.", "Removed the finalizer of CallProvider team-a/acs."}},
		{name: "NotDeleted", reason: "what nobody deleted keeps its finalizer", objects: []client.Object{
			&v1alpha1.Call{ObjectMeta: deletable("team-a", "kept", v1alpha1.CallFinalizer, false)}},
			want: []string{"No deleted object has a finalizer of call-operator."}},
		{name: "OthersFinalizer", reason: "somebody else's finalizer is somebody else's", objects: []client.Object{
			&v1alpha1.Call{ObjectMeta: deletable("team-a", "held", "example.com/theirs", true)}},
			want: []string{"No deleted object has a finalizer of call-operator."}},
		{name: "OtherNamespace", reason: "without -A, only the current namespace", objects: []client.Object{
			&v1alpha1.Call{ObjectMeta: deletable("team-b", "there", v1alpha1.CallFinalizer, true)}},
			want: []string{"No deleted object has a finalizer of call-operator."}},
		{name: "AllNamespaces", reason: "an uninstall concerns all of them", args: []string{"-A"}, objects: []client.Object{
			&v1alpha1.Call{ObjectMeta: deletable("team-b", "there", v1alpha1.CallFinalizer, true)}},
			want: []string{"Removed the finalizer of Call team-b/there."}},
		{name: "CRDGone", reason: "a CRD without objects is gone first", objects: []client.Object{live},
			failing: map[string]error{"*v1alpha1.ParticipantMoveList": &meta.NoKindMatchError{}},
			want:    []string{"Removed the finalizer of Call team-a/live. Its call may still be active; its ID at the service is connection-1."}},
		{name: "NoAnswer", reason: "what could not be looked at may be waiting", objects: []client.Object{live},
			failing: map[string]error{"*v1alpha1.CallList": errors.New("no route to host")}, wantErr: "listing deleted objects: no route to host"},
		{name: "AtWork", reason: "an active manager hangs up before it removes the finalizer", objects: []client.Object{live, lease(time.Now(), "manager-1")}, wantErr: "manager-1 is active"},
		{name: "LeaseRanOut", reason: "a manager that was killed does not come back by itself", objects: []client.Object{live, lease(time.Now().Add(-time.Minute), "manager-1")},
			want: []string{"Removed the finalizer of Call team-a/live. Its call may still be active; its ID at the service is connection-1."}},
		{name: "LeaseGivenBack", reason: "a manager that stopped has no holder", objects: []client.Object{live, lease(time.Now(), "")},
			want: []string{"Removed the finalizer of Call team-a/live. Its call may still be active; its ID at the service is connection-1."}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var hosts []string
			k := testKube(t, &hosts, tc.failing, tc.objects...)
			var out, errOut bytes.Buffer
			args := append([]string{"release", "--kubeconfig", writeFile(t, []byte(kubeconfig))}, tc.args...)
			code := run(t.Context(), k, args, &out, &errOut)
			if tc.wantErr != "" {
				if code == 0 || !strings.Contains(errOut.String(), tc.wantErr) {
					t.Errorf("%s: exit code %d, error %q, want %q", tc.reason, code, errOut.String(), tc.wantErr)
				}
				return
			}
			if code != 0 {
				t.Fatalf("%s: %s", tc.reason, errOut.String())
			}
			if diff := cmp.Diff(tc.want, strings.Split(strings.TrimSpace(out.String()), "\n")); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tc.reason, diff)
			}
		})
	}
}
