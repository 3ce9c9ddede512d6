// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/asterisk/pbx"
	"github.com/call-operator/call-operator/test/devcontrolplane"
)

const (
	// asteriskNamespace is that of config/asterisk.
	asteriskNamespace = "asterisk"
	phonesNamespace   = "phones"

	// phoneImage is what hack/phone-image.sh makes.
	phoneImage = "call-operator-phone:dev"
)

// sipPhone is a phone of config/asterisk, in a pod of its name.
type sipPhone struct {
	*environment
	name string
	// hertz is the tone that it plays.
	hertz int
}

// asterisk sets up config/asterisk and the samples as docs/asterisk.md says, with two SIP phones as pods. They ring, and hear each other.
func (e *environment) asterisk(t *testing.T) {
	if reason := os.Getenv("WITHOUT_ASTERISK"); reason != "" {
		t.Skip(reason)
	}
	for _, image := range []string{"call-operator-asterisk", "call-operator-phone"} {
		archive := filepath.Join(devcontrolplane.Root(), "bin", "images", fmt.Sprintf("%s-linux-%s.tar", image, runtime.GOARCH))
		if err := e.loadArchive(t.Context(), archive); err != nil {
			t.Fatal(err)
		}
	}
	// Where the cluster enforces them, all connections are allowed by these and by that of config/asterisk.
	e.kubectl(t, "apply", "-k", config("network-policy"))
	t.Cleanup(func() {
		if _, err := run(context.WithoutCancel(t.Context()), e.command("delete", "-k", config("network-policy"))); err != nil {
			t.Error(err)
		}
	})

	tm := &team{environment: e, namespace: "on-asterisk"}
	password := tm.startAsterisk(t)
	ada, ben := &sipPhone{e, "ada", 440}, &sipPhone{e, "ben", 550}
	e.kubectl(t, "create", "namespace", phonesNamespace)
	for _, phone := range []*sipPhone{ada, ben} {
		phone.switchOn(t, password)
	}
	for _, phone := range []*sipPhone{ada, ben} {
		phone.awaitRegistration(t)
	}

	tm.ringAda(t)
	ada.checkRings(t, 1)
	tm.conferenceOfPhones(t)
	ada.awaitHears(t, ben)
	ben.awaitHears(t, ada)
	ada.checkRings(t, 2)
	ben.checkRings(t, 1)
	tm.leave(t)
	eventually(t, func() error {
		if left, err := e.asteriskCLI(t, "core show channels concise"); err != nil || strings.TrimSpace(left) != "" {
			return fmt.Errorf("calls are left in Asterisk: %s (%v)", left, err)
		}
		return nil
	})
	ada.checkRings(t, 2)
	ben.checkRings(t, 1)
	e.kubectl(t, "delete", "-k", config("asterisk"), "--timeout=120s")
	e.kubectl(t, "delete", "namespace", phonesNamespace, "--timeout=120s")
}

// startAsterisk makes the team's provider and its Asterisk, and returns the password of the phones.
func (tm *team) startAsterisk(t *testing.T) (phonePassword string) {
	t.Helper()
	ariPassword, phonePassword := rand.Text(), rand.Text()
	tm.kubectl(t, "create", "namespace", tm.namespace)
	tm.kubectl(t, "-n", tm.namespace, "create", "secret", "generic", "asterisk", "--type=kubernetes.io/basic-auth",
		"--from-literal=username=call-operator", "--from-literal=password="+ariPassword)
	tm.kubectl(t, "-n", tm.namespace, "apply", "-f", config("samples", "asterisk", "provider.yaml"))
	tm.kubectl(t, "apply", "-k", config("asterisk"))
	tm.kubectl(t, "-n", asteriskNamespace, "create", "secret", "generic", "asterisk-passwords",
		"--from-literal=user.conf=[call-operator]\ntype = user\npassword = "+ariPassword+"\npassword_format = plain\n",
		"--from-literal=phones.conf=[phone-auth](!)\ntype = auth\nauth_type = userpass\npassword = "+phonePassword+"\n",
		"--from-literal=stream.conf="+tm.kubectl(t, "call", "stream", "asterisk", "-n", tm.namespace, "--url", receiverURL))
	tm.kubectl(t, "-n", asteriskNamespace, "rollout", "status", "deployment/asterisk", "--timeout=180s")
	tm.kubectl(t, "-n", tm.namespace, "wait", "--for=condition=Ready", "cprov/asterisk", "--timeout=60s")
	eventually(t, func() error {
		sessions, err := tm.asteriskCLI(t, "ari show websocket sessions")
		if err == nil && !strings.Contains(sessions, " Up ") {
			err = fmt.Errorf("the WebSocket to the receiver is not open: %s", sessions)
		}
		return err
	})

	pods := &corev1.PodList{}
	if err := tm.List(t.Context(), pods, client.InNamespace(asteriskNamespace)); err != nil || len(pods.Items) != 1 {
		t.Fatalf("%d pods run Asterisk, want 1 (%v)", len(pods.Items), err)
	}
	checkConfined(t, &pods.Items[0])
	return phonePassword
}

