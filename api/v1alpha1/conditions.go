// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Condition types. Ready, Reconciling and Stalled mean what kstatus says they mean; Reconciling and Stalled are
// present only while they are true.
const (
	// ConditionReady is true when the object is as its spec wants it: a provider that can be used, a call that is
	// connected, a call that ended as wanted.
	ConditionReady = "Ready"
	// ConditionReconciling is true while the operator is still on its way to what the spec wants.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is true when the operator has given up: nothing more happens unless a person acts.
	ConditionStalled = "Stalled"
	// ConditionConnected is true while somebody has answered the call and it goes on.
	ConditionConnected = "Connected"
	// ConditionObserved is false, and only there, while the service cannot be asked about a live call, so that nobody here knows
	// whether it goes on.
	ConditionObserved = "Observed"
	// ConditionCallbackURLUsable is false, and only there, while a provider's callback URL is one that ACS is known not to call.
	ConditionCallbackURLUsable = "CallbackURLUsable"
	// ConditionEnded is true when the call is over, however it ended.
	ConditionEnded = "Ended"
	// ConditionCallbacksRefused is true on a CallProvider while callbacks of its service are refused. It is present only while
	// it is true, and the webhook receiver writes it.
	ConditionCallbacksRefused = "CallbacksRefused"
	// ConditionIncomingCallsRefused is true on a CallProvider while its incoming calls cannot be recorded. It is present only
	// while it is true, and the webhook receiver writes it.
	ConditionIncomingCallsRefused = "IncomingCallsRefused"
)

// Reasons of a Call's conditions, beside the outcomes.
const (
	// ReasonPending says that nothing has been tried yet.
	ReasonPending = "Pending"
	// ReasonProviderNotFound says that the CallProvider does not exist.
	ReasonProviderNotFound = "ProviderNotFound"
	// ReasonNumberNotOwned says that the caller number is not among the provider's numbers.
	ReasonNumberNotOwned = "NumberNotOwned"
	// ReasonWaitingForCapacity says that the caller number has as many calls as it may have.
	ReasonWaitingForCapacity = "WaitingForCapacity"
	// ReasonCalleeBusy says that another Call to the same callee is under way.
	ReasonCalleeBusy = "WaitingForCallee"
	// ReasonWaitingForOtherLeg says that another Call from the same own number to the same own number has been placed, and
	// that its incoming side has not been seen: with two on their way, nobody could tell which is which.
	ReasonWaitingForOtherLeg = "WaitingForOtherLeg"
	// ReasonPaced says that the provider's calls per second are used up for the moment.
	ReasonPaced = "Paced"
	// ReasonWaitingForTime says that the time in spec.notBefore has not come yet.
	ReasonWaitingForTime = "WaitingForTime"
	// ReasonWaitingForQueue says that the manager does not know yet which calls use the numbers of the provider.
	ReasonWaitingForQueue = "WaitingForQueue"
	// ReasonNumberTooShort says that a telephone number is too short for a subscriber's.
	ReasonNumberTooShort = "NumberTooShort"
	// ReasonTimeToLiveDeferred is the reason of the Event which says that a tool may apply a Call again, so that its record
	// is kept for longer than spec.ttlSecondsAfterFinished.
	ReasonTimeToLiveDeferred = "TimeToLiveDeferred"
	// ReasonDialing says that the request to place the call is on its way, or the callee is being rung.
	ReasonDialing = "Dialing"
	// ReasonRouted says that a CallRoute takes an incoming call.
	ReasonRouted = "Routed"
	// ReasonNoRoute says that no CallRoute matches an incoming call, which is left ringing for others.
	ReasonNoRoute = "NoRoute"
	// ReasonWaitingForOrigin says that it is not known yet which Call of ours placed an incoming call.
	ReasonWaitingForOrigin = "WaitingForOrigin"
	// ReasonOriginUnknown says that it cannot be known which Call of ours placed an incoming call, and that a CallRoute
	// depends on it.
	ReasonOriginUnknown = "OriginUnknown"
	// ReasonRedirectLoop says that an incoming call came back to a CallRoute that has redirected it before.
	ReasonRedirectLoop = "RedirectLoop"
	// ReasonContextMissing says that what is needed to take an incoming call is not there.
	ReasonContextMissing = "ContextMissing"
	// ReasonRinging says that an incoming call waits for somebody to answer.
	ReasonRinging = "Ringing"
	// ReasonConnected says that the call was answered and goes on.
	ReasonConnected = "Connected"
	// ReasonEnding says that the call is being hung up.
	ReasonEnding = "Ending"
	// ReasonUnauthorized says that ACS refused the provider's credentials (HTTP 401).
	ReasonUnauthorized = "Unauthorized"
	// ReasonForbidden says that ACS does not let the provider place this call (HTTP 403).
	ReasonForbidden = "Forbidden"
	// ReasonInvalidRequest says that ACS refused the call as it is written (HTTP 400, 404, 405), or that the number is
	// badly formed (SIP 484).
	ReasonInvalidRequest = "InvalidRequest"
	// ReasonCalleeNotFound says that the number or user that was called does not exist.
	ReasonCalleeNotFound = "CalleeNotFound"
	// ReasonThrottled says that ACS asked to slow down (HTTP 429).
	ReasonThrottled = "Throttled"
	// ReasonServiceUnavailable says that ACS could not be reached or failed, and that no call was placed.
	ReasonServiceUnavailable = "ServiceUnavailable"
	// ReasonDialUnresolved says that it is not known yet whether ACS placed the call; the provider's spec.acs.unansweredRequests
	// says whether the same request is repeated.
	ReasonDialUnresolved = "DialUnresolved"
	// ReasonInternalError says that the operator has a defect that keeps it from going on.
	ReasonInternalError = "InternalError"
	// ReasonProviderChanged says that the CallProvider leads to another service than the one that the attempt names.
	// Nothing is sent there; the Call or move goes on when the CallProvider leads back.
	ReasonProviderChanged = "ProviderChanged"
	// ReasonCallbackKeyMissing says that the callback key of a request is no longer known, so that the same request cannot
	// be sent again.
	ReasonCallbackKeyMissing = "CallbackKeyMissing"
)

