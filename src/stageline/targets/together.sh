#!/bin/bash
# What all processes of one user agree on, on the machine where his work runs or is submitted. agent.sh stands behind this.
#   ~/.cache/stageline/HOST-UID/NAME/    lock (a link to who has it), said (an answer that all use), wanted/
#   ~/.cache/stageline/HOST-UID/room/    lock, line/ENGINE (who waits for room, since when, and when he has asked last)
# All times are those of this machine since its start: nobody sets that clock back, and no other one is compared with it.
# shellcheck disable=SC2034,SC2154,SC2329 # functions and variables of agent.sh
uptime() { # UP: microseconds since this machine was started, which nobody sets back
  read -r UP _ </proc/uptime
  UP=$((10#${UP/./} * 10000))
}
common() { # common NAME: COMMON is a folder of all processes of this user on this machine, below whatever base
  boot
  COMMON=${HOME:+$HOME/.cache/stageline/$HOST-$UID/$1}
  [ -n "$COMMON" ] && mkdir -p "$COMMON" 2>/dev/null && [ -w "$COMMON" ]
}
lock() { # be the only one at COMMON, or wait for 25 seconds. Who was killed, or takes more than 30, holds it no more; where
  # nobody can, for the disk is full, nobody is waited for
  local me patience text pid birth from since free=0 tries=0
  stat_of "$BASHPID"
  me="$BASHPID ${FIELDS[19]} $BOOT"
  uptime
  patience=$((UP + 25000000))
  until ln -s "$me $UP" "$COMMON/lock" 2>/dev/null; do
    text=$(readlink "$COMMON/lock")
    read -r pid birth from since <<<"$text"
    [ -n "$text" ] || free=$((free + 1))
    [ "$free" -lt 10 ] || return 0
    if [ "$from" != "$BOOT" ] || ! stat_of "$pid" || [ "${FIELDS[19]}" != "$birth" ] || [ $((UP - since)) -gt 30000000 ]; then
      rm -f "$COMMON/lock"
    fi
    [ "$UP" -lt "$patience" ] || return 1
    if [ $((tries++)) -lt 10 ]; then sleep 0.02; else sleep 0.2; fi
    uptime
  done
}
unlock() {
  [[ $(readlink "$COMMON/lock") != "$BASHPID "* ]] || rm -f "$COMMON/lock"
}
heard() { # heard AFTER: what is kept in COMMON, if it was asked after that, and for all of NAMES
  local from began ended code items name
  CODE=-1 ASKED=0
  {
    read -r from began ended code && read -r items && [ "$from" = "$BOOT" ] || return 1
    uptime
    [ "$began" -le "$UP" ] || return 1
    ASKED=$began
    [ "$began" -gt "$1" ] || return 1
    for name in ${NAMES[@]+"${NAMES[@]}"}; do [[ $items == *",$name,"* ]] || return 1; done
    CODE=$code
    echo $((UP - ended))
    cat
  } 2>/dev/null <"$COMMON/said"
}
turn() { # turn AFTER AGE: wait for the answer of somebody else, or to be the one who asks: CODE is -1 then. No sooner than AGE
  # after the last one has asked, if that was after AFTER, but not for all of NAMES
  while ! heard "$1"; do
    lock || { CODE=75; printf '0\nanother process of yours still waits for the answer\n'; return; }
    ! heard "$1" || { unlock; return; }
    [ "$ASKED" -gt "$1" ] && [ $((UP - ASKED)) -lt "$2" ] || return
    unlock
    sleep 0.05
  done
}
share() { # share NAME AGE WORD...: what WORD... says, asked by one process for all that `common` has, at most AGE microseconds
  # ago. The first line says how long ago. The last word gets the jobs in NAMES, if any, with those that others want
  local after age=$2 name said items='' new
  common "$1" || COMMON=
  shift 2
  uptime
  after=$((UP - age))
  if [ -n "$COMMON" ]; then
    ! heard "$after" || return 0
    mkdir -p "$COMMON/wanted"
    for name in ${NAMES[@]+"${NAMES[@]}"}; do : >"$COMMON/wanted/$name"; done
    turn "$after" "$age"
    [ "$CODE" = -1 ] || return
    for name in "$COMMON/wanted"/*; do [ ! -e "$name" ] || NAMES+=("${name##*/}"); done
  fi
  for name in ${NAMES[@]+"${NAMES[@]}"}; do [[ ,$items, == *",$name,"* ]] || items=${items:+$items,}$name; done
  uptime
  ASKED=$UP
  said=$("${@:1:$#-1}" "${!#}$items" 2>&1 </dev/null)
  CODE=$?
  uptime
  printf '0\n%s\n' "$said"
  [ -n "$COMMON" ] || return 0
  new=$COMMON/.said.$BASHPID
  printf '%s\n,%s,\n%s\n' "$BOOT $ASKED $UP $CODE" "$items" "$said" >"$new" && mv -f "$new" "$COMMON/said"
  rm -f "$new"
  for name in ${NAMES[@]+"${NAMES[@]}"}; do rm -f "$COMMON/wanted/$name"; done
  unlock
} 2>/dev/null

machine() { # HAS_CPUS, and HAS_MEMORY in bytes
  local name size
  HAS_CPUS=0
  while read -r name _; do [[ $name != cpu[0-9]* ]] || HAS_CPUS=$((HAS_CPUS + 1)); done </proc/stat
  while read -r name size _; do [ "$name" != MemTotal: ] || HAS_MEMORY=$((size * 1024)); done </proc/meminfo
}
taken() { # TAKEN_CPUS, TAKEN_MEMORY: by all supervisors of this user that live here; their command lines say how much
  local process text
  local -A seen=()
  TAKEN_CPUS=0 TAKEN_MEMORY=0
  for process in /proc/[0-9]*; do
    [ -O "$process" ] || continue
    text=
    IFS= read -r -d $'\001' text <"$process/cmdline"
    [[ $text =~ supervise[A-Za-z0-9._-]+@takes:([0-9]+):([0-9]+)@(.*)$ ]] || continue
    [ "${BASH_REMATCH[3]}" = "$COMMON" ] && [ -z "${seen[$text]-}" ] || continue
    seen[$text]=1
    TAKEN_CPUS=$((TAKEN_CPUS + BASH_REMATCH[1])) TAKEN_MEMORY=$((TAKEN_MEMORY + BASH_REMATCH[2]))
  done 2>/dev/null
}
line() { # line ENGINE: since when it waits is SINCE, and whether another has waited for a while by then, BEHIND
  local other since last
  BEHIND=0 SINCE=$UP
  read -r SINCE last 2>/dev/null <"$COMMON/line/$1"
  for other in "$COMMON/line"/*; do
    read -r since last 2>/dev/null <"$other" || continue
    if [ "$last" -gt "$UP" ] || [ $((UP - last)) -gt 10000000 ]; then
      rm -f "$other" # it does not come any more
    elif [ "$since" -lt "$SINCE" ] && [ $((UP - since)) -gt 5000000 ]; then
      BEHIND=1
    fi
  done
}
admit() { # admit ENGINE CPUS MEMORY {TOKEN CPUS MEMORY}...: begin these, in order, as far as there is room beside all that this
  # user has begun on this machine. It has CPUS and MEMORY, or more. Answers those that have to wait
  local engine=$1 cpus=$2 memory=$3 full=0 token tries=0
  local -a begun=()
  shift 3
  machine
  [ "$cpus" -gt "$HAS_CPUS" ] || cpus=$HAS_CPUS
  [ "$memory" -gt "$HAS_MEMORY" ] || memory=$HAS_MEMORY
  common room && mkdir -p "$COMMON/line" 2>/dev/null && lock || COMMON=
  taken
  uptime
  [ -z "$COMMON" ] || line "$engine"
  full=${BEHIND:-0}
  while [ $# -gt 0 ]; do
    if [ ! -e "$BASE/run/$1/begun" ]; then
      [ $((TAKEN_CPUS + $2)) -le "$cpus" ] && [ $((TAKEN_MEMORY + $3)) -le "$memory" ] || full=1
      if [ "$full" = 1 ]; then
        echo "$1"
      else
        TAKEN_CPUS=$((TAKEN_CPUS + $2)) TAKEN_MEMORY=$((TAKEN_MEMORY + $3))
        launch "$1" "@takes:$2:$3@$COMMON"
        begun+=("$1")
      fi
    fi
    shift 3
  done
  for token in ${begun[@]+"${begun[@]}"}; do # before that, nobody would count it
    until [ -e "$BASE/run/$token/begun" ] || [ $((tries++)) -gt 250 ]; do sleep 0.02; done
  done
  [ -n "$COMMON" ] || return 0
  [ "${#begun[@]}" = 0 ] || SINCE=$UP
  if [ "$full" = 1 ]; then echo "$SINCE $UP" >"$COMMON/line/$engine"; else rm -f "$COMMON/line/$engine"; fi
  unlock
}

