// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"bytes"
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

	headerClientRequestID        = "x-ms-client-request-id"
	headerRepeatabilityID        = "Repeatability-Request-ID"
	headerRepeatabilityFirstSent = "Repeatability-First-Sent"
)

// ClientOptions are the options of a Client.
type ClientOptions struct {
	// ClientOptions are azcore's: retries, transport, telemetry, logging.
	azcore.ClientOptions
	// APIVersion is the api-version of every request; "" is DefaultAPIVersion.
	APIVersion string
	// AllowHTTP permits an http:// endpoint, for a simulator. The service itself speaks https only.
	AllowHTTP bool
}

// Client is a client of ACS Call Automation. It is safe for concurrent use.
type Client struct {
	endpoint   *url.URL
	apiVersion string
	pipeline   runtime.Pipeline
}

// Repeatability identifies a request, so that the service carries it out once however often it is sent. Its zero value
// sends no headers.
// Source: https://learn.microsoft.com/rest/api/communication/repeatable-requests.
type Repeatability struct {
	// ID is a UUID, the same for each sending of one request.
	ID string
	// FirstSent is when the request was sent first. The service remembers requests for five minutes from then.
	FirstSent time.Time
}

// NewClient returns a client that authenticates with an access key.
func NewClient(endpoint string, key AccessKey, options *ClientOptions) (*Client, error) {
	if len(key.secret) == 0 {
		return nil, errors.New("the access key is empty")
	}
	return newClient(endpoint, options, &hmacPolicy{key: key, now: time.Now})
}

// NewClientWithTokenCredential returns a client that authenticates with Entra ID. The endpoint must be https, whatever
// the options say.
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
	apiVersion := options.APIVersion
	if apiVersion == "" {
		apiVersion = DefaultAPIVersion
	}
	pipelineOptions := options.ClientOptions
	// The outermost per-try policy signs last of all, so that nothing changes what was signed; tries are noted below it.
	pipelineOptions.PerRetryPolicies = append(slices.Clone(options.PerRetryPolicies), authentication, triesPolicy{})
	if pipelineOptions.Retry.StatusCodes == nil {
		pipelineOptions.Retry.StatusCodes = retriedStatusCodes
	}
	return &Client{
		endpoint:   parsed,
		apiVersion: apiVersion,
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
	// path are the segments below the endpoint, each of which is escaped by itself.
	path []string
	// action is what follows the path after a colon, as in {id}:terminate.
	action string
	// query is appended to the api-version.
	query url.Values
	// body is encoded as JSON; nil sends none.
	body any
	// repeat are the Repeatability headers.
	repeat Repeatability
	// answers are the statuses that mean success.
	answers []int
	// discard says that the answer's body is not read.
	discard bool
}

// call sends an operation and decodes its answer into T.
func call[T any](ctx context.Context, c *Client, op operation) (*T, error) {
	request, err := c.request(ctx, op)
	if err != nil {
		return nil, &Error{Operation: op.name, Err: err, Outcome: OutcomeNotMade}
	}
	if err := ctx.Err(); err != nil {
		return nil, &Error{Operation: op.name, Err: err, Outcome: OutcomeNotMade}
	}
	noted := &tries{}
	request.SetOperationValue(noted)
	response, err := c.pipeline.Do(request)
	if err != nil {
		failed := errorWithoutAnswer(op.name, err)
		failed.Outcome = noted.outcome(failed.Outcome)
		return nil, failed
	}
	defer func() { _ = response.Body.Close() }()
	if !slices.Contains(op.answers, response.StatusCode) {
		failed := errorFrom(op.name, response)
		failed.Outcome = noted.outcome(failed.Outcome)
		return nil, failed
	}
	result := new(T)
	if op.discard {
		return result, nil
	}
	if err := runtime.UnmarshalAsJSON(response, result); err != nil {
		return nil, &Error{Operation: op.name, StatusCode: response.StatusCode, Message: "the answer is not the expected JSON", Outcome: OutcomeMade, Err: err}
	}
	return result, nil
}

// none is the answer of an operation that has none.
type none struct{}

// do sends an operation that answers nothing of interest.
func (c *Client) do(ctx context.Context, op operation) error {
	op.discard = true
	_, err := call[none](ctx, c, op)
	return err
}

func (c *Client) request(ctx context.Context, op operation) (*policy.Request, error) {
	target, err := c.url(op)
	if err != nil {
		return nil, err
	}
	request, err := runtime.NewRequest(ctx, op.method, c.endpoint.String())
	if err != nil {
		return nil, err
	}
	request.Raw().URL = target
	request.Raw().Header.Set("Accept", "application/json")
	request.Raw().Header.Set(headerClientRequestID, uuid.NewString())
	if op.repeat.ID != "" {
		request.Raw().Header.Set(headerRepeatabilityID, op.repeat.ID)
		request.Raw().Header.Set(headerRepeatabilityFirstSent, op.repeat.FirstSent.UTC().Format(http.TimeFormat))
	}
	if op.body == nil {
		return request, nil
	}
	body, err := json.Marshal(op.body)
	if err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	return request, request.SetBody(streaming.NopCloser(bytes.NewReader(body)), "application/json")
}

// url makes the URL whose bytes are sent and signed: each segment escaped as encodeURIComponent does, which net/url
// would not (it leaves colon and plus alone).
func (c *Client) url(op operation) (*url.URL, error) {
	var plain, escaped strings.Builder
	for _, segment := range op.path {
		if segment == "" {
			return nil, errors.New("an ID in the path is empty")
		}
		plain.WriteString("/" + segment)
		escaped.WriteString("/" + escapeSegment(segment))
	}
	if op.action != "" {
		plain.WriteString(":" + op.action)
		escaped.WriteString(":" + op.action)
	}
	query := url.Values{"api-version": {c.apiVersion}}
	for name, values := range op.query {
		query[name] = values
	}
	target := *c.endpoint
	target.Path, target.RawPath = plain.String(), escaped.String()
	target.RawQuery = query.Encode()
	return &target, nil
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
