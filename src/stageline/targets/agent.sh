#!/bin/bash
# What Stageline does on a machine where its work runs: start it so that it outlives everybody, tell how it stands, end it.
#   bash agent.sh BASE SIZE VERB WORD...     with SIZE bytes on stdin, or, if that is 0, tokens or names up to an empty one;
#                                            when they end before, the connection has broken, and nothing is done
# It needs bash (4.2) and coreutils, and Linux' /proc. An answer stands between two marks: what else is said is not ours.
#   BASE/run/TOKEN/    one piece of work: order/ (what to do), begun/ (who does it), stdout, stderr, end (how it ended)
# What all processes of one user have to agree on is in together.sh, which stands before this.
# What is there once is there for good: `order`, `begun` and `end` come whole, by a rename, and only the first one counts.
# shellcheck disable=SC2153,SC2329 # functions are called by their verb; CODE comes from together.sh
set -u
BASE=$1 SIZE=$2 VERB=$3
shift 3
MASK=$(umask) LOCALE=${LC_ALL-none}
LC_ALL=C
umask 077

die() { printf '%s\n' "$*" >&2; exit 70; }
cut_off() { printf 'the connection broke: not all has come\n' >&2; exit 71; }
begin() { printf '\001stageline\n'; }
finish() { printf '\001done %s\n' "$1"; exit 0; }
now() { # microseconds
  local seconds
  printf -v seconds '%(%s)T000000' -1
  seconds=${EPOCHREALTIME:-$seconds}
  NOW=${seconds/[.,]/}
}
boot() { read -r BOOT </proc/sys/kernel/random/boot_id && HOST=${HOSTNAME:-unknown}; }
stat_of() { # FIELDS of a process: state, parent, group, session, … birth
  local line=
  IFS= read -r -d '' line 2>/dev/null <"/proc/$1/stat"
  read -ra FIELDS <<<"${line##*) }"
  [ "${#FIELDS[@]}" -gt 19 ] && [[ ${FIELDS[0]} != [ZX] ]]
}
memory_kills() {
  local name count
  KILLS=0
  while read -r name count; do
    if [ "$name" = oom_kill ]; then KILLS=$count; fi
  done </proc/vmstat
}

spool() { # what was sent becomes stdin, if all of it has come
  local file=$BASE/spool.$BASHPID.$RANDOM
  cat >"$file" || { rm -f "$file"; die "what was sent cannot be kept in $BASE"; }
  if [ "$(stat -c %s "$file")" != "$SIZE" ]; then rm -f "$file"; cut_off; fi
  exec 0<"$file"
  rm -f "$file"
}
names() { # NAMES: those on stdin. A full disk is no hindrance
  local name
  NAMES=()
  while field name; do
    [ -n "$name" ] || return 0
    NAMES+=("$name")
  done
  cut_off
}
field() { IFS= read -r -d '' "$1"; }
fields() { # as many fields as the next one says, into a file, each with its NUL
  local count item
  field count || return 1
  while [ "$count" -gt 0 ]; do
    field item || return 1
    printf '%s\0' "$item"
    count=$((count - 1))
  done >"$1"
}

prepare() { # the orders on stdin; their tokens are in TOKENS
  local token new cwd size
  TOKENS=()
  mkdir -p "$BASE/run" || die "no folder can be made in $BASE"
  while field token && [ -n "$token" ]; do
    new=$BASE/run/.$token.$BASHPID
    if ! { mkdir -p "$new/order" && field cwd && printf '%s' "$cwd" >"$new/order/cwd" && fields "$new/order/env" &&
      fields "$new/order/argv" && field size && head -c "$size" >"$new/order/stdin"; }; then
      rm -rf "$new"
      die "the order $token cannot be kept in $BASE"
    fi
    mv -T "$new" "$BASE/run/$token" 2>/dev/null || rm -rf "$new" # it is there already
    TOKENS+=("$token")
  done
}
launch() { # launch TOKEN MARK: a supervisor that nobody waits for, unless there was one
  local dir=$BASE/run/$1 way=()
  [ ! -e "$dir/begun" ] || return 0
  ! command -v setsid >/dev/null || way=(setsid)
  set -m # else what is started in the background could not be interrupted, nor all that comes of it
  ${way[@]+"${way[@]}"} "$BASH" "$0" "$BASE" 0 supervise "$@" </dev/null >/dev/null 2>&1 &
  set +m
}

