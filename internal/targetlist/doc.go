// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package targetlist reads lists of whom to call: CSV with a header, or a JSON object on each line.
//
// What is wrong with a line is said without what the line has, because lists may be Secrets and messages are not.
package targetlist
