// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Condition types. Ready, Reconciling and Stalled mean what kstatus says they mean; Reconciling and Stalled are
// present only while they are true.
const (
	// ConditionReady is true when the object is in the state that its spec asks for: a provider that can be used, a call
	// that is connected, a call that ended as asked.
	ConditionReady = "Ready"
	// ConditionReconciling is true while the operator still works towards the state that the spec asks for.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is true when the operator has given up: somebody has to act.
	ConditionStalled = "Stalled"
	// ConditionConnected is true while the call is answered and still active.
	ConditionConnected = "Connected"
	// ConditionObserved is false while the service cannot be asked about a live call, so that the operator does not know
	// whether the call is still active. Otherwise the condition is absent.
	ConditionObserved = "Observed"
	// ConditionCallbackURLUsable is false while a provider's callback URL is one that ACS is known not to call. Otherwise
	// the condition is absent.
	ConditionCallbackURLUsable = "CallbackURLUsable"
	// ConditionEnded is true when the call is over, however it ended.
	ConditionEnded = "Ended"
	// ConditionComplete is true when a DialOut is over, however it ended.
	ConditionComplete = "Complete"
	// ConditionFlowEnded is true when the flow of a call has ended; its message is the outcome. A call without a flow does not have it.
	ConditionFlowEnded = "FlowEnded"
	// ConditionCallbacksRefused is true on a CallProvider while callbacks of its service are refused. It is present only while
	// it is true, and the webhook receiver writes it.
	ConditionCallbacksRefused = "CallbacksRefused"
	// ConditionIncomingCallsRefused is true on a CallProvider while its incoming calls cannot be recorded. It is present only
	// while it is true, and the webhook receiver writes it.
	ConditionIncomingCallsRefused = "IncomingCallsRefused"
)

// Reasons of a Call's conditions, in addition to the outcomes.
const (
	// ReasonPending says that nothing has been tried yet.
	ReasonPending = "Pending"
	// ReasonProviderNotFound says that the CallProvider does not exist.
	ReasonProviderNotFound = "ProviderNotFound"
	// ReasonNumberNotOwned says that the caller number is not among the provider's numbers.
	ReasonNumberNotOwned = "NumberNotOwned"
	// ReasonWaitingForCapacity says that the caller number has as many calls as it may have.
	ReasonWaitingForCapacity = "WaitingForCapacity"
	// ReasonWaitingForCallee says that another Call to the same callee is under way.
	ReasonWaitingForCallee = "WaitingForCallee"
	// ReasonWaitingForOtherLeg says that another Call between the same two of the provider's numbers was placed and its
	// incoming leg has not arrived. If both were placed, their incoming legs could not be told apart.
	ReasonWaitingForOtherLeg = "WaitingForOtherLeg"
	// ReasonPaced says that the provider's limit of calls per second is reached for now.
	ReasonPaced = "Paced"
	// ReasonWaitingForTime says that the time in spec.notBefore has not come yet.
	ReasonWaitingForTime = "WaitingForTime"
	// ReasonWaitingForQueue says that the manager has just started and does not know yet which calls use the provider's numbers.
	ReasonWaitingForQueue = "WaitingForQueue"
	// ReasonNumberTooShort says that a telephone number is too short to be a subscriber number.
	ReasonNumberTooShort = "NumberTooShort"
	// ReasonNumberBlocked says that a do-not-call list of the provider has the number.
	ReasonNumberBlocked = "NumberBlocked"
	// ReasonDoNotCallUnreadable says that a do-not-call list of the provider cannot be read, so that no number is called.
	ReasonDoNotCallUnreadable = "DoNotCallUnreadable"
	// ReasonTimeToLiveDeferred is the reason of the Event about a Call that is kept longer than
	// spec.ttlSecondsAfterFinished, because a tool such as Argo CD might apply it again.
	ReasonTimeToLiveDeferred = "TimeToLiveDeferred"
	// ReasonOrphanHungUp is the reason of the Event about a live call that was hung up since it had no Call any more.
	ReasonOrphanHungUp = "OrphanHungUp"
	// ReasonCreatedAgain is the reason of the Event about an object that was carried out before, under the same name and with the
	// same spec, and whose record spec.ttlSecondsAfterFinished has deleted.
	ReasonCreatedAgain = "CreatedAgain"
	// ReasonDialing says that the request to place the call is being sent, or that the callee is being rung.
	ReasonDialing = "Dialing"
	// ReasonRouted says that a CallRoute takes an incoming call.
	ReasonRouted = "Routed"
	// ReasonNoRoute says that no CallRoute matches an incoming call. The call keeps ringing for other subscribers.
	ReasonNoRoute = "NoRoute"
	// ReasonWaitingForOrigin says that it is not known yet which Call in this namespace placed an incoming call.
	ReasonWaitingForOrigin = "WaitingForOrigin"
	// ReasonOriginUnknown says that it cannot be known which Call in this namespace placed an incoming call, and that a
	// CallRoute depends on it.
	ReasonOriginUnknown = "OriginUnknown"
	// ReasonRedirectLoop says that an incoming call came back to a CallRoute that has redirected it before.
	ReasonRedirectLoop = "RedirectLoop"
	// ReasonContextMissing says that the Secret with the context of an incoming call is missing, so that the call cannot be taken.
	ReasonContextMissing = "ContextMissing"
	// ReasonRinging says that an incoming call waits for somebody to answer.
	ReasonRinging = "Ringing"
	// ReasonConnected says that the call was answered and is active.
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
	// ReasonInternalError says that a bug in the operator stops it from continuing.
	ReasonInternalError = "InternalError"
	// ReasonProviderChanged says that the CallProvider now names another service than the one in the attempt. Nothing is
	// sent to that service. The Call or move continues when the CallProvider names the first service again.
	ReasonProviderChanged = "ProviderChanged"
	// ReasonCallbackKeyMissing says that the callback key of a request is no longer available, so that the request cannot be
	// retried.
	ReasonCallbackKeyMissing = "CallbackKeyMissing"
)

