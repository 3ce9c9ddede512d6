// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/call-operator/call-operator/simulator"
)

// journal reads the simulator's journal.
type journal struct {
	url  string
	seen int64
}

// news are the entries since the last time.
func (j *journal) news(ctx context.Context) ([]simulator.Entry, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, j.url+"/_simulator/journal?since="+strconv.FormatInt(j.seen, 10), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	var body struct{ Entries []simulator.Entry }
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	if len(body.Entries) > 0 {
		j.seen = body.Entries[len(body.Entries)-1].Sequence
	}
	return body.Entries, nil
}

// dial has a phone call us, and returns the correlation ID.
func (j *journal) dial(ctx context.Context, from, to string) (string, error) {
	body, err := json.Marshal(map[string]string{"from": from, "to": to})
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, j.url+"/_simulator/incoming-calls", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("have a phone call: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct{ CorrelationID, Error string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", fmt.Errorf("have a phone call: %w", err)
	}
	if answer.CorrelationID == "" {
		return "", fmt.Errorf("have a phone call: %s", answer.Error)
	}
	return answer.CorrelationID, nil
}

// requests are the requests to the API server that a process has sent, by method, from its metrics.
func requests(ctx context.Context, url string) (map[string]float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("read metrics: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	counts := map[string]float64{}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		labels, found := strings.CutPrefix(lines.Text(), "rest_client_requests_total{")
		if !found {
			continue
		}
		labels, value, _ := strings.Cut(labels, "} ")
		_, method, _ := strings.Cut(labels, `method="`)
		method, _, _ = strings.Cut(method, `"`)
		count, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return nil, fmt.Errorf("read metrics: %w", err)
		}
		counts[method] += count
	}
	return counts, lines.Err()
}

// clockTicks is how many ticks /proc counts in a second, on every Linux.
const clockTicks = 100

// cpu is how much processor time a process has used. Source: proc_pid_stat(5).
func cpu(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read the processor time (this needs Linux): %w", err)
	}
	// The name, in parentheses, may hold spaces.
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	const userTime, systemTime = 11, 12
	if len(fields) <= systemTime {
		return 0, fmt.Errorf("/proc/%d/stat is not as expected", pid)
	}
	user, err1 := strconv.Atoi(fields[userTime])
	system, err2 := strconv.Atoi(fields[systemTime])
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("/proc/%d/stat is not as expected", pid)
	}
	return time.Duration(user+system) * time.Second / clockTicks, nil
}

// memory is the resident memory of a process, in MiB, and peakMemory how much it was at most. Source: proc_pid_status(5).
func memory(pid int) (float64, error)     { return memoryOf(pid, "VmRSS:") }
func peakMemory(pid int) (float64, error) { return memoryOf(pid, "VmHWM:") }

func memoryOf(pid int, field string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read the memory (this needs Linux): %w", err)
	}
	_, rest, found := strings.Cut(string(text), field)
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return 0, fmt.Errorf("/proc/%d/status is not as expected", pid)
	}
	kib, err := strconv.ParseFloat(fields[0], 64)
	return kib / 1024, err
}
