// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// created is an object of the test's own as the API server stored it.
func created(t *testing.T, kind, name, spec string) *unstructured.Unstructured {
	t.Helper()
	made := object(t, kind, name, spec)
	// Nobody can claim a state by creating an object.
	made.Object["status"] = map[string]any{"observedGeneration": int64(7)}
	if err := plane.Client.Create(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	return made
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, reason, kind, spec, want string }{
		{
			"route-defaults", "priority 0, no reason told, the public cloud", "CallRoute",
			"{providerRef: {name: acs}, match: {to: [{exact: {teamsUser: {userID: a}}}], from: [{exact: {teamsApp: {appID: b}}}]}, action: {reject: {}}}",
			"{providerRef: {name: acs}, priority: 0, match: {to: [{exact: {teamsUser: {userID: a, cloud: Public}}}], from: [{exact: {teamsApp: {appID: b, cloud: Public}}}]}, action: {reject: {reason: None}}}",
		},
		{
			"redirect-defaults", "the public cloud", "CallRoute",
			"{providerRef: {name: acs}, priority: 3, action: {redirect: {to: {teamsExtensionUser: {userID: u, tenantID: t, resourceID: r}}}}}",
			"{providerRef: {name: acs}, priority: 3, action: {redirect: {to: {teamsExtensionUser: {userID: u, tenantID: t, resourceID: r, cloud: Public}}}}}",
		},
		{
			"move-defaults", "five minutes, and kept until somebody deletes it", "ParticipantMove",
			"{from: {name: a}, to: {name: b}, participants: [{teamsUser: {userID: u}}]}",
			"{from: {name: a}, to: {name: b}, participants: [{teamsUser: {userID: u, cloud: Public}}], timeout: 5m}",
		},
		{
			"action-defaults", "five minutes to be sent, ten for the report, and one key within five seconds", "CallAction",
			"{call: {name: a}, recognize: {tones: {}}}",
			"{call: {name: a}, recognize: {tones: {max: 1, interToneTimeoutSeconds: 2}, initialSilenceTimeoutSeconds: 5}, startingDeadlineSeconds: 300, timeout: 10m}",
		},
		{
			"recording-defaults", "it starts", "CallAction",
			"{call: {name: a}, record: {}}", "{call: {name: a}, record: {command: Start}, startingDeadlineSeconds: 300, timeout: 10m}",
		},
		{
			"provider-defaults", "incoming calls have no defaults of their own: those of a Call apply", "CallProvider",
			"{acs: {apiVersion: 2026-03-12, connectionStringSecretRef: {name: s, key: k}}, callbackURL: 'https://calls.example.com', incomingCalls: {}}",
			"{acs: {apiVersion: 2026-03-12, connectionStringSecretRef: {name: s, key: k}}, callbackURL: 'https://calls.example.com', incomingCalls: {}}",
		},
		{
			"asterisk-defaults", "the application of the dialplan in the documentation, and no callback URL", "CallProvider",
			"{asterisk: {url: 'https://pbx.example.com:8089/ari', credentialsSecretRef: {name: pbx}, endpoint: PJSIP/$(number)@trunk}}",
			"{asterisk: {url: 'https://pbx.example.com:8089/ari', credentialsSecretRef: {name: pbx}, application: call-operator, endpoint: PJSIP/$(number)@trunk}}",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			made := created(t, c.kind, c.name, c.spec)
			if diff := cmp.Diff(parse(t, c.want), made.Object["spec"], numbers); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			want := map[string]any{"observedGeneration": int64(-1)}
			if diff := cmp.Diff(want, made.Object["status"], numbers); diff != "" {
				t.Errorf("an object that nobody has looked at is never taken for healthy (-want +got):\n%s", diff)
			}
		})
	}
}

// numbers compares numbers as JSON has them: of one type.
var numbers = cmp.FilterValues(func(a, b any) bool { return isNumber(a) && isNumber(b) }, cmp.Comparer(func(a, b any) bool {
	return asFloat(a) == asFloat(b)
}))

func isNumber(v any) bool {
	switch v.(type) {
	case int64, float64:
		return true
	default:
		return false
	}
}

func asFloat(v any) float64 {
	if whole, ok := v.(int64); ok {
		return float64(whole)
	}
	return v.(float64)
}

