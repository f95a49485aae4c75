#!/usr/bin/env bash
# `make test`: every check, the cheap ones first, one line a step, stopping at the first that fails.
#   tools/test.sh              everything
#   tools/test.sh GROUP…       some of: prepare lint web clippy build documents rust e2e advisories
# Each step's output goes to target/test-logs; it is shown when the step fails, or as it comes with VERBOSE=1.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

target=${CARGO_TARGET_DIR:-$PWD/target}
logs=$target/test-logs
binary=$target/debug/quorate
mkdir -p "$logs"
# A clean clone gains nothing from incremental compilation and pays for it in time and disk.
if [ "${CI:-}" = true ]; then export CARGO_INCREMENTAL=0; fi
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}

passed=0 failed=0 skipped=0 steps=0 begun=$SECONDS

duration() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# Adds up what the test runners' closing lines say in a log: nextest, cargo test, vitest, node's runner, plain lines.
count() {
  local p f s
  read -r p f s < <(sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
    function before(word,   n) { n = 0; if (match($0, "[0-9]+ " word)) n = substr($0, RSTART, RLENGTH) + 0; return n }
    /^ *Summary \[/ && /tests? run:/ { p += before("passed"); f += before("failed"); s += before("skipped"); next }
    /^test result: /                 { p += before("passed"); f += before("failed"); s += before("ignored"); next }
    /^ *Tests  /                     { p += before("passed"); f += before("failed"); s += before("skipped"); next }
    /^(ℹ|#) pass [0-9]+$/            { p += $3; next }
    /^(ℹ|#) fail [0-9]+$/            { f += $3; next }
    /^(ℹ|#) skipped [0-9]+$/         { s += $3; next }
    /^([a-z0-9-]+: )?[0-9]+ passed, [0-9]+ failed/ { p += before("passed"); f += before("failed"); s += before("skipped") }
    END { print p + 0, f + 0, s + 0 }')
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  counted="$p passed"
  [ "$f" -eq 0 ] || counted="$counted, $f failed"
}

close() {
  echo
  echo "$steps steps in $(duration $((SECONDS - begun)))${1:+; stopped at: $1}"
  echo "$passed passed, $failed failed, $skipped skipped"
}

# step NAME COMMAND…: runs it, prints one line, ends everything when it fails.
step() {
  local name=$1 log status=0 start=$SECONDS counted='' dots
  shift
  steps=$((steps + 1))
  log=$logs/$(printf '%02d' "$steps")-${name// /-}.log
  dots=$(printf '%*s' $((44 - ${#name})) '' | tr ' ' .)
  printf '%2d  %s %s ' "$steps" "$name" "$dots"
  if [ -n "${VERBOSE:-}" ]; then
    echo
    "$@" </dev/null 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
  else
    "$@" </dev/null >"$log" 2>&1 || status=$?
  fi
  case $name in *tests*) count "$log" ;; esac
  if [ "$status" -eq 0 ]; then
    echo "ok $(duration $((SECONDS - start)))${counted:+  ($counted)}"
    return
  fi
  echo "FAILED $(duration $((SECONDS - start)))${counted:+  ($counted)}"
  if [ -z "${VERBOSE:-}" ]; then
    echo "--- the end of $log:"
    tail -n 150 "$log"
    echo '---'
  fi
  close "$name"
  exit 1
}

npm_in_web() { (cd web && npm --no-audit --no-fund "$@"); }
with_postgres() { tools/postgres.sh with "$@"; }

web_install() { make --no-print-directory web-install; }
web_build() { make --no-print-directory web-build; }

# The typed client must be what openapi.json gives: generate it, and see whether that changed anything.
web_client_is_current() {
  local before after
  before=$(git diff HEAD -- web | git hash-object --stdin)
  npm_in_web run api || return
  after=$(git diff HEAD -- web | git hash-object --stdin)
  if [ "$before" != "$after" ]; then
    git --no-pager diff --stat HEAD -- web
    echo "The typed client differs from openapi.json: commit what 'npm run api' has just written in web/."
    return 1
  fi
}

prepare() {
  step 'what this machine has' tools/need.sh test
}

lint() {
  step 'rust format' cargo fmt --all --check
  # Without its documents xtask builds in seconds, so a broken rule shows before the server is compiled.
  step 'architecture' cargo run --quiet --locked --package xtask --no-default-features -- arch
}

web() {
  step 'web packages' web_install
  step 'web lint' npm_in_web run lint
  step 'web types' npm_in_web run check
  step 'web unit tests' npm_in_web run test
  step 'web build' web_build
}

clippy() {
  step 'clippy' cargo clippy --workspace --all-targets --locked -- -D warnings
}

build() {
  # One build for tests, tools and the server under test: the same profile and features, so nothing is built twice.
  step 'rust build' cargo build --workspace --all-targets --locked
}

documents() {
  step 'openapi.json' "$target/debug/xtask" openapi --check
  step 'configuration page' "$target/debug/xtask" config-docs --check
  step 'web client' web_client_is_current
}

rust() {
  step 'rust tests on both databases' with_postgres cargo nextest run --workspace --locked --no-fail-fast
  step 'documentation tests' cargo test --workspace --doc --locked
}

e2e() {
  step 'browser tests' env QUORATE_BIN="$binary" npm --prefix web run e2e
}

advisories() {
  if cargo deny --version >/dev/null 2>&1; then
    step 'cargo deny' cargo deny check bans licenses sources
  fi
}

if [ $# -eq 0 ]; then
  set -- prepare lint web clippy build documents rust e2e advisories
fi
for group in "$@"; do
  case $group in
  prepare | lint | web | clippy | build | documents | rust | e2e | advisories) "$group" ;;
  *)
    echo "no such group of checks: $group" >&2
    exit 2
    ;;
  esac
done
close
