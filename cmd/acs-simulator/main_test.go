// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

// running is the command, run in this process.
type running struct {
	testing.TB
	url, connectionString string
	stop                  context.CancelFunc
	ended                 chan error
}

// start runs the command on a free port and reads what it prints.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	r := &running{TB: t, stop: cancel, ended: make(chan error, 1)}
	go func() {
		err := run(ctx, append([]string{"--listen", "127.0.0.1:0"}, args...), write)
		_ = write.CloseWithError(fmt.Errorf("it ended: %w", errors.Join(err, io.EOF)))
		r.ended <- err
	}()
	t.Cleanup(cancel)
	lines := bufio.NewScanner(read)
	for range 4 {
		if !lines.Scan() {
			t.Fatalf("it printed too little: %v", lines.Err())
		}
		if url, found := strings.CutPrefix(lines.Text(), "The simulator serves ACS at "); found {
			r.url = url
		}
		if text, found := strings.CutPrefix(lines.Text(), "connection string: "); found {
			r.connectionString = text
		}
	}
	return r
}

// health asks for the health with a client.
func (r *running) health(client *http.Client) (string, error) {
	r.Helper()
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, r.url+"/_simulator/healthz", nil)
	if err != nil {
		r.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return fmt.Sprint(response.StatusCode, " ", string(body)), err
}

// end stops the command and returns what it ended with.
func (r *running) end() error {
	r.stop()
	return <-r.ended
}

func TestItRunsUntilItIsStopped(t *testing.T) {
	t.Parallel()
	phones := filepath.Join(t.TempDir(), "phones.yaml")
	if err := os.WriteFile(phones, []byte("phones:\n- number: \"+442079460001\"\n  busy: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, "--phones", phones, "--owned-numbers", "+14255550100, +14255550101", "--seed", "7")
	if got, err := r.health(http.DefaultClient); got != "200 ok\n" {
		t.Errorf("health: %q, %v", got, err)
	}
	request := acs.CreateCallRequest{
		Targets: []acs.Identifier{acs.PhoneNumberIdentifier("+442079460001")}, CallbackURI: "https://127.0.0.1:1/",
		SourceCallerIDNumber: &acs.PhoneNumber{Value: "+14255550101"},
	}
	if _, err := r.client().CreateCall(t.Context(), request, acs.Repeatability{}); err != nil {
		t.Errorf("the connection string that it prints is of use, and numbers are owned: %v", err)
	}
	if err := r.end(); err != nil {
		t.Errorf("it was stopped: %v", err)
	}
	if got, err := r.health(http.DefaultClient); err == nil {
		t.Errorf("it was stopped, and answers %q", got)
	}
}

func TestRequestsThatWaitDoNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	r := start(t)
	client := r.client()
	if got := r.admin(http.MethodPost, `{"kind":"latency","delay":"1h","count":1}`); !strings.HasPrefix(got, "201 ") {
		t.Fatalf("switch on a fault: %s", got)
	}
	waiting := make(chan struct{})
	go func() {
		defer close(waiting)
		_, _ = client.GetCall(t.Context(), "none")
	}()
	for strings.Contains(r.admin(http.MethodGet, ""), "latency") {
		// The fault is gone as soon as the request has met it.
		runtime.Gosched()
	}
	if err := r.end(); err != nil {
		t.Errorf("it was stopped while a request waited: %v", err)
	}
	<-waiting
}

// admin sends a request about faults and returns the answer.
func (r *running) admin(method, body string) string {
	r.Helper()
	request, err := http.NewRequestWithContext(r.Context(), method, r.url+"/_simulator/faults", strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		r.Fatal(err)
	}
	return fmt.Sprint(response.StatusCode, " ", string(answer))
}

// client uses the connection string that was printed.
func (r *running) client() *acs.Client {
	r.Helper()
	endpoint, key, err := acs.ParseConnectionString(r.connectionString)
	if err != nil {
		r.Fatal(err)
	}
	client, err := acs.NewClient(endpoint, key, &acs.ClientOptions{
		AllowHTTP: true, ClientOptions: azcore.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}},
	})
	if err != nil {
		r.Fatal(err)
	}
	return client
}

func TestTLS(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	config, err := selfSigned("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	certificate, keyFile := writeCertificate(t, directory, config)
	for name, args := range map[string][]string{
		"self-signed": {"--tls-self-signed"},
		"files":       {"--tls-cert", certificate, "--tls-key", keyFile},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, args...)
			if !strings.HasPrefix(r.url, "https://127.0.0.1:") || !strings.HasPrefix(r.connectionString, "endpoint=https://") {
				t.Errorf("it says %s and %s", r.url, r.connectionString)
			}
			pool := x509.NewCertPool()
			pool.AddCert(r.certificate())
			trusting := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
			if got, err := r.health(trusting); got != "200 ok\n" {
				t.Errorf("a client that trusts the certificate is not served at 127.0.0.1: %q, %v", got, err)
			}
			if got, err := r.health(&http.Client{Transport: &http.Transport{}}); err == nil {
				t.Errorf("a client without the certificate trusts it: %q", got)
			}
			trusting.CloseIdleConnections()
			if err := r.end(); err != nil {
				t.Error(err)
			}
		})
	}
}