// TestAMoveCannotChange tries each field of a move's spec.
func TestAMoveCannotChange(t *testing.T) {
	t.Parallel()
	made := created(t, "ParticipantMove", "immutable", moving(", timeout: 10m, ttlSecondsAfterFinished: 60"))
	made.SetLabels(map[string]string{"a": "b"})
	if err := plane.Client.Update(t.Context(), made); err != nil {
		t.Errorf("labels are no part of the spec: %v", err)
	}
	cases := []struct{ name, spec string }{
		{"from", "{from: {name: c}, to: {name: b}, participants: [{phoneNumber: '+14255550123'}], timeout: 10m, ttlSecondsAfterFinished: 60}"},
		{"from, by labels", "{from: {selector: {}}, to: {name: b}, participants: [{phoneNumber: '+14255550123'}], timeout: 10m, ttlSecondsAfterFinished: 60}"},
		{"to", "{from: {name: a}, to: {name: c}, participants: [{phoneNumber: '+14255550123'}], timeout: 10m, ttlSecondsAfterFinished: 60}"},
		{"participants", "{from: {name: a}, to: {name: b}, participants: [{phoneNumber: '+14255550124'}], timeout: 10m, ttlSecondsAfterFinished: 60}"},
		{"one more participant", "{from: {name: a}, to: {name: b}, participants: [{phoneNumber: '+14255550123'}, {phoneNumber: '+14255550124'}], timeout: 10m, ttlSecondsAfterFinished: 60}"},
		{"timeout", moving(", timeout: 11m, ttlSecondsAfterFinished: 60")},
		{"timeout left out", moving(", ttlSecondsAfterFinished: 60")},
		{"timeout written otherwise", moving(", timeout: 600s, ttlSecondsAfterFinished: 60")},
		{"time to live", moving(", timeout: 10m, ttlSecondsAfterFinished: 61")},
		{"time to live left out", moving(", timeout: 10m")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			changed := made.DeepCopy()
			changed.Object["spec"] = parse(t, c.spec)
			err := plane.Client.Update(t.Context(), changed, client.DryRunAll)
			checkVerdict(t, "what is done once cannot change", err, "a move cannot change: create a new ParticipantMove")
		})
	}
}

// TestAMoveIsAppliedAgain: Git applies the same manifest over and over, with and without what has a default.
func TestAMoveIsAppliedAgain(t *testing.T) {
	t.Parallel()
	person := func(more string) string {
		return "{from: {name: a}, to: {name: b}, participants: [{teamsUser: {userID: u" + more + "}}]"
	}
	bare, whole := person("")+"}", person(", cloud: Public")+", timeout: 5m}"
	var stored *unstructured.Unstructured
	for _, manifest := range []string{bare, bare, whole, whole, bare, person("") + ", timeout: 5m}", bare} {
		applied := object(t, "ParticipantMove", "again", manifest)
		err := plane.Client.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(applied), client.FieldOwner("git"))
		if err != nil {
			t.Fatalf("%s is refused: %v", manifest, err)
		}
		if stored != nil {
			if diff := cmp.Diff(stored.Object["spec"], applied.Object["spec"]); diff != "" || applied.GetGeneration() != 1 {
				t.Errorf("%s changed the spec, now of generation %d (-before +after):\n%s", manifest, applied.GetGeneration(), diff)
			}
		}
		stored = applied
	}
	// The same with kubectl, which merges with the last-applied configuration.
	for i, manifest := range []string{moving(""), moving(""), moving(", timeout: 5m"), moving("")} {
		text := "{apiVersion: call-operator.dev/v1alpha1, kind: ParticipantMove, metadata: {name: by-kubectl, namespace: default}, spec: " + manifest + "}"
		said := kubectl(t, "default", text, "apply", "-f", "-")
		if i == 1 && !strings.Contains(said, "unchanged") {
			t.Errorf("the same manifest again: %s", said)
		}
	}
	if generation := kubectl(t, "default", "", "get", "pmove", "by-kubectl", "-o", "jsonpath={.metadata.generation}"); generation != "1" {
		t.Errorf("kubectl changed the spec, now of generation %s", generation)
	}
}

// TestARouteMayChange: calls that it has taken keep a copy.
func TestARouteMayChange(t *testing.T) {
	t.Parallel()
	made := created(t, "CallRoute", "changes", acting("{answer: {}}"))
	made.Object["spec"] = parse(t, "{providerRef: {name: other}, priority: 5, match: {from: [{kind: Anonymous}]}, action: {reject: {reason: Busy}}}")
	if err := plane.Client.Update(t.Context(), made); err != nil {
		t.Error(err)
	}
	if made.GetGeneration() != 2 {
		t.Errorf("generation %d", made.GetGeneration())
	}
}

// status is a status as a controller may try to write it.
type status struct{ name, reason, status, want string }

