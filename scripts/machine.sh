#!/usr/bin/env bash
# Boots and ends the machines of the tests.
#   machine.sh boot NAME ROOT FOLDER [NSPAWN-OPTION…]   stays until it has powered off; FOLDER keeps what it writes
#   machine.sh end NAME                                 ends what runs of it, and removes its control groups
# Closing the standard input of the first pulls the plug. It is to have a mount namespace of its own (unshare --mount).
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

boot() {
  local name=$1 root=$2 folder=$3 machine plug status=0
  shift 3
  exec 3<&0 </dev/null
  mkdir -p "$folder/upper" "$folder/work" "$folder/root"
  mount -t overlay overlay -o "lowerdir=$root,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
  run_machine "$name" "$folder/root" "$@" 3<&- &
  machine=$!
  # Nobody may be left who reads what is said here, and then there is still something to clean up.
  trap '' PIPE
  { while read -r -u 3 _; do :; done; kill_all "$name"; } &
  plug=$!
  exec 3<&-
  wait "$machine" || status=$?
  kill "$plug" 2>/dev/null || true
  end "$name"
  exit "$status"
}

# The machine sees these groups as the roots of all groups, so two machines do not meet in them.
run_machine() {
  local name=$1 root=$2 group
  shift 2
  for group in $(new_groups "$name"); do
    mkdir -p "$group"
    echo "$BASHPID" >"$group/cgroup.procs"
  done
  exec setpriv --pdeathsig KILL systemd-nspawn --quiet --register=no --keep-unit --machine="$name" \
    --directory="$root" --suppress-sync=yes --kill-signal=SIGRTMIN+3 --link-journal=no "$@" \
    /srv/littlehub/scripts/machine-init.sh
}

# new_groups NAME: one below our own in each hierarchy of cgroups v1.
new_groups() {
  local controllers path mounted
  while IFS=: read -r _ controllers path; do
    case $controllers in
      memory | cpu | cpuacct | pids) mounted=/sys/fs/cgroup/$controllers ;;
      name=systemd) mounted=/sys/fs/cgroup/systemd ;;
      '') mounted=/sys/fs/cgroup/unified ;;
      *) continue ;;
    esac
    if [ -d "$mounted" ]; then printf '%s%s/%s\n' "$mounted" "${path%/}" "$1"; fi
  done </proc/self/cgroup
}

# end NAME: a killed process may take a moment to leave its group.
end() {
  local group attempt
  for attempt in 1 2 4 8 16 32; do
    kill_all "$1"
    for group in $(groups_of "$1"); do
      find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
    done
    if [ -z "$(groups_of "$1")" ]; then return 0; fi
    sleep "$(printf '0.%02d' "$attempt")"
  done
  printf 'The control groups of %s could not be removed.\n' "$1" >&2
}

groups_of() { find /sys/fs/cgroup -type d -name "$1" -prune 2>/dev/null || true; }

# Its first program takes all others with it, but one that hangs in the kernel lets it wait: each is told.
kill_all() {
  local group pid
  for group in $(groups_of "$1"); do
    find "$group" -name cgroup.procs -exec cat {} \; 2>/dev/null | while read -r pid; do
      kill -KILL "$pid" 2>/dev/null || true
    done
  done
}

case ${1:-} in
  boot | end) "$@" ;;
  *) sed -n '2,5s/^# //p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac
