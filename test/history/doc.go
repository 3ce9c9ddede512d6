// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package history decides from what was recorded of a run whether call-operator kept its promises: that no phone rings
// twice for one intent, that nothing heard is lost, and eight more, which are numbered as docs/reliability.md has them.
//
// It is pure: the same History gives the same Violations, without a clock, a cluster or a service. Whoever runs the
// operator records; this package judges. A Violation shows the fewest records that prove it.
package history
