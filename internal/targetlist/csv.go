// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package targetlist

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// The columns of a list that are no parameters.
const (
	columnName              = "name"
	columnTimeZone          = "timeZone"
	columnPhoneNumber       = "phoneNumber"
	columnCommunicationUser = "communicationUser"
	columnTeamsUser         = "teamsUser"
	columnSIPURI            = "sipURI"
)

var partyColumns = []string{columnPhoneNumber, columnCommunicationUser, columnTeamsUser, columnSIPURI}

func (r *Reader) csv(source string, list []byte) {
	lines := newCSVReader(list)
	header, line, err := record(lines)
	if err != nil {
		r.problem(source, line, "%s", explainCSV(err))
		return
	}
	columns := slices.Clone(header)
	if message := checkHeader(columns); message != "" {
		r.problem(source, line, "%s", message)
		return
	}
	for {
		fields, line, err := record(lines)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			r.problem(source, line, "%s", explainCSV(err))
			continue
		}
		if !slices.ContainsFunc(fields, func(field string) bool { return field != "" }) {
			continue
		}
		target, message := fromFields(columns, fields)
		if message != "" {
			r.problem(source, line, "%s", message)
			continue
		}
		if !r.add(source, line, target) {
			return
		}
	}
}

func newCSVReader(list []byte) *csv.Reader {
	lines := csv.NewReader(bytes.NewReader(list))
	lines.Comma = separator(list)
	lines.FieldsPerRecord = -1
	lines.TrimLeadingSpace = true
	lines.ReuseRecord = true
	return lines
}

// separator is what is between the columns: spreadsheets write semicolons where the comma is in numbers. Names of columns have neither.
func separator(list []byte) rune {
	header, _, _ := bytes.Cut(list, []byte("\n"))
	if bytes.ContainsRune(header, ';') && !bytes.ContainsRune(header, ',') {
		return ';'
	}
	return ','
}

// errNotUTF8 says that a line is in another encoding.
var errNotUTF8 = errors.New("not UTF-8")

// record is the next line, or several if a field has line breaks, without spaces around its fields. line is where it begins.
func record(lines *csv.Reader) (fields []string, line int, err error) {
	fields, err = lines.Read()
	if problem := (*csv.ParseError)(nil); errors.As(err, &problem) {
		return nil, problem.StartLine, err
	}
	if err != nil {
		return nil, 0, err
	}
	line, _ = lines.FieldPos(0)
	for i, field := range fields {
		if !utf8.ValidString(field) {
			return nil, line, errNotUTF8
		}
		fields[i] = strings.TrimSpace(field)
	}
	return fields, line, nil
}

func explainCSV(err error) string {
	switch {
	case errors.Is(err, errNotUTF8):
		return "The line is not in UTF-8: save the list as CSV in UTF-8."
	case errors.Is(err, csv.ErrQuote):
		return `A field that begins with a quotation mark does not end with one: close it, and double quotation marks in it, as in "the ""big"" one".`
	case errors.Is(err, csv.ErrBareQuote):
		return `A quotation mark is in a field that does not begin with one: enclose the field in quotation marks and double those in it, as in "the ""big"" one".`
	default:
		return "The line is no CSV as in RFC 4180."
	}
}

// checkHeader says what is wrong with the names of the columns, "" if nothing is.
func checkHeader(columns []string) string {
	known := append([]string{columnName, columnTimeZone}, partyColumns...)
	seen := map[string]bool{}
	for i, column := range columns {
		fold := slices.IndexFunc(known, func(name string) bool { return strings.EqualFold(name, column) })
		switch {
		case column == "":
			continue
		case seen[column]:
			return fmt.Sprintf("Column %d of the header has the name of an earlier column: rename or remove it.", i+1)
		case fold >= 0 && known[fold] != column:
			return fmt.Sprintf("Column %d of the header must be written %s.", i+1, known[fold])
		case fold < 0 && (len(column) > maxParameterName || !parameterName.MatchString(column)):
			return fmt.Sprintf("Column %d of the header is no name of a parameter: it must begin with a letter and have letters, digits, - and _, 63 at most. "+
				"The first line of a list names the columns, such as name,phoneNumber.", i+1)
		}
		seen[column] = true
	}
	if !slices.ContainsFunc(partyColumns, func(name string) bool { return seen[name] }) {
		return "The header has no column that says whom to call: the first line must name one " + strings.Join(partyColumns[:len(partyColumns)-1], ", ") + " or " + columnSIPURI + "."
	}
	return ""
}

// fromFields is the target that a line names, or what is wrong with the line. A field without a value is not set.
func fromFields(columns, fields []string) (target *v1alpha1.DialOutTarget, problem string) {
	if len(fields) != len(columns) {
		return nil, fmt.Sprintf("The line has %d columns, and the header has %d: enclose a field that has the separator in quotation marks.", len(fields), len(columns))
	}
	target = &v1alpha1.DialOutTarget{}
	for i, column := range columns {
		value := fields[i]
		if value == "" {
			continue
		}
		switch column {
		case "":
			return nil, fmt.Sprintf("Column %d has a value, but no name in the header: name it.", i+1)
		case columnName:
			target.Name = value
		case columnTimeZone:
			target.TimeZone = v1alpha1.TimeZone(value)
		case columnPhoneNumber:
			target.To.PhoneNumber = v1alpha1.PhoneNumber(normalised(value))
		case columnCommunicationUser:
			target.To.CommunicationUser = value
		case columnTeamsUser:
			target.To.TeamsUser = &v1alpha1.TeamsUser{UserID: value, Cloud: v1alpha1.TeamsCloudPublic}
		case columnSIPURI:
			target.To.SIPURI = value
		default:
			if target.Parameters == nil {
				target.Parameters = map[string]string{}
			}
			target.Parameters[column] = value
		}
	}
	return target, ""
}
