#!/bin/bash
# sshd-up.sh [-u PID]   A private sshd on the loopback, for the user who starts it: two hosts, `one` and `two`, with addresses of
#   their own, and `bare`, where only bash, coreutils and rsync are. All share this machine's files.
#   Prints SSH_CONFIG=..., a file for `ssh -F`. -u: see down.sh.
. "$(dirname "$0")/lib.sh"
need sshd openssh-server
need ssh openssh-client
need rsync rsync
home=$STATE/ssh
key=$home/key

bare() { # what a host without anything is left with
  local program
  mkdir -p "$home/bare.new"
  for program in bash rsync cat chmod dd df head id ln ls mkdir mv readlink rm rmdir setsid sleep stat tail uname; do
    ln -sf "$(command -v "$program")" "$home/bare.new/$program"
  done
  rm -rf "$home/bare"
  mv "$home/bare.new" "$home/bare"
}
write_server() {
  cat <<CONF
Port $port
ListenAddress 127.0.0.1
ListenAddress 127.0.0.2
ListenAddress 127.0.0.3
HostKey $home/host
AuthorizedKeysFile $key.pub
StrictModes no
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
PidFile none
LogLevel ERROR
SetEnv HOME=$home/home SLURM_CONF=$STATE/slurm/slurm.conf
Match LocalAddress 127.0.0.3
  SetEnv HOME=$home/home PATH=$home/bare
CONF
}
write_client() {
  cat <<CONF
Host *
  Port $port
  IdentityFile $key
  IdentitiesOnly yes
  UserKnownHostsFile $home/known
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  KexAlgorithms curve25519-sha256
  LogLevel ERROR
Host one
  HostName 127.0.0.1
Host two
  HostName 127.0.0.2
Host bare
  HostName 127.0.0.3
CONF
}

if ! is_up sshd; then
  mkdir -p "$home/home" # an empty one: what the user's own start-up files do is not the tests' business
  [ "$(id -u)" != 0 ] || mkdir -p /run/sshd # where it shuts its unprivileged child in
  for file in "$key" "$home/host"; do
    [ -s "$file" ] || ssh-keygen -q -t ed25519 -N '' -C stageline-tests -f "$file"
  done
  port=$(free_ports 1)
  bare
  write_server >"$home/server"
  write_client >"$home/config"
  for address in 1 2 3; do echo "[127.0.0.$address]:$port $(cut -d' ' -f1,2 "$home/host.pub")"; done >"$home/known"
  start sshd "$(command -v sshd)" -D -e -f "$home/server"
  come_up sshd 10 ssh -F "$home/config" -o BatchMode=yes one true
fi
use sshd "$(user_of "$@")"
echo "SSH_CONFIG=$home/config"
