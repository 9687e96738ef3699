#!/bin/bash
# podman-up.sh   Podman with the test image in it: as it is configured, or, where that does not run (no systemd, no right
#                to raise limits), as a configuration of ours makes it run. Prints CONTAINERS_CONF=... in the second case.
. "$(dirname "$0")/lib.sh"
need podman podman
if [ -n "${CONTAINERS_CONF:-}" ] || [ ! -s "$STATE/containers.conf" ]; then
  ! run_image podman >"$STATE/log/podman-run.log" 2>&1 || exit 0
  [ -z "${CONTAINERS_CONF:-}" ] || die "podman run, with $CONTAINERS_CONF: $(tail -n 1 "$STATE/log/podman-run.log")"
fi
at_most() { if [ "$1" = unlimited ] || [ "$1" -gt "$2" ]; then echo "$2"; else echo "$1"; fi; }
files=$(at_most "$(ulimit -Hn)" 65536)
processes=$(at_most "$(ulimit -Hu)" 32768)
export CONTAINERS_CONF=$STATE/containers.conf
cat >"$CONTAINERS_CONF" <<CONF
[containers]
# by default 1048576 open files are asked for, which only who may raise limits can have
default_ulimits = ["nofile=$files:$files", "nproc=$processes:$processes"]
log_driver = "k8s-file"
[engine]
# crun refuses control groups of both versions side by side; systemd may not be here
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
init_path = "$(command -v tini-static || command -v catatonit || echo /usr/libexec/podman/catatonit)"
CONF
if ! run_image podman >"$STATE/log/podman-run.log" 2>&1; then
  rm -f "$CONTAINERS_CONF"
  die "podman run: $(tail -n 1 "$STATE/log/podman-run.log")"
fi
echo "CONTAINERS_CONF=$CONTAINERS_CONF"
