// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

var errLost = errors.New("the connection was lost")

// TestOutcomeOverTries has each try end in a status or, as 0, in a lost connection.
func TestOutcomeOverTries(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		tries        []int
		repeat       Repeatability
		want         Outcome
		sent         int
	}{
		{name: "created", reason: "an answer of success", tries: []int{201}, want: OutcomeMade, sent: 1},
		{name: "createdLater", reason: "the last try counts when it succeeds", tries: []int{0, 503, 201}, repeat: repeat, want: OutcomeMade, sent: 3},
		{name: "refused", reason: "a refusal has no effect", tries: []int{400}, want: OutcomeNotMade, sent: 1},
		{name: "unauthorized", reason: "so has one for bad credentials", tries: []int{401}, want: OutcomeNotMade, sent: 1},
		{name: "throttled", reason: "so has throttling, however often", tries: []int{429, 429, 429}, want: OutcomeNotMade, sent: 3},
		{name: "throttledThenRefused", reason: "no try had an effect", tries: []int{429, 400}, want: OutcomeNotMade, sent: 2},
		{name: "conflict", reason: "the original of a repetition still runs", tries: []int{409}, repeat: repeat, want: OutcomeUnknown, sent: 1},
		{name: "tooOld", reason: "a repetition came too late to be compared", tries: []int{412}, repeat: repeat, want: OutcomeUnknown, sent: 1},
		{name: "timeout", reason: "408 says nothing of the effect", tries: []int{408}, want: OutcomeUnknown, sent: 1},
		{name: "failed", reason: "a failure may come after the effect", tries: []int{500, 502, 504}, repeat: repeat, want: OutcomeUnknown, sent: 3},
		{name: "failedOnce", reason: "without Repeatability there is no second try", tries: []int{500, 201}, want: OutcomeUnknown, sent: 1},
		{name: "lostOnce", reason: "nor after a lost connection", tries: []int{0, 201}, want: OutcomeUnknown, sent: 1},
		{name: "throttledThenLost", reason: "a try that had no effect is followed by one that may have", tries: []int{429, 0, 201}, want: OutcomeUnknown, sent: 2},
		{name: "lostThenRefused", reason: "a refusal says nothing about an earlier try that was lost", tries: []int{0, 400}, repeat: repeat, want: OutcomeUnknown, sent: 2},
		{name: "failedThenThrottled", reason: "nor does throttling", tries: []int{500, 429, 429}, repeat: repeat, want: OutcomeUnknown, sent: 3},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sent := 0
			transport := doer(func(r *http.Request) (*http.Response, error) {
				status := tc.tries[sent]
				sent++
				if status == 0 {
					return nil, errLost
				}
				return answering(r, status, "{}"), nil
			})
			client := clientOf(t, "http://contoso.example.test", options(transport, 2))
			_, err := client.CreateCall(t.Context(), CreateCallRequest{}, tc.repeat)
			if got := OutcomeOf(err); got != tc.want || sent != tc.sent {
				t.Errorf("%s after %d tries (%v), want %s after %d: %s", got, sent, err, tc.want, tc.sent, tc.reason)
			}
			var refused *Error
			if err != nil && (!errors.As(err, &refused) || refused.Operation != "createCall") {
				t.Errorf("the error is %#v, want an *Error of createCall", err)
			}
			if last := tc.tries[tc.sent-1]; err != nil && refused.StatusCode != last {
				t.Errorf("the error's status is %d, want that of the last try, %d", refused.StatusCode, last)
			} else if last == 0 && !errors.Is(err, errLost) {
				t.Errorf("the error is %v, which does not wrap its cause", err)
			}
		})
	}
}

// TestOutcomeOfConnections breaks real connections at different points.
func TestOutcomeOfConnections(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		endpoint     func(*testing.T) string
		want         Outcome
	}{
		{name: "refused", reason: "nobody listened", endpoint: closedPort, want: OutcomeNotMade},
		{
			name: "resetBefore", reason: "whether the service read the request is not known",
			endpoint: func(t *testing.T) string { return hangingUp(t, false) }, want: OutcomeUnknown,
		},
		{
			name: "resetAfter", reason: "it did, and the answer was lost",
			endpoint: func(t *testing.T) string { return hangingUp(t, true) }, want: OutcomeUnknown,
		},
		{
			name: "cutAnswer", reason: "an answer that broke off has to be asked for again",
			endpoint: cuttingAnswer, want: OutcomeUnknown,
		},
		{
			name: "noTLS", reason: "no request leaves before the handshake",
			endpoint: func(t *testing.T) string { return "https" + strings.TrimPrefix(hangingUp(t, true), "http") }, want: OutcomeNotMade,
		},
		{
			name: "noSuchHost", reason: "there was nobody to send to",
			endpoint: func(*testing.T) string { return "http://nobody.invalid" }, want: OutcomeNotMade,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			client := clientOf(t, tc.endpoint(t), options(&http.Client{Transport: &http.Transport{DialContext: dial}}, 0))
			_, err := client.CreateCall(t.Context(), CreateCallRequest{CallbackURI: "https://app.example.test/cb"}, repeat)
			var got *Error
			if !errors.As(err, &got) || got.Outcome != tc.want || got.StatusCode != 0 {
				t.Errorf("the error is %v (%s), want %s: %s", err, OutcomeOf(err), tc.want, tc.reason)
			}
		})
	}
}

// dial looks up nothing beyond this machine.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	if host, _, _ := net.SplitHostPort(address); net.ParseIP(host) == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

func closedPort(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	return server.URL
}

