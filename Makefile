# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := $(CURDIR)/bin
COMMANDS := manager webhookreceiver dashboard acs-simulator kubectl-call
CONTROLLER_GEN := $(BIN)/controller-gen
GOLANGCI_LINT := $(BIN)/golangci-lint
CRD_REF_DOCS := $(BIN)/crd-ref-docs
CYCLONEDX := $(BIN)/cyclonedx-gomod
HELM := $(BIN)/helm
HUGO := $(BIN)/hugo
KIND := $(BIN)/kind
BOILERPLATE := hack/boilerplate.go.txt
FUZZ_INPUTS ?= 30000
PACKAGES ?= ./...
# As many seeds as are begun within FAULTS_TIME; the last ones take a little longer.
SEEDS ?= 1000000
FAULTS_TIME ?= 4m
CALLS ?= 10000
# With a control plane in the environment, whatever needs one uses that one.
WITH_CONTROL_PLANE = KUBEBUILDER_ASSETS="$$(hack/ensure-control-plane.sh)"

# One set of flags for all that is built, so that nothing is compiled twice; make verify-built-once counts.
export CGO_ENABLED ?= 0
export GOFLAGS := $(shell . hack/build-flags.sh && printf '%s' "$$GOFLAGS")
PROGRESS := hack/progress.sh

##@ Use

.PHONY: help
help: ## Show this help.
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Run everything on this machine, place sample calls, show them to their ends. On a terminal, or with KEEP=1, it keeps running.
	@hack/demo.sh $(BIN) $(if $(KEEP),-keep)

.PHONY: build
build: ## Build the commands into bin/.
	@hack/build-commands.sh $(BIN) $(COMMANDS)

##@ Develop

.PHONY: generate
generate: manifests chart api-docs codes flags ## Generate deep copies, CRDs, roles, the Helm chart, the API reference, the tables of ACS's codes and of kubectl call's flags.

.PHONY: manifests
manifests: $(CONTROLLER_GEN) ## Generate deep copies, CRDs and roles.
	$(CONTROLLER_GEN) object:headerFile=$(BOILERPLATE) crd paths=./api/... output:crd:dir=config/crd/bases
	$(CONTROLLER_GEN) rbac:roleName=call-operator-manager,fileName=manager_role.yaml paths=./controllers/... output:rbac:dir=config/rbac
	$(CONTROLLER_GEN) rbac:roleName=call-operator-webhookreceiver,fileName=webhookreceiver_role.yaml paths=./webhookreceiver/... output:rbac:dir=config/rbac

.PHONY: chart
chart: manifests control-plane ## Generate the Helm chart from config/.
	@$(WITH_CONTROL_PLANE) go run ./hack/chart

.PHONY: api-docs
api-docs: $(CRD_REF_DOCS) ## Generate docs/api-reference.md from the comments in api/.
	@$(CRD_REF_DOCS) --config hack/api-docs/config.yaml --templates-dir hack/api-docs/templates --source-path api \
		--renderer markdown --output-path docs/api-reference.md --log-level ERROR

.PHONY: codes
codes: ## Generate the table of ACS's codes in docs/troubleshooting.md from the sentences in acs/.
	@go test ./acs -run '^TestTroubleshootingHasEveryCode$$' -update

.PHONY: flags
flags: control-plane ## Generate the flags in docs/kubectl-call.md from the commands.
	@$(WITH_CONTROL_PLANE) go test ./cmd/kubectl-call -run '^TestTheReferenceIsWhatTheCommandsHave$$' -update

.PHONY: verify-generated
verify-generated: generate ## Fail when generated files or go.mod are not what is committed.
	go mod tidy -diff
	@stale="$$(git status --porcelain -- api config/crd/bases config/rbac charts docs/api-reference.md docs/kubectl-call.md docs/troubleshooting.md)"; \
	if [ -n "$$stale" ]; then echo "stale, run make generate and commit:"; echo "$$stale"; exit 1; fi

.PHONY: vendor-page
vendor-page: ## Take the dashboard's JavaScript library from npm anew.
	hack/vendor-page.sh

.PHONY: verify-vendored
verify-vendored: ## Fail when the dashboard's JavaScript library is not what npm has.
	hack/vendor-page.sh --check

.PHONY: fmt
fmt: ## Format the code.
	gofmt -w $$(git ls-files '*.go')

