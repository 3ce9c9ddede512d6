// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package ari

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
)

// mostAnswerBytes limits how much of an answer is read.
const mostAnswerBytes = 16 << 20

// Options configure a Client.
type Options struct {
	// URL is where ARI is, such as https://pbx.example.com:8089/ari. Username and Password are those of a user in ari.conf.
	URL, Username, Password string
	// HTTPClient sends the requests; nil is http.DefaultClient. It must not retry.
	HTTPClient *http.Client
	// Begin is called before each request, and the function that it returns after it, with the HTTP status, 0 if there was no answer;
	// nil watches nothing.
	Begin func(ctx context.Context, operation string) (done func(status int, err error))
}

// Client sends requests to one Asterisk. It may be used by several goroutines.
type Client struct {
	base *url.URL
	http *http.Client
	// authorize adds the credentials. They are in a function so that no format prints them.
	authorize func(http.Header)
	begin     func(ctx context.Context, operation string) (done func(status int, err error))
}

// New returns a client. It sends nothing.
func New(options Options) (*Client, error) {
	base, err := url.Parse(options.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, errors.New("ari: the URL must be like https://pbx.example.com:8089/ari")
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("ari: the URL must have no user, query and fragment")
	}
	if options.Username == "" || options.Password == "" {
		return nil, errors.New("ari: username and password are needed")
	}
	client := &Client{base: base, http: options.HTTPClient, begin: options.Begin}
	if client.begin == nil {
		client.begin = func(context.Context, string) func(int, error) { return func(int, error) {} }
	}
	if client.http == nil {
		client.http = http.DefaultClient
	}
	client.authorize = func(header http.Header) {
		request := http.Request{Header: header}
		request.SetBasicAuth(options.Username, options.Password)
	}
	return client, nil
}

// request is one request.
type request struct {
	// operation names it in errors.
	operation, method string
	// path are the segments after the base URL.
	path  []string
	query url.Values
	// body is sent as JSON, and into receives the answer's; nil is none.
	body, into any
}

func (c *Client) do(ctx context.Context, r request) error {
	done := c.begin(ctx, r.operation)
	status, err := c.send(ctx, r)
	done(status, err)
	return err
}

func (c *Client) send(ctx context.Context, r request) (status int, _ error) {
	response, err := c.open(ctx, c.http, r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, mostAnswerBytes))
	if err != nil {
		return response.StatusCode, fmt.Errorf("ari: reading the answer to %s: %w", r.operation, err)
	}
	return response.StatusCode, read(r, response, answer)
}

// open sends a request, and returns the answer with its body unread.
func (c *Client) open(ctx context.Context, by *http.Client, r request) (*http.Response, error) {
	address := c.base.JoinPath(escaped(r.path)...)
	address.RawQuery = r.query.Encode()
	var body io.Reader
	if r.body != nil {
		text, err := json.Marshal(r.body)
		if err != nil {
			return nil, &NotSentError{Operation: r.operation, cause: err}
		}
		body = bytes.NewReader(text)
	}
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, r.method, address.String(), body)
	if err != nil {
		return nil, &NotSentError{Operation: r.operation, cause: err}
	}
	c.authorize(req.Header)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	response, err := by.Do(req)
	switch {
	case err != nil && !connected.Load():
		return nil, &NotSentError{Operation: r.operation, cause: withoutURL(err)}
	case err != nil:
		return nil, fmt.Errorf("ari: %s: %w", r.operation, withoutURL(err))
	}
	return response, nil
}

// stream is do for an answer that the caller reads and closes. Reading it takes as long as ctx allows, not as long as a request.
func (c *Client) stream(ctx context.Context, r request) (io.ReadCloser, error) {
	done := c.begin(ctx, r.operation)
	patient := *c.http
	patient.Timeout = 0
	response, err := c.open(ctx, &patient, r)
	if err != nil {
		done(0, err)
		return nil, err
	}
	if response.StatusCode == http.StatusOK {
		done(response.StatusCode, nil)
		return response.Body, nil
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, mostAnswerBytes))
	if err == nil {
		err = refusedBy(r.operation, response, answer)
	}
	done(response.StatusCode, err)
	return nil, err
}

// read reads an answer.
func read(r request, response *http.Response, answer []byte) error {
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return refusedBy(r.operation, response, answer)
	}
	if r.into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, r.into); err != nil {
		return &Error{Operation: r.operation, StatusCode: response.StatusCode, Message: "the answer is not what Asterisk answers: " + err.Error(), Foreign: true}
	}
	return nil
}

// escaped are the segments of a path, for IDs with any characters.
func escaped(segments []string) []string {
	all := make([]string, len(segments))
	for i, segment := range segments {
		all[i] = url.PathEscape(segment)
	}
	return all
}

// withoutURL drops the URL of a request from its error: it contains telephone numbers.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// queryOf are the parameters that are not empty, as pairs of name and value.
func queryOf(pairs ...string) url.Values {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	return query
}

// joined is a list as ARI takes it in a parameter.
func joined(values []string) string { return strings.Join(values, ",") }
