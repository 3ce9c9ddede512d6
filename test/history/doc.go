// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package history checks from the record of a run whether call-operator kept its promises: that no phone rings twice
// for one intent, that nothing heard is lost, and eight more, numbered as in docs/reliability.md.
//
// It is pure: the same History gives the same Violations, without a clock, a cluster or a service. The caller records
// the run; this package checks it. A Violation shows the fewest records that prove it.
package history