// hangingUp is a server that closes each connection, before or after reading a request.
func hangingUp(t *testing.T, read bool) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			if read {
				_, _ = connection.Read(make([]byte, 4096))
			}
			_ = connection.Close()
		}
	}()
	return "http://" + listener.Addr().String()
}

// cuttingAnswer is a server that promises more than it sends.
func cuttingAnswer(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"callConn`)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestOutcomeOfCancelledContext cancels at different points.
func TestOutcomeOfCancelledContext(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		// prepare returns the endpoint and the client's transport; cancel may be called at any time.
		prepare func(t *testing.T, cancel context.CancelFunc) (string, policy.Transporter)
		want    Outcome
	}{
		{
			name: "before", reason: "nothing is sent", want: OutcomeNotMade,
			prepare: func(t *testing.T, cancel context.CancelFunc) (string, policy.Transporter) {
				cancel()
				return serve(t, func(int, exchange) reply { t.Error("a request was sent"); return reply{} }).URL, nil
			},
		},
		{
			name: "dialing", reason: "there was no connection yet", want: OutcomeNotMade,
			prepare: func(_ *testing.T, cancel context.CancelFunc) (string, policy.Transporter) {
				return "http://contoso.example.test", &http.Client{Transport: &http.Transport{
					DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
						cancel()
						<-ctx.Done()
						return nil, ctx.Err()
					},
				}}
			},
		},
		{
			name: "waitingForAnswer", reason: "the service has the request", want: OutcomeUnknown,
			prepare: func(t *testing.T, cancel context.CancelFunc) (string, policy.Transporter) {
				server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					cancel()
					<-r.Context().Done()
				}))
				t.Cleanup(server.Close)
				return server.URL, nil
			},
		},
		{
			name: "betweenTries", reason: "the one try that was made had no effect", want: OutcomeNotMade,
			prepare: func(_ *testing.T, cancel context.CancelFunc) (string, policy.Transporter) {
				return "http://contoso.example.test", doer(func(r *http.Request) (*http.Response, error) {
					cancel()
					return answering(r, 429, ""), nil
				})
			},
		},
		{
			name: "betweenUnknownTries", reason: "the one try that was made may have had its effect", want: OutcomeUnknown,
			prepare: func(_ *testing.T, cancel context.CancelFunc) (string, policy.Transporter) {
				return "http://contoso.example.test", doer(func(r *http.Request) (*http.Response, error) {
					cancel()
					return answering(r, 500, ""), nil
				})
			},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			endpoint, transport := tc.prepare(t, cancel)
			_, err := clientOf(t, endpoint, options(transport, 2)).CreateCall(ctx, CreateCallRequest{}, repeat)
			if !errors.Is(err, context.Canceled) || OutcomeOf(err) != tc.want {
				t.Errorf("the error is %v (%s), want %s: %s", err, OutcomeOf(err), tc.want, tc.reason)
			}
		})
	}
}

func TestOutcomeOf(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		err          error
		want         Outcome
	}{
		{name: "nil", reason: "no error is success", want: OutcomeMade},
		{name: "own", reason: "an error of this package knows", err: &Error{Outcome: OutcomeNotMade}, want: OutcomeNotMade},
		{name: "wrapped", reason: "wrapped too", err: fmt.Errorf("x: %w", &Error{Outcome: OutcomeMade}), want: OutcomeMade},
		{name: "foreign", reason: "of any other nothing is known", err: io.EOF, want: OutcomeUnknown},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := OutcomeOf(tc.err); got != tc.want {
				t.Errorf("%s, want %s: %s", got, tc.want, tc.reason)
			}
		})
	}
}

// TestOutcomeOfTransport classifies errors of transports that tell nothing of their connections.
func TestOutcomeOfTransport(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		err          error
		want         Outcome
	}{
		{name: "dns", reason: "no address, no request", err: &net.DNSError{Name: "x"}, want: OutcomeNotMade},
		{name: "refused", reason: "no connection, no request", err: syscall.ECONNREFUSED, want: OutcomeNotMade},
		{name: "dial", reason: "whatever the cause", err: &net.OpError{Op: "dial", Err: syscall.ETIMEDOUT}, want: OutcomeNotMade},
		{name: "read", reason: "there was a connection", err: &net.OpError{Op: "read", Err: syscall.ECONNRESET}, want: OutcomeUnknown},
		{name: "reset", reason: "so there was here", err: syscall.ECONNRESET, want: OutcomeUnknown},
		{name: "end", reason: "nobody knows", err: io.ErrUnexpectedEOF, want: OutcomeUnknown},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			transport := doer(func(*http.Request) (*http.Response, error) { return nil, fmt.Errorf("send: %w", tc.err) })
			_, err := clientOf(t, "http://contoso.example.test", options(transport, 0)).CreateCall(t.Context(), CreateCallRequest{}, repeat)
			if got := OutcomeOf(err); got != tc.want || !errors.Is(err, tc.err) {
				t.Errorf("%s (%v), want %s: %s", got, err, tc.want, tc.reason)
			}
		})
	}
}

// TestUnreadableSuccess has a success whose body makes no sense.
func TestUnreadableSuccess(t *testing.T) {
	t.Parallel()
	s := serve(t, always(reply{status: 201, body: "<html>"}))
	_, err := clientOf(t, s.URL, ClientOptions{}).CreateCall(t.Context(), CreateCallRequest{}, repeat)
	var got *Error
	if !errors.As(err, &got) || got.StatusCode != http.StatusCreated || got.Outcome != OutcomeMade || got.Unwrap() == nil {
		t.Errorf("the error is %#v, want one of a request that was made", err)
	}
}
