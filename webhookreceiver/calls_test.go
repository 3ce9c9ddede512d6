// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/telephony"
)

var callResource = schema.GroupResource{Group: "call-operator.dev", Resource: "calls"}

// Status writes with concurrent writers and stale caches.
func TestWrite(t *testing.T) {
	observed := func(to string) callstatus.Fact {
		return callstatus.Observed{Generation: 1, To: to, At: time.Unix(1000, 0)}
	}
	tests := []struct {
		name, reason string
		object       *v1alpha1.Call
		// afterCaching comes between the cache's view and the callback.
		afterCaching func(*fixture)
		// onWrite comes before the nth write, from 1.
		onWrite func(f *fixture, n int32) error
		body    string

		code              int
		want              string
		writes, liveReads int32
		conflicts         float64
		phase             v1alpha1.CallPhase
	}{{
		name: "GoodPath", reason: "one write and nothing else",
		object: dialing(), body: batch(t, connected("1")),
		code: 200, want: "recorded", writes: 1, phase: v1alpha1.CallPhaseConnected,
	}, {
		name: "SeveralEvents", reason: "the events of one callback are one write",
		object: dialing(), body: batch(t, connected("1"), roster("2", 1), disconnected("3")),
		code: 200, want: "recorded", writes: 1, phase: v1alpha1.CallPhaseEnded,
	}, {
		name: "CacheLagsBehindIntent", reason: "before the manager's note that it dials, the event looked like nothing: the cache alone proves nothing",
		object:       pending(),
		afterCaching: func(f *fixture) { f.tell(intended()) },
		body:         batch(t, connected("1")),
		code:         200, want: "recorded", writes: 1, liveReads: 1, phase: v1alpha1.CallPhaseConnected,
	}, {
		name: "OldNewsProved", reason: "old news is acknowledged after a live read, without a write",
		object: pending(), body: batch(t, connected("1")),
		code: 200, want: "old_news", liveReads: 1, phase: v1alpha1.CallPhasePending,
	}, {
		name: "ForeignConnection", reason: "another call's events change nothing",
		object: told(dialing(), callstatus.Placed{
			Call: telephony.CallIDs{Connection: "another"}, At: time.Unix(1000, 0),
		}),
		body: batch(t, connected("1")),
		code: 200, want: "old_news", liveReads: 1, phase: v1alpha1.CallPhaseDialing,
	}, {
		name: "StaleCacheConflicts", reason: "the write loses, and is done again on what is true",
		object:       dialing(),
		afterCaching: func(f *fixture) { f.tell(observed(callee)) },
		body:         batch(t, connected("1")),
		code:         200, want: "recorded", writes: 2, liveReads: 1, conflicts: 1, phase: v1alpha1.CallPhaseConnected,
	}, {
		name: "ManagerWritesMeanwhile", reason: "three conflicts in a row are ordinary",
		object: dialing(),
		onWrite: func(f *fixture, n int32) error {
			if n <= 3 {
				f.tell(observed(strings.Repeat("x", int(n))))
			}
			return nil
		},
		body: batch(t, connected("1")),
		code: 200, want: "recorded", writes: 4, liveReads: 3, conflicts: 3, phase: v1alpha1.CallPhaseConnected,
	}, {
		name: "AnotherReplicaWrote", reason: "the conflict shows that the other replica had the same event",
		object: dialing(),
		onWrite: func(f *fixture, _ int32) error {
			f.tell(reported(t, connected("1")))
			return nil
		},
		body: batch(t, connected("1")),
		code: 200, want: "old_news", writes: 1, liveReads: 1, conflicts: 1, phase: v1alpha1.CallPhaseConnected,
	}, {
		name: "EndedMeanwhile", reason: "what ended stays ended",
		object: dialing(),
		onWrite: func(f *fixture, _ int32) error {
			f.tell(reported(t, connected("8")))
			f.tell(reported(t, disconnected("9")))
			return nil
		},
		body: batch(t, connected("1")),
		code: 200, want: "old_news", writes: 1, liveReads: 1, conflicts: 1, phase: v1alpha1.CallPhaseEnded,
	}, {
		name: "APIServerRestarts", reason: "an API server that comes back in time costs the sender nothing",
		object: dialing(),
		onWrite: func(_ *fixture, n int32) error {
			if n <= 2 {
				return errDown
			}
			return nil
		},
		body: batch(t, connected("1")),
		code: 200, want: "recorded", writes: 3, liveReads: 2, phase: v1alpha1.CallPhaseConnected,
	}, {
		name: "WrittenAnswerLost", reason: "a write whose answer was lost is found out and not done twice",
		object: dialing(),
		onWrite: func(f *fixture, _ int32) error {
			f.tell(reported(t, connected("1")))
			return errDown
		},
		body: batch(t, connected("1")),
		code: 200, want: "old_news", writes: 1, liveReads: 1, phase: v1alpha1.CallPhaseConnected,
	}, {
		name: "Throttled", reason: "an API server that asks to slow down is asked again",
		object: dialing(),
		onWrite: func(_ *fixture, n int32) error {
			if n == 1 {
				return apierrors.NewTooManyRequests("later", 1)
			}
			return nil
		},
		body: batch(t, connected("1")),
		code: 200, want: "recorded", writes: 2, liveReads: 1, phase: v1alpha1.CallPhaseConnected,
	}, {
		name: "Invalid", reason: "what the API server will never take is not tried again",
		object: dialing(),
		onWrite: func(*fixture, int32) error {
			return apierrors.NewInvalid(schema.GroupKind{Kind: "Call"}, "call", nil)
		},
		body: batch(t, connected("1")),
		code: 500, want: "api_refused", writes: 1, phase: v1alpha1.CallPhaseDialing,
	}}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := newFixture(t, []client.Object{tc.object, provider("")})
			f.batcher.timeout = 5 * time.Second
			f.freezeCache()
			if tc.afterCaching != nil {
				tc.afterCaching(f)
			}
			f.onWrite = func(*v1alpha1.Call) error {
				if tc.onWrite == nil {
					return nil
				}
				return tc.onWrite(f, f.writes.Load())
			}
			code, reason := f.post(tc.body)
			if code != tc.code || reason != tc.want {
				t.Errorf("%s: answer %d %s, want %d %s", tc.reason, code, reason, tc.code, tc.want)
			}
			if w, r := f.writes.Load(), f.liveReads.Load(); w != tc.writes || r != tc.liveReads {
				t.Errorf("%s: %d writes and %d live reads, want %d and %d", tc.reason, w, r, tc.writes, tc.liveReads)
			}
			if c := f.metric("call_operator_receiver_write_conflicts_total"); c != tc.conflicts {
				t.Errorf("%s: %v conflicts counted, want %v", tc.reason, c, tc.conflicts)
			}
			if phase := f.status().Phase; phase != tc.phase {
				t.Errorf("%s: the phase is %s, want %s", tc.reason, phase, tc.phase)
			}
		})
	}
}

