// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

// mutations are the safeguards of the invariants in docs/reliability.md.
var mutations = []mutation{
	{
		name: "the attempt is written before it is sent", invariant: 1,
		edits: []edit{{
			"controllers/call/request.go",
			"return r.writeStatus(ctx, r.call, facts...)",
			"r.call.Status = r.statuses().Apply(r.call, facts...)\n\treturn nil",
		}},
		checks: []check{{"./controllers/call", "TestNothingIsSentWithoutIntent"}, {"./test/faults", "TestManagerDiesAtEveryRequest/answered"}},
	},
	{
		name: "writes of status can lose", invariant: 1,
		edits: []edit{{
			"controllers/shared/objects/status_writer.go", "\t*w.Status(updated) = after\n", "\t*w.Status(updated) = after\n\tupdated.SetResourceVersion(\"\")\n",
		}},
		checks: []check{{"./controllers/call", "TestRecord|TestConflict|TestRefusedWhileAnotherRepeats"}, {"./test/faults", "TestTwoManagersAtOnce"}},
	},
	{
		name: "Repeatability headers", invariant: 1,
		edits:  []edit{{"acs/client.go", "\theader.Set(headerRepeatabilityID, o.repeat.ID)\n", ""}},
		checks: []check{{"./acs", "TestOperations|TestRetries"}, {"./test/faults", "TestWhatACSAnswersToADial/droppedAfter"}},
	},
	{
		name: "what may ring somebody is not repeated with Wait", invariant: 1,
		edits: []edit{{
			"controllers/call/unanswered.go", "case !service.RepeatsUnanswered:", "case !service.RepeatsUnanswered && false:",
		}},
		checks: []check{{"./controllers/call", "TestUnansweredRequests"}, {"./test/faults", "TestServiceThatForgets"}},
	},
	{
		name: "the client does not retry what may ring somebody", invariant: 1,
		edits: []edit{{
			"telephony/acs/service.go", "Once: true", "Once: false",
		}},
		checks: []check{{"./controllers/call", "TestUnansweredRequests"}},
	},
	{
		name: "spec.state Ended stops repetitions", invariant: 1,
		edits: []edit{{
			"controllers/call/unanswered.go", "\t\treturn heldByState\n", "\t\treturn \"\"\n",
		}},
		checks: []check{{"./controllers/call", "TestEndedStopsRepetitions"}},
	},
	{
		name: "only the service's own word means that a call is gone", invariant: 5,
		edits: []edit{{
			"acs/errorform.go", "\treturn e.Form == FormService && e.StatusCode != http.StatusMethodNotAllowed && slices.Contains(goneSubCodes, e.SubCode)",
			"\treturn e.StatusCode == http.StatusNotFound || e.StatusCode == http.StatusGone || slices.Contains(goneSubCodes, e.SubCode)",
		}},
		checks: []check{{"./acs", "TestWhoAnswered"}, {"./controllers/call", "TestForeignAnswers"}},
	},
	{
		name: "a call waits while somebody else than ACS answers", invariant: 5,
		edits: []edit{{
			"telephony/acs/errors.go", "case refused.Foreign():", "case false:",
		}},
		checks: []check{{"./controllers/call", "TestForeignAnswers"}},
	},
	{
		name: "a repetition is announced before it is sent", invariant: 1,
		edits: []edit{{
			"controllers/shared/once/once.go", "\tif len(facts) == 0 {\n\t\treturn nil\n\t}\n\treturn r.Write(ctx, facts...)", "\treturn nil",
		}},
		checks: []check{{"./controllers/call", "TestRefusedWhileAnotherRepeats|TestNothingIsRepeatedInSecret"}, {"./controllers/operation", "TestNoMoveIsRepeatedInSecret"}},
	},
	{
		name: "the same ID is repeated, no new attempt made", invariant: 1,
		edits: []edit{{
			"controllers/call/decide.go", "\tdefault:\n\t\treturn act(actionRepeat)", "\tdefault:\n\t\treturn act(actionDial)",
		}},
		checks: []check{{"./controllers/call", "TestDecideCall|TestSameAttemptAfterLostAnswer"}},
	},
	{
		name: "a repetition goes only to the service that the attempt names", invariant: 1,
		edits: []edit{{
			"controllers/shared/once/once.go", "case !found.Relation.MayRepeat():", "case !found.Relation.MayRepeat() && false:",
		}},
		checks: []check{{"./controllers", "TestRepetitionStaysWithItsService|TestProviderChangedForGood"}, {"./controllers", "TestMoveStaysWithItsService"}},
	},
	{
		name: "a repetition is the same request", invariant: 1,
		edits: []edit{
			{"controllers/shared/once/once.go", "base = sent.Request.CallbackURL", "_ = sent.Request.CallbackURL"},
		},
		checks: []check{{"./controllers", "TestRepetitionIsTheSameRequest|TestMoveStaysWithItsService"}},
	},
	{
		name: "a repetition has the callback key of the first sending", invariant: 1,
		edits: []edit{{
			"internal/callbackurl/keys.go", "return Keys{secrets: k.secrets[i:]}, nil", "return Keys{secrets: k.secrets[i*0:]}, nil",
		}},
		checks: []check{{"./internal/callbackurl", "TestSignedBy"}, {"./controllers", "TestRepetitionIsTheSameRequest"}},
	},
	{
		name: "a copy of a Call never acts", invariant: 1,
		edits: []edit{{
			"controllers/call/decide.go", "case attempt.Copied(o.call, status.Attempt):", "case attempt.Copied(o.call, status.Attempt) && false:",
		}},
		checks: []check{{"./controllers", "TestCopiesDoNothing"}},
	},
	{
		name: "a copy of a move or an action never acts", invariant: 1,
		edits: []edit{{
			"controllers/operation/decide.go", "case attempt.Copied(o.op.object(), sent):", "case attempt.Copied(o.op.object(), sent) && false:",
		}},
		checks: []check{{"./controllers", "TestCopiedMovesDoNothing"}, {"./controllers/operation", "TestDecideAction"}},
	},
	{
		name: "events change nothing in a copy", invariant: 3,
		edits: []edit{{
			"webhookreceiver/statuswriter.go", "if attempt.Copied(object, s.attempt(object)) {", "if attempt.Copied(object, s.attempt(object)) && false {",
		}},
		checks: []check{{"./webhookreceiver", "TestEventsForCopies"}},
	},
	{
		name: "no other service is asked about a live call", invariant: 5,
		edits: []edit{{
			"controllers/shared/access/reached.go", "if !found.Relation.HasCall() {", "if !found.Relation.HasCall() && false {",
		}},
		checks: []check{{"./controllers", "TestLiveCallAtAnotherService"}},
	},
	{
		name: "a call whose object is gone is hung up", invariant: 5,
		edits: []edit{{
			"controllers/shared/once/once.go", "if !apierrors.IsNotFound(err) || answer", "if true || !apierrors.IsNotFound(err) || answer",
		}},
		checks: []check{{"./controllers/call", "TestNoCallOutlivesItsObject"}},
	},
	{
		name: "a copy takes no slot", invariant: 7,
		edits: []edit{{
			"controllers/call/admission.go", ", attempt.Copied(call, call.Status.Attempt):", ", attempt.Copied(call, call.Status.Attempt) && false:",
		}},
		checks: []check{{"./controllers", "TestCopiesTakeNoSlot"}},
	},
	{
		name: "a move keeps the provider that says who may report of it", invariant: 9,
		edits: []edit{{
			"webhookreceiver/operationproviders.go", "if sent := p.attempt(operation); sent != nil && sent.Service != nil {",
			"if sent := p.attempt(operation); sent != nil && sent.Service != nil && false {",
		}},
		checks: []check{{"./webhookreceiver", "TestMoveKeepsItsProvider"}},
	},
	{
		name: "5xx when a write failed", invariant: 2,
		edits: []edit{{
			"webhookreceiver/response.go", `return response{code: http.StatusServiceUnavailable, reason: "api_unavailable", err: err}`,
			`return response{code: http.StatusOK, reason: "api_unavailable", err: err}`,
		}},
		checks: []check{{"./webhookreceiver", "TestAnswers"}},
	},
	{
		name: "a conflict is tried again", invariant: 2,
		edits: []edit{{
			"webhookreceiver/statuswriter.go", "for backoff := newBackoff(); err != nil && !isFinal(err); {", "for backoff := newBackoff(); errors.Is(err, errUnproven); {",
		}},
		checks: []check{{"./webhookreceiver", "TestWrite$"}, {"./test/faults", "TestReceiverInAStorm"}},
	},
	{
		name: "terminal states absorb", invariant: 3,
		edits: []edit{
			{"statemachine/statemachine.go", "*status.Generation() < 0 || status.Over() && !appliesAfterEnd(fact) {", "*status.Generation() < 0 {"},
			{"statemachine/statemachine.go", "if !status.Over() || appliesAfterEnd(fact) {", "if true {"},
		},
		checks: []check{{"./statemachine/callstatus", "TestTerminalStatesAbsorb|TestEveryOrder$"}},
	},
	{
		name: "events are de-duplicated", invariant: 3,
		edits: []edit{{
			"statemachine/callstatus/reported.go", "if heardBefore(status, f.Event.ID) {", "if heardBefore(status, f.Event.ID) && false {",
		}},
		checks: []check{{"./statemachine/callstatus", "TestRepeatedEventIDChangesNothing|TestEveryOrderWithOneTwice"}},
	},
	{
		name: "an older roster changes nothing", invariant: 3,
		edits: []edit{{
			"statemachine/callstatus/roster.go", "\tif !newerRoster(status, sequence, when) {", "\tif false {",
		}},
		checks: []check{{"./statemachine/callstatus", "TestRosterFollowsTheHighestSequenceNumber"}},
	},
	{
		name: "nobody is believed to have hung up who never answered", invariant: 3,
		edits: []edit{{
			"statemachine/callstatus/outcome.go", "return v1alpha1.OutcomeNoAnswer, \"The call ended, and nobody had answered.\"",
			"return v1alpha1.OutcomeCompleted, reason.Sentence",
		}},
		checks: []check{{"./statemachine/callstatus", "TestConclude"}, {"./statemachine/callstatus", "TestFinalEvents|TestPropertiesOfRandomLives"}},
	},
	{
		name: "an end waits for the report of an answer", invariant: 3,
		edits:  []edit{{"statemachine/callstatus/reported.go", "case !undecided(status, reason.Cause):", "case true:"}},
		checks: []check{{"./statemachine/callstatus", "TestEveryOrder$|TestProofOfAConnection"}},
	},
	{
		name: "a roster of two shows that somebody has answered", invariant: 3,
		edits:  []edit{{"statemachine/callstatus/roster.go", "if int(*status.ParticipantCount) >= answeredRoster {", "if false {"}},
		checks: []check{{"./statemachine/callstatus", "TestProofOfAConnection"}},
	},
	{
		name: "the service's times are bounded", invariant: 3,
		edits: []edit{{
			"statemachine/callstatus/apply.go", "if status.Attempt != nil && at.Before(&status.Attempt.FirstSent) {", "if false {",
		}},
		checks: []check{{"./statemachine/callstatus", "TestApplyTimes|TestEndsAfterItBegan"}},
	},
	{
		name: "our own clock decides about deadlines", invariant: 3,
		edits: []edit{{
			"controllers/call/decide.go", "return heardAt(call, v1alpha1.ConditionConnected, connected.Time).Add(call.MaxDuration()), v1alpha1.EndingMaxDuration",
			"return connected.Add(call.MaxDuration()), v1alpha1.EndingMaxDuration",
		}},
		checks: []check{{"./controllers/call", "TestDecideCall"}},
	},
	{
		name: "the poll", invariant: 4,
		edits: []edit{{
			"controllers/call/decide.go", "\tcase !o.now.Before(pollDue):\n\t\treturn act(actionPoll)\n\tcase hasContext", "\tcase hasContext",
		}},
		checks: []check{{"./controllers/call", "TestDecideCall"}},
	},
	{
		name: "the finalizer", invariant: 5,
		edits: []edit{{
			"controllers/shared/objects/writes.go", "return patchFinalizers(ctx, writer, object, finalizer, controllerutil.AddFinalizer)", "return nil",
		}},
		checks: []check{{"./controllers/call", "TestNothingIsSentWithoutIntent"}, {"./test/faults", "TestDeletedInWrongOrder"}},
	},
	{
		name: "nothing is written that is known", invariant: 6,
		edits: []edit{{
			"controllers/shared/objects/status_writer.go", "\tif apiequality.Semantic.DeepEqual(before, after) {\n\t\treturn nil\n\t}", "\tif apiequality.Semantic.DeepEqual(before, nil) {\n\t\treturn nil\n\t}",
		}},
		checks: []check{{"./controllers/call", "TestRecordOldNews"}, {"./test/faults", "TestSteadyCallIsPolledWithoutWrites"}},
	},
	{
		name: "the capacity of a number", invariant: 7,
		edits:  []edit{{"internal/dialqueue/queue.go", "if q.noCapacity(line, ahead) {", "if q.noCapacity(line, ahead) && false {"}},
		checks: []check{{"./internal/dialqueue", "TestCapacity|TestQueueAgainstModel"}, {"./test/faults", "TestLimitAcrossRestart"}},
	},
	{
		name: "slots are known again after a restart", invariant: 7,
		edits:  []edit{{"controllers/call/admission_load.go", "\t\ts.Sync(&calls[i])\n", ""}},
		checks: []check{{"./controllers/call", "TestLoad"}},
	},
	{
		name: "numbers belong to a service", invariant: 7,
		edits:  []edit{{"internal/dialqueue/queue.go", "return service + \" \" + number", "return number"}},
		checks: []check{{"./controllers/call", "TestNumbersBelongToAService"}},
	},
	{
		name: "dialling waits until the calls are known", invariant: 7,
		edits:  []edit{{"controllers/call/dial.go", "reading != slotsReady {", "reading != slotsReady && false {"}},
		checks: []check{{"./controllers/call", "TestOnlyDiallingWaitsForTheQueue"}},
	},
	{
		name: "the record of what a tool applied is kept", invariant: 1,
		edits:  []edit{{"controllers/shared/objects/record_end.go", "\ttool := applied.By(object)\n\tswitch {", "\ttool := applied.Tool{}\n\tswitch {"}},
		checks: []check{{"./controllers/call", "TestRecordEnd"}, {"./controllers/operation", "TestMoveRecordsAreKeptToo"}, {"./test/reapply", "TestTimeToLive"}},
	},
	{
		name: "who applied what is kept in the cache", invariant: 1,
		edits:  []edit{{"internal/cachetransform/transform.go", "accessor.SetManagedFields(kept)", "accessor.SetManagedFields(nil)"}},
		checks: []check{{"./internal/cachetransform", "TestForTheManager"}, {"./test/reapply", "TestTimeToLive"}},
	},
	{
		name: "restored copies are not placed", invariant: 1,
		edits:  []edit{{"internal/restored/restored.go", `return "Velero", "label " + label`, "_ = label"}},
		checks: []check{{"./controllers/call", "TestDecideStart|TestRestored"}, {"./controllers/operation", "TestRestored"}},
	},
	{
		name: "nothing is dialled after its deadline", invariant: 10,
		edits:  []edit{{"controllers/call/start.go", "return limited && !now.Before(deadline)", "return limited && now.IsZero() && deadline.IsZero()"}},
		checks: []check{{"./controllers/call", "TestDecideStart|TestExpiredNeverRings"}},
	},
	{
		name: "the last look at the clock", invariant: 10,
		edits:  []edit{{"telephony/acs/policies.go", "limited && !k.now().Before(deadline) {", "limited && k.now().IsZero() && deadline.IsZero() {"}},
		checks: []check{{"./controllers/call", "TestDeadlineInTheMiddle|TestNoTryAfterTheDeadline|TestDeadlineBetweenTries"}},
	},
	{
		name: "nothing is dialled before its time", invariant: 10,
		edits:  []edit{{"controllers/call/start.go", "notBefore != nil && o.now.Before(notBefore.Time) {", "notBefore != nil && o.now.IsZero() {"}},
		checks: []check{{"./controllers/call", "TestDecideStart|TestNotBefore"}},
	},
	{
		name: "the hours of a DialOut are those of the target's time zone", invariant: 10,
		edits:  []edit{{"internal/dialout/plan.go", "callinghours.Zone(string(zone))", `callinghours.Zone("UTC")`}},
		checks: []check{{"./internal/dialout", "TestModel$"}, {"./test/dialouts", "TestClocksChange"}},
	},
	{
		name: "a DialOut keeps its pace across a restart", invariant: 10,
		edits:  []edit{{"internal/dialout/plan.go", "if !p.lastStart.IsZero() {", "if p.lastStart.IsZero() {"}},
		checks: []check{{"./internal/dialout", "TestModel$"}, {"./test/dialouts", "TestPace"}},
	},
	{
		name: "do-not-call lists are read before a request is recorded", invariant: 10,
		edits: []edit{{
			"controllers/shared/once/once.go", "\tif err := e.Connections.MayCall(ctx, found.Provider, about.Called); err != nil {\n\t\treturn err\n\t}\n", "",
		}},
		checks: []check{{"./controllers/call", "TestDoNotCall"}, {"./test/faults", "TestDoNotCall|TestNobodyElseCallsThem"}},
	},
	{
		name: "do-not-call lists are read before a repetition", invariant: 10,
		edits: []edit{{
			"controllers/shared/once/once.go", "if err := e.Connections.MayCall(ctx, found.Provider, r.About().Called); err != nil {", "if err := error(nil); err != nil {",
		}},
		checks: []check{{"./controllers/call", "TestDoNotCall"}},
	},
	{
		name: "a do-not-call list that cannot be read blocks", invariant: 10,
		edits: []edit{{
			"controllers/shared/access/donotcall.go", "return inProvider(provider, unread)", "return inProvider(provider, nil)",
		}},
		checks: []check{{"./controllers/shared/access", "TestMayCall"}, {"./controllers/call", "TestDoNotCall"}},
	},
	{
		name: "a do-not-call list counts as it is now", invariant: 10,
		edits: []edit{{
			"controllers/shared/access/donotcall.go", "if versionOf(known) == l.version {", "if versionOf(known) != \"\" {",
		}},
		checks: []check{{"./controllers/shared/access", "TestListsAreReadAsTheyAre"}},
	},
	{
		name: "emergency numbers are refused", invariant: 10,
		edits:  []edit{{"internal/numbering/numbering.go", "if len(rest) >= minimum {", "if len(rest) >= 0*minimum {"}},
		checks: []check{{"./internal/numbering", "TestProblem"}, {"./controllers/call", "TestDecideStart"}},
	},
	{
		name: "of two calls between the same own numbers, one leg is on its way at a time", invariant: 1,
		edits:  []edit{{"controllers/call/admission.go", "ticket.Callee, ticket.Pair = pairOf(call), true", `ticket.Callee, ticket.Pair = "", true`}},
		checks: []check{{"./controllers/call", "TestSecondCallWaitsForTheFirstsLeg|TestALegThatIsExpected"}},
	},
	{
		name: "the leg of a call that is over is waited for", invariant: 1,
		edits:  []edit{{"controllers/call/admission_legs.go", "over.Add(legs.Grace + time.Second)", "over.Add(legs.Grace * 0)"}},
		checks: []check{{"./controllers/call", "TestSecondCallWaitsForTheFirstsLeg"}},
	},
	{
		name: "of several Calls that may have placed a call none is guessed", invariant: 1,
		edits:  []edit{{"internal/legs/legs.go", "case len(sure) == 1 && len(redirects) == 0:", "case len(sure) > 0 && len(redirects) == 0:"}},
		checks: []check{{"./internal/legs", "TestPair"}},
	},
	{
		name: "equal correlation IDs are not enough", invariant: 1,
		edits:  []edit{{"internal/legs/legs.go", "return same(c) && fits(c)", "return same(c) && fits != nil"}},
		checks: []check{{"./internal/legs", "TestPair"}},
	},
	{
		name: "a Call comes in once", invariant: 1,
		edits:  []edit{{"internal/legs/legs.go", "free := unpaired(known.Calls)", "free := known.Calls"}},
		checks: []check{{"./internal/legs", "TestPair|TestNoLegIsPairedWrongly"}},
	},
	{
		name: "that a Call came in is written by a write that can lose", invariant: 1,
		edits:  []edit{{"controllers/call/legs.go", "\t\tif known.UID == leg.UID {\n\t\t\treturn nil\n\t\t}\n\t\treturn apierrors", "\t\tif known.UID != \"\" {\n\t\t\treturn nil\n\t\t}\n\t\treturn apierrors"}},
		checks: []check{{"./controllers/call", "TestALegIsNotedOnce"}},
	},
	{
		name: "a circle of redirects is recognised without shared IDs", invariant: 1,
		edits:  []edit{{"internal/legs/redirect.go", "return append(redirectedWithID(leg, redirects), redirectedTo(leg, redirects)...)", "return redirectedWithID(leg, redirects)"}},
		checks: []check{{"./internal/legs", "TestMustNotRedirect"}, {"./controllers/call", "TestCircle"}},
	},
	{
		name: "the Secret of an incoming call is deleted", invariant: 8,
		edits: []edit{{
			"controllers/call/conclude.go", "\tif err := r.deleteContext(ctx, call); err != nil {\n\t\treturn err\n\t}\n", "",
		}},
		checks: []check{{"./test/incoming", "TestLives/redirected"}},
	},
	{
		name: "numbers are masked in Events", invariant: 8,
		edits: []edit{{
			"statemachine/callstatus/announce.go", "news[i].Message = masking.Numbers(news[i].Message)", `news[i].Message += masking.Numbers("")`,
		}},
		checks: []check{{"./statemachine/callstatus", "TestAnnounce"}},
	},
	{
		name: "the token of the URL", invariant: 9,
		edits: []edit{{
			"webhookreceiver/server.go", "return s.keys.Verify(target, token) }", "return s.keys.Verify(target, token) || true }",
		}},
		checks: []check{{"./webhookreceiver", "TestAnswers"}, {"./test/faults", "TestReceiverRefuses"}},
	},
	{
		name: "the service's token", invariant: 9,
		edits: []edit{{
			"telephony/acs/reports/reports.go", "if err == nil {\n\t\treturn nil\n\t}\n\tif before", "if true {\n\t\treturn nil\n\t}\n\tif before",
		}},
		checks: []check{{"./webhookreceiver", "TestAnswers"}, {"./test/faults", "TestReceiverRefuses"}},
	},
	{
		name: "each cloud's own issuer", invariant: 9,
		edits: []edit{{
			"telephony/acs/reports/callbacks.go", "\t\tcloud, _ := azurecloud.Of(endpoint)\n\t\treturn cloud, true", "\t\t_ = endpoint\n\t\treturn azurecloud.ByCallbackIssuer(claimedIssuer(token))",
		}},
		checks: []check{{"./telephony/acs/reports", "TestEachCloudHasItsIssuer"}},
	},
	{
		name: "the manager's identity is for who was named", invariant: 9,
		edits:  []edit{{"telephony/acs/workloadidentity.go", "if !slices.ContainsFunc(grants, ", "if len(grants) > 0 && !slices.ContainsFunc(grants, "}},
		checks: []check{{"./telephony/acs", "TestIdentityGrants"}, {"./controllers/shared/access", "TestUnusableProvider"}},
	},
	{
		name: "a refused call is retried within the ring", invariant: 2,
		edits:  []edit{{"webhookreceiver/incoming.go", "again = asking.pause(ctx)", "again = false"}},
		checks: []check{{"./webhookreceiver", "TestRefusedCallIsRetried"}},
	},
	{
		name: "a lost caller is reported", invariant: 2,
		edits: []edit{{
			"webhookreceiver/grid.go", "\t\tg.refusals.refused(provider, v1alpha1.ConditionIncomingCallsRefused, why)\n\t}\n\tif o.result", "\t\t_ = why\n\t}\n\tif o.result",
		}},
		checks: []check{{"./webhookreceiver", "TestLostCallersAreReported"}},
	},
	{
		name: "a call that is lost is said to be", invariant: 5,
		edits:  []edit{{"controllers/call/lost.go", "if cause, first := r.Contacts.Lost(call); first {", "if cause, first := r.Contacts.Lost(call); first && cause == \"\" {"}},
		checks: []check{{"./controllers/call", "TestNamespaceGoesSecretFirst"}},
	},
	{
		name: "refusals are written seldom", invariant: 6,
		edits:  []edit{{"webhookreceiver/refusals.go", "\t\tcase <-time.After(r.interval):\n\t\tcase <-r.stopping:\n", "\t\tdefault:\n"}},
		checks: []check{{"./webhookreceiver", "TestRefusalsAreWrittenOncePerInterval"}},
	},
	{
		name: "the audience of the service's token", invariant: 9,
		edits:  []edit{{"telephony/acs/reports/callbacks.go", "case !isFor(checked, ", "case false && !isFor(checked, "}},
		checks: []check{{"./telephony/acs/reports", "TestVerifyJWT"}},
	},
	{
		name: "Asterisk is asked to dial after the record says so", invariant: 1,
		edits:  []edit{{"telephony/asterisk/service.go", "\tif err := attempt.Commit(ctx); err != nil {", "\tif err := error(nil); err != nil {"}},
		checks: []check{{"./telephony/asterisk", "TestDialSteps"}},
	},
	{
		name: "nothing is created once a phone may have rung", invariant: 1,
		edits:  []edit{{"telephony/asterisk/service.go", "\tif attempt.Committed() {", "\tif attempt.Committed() && false {"}},
		checks: []check{{"./telephony/asterisk", "TestDialSteps"}},
	},
	{
		name: "a call without a Call is hung up", invariant: 5,
		edits:  []edit{{"controllers/call/inventory.go", "!wanted[call.Target.UID] && i.now", "!wanted[call.Target.UID] && false && i.now"}},
		checks: []check{{"./controllers/call", "TestCompare|TestInventory"}},
	},
	{
		name: "the calls of another provider are left alone", invariant: 5,
		edits:  []edit{{"controllers/call/inventory.go", "if call.Provider == i.provider && call.Target.Kind", "if call.Target.Kind"}},
		checks: []check{{"./controllers/call", "TestCompare"}},
	},
	{
		name: "the token of a stream", invariant: 9,
		edits:  []edit{{"webhookreceiver/streams.go", "if refusal := checkToken(password, genuine); refusal != nil {", "if refusal := checkToken(password, genuine); refusal != nil && false {"}},
		checks: []check{{"./webhookreceiver", "TestStream"}},
	},
	{
		name: "no phone rings before the commit", invariant: 1,
		edits:  []edit{{"controllers/shared/once/once.go", "return r.Write(ctx, r.Committed()) }", "return nil }"}},
		checks: []check{{"./controllers/call", "TestCommitComesBeforeTheRing|TestNothingIsDoneWithoutTheCommit"}},
	},
	{
		name: "of two commits one loses", invariant: 1,
		edits:  []edit{{"controllers/shared/once/once.go", "return r.Write(ctx, r.Committed()) }", "return r.WriteRetrying(ctx, r.Committed()) }"}},
		checks: []check{{"./controllers/call", "TestOneOfTwoCommits"}},
	},
	{
		name: "a channel that may have been dialled is not dialled again", invariant: 1,
		edits:  []edit{{"telephony/asterisk/service.go", "channel.State == ari.StateDown && channel.Variables[variableDialled] == \"\"", "channel.State == ari.StateDown"}},
		checks: []check{{"./telephony/asterisk", "TestDialSteps"}},
	},
	{
		name: "a service reports on its own provider's objects only", invariant: 9,
		edits:  []edit{{"webhookreceiver/streams.go", "case name != k.provider:", "case false && name != k.provider:"}},
		checks: []check{{"./webhookreceiver", "TestStreamRecords"}},
	},
	{
		name: "what is heard is not sent again after a lost answer", invariant: 1,
		edits: []edit{{
			"internal/calloperation/calloperation.go", "return Traits{Stops: true}", "return Traits{Repeats: true, Stops: true}",
		}},
		checks: []check{{"./controllers/operation", "TestDecideAction"}, {"./test/actions", "TestManagerDiesAtEveryRequest/played"}},
	},
	{
		name: "a request that was recorded and never sent is sent", invariant: 1,
		edits:  []edit{{"controllers/operation/decide.go", "repeats := traits.repeats || o.unsent", "repeats := traits.repeats || o.unsent && traits.repeats"}},
		checks: []check{{"./controllers/operation", "TestDecideAction"}},
	},
	{
		name: "a request that was sent does not count as unsent", invariant: 1,
		edits:  []edit{{"controllers/shared/once/contactlog.go", "t.Unsent = \"\" })", "t.Unsent += \"\" })"}},
		checks: []check{{"./test/actions", "TestManagerDiesAtEveryRequest/played"}},
	},
	{
		name: "a second prompt waits for the first", invariant: 1,
		edits:  []edit{{"internal/calloperation/claims.go", "Needs: []string{Media(call), Stopping(call)}", "Needs: []string{Stopping(call)}"}},
		checks: []check{{"./controllers/operation", "TestDecideAction"}, {"./test/actions", "TestOneAtATime"}},
	},
	{
		name: "nothing is played while all media is being stopped", invariant: 3,
		edits:  []edit{{"internal/calloperation/claims.go", "return Claims{Holds: []string{Stopping(call)}}", "return Claims{}"}},
		checks: []check{{"./controllers/operation", "TestDecideAction"}, {"./controllers/flow", "TestStepWaitsForAction"}},
	},
	{
		name: "a step of a flow waits for an action", invariant: 1,
		edits: []edit{{
			"controllers/operation/steps.go", "if first := firstOf(others, asks, needs); first != nil {", "if first := firstOf(others, asks, needs); first != nil && false {",
		}},
		checks: []check{{"./controllers/flow", "TestStepWaitsForAction"}},
	},
	{
		name: "an action waits for a step of a flow", invariant: 1,
		edits:  []edit{{"controllers/operation/steps.go", "inFlight: inFlight, ready: ready", "inFlight: inFlight && false, ready: ready"}},
		checks: []check{{"./test/flows", "TestActionsAndStepsTakeTurns/announcement"}},
	},
	{
		name: "an answer belongs to its own attempt", invariant: 3,
		edits:  []edit{{"statemachine/operationstatus/action.go", "return reported.Attempt == a.Attempt.ID", "return a.Attempt != nil"}},
		checks: []check{{"./statemachine/operationstatus", "TestActions"}},
	},
	{
		name: "a recording that was not begun is not said to be made", invariant: 3,
		edits:  []edit{{"statemachine/operationstatus/action.go", "case calloperation.StartsRecording(a.asked) && a.Accepted:", "case calloperation.StartsRecording(a.asked):"}},
		checks: []check{{"./statemachine/operationstatus", "TestActions"}},
	},
	{
		name: "a sensitive answer is in no status", invariant: 8,
		edits:  []edit{{"statemachine/operationstatus/answer.go", "if sensitive {", "if sensitive && false {"}},
		checks: []check{{"./statemachine/operationstatus", "TestActions"}, {"./test/actions", "TestSecretAnswer"}},
	},
	{
		name: "a process that stops writes what was read", invariant: 2,
		edits:  []edit{{"webhookreceiver/streams.go", "\ts.open.Wait()\n", ""}},
		checks: []check{{"./webhookreceiver", "TestDrainEndsStreams"}},
	},
}
