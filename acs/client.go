// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/google/uuid"
)

const (
	// DefaultAPIVersion is the newest stable api-version of Call Automation that this package knows.
	DefaultAPIVersion = "2026-03-12"

	// entraScope is the scope of Communication Services; the double slash is meant.
	// Source: https://learn.microsoft.com/azure/communication-services/concepts/authentication.
	entraScope = "https://communication.azure.com//.default"

	moduleName    = "call-operator/acs"
	moduleVersion = "v0.1.0"

	queryAPIVersion = "api-version"

	headerClientRequestID        = "x-ms-client-request-id"
	headerRepeatabilityID        = "Repeatability-Request-ID"
	headerRepeatabilityFirstSent = "Repeatability-First-Sent"
)

// ClientOptions are the options of a Client.
type ClientOptions struct {
	// ClientOptions are azcore's: retries, transport, telemetry, logging. An *http.Client without CheckRedirect is copied and
	// follows no redirects: a signature is valid for one host.
	azcore.ClientOptions
	// APIVersion is the api-version of every request; "" is that of ClientOptions, or else DefaultAPIVersion.
	APIVersion string
	// AllowHTTP permits an http:// endpoint, for a simulator. The service itself supports https only.
	AllowHTTP bool
	// OnAnswer, if set, receives the result of each operation, after all its tries. It may be called concurrently.
	OnAnswer func(Answer)
	// Now tells the time at which requests are signed; nil is time.Now.
	Now func() time.Time
}

// Client is a client of ACS Call Automation. It is safe for concurrent use.
type Client struct {
	endpoint   *url.URL
	apiVersion string
	pipeline   runtime.Pipeline
	onAnswer   func(Answer)
}

// Repeatability identifies a request, so that the service carries it out once, however often it is sent. The zero value sends no
// headers; then a try with an unknown effect is not repeated. Source:
// https://learn.microsoft.com/rest/api/communication/repeatable-requests.
type Repeatability struct {
	// ID is a UUID, the same for each sending of one request.
	ID string
	// FirstSent is when the request was first sent; an ID requires it. E-mail and rooms, whose requests are documented, remember
	// a request for five minutes from then. How long Call Automation does is not documented.
	FirstSent time.Time
	// Once prevents retries by the client once the effect is unknown, although there is an ID: the caller decides whether to
	// repeat.
	Once bool
	// Result, if set, receives what the answer says about the ID; it is RepeatabilityNotConfirmed if there is no answer.
	Result *RepeatabilityResult
}

// NewClient returns a client that authenticates with an access key.
func NewClient(endpoint string, key AccessKey, options *ClientOptions) (*Client, error) {
	if key.IsZero() {
		return nil, errors.New("the access key is empty")
	}
	now := time.Now
	if options != nil && options.Now != nil {
		now = options.Now
	}
	return newClient(endpoint, options, &hmacPolicy{key: key, now: now})
}

// NewClientWithTokenCredential returns a client that authenticates with Entra ID. The endpoint must be https, regardless of the
// options.
func NewClientWithTokenCredential(endpoint string, credential azcore.TokenCredential, options *ClientOptions) (*Client, error) {
	if credential == nil {
		return nil, errors.New("the credential is nil")
	}
	secure := ClientOptions{}
	if options != nil {
		secure = *options
	}
	secure.AllowHTTP = false
	return newClient(endpoint, &secure, runtime.NewBearerTokenPolicy(credential, []string{entraScope}, nil))
}

func newClient(endpoint string, options *ClientOptions, authentication policy.Policy) (*Client, error) {
	if options == nil {
		options = &ClientOptions{}
	}
	parsed, err := parseEndpoint(endpoint)
	if err != nil {
		return nil, err
	}
	if parsed.Scheme != "https" && !options.AllowHTTP {
		return nil, errors.New("the endpoint must begin with https://")
	}
	pipelineOptions := options.ClientOptions
	pipelineOptions.APIVersion = "" // url sets it
	pipelineOptions.Transport = withoutRedirects(options.Transport)
	// The innermost policy signs, so that no other changes the signed request; tries are recorded below it.
	pipelineOptions.PerRetryPolicies = append(slices.Clone(options.PerRetryPolicies), authentication, triesPolicy{})
	if pipelineOptions.Retry.StatusCodes == nil {
		pipelineOptions.Retry.StatusCodes = retriedStatusCodes
	}
	return &Client{
		endpoint:   parsed,
		onAnswer:   options.OnAnswer,
		apiVersion: cmp.Or(options.APIVersion, options.ClientOptions.APIVersion, DefaultAPIVersion),
		pipeline:   runtime.NewPipeline(moduleName, moduleVersion, runtime.PipelineOptions{}, &pipelineOptions),
	}, nil
}

// retriedStatusCodes are the statuses after which a try is repeated, with the same Repeatability headers. 409 and 412
// answer a repetition, so repeating again is no use at once.
var retriedStatusCodes = []int{
	http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
	http.StatusServiceUnavailable, http.StatusGatewayTimeout,
}

// operation is one request of the API.
type operation struct {
	// name is the operation's name in the API's definition.
	name   string
	method string
	// path are the segments below the endpoint, each escaped separately.
	path []string
	// action is what follows the path after a colon, as in {id}:terminate.
	action string
	// link is a complete URL, used instead of path and action.
	link *url.URL
	// resourceHost is signed instead of the link's host, and sent in x-ms-host.
	resourceHost resourceHost
	// header are further headers.
	header http.Header
	// body is encoded as JSON; nil sends none.
	body any
	// repeat are the Repeatability headers.
	repeat Repeatability
	// answers are the statuses that mean success.
	answers []int
	// stream says that the answer's body is left to the caller to read.
	stream bool
	// idempotent says that a POST may be repeated without Repeatability headers.
	idempotent bool
}

