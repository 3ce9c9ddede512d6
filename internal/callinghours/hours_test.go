// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callinghours

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	found, err := Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func hours(t *testing.T, windows ...v1alpha1.CallingWindow) *Hours {
	t.Helper()
	found, err := New(windows)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func workdays(start, end string) v1alpha1.CallingWindow {
	return v1alpha1.CallingWindow{Days: []v1alpha1.Weekday{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"}, Start: start, End: end}
}

func daily(start, end string) v1alpha1.CallingWindow {
	return v1alpha1.CallingWindow{Start: start, End: end}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	const berlin, lordHowe, kathmandu = "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"
	office := []v1alpha1.CallingWindow{workdays("09:00", "20:00")}
	cases := []struct {
		name, reason string
		windows      []v1alpha1.CallingWindow
		zone, at     string
		open         bool
		until        string
	}{
		{"in the morning", "the window has not begun", office, berlin, "2026-11-30T08:59:59.5+01:00", false, "2026-11-30T09:00:00+01:00"},
		{"it begins", "the start belongs to the window", office, berlin, "2026-11-30T09:00:00+01:00", true, "2026-11-30T20:00:00+01:00"},
		{"last moment", "until the end", office, berlin, "2026-11-30T19:59:59.999+01:00", true, "2026-11-30T20:00:00+01:00"},
		{"it ends", "the end does not belong to the window", office, berlin, "2026-11-30T20:00:00+01:00", false, "2026-12-01T09:00:00+01:00"},
		{"weekend", "Friday's evening waits for Monday", office, berlin, "2026-11-27T21:00:00+01:00", false, "2026-11-30T09:00:00+01:00"},
		{"another zone", "the callee's clock decides", office, "America/Los_Angeles", "2026-11-30T09:00:00+01:00", false, "2026-11-30T09:00:00-08:00"},
		{"three quarters of an hour", "offsets are not whole hours everywhere", office, kathmandu, "2026-11-30T09:00:00+05:30", true, "2026-11-30T20:00:00+05:45"},
		{"around midnight", "two windows that touch are one", []v1alpha1.CallingWindow{daily("22:00", "24:00"), daily("00:00", "02:00")}, berlin, "2026-11-30T23:00:00+01:00", true, "2026-12-01T02:00:00+01:00"},
		{"around the end of the week", "the week is a circle", []v1alpha1.CallingWindow{{Days: []v1alpha1.Weekday{"Saturday"}, Start: "22:00", End: "24:00"}, {Days: []v1alpha1.Weekday{"Sunday"}, Start: "00:00", End: "02:00"}}, berlin, "2026-11-28T23:00:00+01:00", true, "2026-11-29T02:00:00+01:00"},
		{"windows that overlap", "what is in one of them is open", []v1alpha1.CallingWindow{daily("09:00", "12:00"), daily("11:00", "15:00"), daily("10:00", "11:30")}, berlin, "2026-11-30T09:30:00+01:00", true, "2026-11-30T15:00:00+01:00"},
		{"at any time", "such hours never end", []v1alpha1.CallingWindow{daily("00:00", "24:00")}, berlin, "2026-11-30T09:30:00+01:00", true, ""},

		{"begins in the skipped hour", "02:30 does not exist, and 03:00 is after it", []v1alpha1.CallingWindow{daily("02:30", "05:00")}, berlin, "2026-03-29T01:00:00+01:00", false, "2026-03-29T03:00:00+02:00"},
		{"ends in the skipped hour", "02:30 does not exist, and 03:00 is after it", []v1alpha1.CallingWindow{daily("00:00", "02:30")}, berlin, "2026-03-29T01:00:00+01:00", true, "2026-03-29T03:00:00+02:00"},
		{"lies in the skipped hour", "it does not come on this day", []v1alpha1.CallingWindow{daily("02:15", "02:45")}, berlin, "2026-03-29T01:00:00+01:00", false, "2026-03-30T02:15:00+02:00"},
		{"lies in the skipped hour of its only day", "it comes in the next week", []v1alpha1.CallingWindow{{Days: []v1alpha1.Weekday{"Sunday"}, Start: "02:15", End: "02:45"}}, berlin, "2026-03-29T01:00:00+01:00", false, "2026-04-05T02:15:00+02:00"},
		{"day of 23 hours", "the end is by the clock", []v1alpha1.CallingWindow{daily("00:00", "20:00")}, berlin, "2026-03-29T00:00:00+01:00", true, "2026-03-29T20:00:00+02:00"},
		{"day of 25 hours", "the end is by the clock", []v1alpha1.CallingWindow{daily("00:00", "20:00")}, berlin, "2026-10-25T00:00:00+02:00", true, "2026-10-25T20:00:00+01:00"},
		{"lies in the doubled hour", "it comes twice: the second time", []v1alpha1.CallingWindow{daily("02:15", "02:45")}, berlin, "2026-10-25T02:50:00+02:00", false, "2026-10-25T02:15:00+01:00"},
		{"ends in the doubled hour", "by the clock, it is open again", []v1alpha1.CallingWindow{daily("00:00", "02:30")}, berlin, "2026-10-25T02:40:00+02:00", false, "2026-10-25T02:00:00+01:00"},
		{"begins in the doubled hour", "the clock goes back to before the start", []v1alpha1.CallingWindow{daily("02:30", "05:00")}, berlin, "2026-10-25T02:40:00+02:00", true, "2026-10-25T02:00:00+01:00"},
		{"the clock goes back over no boundary", "it stays open", office, berlin, "2026-10-23T10:00:00+02:00", true, "2026-10-23T20:00:00+02:00"},
		{"skipped half an hour", "02:15 does not exist, and 02:30 is after it", []v1alpha1.CallingWindow{daily("02:15", "05:00")}, lordHowe, "2026-10-04T01:00:00+10:30", false, "2026-10-04T02:30:00+11:00"},
		{"doubled half an hour", "01:45 comes twice", []v1alpha1.CallingWindow{daily("01:40", "01:50")}, lordHowe, "2026-04-05T01:55:00+11:00", false, "2026-04-05T01:40:00+10:30"},
		{"midnight is skipped", "the day begins at 01:00", []v1alpha1.CallingWindow{{Days: []v1alpha1.Weekday{"Sunday"}, Start: "00:00", End: "12:00"}}, "America/Santiago", "2026-09-05T22:00:00-04:00", false, "2026-09-06T01:00:00-03:00"},
		{"skipped day", "Samoa had no 30 December 2011", []v1alpha1.CallingWindow{{Days: []v1alpha1.Weekday{"Friday"}, Start: "09:00", End: "10:00"}}, "Pacific/Apia", "2011-12-29T12:00:00-10:00", false, "2012-01-06T09:00:00+14:00"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			at, err := time.Parse(time.RFC3339, c.at)
			if err != nil {
				t.Fatal(err)
			}
			var want time.Time
			if c.until != "" {
				if want, err = time.Parse(time.RFC3339, c.until); err != nil {
					t.Fatal(err)
				}
			}
			open, until := hours(t, c.windows...).Open(at, zone(t, c.zone))
			if open != c.open || !until.Equal(want) {
				t.Errorf("%s: at %s in %s, open is %t until %s, want %t until %s", c.reason, c.at, c.zone, open, until, c.open, want)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		windows      []v1alpha1.CallingWindow
		field        string
	}{
		{"no window", "no call ever starts", nil, "windows"},
		{"ends as it starts", "it never comes", []v1alpha1.CallingWindow{daily("09:00", "10:00"), daily("09:00", "09:00")}, "windows[1].end"},
		{"passes midnight", "it is two windows", []v1alpha1.CallingWindow{daily("22:00", "02:00")}, "windows[0].end"},
		{"starts at the end of the day", "it never comes", []v1alpha1.CallingWindow{daily("24:00", "24:00")}, "windows[0].start"},
		{"one digit", "hours have two", []v1alpha1.CallingWindow{daily("9:00", "10:00")}, "windows[0].start"},
		{"hour that no day has", "24:00 is the last", []v1alpha1.CallingWindow{daily("09:00", "24:01")}, "windows[0].end"},
		{"minute that no hour has", "59 is the last", []v1alpha1.CallingWindow{daily("09:60", "10:00")}, "windows[0].start"},
		{"seconds", "windows have minutes", []v1alpha1.CallingWindow{daily("09:00", "10:00:00")}, "windows[0].end"},
		{"no start", "it is required", []v1alpha1.CallingWindow{daily("", "10:00")}, "windows[0].start"},
		{"short day", "names are complete", []v1alpha1.CallingWindow{{Days: []v1alpha1.Weekday{"Monday", "Tue"}, Start: "09:00", End: "10:00"}}, "windows[0].days[1]"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := New(c.windows)
			var problem *FieldError
			if !errors.As(err, &problem) || problem.Field != c.field || problem.Message == "" {
				t.Errorf("%s: got %v, want a problem of %s", c.reason, err, c.field)
			}
		})
	}
}

func TestZone(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"Europe/Berlin": true, "UTC": true, "Asia/Kathmandu": true,
		"": false, "Local": false, "Europe/Bonn": false, "+01:00": false, "../../etc/passwd": false, "Europe/ Berlin": false,
	} {
		for range 2 { // the second time, it is known
			if found, err := Zone(name); (err == nil) != want || (found != nil) != want {
				t.Errorf("%q: %v, %v", name, found, err)
			}
		}
	}
}

// byTheMinute tells the same as Open from nothing but the text of the clock, minute by minute.
func byTheMinute(windows []v1alpha1.CallingWindow, at time.Time, zone *time.Location) (open bool, until time.Time) {
	isOpen := func(t time.Time) bool {
		clock, day := t.In(zone).Format("15:04"), v1alpha1.Weekday(t.In(zone).Weekday().String())
		return slices.ContainsFunc(windows, func(w v1alpha1.CallingWindow) bool {
			return (len(w.Days) == 0 || slices.Contains(w.Days, day)) && w.Start <= clock && clock < w.End
		})
	}
	open = isOpen(at)
	for next, minutes := at.Truncate(time.Minute), 0; minutes < 16*minutesOfDay; minutes++ {
		next = next.Add(time.Minute)
		if isOpen(next) != open {
			return open, next
		}
	}
	return open, time.Time{}
}

// TestOpenIsByTheMinute compares with the simple interpreter, mostly near a change of the clock.
func TestOpenIsByTheMinute(t *testing.T) {
	t.Parallel()
	const seed, rounds = 20261130, 600
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	names := []string{
		"Europe/Berlin", "America/New_York", "America/St_Johns", "America/Santiago", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut", "Asia/Kolkata",
		"Asia/Kathmandu", "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Chatham", "UTC",
	}
	for round := range rounds {
		place := zone(t, names[random.IntN(len(names))])
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(random.Int64N(int64(366 * 24 * time.Hour))))
		if _, shift := at.In(place).ZoneBounds(); !shift.IsZero() && random.IntN(4) > 0 {
			at = shift.Add(time.Duration(random.Int64N(int64(8*time.Hour))) - 4*time.Hour)
		}
		windows := randomWindows(random)
		open, until := hours(t, windows...).Open(at, place)
		wantOpen, wantUntil := byTheMinute(windows, at, place)
		if open != wantOpen || !until.Equal(wantUntil) {
			t.Fatalf("round %d: %v at %s in %s: open is %t until %s, want %t until %s", round, windows, at.In(place), place, open, until, wantOpen, wantUntil)
		}
	}
}

func randomWindows(random *rand.Rand) []v1alpha1.CallingWindow {
	windows := make([]v1alpha1.CallingWindow, 1+random.IntN(3))
	for i := range windows {
		// Most windows begin or end in the hours in which clocks are changed.
		limits := []int{random.IntN(5 * 60), random.IntN(minutesOfDay) + 1}
		if random.IntN(2) == 0 {
			limits[1] = random.IntN(5*60) + 1
		}
		slices.Sort(limits)
		if limits[0] == limits[1] {
			limits[1]++
		}
		windows[i] = v1alpha1.CallingWindow{Start: clock(limits[0]), End: clock(limits[1])}
		for _, day := range dayNames {
			if random.IntN(3) == 0 {
				windows[i].Days = append(windows[i].Days, day)
			}
		}
	}
	return windows
}

func clock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }
