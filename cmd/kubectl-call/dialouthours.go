// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callinghours"
)

// weekdays are in the order in which ranges count them.
var weekdays = []v1alpha1.Weekday{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// parseHours reads windows such as "Monday-Friday 09:00-20:00", "Saturday,Sunday 10:00-18:00" and "09:00-20:00".
func parseHours(texts []string, timeZone string) (*v1alpha1.CallingHours, error) {
	switch {
	case len(texts) == 0 && timeZone == "":
		return nil, nil
	case len(texts) == 0:
		return nil, errors.New("--time-zone is for hours: set --hours too")
	case timeZone == "":
		return nil, errors.New("hours are in a time zone: set --time-zone too, such as Europe/London")
	}
	if _, err := callinghours.Zone(timeZone); err != nil {
		return nil, fmt.Errorf("--time-zone: %w", err)
	}
	hours := &v1alpha1.CallingHours{TimeZone: v1alpha1.TimeZone(timeZone)}
	for _, text := range texts {
		window, err := parseWindow(text)
		if err != nil {
			return nil, fmt.Errorf("--hours %q: %w", text, err)
		}
		hours.Windows = append(hours.Windows, window)
	}
	return hours, nil
}

var errWindow = errors.New(`write days and hours such as "Monday-Friday 09:00-20:00", or hours of every day such as 09:00-20:00`)

func parseWindow(text string) (v1alpha1.CallingWindow, error) {
	fields := strings.Fields(text)
	if len(fields) == 0 || len(fields) > 2 {
		return v1alpha1.CallingWindow{}, errWindow
	}
	start, end, found := strings.Cut(fields[len(fields)-1], "-")
	if !found {
		return v1alpha1.CallingWindow{}, errWindow
	}
	window := v1alpha1.CallingWindow{Start: start, End: end}
	var err error
	if len(fields) == 2 {
		if window.Days, err = parseDays(fields[0]); err != nil {
			return window, err
		}
	}
	_, err = callinghours.New([]v1alpha1.CallingWindow{window})
	if problem := (*callinghours.FieldError)(nil); errors.As(err, &problem) {
		return window, errors.New(problem.Message)
	}
	return window, err
}

// parseDays reads days and ranges of days, with commas between them.
func parseDays(text string) ([]v1alpha1.Weekday, error) {
	var days []v1alpha1.Weekday
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, to := dayNumber(first), dayNumber(last)
		if from < 0 || to < 0 {
			return nil, errWindow
		}
		for day := from; ; day = (day + 1) % len(weekdays) {
			if !slices.Contains(days, weekdays[day]) {
				days = append(days, weekdays[day])
			}
			if day == to {
				break
			}
		}
	}
	return days, nil
}

// dayNumber is -1 for what is no day. Three letters are enough.
func dayNumber(name string) int {
	const abbreviation = 3
	return slices.IndexFunc(weekdays, func(day v1alpha1.Weekday) bool {
		return strings.EqualFold(name, string(day)) || strings.EqualFold(name, string(day[:abbreviation]))
	})
}