// Reasons of a ParticipantMove's conditions, in addition to the outcomes, ReasonPending and those of requests that fail.
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
	// ReasonMoveUnresolved says that it is not known yet whether the service accepted the request; the operator retries it.
	ReasonMoveUnresolved = "MoveUnresolved"
)

// Reasons of a CallAction's conditions, in addition to the outcomes and to those of a ParticipantMove.
const (
	// ReasonActionInFlight says that another action that excludes this one, or a step of the flow, is under way in the same Call.
	ReasonActionInFlight = "ActionInFlight"
	// ReasonRunning says that the service carries out the action.
	ReasonRunning = "Running"
	// ReasonActionUnresolved says that it is not known yet whether the service accepted the request.
	ReasonActionUnresolved = "ActionUnresolved"
	// ReasonParticipantNotFound says that the participant is not in the Call.
	ReasonParticipantNotFound = "ParticipantNotFound"
	// ReasonRecordingNotFound says that no recording of the Call is known.
	ReasonRecordingNotFound = "RecordingNotFound"
)

// Reasons of a CallFlow's conditions, of a Call that waits for its flow, and of what a step waits for.
const (
	// ReasonValid says that calls can run the flow.
	ReasonValid = "Valid"
	// ReasonFlowNotFound says that the CallFlow does not exist.
	ReasonFlowNotFound = "FlowNotFound"
	// ReasonFlowInvalid says that calls cannot run the CallFlow as it is written.
	ReasonFlowInvalid = "FlowInvalid"
	// ReasonParameterMissing says that the Call gives no value for a parameter of its CallFlow.
	ReasonParameterMissing = "ParameterMissing"
	// ReasonParameterUnknown says that the Call gives a value for a parameter that its CallFlow does not have.
	ReasonParameterUnknown = "ParameterUnknown"
	// ReasonFlowRunning says that the flow of a call has not ended.
	ReasonFlowRunning = "FlowRunning"
	// ReasonFlowEnded says that the flow of a call has ended.
	ReasonFlowEnded = "FlowEnded"
	// ReasonStepUnresolved says that it is not known yet whether the service accepted the request of a step.
	ReasonStepUnresolved = "StepUnresolved"
)

// Reasons of a DialOut's conditions, in addition to the outcomes.
const (
	// ReasonCalling says that calls are started as spec says.
	ReasonCalling = "Calling"
	// ReasonSuspended says that spec.suspend is set.
	ReasonSuspended = "Suspended"
	// ReasonListNotFound says that a list of targets does not exist.
	ReasonListNotFound = "ListNotFound"
	// ReasonBadLines says that lines of the lists cannot be used, and that spec.allOrNothing is set.
	ReasonBadLines = "BadLines"
	// ReasonNoTargets says that the lists have nobody to call.
	ReasonNoTargets = "NoTargets"
	// ReasonInvalidCallingHours says that the calling hours cannot be used as they are written.
	ReasonInvalidCallingHours = "InvalidCallingHours"
	// ReasonOutsideCallingHours says that it is outside the calling hours of everybody who is left.
	ReasonOutsideCallingHours = "OutsideCallingHours"
	// ReasonWaitingForAttempt says that everybody who is left waits for the next attempt.
	ReasonWaitingForAttempt = "WaitingForAttempt"
	// ReasonResultsMissing says that an object with targets or results of a DialOut is missing or cannot be read.
	ReasonResultsMissing = "ResultsMissing"
)

// Reasons of a CallRoute's conditions, in addition to ReasonProviderNotFound and ReasonNumberNotOwned.
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
	// ReasonNoEvents says that calls can be placed, but that the service is not connected to the webhook receiver, so that it reports
	// nothing of them, and no incoming calls.
	ReasonNoEvents = "NoEvents"
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
	// ReasonEndpointNotACS says that something other than ACS answers at the endpoint: a proxy, another host, or one whose
	// certificate is not trusted.
	ReasonEndpointNotACS = "EndpointNotACS"
	// ReasonEndpointNotAsterisk says that something else than Asterisk answers at the provider's URL.
	ReasonEndpointNotAsterisk = "EndpointNotAsterisk"
	// ReasonApplicationNotConnected says that nobody listens for the provider's Stasis application, so that Asterisk drops its calls.
	ReasonApplicationNotConnected = "ApplicationNotConnected"
	// ReasonUnsupportedVersion says that the service is too old.
	ReasonUnsupportedVersion = "UnsupportedVersion"
	// ReasonUnsupported says that the provider's service cannot do what is asked for.
	ReasonUnsupported = "Unsupported"
	// ReasonAPIVersionNotServed says that the endpoint does not serve the api-version.
	ReasonAPIVersionNotServed = "APIVersionNotServed"
	// ReasonCallbackURLRefused says that ACS is known not to call a URL of that kind.
	ReasonCallbackURLRefused = "CallbackURLRefused"
	// ReasonInvalidCallbackURL says that the callback URL cannot be used as it is written.
	ReasonInvalidCallbackURL = "InvalidCallbackURL"
	// ReasonQuotaExceeded says that a ResourceQuota of the namespace is used up.
	ReasonQuotaExceeded = "QuotaExceeded"
	// ReasonInvalidEvent says that the service's events do not have the documented form.
	ReasonInvalidEvent = "InvalidEvent"
	// ReasonSigningKeysUnavailable says that the keys that verify tokens cannot be fetched.
	ReasonSigningKeysUnavailable = "SigningKeysUnavailable"
	// ReasonTokenMissing says that requests carry no token.
	ReasonTokenMissing = "TokenMissing"
	// ReasonTokenInvalid says that the token of requests is not genuine.
	ReasonTokenInvalid = "TokenInvalid"
	// ReasonTokenExpired says that the token of requests has expired.
	ReasonTokenExpired = "TokenExpired"
	// ReasonTokenIssuer says that the token of requests is from another issuer.
	ReasonTokenIssuer = "TokenIssuer"
	// ReasonTokenAudience says that the token of requests is for another audience.
	ReasonTokenAudience = "TokenAudience"
	// ReasonIdentityNotAllowed says that the namespace may not use the manager's workload identity at this endpoint.
	ReasonIdentityNotAllowed = "WorkloadIdentityNotAllowed"
)
