// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// What goes wrong in the page itself is said beside what the page draws, which may be what broke.

export function report(problem) {
  console.error(problem);
  const place = document.getElementById('fault');
  place.textContent = `The page itself failed, so that what you see may be wrong: ${problem?.message ?? problem}. Load it again.`;
  place.hidden = false;
}

addEventListener('unhandledrejection', (event) => report(event.reason));
