// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// What the page and the server say to each other. The token travels in a header, which no other site can set, so the
// stream is read with fetch: EventSource cannot send one.

import {report} from './faults.js';

// The server says something every 10 seconds. A line that is silent for longer is dead, whatever the network says.
const silence = 25_000;
const firstPause = 500;
const longestPause = 8_000;

// signed are the headers of whoever has a token. Without one nothing is sent that a proxy in front might take for it.
const signed = (token) => (token ? {Authorization: `Bearer ${token}`} : {});

const pause = (ms) => new Promise((resolve) => {
  const done = () => { clearTimeout(timer); removeEventListener('online', done); resolve(); };
  const timer = setTimeout(done, ms);
  addEventListener('online', done);
});

// untilDone tries something until it succeeds. failed is told what was wrong each time.
export async function untilDone(attempt, failed) {
  for (let wait = firstPause; ; wait = Math.min(wait * 2, longestPause)) {
    try {
      return await attempt();
    } catch (problem) {
      failed(problem.status ? problem.message : '');
    }
    await pause(wait * (0.75 + Math.random() / 2));
  }
}

// readSession asks what this dashboard is, before anybody is known.
export async function readSession() {
  const response = await fetch('/api/session');
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

// guarded keeps what goes wrong in the page itself from looking like a line that is lost.
const guarded = (tell) => (message) => {
  try {
    tell(message);
  } catch (problem) {
    report(problem);
  }
};

// follow calls tell for each message, until stop is called. It connects anew for as long as it takes.
export function follow({token, namespace, tell: told, lost, signedOut}) {
  const tell = guarded(told);
  const stopped = new AbortController();
  (async () => {
    for (let wait = firstPause; !stopped.signal.aborted; wait = Math.min(wait * 2, longestPause)) {
      try {
        await readStream({token, namespace, stopped, tell: (message) => { wait = firstPause; tell(message); }});
        lost('');
      } catch (problem) {
        if (stopped.signal.aborted) return;
        if (problem.status === 401) { signedOut(problem.message); return; }
        lost(problem.status ? problem.message : '');
      }
      if (!stopped.signal.aborted) await pause(wait * (0.75 + Math.random() / 2));
    }
  })();
  return () => stopped.abort();
}

async function readStream({token, namespace, stopped, tell}) {
  const dead = new AbortController();
  let timer = setTimeout(() => dead.abort(), silence);
  try {
    const response = await fetch(`/api/stream?${new URLSearchParams({namespace})}`, {
      headers: signed(token), signal: AbortSignal.any([stopped.signal, dead.signal]),
    });
    if (!response.ok) throw await problemOf(response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ''; ;) {
      const {value, done} = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => dead.abort(), silence);
      const events = (rest + value).split('\n\n');
      rest = events.pop();
      for (const event of events) tell(JSON.parse(event.slice('data: '.length)));
    }
  } finally {
    clearTimeout(timer);
  }
}

// post asks the server to do something. It returns what was done, or throws why it was not.
export async function post(token, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method: 'POST', headers: {...signed(token), 'Content-Type': 'application/json'}, body: JSON.stringify(body),
    });
  } catch {
    throw new Error('The dashboard cannot be reached. Whether this was done, the list of calls will show.');
  }
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

async function problemOf(response) {
  const text = await response.text();
  let message = text.trim() || `The dashboard answered ${response.status}.`;
  try { message = JSON.parse(text).message; } catch { /* a proxy answered, in its own words */ }
  return Object.assign(new Error(message), {status: response.status});
}
