// Reads the texts of a TraceQL query as Tempo's lexer does (text/scanner, strconv.Unquote), and says which of the names
// that are given each pattern after =~ matches. Tempo itself is not on the module proxy under a version that has TraceQL.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"text/scanner"
)

func main() {
	query, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(err)
	}
	matched := [][]string{}
	var s scanner.Scanner
	s.Init(strings.NewReader(string(query)))
	s.Error = func(_ *scanner.Scanner, message string) { fail(fmt.Errorf("%s", message)) }
	before := ""
	for token := s.Scan(); token != scanner.EOF; token = s.Scan() {
		if token == scanner.String || token == scanner.RawString {
			text, err := strconv.Unquote(s.TokenText())
			if err != nil {
				fail(err)
			}
			if strings.HasSuffix(before, "=~") {
				matched = append(matched, matching(text, os.Args[1:]))
			}
		}
		before += s.TokenText()
	}
	if err := json.NewEncoder(os.Stdout).Encode(matched); err != nil {
		fail(err)
	}
}

// Patterns hold for the whole of a value.
func matching(pattern string, names []string) []string {
	whole, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		fail(err)
	}
	found := []string{}
	for _, name := range names {
		if whole.MatchString(name) {
			found = append(found, name)
		}
	}
	return found
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
