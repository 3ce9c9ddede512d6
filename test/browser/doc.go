// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package browser tests the dashboard in a real browser, against a real API server and a simulated ACS. It is a separate
// module, so that the browser driver is no dependency of the product. It needs Chromium in the PATH.
package browser
