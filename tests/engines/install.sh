#!/bin/bash
# install.sh   The Debian packages that the real engines need, as far as they are missing. Names them for other users
#              than root, and leaves other systems alone. No package may start a daemon meanwhile.
set -euo pipefail
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
packages=(
  bubblewrap
  postgresql
  gawk graphviz jq
  docker.io iptables podman runc conmon netavark tini busybox-static bash-static
  openssh-server openssh-client rsync
  slurm-wlm slurm-client munge slurmdbd slurm-wlm-mysql-plugin mariadb-server
)
say() { printf 'install.sh: %s\n' "$*"; }

command -v apt-get >/dev/null || { say "no apt-get here: of the engines, those at hand are used"; exit 0; }
missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} != 0 ] || exit 0
if [ "$(id -u)" != 0 ]; then
  say "not installed, and only root can: apt-get install ${missing[*]}"
  exit 0
fi

guard=/usr/sbin/policy-rc.d
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ ! -e "$guard" ]; then
  trap 'rm -f "$log" "$guard"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$guard"
  chmod 755 "$guard"
fi
say "installing ${missing[*]}"
options=(-y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0)
apt-get update -qq || say "apt-get update failed; trying with the lists at hand"
apt-get install "${options[@]}" "${missing[@]}" >"$log" 2>&1 </dev/null || { tail -n 20 "$log" >&2; exit 3; }
