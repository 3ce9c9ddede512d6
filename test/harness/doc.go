// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package harness runs the real manager and the real webhook receiver in one test process, against a real API server
// and a simulated ACS, and can cut each of them off from the world at any request.
//
// A Plane is the API server, one for a test binary. A World is what one test sees of it: a namespace, a simulator, a
// receiver, a CallProvider with its Secret, and a watch that keeps every revision of every Call. A Manager and a
// Receiver are processes: whatever they send passes a Gate, which counts it and, at a chosen request, pulls the plug.
//
// Two things are never done here. Nothing sleeps where a condition can be awaited; and no test knows the requests of
// the code under test: they are recorded from a clean run.
package harness
