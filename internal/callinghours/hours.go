// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package callinghours tells when calls may start: in windows of the week, by the clock on the wall in the callee's time zone.
//
// The clock on the wall decides, whatever it does. A window that begins in an hour that the clock skips opens when the clock has skipped
// it, a window that lies in it whole does not come on that day, and one in an hour that the clock repeats comes twice.
package callinghours

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// FieldError says what is wrong with hours, and in which of their fields.
type FieldError struct {
	// Field is such as windows[0].start.
	Field   string
	Message string
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Message }

const (
	minutesOfDay  = 24 * 60
	secondsOfWeek = 7 * minutesOfDay * 60
)

// Hours are the windows of a week.
type Hours struct {
	// spans do not overlap or touch each other, and are in the order of the week.
	spans []span
}

// span is a part of the week, in seconds of the clock since Sunday began; end does not belong to it.
type span struct{ start, end int }

// New returns the hours that are in any of the windows. Its error is a *FieldError.
func New(windows []v1alpha1.CallingWindow) (*Hours, error) {
	if len(windows) == 0 {
		return nil, &FieldError{"windows", "Without a window, no call ever starts: add one, such as start 09:00 and end 20:00."}
	}
	var spans []span
	for i, window := range windows {
		found, err := spansOf(&window, fmt.Sprintf("windows[%d].", i))
		if err != nil {
			return nil, err
		}
		spans = append(spans, found...)
	}
	return &Hours{spans: merged(spans)}, nil
}

// spansOf are the spans of a window. Without days, it is on every day.
func spansOf(w *v1alpha1.CallingWindow, at string) ([]span, error) {
	start, ok := minuteOfDay(w.Start)
	if !ok || start == minutesOfDay {
		return nil, &FieldError{at + "start", "Write hours and minutes from 00:00 to 23:59, such as 09:00."}
	}
	end, ok := minuteOfDay(w.End)
	if !ok {
		return nil, &FieldError{at + "end", "Write hours and minutes from 00:01 to 24:00, such as 20:00."}
	}
	if start >= end {
		return nil, &FieldError{at + "end", fmt.Sprintf("%s is not after start, %s, so that this window never comes. "+
			"For one that passes midnight, write two: from %s to 24:00, and from 00:00 to %s on the days after.", w.End, w.Start, w.Start, w.End)}
	}
	days := w.Days
	if len(days) == 0 {
		days = dayNames
	}
	spans := make([]span, 0, len(days))
	for i, day := range days {
		number := slices.Index(dayNames, day)
		if number < 0 {
			return nil, &FieldError{fmt.Sprintf("%sdays[%d]", at, i), "This is no day of the week: write its English name, such as Monday."}
		}
		midnight := number * minutesOfDay
		spans = append(spans, span{(midnight + start) * 60, (midnight + end) * 60})
	}
	return spans, nil
}

// dayNames are the days in the order of time.Weekday.
var dayNames = []v1alpha1.Weekday{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}

var timeOfDay = regexp.MustCompile(`^(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)$`)

// minuteOfDay is such as 540 for 09:00.
func minuteOfDay(text string) (minute int, ok bool) {
	parts := timeOfDay.FindStringSubmatch(text)
	switch {
	case parts == nil:
		return 0, false
	case parts[1] == "":
		return minutesOfDay, true
	}
	hours, _ := strconv.Atoi(parts[1])
	minutes, _ := strconv.Atoi(parts[2])
	return hours*60 + minutes, true
}

func merged(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	var result []span
	for _, next := range spans {
		if last := len(result) - 1; last >= 0 && next.start <= result[last].end {
			result[last].end = max(result[last].end, next.end)
			continue
		}
		result = append(result, next)
	}
	return result
}

// always tells whether a call may start at any time.
func (h *Hours) always() bool { return h.spans[0] == span{0, secondsOfWeek} }

// Open tells whether calls may start at a time, and when that changes: until is the time at which the hours end, or the next at which
// they begin. It is zero if they never end.
func (h *Hours) Open(at time.Time, zone *time.Location) (open bool, until time.Time) {
	if h.always() {
		return true, time.Time{}
	}
	at = at.In(zone)
	open, change := h.look(at)
	// Between two changes of the zone's offset, the clock runs evenly.
	for {
		_, shift := at.ZoneBounds()
		next := at.Add(change)
		if shift.IsZero() || next.Before(shift) {
			return open, next.UTC()
		}
		var then bool
		if then, change = h.look(shift); then != open {
			return open, shift.UTC()
		}
		at = shift
	}
}

// look tells what the clock on the wall says: whether calls may start, and for how long that stays so if the clock runs evenly.
func (h *Hours) look(at time.Time) (open bool, change time.Duration) {
	hour, minute, second := at.Clock()
	now := ((int(at.Weekday())*24+hour)*60+minute)*60 + second
	open, boundary := h.boundary(now)
	return open, time.Duration(boundary-now)*time.Second - time.Duration(at.Nanosecond())
}

// boundary tells whether a second of the week is in a span, and when that changes, perhaps in the next week.
func (h *Hours) boundary(now int) (open bool, next int) {
	first := h.spans[0]
	for _, s := range h.spans {
		switch {
		case now < s.start:
			return false, s.start
		case now < s.end && s.end == secondsOfWeek && first.start == 0:
			return true, secondsOfWeek + first.end
		case now < s.end:
			return true, s.end
		}
	}
	return false, secondsOfWeek + first.start
}
