// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// resourceHost is the host of the resource on whose behalf a request goes to a storage host.
type resourceHost string

// storageDomains are the domains that recordings are kept below.
// Source: Microsoft's SDK for JavaScript, @azure/communication-call-automation 1.6.0.
var storageDomains = []string{".asm.skype.com", ".asyncgw.teams.microsoft.com", ".ams.gov.teams.microsoft.us"}

// ownStoragePath is where an endpoint that keeps recordings itself has them.
const ownStoragePath = "/v1/objects/"

// ErrNoStorageLocation says that a location is not among those that the resource's credentials may be sent to.
var ErrNoStorageLocation = errors.New("the location of a recording is an https URL at one of Microsoft's storage hosts, this one is not")

// ContentRange is a part of a recording's content. The zero value is all of it.
type ContentRange struct {
	// Offset is where it begins, in bytes.
	Offset int64
	// Length is how many bytes there are, 0 for all that follow.
	Length int64
}

// header is the Range header, "" for all of the content.
func (r ContentRange) header() (string, error) {
	switch {
	case r.Offset < 0 || r.Length < 0:
		return "", errors.New("a range of a recording begins at 0 or later, and has a length of 0 or more")
	case r == ContentRange{}:
		return "", nil
	case r.Length == 0:
		return fmt.Sprintf("bytes=%d-", r.Offset), nil
	default:
		return fmt.Sprintf("bytes=%d-%d", r.Offset, r.Offset+r.Length-1), nil
	}
}

// DownloadRecording reads a recording's content from the contentLocation that Event Grid's RecordingFileStatusUpdated
// names. The caller closes the reader. Only locations at Microsoft's storage hosts, and contents at the client's own endpoint, get a request.
func (c *Client) DownloadRecording(ctx context.Context, contentLocation string, part ContentRange) (io.ReadCloser, error) {
	op, err := c.storage("downloadRecording", http.MethodGet, contentLocation, http.StatusOK, http.StatusPartialContent)
	if err != nil {
		return nil, err
	}
	wanted, err := part.header()
	if err != nil {
		return nil, &Error{Operation: op.name, Err: err, Outcome: OutcomeNotMade}
	}
	op.stream = true
	if wanted != "" {
		op.header = http.Header{"Range": {wanted}}
		// All of it is not what was asked for.
		op.answers = []int{http.StatusPartialContent}
	}
	response, err := c.send(ctx, op)
	if err != nil {
		return nil, err
	}
	return response.Body, nil
}

// DeleteRecording deletes a recording's content, at the deleteLocation that Event Grid's RecordingFileStatusUpdated
// names. Only locations at Microsoft's storage hosts, and contents at the client's own endpoint, get a request.
func (c *Client) DeleteRecording(ctx context.Context, deleteLocation string) error {
	op, err := c.storage("deleteRecording", http.MethodDelete, deleteLocation, http.StatusOK, http.StatusNoContent)
	if err != nil {
		return err
	}
	return c.do(ctx, op)
}

// storage is an operation on a recording's content, which lies at another host than the resource.
func (c *Client) storage(name, method, location string, answers ...int) (operation, error) {
	link, err := c.storageURL(location)
	if err != nil {
		return operation{}, &Error{Operation: name, Err: err, Outcome: OutcomeNotMade}
	}
	return operation{name: name, method: method, link: link, resourceHost: resourceHost(c.endpoint.Host), answers: answers}, nil
}

// storageURL reads the location of a recording's content. Its error does not contain it, since the location may be
// confidential.
func (c *Client) storageURL(location string) (*url.URL, error) {
	link, err := url.Parse(location)
	if err != nil || link.User != nil || !isStorage(link) && !c.isOwnStorage(link) {
		return nil, ErrNoStorageLocation
	}
	link.Host, link.Fragment, link.RawFragment = authority(link), "", ""
	return link, nil
}

// isStorage tells whether a location is at one of Microsoft's storage hosts.
func isStorage(link *url.URL) bool {
	return link.Scheme == "https" && (link.Port() == "" || link.Port() == "443") &&
		slices.ContainsFunc(storageDomains, func(domain string) bool {
			return strings.HasSuffix(strings.ToLower(link.Hostname()), domain)
		})
}

// isOwnStorage tells whether a location is among the contents that the resource's own endpoint serves, as the simulator does.
// That endpoint receives signed requests anyway.
func (c *Client) isOwnStorage(link *url.URL) bool {
	return link.Scheme == c.endpoint.Scheme && strings.EqualFold(authority(link), authority(c.endpoint)) &&
		strings.HasPrefix(link.Path, ownStoragePath) && path.Clean(link.Path) == link.Path
}
