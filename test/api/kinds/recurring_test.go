// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/devcontrolplane"
)

// TestRecurringReminders runs what the CronJob of the sample runs, with the rights of its account: once, and again as a second pod of the
// same Job would.
func TestRecurringReminders(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	kubectl(t, ns, "", "apply", "-k", filepath.Join(devcontrolplane.Root(), "config", "samples", "recurring-reminders"))
	cronJob, campaign := &batchv1.CronJob{}, &corev1.ConfigMap{}
	for name, object := range map[string]client.Object{"reminders": cronJob, "reminders-campaign": campaign} {
		if err := plane.Client.Get(t.Context(), client.ObjectKey{Namespace: ns, Name: name}, object); err != nil {
			t.Fatal(err)
		}
	}
	pod := cronJob.Spec.JobTemplate.Spec.Template.Spec
	folder := t.TempDir()
	for file, text := range campaign.Data {
		if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	account := plane.KubectlAs(t, "system:serviceaccount:"+ns+":"+pod.ServiceAccountName)
	for range 2 {
		run(t, account.Command(t, "", "--namespace", ns), append(pod.Containers[0].Command, pod.Containers[0].Args...), "JOB=reminders-29400000", "CAMPAIGN="+folder)
	}
	var dialOuts v1alpha1.DialOutList
	if err := plane.Client.List(t.Context(), &dialOuts, client.InNamespace(ns)); err != nil {
		t.Fatal(err)
	}
	if len(dialOuts.Items) != 1 || dialOuts.Items[0].Name != "reminders-29400000" {
		t.Errorf("there are %d DialOuts: %+v", len(dialOuts.Items), dialOuts.Items)
	}
	for _, words := range [][]string{{"get", "secrets"}, {"get", "calls"}, {"delete", "dialouts"}, {"create", "calls"}, {"patch", "dialouts"}} {
		check := account.Command(t, "", "--namespace", ns, "auth", "can-i", words[0], words[1])
		if said, err := check.CombinedOutput(); err == nil {
			t.Errorf("the account may %v: %s", words, said)
		}
	}
}

// run runs a container's command, whose kubectl is this one with its flags.
func run(t *testing.T, kubectl *exec.Cmd, command []string, environment ...string) {
	t.Helper()
	folder := t.TempDir()
	script := "#!/bin/sh\nexec"
	for _, word := range kubectl.Args {
		script += " '" + word + "'"
	}
	if err := os.WriteFile(filepath.Join(folder, "kubectl"), []byte(script+" \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	container := exec.CommandContext(t.Context(), command[0], command[1:]...)
	container.Env = slices.Concat(kubectl.Env, environment, []string{"PATH=" + folder + ":" + os.Getenv("PATH")})
	if said, err := container.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", command, err, said)
	}
}
