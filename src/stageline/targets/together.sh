#!/bin/bash
# What all processes of one user agree on, on the machine where his work runs or is submitted. agent.sh stands behind this.
#   ~/.cache/stageline/HOST-UID/NAME/    lock (a link to who has it), said (an answer that all use), wanted/
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
  local me patience text pid birth from since free=0
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
    sleep 0.02
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
    lock || { CODE=75; printf '0\nsomebody else has been asking for a long time: Socket timed out\n'; return; }
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