// A Call that disappears between look-up and write is gone, not an error.
func TestDeletedDuringWrite(t *testing.T) {
	f := newFixture(t, []client.Object{dialing(), provider("")})
	f.freezeCache()
	f.onWrite = func(*v1alpha1.Call) error { return f.api.Delete(t.Context(), dialing()) }
	if code, reason := f.post(batch(t, connected("1"))); code != http.StatusOK || reason != "gone" {
		t.Errorf("answer %d %s, want 200 gone", code, reason)
	}
}

// The next event of a call finds what the last one wrote, although the cache has not heard of it.
func TestCacheLagsBehindOwnWrite(t *testing.T) {
	f := newFixture(t, []client.Object{dialing(), provider("")})
	f.freezeCache()
	for _, body := range []string{batch(t, connected("1")), batch(t, roster("2", 1)), batch(t, disconnected("3"))} {
		if code, reason := f.post(body); code != http.StatusOK || reason != "recorded" {
			t.Errorf("answer %d %s, want 200 recorded", code, reason)
		}
	}
	if w, r := f.writes.Load(), f.liveReads.Load(); w != 3 || r != 0 {
		t.Errorf("three callbacks caused %d writes and %d live reads, want 3 and 0", w, r)
	}
}

// The status is the only thing that a write changes; see the comment on update.
func TestWriteLeavesSpecAlone(t *testing.T) {
	call := dialing()
	call.Annotations = map[string]string{"team": "a"}
	f := newFixture(t, []client.Object{call, provider("")})
	f.onWrite = func(written *v1alpha1.Call) error {
		if written.ResourceVersion == "" {
			t.Error("the write carries no resourceVersion: it would overwrite whatever it meets")
		}
		return nil
	}
	f.post(batch(t, connected("1")))
	after := &v1alpha1.Call{}
	if err := f.api.Get(t.Context(), client.ObjectKeyFromObject(call), after); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(call.Spec, after.Spec); diff != "" {
		t.Errorf("the spec changed (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(call.Annotations, after.Annotations); diff != "" {
		t.Errorf("the annotations changed (-want +got)\n%s", diff)
	}
}

func TestAnnouncements(t *testing.T) {
	tests := []struct {
		name, reason string
		onWrite      func(*v1alpha1.Call) error
		bodies       []string
		want         []string
	}{
		{name: "Once", reason: "a change is announced once, a repetition not at all",
			bodies: []string{batch(t, connected("1")), batch(t, connected("1"))},
			want:   []string{"Normal Connected"}},
		{name: "OneWrite", reason: "both changes of one write are announced",
			bodies: []string{batch(t, connected("1"), disconnected("2"))},
			want:   []string{"Normal Connected", "Normal Completed"}},
		{name: "NotWritten", reason: "what is not in the API server is not announced",
			onWrite: func(*v1alpha1.Call) error { return errDown }, bodies: []string{batch(t, connected("1"))}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := newFixture(t, []client.Object{dialing(), provider("")})
			f.onWrite, f.batcher.timeout = tc.onWrite, 50*time.Millisecond
			for _, body := range tc.bodies {
				f.post(body)
			}
			close(f.events.Events)
			var got []string
			for event := range f.events.Events {
				got = append(got, strings.Join(strings.Fields(event)[:2], " "))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tc.reason, diff)
			}
		})
	}
}

