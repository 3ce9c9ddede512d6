// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Sound is one channel of sound.
type Sound struct {
	// Rate is how many samples a second has.
	Rate    int
	Samples []float64
}

// audible is the share of the sound's energy that a tone has if it is heard. Of four phones in a conference, each hears three.
const audible = 0.1

// Has tells whether a tone can be heard.
func (s Sound) Has(hertz int) bool { return s.Share(hertz) >= audible }

// Share is the part of the sound's energy that is at a frequency, from 0 to 1: by Goertzel's algorithm, which is one term of a Fourier
// transform.
func (s Sound) Share(hertz int) float64 {
	var energy, s1, s2 float64
	factor := 2 * math.Cos(2*math.Pi*float64(hertz)/float64(s.Rate))
	for _, sample := range s.Samples {
		s1, s2 = sample+factor*s1-s2, s1
		energy += sample * sample
	}
	if energy == 0 {
		return 0
	}
	return 2 * (s1*s1 + s2*s2 - factor*s1*s2) / (float64(len(s.Samples)) * energy)
}

// Check returns nil if all of some tones can be heard, and none of the others that phones play. Otherwise the error says what is heard.
func (s Sound) Check(hears []int, not ...int) error {
	missing := func(hertz int) bool { return !s.Has(hertz) }
	if len(s.Samples) > 0 && !slices.ContainsFunc(hears, missing) && !slices.ContainsFunc(not, s.Has) {
		return nil
	}
	return fmt.Errorf("want the tones %v and not %v, heard %s", hears, not, s.describe(slices.Concat(hears, not)))
}

// Last is the end of the sound; nothing, if it is shorter than that.
func (s Sound) Last(duration time.Duration) Sound {
	n := int(duration.Seconds() * float64(s.Rate))
	if len(s.Samples) < n {
		return Sound{Rate: s.Rate}
	}
	return Sound{Rate: s.Rate, Samples: s.Samples[len(s.Samples)-n:]}
}

func (s Sound) describe(tones []int) string {
	if len(s.Samples) == 0 {
		return "nothing"
	}
	var words []string
	for _, hertz := range tones {
		words = append(words, fmt.Sprintf("%d Hz: %.2f", hertz, s.Share(hertz)))
	}
	return strings.Join(words, ", ")
}

// Of a WAV file.
const (
	formatPCM   = 1
	formatFloat = 3
)

// SoundIn reads a WAV file, which may still be written to: how long its last part is, is not known until its end.
func SoundIn(file []byte) Sound {
	var rate, channels, bits, format int
	for rest := file[min(12, len(file)):]; len(rest) >= 8; {
		name, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[8:]
		switch {
		case name == "fmt " && len(rest) >= 16:
			format, channels = int(binary.LittleEndian.Uint16(rest)), int(binary.LittleEndian.Uint16(rest[2:]))
			rate, bits = int(binary.LittleEndian.Uint32(rest[4:])), int(binary.LittleEndian.Uint16(rest[14:]))
		case name == "data":
			return Sound{Rate: rate, Samples: samplesIn(rest, format, bits, channels)}
		}
		rest = rest[min(size, len(rest)):]
	}
	return Sound{}
}

// samplesIn reads the first channel.
func samplesIn(data []byte, format, bits, channels int) []float64 {
	step := bits / 8 * channels
	if step == 0 {
		return nil
	}
	var samples []float64
	for ; len(data) >= step; data = data[step:] {
		switch {
		case format == formatPCM && bits == 16:
			samples = append(samples, float64(int16(binary.LittleEndian.Uint16(data)))/math.MaxInt16)
		case format == formatFloat && bits == 32:
			samples = append(samples, float64(math.Float32frombits(binary.LittleEndian.Uint32(data))))
		}
	}
	return samples
}

// WAV is a sound as a WAV file.
func (s Sound) WAV() []byte {
	const header, sample = 44, 2
	size := uint32(len(s.Samples) * sample)
	var file bytes.Buffer
	for _, part := range []any{
		[]byte("RIFF"), size + header - 8, []byte("WAVEfmt "), uint32(16), uint16(formatPCM), uint16(1), uint32(s.Rate), uint32(sample * s.Rate),
		uint16(sample), uint16(8 * sample), []byte("data"), size,
	} {
		_ = binary.Write(&file, binary.LittleEndian, part) // A buffer takes everything.
	}
	for _, sample := range s.Samples {
		_ = binary.Write(&file, binary.LittleEndian, int16(sample*math.MaxInt16))
	}
	return file.Bytes()
}

// Tone is a tone as Asterisk plays it, with 8000 samples a second.
func Tone(hertz int, duration time.Duration) Sound {
	const rate, loudness = 8000, 0.5
	s := Sound{Rate: rate, Samples: make([]float64, int(duration.Seconds()*rate))}
	for i := range s.Samples {
		s.Samples[i] = loudness * math.Sin(2*math.Pi*float64(hertz)*float64(i)/rate)
	}
	return s
}
