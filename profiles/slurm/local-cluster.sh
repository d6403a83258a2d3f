#!/usr/bin/env bash
# A SLURM of one node on this machine, to try profiles/slurm and to test it.
#
#   local-cluster.sh install         Debian's slurm-wlm and munge (root only)
#   local-cluster.sh start [DIR]     prints what to export, for eval
#   local-cluster.sh stop [DIR]      ends the daemons and removes DIR
#   local-cluster.sh run COMMAND...  start, COMMAND, stop; exits with COMMAND's status
#
# munged, slurmctld and slurmd run as the caller, listen on 127.0.0.1 and a socket in DIR only, and
# keep configuration, key, state and logs in DIR: nothing of a system-wide installation is read or
# changed. There is no accounting and there are no cgroups, so it starts in containers too; a job
# that takes more memory than it asked for is killed all the same. Exit status 77: the daemons are
# missing or cannot run here; the reason is on stderr.
set -euo pipefail

readonly SKIP=77
export PATH="$PATH:/usr/sbin:/sbin"

skip() {
    printf 'local-cluster.sh: no SLURM here: %s\n' "$*" >&2
    exit "$SKIP"
}

usage() {
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

default_folder() { printf '%s/blochball-slurm-%s' "${TMPDIR:-/tmp}" "$(id -u)"; }

install() {
    [ "$(id -u)" = 0 ] || skip "installation needs root"
    command -v apt-get >/dev/null || skip "installation needs apt-get"
    # the packages would start system-wide daemons that are of no use here
    local policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    local network="-o Acquire::Retries=0 -o Acquire::http::Timeout=20"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  # several words are meant
    {
        timeout 120 apt-get $network -qq update &&
            timeout 300 apt-get $network -qq install -y --no-install-recommends slurm-wlm munge
    } >&2 || skip "the packages cannot be installed"
}

# free_port FIRST: the first port from there on that nobody listens on
free_port() {
    local port=$1
    while (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
    printf '%s' "$port"
}

write_configuration() {
    local folder=$1 name user cpus memory control
    name=$(hostname -s) user=$(id -un) cpus=$(nproc)
    # a tenth is left to the system
    memory=$(awk '/^MemTotal/ {print int(0.9 * $2 / 1024)}' /proc/meminfo)
    control=$(free_port 16817)
    cat >"$folder/slurm.conf" <<CONFIGURATION
ClusterName=local
SlurmctldHost=$name(127.0.0.1)
SlurmctldPort=$control
SlurmdPort=$(free_port $((control + 1)))
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
MpiDefault=none
SwitchType=switch/none
# no cgroups
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill,UsePss
# no accounting: ask squeue, which remembers a job for MinJobAge seconds
AccountingStorageType=accounting_storage/none
MinJobAge=600
# cores and memory are given out as asked for
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000
ReturnToService=2
NodeName=$name NodeAddr=127.0.0.1 CPUs=$cpus RealMemory=$memory State=UNKNOWN
PartitionName=all Nodes=$name Default=YES MaxTime=INFINITE State=UP
CONFIGURATION
}

# until SECONDS COMMAND...: repeat until it succeeds
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || return 1
        sleep 0.2
    done
}

node_is_idle() { [ "$(sinfo --noheader --format=%T)" = idle ]; }

start() {
    local folder=$1 program
    for program in munged munge slurmctld slurmd sbatch srun squeue; do
        command -v "$program" >/dev/null || skip "$program is not installed"
    done
    [ ! -e "$folder" ] || skip "$folder exists; stop that cluster first"
    # munged wants a private key, and a folder of the socket that nobody else may write to
    mkdir -p "$folder"/{bin,state,spool}
    chmod 755 "$folder"
    (umask 077 && head -c 128 /dev/urandom >"$folder/munge.key")
    write_configuration "$folder"
    # Snakemake's jobs call srun with the variables of SLURM removed, SLURM_CONF among them
    printf '#!/bin/sh\nSLURM_CONF=%q exec %q "$@"\n' "$folder/slurm.conf" "$(command -v srun)" \
        >"$folder/bin/srun"
    chmod +x "$folder/bin/srun"
    export SLURM_CONF=$folder/slurm.conf PATH="$folder/bin:$PATH"
    munged --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
        --pid-file="$folder/munged.pid" --log-file="$folder/munged.log" \
        --seed-file="$folder/munged.seed" 2>>"$folder/start.log" || failed "$folder" munged
    munge --socket="$folder/munge.socket" --no-input >/dev/null 2>>"$folder/start.log" ||
        failed "$folder" munge
    slurmctld -i 2>>"$folder/start.log" || failed "$folder" slurmctld
    slurmd 2>>"$folder/start.log" || failed "$folder" slurmd
    until_true 20 node_is_idle || failed "$folder" "the node"
    # a job really runs
    timeout 20 srun --ntasks=1 --mem=16 true 2>>"$folder/start.log" || failed "$folder" "a first job"
}

# failed DIR WHAT: say why, clean up, skip
failed() {
    tail -qn 3 "$1"/*.log >&2 || true
    stop "$1"
    skip "$2 does not start"
}

stop() {
    local folder=$1 daemon pid
    if [ -e "$folder/slurm.conf" ]; then
        SLURM_CONF=$folder/slurm.conf timeout 10 scancel --user="$(id -un)" 2>/dev/null || true
    fi
    for daemon in slurmctld slurmd munged; do
        pid=$(cat "$folder/$daemon.pid" 2>/dev/null) || continue
        # the number may have gone to somebody else since
        [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$daemon" ] || continue
        kill "$pid"
        until_true 10 test ! -e "/proc/$pid" || kill -9 "$pid"
    done
    [ ! -e "$folder/slurm.conf" ] || rm -rf "$folder"
}

case "${1:-}" in
install) install ;;
start)
    folder=${2:-$(default_folder)}
    start "$folder"
    printf 'export SLURM_CONF=%q PATH=%q:"$PATH"\n' "$folder/slurm.conf" "$folder/bin"
    ;;
stop) stop "${2:-$(default_folder)}" ;;
run)
    shift
    [ $# -gt 0 ] || usage
    folder=$(mktemp -d -u "${TMPDIR:-/tmp}/blochball-slurm.XXXXXX")
    start "$folder"
    trap 'stop "$folder"' EXIT
    "$@"
    ;;
*) usage ;;
esac
