// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// What a sender on a real connection can hold up, and for how long. The time-outs are shortened for the test; that
// all of them are set is checked first.
func TestConnectionLimits(t *testing.T) {
	f := newFixture(t, []client.Object{dialing(), provider("")})
	server := newHTTPServer(f)
	for name, limit := range map[string]time.Duration{
		"ReadHeaderTimeout": server.ReadHeaderTimeout, "ReadTimeout": server.ReadTimeout,
		"WriteTimeout": server.WriteTimeout, "IdleTimeout": server.IdleTimeout,
	} {
		if limit <= 0 {
			t.Errorf("%s is not set: a sender could hold a connection for ever", name)
		}
	}
	if server.WriteTimeout <= readTimeout+max(recordTimeout, gridTimeout) {
		t.Error("the answer to a slow request would be cut off after it was recorded")
	}
	server.ReadHeaderTimeout, server.ReadTimeout = 100*time.Millisecond, 200*time.Millisecond
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()
	genuine, err := url.Parse(genuineURL(t, target()))
	if err != nil {
		t.Fatal(err)
	}
	line := "POST " + genuine.RequestURI() + " HTTP/1.1\r\nHost: calls.example.com\r\n"

	tests := []struct {
		name, reason, sent string
		// want is the status of the answer; 0 is a closed connection without one.
		want int
	}{
		{name: "Ordinary", reason: "an ordinary request passes", sent: line + "Content-Length: 2\r\n\r\n[]", want: 200},
		{name: "LargeHeaders", reason: "headers have a bound", sent: line + "X: " + strings.Repeat("x", maxHeaderBytes+8<<10) + "\r\n\r\n", want: 431},
		{name: "LongURL", reason: "the URL counts with the headers", sent: "POST /" + strings.Repeat("x", maxHeaderBytes+8<<10) + " HTTP/1.1\r\n\r\n", want: 431},
		{name: "SlowHeaders", reason: "who never ends the headers is dropped", sent: line},
		{name: "SlowBody", reason: "a sender that never ends the body gets an answer", sent: line + "Content-Length: 10\r\n\r\n[", want: 408},
		{name: "NoBody", reason: "an empty body is no event", sent: line + "Content-Length: 0\r\n\r\n", want: 400},
		{name: "AnnouncedTooLarge", reason: "what is too large is refused before it is sent",
			sent: line + fmt.Sprintf("Content-Length: %d\r\nExpect: 100-continue\r\n\r\n", maxBodyBytes+1), want: 413},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			connection, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = connection.Close() }()
			_ = connection.SetDeadline(time.Now().Add(10 * time.Second))
			if _, err := connection.Write([]byte(tc.sent)); err != nil {
				t.Fatal(err)
			}
			code := 0
			if response, err := http.ReadResponse(bufio.NewReader(connection), nil); err == nil {
				code = response.StatusCode
				_ = response.Body.Close()
			}
			if code != tc.want {
				t.Errorf("%s: status %d, want %d", tc.reason, code, tc.want)
			}
		})
	}
}

// However a callback ends, the log at its most talkative holds nothing that gives access or names a person.
func TestLogKeepsSecrets(t *testing.T) {
	var log strings.Builder
	logger := funcr.New(func(prefix, args string) { log.WriteString(prefix + args + "\n") }, funcr.Options{Verbosity: 10})
	f := newFixture(t, []client.Object{dialing(), provider(resourceID)}, withLog(logger))
	f.batcher.timeout = 20 * time.Millisecond
	genuine, _ := url.Parse(genuineURL(t, target()))
	jwt := f.jwks.Token(time.Now())
	send := func(body, authorization string) {
		request := f.request(body)
		request.Header.Set("Authorization", authorization)
		f.send(request)
	}
	send(batch(t, roster("1", 1)), "Bearer "+jwt)
	send(batch(t, roster("1", 1)), "Bearer "+jwt)
	send(batch(t, roster("2", 2)), "Bearer "+jwt+"x")
	send("["+callee, "Bearer "+jwt)
	f.onWrite = func(*v1alpha1.Call) error { panic(callee) }
	send(batch(t, roster("3", 3)), "Bearer "+jwt)
	f.onWrite = func(*v1alpha1.Call) error { return errDown }
	send(batch(t, roster("4", 4)), "Bearer "+jwt)
	f.ServeHTTP(discard{}, f.request("").WithContext(t.Context()))

	if !strings.Contains(log.String(), "recorded") || !strings.Contains(log.String(), "api_unavailable") {
		t.Fatalf("the log says too little:\n%s", log.String())
	}
	for what, secret := range map[string]string{
		"the callback token": genuine.Query().Get("token"), "a JWT": strings.Split(jwt, ".")[2],
		"a phone number": callee, "the query": genuine.RawQuery, "a JWT's claims": strings.Split(jwt, ".")[1],
	} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %s:\n%s", what, log.String())
		}
	}
}

type discard struct{}

func (discard) Header() http.Header               { return http.Header{} }
func (discard) Write(content []byte) (int, error) { return len(content), nil }
func (discard) WriteHeader(int)                   {}