claim() { # claim DIR WORDS: be the one who does it. The place for the record of its end is made first, while there is room
  local new=$1/.begun.$BASHPID
  mkdir "$new" && printf '%512s\n' '' >"$new/end" && printf '%s\n' "$2" >"$new/process" &&
    mv -T "$new" "$1/begun" 2>/dev/null && return 0
  rm -rf "$new"
  return 1
}
record() { # record DIR CODE OUT-OF-MEMORY TERM-HEARD CPU HOW
  local why=-
  [ ! -e "$1/stopped" ] || why=canceled
  now
  printf '%s %s %s %s %s %s %s %s %s\n' "$2" "$3" "$4" "$why" "$STARTED" "$NOW" "$HOST" "$5" "$6" 1<>"$1/begun/end" &&
    mv -T "$1/begun/end" "$1/end"
}
processor_time() { # CPU: that of what has ended, in the shell's own form
  times >"$1"
  { read -r _; read -r CPU; } <"$1"
  CPU=${CPU// /+}
}
how_ended() { # HOW: `exit` or `signal`, as the list of jobs in FILE has told, for the code may be the same; else `-`
  local state
  HOW=-
  while read -r _ _ state _; do
    case $state in
      Exit | Done) HOW='exit' ;;
      Stopped* | Running | '') ;;
      *) HOW=signal ;;
    esac
  done <"$1"
}
perform() { # the work itself, in a process of its own
  local word
  local -a argv=() env=()
  cd -- "${2:-$1}" || exit 126
  while IFS= read -r -d '' word; do argv+=("$word"); done <"$1/order/argv"
  while IFS= read -r -d '' word; do env+=("$word"); done <"$1/order/env"
  rm -rf "$1/order/env" "$1/order/argv" "$1/order/stdin"
  umask "$MASK"
  if [ "$LOCALE" = none ]; then unset LC_ALL; else export LC_ALL="$LOCALE"; fi
  export STAGELINE_EXECUTION="@${1##*/}@"
  set -- "${#env[@]}" ${env[@]+"${env[@]}"} "${argv[@]}"
  unset argv env word
  while [ "$1" -gt 0 ]; do
    export "${2?}"
    set -- $(($1 - 1)) "${@:3}"
  done
  shift
  exec -- "$@"
}
supervise() { # do what the order says, unless somebody does or has done so
  local dir=$BASE/run/$1 job code killed=0 cwd kills heard=0
  [ -d "$dir/order" ] || die "there is no order $1 in $BASE/run"
  boot
  stat_of "$BASHPID"
  now
  STARTED=$NOW
  claim "$dir" "$BASHPID ${FIELDS[19]} $BOOT $HOST $STARTED" || exit 0
  memory_kills
  kills=$KILLS
  IFS= read -r -d '' cwd <"$dir/order/cwd"
  trap 'heard=1' TERM HUP INT
  : >"$dir/begun/how"
  trap 'jobs -l >>"$dir/begun/how"' CHLD # only now it tells how the work ended, and a subshell would be another child
  set -m # as in launch; and the work has a group of its own
  (trap - TERM HUP INT; perform "$dir" "$cwd") <"$dir/order/stdin" >"$dir/stdout" 2>"$dir/stderr" &
  job=$!
  set +m
  wait "$job"
  code=$?
  while kill -0 "$job" 2>/dev/null; do
    wait "$job"
    code=$?
  done
  [ "$heard" = 0 ] || { wait "$job"; code=$?; }
  memory_kills
  [ "$code" != 137 ] || [ "$KILLS" = "$kills" ] || killed=1
  processor_time "$dir/begun/times"
  how_ended "$dir/begun/how"
  until record "$dir" "$code" "$killed" "$heard" "${CPU:-0}" "$HOW" || [ ! -d "$dir/begun" ]; do sleep 5; done
  return "$code"
}

