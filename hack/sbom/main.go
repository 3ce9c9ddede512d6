// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Command sbom checks the SBOMs that hack/sbom.sh wrote: each lists exactly the modules that go list finds for its command,
// and is the same in every run.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// partsList is what is checked of a CycloneDX document.
type partsList struct {
	Format       string `json:"bomFormat"`
	SerialNumber string `json:"serialNumber"`
	Metadata     struct {
		Timestamp string `json:"timestamp"`
	} `json:"metadata"`
	Components []struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"components"`
}

func main() {
	dir := flag.String("dir", "bin/sbom", "folder with a parts list COMMAND.cdx.json for each command that is named")
	flag.Parse()
	var failed []error
	for _, command := range flag.Args() {
		file := filepath.Join(*dir, command+".cdx.json")
		count, err := check(file, command)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", file, err))
			continue
		}
		fmt.Printf("%s: %d modules\n", file, count)
	}
	if flag.NArg() == 0 {
		failed = append(failed, errors.New("name the commands whose parts lists are to be checked"))
	}
	if err := errors.Join(failed...); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func check(file, command string) (int, error) {
	contents, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	var list partsList
	if err := json.Unmarshal(contents, &list); err != nil {
		return 0, err
	}
	if list.Format != "CycloneDX" || list.SerialNumber != "" || list.Metadata.Timestamp != "" {
		return 0, errors.New("it is no CycloneDX document, or holds a serial number or a time, which change with each run")
	}
	want, err := modulesOf(command)
	if err != nil {
		return 0, err
	}
	var got []string
	for _, component := range list.Components {
		if component.Name != "std" {
			got = append(got, component.Name+"@"+component.Version)
		}
	}
	slices.Sort(got)
	return len(got), compare(got, want)
}

// modulesOf are the modules that a command is made of, without its own.
func modulesOf(command string) ([]string, error) {
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}@{{.Version}}{{end}}{{end}}", "./cmd/"+command)
	list.Stderr = os.Stderr
	output, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	modules := strings.Fields(string(output))
	slices.Sort(modules)
	return slices.Compact(modules), nil
}

func compare(got, want []string) error {
	var failed []error
	for _, module := range want {
		if !slices.Contains(got, module) {
			failed = append(failed, fmt.Errorf("%s is missing", module))
		}
	}
	for _, module := range got {
		if !slices.Contains(want, module) {
			failed = append(failed, fmt.Errorf("%s is no part of the command", module))
		}
	}
	return errors.Join(failed...)
}
