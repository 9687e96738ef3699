#!/bin/bash
# launcher.sh [MACHINE...]   Builds the launchers of captured programs from launcher.c, for x86_64 and aarch64, into
# the files that are part of this project, and notes from which text. Needs gcc; for the other machine, Debian's gcc-aarch64-linux-gnu.
set -euo pipefail
cd "$(dirname "$0")/../src/stageline/lab/launcher"
[ $# != 0 ] || set -- x86_64 aarch64
for machine in "$@"; do
  options=(
    -std=gnu11 -Os -Wall -Wextra -Werror -ffreestanding -fpie -fno-stack-protector -fno-asynchronous-unwind-tables
    -fno-builtin -fno-tree-loop-distribute-patterns -nostdlib -static-pie -s
    "-Wl,--build-id=none,--no-dynamic-linker,-z,noexecstack,-z,norelro,-z,noseparate-code,-z,max-page-size=65536"
  )
  [ "$machine" != x86_64 ] || options+=(-fcf-protection=none)
  "$machine-linux-gnu-gcc" "${options[@]}" -o "launcher-$machine" launcher.c
  "$machine-linux-gnu-objcopy" --remove-section=.comment "launcher-$machine"
done
sha256sum launcher.c >built-from
