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
	// ConditionEnded is true when the call is over, however it ended.
	ConditionEnded = "Ended"
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
	// ReasonPaced says that the provider's calls per second are used up for the moment.
	ReasonPaced = "Paced"
	// ReasonDialing says that the request to place the call is on its way, or the callee is being rung.
	ReasonDialing = "Dialing"
	// ReasonRouted says that a CallRoute takes an incoming call.
	ReasonRouted = "Routed"
	// ReasonNoRoute says that no CallRoute matches an incoming call, which is left ringing for others.
	ReasonNoRoute = "NoRoute"
	// ReasonWaitingForOrigin says that it is not known yet which Call of ours placed an incoming call.
	ReasonWaitingForOrigin = "WaitingForOrigin"
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
	// ReasonInvalidRequest says that ACS refused the call as it is written (HTTP 400, 404, 405, 484).
	ReasonInvalidRequest = "InvalidRequest"
	// ReasonThrottled says that ACS asked to slow down (HTTP 429).
	ReasonThrottled = "Throttled"
	// ReasonServiceUnavailable says that ACS could not be reached or failed, and that no call was placed.
	ReasonServiceUnavailable = "ServiceUnavailable"
	// ReasonDialUnresolved says that it is not known yet whether ACS placed the call; the same request is repeated.
	ReasonDialUnresolved = "DialUnresolved"
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
	// ReasonInvalidCallbackURL says that the callback URL cannot be used as it is written.
	ReasonInvalidCallbackURL = "InvalidCallbackURL"
)
