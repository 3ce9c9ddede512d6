// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package monitoring

import (
	"encoding/json"
	"strings"
	"testing"
)

type dashboard struct {
	UID        string  `json:"uid"`
	Title      string  `json:"title"`
	Panels     []panel `json:"panels"`
	Templating struct {
		List []struct{ Name, Type, Query string } `json:"list"`
	} `json:"templating"`
}

type panel struct {
	ID          int        `json:"id"`
	Type        string     `json:"type"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Datasource  datasource `json:"datasource"`
	Targets     []struct {
		Expr       string     `json:"expr"`
		RefID      string     `json:"refId"`
		Datasource datasource `json:"datasource"`
	} `json:"targets"`
	GridPos struct{ X, Y, W, H int } `json:"gridPos"`
}

type datasource struct{ Type, UID string }

// anyDatasource leaves the choice to the user.
var anyDatasource = datasource{Type: "prometheus", UID: "${datasource}"}

func TestDashboard(t *testing.T) {
	var board dashboard
	if err := json.Unmarshal(readFile(t, dashboardFile), &board); err != nil {
		t.Fatal(err)
	}
	if board.UID == "" || board.Title == "" || len(board.Panels) == 0 {
		t.Fatalf("the dashboard has the UID %q, the title %q and %d panels", board.UID, board.Title, len(board.Panels))
	}
	if list := board.Templating.List; len(list) == 0 || list[0].Name != "datasource" || list[0].Type != "datasource" || list[0].Query != "prometheus" {
		t.Errorf("the first variable must be the data source: %+v", list)
	}
	known, ids, titles := knownMetrics(t), map[int]bool{}, map[string]bool{}
	for _, p := range board.Panels {
		if p.ID == 0 || ids[p.ID] || titles[p.Title] {
			t.Errorf("panel %q: the ID %d, or the title, is missing or there twice", p.Title, p.ID)
		}
		ids[p.ID], titles[p.Title] = true, true
		if p.GridPos.X+p.GridPos.W > 24 || p.GridPos.W == 0 || p.GridPos.H == 0 {
			t.Errorf("panel %q does not fit the grid: %+v", p.Title, p.GridPos)
		}
		if p.Type != "row" {
			checkPanel(t, p, known)
		}
	}
	checkOverlaps(t, board.Panels)
}

// intervals replace Grafana's variables, which are no PromQL.
var intervals = strings.NewReplacer("$__rate_interval", "5m", "$__range", "1h")

func checkPanel(t *testing.T, p panel, known map[string]bool) {
	t.Helper()
	if p.Datasource != anyDatasource || p.Description == "" || len(p.Targets) == 0 {
		t.Errorf("panel %q has the data source %+v, the description %q and %d targets", p.Title, p.Datasource, p.Description, len(p.Targets))
	}
	refs := map[string]bool{}
	for _, target := range p.Targets {
		if target.RefID == "" || refs[target.RefID] || target.Datasource != anyDatasource {
			t.Errorf("panel %q: a target has the refId %q and the data source %+v", p.Title, target.RefID, target.Datasource)
		}
		refs[target.RefID] = true
		checkExpression(t, "panel "+p.Title, intervals.Replace(target.Expr), known)
	}
}

func checkOverlaps(t *testing.T, panels []panel) {
	t.Helper()
	for i, a := range panels {
		for _, b := range panels[i+1:] {
			apart := a.GridPos.X+a.GridPos.W <= b.GridPos.X || b.GridPos.X+b.GridPos.W <= a.GridPos.X ||
				a.GridPos.Y+a.GridPos.H <= b.GridPos.Y || b.GridPos.Y+b.GridPos.H <= a.GridPos.Y
			if !apart {
				t.Errorf("panels %q and %q overlap", a.Title, b.Title)
			}
		}
	}
}
