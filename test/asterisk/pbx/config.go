// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"text/template"
)

//go:embed etc/*.conf
var files embed.FS

// empty are files that Asterisk wants to be there.
var empty = []string{"acl", "ccss", "cdr", "cel", "chan_websocket", "codecs", "features", "manager", "pjproject", "res_http_media_cache", "stasis", "udptl"}

// config is what the files of etc/ are filled in with.
type config struct {
	// Dir is for all that this Asterisk writes; Modules and Data are of its root file system.
	Dir, Modules, Data                                   string
	EntityID                                             string
	ARIPort, SIPPort, NetworkPort, CarrierPort, DeadPort int
	Address, NetworkAddress, DeadAddress, CarrierAddress string
	Username, Password, Application                      string
	Events                                               *Events
	Numbers                                              []string
	Phones                                               []Subscriber
}

// write writes the files into a folder.
func (c *config) write(folder string) error {
	// Asterisk's own files are full of braces and brackets.
	all, err := template.New("").Delims("<<", ">>").ParseFS(files, "etc/*.conf")
	if err != nil {
		return fmt.Errorf("parse Asterisk's configuration: %w", err)
	}
	for _, part := range all.Templates() {
		if part.Name() == "" {
			continue
		}
		var text bytes.Buffer
		if err := part.Execute(&text, c); err != nil {
			return fmt.Errorf("fill in Asterisk's configuration: %w", err)
		}
		if err := os.WriteFile(filepath.Join(folder, part.Name()), text.Bytes(), 0o600); err != nil {
			return fmt.Errorf("write Asterisk's configuration: %w", err)
		}
	}
	for _, name := range empty {
		if err := os.WriteFile(filepath.Join(folder, name+".conf"), []byte("[general]\n"), 0o600); err != nil {
			return fmt.Errorf("write Asterisk's configuration: %w", err)
		}
	}
	return nil
}
