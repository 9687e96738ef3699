#!/bin/bash
# slurm-up.sh [-u PID]   A Slurm cluster on this machine, with accounting: four nodes with 4 CPUs and 4000 MB each, as they say,
#   partitions `main` (all of them), `short` (the first two, at most 5 minutes) and `down`. Root only.
#   Prints SLURM_CONF=..., and NODES=..., their names. What of it does not run is started again. -u: see down.sh.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || die "only root can start a Slurm cluster"
need slurmctld slurm-wlm
need munged munge
need slurmdbd slurmdbd
need mariadbd mariadb-server
home=$STATE/slurm
sql=$home/mariadb
host=$(hostname -s)
getent hosts "$host" >/dev/null || die "this machine does not know its own name: add '127.0.0.1 $host' to /etc/hosts"
export SLURM_CONF=$home/slurm.conf
mkdir -p "$home"/{state,log,munge}
chmod 755 "$home" "$home/munge"

# the ports are kept with the cluster: jobs that run know them
[ -s "$home/port" ] || free_ports 10 >"$home/port"
port=$(<"$home/port")
nodes=("n$((port + 2))" "n$((port + 3))" "n$((port + 4))" "n$((port + 5))") # of a port each; control groups bear the name

by_groups=
if [ -w /sys/fs/cgroup/memory/cgroup.procs ] && [ -w /sys/fs/cgroup/freezer/cgroup.procs ]; then by_groups=1; fi
write_slurm() {
  cat <<CONF
ClusterName=stageline
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$home/munge/socket
StateSaveLocation=$home/state
SlurmdSpoolDir=$home/spool-%n
SlurmctldPidFile=$home/slurmctld.pid
SlurmdPidFile=$home/%n.pid
SlurmctldLogFile=$home/log/slurmctld
SlurmdLogFile=$home/log/%n
MailProg=/bin/true
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
SlurmdTimeout=20
ReturnToService=2
KillWait=2
SchedulerParameters=sched_interval=1,bf_interval=1,bf_continue,batch_sched_delay=0
EpilogMsgTime=0
EnforcePartLimits=ALL
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$((port + 1))
AccountingStoragePass=$home/munge/socket
JobAcctGatherFrequency=task=1
CONF
  if [ -n "$by_groups" ]; then
    printf '%s\n' ProctrackType=proctrack/cgroup TaskPlugin=task/cgroup JobAcctGatherType=jobacct_gather/cgroup
  else
    printf '%s\n' ProctrackType=proctrack/linuxproc TaskPlugin=task/none JobAcctGatherType=jobacct_gather/linux \
      JobAcctGatherParams=OverMemoryKill
  fi
  local i
  for i in 0 1 2 3; do
    echo "NodeName=${nodes[i]} NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2 + i)) CPUs=4 RealMemory=4000"
  done
  cat <<CONF
PartitionName=DEFAULT DefMemPerCPU=100 State=UP
PartitionName=main Nodes=${nodes[0]},${nodes[1]},${nodes[2]},${nodes[3]} Default=YES
PartitionName=short Nodes=${nodes[0]},${nodes[1]} MaxTime=5 DefaultTime=1
PartitionName=down Nodes=${nodes[0]} State=DOWN
CONF
}
write_database() {
  cat <<CONF
AuthType=auth/munge
AuthInfo=socket=$home/munge/socket
DbdHost=$host
DbdAddr=127.0.0.1
DbdPort=$((port + 1))
SlurmUser=root
LogFile=$home/log/slurmdbd
PidFile=$home/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
StorageLoc=accounting
CONF
}
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1"); }
all_ready() { [ "$(sinfo -h -p main -t idle,alloc,mix -o %D | awk '{n += $1} END {print n + 0}')" = 4 ]; }

if ! is_up munged; then
  [ -s "$home/munge/key" ] || (umask 077; head -c 128 /dev/urandom >"$home/munge/key")
  rm -f "$home/munge/socket"*
  start munged munged -F --socket="$home/munge/socket" --key-file="$home/munge/key" --pid-file="$home/munge/pid" \
    --log-file="$home/log/munged" --seed-file="$home/munge/seed" --num-threads=4
  come_up munged 5 munge -n -S "$home/munge/socket"
fi
if ! is_up mariadbd; then
  if [ ! -d "$sql/data/mysql" ]; then
    mkdir -p "$sql"
    timeout 60 mariadb-install-db --no-defaults --user=root --datadir="$sql/data" --skip-test-db \
      --auth-root-authentication-method=normal >"$STATE/log/mariadb-install.log" 2>&1 || die "no database: $STATE/log/mariadb-install.log"
  fi
  start mariadbd mariadbd --no-defaults --user=root --datadir="$sql/data" --socket="$sql/socket" --pid-file="$sql/pid" \
    --skip-networking --skip-log-bin --innodb-buffer-pool-size=64M --innodb-lock-wait-timeout=900 \
    --innodb-log-file-size=16M --innodb-flush-log-at-trx-commit=0
  come_up mariadbd 30 mariadb-admin --no-defaults -u root -S "$sql/socket" ping
fi
if ! is_up slurmdbd; then
  (umask 077; write_database >"$home/slurmdbd.conf")
  start slurmdbd env MYSQL_UNIX_PORT="$sql/socket" slurmdbd -D
  come_up slurmdbd 20 listens $((port + 1))
fi
if ! is_up slurmctld; then
  write_slurm >"$SLURM_CONF"
  printf '%s\n' CgroupPlugin=cgroup/v1 ConstrainRAMSpace=yes ConstrainSwapSpace=no ConstrainCores=no >"$home/cgroup.conf"
  start slurmctld slurmctld -D -f "$SLURM_CONF"
  come_up slurmctld 20 scontrol ping
fi
for node in "${nodes[@]}"; do
  mkdir -p "$home/spool-$node"
  is_up "slurmd-$node" || start "slurmd-$node" slurmd -D -f "$SLURM_CONF" -N "$node"
done
wait_for 30 all_ready || die "the nodes did not come up: $home/log"
use slurm "$(user_of "$@")"
echo "SLURM_CONF=$SLURM_CONF"
echo "NODES=${nodes[*]}"