stand() { # how TOKEN stands, in one line
  local dir=$BASE/run/$1 pid birth from host begun line
  if [ -e "$dir/end" ]; then
    read -r line <"$dir/end"
    STAND="ended $line"
  elif [ -e "$dir/begun/process" ]; then
    read -r pid birth from host begun <"$dir/begun/process"
    if [ "$from" = "$BOOT" ]; then
      STAND=lost
      ! stat_of "$pid" || [ "${FIELDS[19]}" != "$birth" ] || STAND=running
      [ ! -e "$dir/end" ] || { stand "$1"; return; }
    elif [ "$host" = "$HOST" ]; then
      STAND=lost
    else
      STAND=elsewhere
    fi
    STAND="$STAND $host $begun"
  elif [ -d "$dir" ]; then
    STAND=waiting
  else
    STAND=none
  fi
}
look() { # look PATIENCE: the tokens of NAMES; waits until one of them has moved on from running, at most so long
  local token live until
  boot
  now
  until=$((NOW + $1))
  while :; do
    live=0
    for token in "${NAMES[@]}"; do
      stand "$token"
      case $STAND in running* | waiting) live=$((live + 1)) ;; esac
    done
    now
    [ "$live" = "${#NAMES[@]}" ] && [ "$NOW" -lt "$until" ] || break
    sleep 0.1
  done
  for token in "${NAMES[@]}"; do
    stand "$token"
    printf '%s %s\n' "$token" "$STAND"
  done
}

