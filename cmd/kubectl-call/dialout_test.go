// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// listFile is a file with a list.
func listFile(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func yamlOf(t *testing.T, value any) string {
	t.Helper()
	text, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDialOut checks a list, creates a DialOut from it, and suspends and resumes that.
func TestDialOut(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{})
	p := newPerson(t, w.Namespace, "dials-out", "system:masters")
	file := listFile(t, "people.csv", "name,phoneNumber,date\nada,+44 20 7946 0001,3 May\nben,+442079460002,4 May\ncleo,+442079460001,3 May\n")
	args := []string{
		"dial-out", "reminders", "-f", file, "--flow", "reminder", "--parameter", "clinic=Elm", "--parallelism", "10", "--calls-per-second", "500m", "--attempts", "3",
		"--retry-after", "30m", "--hours", "Monday-Friday 09:00-20:00", "--hours", "sat 10:00-18:00", "--time-zone", "Europe/London", "--ring-timeout", "45s", "-l", "team=sales",
	}
	golden(t, "dial-out-dry-run", p.well(append(args, "--dry-run")...))
	if text := p.well(append(args, "--dry-run", "-o", "yaml")...); !strings.Contains(text, "kind: ConfigMap") || !strings.Contains(text, "kind: DialOut") {
		t.Errorf("for scripts, a dry run prints\n%s", text)
	}
	key := types.NamespacedName{Namespace: w.Namespace, Name: "reminders"}
	dialOut := &v1alpha1.DialOut{}
	if err := w.Client.Get(t.Context(), key, dialOut); err == nil {
		t.Error("a dry run created the DialOut")
	}
	golden(t, "dial-out", p.well(args...))
	if err := w.Client.Get(t.Context(), key, dialOut); err != nil {
		t.Fatal(err)
	}
	golden(t, "dial-out-spec", yamlOf(t, dialOut.Spec))
	list := &corev1.ConfigMap{}
	if err := w.Client.Get(t.Context(), types.NamespacedName{Namespace: w.Namespace, Name: "reminders-list"}, list); err != nil {
		t.Fatal(err)
	}
	if owners := list.OwnerReferences; len(owners) != 1 || owners[0].UID != dialOut.UID || !strings.Contains(list.Data["list.csv"], "ben") {
		t.Errorf("the list is owned by %v and has %q", owners, list.Data)
	}
	p.refused("the same name calls nobody twice", `"reminders" already exists`, args...)
	golden(t, "suspend", p.well("suspend", "reminders"))
	p.well("suspend", "dialout.call-operator.dev/reminders")
	if err := w.Client.Get(t.Context(), key, dialOut); err != nil || !dialOut.Spec.Suspend {
		t.Errorf("suspend is %t, %v", dialOut.Spec.Suspend, err)
	}
	golden(t, "resume", p.well("resume", "dial/reminders"))
	if err := w.Client.Get(t.Context(), key, dialOut); err != nil || dialOut.Spec.Suspend {
		t.Errorf("suspend is %t, %v", dialOut.Spec.Suspend, err)
	}
	p.refused("there is none", `"others" not found`, "suspend", "others")
}

// TestDialOutWithBadLines says what is wrong as a compiler does, without the numbers.
func TestDialOutWithBadLines(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{})
	p := newPerson(t, w.Namespace, "bad-lines", "system:masters")
	file := listFile(t, "people.csv", "name,phoneNumber\nada,1.4E+10\nben,+442079460002\n")
	_, errOut, code := p.typed("dial-out", "escalation", "-f", file, "--secret", "--sequential", "--flow", "page", "--accepted", "yes,ok")
	if want := file + ":2: A spreadsheet shortened the phone number"; code == 0 || !strings.HasPrefix(errOut, want) || !strings.Contains(errOut, "1 lines of") {
		t.Errorf("exit code %d, %q, want %q", code, errOut, want)
	}
	p.well("dial-out", "escalation", "-f", file, "--secret", "--sequential", "--flow", "page", "--accepted", "yes,ok", "--skip-bad-lines", "--suspend")
	dialOut, list := &v1alpha1.DialOut{}, &corev1.Secret{}
	if err := w.Client.Get(t.Context(), types.NamespacedName{Namespace: w.Namespace, Name: "escalation"}, dialOut); err != nil {
		t.Fatal(err)
	}
	golden(t, "dial-out-escalation", yamlOf(t, dialOut.Spec))
	if err := w.Client.Get(t.Context(), types.NamespacedName{Namespace: w.Namespace, Name: "escalation-list"}, list); err != nil || len(list.Data["list.csv"]) == 0 {
		t.Errorf("the list is %v, %v", list.Data, err)
	}
}

func TestDialOutRefuses(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{})
	p := newPerson(t, w.Namespace, "refused-dial-out", "system:masters")
	good := listFile(t, "people.csv", "phoneNumber\n+442079460001\n")
	cases := []struct{ reason, want, args string }{
		{"there is no such file", "no such file", "-f missing.csv"},
		{"the format is unknown", "set --format", "-f " + listFile(t, "people.txt", "")},
		{"the format is misspelt", `--format "xls"`, "-f " + good + " --format xls"},
		{"nobody is in the list", "nobody in", "-f " + listFile(t, "empty.csv", "phoneNumber\n")},
		{"parameters are a flow's", "set --flow", "-f " + good + " --parameter a=b"},
		{"no time zone", "set --time-zone", "-f " + good + " --hours 09:00-20:00"},
		{"no hours", "set --hours", "-f " + good + " --time-zone Europe/London"},
		{"unknown zone", `"Europe/Bonn" is no time zone`, "-f " + good + " --hours 09:00-20:00 --time-zone Europe/Bonn"},
		{"one attempt", "set --attempts", "-f " + good + " --retry-after 30m"},
		{"no duration", `--retry-after "soon"`, "-f " + good + " --attempts 2 --retry-after soon"},
		{"no number a second", `--calls-per-second "many"`, "-f " + good + " --calls-per-second many"},
		{"the API's own rule", "parallelism", "-f " + good + " --parallelism 0"},
		{"a caller that is none", "--from ada", "-f " + good + " --from ada"},
	}
	for _, c := range cases {
		p.refused(c.reason, c.want, append([]string{"dial-out", "x"}, strings.Fields(c.args)...)...)
	}
	var lists corev1.ConfigMapList
	if err := w.Client.List(t.Context(), &lists); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(lists.Items, func(list corev1.ConfigMap) bool { return list.Namespace == w.Namespace && list.Name == "x-list" }) {
		t.Error("a DialOut that was refused left its list")
	}
}

func TestParseHours(t *testing.T) {
	t.Parallel()
	weekend := []v1alpha1.Weekday{"Saturday", "Sunday"}
	cases := []struct {
		text, reason string
		want         *v1alpha1.CallingWindow
	}{
		{"09:00-20:00", "without days, it is every day", &v1alpha1.CallingWindow{Start: "09:00", End: "20:00"}},
		{"Saturday-Sunday 10:00-24:00", "a range of days", &v1alpha1.CallingWindow{Days: weekend, Start: "10:00", End: "24:00"}},
		{" sat,SUN,sat  10:00-18:00", "short names, and each day once", &v1alpha1.CallingWindow{Days: weekend, Start: "10:00", End: "18:00"}},
		{"Sun-Mon 10:00-18:00", "a range over the end of the week", &v1alpha1.CallingWindow{Days: []v1alpha1.Weekday{"Sunday", "Monday"}, Start: "10:00", End: "18:00"}},
		{"", "nothing", nil}, {"Monday", "no hours", nil}, {"Monday 9", "no end", nil}, {"Funday 09:00-10:00", "no day", nil},
		{"20:00-09:00", "it never comes", nil}, {"Monday 9:00 - 10:00", "too many words", nil},
	}
	for _, c := range cases {
		hours, err := parseHours([]string{c.text}, "Europe/London")
		if (err != nil) != (c.want == nil) {
			t.Errorf("%q: %s: %v", c.text, c.reason, err)
			continue
		}
		if c.want == nil {
			continue
		}
		if diff := cmp.Diff([]v1alpha1.CallingWindow{*c.want}, hours.Windows); diff != "" {
			t.Errorf("%q: %s (-want +got):\n%s", c.text, c.reason, diff)
		}
	}
}

// TestLongListsAreSplit: each piece fits into a ConfigMap, and lines have their numbers of the file.
func TestLongListsAreSplit(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("phoneNumber,note\n")
	for i := range 20_000 {
		fmt.Fprintf(&text, "+1425555%04d,%s\n", i%10_000, strings.Repeat("x", 60))
	}
	text.WriteString("112,\n")
	list := newTargets(v1alpha1.TargetsCSV, []byte(text.String()))
	if len(list.pieces) != 2 || len(list.read.Targets) != 10_000 || list.read.Duplicates != 10_000 {
		t.Errorf("%d pieces, %d targets, %d duplicates", len(list.pieces), len(list.read.Targets), list.read.Duplicates)
	}
	var out strings.Builder
	list.printProblems(&out, "people.csv")
	if want := "people.csv:20002: The phone number"; !strings.HasPrefix(out.String(), want) {
		t.Errorf("it says %q, want %q", out.String(), want)
	}
	for i, object := range list.objects("team", "reminders", false) {
		if size := len(object.(*corev1.ConfigMap).Data["list.csv"]); size > pieceBytes || object.GetName() != fmt.Sprintf("reminders-list-%d", i+1) {
			t.Errorf("%s has %d bytes", object.GetName(), size)
		}
	}
}

// TestResults prints what became of targets whose Calls are gone.
func TestResults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPerson(t, w.Namespace, "results", "system:masters")
	file := listFile(t, "people.csv", "name,phoneNumber\nada,"+harness.Callee(2)+"\n,"+harness.Callee(4)+"\n")
	w.Sim.SetPhone(t, simulator.Phone{Number: harness.Callee(4), Decline: &simulator.After{}})
	p.well("dial-out", "reminders", "-f", file, "--secret", "--from", "+14255550110,+14255550111", "--provider", harness.ProviderName)
	dialOut := w.AwaitDialOutEnd(t, "reminders", v1alpha1.DialOutAllCalled)
	golden(t, "results", withoutHash(dialOut, p.well("results", "reminders")))
	golden(t, "results-csv", withoutHash(dialOut, p.well("results", "dialout/reminders", "-o", "csv")))
	var results []targetResult
	if err := json.Unmarshal([]byte(p.well("results", "reminders", "-o", "json")), &results); err != nil {
		t.Fatal(err)
	}
	if len(results) != 2 || results[1].Index != 1 || results[1].To.PhoneNumber != v1alpha1.PhoneNumber(harness.Callee(4)) || results[1].Attempts[0].Outcome != "Declined" {
		t.Errorf("for scripts it is %+v", results)
	}
	p.refused("names would be of no use", "write csv, json or yaml", "results", "reminders", "-o", "name")
	p.refused("there is none", `there is no DialOut "others"`, "results", "others")
}

// withoutHash replaces the hash in the names of a DialOut's Calls, which depends on its UID.
func withoutHash(dialOut *v1alpha1.DialOut, text string) string {
	return regexp.MustCompile(dialOut.Name+`-([0-9]+)-[0-9a-f]{8}-`).ReplaceAllString(text, dialOut.Name+"-$1-HASH-")
}
