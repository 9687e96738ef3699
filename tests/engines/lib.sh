# shellcheck shell=bash
# What the scripts of this folder share; source it first, do not run it. It holds a lock while a script runs.
#   ENGINES_STATE   where everything is kept; on the way to it every folder must be open to all (PostgreSQL
#                             does not run as root). Two states side by side are fine, but share one Docker daemon.
#   pids/NAME                 "PID BIRTH" of a daemon that was started here; these are stopped, and no others
#   users/NAME/PID            a process that uses it, and `hand` when it was started without -u
set -euo pipefail
export LC_ALL=C.UTF-8 PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
STATE=${ENGINES_STATE:-${TMPDIR:-/tmp}/stageline-engines-$(id -u)}
IMAGE=localhost/stageline-base:2
WE=${0##*/}

say() { printf '%s: %s\n' "$WE" "$*" >&2; }
die() { say "$*"; exit 1; }
need() { command -v "$1" >/dev/null || die "no command '$1': install the Debian package $2"; }

mkdir -p "$STATE"
[ -O "$STATE" ] || die "$STATE belongs to somebody else: set ENGINES_STATE"
if [ -z "${ENGINES_LOCKED:-}" ]; then # -o: the daemons that are started must not inherit the lock
  export ENGINES_LOCKED=1
  exec flock -o -w 100 "$STATE/lock" "$0" "$@"
fi
mkdir -p "$STATE/pids" "$STATE/users" "$STATE/log"
chmod 755 "$STATE"

# birth PID: when it began (field 22 of stat); with the pid it names a process for good
birth() {
  local stat fields
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  read -ra fields <<<"${stat##*) }"
  [ "${fields[0]}" != Z ] || return 1 # a zombie has ended
  echo "${fields[19]}"
}
lives() { # lives FILE: is the process that FILE names still the same one
  local pid born
  read -r pid born <"$1" && [ "$(birth "$pid")" = "$born" ]
}
is_up() { [ -s "$STATE/pids/$1" ] && lives "$STATE/pids/$1"; }

start() { # start NAME COMMAND...: in a session of its own, its output in log/NAME.log
  local name=$1 pid
  shift
  (cd / && exec setsid "$@" >"$STATE/log/$name.log" 2>&1 </dev/null) &
  pid=$!
  echo "$pid $(birth "$pid")" >"$STATE/pids/$name"
}
stop() { # stop NAME SIGNAL SECONDS: that signal, then KILL
  local name=$1 pid
  if is_up "$name"; then
    read -r pid _ <"$STATE/pids/$name"
    kill -s "$2" "$pid" || true
    wait_for "$3" is_down "$name" || kill -s KILL "$pid" || true
    say "stopped $name"
  fi
  rm -f "$STATE/pids/$name"
}
is_down() { ! is_up "$1"; }

wait_for() { # wait_for SECONDS COMMAND...
  local tries=$(($1 * 10)) i
  shift
  for ((i = 0; i < tries; i++)); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done
  return 1
}
come_up() { # come_up NAME SECONDS COMMAND...: wait until COMMAND succeeds, as long as NAME lives
  local name=$1 tries=$(($2 * 10)) i
  shift 2
  for ((i = 0; i < tries; i++)); do
    ! "$@" >/dev/null 2>&1 || return 0
    is_up "$name" || break
    sleep 0.1
  done
  stop "$name" KILL 1
  die "$name did not start: $(tail -n 1 "$STATE/log/$name.log") (all of it: $STATE/log/$name.log)"
}

free_ports() { # free_ports COUNT: the first of so many ports in a row that nobody listens to, other for each state
  local first=$((20000 + $(cksum <<<"$STATE" | cut -d' ' -f1) % 10000)) port
  for ((port = first; port < first + $1; port++)); do
    ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || first=$((port + 1))
  done
  echo "$first"
}

use() { # use NAME [PID]
  mkdir -p "$STATE/users/$1"
  if [ -n "${2:-}" ]; then echo "$2 $(birth "$2")" >"$STATE/users/$1/$2"; else : >"$STATE/users/$1/hand"; fi
}
is_used() {
  local mark
  for mark in "$STATE/users/$1"/*; do
    [ -e "$mark" ] || continue
    if [ "${mark##*/}" = hand ] || lives "$mark"; then return 0; fi
    rm -f "$mark"
  done
  return 1
}
user_of() { # user_of ARGUMENTS: the PID of `-u PID`, or nothing
  [ "${1:-}" != -u ] || echo "${2:?-u wants a PID}"
}

remove_sockets() { # the folder of PostgreSQL's sockets, and the link to it
  local link=$STATE/postgres/sockets
  [ ! -L "$link" ] || rm -rf "$(readlink "$link")" "$link"
}
run_image() { # run_image ENGINE...: load the test image if ENGINE has none, and see that it runs
  if ! "$@" image inspect "$IMAGE" >/dev/null 2>&1; then
    [ -s "$STATE/base-2.tar" ] || python3 "$HERE/image.py" "$IMAGE" "$STATE/base-2.tar" || return 1
    timeout 60 "$@" load -q -i "$STATE/base-2.tar" >/dev/null || return 1
  fi
  timeout 30 "$@" run --rm --init --network none "$IMAGE" true
}
