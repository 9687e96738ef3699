#!/bin/bash
# down.sh [-w]      Stops what was started here by hand, as far as no test run uses it. -w: also removes the state and the
#                   test image, when nothing runs any more.
# down.sh -u PID    Process PID is done: stops what nobody else uses, neither another process (-u OTHER) nor a person
#                   who started it by hand (without -u). A process that has died uses nothing.
. "$(dirname "$0")/lib.sh"
user=$(user_of "$@")
done_with() { # done_with NAME: may it be stopped
  rm -f "$STATE/users/$1/${user:-hand}"
  if is_used "$1"; then
    [ -n "$user" ] || say "$1 is in use by a test run, and stays up"
    return 1
  fi
}
stop_slurm() { # its jobs first: they outlive its daemons
  local file name
  if is_up slurmctld; then
    export SLURM_CONF=$STATE/slurm/slurm.conf
    timeout 10 scancel --full -u "$(id -un)" || true
    wait_for 10 no_jobs || true
  fi
  for file in "$STATE"/pids/slurmd-*; do
    name=${file##*/}
    [ ! -e "$file" ] || stop "$name" TERM 10
  done
  for name in slurmctld slurmdbd mariadbd munged; do stop "$name" TERM 20; done
}
no_jobs() { [ -z "$(squeue -h)" ]; }
any_is_up() {
  local file
  for file in "$STATE/pids"/*; do
    [ ! -e "$file" ] || ! is_up "${file##*/}" || return 0
  done
  return 1
}
unmount() { # what a Docker daemon that was killed has left mounted
  local place
  while read -r _ place _; do
    place=$(printf '%b' "$place")
    case $place in "$STATE"/docker/*) umount "$place" ;; esac
  done < <(tac /proc/self/mounts)
}

if done_with postgres; then
  stop postgres INT 20 # "fast": TERM would wait for the clients
  remove_sockets
fi
if done_with dockerd; then stop dockerd TERM 20; fi
if done_with sshd; then stop sshd TERM 5; fi
if done_with slurm; then stop_slurm; fi

if [ "${1:-}" = -w ] && ! any_is_up; then
  ! command -v podman >/dev/null || podman image rm -f "$IMAGE" >/dev/null 2>&1 || true
  unmount
  rm -rf --one-file-system "$STATE"
fi