// ringAda applies the sample that rings ada, and watches the call until it is ended.
func (tm *team) ringAda(t *testing.T) {
	t.Helper()
	stopWatching := tm.watchCalls(t)
	tm.kubectl(t, "-n", tm.namespace, "apply", "-f", config("samples", "asterisk", "call.yaml"))
	tm.kubectl(t, "-n", tm.namespace, "wait", "--for=condition=Connected", "call/ada", "--timeout=60s")
	tm.kubectl(t, "-n", tm.namespace, "patch", "call", "ada", "--type=merge", "-p", `{"spec":{"state":"Ended"}}`)
	tm.kubectl(t, "-n", tm.namespace, "wait", "--for=condition=Ended", "call/ada", "--timeout=60s")
	tm.endedAs(t, "ada", v1alpha1.OutcomeCompleted)
	checkShown(t, stopWatching(), "Connected", "Ended")
}

// conferenceOfPhones applies the multiple dial-out, and waits until all three phones are in its conference.
func (tm *team) conferenceOfPhones(t *testing.T) {
	t.Helper()
	tm.kubectl(t, "-n", tm.namespace, "apply", "-k", config("samples", "multiple-dial-out-on-asterisk"))
	tm.kubectl(t, "-n", tm.namespace, "wait", "--for=condition=Ready", "pmove", "--all", "--timeout=120s")
	tm.kubectl(t, "-n", tm.namespace, "wait", "--for=jsonpath={.status.participantCount}=3", "calls", "-l", "call=conference", "--timeout=60s")
}

func (e *environment) asteriskCLI(t *testing.T, command string) (string, error) {
	t.Helper()
	return run(t.Context(), e.command("-n", asteriskNamespace, "exec", "deploy/asterisk", "--", "/usr/sbin/asterisk", "-rx", command))
}

// switchOn starts the phone's pod. It registers through the Service, and keeps what it hears in a volume.
func (p *sipPhone) switchOn(t *testing.T, password string) {
	t.Helper()
	files, err := pbx.PhoneConfig{
		Name: p.name, Password: password, Registrar: "asterisk." + asteriskNamespace + ".svc.cluster.local",
		Hertz: p.hertz, Recordings: "/heard", Modules: "/modules",
	}.Files()
	if err != nil {
		t.Fatal(err)
	}
	create := []string{"-n", phonesNamespace, "create", "secret", "generic", p.name}
	for name, contents := range files {
		create = append(create, fmt.Sprintf("--from-literal=%s=%s", name, contents))
	}
	p.kubectl(t, create...)
	p.apply(t, phonesNamespace, fmt.Sprintf(`
apiVersion: v1
kind: Pod
metadata:
  name: %[1]s
spec:
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 0
  containers:
  - name: phone
    image: %[2]s
    # With all SIP messages in its log.
    command: [baresip, "-4", -v, -s, -f, /configuration]
    volumeMounts:
    - {name: configuration, mountPath: /configuration}
    - {name: heard, mountPath: /heard}
  volumes:
  - name: configuration
    secret: {secretName: %[1]s}
  - name: heard
    emptyDir: {}
`, p.name, phoneImage))
}

func (p *sipPhone) awaitRegistration(t *testing.T) {
	t.Helper()
	eventually(t, func() error {
		contacts, err := p.asteriskCLI(t, "pjsip show contacts")
		if err == nil && !strings.Contains(contacts, " "+p.name+"/sip:") {
			err = fmt.Errorf("%s has not registered: %s", p.name, contacts)
		}
		return err
	})
}

// checkRings counts the invitations that arrived at the phone.
func (p *sipPhone) checkRings(t *testing.T, want int) {
	t.Helper()
	got := pbx.InvitationsInTrace(p.kubectl(t, "-n", phonesNamespace, "logs", p.name, "--tail=-1"))
	if len(got) != want {
		t.Errorf("%d invitations arrived at %s, want %d: %+v", len(got), p.name, want, got)
	}
}

// awaitHears waits until the last second of the phone's newest recording has the tone of another phone, and not its own.
func (p *sipPhone) awaitHears(t *testing.T, other *sipPhone) {
	t.Helper()
	eventually(t, func() error {
		const newest = `for file in /heard/dump-*-dec.wav; do :; done; cat "$file"` // Their names are times.
		recording, err := run(t.Context(), p.command("-n", phonesNamespace, "exec", p.name, "--", "sh", "-c", newest))
		if err != nil {
			return err
		}
		if err := pbx.SoundIn([]byte(recording)).Last(time.Second).Check([]int{other.hertz}, p.hertz); err != nil {
			return fmt.Errorf("%s hears something else: %w", p.name, err)
		}
		return nil
	})
}
