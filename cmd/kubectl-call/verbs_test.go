// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

var (
	plane  *harness.Plane
	update = flag.Bool("update", false, "write the golden files anew")
)

func TestMain(m *testing.M) { harness.Main(m, &plane) }

// person is somebody who types commands in a namespace.
type person struct {
	t          *testing.T
	kubeconfig string
	namespace  string
}

func newPerson(t *testing.T, namespace, user string, groups ...string) *person {
	t.Helper()
	kubeconfig, err := plane.Kubeconfig(user, groups...)
	if err != nil {
		t.Fatal(err)
	}
	return &person{t: t, kubeconfig: writeFile(t, kubeconfig), namespace: namespace}
}

// typed runs a command to its end.
func (p *person) typed(args ...string) (out, errOut string, code int) {
	p.t.Helper()
	return p.typedFor(p.t.Context(), args...)
}

func (p *person) typedFor(ctx context.Context, args ...string) (out, errOut string, code int) {
	var outText, errText strings.Builder
	code = run(ctx, newKube(), append([]string{"--kubeconfig", p.kubeconfig, "-n", p.namespace}, args...), &outText, &errText)
	return outText.String(), errText.String(), code
}

// well runs a command that has to succeed.
func (p *person) well(args ...string) string {
	p.t.Helper()
	out, errOut, code := p.typed(args...)
	if code != 0 {
		p.t.Fatalf("kubectl call %s: exit code %d, %s%s", strings.Join(args, " "), code, out, errOut)
	}
	return out
}

// refused runs a command that has to fail with a text.
func (p *person) refused(reason, want string, args ...string) {
	p.t.Helper()
	out, errOut, code := p.typed(args...)
	if code == 0 || !strings.Contains(errOut, want) {
		p.t.Errorf("%s: kubectl call %s: exit code %d, %s%s\nwant an error with %q", reason, strings.Join(args, " "), code, out, errOut, want)
	}
}

// tells finds lines with a source and a text in the output of a command, in whatever order: much happens in one second.
func (p *person) tells(line string, want ...string) {
	p.t.Helper()
	out := p.well(strings.Fields(line)...)
	for i := 0; i < len(want); i += 2 {
		if !regexp.MustCompile(`(?m)^20[^ ]+Z +` + want[i] + ` +.*` + regexp.QuoteMeta(want[i+1])).MatchString(out) {
			p.t.Errorf("kubectl call %s says nothing of %q as %s:\n%s", line, want[i+1], want[i], out)
		}
	}
}

