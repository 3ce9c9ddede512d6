// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/go-logr/logr"
)

// Defaults of Options.
const (
	// DefaultResourceID is the immutable ID of the simulated resource: the audience of callback tokens.
	DefaultResourceID = "5a1ad0e5-0000-4000-8000-000000000001"
	// DefaultIssuer signs the tokens of callbacks.
	DefaultIssuer = "https://acs-simulator.example.test"
	// DefaultEventVersion is the version that events say they have.
	DefaultEventVersion = "2026-03-12"
	// DefaultRingTimeout is how long an unanswered phone rings. Source:
	// https://learn.microsoft.com/azure/communication-services/resources/troubleshooting/voice-video-calling/troubleshooting-codes,
	// sub-code 10004.
	DefaultRingTimeout = 2 * time.Minute
	// DefaultJournalLimit is how many entries the journal keeps.
	DefaultJournalLimit = 100_000
	// DefaultRepeatabilityWindow is how long a repeatable request is remembered after it was first sent. The service does not
	// document it.
	DefaultRepeatabilityWindow = 5 * time.Minute
	// DefaultRecordingTime is how long after its end a recording's content is available. The service takes some minutes.
	DefaultRecordingTime = 200 * time.Millisecond
	// DefaultPromptTime is how long a text, SSML or file plays.
	DefaultPromptTime = 200 * time.Millisecond
	// DefaultTeardown is how long a call takes to end after its app hung up.
	DefaultTeardown = 20 * time.Millisecond

	// defaultAnswer is the delay after which a phone without a script answers.
	defaultAnswer = 300 * time.Millisecond
)

// Options describe the simulated resource. The zero value of each is its default.
type Options struct {
	// AccessKey is the resource's access key, in base64. Without one, requests are not authenticated.
	AccessKey string
	// ResourceID is the resource's immutable ID, DefaultResourceID when unset.
	ResourceID string
	// Issuer signs the tokens of callbacks, DefaultIssuer when unset.
	Issuer string
	// OwnedNumbers are the resource's phone numbers: only they may be caller IDs, and calls to them raise IncomingCall.
	// Without any, every number may be a caller ID.
	OwnedNumbers []string
	// SharedCallIDs makes both legs of a telephone call between two owned numbers share their correlation ID and server call
	// ID, as the legs of a call between app users do. The service's telephone calls do not.
	SharedCallIDs bool
	// MaxConcurrentCallsPerNumber limits the outbound calls of a caller ID; 0 is no limit. The service's default is 2.
	MaxConcurrentCallsPerNumber int
	// Phones have scripts. All others behave like DefaultPhone, which by default answers after a moment.
	Phones       []Phone
	DefaultPhone *Phone
	// RingTimeout is how long an unanswered phone rings, DefaultRingTimeout when unset.
	RingTimeout time.Duration
	// Teardown is how long a call takes to end after its app hung up, DefaultTeardown when unset. Meanwhile it is
	// disconnecting, and refuses operations with 8528.
	Teardown time.Duration
	// PromptTime is how long a text, SSML or file plays, DefaultPromptTime when unset.
	PromptTime time.Duration
	// RecordingTime is how long after its end a recording's content is available, DefaultRecordingTime when unset.
	RecordingTime time.Duration
	// StorageURL is where the contents of recordings can be fetched: a URL that reaches the Handler. Unset, it is the address at
	// which the recording was requested.
	StorageURL string
	// RepeatabilityWindow is how long a repeatable request is remembered after it was first sent, DefaultRepeatabilityWindow
	// when unset. Later it is refused with 412.
	RepeatabilityWindow time.Duration
	// ForgottenRepeatability are operations whose Repeatability IDs are forgotten, such as createCall: a repetition takes
	// effect again.
	ForgottenRepeatability []string
	// UnconfirmedRepeatability are operations whose answers have no Repeatability-Result; unset,
	// DefaultUnconfirmedRepeatability. Empty, but not nil, means that all answers have it.
	UnconfirmedRepeatability []string
	// CallbackRetries and EventGridRetries are the pauses before an event that was not accepted is delivered again; unset,
	// DefaultCallbackRetries and DefaultEventGridRetries. Empty, but not nil, means no retries.
	CallbackRetries, EventGridRetries []time.Duration
	// EventGrid are the subscribers to incoming calls. With filters, each has a URL of its own.
	EventGrid []EventGridSubscription
	// AllowInsecureCallbacks permits http:// callbacks anywhere; otherwise only to loopback addresses.
	AllowInsecureCallbacks bool
	// EventVersion is the version in events, DefaultEventVersion when unset.
	EventVersion string
	// Seed makes the faults' chances repeatable.
	Seed uint64
	// JournalLimit is how many entries are kept, DefaultJournalLimit when 0, none when negative.
	JournalLimit int
	// Client sends callbacks and events; unset, one with time-outs.
	Client *http.Client
	// Now is the clock, time.Now when unset.
	Now func() time.Time
	// Log is optional.
	Log logr.Logger
}

