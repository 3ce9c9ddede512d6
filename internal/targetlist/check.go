// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package targetlist

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callinghours"
	"github.com/call-operator/call-operator/internal/numbering"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/internal/rawid"
)

// What the API accepts of a target.
const (
	maxName           = 63
	maxParameters     = 32
	maxParameterName  = 63
	maxParameterValue = 256
	maxParametersText = 2048
)

var parameterName = regexp.MustCompile(`^[A-Za-z]([-_A-Za-z0-9]*[A-Za-z0-9])?$`)

// check says what is wrong with a target, "" if nothing is.
func (r *Reader) check(target *v1alpha1.DialOutTarget) string {
	for _, check := range []func(*v1alpha1.DialOutTarget) string{checkName, r.checkParty, checkParameters, checkTimeZone} {
		if message := check(target); message != "" {
			return message
		}
	}
	return ""
}

func checkName(target *v1alpha1.DialOutTarget) string {
	switch {
	case strings.ContainsFunc(target.Name, unicode.IsControl):
		return "The name has a line break or another control character: remove it."
	case utf8.RuneCountInString(target.Name) > maxName:
		return fmt.Sprintf("The name has more than %d characters: write a shorter one.", maxName)
	default:
		return ""
	}
}

func (r *Reader) checkParty(target *v1alpha1.DialOutTarget) string {
	to := &target.To
	switch ways := waysToName(to); {
	case to.RawID != "":
		return "A party that has only a rawID cannot be called: set phoneNumber or another kind."
	case ways == 0:
		return "There is nobody to call: set phoneNumber, communicationUser, teamsUser or sipURI."
	case ways > 1:
		return "The party is named in several ways: set one of phoneNumber, communicationUser, teamsUser and sipURI."
	case to.PhoneNumber != "":
		return r.checkNumber(to)
	case rawid.Parse(to.CommunicationUser).Kind == rawid.KindTeamsExtensionUser:
		return "A communicationUser of three parts is a Teams extension user, whom only JSON lines name: as teamsExtensionUser."
	case to.CommunicationUser != "" && !party.Storable(to):
		return "communicationUser must be the ID of an ACS user, such as 8:acs:RESOURCE_USER."
	case to.SIPURI != "" && !party.Storable(to):
		return "sipURI must be a user and a host without parameters, such as sip:ada@pbx.example.com."
	case slices.ContainsFunc(clouds(to), func(cloud *v1alpha1.TeamsCloud) bool { return !slices.Contains(knownClouds, *cloud) }):
		return "There is no such cloud: write Public, DoD or GCCHigh."
	case !party.Storable(to):
		return "The IDs of a Teams user or application must not be empty or long, or have spaces, : or _."
	default:
		return ""
	}
}

var knownClouds = []v1alpha1.TeamsCloud{v1alpha1.TeamsCloudPublic, v1alpha1.TeamsCloudDoD, v1alpha1.TeamsCloudGCCHigh}

func waysToName(id *v1alpha1.Identifier) int {
	ways := 0
	for _, set := range []bool{
		id.PhoneNumber != "", id.CommunicationUser != "", id.TeamsUser != nil, id.TeamsApp != nil, id.TeamsExtensionUser != nil, id.SIPURI != "", id.RawID != "",
	} {
		if set {
			ways++
		}
	}
	return ways
}

func checkParameters(target *v1alpha1.DialOutTarget) string {
	if len(target.Parameters) > maxParameters {
		return fmt.Sprintf("There are more than %d parameters: remove some.", maxParameters)
	}
	total := 0
	for name, value := range target.Parameters {
		if len(name) > maxParameterName || !parameterName.MatchString(name) {
			return "The name of a parameter must begin with a letter and have letters, digits, - and _, 63 at most, such as patientName."
		}
		if utf8.RuneCountInString(value) > maxParameterValue {
			return fmt.Sprintf("Parameter %s has more than %d characters: write a shorter value.", name, maxParameterValue)
		}
		total += len(name) + utf8.RuneCountInString(value)
	}
	if total > maxParametersText {
		return fmt.Sprintf("The parameters have more than %d characters in total: write shorter ones.", maxParametersText)
	}
	return ""
}

func checkTimeZone(target *v1alpha1.DialOutTarget) string {
	if target.TimeZone == "" {
		return ""
	}
	if _, err := callinghours.Zone(string(target.TimeZone)); err != nil {
		return "The time zone is not in the IANA database: write a name such as Europe/London, or none for that of the calling hours."
	}
	return ""
}

// scientific is a number as spreadsheets show long ones.
var scientific = regexp.MustCompile(`^[+]?[0-9]+([.,][0-9]+)?[eE][+]?[0-9]+$`)

// normalised is a phone number without what people write between its digits. What cannot be one is unchanged.
func normalised(number string) string {
	if digits := numbering.WithoutMarks(number, numbering.NoBreakSpace); strings.HasPrefix(number, "+") && !strings.Contains(number, "(0)") {
		return digits
	}
	return number
}

func (r *Reader) checkNumber(to *v1alpha1.Identifier) string {
	number := string(to.PhoneNumber)
	switch {
	case party.Storable(to):
		if !r.AllowShortNumbers && numbering.Problem(number) != "" {
			return "The phone number is too short. Emergency and service numbers are not called: write a full subscriber number."
		}
		return ""
	case scientific.MatchString(number):
		return "A spreadsheet shortened the phone number to scientific notation, such as 1.4E+10: format the column as text, enter the numbers again, and save."
	case strings.HasPrefix(number, "="), strings.HasPrefix(number, "'"):
		return "The phone number begins with a spreadsheet's = or apostrophe: save the list so that it begins with a plus sign, such as +14255550123."
	case strings.Contains(number, "(0)"):
		return "The phone number has (0), which is not dialled after a country code: remove it."
	case !strings.HasPrefix(number, "+"):
		return "The phone number does not begin with a plus sign and the country code: write it like +14255550123. Spreadsheets remove the sign unless the column is text."
	default:
		return "The phone number is not in E.164 form: write a plus sign, the country code and the number, digits only and 15 at most, such as +14255550123."
	}
}