// Reasons of a ParticipantMove's conditions, beside the outcomes, ReasonPending and those of requests that fail.
const (
	// ReasonCallNotFound says that a Call that the move names does not exist, or that none has the labels.
	ReasonCallNotFound = "CallNotFound"
	// ReasonCallAmbiguous says that several Calls have the labels that the move selects by.
	ReasonCallAmbiguous = "CallAmbiguous"
	// ReasonCallNotConnected says that a Call is not connected yet.
	ReasonCallNotConnected = "CallNotConnected"
	// ReasonMoveInFlight says that another move of the same source Call or participant is under way.
	ReasonMoveInFlight = "MoveInFlight"
	// ReasonMoving says that the participants are being moved.
	ReasonMoving = "Moving"
	// ReasonMoveUnresolved says that it is not known yet whether the service took the request; it is repeated.
	ReasonMoveUnresolved = "MoveUnresolved"
)

// Reasons of a CallRoute's conditions, beside ReasonProviderNotFound and ReasonNumberNotOwned.
const (
	// ReasonAccepted says that the route can take calls.
	ReasonAccepted = "Accepted"
	// ReasonAmbiguous says that another route with the same priority takes every call that this one matches.
	ReasonAmbiguous = "Ambiguous"
	// ReasonShadowed says that a route with a higher priority takes every call that this one matches.
	ReasonShadowed = "Shadowed"
	// ReasonInvalidSelector says that a label selector cannot be used as it is written.
	ReasonInvalidSelector = "InvalidSelector"
)

// Reasons of a CallProvider's conditions.
const (
	// ReasonAvailable says that the provider can be used.
	ReasonAvailable = "Available"
	// ReasonInUse says that the provider is being deleted and waits for its live calls.
	ReasonInUse = "InUse"
	// ReasonInvalidEndpoint says that the endpoint cannot be used as it is written.
	ReasonInvalidEndpoint = "InvalidEndpoint"
	// ReasonSecretNotFound says that the Secret does not exist.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonSecretKeyNotFound says that the Secret lacks the key.
	ReasonSecretKeyNotFound = "SecretKeyNotFound"
	// ReasonInvalidCredentials says that the credentials cannot be read as such.
	ReasonInvalidCredentials = "InvalidCredentials"
	// ReasonEndpointNotACS says that somebody else than ACS answers at the endpoint: a proxy, another host, or one
	// whose certificate is not trusted.
	ReasonEndpointNotACS = "EndpointNotACS"
	// ReasonAPIVersionNotServed says that the endpoint does not serve the api-version.
	ReasonAPIVersionNotServed = "APIVersionNotServed"
	// ReasonCallbackURLRefused says that ACS is known not to call a URL of that kind.
	ReasonCallbackURLRefused = "CallbackURLRefused"
	// ReasonInvalidCallbackURL says that the callback URL cannot be used as it is written.
	ReasonInvalidCallbackURL = "InvalidCallbackURL"
	// ReasonQuotaExceeded says that a ResourceQuota of the namespace is used up.
	ReasonQuotaExceeded = "QuotaExceeded"
	// ReasonInvalidEvent says that the service's events are not what it documents.
	ReasonInvalidEvent = "InvalidEvent"
	// ReasonSigningKeysUnavailable says that the keys that tokens are signed with cannot be fetched.
	ReasonSigningKeysUnavailable = "SigningKeysUnavailable"
	// ReasonTokenMissing says that requests carry no token.
	ReasonTokenMissing = "TokenMissing"
	// ReasonTokenInvalid says that the token of requests is not a genuine one.
	ReasonTokenInvalid = "TokenInvalid"
	// ReasonTokenExpired says that the token of requests has expired.
	ReasonTokenExpired = "TokenExpired"
	// ReasonTokenIssuer says that the token of requests is of another issuer.
	ReasonTokenIssuer = "TokenIssuer"
	// ReasonTokenAudience says that the token of requests is for somebody else.
	ReasonTokenAudience = "TokenAudience"
	// ReasonIdentityNotAllowed says that the namespace may not use the manager's workload identity at this endpoint.
	ReasonIdentityNotAllowed = "WorkloadIdentityNotAllowed"
)
