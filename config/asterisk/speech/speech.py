#!/usr/bin/env python3
# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
"""Reads text out for Asterisk: GET /say?text=...&locale=... answers a WAV file of 8000 samples a second.

It needs espeak-ng. Usage: speech.py [ADDRESS [PORT]]
"""

import array
import io
import subprocess
import sys
import urllib.parse
import wave
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RATE = 8000  # What Asterisk plays.
LONGEST = 4000  # Characters of a text, as the operator permits them.
HEADER = 44  # Bytes of a WAV file before its samples.
PATIENCE = 20  # Seconds.


def read_out(text, locale, voice):
    """The sound of a text, as a WAV file."""
    command = ["espeak-ng", "--stdin", "--stdout", "-b", "1", "-v", (voice or locale or "en").lower()]
    spoken = subprocess.run(command, input=text.encode(), capture_output=True, timeout=PATIENCE, check=True).stdout
    rate = int.from_bytes(spoken[24:28], "little")
    samples = array.array("h", spoken[HEADER : HEADER + (len(spoken) - HEADER) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return wav(resampled(samples, rate))


def resampled(samples, rate):
    """Samples at RATE: each is the mean of those that it stands for."""
    step = rate / RATE
    count = int(len(samples) / step)
    means = (samples[int(i * step) : max(int((i + 1) * step), int(i * step) + 1)] for i in range(count))
    return array.array("h", (sum(mean) // len(mean) for mean in means))


def wav(samples):
    if sys.byteorder == "big":
        samples.byteswap()
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(samples.tobytes())
    return file.getvalue()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        address = urllib.parse.urlsplit(self.path)
        asked = {name: values[0] for name, values in urllib.parse.parse_qs(address.query).items()}
        text = asked.get("text", "")
        if address.path != "/say" or not 0 < len(text) <= LONGEST:
            self.send_error(400, f"Ask for /say?text=TEXT, with 1 to {LONGEST} characters")
            return
        try:
            sound = read_out(text, asked.get("locale"), asked.get("voice"))
        except (subprocess.SubprocessError, OSError) as failure:
            self.log_error("espeak-ng failed: %s", type(failure).__name__)
            self.send_error(500, "espeak-ng could not read the text: does it have the language and the voice?")
            return
        self.send_response(200)
        self.send_header("Content-Type", "audio/wav")
        self.send_header("Content-Length", str(len(sound)))
        self.send_header("Cache-Control", "max-age=3600")  # The same text sounds the same.
        self.end_headers()
        self.wfile.write(sound)

    def log_request(self, code="-", size="-"):
        """What is said in calls is in no log."""


if __name__ == "__main__":
    host, port = (sys.argv[1:] + ["127.0.0.1", "8090"][len(sys.argv) - 1 :])[:2]
    ThreadingHTTPServer((host, int(port)), Handler).serve_forever()
