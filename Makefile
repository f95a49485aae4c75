# Two commands matter: `make run` starts Quorate, `make test` checks everything. `make help` lists the rest.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

TARGET := $(or $(CARGO_TARGET_DIR),target)
# Where the server keeps its data and listens: make run DATA=/srv/quorate LISTEN=127.0.0.1:9000
DATA ?= ./data
LISTEN ?= 127.0.0.1:8080
# More flags for the server or the benchmark: make run ARGS="--config quorate.toml"
ARGS ?=

.PHONY: help
help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  make \1\t/' | expand -t 20

.PHONY: need
need:
	@tools/need.sh run

# --- running ---------------------------------------------------------------------------------------------------

.PHONY: run
run: need web-build ## build Quorate and start it on 127.0.0.1:8080 with its data in ./data
	cargo build --profile quick --locked --bin quorate
	@exec $(TARGET)/quick/quorate serve --data-dir $(DATA) --listen $(LISTEN) $(ARGS)

.PHONY: dev
dev: need web-build ## the same from a debug build, quicker to rebuild; the page is read from web/build
	cargo build --locked --bin quorate
	@exec $(TARGET)/debug/quorate serve --data-dir $(DATA) --listen $(LISTEN) $(ARGS)

.PHONY: build
build: need web-build ## the full release binary (thin LTO; takes a while)
	cargo build --release --locked --bin quorate

# --- the page --------------------------------------------------------------------------------------------------

# npm writes its hidden lock file when it has installed; the touch covers an install that changed nothing.
WEB_INSTALLED := web/node_modules/.package-lock.json
# Kept beside the build and not in it, since everything in web/build is embedded into the binary.
WEB_BUILT := web/.svelte-kit/built
WEB_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/build/*' \
	-not -path 'web/.svelte-kit/*' -not -path 'web/e2e/*' -not -path 'web/tests/*' -not -path 'web/test-results/*' \
	-not -path 'web/src/lib/paraglide/*' 2>/dev/null)

$(WEB_INSTALLED): web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

$(WEB_BUILT): $(WEB_INSTALLED) $(WEB_SOURCES)
	cd web && npm run build
	@touch $@

# The mark means nothing when the build itself is gone.
$(if $(wildcard web/build/index.html),,$(shell rm -f $(WEB_BUILT)))

.PHONY: web-install web-build
web-install: $(WEB_INSTALLED) ## the page's packages, when the lock file changed
web-build: $(WEB_BUILT) ## the page, when its sources changed

# --- checking --------------------------------------------------------------------------------------------------

.PHONY: test
test: ## every check, as CI runs it
	@tools/test.sh

.PHONY: lint
lint: ## formatting, architecture, clippy, and the page's lint and types
	@tools/test.sh lint clippy
	@$(MAKE) --no-print-directory web-install
	cd web && npm run lint && npm run check

.PHONY: fmt
fmt: web-install ## format everything
	cargo fmt --all
	cd web && npm run format

.PHONY: test-rust
test-rust: ## the Rust tests, on SQLite and PostgreSQL
	@tools/test.sh prepare build rust

.PHONY: test-web
test-web: ## the page's lint, types, unit tests and build
	@tools/test.sh web

.PHONY: e2e
e2e: ## the browser tests against a debug build
	@tools/test.sh prepare web build e2e

.PHONY: openapi
openapi: web-install ## regenerate openapi.json, the typed client and the configuration page
	cargo xtask openapi
	cargo xtask config-docs
	cd web && npm run api

.PHONY: bench
bench: ## the benchmarks of bench/README.md; ARGS chooses
	cargo run --release --locked --package quorate-bench -- $(ARGS)