// Values that differ from run to run, and their placeholders in golden files.
var changing = []struct {
	pattern *regexp.Regexp
	stands  string
}{
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "ID"},
	{regexp.MustCompile(`20[0-9]{2}-[0-9-]+T[0-9:]+Z`), "TIME"},
	{regexp.MustCompile(`\b[0-9]+m?s\b`), "5s"},
	{regexp.MustCompile(`test-[a-z0-9]{5}`), "NAMESPACE"},
	{regexp.MustCompile(`127\.0\.0\.1:[0-9]+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`((?:move|say|ask|add|remove|hold|tones|stop-media)-[a-z0-9-]+)-[a-z0-9]{5}\b`), "$1-XXXXX"},
	{regexp.MustCompile(`  +`), "  "},
}

// golden compares an output with what is kept of it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	for _, c := range changing {
		got = c.pattern.ReplaceAllString(got, c.stands)
	}
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (run the test with -update)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// newWorld has two numbers that may be called from, and incoming calls.
func newWorld(t *testing.T, change ...func(*harness.Options)) *harness.World {
	t.Helper()
	options := harness.Options{
		Numbers: []string{"+14255550110", "+14255550111"}, MaxConcurrent: 2, EventGrid: simulator.GridSchemaEventGrid,
		Phones: map[string]harness.Script{harness.Callee(1): {}, harness.Callee(2): {Busy: true}, harness.Callee(3): {}},
	}
	for _, f := range change {
		f(&options)
	}
	w := harness.New(t, plane, options)
	w.Sim.AwaitSubscription(t)
	w.StartManager(t, harness.ManagerOptions{Poll: time.Minute})
	return w
}

// TestACallsLife places a call, watches it, moves its callee, hangs up and tells its story.
func TestACallsLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPerson(t, w.Namespace, "life", "system:masters")
	p.refused("there is no default among two numbers", "has 2 numbers: choose one with --from", "dial", harness.Callee(1))
	golden(t, "dial", p.well("dial", "+44 20 7946 0001", "--from", "+14255550110", "--name", "ada", "-l", "team=sales"))
	p.refused("the same name does not ring twice", `"ada" already exists`, "dial", harness.Callee(1), "--from", "+14255550110", "--name", "ada")
	golden(t, "dial-name", p.well("dial", harness.Callee(3), "--from", "+14255550111", "--name", "cleo", "-o", "name"))
	golden(t, "wait", p.well("wait", "call.call-operator.dev/ada", "--for", "connected"))
	p.well("wait", "cleo")
	w.AwaitRoster(t, "ada", 2)
	golden(t, "list", p.well("list", "-l", "team=sales"))
	golden(t, "move", p.well("move", "ada", "cleo"))
	p.well("wait", "ada", "--for", "ended")
	p.refused("the callee is gone", "will not be connected", "wait", "ada")
	golden(t, "hangup", p.well("hangup", "call/cleo"))
	p.well("wait", "cleo", "--for", "ended")
	p.refused("it is over", "Call cleo: The call is over.", "hangup", "cleo")
	p.tells("logs ada", "spec", "was requested through CallProvider acs.", "attempt", "The request was sent", "service", "CallConnected",
		"event", "Dialing: Placing the call.", "move", "was sent, from ada to cleo.", "move", "Moved to Call cleo.",
		"result", "Completed: The call ended because everybody else had left. (code 200, sub-code 5002)")
	if rings := w.Sim.Rings(harness.Callee(1)); rings != 1 {
		t.Errorf("the phone rang %d times, want once", rings)
	}
}

// TestRetry tries a call again, as a new Call, once.
func TestRetry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPerson(t, w.Namespace, "retry", "system:masters")
	p.well("dial", harness.Callee(2), "--from", "+14255550110", "--name", "ben")
	p.refused("nobody answers who is busy", "call ben will not be connected: Busy.", "wait", "ben", "--for", "connected")
	golden(t, "retry", p.well("retry", "ben"))
	p.refused("the second one is the same", `"ben-retry-1" already exists`, "retry", "ben")
	p.well("wait", "ben-retry-1", "--for", "ended")
	golden(t, "retry-again", p.well("retry", "ben-retry-1"))
}

// TestIncomingByHand answers one incoming call and redirects another.
func TestIncomingByHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPerson(t, w.Namespace, "incoming", "system:masters")
	first := w.Incoming(t, w.Sim.Dial(t, harness.Callee(5), "+14255550110"))
	w.AwaitReason(t, first, v1alpha1.ReasonNoRoute)
	golden(t, "answer", p.well("answer", first, "--labels", "room=lobby"))
	w.AwaitCondition(t, first, v1alpha1.ConditionConnected)
	p.refused("it is taken", "This call already has an action", "reject", first)
	second := w.Incoming(t, w.Sim.Dial(t, harness.Callee(6), "+14255550111"))
	w.AwaitReason(t, second, v1alpha1.ReasonNoRoute)
	golden(t, "redirect", p.well("redirect", second, harness.Callee(1)))
	p.well("wait", second, "--for", "ended")
	p.refused("an error has no number", "passed the call on to ***0001.", "wait", second)
	p.refused("unless it is asked for", "passed the call on to "+harness.Callee(1), "wait", second, "--show-numbers")
	golden(t, "list-incoming", p.well("list", "--live"))
	p.tells("logs "+first, "route", "spec.action answers the call.")
	p.tells("logs "+second, "route", "spec.action redirects the call to ***0001.", "spec", "came in through CallProvider acs.", "event", "NoRoute: No CallRoute of provider acs matches the call",
		"result", "Redirected: The Call's spec.action passed the call on to ***0001.")
}

// TestHangUpAll asks before it ends everything.
func TestHangUpAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPerson(t, w.Namespace, "all", "system:masters")
	for i, name := range []string{"one", "two"} {
		p.well("dial", harness.Callee(1+2*i), "--from", "+14255550110", "--name", name)
		p.well("wait", name)
	}
	p.refused("nobody said yes", "nothing was done", "hangup", "--all")
	p.refused("which ones?", "name the calls to end", "hangup")
	golden(t, "hangup-all", p.well("hangup", "--all", "--yes"))
	p.well("wait", "one", "--for", "ended")
	p.well("wait", "two", "--for", "completed")
	if out, errOut, code := p.typed("hangup", "--all"); code != 0 || out != "" || errOut != "No call is active.\n" {
		t.Errorf("with no call: exit code %d, %q, %q", code, out, errOut)
	}
}

// TestWatchPrintsChanges follows a call from another terminal.
func TestWatchPrintsChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPerson(t, w.Namespace, "watch", "system:masters")
	ctx, stop := context.WithCancel(t.Context())
	lines := &shared{wrote: make(chan struct{}, 1)}
	var watching sync.WaitGroup
	watching.Go(func() {
		run(ctx, newKube(), []string{"--kubeconfig", p.kubeconfig, "-n", p.namespace, "watch"}, lines, lines)
	})
	p.well("dial", harness.Callee(2), "--from", "+14255550110", "--name", "ben")
	lines.await(t, "Busy")
	if err := w.Client.Delete(t.Context(), w.Call("ben", harness.Callee(2))); err != nil {
		t.Fatal(err)
	}
	lines.await(t, "Gone")
	stop()
	watching.Wait()
	text := lines.String()
	if !strings.Contains(text, "***0110") || strings.Contains(text, "+1425") {
		t.Errorf("numbers are not masked:\n%s", text)
	}
}

// shared is what two goroutines write and read.
type shared struct {
	mu    sync.Mutex
	text  strings.Builder
	wrote chan struct{}
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.wrote <- struct{}{}:
	default:
	}
	return s.text.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (s *shared) await(t *testing.T, text string) {
	t.Helper()
	late := time.After(harness.Patience)
	for !strings.Contains(s.String(), text) {
		select {
		case <-s.wrote:
		case <-late:
			t.Fatalf("waited for %q, got:\n%s", text, s.String())
		}
	}
}

// TestOutputForScripts prints what other programs read.
func TestOutputForScripts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPerson(t, w.Namespace, "scripts", "system:masters")
	out := p.well("dial", "8:acs:r_u", "--name", "user", "-o", "yaml")
	for _, want := range []string{"apiVersion: call-operator.dev/v1alpha1", "kind: Call", "communicationUser: 8:acs:r_u"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output has no %q:\n%s", want, out)
		}
	}
	if out := p.well("list", "-o", "json"); !strings.Contains(out, `"kind": "List"`) || !strings.Contains(out, `"name": "user"`) {
		t.Errorf("the list is:\n%s", out)
	}
	if out := p.well("list", "-o", "name"); out != "call.call-operator.dev/user\n" {
		t.Errorf("the names are %q", out)
	}
	p.refused("there is no such format", "write json, yaml or name", "list", "-o", "wide")
	p.refused("not a party", "is not a phone number or user ID", "dial", "ada")
	p.refused("a story has no names", "write json or yaml", "logs", "user", "-o", "name")
	p.refused("nor have findings", "write json or yaml", "doctor", "-o", "name")
	if out := p.well("logs", "user", "-o", "json"); !strings.HasPrefix(out, "[") || !strings.Contains(out, `"source": "spec"`) {
		t.Errorf("the story is:\n%s", out)
	}
	if out := p.well("--version"); !strings.HasPrefix(out, "kubectl call ") {
		t.Errorf("the version is %q", out)
	}
}

// TestWaitWithoutAManager waits for a Call that nobody looks at.
func TestWaitWithoutAManager(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{Numbers: []string{"+14255550110"}})
	w.Create(t, w.Call("ada", harness.Callee(1), func(spec *v1alpha1.CallSpec) { spec.From = &v1alpha1.Caller{PhoneNumber: "+14255550110"} }))
	p := newPerson(t, w.Namespace, "waits", "system:masters")
	p.refused("nobody places it", "within 5s: no manager has reconciled it", "wait", "ada", "--timeout", "5s")
	if err := w.Client.Delete(t.Context(), w.Call("ada", harness.Callee(1))); err != nil {
		t.Fatal(err)
	}
}

// TestRights tries actions as a user with read-only access.
func TestRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "viewer"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "viewer"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "looks-on"}},
	}
	role := &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "viewer"},
		Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"calls", "callproviders"}, Verbs: []string{"get", "list", "watch"},
		}},
	}
	for _, object := range []client.Object{role, binding} {
		if err := w.Client.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	w.Create(t, w.Call("ada", harness.Callee(1), func(spec *v1alpha1.CallSpec) { spec.From = &v1alpha1.Caller{PhoneNumber: "+14255550110"} }))
	w.AwaitCondition(t, "ada", v1alpha1.ConditionConnected)
	p := newPerson(t, w.Namespace, "looks-on")
	p.well("wait", "ada")
	p.refused("a viewer cannot dial", `User "looks-on" cannot create resource "calls"`, "dial", harness.Callee(3), "--from", "+14255550110")
	p.refused("nor hang up", `User "looks-on" cannot patch resource "calls"`, "hangup", "ada")
	p.refused("nor list other namespaces", "you may not list the Calls of all namespaces", "list", "-A")
	w.HangUp(t, "ada")
}

// TestDoctor examines an installation that is well, and one that is not.
func TestDoctor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPerson(t, w.Namespace, "doctor", "system:masters")
	w.AwaitProvider(t)
	golden(t, "doctor", p.well("doctor"))
	provider := &v1alpha1.CallProvider{}
	if err := w.Client.Get(t.Context(), types.NamespacedName{Namespace: w.Namespace, Name: harness.ProviderName}, provider); err != nil {
		t.Fatal(err)
	}
	provider.Spec.CallbackURL = "http://127.0.0.1:1"
	if err := w.Client.Update(t.Context(), provider); err != nil {
		t.Fatal(err)
	}
	p.refused("nobody listens there", "checks found a problem", "doctor")
	empty := newPerson(t, "default", "doctor-of-nothing", "system:masters")
	empty.refused("nothing can be called", "checks found a problem", "doctor")
}

// TestCompletion is what kubectl asks when a person presses the tab key.
func TestCompletion(t *testing.T) {
	w := newWorld(t)
	p := newPerson(t, w.Namespace, "completion", "system:masters")
	p.well("dial", harness.Callee(1), "--from", "+14255550110", "--name", "ada")
	t.Setenv("KUBECONFIG", p.kubeconfig)
	for _, c := range []struct {
		reason, want string
		args         []string
	}{
		{"verbs that begin so", "hangup", []string{"ha"}},
		{"calls that can be hung up", "ada", []string{"hangup", "-n", p.namespace, ""}},
		{"what can be waited for", "completed", []string{"wait", "--for", ""}},
	} {
		var out, errOut strings.Builder
		if code := run(t.Context(), newKube(), asCompletion(c.args), &out, &errOut); code != 0 || !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: exit code %d, %q", c.reason, code, fmt.Sprint(out.String(), errOut.String()))
		}
	}
}