// DefaultUnconfirmedRepeatability are the operations whose recorded answers have no Repeatability-Result although the request
// had the headers. Those of terminateCall, sendDtmfTones and addParticipant have it.
// Source: https://github.com/Azure/azure-sdk-for-js, recordings of communication-call-automation of 2023, and those of
// azure-sdk-for-net of 2023-11.
var DefaultUnconfirmedRepeatability = []string{"createCall", "answerCall"}

// withDefaults fills in what is unset, and finds what is wrong.
func (o Options) withDefaults() (Options, error) {
	o.ResourceID = cmp.Or(o.ResourceID, DefaultResourceID)
	o.Issuer = cmp.Or(o.Issuer, DefaultIssuer)
	o.EventVersion = cmp.Or(o.EventVersion, DefaultEventVersion)
	o.RingTimeout = cmp.Or(o.RingTimeout, DefaultRingTimeout)
	o.JournalLimit = cmp.Or(o.JournalLimit, DefaultJournalLimit)
	o.RepeatabilityWindow = cmp.Or(o.RepeatabilityWindow, DefaultRepeatabilityWindow)
	o.Teardown = cmp.Or(o.Teardown, DefaultTeardown)
	o.PromptTime = cmp.Or(o.PromptTime, DefaultPromptTime)
	o.RecordingTime = cmp.Or(o.RecordingTime, DefaultRecordingTime)
	if o.UnconfirmedRepeatability == nil {
		o.UnconfirmedRepeatability = DefaultUnconfirmedRepeatability
	}
	if o.CallbackRetries == nil {
		o.CallbackRetries = DefaultCallbackRetries
	}
	if o.EventGridRetries == nil {
		o.EventGridRetries = DefaultEventGridRetries
	}
	if o.DefaultPhone == nil {
		o.DefaultPhone = &Phone{Answer: &After{After: Duration(defaultAnswer)}}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Client == nil {
		o.Client = newClient()
	}
	return o, o.validate()
}

func (o *Options) validate() error {
	for _, number := range o.OwnedNumbers {
		if !e164.MatchString(number) {
			return fmt.Errorf("owned number %q: write it in E.164 form, such as +14255550100", number)
		}
	}
	for _, name := range slices.Concat(o.ForgottenRepeatability, o.UnconfirmedRepeatability) {
		if !isRepeatable(name) {
			return fmt.Errorf("operation %q does not take Repeatability headers: write a name of the API's definition, such as createCall", name)
		}
	}
	for _, phone := range o.Phones {
		if err := phone.validate(); err != nil {
			return err
		}
	}
	for i, subscription := range o.EventGrid {
		if slices.ContainsFunc(o.EventGrid[:i], subscription.conflicts) {
			return fmt.Errorf("the URL of Event Grid subscription %d is that of one before it, and one of them has a filter: "+
				"tell the URLs apart with a query such as ?subscription=%d", i+1, i+1)
		}
	}
	if err := o.DefaultPhone.validateScript(); err != nil {
		return fmt.Errorf("the default phone: %w", err)
	}
	if o.RingTimeout < 0 || o.Teardown < 0 || o.RepeatabilityWindow < 0 || o.MaxConcurrentCallsPerNumber < 0 {
		return errors.New("the ring time-out, the teardown, the repeatability window and the limit of concurrent calls must not be negative")
	}
	if o.PromptTime < 0 || o.RecordingTime < 0 {
		return errors.New("the prompt time and the recording time must not be negative")
	}
	return validateStorage(o.StorageURL)
}

// callbackAllowed tells whether events may be posted to a URI: the service asks for https.
func (o *Options) callbackAllowed(uri string) bool {
	parsed, err := url.Parse(uri)
	if err != nil || parsed.Host == "" || parsed.User != nil {
		return false
	}
	switch parsed.Scheme {
	case "https":
		return true
	case "http":
		return o.AllowInsecureCallbacks || isLoopback(parsed.Hostname())
	}
	return false
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// newClient sends to webhooks. Answers are awaited as long as Event Grid waits; redirects are not followed.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       30 * time.Second,
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: maxDeliveries, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
