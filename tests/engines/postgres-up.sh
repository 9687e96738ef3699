#!/bin/bash
# postgres-up.sh [-u PID]   A private PostgreSQL behind a Unix socket, without fsync: for tests, and for nothing else.
#   Prints POSTGRES_URL=..., a database in which its user `stageline` may create others. -u: see down.sh.
. "$(dirname "$0")/lib.sh"
bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb || true)" 2>/dev/null)
[ -x "$bin/postgres" ] || die "no PostgreSQL: install the Debian package postgresql"
home=$STATE/postgres
data=$home/data-$("$bin/postgres" --version | grep -o '[0-9]*' | head -n 1)
as=()
if [ "$(id -u)" = 0 ]; then
  need setpriv util-linux
  as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
sql() { "$bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$sockets" -U postgres -d postgres "$@"; }

if ! is_up postgres; then
  mkdir -p "$home"
  [ ${#as[@]} = 0 ] || chown postgres "$home"
  chmod 755 "$home"
  if [ ! -s "$data/PG_VERSION" ]; then
    (cd / && timeout 60 "${as[@]}" "$bin/initdb" -D "$data" -A trust -U postgres -E UTF8 --locale=C.UTF-8 --no-sync) \
      >"$STATE/log/initdb.log" 2>&1 || die "initdb: $(tail -n 1 "$STATE/log/initdb.log")"
  fi
  rm -f "$data/postmaster.pid"
  remove_sockets
  # not below $STATE: a socket's path has at most 107 characters, and here none that a URL must escape
  sockets=$(mktemp -d /tmp/stageline-postgres.XXXXXX)
  chmod 755 "$sockets"
  [ ${#as[@]} = 0 ] || chown postgres "$sockets"
  ln -sfn "$sockets" "$home/sockets"
  start postgres "${as[@]}" "$bin/postgres" -D "$data" -c listen_addresses= -c unix_socket_directories="$sockets" \
    -c fsync=off -c autovacuum=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=200
  come_up postgres 20 "$bin/pg_isready" -h "$sockets"
fi
sockets=$(readlink "$home/sockets")
[ -n "$(sql -c "select 1 from pg_roles where rolname = 'stageline'")" ] || sql -c 'create role stageline login createdb'
[ -n "$(sql -c "select 1 from pg_database where datname = 'stageline'")" ] || sql -c 'create database stageline owner stageline'
use postgres "$(user_of "$@")"
echo "POSTGRES_URL=postgresql://stageline@/stageline?host=$sockets"