.PHONY: verify-format
verify-format: ## Fail when a file is not formatted.
	@unformatted="$$(gofmt -l $$(git ls-files '*.go'))"; \
	if [ -n "$$unformatted" ]; then echo "not formatted, run make fmt:"; echo "$$unformatted"; exit 1; fi

.PHONY: vet
vet: ## Run go vet.
	@$(PROGRESS) "go vet" go vet ./...

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Run golangci-lint, with the linter of Kubernetes APIs.
	@$(PROGRESS) -show "lint" $(GOLANGCI_LINT) run ./...

.PHONY: verify-built-once
verify-built-once: ## Count the packages that the commands, the demo, the tests and the control plane compile differently, and fail when there are any.
	@$(PROGRESS) -show "count what is compiled twice" hack/built-once.sh

.PHONY: control-plane
control-plane: ## Get kube-apiserver, etcd and kubectl: downloaded where possible, else built once.
	@hack/ensure-control-plane.sh >/dev/null

##@ Document

.PHONY: site
site: $(HUGO) ## Make a site of README.md and docs/ in bin/site. A link to a file or heading that does not exist is an error.
	@$(HUGO) --config hack/site/hugo.yaml --configDir hack/site --destination $(BIN)/site --cleanDestinationDir --noBuildLock --panicOnWarning >/dev/null
	@echo "the site begins at $(BIN)/site/index.html" >&2

.PHONY: outputs
outputs: build control-plane ## Write what commands print into README.md and docs/, from a run of the demo.
	@$(WITH_CONTROL_PLANE) go run ./hack/outputs -bin $(BIN)

.PHONY: verify-outputs
verify-outputs: build control-plane ## Check that commands still print what README.md and docs/ show.
	@$(WITH_CONTROL_PLANE) go run ./hack/outputs -bin $(BIN) -check

##@ Package

# What is in each image. The simulator's is for trying things out, and for tests.
OPERATOR_COMMANDS := manager webhookreceiver dashboard
SIMULATOR_COMMANDS := acs-simulator
ARCH ?= $(shell go env GOARCH)
BASE_IMAGE ?= scratch

.PHONY: image-binaries
image-binaries: ## Build the static binaries of the images, for ARCH, into bin/images/.
	@hack/build-binaries.sh $(BIN)/images/operator/linux-$(ARCH) $(ARCH) $(OPERATOR_COMMANDS)
	@hack/build-binaries.sh $(BIN)/images/simulator/linux-$(ARCH) $(ARCH) $(SIMULATOR_COMMANDS)

.PHONY: images
images: image-binaries ## Make the images call-operator:dev and call-operator-simulator:dev for ARCH, with no registry, the same bytes each time.
	@hack/build-image.sh call-operator:dev bin/images/operator/linux-$(ARCH) $(BASE_IMAGE)
	@hack/build-image.sh call-operator-simulator:dev bin/images/simulator/linux-$(ARCH) $(BASE_IMAGE)

.PHONY: sbom
sbom: build $(CYCLONEDX) ## Write which modules each command is made of into bin/sbom, as CycloneDX, and check it against go list.
	@CYCLONEDX=$(CYCLONEDX) hack/sbom.sh $(BIN) $(BIN)/sbom $(COMMANDS)
	@go run ./hack/sbom -dir $(BIN)/sbom $(COMMANDS)

.PHONY: release
release: VERSION ?= v0.0.0-dry
release: control-plane $(CYCLONEDX) $(HELM) ## Write what a release publishes into bin/release, and check it. VERSION=v1.2.3 has to be the tag of the commit; docs/releasing.md.
	@$(WITH_CONTROL_PLANE) HELM=$(HELM) CYCLONEDX=$(CYCLONEDX) VERSION=$(VERSION) \
		OPERATOR_COMMANDS="$(OPERATOR_COMMANDS)" SIMULATOR_COMMANDS="$(SIMULATOR_COMMANDS)" hack/release.sh

##@ Test

.PHONY: check
check: verify-format vet lint ## For the inner loop: format, vet, lint, and the tests that need no API server.
	@go run ./hack/test -unit

.PHONY: test
test: control-plane ## Run every test that needs no container engine, on a real API server, with some of the random seeds.
	@$(WITH_CONTROL_PLANE) go run ./hack/test

.PHONY: test-all
test-all: control-plane ## The same with all seeds, as CI does.
	@$(WITH_CONTROL_PLANE) go run ./hack/test -all

