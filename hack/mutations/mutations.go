// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

// mutations are the safeguards of the invariants in docs/reliability.md.
var mutations = []mutation{
	{
		name: "the attempt is written before it is sent", invariant: 1,
		edits: []edit{{
			"controllers/call_dial.go",
			"return r.recordOnce(ctx, call, callstate.Intended{ID: r.NewID(), Pins: pins, At: r.Now()})",
			"call.Status = callstate.Apply(call.Status, r.observed(call), callstate.Intended{ID: r.NewID(), Pins: pins, At: r.Now()})\n\treturn nil",
		}},
		checks: []check{{"./controllers", "TestNothingIsSentWithoutIntent"}, {"./test/faults", "TestManagerDiesAtEveryRequest/answered"}},
	},
	{
		name: "writes of status can lose", invariant: 1,
		edits: []edit{{
			"controllers/call_status.go", "\tupdated.Status = after\n", "\tupdated.Status = after\n\tupdated.ResourceVersion = \"\"\n",
		}},
		checks: []check{{"./controllers", "TestRecord|TestConflict|TestRefusedWhileAnotherRepeats"}, {"./test/faults", "TestTwoManagersAtOnce"}},
	},
	{
		name: "Repeatability headers", invariant: 1,
		edits:  []edit{{"acs/client.go", "\theader.Set(headerRepeatabilityID, o.repeat.ID)\n", ""}},
		checks: []check{{"./acs", "TestOperations|TestRetries"}, {"./test/faults", "TestWhatACSAnswersToADial/droppedAfter"}},
	},
	{
		name: "a repetition is announced before it is sent", invariant: 1,
		edits: []edit{{
			"controllers/call_dial.go", "\tif len(facts) == 0 {\n\t\treturn nil\n\t}\n\treturn r.recordOnce(ctx, call, facts...)", "\treturn nil",
		}},
		checks: []check{{"./controllers", "TestRefusedWhileAnotherRepeats|TestNothingIsRepeatedInSecret"}},
	},
	{
		name: "a move's repetition is announced before it is sent", invariant: 1,
		edits: []edit{{
			"controllers/participantmove_service.go", "\tif len(facts) == 0 {\n\t\treturn nil\n\t}\n\treturn r.recordOnce(ctx, move, facts...)", "\treturn nil",
		}},
		checks: []check{{"./controllers", "TestNoMoveIsRepeatedInSecret"}},
	},
	{
		name: "the same ID is repeated, no new attempt made", invariant: 1,
		edits: []edit{{
			"controllers/call_decide.go", "\tdefault:\n\t\treturn act(actionRepeat)", "\tdefault:\n\t\treturn act(actionDial)",
		}},
		checks: []check{{"./controllers", "TestDecideCall|TestSameAttemptAfterLostAnswer"}},
	},
	{
		name: "a repetition goes only to the service that the attempt names", invariant: 1,
		edits: []edit{{
			"controllers/call_dial.go", "if err == nil && !attempt.Compare(call.Status.Attempt, &connection.Service).MayRepeat() {",
			"if err == nil && !attempt.Compare(call.Status.Attempt, &connection.Service).MayRepeat() && false {",
		}},
		checks: []check{{"./controllers", "TestRepetitionStaysWithItsService|TestProviderChangedForGood"}},
	},
	{
		name: "a move's repetition goes only to the service that its attempt names", invariant: 1,
		edits: []edit{{
			"controllers/participantmove_service.go", "!attempt.Compare(sent, &connection.Service).MayRepeat() {", "!attempt.Compare(sent, &connection.Service).MayRepeat() && false {",
		}},
		checks: []check{{"./controllers", "TestMoveStaysWithItsService"}},
	},
	{
		name: "a repetition is the same request", invariant: 1,
		edits: []edit{
			{"controllers/service.go", "base = sent.Request.CallbackURL", "_ = sent.Request.CallbackURL"},
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
			"controllers/call_decide.go", "case attempt.Copied(o.call, status.Attempt):", "case attempt.Copied(o.call, status.Attempt) && false:",
		}},
		checks: []check{{"./controllers", "TestCopiesDoNothing"}},
	},
	{
		name: "a copy of a move never acts", invariant: 1,
		edits: []edit{{
			"controllers/participantmove_decide.go", "case attempt.Copied(o.move, status.Attempt):", "case attempt.Copied(o.move, status.Attempt) && false:",
		}},
		checks: []check{{"./controllers", "TestCopiedMovesDoNothing"}},
	},
	{
		name: "events change nothing in a copy", invariant: 3,
		edits: []edit{{
			"webhookreceiver/statuses.go", "if attempt.Copied(object, s.attempt(object)) {", "if attempt.Copied(object, s.attempt(object)) && false {",
		}},
		checks: []check{{"./webhookreceiver", "TestEventsForCopies"}},
	},
	{
		name: "no other service is asked about a live call", invariant: 5,
		edits: []edit{{
			"controllers/service.go", "!relation.HasCall() {", "!relation.HasCall() && false {",
		}},
		checks: []check{{"./controllers", "TestLiveCallAtAnotherService"}},
	},
	{
		name: "a copy takes no slot", invariant: 7,
		edits: []edit{{
			"controllers/slots.go", ", attempt.Copied(call, call.Status.Attempt):", ", attempt.Copied(call, call.Status.Attempt) && false:",
		}},
		checks: []check{{"./controllers", "TestCopiesTakeNoSlot"}},
	},
	{
		name: "a move keeps the provider that says who may report of it", invariant: 9,
		edits: []edit{{
			"webhookreceiver/moves.go", "if sent := move.Status.Attempt; sent != nil && sent.Service != nil {", "if sent := move.Status.Attempt; sent != nil && sent.Service != nil && false {",
		}},
		checks: []check{{"./webhookreceiver", "TestMoveKeepsItsProvider"}},
	},
	{
		name: "5xx when a write failed", invariant: 2,
		edits: []edit{{
			"webhookreceiver/verdict.go", `return verdict{code: http.StatusServiceUnavailable, reason: "api_unavailable", err: err}`,
			`return verdict{code: http.StatusOK, reason: "api_unavailable", err: err}`,
		}},
		checks: []check{{"./webhookreceiver", "TestAnswers"}},
	},
	{
		name: "a conflict is tried again", invariant: 2,
		edits: []edit{{
			"webhookreceiver/statuses.go", "for backoff := newBackoff(); err != nil && !isFinal(err); {", "for backoff := newBackoff(); errors.Is(err, errUnproven); {",
		}},
		checks: []check{{"./webhookreceiver", "TestWrite$"}, {"./test/faults", "TestReceiverInAStorm"}},
	},
	{
		name: "terminal states absorb", invariant: 3,
		edits: []edit{
			{"internal/callstate/apply.go", "case status.ObservedGeneration < 0 || status.Result != nil:", "case status.ObservedGeneration < 0:"},
			{"internal/callstate/apply.go", "\tif status.Result == nil {\n\t\tfact.apply(status)", "\tif true {\n\t\tfact.apply(status)"},
		},
		checks: []check{{"./internal/callstate", "TestTerminalStatesAbsorb|TestEveryOrder$"}},
	},
	{
		name: "events are de-duplicated", invariant: 3,
		edits: []edit{{
			"internal/callstate/reported.go", " || heardBefore(status, f.Event.ID)", "",
		}},
		checks: []check{{"./internal/callstate", "TestRepeatedEventIDChangesNothing|TestEveryOrderWithOneTwice"}},
	},
	{
		name: "an older roster changes nothing", invariant: 3,
		edits: []edit{{
			"internal/callstate/reported.go", "if int64(data.SequenceNumber) <= status.RosterSequence {", "if false {",
		}},
		checks: []check{{"./internal/callstate", "TestRosterFollowsTheHighestSequenceNumber"}},
	},
	{
		name: "the poll", invariant: 4,
		edits: []edit{{
			"controllers/call_decide.go", "\tcase !o.now.Before(pollDue):\n\t\treturn act(actionPoll)\n\tcase hasContext", "\tcase hasContext",
		}},
		checks: []check{{"./controllers", "TestDecideCall"}},
	},
	{
		name: "the finalizer", invariant: 5,
		edits: []edit{{
			"controllers/writes.go", "return patchFinalizers(ctx, writer, object, finalizer, controllerutil.AddFinalizer)", "return nil",
		}},
		checks: []check{{"./controllers", "TestNothingIsSentWithoutIntent"}, {"./test/faults", "TestDeletedInWrongOrder"}},
	},
	{
		name: "nothing is written that is known", invariant: 6,
		edits: []edit{{
			"controllers/call_status.go", "\tif apiequality.Semantic.DeepEqual(before, after) {\n\t\treturn nil\n\t}", "\tif apiequality.Semantic.DeepEqual(before, nil) {\n\t\treturn nil\n\t}",
		}},
		checks: []check{{"./controllers", "TestRecordOldNews"}, {"./test/faults", "TestSteadyCallIsPolledWithoutWrites"}},
	},
	{
		name: "the capacity of a number", invariant: 7,
		edits:  []edit{{"internal/dialqueue/queue.go", "if q.crowded(line, ahead) {", "if q.crowded(line, ahead) && false {"}},
		checks: []check{{"./internal/dialqueue", "TestCapacity|TestQueueAgainstModel"}, {"./test/faults", "TestLimitAcrossRestart"}},
	},
	{
		name: "slots are known again after a restart", invariant: 7,
		edits:  []edit{{"controllers/slots.go", "\t\ts.Note(&calls[i])\n", ""}},
		checks: []check{{"./controllers", "TestLoad"}},
	},
	{
		name: "the Secret of an incoming call is deleted", invariant: 8,
		edits: []edit{{
			"controllers/call_conclude.go", "\tif err := r.deleteContext(ctx, call); err != nil {\n\t\treturn err\n\t}\n", "",
		}},
		checks: []check{{"./test/incoming", "TestLives/redirected"}},
	},
	{
		name: "numbers are masked in Events", invariant: 8,
		edits: []edit{{
			"internal/callstate/announce.go", "news[i].Message = masking.Numbers(news[i].Message)", `news[i].Message += masking.Numbers("")`,
		}},
		checks: []check{{"./internal/callstate", "TestAnnounce"}},
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
			"webhookreceiver/server.go", "err = s.tokens.verify(ctx, token, provider.Spec.ACS.ResourceID)", "err = nil",
		}},
		checks: []check{{"./webhookreceiver", "TestAnswers"}, {"./test/faults", "TestReceiverRefuses"}},
	},
	{
		name: "the audience of the service's token", invariant: 9,
		edits:  []edit{{"webhookreceiver/jwt.go", "if !isFor(token, resourceID) {", "if !isFor(token, resourceID) && false {"}},
		checks: []check{{"./webhookreceiver", "TestVerifyJWT"}},
	},
}