func TestRouteStatus(t *testing.T) {
	t.Parallel()
	names := func(n int, name string) string {
		return "{observedGeneration: 1, recentCalls: " + times(n, name) + "}"
	}
	judgeStatus(t, created(t, "CallRoute", "status", acting("{answer: {}}")), []status{
		{"all", "what a controller writes", "{observedGeneration: 1, callsTaken: 3, lastTakenTime: '2026-11-23T12:00:00Z', recentCalls: [a, b]}", ""},
		{"10 recent calls", "the bound is allowed", names(10, "a"), ""},
		{"11 recent calls", "status stays small", names(11, "a"), "must have at most 10 items"},
		{"call without a name", "no Call has it", names(1, "''"), "status.recentCalls[0]"},
		{"call with a long name", "no Call has it", names(1, strings.Repeat("a", 254)), "status.recentCalls[0]: Too long"},
	})
}

func TestMoveStatus(t *testing.T) {
	t.Parallel()
	const wait, result = "{observedGeneration: 1, waiting: {reason: R, since: '2026-11-23T12:00:00Z'", "{observedGeneration: 1, result: {endTime: '2026-11-23T12:00:00Z', outcome: "
	someone := func(id, state string) string {
		return "{observedGeneration: 1, participants: [{rawID: '" + id + "', state: " + state + "}]}"
	}
	var crowd []string
	for i := range 21 {
		crowd = append(crowd, "{rawID: '4:+142555501"+string(rune('a'+i))+"', state: Moved}")
	}
	many := func(n int) string {
		return "{observedGeneration: 1, participants: [" + strings.Join(crowd[:n], ", ") + "]}"
	}
	cases := []status{
		{
			"all", "what a controller writes", `{observedGeneration: 1, phase: Moving, accepted: true, moved: 1/2, from: {name: a, connectionID: c}, to: {name: b, connectionID: d},
			  attempt: {id: x, firstSent: '2026-11-23T12:00:00Z'}, participants: [{rawID: '4:+14255550123', state: Failed, code: 400, subCode: 8522, message: m}]}`, "",
		},
		{"unknown phase", "misspelt", "{observedGeneration: 1, phase: Moved}", "status.phase: Unsupported value"},
		{"waits", "for a reason", wait + ", message: m}}", ""},
		{"waits with a long message", "status stays small", wait + ", message: " + strings.Repeat("m", 1025) + "}}", "status.waiting.message: Too long"},
		{"unknown outcome", "misspelt", result + "Done}}", "status.result.outcome: Unsupported value"},
		{"long message", "status stays small", result + "Moved, message: " + strings.Repeat("m", 1025) + "}}", "status.result.message: Too long"},
		{"unknown state", "misspelt", someone("4:+14255550123", "Gone"), "status.participants[0].state: Unsupported value"},
		{"nobody", "who was moved?", someone("", "Moved"), "status.participants[0].rawID"},
		{"longest raw ID", "that of a Teams extension user", someone("8:acs:"+strings.Repeat("x", 506), "Moved"), ""},
		{"too long a raw ID", "status stays small", someone(strings.Repeat("x", 513), "Moved"), "rawID: Too long"},
		{"20", "as many as a move may have", many(20), ""},
		{"21", "as many as a move may have", many(21), "must have at most 20 items"},
		{"one twice", "a participant has one end", "{observedGeneration: 1, participants: [" + crowd[0] + ", " + crowd[0] + "]}", "Duplicate value"},
		{"from without a connection", "it names a call of the service", "{observedGeneration: 1, from: {name: a}}", "status.from.connectionID: Required value"},
		{"attempt without an ID", "it is what a repetition repeats", "{observedGeneration: 1, attempt: {firstSent: '2026-11-23T12:00:00Z'}}", "status.attempt.id: Required value"},
	}
	for _, outcome := range []string{"Moved", "PartlyMoved", "Failed", "TimedOut", "OutcomeUnknown"} {
		cases = append(cases, status{"outcome " + outcome, "every outcome", result + outcome + "}}", ""})
	}
	for _, state := range []string{"Pending", "Moved", "Failed", "Unknown"} {
		cases = append(cases, status{"state " + state, "every state", someone("4:+14255550123", state), ""})
	}
	judgeStatus(t, created(t, "ParticipantMove", "status", moving("")), cases)
}

// judgeStatus asks the API server about each status, without writing it.
func judgeStatus(t *testing.T, made *unstructured.Unstructured, cases []status) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			changed := made.DeepCopy()
			changed.Object["status"] = parse(t, c.status)
			checkVerdict(t, c.reason, plane.Client.Status().Update(t.Context(), changed, client.DryRunAll), c.want)
		})
	}
}
