// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package harness runs the real manager and the real webhook receiver in one test process, against a real API server
// and a simulated ACS, and can cut off each of them at any request.
//
// A Plane is the API server, one per test binary. A World is one test's part of it: a namespace, a simulator, a
// receiver, a CallProvider with its Secret, and a watch that keeps every revision of every Call. A Manager and a
// Receiver behave like processes: all their requests pass a Gate, which counts them and kills the process at a chosen
// request.
//
// Two rules hold here. Nothing sleeps where it can wait for a condition. No test hard-codes the requests of the code
// under test: they are recorded from a clean run.
package harness