// certificate is what the command serves.
func (r *running) certificate() *x509.Certificate {
	r.Helper()
	connection, err := tls.Dial("tcp", strings.TrimPrefix(r.url, "https://"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		r.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	return connection.ConnectionState().PeerCertificates[0]
}

func writeCertificate(t *testing.T, directory string, config *tls.Config) (certificate, keyFile string) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(config.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certificate, keyFile = filepath.Join(directory, "tls.crt"), filepath.Join(directory, "tls.key")
	for name, block := range map[string]*pem.Block{
		certificate: {Type: "CERTIFICATE", Bytes: config.Certificates[0].Certificate[0]}, keyFile: {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, keyFile
}

func TestSelfSignedNamesItsHost(t *testing.T) {
	t.Parallel()
	for address, host := range map[string]string{"192.0.2.1:443": "192.0.2.1", "acs.example.test:443": "acs.example.test", ":443": "localhost", "[::1]:443": "::1"} {
		config, err := selfSigned(address)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := x509.ParseCertificate(config.Certificates[0].Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := parsed.VerifyHostname(host); err != nil {
			t.Errorf("--listen %s: %v", address, err)
		}
		if left := time.Until(parsed.NotAfter); left < 24*time.Hour {
			t.Errorf("it is valid for %s", left)
		}
	}
}

func TestWrongFlagsAreRefusedWithASentence(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "none.yaml")
	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	if err := os.WriteFile(wrong, []byte("phones: [{number: \"+442079460001\"}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	filter := filepath.Join(t.TempDir(), "filter.json")
	if err := os.WriteFile(filter, []byte(`{"advancedFilters":[{"operatorType":"StringIn","key":"eventType","values":["x"]}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"--lisen", "x"}, "flag provided but not defined: -lisen; see acs-simulator --help"},
		{[]string{"--ring-timeout", "soon"}, `invalid value "soon" for flag -ring-timeout: parse error; see acs-simulator --help`},
		{[]string{"serve"}, `unexpected argument "serve": use flags only`},
		{[]string{"--listen", "8443"}, `--listen "8443": write HOST:PORT, such as 127.0.0.1:8443`},
		{[]string{"--listen", taken.Addr().String()}, "--listen: .*address already in use"},
		{[]string{"--access-key", "?"}, "--access-key: write base64"},
		{[]string{"--tls-cert", "x"}, "set both --tls-cert and --tls-key, or neither"},
		{[]string{"--tls-key", "x"}, "set both --tls-cert and --tls-key, or neither"},
		{[]string{"--tls-self-signed", "--tls-cert", "x", "--tls-key", "y"}, "set either --tls-self-signed or"},
		{[]string{"--tls-cert", missing, "--tls-key", missing}, "none.yaml"},
		{[]string{"--phones", missing}, "read --phones: .*none.yaml"},
		{[]string{"--phones", wrong}, "wrong.yaml: phone .*: set exactly one of answer, busy, decline, noAnswer, unreachable"},
		{[]string{"--owned-numbers", "123"}, "write it in E.164 form, such as .14255550100"},
		{[]string{"--max-concurrent-calls-per-number", "-1"}, "must not be negative"},
		{[]string{"--event-grid", "receiver"}, "an Event Grid endpoint is a URL such as https://"},
		{[]string{"--event-grid-filter", missing, "--event-grid", "https://x.example.test"}, "put it after the --event-grid that it filters"},
		{[]string{"--event-grid", "https://x.example.test", "--event-grid-filter", missing, "--event-grid-filter", missing}, "already has a filter"},
		{[]string{"--event-grid", "https://x.example.test", "--event-grid-filter", missing}, "read --event-grid-filter: .*none.yaml"},
		{[]string{"--event-grid", "https://x.example.test", "--event-grid-filter", wrong}, "wrong.yaml: the filter: .*its form is that of az eventgrid"},
		{[]string{"--event-grid", "https://x.example.test", "--event-grid-filter", filter, "--event-grid-schema", "cloudevents"}, `filter.json: advanced filter 1: the key "eventType" is no field of an event in the schema cloudevents`},
		{[]string{"--event-grid-schema", "yaml"}, `--event-grid-schema "yaml": write eventgrid or cloudevents`},
	} {
		err := run(t.Context(), append([]string{"--listen", "127.0.0.1:0"}, tc.args...), io.Discard)
		if err == nil || !regexp.MustCompile(tc.want).MatchString(err.Error()) {
			t.Errorf("%v: got %v, want an error that says %q", tc.args, err, tc.want)
		}
	}
}

func TestEachEventGridHasTheFilterThatFollowsIt(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	file := func(name, key string) string {
		path := filepath.Join(directory, name)
		text := `{"advancedFilters":[{"operatorType":"IsNotNull","key":"` + key + `"}]}`
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	of := func(key string) *simulator.EventGridFilter {
		return &simulator.EventGridFilter{AdvancedFilters: []simulator.EventGridAdvancedFilter{{OperatorType: "IsNotNull", Key: key}}}
	}
	s, err := parse([]string{
		"--event-grid", "https://a.example.test", "--event-grid-filter", file("a.json", "data.to"),
		"--event-grid", "https://b.example.test", "--event-grid-schema", "cloudevents",
		"--event-grid", "https://c.example.test", "--event-grid-filter=" + file("c.json", "source"),
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := []simulator.EventGridSubscription{
		{URL: "https://a.example.test", Schema: simulator.GridSchemaCloudEvents, Filter: of("data.to")},
		{URL: "https://b.example.test", Schema: simulator.GridSchemaCloudEvents},
		{URL: "https://c.example.test", Schema: simulator.GridSchemaCloudEvents, Filter: of("source")},
	}
	if diff := cmp.Diff(want, s.EventGrid); diff != "" {
		t.Error(diff)
	}
}

func TestHelpTellsEveryFlag(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(t.Context(), []string{"--help"}, &out); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("got %v", err)
	}
	(&settings{}).flagSet().VisitAll(func(f *flag.Flag) {
		if !strings.Contains(out.String(), "-"+f.Name+"\n") && !strings.Contains(out.String(), "-"+f.Name+" ") {
			t.Errorf("%s is missing in %s", f.Name, out.String())
		}
	})
}
