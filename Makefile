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
# Whose tests need Asterisk. make test leaves these tests out.
ASTERISK_PACKAGES := ./ari ./telephony/asterisk/... ./test/asterisk/...
# With a control plane in the environment, whatever needs one uses that one.
WITH_CONTROL_PLANE = KUBEBUILDER_ASSETS="$$(hack/ensure-control-plane.sh)"

# One set of flags for all that is built, so that nothing is compiled twice; make verify counts.
export CGO_ENABLED ?= 0
export GOFLAGS := $(shell . hack/build-flags.sh && printf '%s' "$$GOFLAGS")
PROGRESS := hack/progress.sh

##@ Use

.PHONY: help
help: ## Show this help.
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Run everything on this machine, place sample calls, show them to their ends. On a terminal, or with KEEP=1, it keeps running. PROVIDER=asterisk rings SIP phones.
	@hack/demo.sh $(BIN) $(if $(KEEP),-keep) $(if $(PROVIDER),-provider=$(PROVIDER))

.PHONY: build
build: ## Build the commands into bin/.
	@hack/build-commands.sh $(BIN) $(COMMANDS)

##@ Develop

.PHONY: generate
generate: $(CONTROLLER_GEN) $(CRD_REF_DOCS) control-plane ## Generate deep copies, CRDs, roles, the Helm chart, the API reference, the tables of ACS's codes and of kubectl call's flags.
	$(CONTROLLER_GEN) object:headerFile=$(BOILERPLATE) crd paths=./api/... output:crd:dir=config/crd/bases
	$(CONTROLLER_GEN) rbac:roleName=call-operator-manager,fileName=manager_role.yaml paths=./controllers/... output:rbac:dir=config/rbac
	$(CONTROLLER_GEN) rbac:roleName=call-operator-webhookreceiver,fileName=webhookreceiver_role.yaml paths=./webhookreceiver/... output:rbac:dir=config/rbac
	@$(WITH_CONTROL_PLANE) go run ./hack/chart
	@$(CRD_REF_DOCS) --config hack/api-docs/config.yaml --templates-dir hack/api-docs/templates --source-path api \
		--renderer markdown --output-path docs/api-reference.md --log-level ERROR
	@go test ./acs -run '^TestTroubleshootingHasEveryCode$$' -update
	@$(WITH_CONTROL_PLANE) go test ./cmd/kubectl-call -run '^TestTheReferenceIsWhatTheCommandsHave$$' -update

.PHONY: verify
verify: generate build control-plane ## Fail when generated files, go.mod or the command output in the docs are not what is committed, or when a package is compiled twice.
	go mod tidy -diff
	@stale="$$(git status --porcelain -- api config/crd/bases config/rbac charts docs/api-reference.md docs/kubectl-call.md docs/troubleshooting.md)"; \
	if [ -n "$$stale" ]; then echo "stale, run make generate and commit:"; echo "$$stale"; exit 1; fi
	@$(PROGRESS) -show "count what is compiled twice" hack/built-once.sh
	@$(WITH_CONTROL_PLANE) $(PROGRESS) -show "check the command output in the docs" go run ./hack/outputs -bin $(BIN) -check

.PHONY: fmt
fmt: ## Format the code.
	gofmt -w $$(git ls-files '*.go')

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Check the format, and run go vet and golangci-lint with the linter of Kubernetes APIs.
	@unformatted="$$(gofmt -l $$(git ls-files '*.go'))"; \
	if [ -n "$$unformatted" ]; then echo "not formatted, run make fmt:"; echo "$$unformatted"; exit 1; fi
	@$(PROGRESS) "go vet" go vet ./...
	@$(PROGRESS) -show "lint" $(GOLANGCI_LINT) run ./...

# kube-apiserver, etcd and kubectl: downloaded where possible, else built once.
.PHONY: control-plane
control-plane:
	@hack/ensure-control-plane.sh >/dev/null

##@ Document

.PHONY: site
site: $(HUGO) ## Make a site of README.md and docs/ in bin/site. A link to a file or heading that does not exist is an error.
	@$(HUGO) --config hack/site/hugo.yaml --configDir hack/site --destination $(BIN)/site --cleanDestinationDir --noBuildLock --panicOnWarning >/dev/null
	@echo "the site begins at $(BIN)/site/index.html" >&2

.PHONY: outputs
outputs: build control-plane ## Write what commands print into README.md and docs/, from a run of the demo.
	@$(WITH_CONTROL_PLANE) go run ./hack/outputs -bin $(BIN)

.PHONY: screenshots
screenshots: control-plane ## Take the pictures in docs/images anew. It needs Chromium in the PATH.
	@$(WITH_CONTROL_PLANE) hack/test-browser.sh --screenshots

##@ Package

# What is in each image. The simulator's is for trying things out, and for tests.
OPERATOR_COMMANDS := manager webhookreceiver dashboard
SIMULATOR_COMMANDS := acs-simulator
ARCH ?= $(shell go env GOARCH)
BASE_IMAGE ?= scratch

.PHONY: images
images: ## Make the images call-operator:dev and call-operator-simulator:dev for ARCH, with no registry, the same bytes each time.
	@hack/build-binaries.sh $(BIN)/images/operator/linux-$(ARCH) $(ARCH) $(OPERATOR_COMMANDS)
	@hack/build-binaries.sh $(BIN)/images/simulator/linux-$(ARCH) $(ARCH) $(SIMULATOR_COMMANDS)
	@hack/build-image.sh call-operator:dev bin/images/operator/linux-$(ARCH) $(BASE_IMAGE)
	@hack/build-image.sh call-operator-simulator:dev bin/images/simulator/linux-$(ARCH) $(BASE_IMAGE)

# Asterisk is under GPLv2, with an exception for OpenSSL; docs/asterisk.md says what giving the image to others means.
.PHONY: asterisk-image
asterisk-image: ASTERISK := bin/images/asterisk/linux-$(shell go env GOARCH)
asterisk-image: ## Make the image call-operator-asterisk:dev for config/asterisk, of Debian packages, for this machine's architecture.
	@rootfs="$$(hack/ensure-asterisk.sh)"; rm -rf $(ASTERISK); mkdir -p $(dir $(ASTERISK)); cp -a "$${rootfs}" $(ASTERISK)
	@hack/build-image.sh call-operator-asterisk:dev $(ASTERISK) scratch GPL-2.0-only

.PHONY: release
release: VERSION ?= v0.0.0-dry
release: control-plane $(CYCLONEDX) $(HELM) ## Write what a release publishes into bin/release, and check it. VERSION=v1.2.3 has to be the tag of the commit; docs/releasing.md.
	@$(WITH_CONTROL_PLANE) HELM=$(HELM) CYCLONEDX=$(CYCLONEDX) VERSION=$(VERSION) \
		OPERATOR_COMMANDS="$(OPERATOR_COMMANDS)" SIMULATOR_COMMANDS="$(SIMULATOR_COMMANDS)" hack/release.sh

##@ Test

.PHONY: check
check: lint ## For the inner loop: format, vet, lint, and the tests that need no API server.
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

.PHONY: test-asterisk
test-asterisk: control-plane ## Run the tests against a real Asterisk with real SIP phones. The first time it gets Asterisk from Debian packages.
	@hack/need-phones.sh
	@hack/ensure-asterisk.sh >/dev/null
	@$(WITH_CONTROL_PLANE) CALL_OPERATOR_REQUIRE_ASTERISK=1 go run ./hack/test $(ASTERISK_PACKAGES)

# In the package's own folder go test prints what the tests print as they run.
.PHONY: test-asterisk-faults
test-asterisk-faults: control-plane ## Break managers, receivers, Asterisk and the network at random, from seeds, with real SIP. FAULTS_TIME=10m; CALL_OPERATOR_SEED=n plays one again.
	@hack/need-phones.sh
	@hack/ensure-asterisk.sh >/dev/null
	@$(WITH_CONTROL_PLANE) CALL_OPERATOR_REQUIRE_ASTERISK=1 CALL_OPERATOR_FAULTS_TIME=$(FAULTS_TIME) \
		go -C test/asterisk test -count=1 -timeout=0 -run='^TestSeeds$$'

.PHONY: test-sdk
test-sdk: ## Have Microsoft's SDK read all events of the simulator. It needs node and npm.
	@CALL_OPERATOR_ACS_SDK="$$(hack/ensure-acs-sdk.sh)" go test -count=1 -run='^TestTheOfficialSDK' ./simulator

.PHONY: test-e2e
test-e2e: build control-plane $(KIND) $(HELM) ## Install everything on a kind cluster and break it. It needs a container engine. KIND_NODE_IMAGE names another node image.
	@$(WITH_CONTROL_PLANE) KIND=$(KIND) HELM=$(HELM) hack/e2e.sh

.PHONY: test-chart
test-chart: $(HELM) control-plane ## Have Helm lint, render and install the chart, on a real API server.
	@HELM=$(HELM) $(WITH_CONTROL_PLANE) go test -timeout 20m ./test/chart

# Without the cache of results where the files that the tests read are outside their module: there the cache does not look.
.PHONY: test-modules
test-modules: ## Run the tests with modules of their own: images are the same bytes each time, what kstatus, Argo CD and Prometheus make of what is shipped.
	@$(PROGRESS) -show "test hack/image" go -C hack/image test ./...
	@$(PROGRESS) -show -roughly "it downloads and compiles Argo CD's library the first time" "test test/gitops" go -C test/gitops test -count=1 ./...
	@$(PROGRESS) -show "test test/monitoring" go -C test/monitoring test -count=1 ./...

.PHONY: test-browser
test-browser: control-plane ## Try the dashboard in a real browser. It needs Chromium in the PATH.
	@$(WITH_CONTROL_PLANE) hack/test-browser.sh

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
fuzz: ## Run each fuzz target with FUZZ_INPUTS inputs. hack/keep-corpus.sh keeps what they found to reach new code.
	@hack/fuzz.sh $(FUZZ_INPUTS)

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
