# Copyright The call-operator Authors.
# SPDX-License-Identifier: Apache-2.0
#
# The images of call-operator. COMMANDS says which binaries are in it.
#
#   docker build --build-arg VERSION=v1.2.3 --build-arg REVISION=$(git rev-parse HEAD) .
#
# Without a registry, around binaries that `make images` built outside:
#
#   docker build --target prebuilt --build-arg BASE_IMAGE=scratch --build-arg BINARIES=bin/images/operator/linux-amd64 .
ARG BUILDER_IMAGE=golang:1.26
ARG BASE_IMAGE=gcr.io/distroless/static-debian12:nonroot

FROM ${BASE_IMAGE} AS prebuilt
ARG BINARIES
COPY ${BINARIES}/ /
USER 65532:65532

FROM --platform=${BUILDPLATFORM:-linux/amd64} ${BUILDER_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG COMMANDS="manager webhookreceiver dashboard"
ARG TARGETARCH=amd64
ARG VERSION=devel
ARG REVISION=unknown
ARG SOURCE_DATE_EPOCH=0
RUN hack/build-binaries.sh /out ${TARGETARCH} ${COMMANDS}

FROM ${BASE_IMAGE}
COPY --from=build /out/ /
USER 65532:65532