func TestRecentWrites(t *testing.T) {
	version := func(v string) *v1alpha1.Call {
		return &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{UID: callUID, ResourceVersion: v}}
	}
	other := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{UID: "other", ResourceVersion: "99"}}
	tests := []struct {
		name, reason string
		written      []*v1alpha1.Call
		later        time.Duration
		cached, want string
		kept         int
	}{
		{name: "Nothing", reason: "without a write there is the cache", cached: "5", want: "5"},
		{name: "CacheBehind", reason: "the own write is newer", written: []*v1alpha1.Call{version("7")}, cached: "5", want: "7", kept: 1},
		{name: "CacheAhead", reason: "somebody else wrote later", written: []*v1alpha1.Call{version("7")}, cached: "10", want: "10", kept: 1},
		{name: "Twice", reason: "the last write counts", written: []*v1alpha1.Call{version("7"), version("9")}, cached: "5", want: "9", kept: 1},
		{name: "OtherObject", reason: "another object's write says nothing", written: []*v1alpha1.Call{other}, cached: "5", want: "5", kept: 1},
		{name: "LongAgo", reason: "the cache has caught up by now, and memory is bounded",
			written: []*v1alpha1.Call{version("7"), version("9"), other}, later: recentFor + time.Second, cached: "5", want: "5"},
		{name: "NoNumber", reason: "versions that cannot be compared prove nothing", written: []*v1alpha1.Call{version("x")}, cached: "5", want: "5", kept: 1},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			now := time.Unix(1000, 0)
			r := newRecentWrites[*v1alpha1.Call](func() time.Time { return now })
			for _, call := range tc.written {
				r.put(call)
			}
			now = now.Add(tc.later)
			if got := r.newest(version(tc.cached)).ResourceVersion; got != tc.want {
				t.Errorf("%s: version %s, want %s", tc.reason, got, tc.want)
			}
			if len(r.writes) != tc.kept {
				t.Errorf("%s: %d objects kept, want %d", tc.reason, len(r.writes), tc.kept)
			}
		})
	}
}

// The values that the API server repeats in its errors stay out of the log.
func TestDescribe(t *testing.T) {
	invalid := apierrors.NewInvalid(schema.GroupKind{Kind: "Call"}, "call", field.ErrorList{
		field.Invalid(field.NewPath("status", "participants").Index(0).Child("rawID"), "4:"+callee, "too long"),
	})
	tests := []struct {
		name, reason string
		err          error
		want         string
	}{
		{name: "Invalid", reason: "the field is named, its value is not", err: invalid,
			want: "the API server answered 422 Invalid: status.participants[0].rawID (FieldValueInvalid)"},
		{name: "Wrapped", reason: "wrapping shows nothing more", err: errors.Join(errors.New("reading"), apierrors.NewConflict(callResource, "call", nil)),
			want: "the API server answered 409 Conflict"},
		{name: "Network", reason: "a network error tells nothing secret", err: errDown, want: "connection refused"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, describe(tc.err)); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tc.reason, diff)
			}
		})
	}
}