.PHONY: test-race
test-race: control-plane ## The same with the race detector, with fewer seeds and cuts. PACKAGES=./... names fewer packages.
	@CGO_ENABLED=1 $(WITH_CONTROL_PLANE) go run ./hack/test -- -race -short -timeout=40m $(PACKAGES)

.PHONY: test-e2e
test-e2e: build control-plane $(BIN)/kind $(HELM) ## Install everything on a kind cluster and break it. It needs a container engine. KIND_NODE_IMAGE names another node image.
	@$(WITH_CONTROL_PLANE) KIND=$(BIN)/kind HELM=$(HELM) hack/e2e.sh

.PHONY: test-chart
test-chart: $(HELM) control-plane ## Have Helm lint, render and install the chart, on a real API server.
	@HELM=$(HELM) $(WITH_CONTROL_PLANE) go test -timeout 20m ./test/chart

.PHONY: test-images
test-images: ## Check that an image is the same bytes each time it is made.
	@go -C hack/image test ./...

.PHONY: test-gitops
test-gitops: ## Compare what kstatus and Argo CD make of every state of every kind.
	@echo "testing test/gitops (the first time, this downloads and compiles Argo CD's library)" >&2
	@cd test/gitops && go test ./...

.PHONY: test-browser
test-browser: control-plane ## Try the dashboard in a real browser. It needs Chromium in the PATH.
	@$(WITH_CONTROL_PLANE) hack/test-browser.sh

.PHONY: screenshots
screenshots: control-plane ## Take the pictures in docs/images anew.
	@$(WITH_CONTROL_PLANE) hack/test-browser.sh --screenshots

.PHONY: test-faults
test-faults: build control-plane ## Break managers, receivers, API server and ACS at random, from seeds. SEEDS=n, FAULTS_TIME=10m; CALL_OPERATOR_SEED=n plays one again.
	@$(WITH_CONTROL_PLANE) go run ./test/robustness -bin $(BIN) -seeds $(SEEDS) -time $(FAULTS_TIME)

.PHONY: test-scale
test-scale: build control-plane ## Hold CALLS live calls while managers fail over.
	@$(WITH_CONTROL_PLANE) go run ./test/robustness -bin $(BIN) -scale $(CALLS)

.PHONY: test-mutations
test-mutations: control-plane ## Take away one safeguard at a time, and show which test notices.
	@$(WITH_CONTROL_PLANE) go run ./hack/mutations

.PHONY: fuzz
fuzz: ## Run each fuzz target with FUZZ_INPUTS inputs.
	@hack/fuzz.sh $(FUZZ_INPUTS)

.PHONY: fuzz-corpus
fuzz-corpus: ## Keep in testdata/fuzz what make fuzz has found to reach code that nothing before did.
	@hack/keep-corpus.sh

# Without the cache of results: the files that the tests read are outside their module, where it does not look.
.PHONY: verify-alerts
verify-alerts: ## Check alert rules and dashboard with Prometheus' own parser and engine.
	@cd test/monitoring && go test -count=1 ./...

.PHONY: bench
bench: build control-plane ## Measure the operator against a bare loop of the same API writes, and check the targets. SMOKE=1 only tries it out.
	@$(WITH_CONTROL_PLANE) go run ./test/bench -bin $(BIN) $(if $(SMOKE),-smoke)

.PHONY: ci
ci: ## What a change has to pass.
	@hack/ci.sh

.PHONY: clean
clean: ## Remove what was built here. The control plane stays in the cache.
	rm -rf $(BIN)

# Each tool has its versions in a module of its own, except for those in tools/code.
TOOLS := $(CRD_REF_DOCS) $(CYCLONEDX) $(HELM) $(HUGO) $(KIND)
$(HELM) $(HUGO) $(GOLANGCI_LINT): ROUGHLY := -roughly "some 3 minutes on 2 cores the first time"

$(TOOLS): $(BIN)/%: tools/%/go.mod
	@$(PROGRESS) $(ROUGHLY) "build $*" go -C tools/$* build -v -o $@ tool

$(CONTROLLER_GEN): tools/code/go.mod
	@$(PROGRESS) "build controller-gen" go -C tools/code build -v -o $@ sigs.k8s.io/controller-tools/cmd/controller-gen

$(GOLANGCI_LINT): tools/code/go.mod tools/code/golangci-lint/main.go
	@$(PROGRESS) $(ROUGHLY) "build golangci-lint" go -C tools/code build -v -o $@ ./golangci-lint