find_tree() { # FOUND: what bears a mark of WANTED or is of its sessions, and all children, without the supervisors
  local pid text grown=1
  local -A parents=()
  FOUND=()
  for pid in /proc/[0-9]*; do
    pid=${pid##*/}
    stat_of "$pid" || continue
    parents[$pid]=${FIELDS[1]}
    if [ -z "${SESSIONS[${FIELDS[3]}]-}" ]; then
      text=
      IFS= read -r -d $'\001' text <"/proc/$pid/environ"
      [[ $text =~ STAGELINE_EXECUTION=@([A-Za-z0-9._-]+)@ ]] && [ -n "${WANTED[${BASH_REMATCH[1]}]-}" ] || continue
    fi
    FOUND[pid]=1
  done 2>/dev/null
  while [ "$grown" = 1 ]; do
    grown=0
    for pid in "${!parents[@]}"; do
      if [ -n "${FOUND[${parents[$pid]}]-}" ] && [ -z "${FOUND[$pid]-}" ]; then FOUND[pid]=1 grown=1; fi
    done
  done
  for pid in "${!SESSIONS[@]}"; do unset "FOUND[$pid]"; done
}
forbid() { # the tokens of NAMES: what has not begun never will
  local token
  local -A WANTED=() SESSIONS=()
  boot
  for token in "${NAMES[@]}"; do forbid_one "$token"; done
}
forbid_one() { # the same for one; of what has begun, the supervisor is noted
  local dir=$BASE/run/$1 pid birth from host begun
  { mkdir -p "$dir" && : >"$dir/stopped"; } || die "nothing can be written to $dir"
  now
  STARTED=$NOW
  if claim "$dir" "0 0 - - $NOW"; then record "$dir" 143 0 0 0 signal; fi
  WANTED[$1]=1
  read -r pid birth from host begun <"$dir/begun/process"
  if [ "$from" = "$BOOT" ] && stat_of "$pid" && [ "${FIELDS[19]}" = "$birth" ]; then SESSIONS[$pid]=1; fi
}
bury() { # the record of what was ended and whose supervisor could not write one
  local dir=$BASE/run/$1 pid birth from host begun i
  read -r pid birth from host begun <"$dir/begun/process"
  for ((i = 0; i < 30; i++)); do
    [ ! -e "$dir/end" ] || return 0
    stat_of "$pid" && [ "${FIELDS[19]}" = "$birth" ] || break
    sleep 0.1
  done
  STARTED=$begun
  [ -e "$dir/end" ] || [ "$from" != "$BOOT" ] || record "$dir" 137 0 0 0 signal
}
cancel() { # cancel GRACE: the tokens of NAMES, with all that they have started; answers the pids that outlived KILL
  local token pid begun
  local -a told=()
  local -A WANTED=() SESSIONS=()
  boot
  for token in "${NAMES[@]}"; do forbid_one "$token"; done
  now
  begun=$NOW
  while find_tree; [ "${#FOUND[@]}" -gt 0 ]; do
    now
    [ $((NOW - begun)) -lt 6000000 ] || break
    for pid in "${!FOUND[@]}"; do
      if [ $((NOW - begun)) -ge "$1" ]; then
        kill -KILL "$pid" 2>/dev/null
      elif [ -z "${told[pid]-}" ]; then
        told[pid]=1
        kill -TERM "$pid" 2>/dev/null
        kill -CONT "$pid" 2>/dev/null
      fi
    done
    sleep 0.05
  done
  for token in "${NAMES[@]}"; do bury "$token"; done
  for pid in "${!FOUND[@]}"; do echo "$pid"; done
}

part() { # part NAME OFFSET LIMIT: of a file that may not be there
  local file
  file=$(inside "$1") || exit 70
  [ -e "$file" ] || return 0
  tail -c +$(($2 + 1)) -- "$file" | head -c "$3"
}
parts() { # parts LIMIT: of files from offsets on, which alternate in NAMES; those with nothing more are left out
  local i file size
  local -A sizes=()
  local -a there=()
  for ((i = 0; i < ${#NAMES[@]}; i += 2)); do
    case ${NAMES[i]} in /*) ;; *) NAMES[i]=$BASE/${NAMES[i]} ;; esac
    { : <"${NAMES[i]}"; } 2>/dev/null || continue # opened, a file on a shared disk is as long as its writer left it
    there+=("${NAMES[i]}")
  done
  [ "${#there[@]}" -gt 0 ] || return 0
  while read -r size file; do sizes[$file]=$size; done < <(stat -c '%s %n' -- "${there[@]}" 2>/dev/null)
  for ((i = 0; i < ${#NAMES[@]}; i += 2)); do
    file=${NAMES[i]}
    size=${sizes[$file]-0}
    size=$((size - NAMES[i + 1]))
    [ "$size" -gt 0 ] || continue
    [ "$size" -le "$1" ] || size=$1
    printf '%s %s\n' $((i / 2)) "$size"
    tail -c +$((NAMES[i + 1] + 1)) -- "$file" | head -c "$size"
  done
}
keep() { # keep NAME: what is on stdin is the content of this file, unless it is there
  local file=$BASE/$1 new=$BASE/$1.$BASHPID
  [ ! -e "$file" ] || return 0
  mkdir -p "$(parent "$file")" && if [ "$SIZE" = 0 ]; then : >"$new"; else cat >"$new"; fi && mv -f "$new" "$file" && return 0
  rm -f "$new"
  die "$file cannot be written"
}
inside() { # a name below BASE, or a full path
  case $1 in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$BASE" "$1" ;; esac
}
missing() { # those of NAMES that are not there
  local name
  for name in "${NAMES[@]}"; do
    [ -e "$BASE/$name" ] || [ -L "$BASE/$name" ] || printf '%s\0' "$name"
  done
}
settle() { # settle FOLDER: what has come as a whole takes its place, unless it has been taken
  local name from
  for name in "${NAMES[@]}"; do
    from=$BASE/$1/$name
    mkdir -p "$(parent "$BASE/$name")" || die "no folder can be made for $BASE/$name"
    mv -nT -- "$from" "$BASE/$name" 2>/dev/null
    [ -e "$BASE/$name" ] || [ -L "$BASE/$name" ] || die "$from cannot be moved to $BASE/$name"
  done
  rm -rf -- "${BASE:?}/$1"
}
parent() { printf '%s' "${1%/*}"; }
remove() {
  local name
  for name in "${NAMES[@]}"; do
    rm -rf -- "${BASE:?}/${name:?}" || die "$BASE/$name cannot be removed"
  done
}

element() { # element TOKEN: the work of the element of Slurm's array that this is, as `supervise`
  local token
  { mapfile -t -s "$SLURM_ARRAY_TASK_ID" -n 1 token <"$BASE/slurm/$1/elements" && [ -n "${token[0]-}" ]; } ||
    die "no element $SLURM_ARRAY_TASK_ID in $BASE/slurm/$1"
  supervise "${token[0]}"
}
submit() { # submit TOKEN WORD...: run sbatch unless that has been done; its elements are on stdin. Answers in one line
  local dir=$BASE/slurm/$1 new=$BASE/slurm/$1/.sending.$BASHPID pid birth from host said code
  shift
  mkdir -p "$new" || die "no folder can be made in $BASE"
  [ -e "$dir/elements" ] || { cat >"$new/elements" && mv -f "$new/elements" "$dir/elements"; } || die "no room in $dir"
  hold "${dir##*/}"
  boot
  stat_of "$BASHPID"
  printf '%s\n' "$BASHPID ${FIELDS[19]} $BOOT $HOST" >"$new/process" || die "no room in $dir"
  if [ -e "$dir/job" ] || ! mv -T "$new" "$dir/sending" 2>/dev/null; then
    rm -rf "$new"
    [ ! -e "$dir/job" ] || { read -r said <"$dir/job"; echo "job $said"; return; }
    read -r pid birth from host <"$dir/sending/process"
    if [ "$from" = "$BOOT" ] && stat_of "$pid" && [ "${FIELDS[19]}" = "$birth" ]; then
      echo busy
    else
      echo "uncertain $pid $birth $from $host"
    fi
    return
  fi
  umask "$MASK"
  said=$("$@" </dev/null)
  code=$?
  umask 077
  if [ "$code" = 0 ]; then
    adopt "${dir##*/}" "${said%%;*}"
  else
    read -r said <"$dir/sending/process"
    if [ "$code" -gt 128 ]; then echo "uncertain $said"; else echo "failed $said"; fi
  fi
}
hold() { # hold TOKEN: each of the orders knows which submission it is in: the first one that it was in
  local token
  while read -r token; do
    [ -e "$BASE/run/$token/array" ] || printf '%s\n' "$1" >"$BASE/run/$token/array" || die "no room in $BASE/run/$token"
  done <"$BASE/slurm/$1/elements"
}
arrays() { # the submissions that hold the tokens of NAMES, each line with one element of one of them
  local token name
  local -A told=()
  for token in "${NAMES[@]}"; do
    { read -r name <"$BASE/run/$token/array"; } 2>/dev/null || continue
    [ -z "${told[$name]-}" ] || continue
    told[$name]=1
    while read -r token; do printf '%s %s\n' "$name" "$token"; done <"$BASE/slurm/$name/elements"
  done
}
adopt() { # adopt TOKEN JOB: this is its job
  printf '%s\n' "$2" >"$BASE/slurm/$1/.job.$BASHPID" && mv -f "$BASE/slurm/$1/.job.$BASHPID" "$BASE/slurm/$1/job"
  echo "job $2" # even if that could not be kept: it is found again by its name
}
retract() { # retract TOKEN WHO: the submission that WHO began has come to nothing
  local dir=$BASE/slurm/$1 said
  read -r said <"$dir/sending/process" && [ "$said" = "$2" ] && mv -T "$dir/sending" "$dir/.sent.$BASHPID" &&
    rm -rf "$dir/.sent.$BASHPID"
}

[ "$SIZE" = 0 ] || spool
case $VERB in
  supervise | element) "$VERB" "$@"; exit ;;
  submit | adopt | retract) begin; "$VERB" "$@"; finish 0 ;;
  call) umask "$MASK"; begin; "$@"; code=$?; finish "$code" ;;
  start) prepare; for token in "${TOKENS[@]}"; do launch "$token"; done; begin; finish 0 ;;
  prepare) prepare; begin; finish 0 ;;
  admit) prepare; begin; admit "$@"; finish 0 ;;
  part) begin; part "$@"; finish 0 ;;
  keep) keep "$@"; begin; finish 0 ;;
  parts) names; begin; parts "$@"; finish 0 ;;
  share) names; begin; share "$@"; finish "$CODE" ;;
  look | arrays | forbid | cancel | missing | settle | remove) names; begin; "$VERB" "$@"; finish 0 ;;
  *) die "no such verb: $VERB" ;;
esac
