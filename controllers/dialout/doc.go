// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package dialout carries out DialOuts: it reads their targets once, creates a Call for each attempt, and records what became of it.
//
// What is to happen is written before it happens, by a write that can lose: the targets before status says that they were read, and
// the line of a target before its Call is created. What a Call says follows from the spec, the targets and that line, so that a process that
// creates it again creates the same one. A Call has the finalizer of the DialOut until its result is in the line and the time in which it
// may be dialled is over: until then, nobody can create it a second time.
package dialout
