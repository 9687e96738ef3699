# What is asked of a Lab's home on a target. Words: BASE VERB WORD...; lists come on stdin, each item with its NUL, and an
# empty one ends a list. Answers are items with their NULs.
#   survey              how this machine is called, then all that is known: records, marks of scripts, and what was begun
#   sizes               bytes of each of the paths, or nothing for one that is not there; of a folder, of all files in it
#   examine BIN         what each of the paths is, and all that is in those that are folders; BIN has the tools for it
#   layers              files of an image, of which those that another image has are taken from there
#   write               files, each a name and its content: all appear whole
#   stock               all that is there, by the names that it has in the home; and what broken calls have left
#   weigh               bytes of each of the paths, and of all that is below it
#   discard             all of the paths, each at once out of sight; then what was there, as of a call that was killed
#   containers          nothing, once no containers are on this machine but those of scripts that live
#   homes               the other homes beside this one, each with what it says of itself
# shellcheck shell=bash
set -u
BASE=$1 VERB=$2
shift 2
shopt -s nullglob dotglob globstar
cd -- "$BASE" || exit 70

list() { # LIST: the next list on stdin
  local item
  LIST=()
  while IFS= read -r -d '' item && [ -n "$item" ]; do LIST+=("$item"); done
}
contents() { # of files, each behind a letter
  local letter=$1 path text
  shift
  for path; do
    text=
    IFS= read -r -d '' text 2>/dev/null <"$path"
    printf '%s%s\0' "$letter" "$text"
  done
}
survey() {
  local path name size cpus=0
  while read -r name _; do
    [ "$name" != processor ] || cpus=$((cpus + 1))
  done </proc/cpuinfo
  while read -r name size _; do
    [ "$name" = MemTotal: ] && break
  done </proc/meminfo
  printf '%s\0' "M$HOSTTYPE $cpus $size $UID ${GROUPS[0]}"
  contents R records/[!.]*.json
  contents B branches/records/[!.]*.json
  contents S jobs/*/.scripts
  for path in run/[!.]*; do printf 'T%s\0' "${path#run/}"; done
}
size_of() { # SIZE: of what is no folder
  SIZE=$(stat -L -c %s -- "$1" 2>/dev/null)
}
sizes() {
  local path inside all
  list
  for path in ${LIST[@]+"${LIST[@]}"}; do
    SIZE=
    if [ -d "$path" ]; then
      all=0
      for inside in "$path"/**; do
        [ ! -f "$inside" ] || { size_of "$inside" && all=$((all + SIZE)); }
      done
      SIZE=$all
    elif [ -e "$path" ]; then
      size_of "$path"
    fi
    printf '%s\0' "$SIZE"
  done
}
examine() {
  local path item files=()
  PATH=$1:$PATH
  list
  for path in ${LIST[@]+"${LIST[@]}"}; do
    if [ -f "$path" ]; then
      printf 'F%s\0' "$path"
      files+=("$path")
    elif [ -d "$path" ]; then
      printf 'D%s\0' "$path"
      while IFS= read -r -d '' item; do
        printf 'I%s\0' "$item"
        [ "${item:0:1}" != f ] || files+=("$path/${item:1}")
      done < <(find "$path/" -mindepth 1 -printf '%Y%P\0')
    fi
  done
  [ "${#files[@]}" -gt 0 ] || return 0
  printf '%s\0' "${files[@]}" | xargs -0 sha256sum -z -- || exit 70
  printf '%s\0' "${files[@]}" | xargs -0 stat -L --printf 'Z%s %n\0' -- || exit 70
}
layers() { # what is in another image is in these too
  local name found
  list
  for name in ${LIST[@]+"${LIST[@]}"}; do
    [ ! -e "$name" ] || continue
    for found in image/*/blobs/sha256/"${name##*/}"; do
      mkdir -p -- "${name%/*}" && ln -- "$found" "$name"
      break
    done
  done
}
write() {
  local name content new=".new.$$.$RANDOM" at names=()
  mkdir -p -- "$new" || exit 70
  while IFS= read -r -d '' name && [ -n "$name" ]; do
    IFS= read -r -d '' content && printf '%s' "$content" >"$new/${#names[@]}" || exit 70
    names+=("$name")
  done
  for at in "${!names[@]}"; do
    name=${names[$at]}
    [[ $name != */* || -d ${name%/*} ]] || mkdir -p -- "${name%/*}" || exit 70
    mv -fT -- "$new/$at" "$name" || exit 70
  done
  rm -rf -- "$new"
}
stock() {
  local path
  for path in labs/* {jobs,host-tools,image,inputs,branches,records,branches/records}/* run/[!.]* slurm/*; do
    [ "$path" = branches/records ] || printf '%s\0' "$path"
  done
  for path in .incoming-* .new.* .gone.* spool.* run/.*; do
    [[ $path == run/. || $path == run/.. ]] || printf '%s\0' "$path"
  done
}
weigh() {
  local path size bin
  local -A weight=()
  for bin in host-tools/*/bin; do PATH=$PATH:$BASE/$bin; done # not every machine has find
  list
  [ "${#LIST[@]}" -gt 0 ] || return 0
  while read -r -d '' size path; do
    weight[$path]=$((${weight[$path]:-0} + size))
  done < <(printf '%s\0' "${LIST[@]}" | xargs -0 bash -c 'find "$@" ! -type d -printf "%s %H\0"' -)
  for path in "${LIST[@]}"; do printf '%s\0' "${weight[$path]:-0}"; done
}
discard() {
  local gone=".gone.$$.$RANDOM" path at=0
  list
  mkdir -- "$gone" || exit 70
  for path in ${LIST[@]+"${LIST[@]}"}; do
    at=$((at + 1))
    mv -T -- "$path" "$gone/$at" 2>/dev/null || [ ! -e "$path" ] || { printf '%s cannot be moved\n' "$path" >&2; exit 70; }
  done
  for gone in .gone.*; do
    rm -rf -- "$gone" 2>/dev/null || { chmod -R u+rwX -- "$gone" && rm -rf -- "$gone"; } || exit 70
  done
}
containers() {
  [ -e containers.sh ] || return 0
  # shellcheck source=containers.sh
  . ./containers.sh && end_left "$BASE"
}
homes() {
  local path note
  for path in ../[!.]*/; do
    path=${path%/}
    [ ! "$path" -ef . ] || continue
    note=
    ! IFS= read -r -d '' note 2>/dev/null <"$path/owner"
    printf '%s %s\0' "${path#../}" "$note"
  done
}

case $VERB in
  survey | sizes | examine | layers | write | stock | weigh | discard | containers | homes) "$VERB" "$@" ;;
  *) exit 64 ;;
esac
