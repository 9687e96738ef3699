#!/bin/bash
# docker-up.sh [-u PID]   A Docker daemon with the test image in it: the one that answers, else one of our own (root only).
#   Our own has the usual socket, for there is to be one daemon, but its own data. Prints DOCKER_HOST=... -u: see down.sh.
. "$(dirname "$0")/lib.sh"
need docker docker.io
export DOCKER_HOST=${DOCKER_HOST:-unix:///var/run/docker.sock}
answers() { timeout 5 docker info; }
if ! answers >"$STATE/log/docker-info.log" 2>&1; then
  [ "$(id -u)" = 0 ] || die "no Docker daemon answers, and only root can start one: $(tail -n 1 "$STATE/log/docker-info.log")"
  need dockerd docker.io
  while read -r comm; do
    ! birth "$(basename "${comm%/comm}")" >/dev/null || die "a Docker daemon runs but does not answer: $(tail -n 1 "$STATE/log/docker-info.log")"
  done < <(grep -lsx dockerd /proc/[0-9]*/comm)
  # what one that was killed has left: its containerd died with it, but may not be reaped yet
  rm -f "$STATE/docker/pid" "$STATE/docker/exec/containerd/containerd.pid"
  mkdir -p "$STATE/docker"
  start dockerd dockerd -H "$DOCKER_HOST" --data-root "$STATE/docker/data" --exec-root "$STATE/docker/exec" \
    --pidfile "$STATE/docker/pid" --log-level warn
  come_up dockerd 30 answers
fi
run_image docker >"$STATE/log/docker-run.log" 2>&1 || die "docker run: $(tail -n 1 "$STATE/log/docker-run.log")"
use dockerd "$(user_of "$@")"
echo "DOCKER_HOST=$DOCKER_HOST"
