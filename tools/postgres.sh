#!/usr/bin/env bash
# A PostgreSQL server for the tests: one that runs already, or a private one that lives as long as a command.
#   tools/postgres.sh available        is there one to use, or are there binaries to start one?
#   tools/postgres.sh with COMMAND…    runs COMMAND with QUORATE_TEST_POSTGRES set to a superuser's URL
# The order: QUORATE_TEST_POSTGRES as it stands; 127.0.0.1:5432 where user postgres needs no password; a private
# server in a temporary folder, without fsync, gone afterwards.
set -euo pipefail

running_url=postgres://postgres@127.0.0.1:5432/postgres

answers() {
  local psql
  psql=$(binary psql) || return 1
  PGCONNECT_TIMEOUT=3 "$psql" --no-password --quiet --tuples-only --command 'select 1' "$running_url" >/dev/null 2>&1
}

# binary NAME: its path, also where Debian keeps the server's programs.
binary() {
  command -v "$1" && return
  local newest
  newest=$(find /usr/lib/postgresql -path "*/bin/$1" 2>/dev/null | sort -V | tail -n 1)
  [ -n "$newest" ] && echo "$newest"
}

free_port() {
  local port
  for port in $(seq 55432 55532); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
  echo "no free port for a private PostgreSQL between 55432 and 55532" >&2
  return 1
}

# as_owner COMMAND…: PostgreSQL refuses to run as root.
as_owner() {
  if [ "$(id -u)" -ne 0 ]; then "$@"; else runuser -u "$owner" -- "$@"; fi
}

with_private_server() {
  local port status=0
  owner=postgres # global, like folder: the trap runs when this function is gone
  id "$owner" >/dev/null 2>&1 || owner=nobody
  folder=$(mktemp -d "${TMPDIR:-/tmp}/quorate-postgres.XXXXXX")
  [ "$(id -u)" -ne 0 ] || chown "$owner" "$folder"
  port=$(free_port)
  trap 'cd /; as_owner "$(binary pg_ctl)" --pgdata "$folder/data" --mode immediate --silent stop || true; rm -rf "$folder"' EXIT
  cd "$folder"
  as_owner "$(binary initdb)" --pgdata "$folder/data" --username postgres --auth trust --encoding UTF8 \
    --no-locale --no-sync >"$folder/initdb.log" || { cat "$folder/initdb.log" >&2; return 1; }
  as_owner "$(binary pg_ctl)" --pgdata "$folder/data" --log "$folder/server.log" --wait --silent start --options \
    "-p $port -k $folder -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c max_connections=200" ||
    { cat "$folder/server.log" >&2; return 1; }
  cd "$OLDPWD" || return 1
  QUORATE_TEST_POSTGRES=postgres://postgres@127.0.0.1:$port/postgres "$@" || status=$?
  return "$status"
}

case ${1:-} in
available)
  [ -n "${QUORATE_TEST_POSTGRES:-}" ] || answers || { binary initdb && binary pg_ctl; } >/dev/null
  ;;
with)
  shift
  if [ -n "${QUORATE_TEST_POSTGRES:-}" ]; then
    "$@"
  elif answers; then
    QUORATE_TEST_POSTGRES=$running_url "$@"
  else
    with_private_server "$@"
  fi
  ;;
*)
  sed -n '2,7s/^# \{0,1\}//p' "$0"
  exit 2
  ;;
esac