// repeatable tells whether a retry is allowed after a try with an unknown effect.
func (o operation) repeatable() bool {
	return o.idempotent || o.method != http.MethodPost || o.repeat.ID != "" && !o.repeat.Once
}

// call sends an operation and decodes its answer into T.
func call[T any](ctx context.Context, c *Client, op operation) (*T, error) {
	response, err := c.send(ctx, op)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	result, said := new(T), repeatabilityResult(response.Header)
	if err := runtime.UnmarshalAsJSON(response, result); err != nil {
		failed := &Error{
			Operation: op.name, StatusCode: response.StatusCode, Message: "the answer is not the expected JSON",
			Form: FormOther, Repeatability: said, Outcome: OutcomeMade, Err: err,
		}
		c.answered(op, said, failed)
		return nil, failed
	}
	c.answered(op, said, nil)
	return result, nil
}

// do sends an operation whose answer's body is ignored.
func (c *Client) do(ctx context.Context, op operation) error {
	response, err := c.send(ctx, op)
	if err != nil {
		return err
	}
	c.answered(op, repeatabilityResult(response.Header), nil)
	return response.Body.Close()
}

// send sends an operation and returns a successful answer. The error is an *Error. On failure it calls OnAnswer; on success the
// caller does, after reading the answer.
func (c *Client) send(ctx context.Context, op operation) (*http.Response, error) {
	// As azcore's own clients do, so that a policy in the options can see the operation of a request.
	ctx = context.WithValue(ctx, runtime.CtxAPINameKey{}, op.name)
	request, err := c.request(ctx, op)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, &Error{Operation: op.name, Err: err, Outcome: OutcomeNotMade}
	}
	if op.stream {
		runtime.SkipBodyDownload(request)
	}
	noted := &tries{operation: op.name, repeatable: op.repeatable()}
	request.SetOperationValue(noted)
	response, err := c.pipeline.Do(request)
	if err != nil {
		failed := errorWithoutAnswer(op.name, err)
		failed.Outcome = noted.outcome()
		c.answered(op, failed.Repeatability, failed)
		return nil, failed
	}
	if slices.Contains(op.answers, response.StatusCode) {
		return response, nil
	}
	defer func() { _ = response.Body.Close() }()
	failed := errorFrom(op.name, response)
	failed.Outcome = noted.outcome()
	c.answered(op, failed.Repeatability, failed)
	return nil, failed
}

func (c *Client) request(ctx context.Context, op operation) (*policy.Request, error) {
	target, err := c.url(op)
	if err != nil {
		return nil, err
	}
	request, err := runtime.NewRequest(ctx, op.method, target.String())
	if err != nil {
		return nil, err
	}
	// The URL's own text may be escaped in another way than the request's.
	request.Raw().URL = target
	if err := op.setHeaders(request); err != nil || op.body == nil {
		return request, err
	}
	body, err := json.Marshal(op.body)
	if err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	return request, request.SetBody(streaming.NopCloser(bytes.NewReader(body)), "application/json")
}

func (o operation) setHeaders(request *policy.Request) error {
	header := request.Raw().Header
	header.Set("Accept", "application/json")
	header.Set(headerClientRequestID, uuid.NewString())
	for name, values := range o.header {
		header[name] = values
	}
	if o.resourceHost != "" {
		header.Set("x-ms-host", string(o.resourceHost))
		request.SetOperationValue(o.resourceHost)
	}
	switch {
	case o.repeat.ID == "" && o.repeat.FirstSent.IsZero():
		return nil
	case o.repeat.ID == "" || o.repeat.FirstSent.IsZero():
		return errors.New("a Repeatability has both an ID and the time of its first sending, or neither")
	}
	header.Set(headerRepeatabilityID, o.repeat.ID)
	header.Set(headerRepeatabilityFirstSent, o.repeat.FirstSent.UTC().Format(http.TimeFormat))
	return nil
}

// url builds the URL whose bytes are sent and signed: each segment escaped as encodeURIComponent does, which net/url would not
// (it leaves colon and plus alone).
func (c *Client) url(op operation) (*url.URL, error) {
	if op.link != nil {
		return op.link, nil
	}
	var plain, escaped strings.Builder
	for _, segment := range op.path {
		if segment == "" || segment == "." || segment == ".." {
			// A server that cleans the path would resolve the last two to another resource.
			return nil, errors.New("an ID in the path is empty or consists of dots")
		}
		plain.WriteString("/" + segment)
		escaped.WriteString("/" + escapeSegment(segment))
	}
	if op.action != "" {
		plain.WriteString(":" + op.action)
		escaped.WriteString(":" + op.action)
	}
	target := *c.endpoint
	target.Path, target.RawPath = plain.String(), escaped.String()
	target.RawQuery = c.versionQuery()
	return &target, nil
}

func (c *Client) versionQuery() string {
	return url.Values{queryAPIVersion: {c.apiVersion}}.Encode()
}

// escapeSegment escapes what encodeURIComponent escapes.
func escapeSegment(segment string) string {
	const kept = "-_.!~*'()"
	var escaped strings.Builder
	for _, b := range []byte(segment) {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', strings.IndexByte(kept, b) >= 0:
			escaped.WriteByte(b)
		default:
			fmt.Fprintf(&escaped, "%%%02X", b)
		}
	}
	return escaped.String()
}
