# Containers outlive their clients. Each has a note while it may be there:
#   BASE/containers/HOST/NAME    the engine, and pid, birth and boot of the script that sees to it
# Whoever begins on this machine in the same home, or has stopped something there, ends those that nobody sees to.
# shellcheck shell=bash

birth_of() { # BIRTH of a process; fails when there is none
  local line='' fields
  BIRTH=
  IFS= read -r -d '' line 2>/dev/null <"/proc/$1/stat"
  read -ra fields <<<"${line##*) }"
  [ "${#fields[@]}" -gt 19 ] && [[ ${fields[0]} != [ZX] ]] && BIRTH=${fields[19]}
}
remove_container() { # remove_container ENGINE NAME: at once
  local options=()
  [ "$1" != podman ] || options=(--time=0)
  "$1" rm --force ${options[@]+"${options[@]}"} "$2" </dev/null >/dev/null 2>&1
}
here() { # HOST and BOOT: this machine; what variables say may be that of another
  read -r HOST </proc/sys/kernel/hostname
  read -r BOOT </proc/sys/kernel/random/boot_id
}
end_left() { # end_left BASE
  local note engine pid birth from
  here
  for note in "$1/containers/$HOST/"stageline-*; do
    { read -r engine pid birth from <"$note"; } 2>/dev/null || continue
    ! { [ "$from" = "$BOOT" ] && birth_of "$pid" && [ "$BIRTH" = "$birth" ]; } || continue
    remove_container "$engine" "${note##*/}"
    rm -f -- "$note"
  done
}
run_container() { # run_container BASE ENGINE NAME COMMAND...: to its end; told to end, it has five seconds for that
  local note engine=$2 name=$3 code client heard=0 late=''
  here
  note=$1/containers/$HOST/$3
  shift 3
  birth_of "$$"
  mkdir -p -- "${note%/*}" && printf '%s\n' "$engine $$ $BIRTH $BOOT" >"${note%/*}/.$$" && mv -f -- "${note%/*}/.$$" "$note" ||
    exit 70
  remove_container "$engine" "$name" # that of an attempt before
  trap 'heard=1; kill -TERM "$client"; (sleep 5; remove_container "$engine" "$name") & late=$!' TERM HUP INT
  "$@" <&0 &
  client=$!
  wait "$client"
  code=$?
  while kill -0 "$client" 2>/dev/null; do
    wait "$client"
    code=$?
  done
  [ "$heard" = 0 ] || { wait "$client"; code=$?; }
  [ -z "$late" ] || kill "$late" 2>/dev/null
  [ "$code" = 0 ] || remove_container "$engine" "$name"
  rm -f -- "$note"
  return "$code"
}
