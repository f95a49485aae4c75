#!/usr/bin/env bash
# Tells what is missing on this machine, and how to get it. Says nothing when everything is there.
#   tools/need.sh run    what `make run` needs
#   tools/need.sh test   what `make test` needs; installs what can be installed from the registries
set -euo pipefail
purpose=${1:-run}

rust_wanted=1.95
node_wanted=20.19
missing=()

# at_least WANTED FOUND: compares dotted versions.
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# found COMMAND: its version number, or nothing.
found() { "$@" --version 2>/dev/null | grep -Eo '[0-9]+(\.[0-9]+)+' | head -n 1 || true; }

need() { # need NAME WANTED FOUND HOW
  if [ -z "$3" ]; then
    missing+=("$1 $2 or newer is not installed. $4")
  elif ! at_least "$2" "$3"; then
    missing+=("$1 is $3, but $2 or newer is needed. $4")
  fi
}

need cargo "$rust_wanted" "$(found cargo)" \
  "Install Rust with rustup (https://rustup.rs), or bring it up to date with: rustup update stable"
need node "$node_wanted" "$(found node)" \
  "Install Node.js from https://nodejs.org, your system's packages, or a version manager such as nvm or fnm."
command -v npm >/dev/null || missing+=("npm is not installed. It comes with Node.js, or as your system's package 'npm'.")
command -v cc >/dev/null || missing+=("A C compiler (cc) is not installed; SQLite is built with it. \
Debian, Ubuntu: apt install build-essential. Fedora: dnf install gcc. macOS: xcode-select --install")

if [ ${#missing[@]} -gt 0 ]; then
  echo "Quorate cannot be built on this machine yet:" >&2
  printf '  - %s\n' "${missing[@]}" >&2
  exit 1
fi
[ "$purpose" = test ] || exit 0

# From here on: what only the tests need.
refreshed=
debian() { # debian PACKAGE: installs it where that is possible, otherwise says what to do
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests need $1: install it with your system's packages (as root on Debian: apt-get install $1)." >&2
    exit 1
  fi
  [ -n "$refreshed" ] || { apt-get update -q; refreshed=yes; }
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$1"
}

command -v git >/dev/null || debian git
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || [ -n "${CHROMIUM:-}" ] || debian chromium
"$(dirname "$0")/postgres.sh" available || debian postgresql
command -v redis-server >/dev/null || debian redis-server
# Tests of several nodes share one Redis. Where none runs, one that keeps nothing is started and left to the machine.
redis-cli -h 127.0.0.1 ping >/dev/null 2>&1 ||
  redis-server --bind 127.0.0.1 --port 6379 --save '' --appendonly no --daemonize yes >/dev/null
# The OpenID provider that the sign-in tests run as a process. The lock file pins and hashes what is installed, and
# nothing of it is run at the installation.
peer="$(dirname "$0")/../apps/quorate/tests/peers/oidc"
if [ ! "$peer/node_modules/.package-lock.json" -nt "$peer/package-lock.json" ]; then
  (cd "$peer" && npm ci --no-audit --no-fund --ignore-scripts && touch node_modules/.package-lock.json)
fi
# The official JavaScript clients of other vendors' APIs, in the same way.
peer="$(dirname "$0")/../apps/quorate/tests/peers/sdk/js"
if [ ! "$peer/node_modules/.package-lock.json" -nt "$peer/package-lock.json" ]; then
  (cd "$peer" && npm ci --no-audit --no-fund --ignore-scripts && touch node_modules/.package-lock.json)
fi
cargo nextest --version >/dev/null 2>&1 || cargo install --locked cargo-nextest

# python_with REQUIREMENTS NAME: a Python of its own in target/NAME with what the file lists, every package by its hash.
# It is made anew when the list is another.
python_with() {
  local home=${CARGO_TARGET_DIR:-$(cd "$(dirname "$0")/.." && pwd)/target}/$2
  cmp -s "$1" "$home/installed.txt" && return
  command -v python3 >/dev/null || debian python3
  rm -rf "$home"
  python3 -m venv "$home" || { rm -rf "$home"; debian python3-venv; python3 -m venv "$home"; }
  "$home/bin/python3" -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
    --requirement "$1"
  cp "$1" "$home/installed.txt"
}

# A mail server to send to, the official Python clients of other vendors' APIs, and llama.cpp as a provider.
python_with "$(dirname "$0")/../platform/outbound/tests/it/requirements.txt" mail-server
python_with "$(dirname "$0")/../apps/quorate/tests/peers/sdk/python/requirements.txt" sdk-peers
python_with "$(dirname "$0")/../apps/quorate/tests/peers/llama_cpp/requirements.txt" llama-cpp
