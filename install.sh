#!/usr/bin/env bash
# Sets up littlehub for a trial, all of it under .littlehub/ in this checkout, and runs it in the foreground.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"

# shellcheck source=scripts/progress.sh
. scripts/progress.sh
# shellcheck source=scripts/debian.sh
. scripts/debian.sh
# shellcheck source=scripts/workshop.sh
. scripts/workshop.sh
# shellcheck source=scripts/node-packages.sh
. scripts/node-packages.sh
# shellcheck source=scripts/user-env.sh
. scripts/user-env.sh

usage() {
  cat <<'HELP'
Usage: ./install.sh --try [--port N] [--no-start]
       ./install.sh --try --reset [--yes]

Sets up a trial hub under .littlehub/ in this folder and runs it on http://127.0.0.1:8000 until Ctrl-C.
Running it again starts in seconds and keeps everything: people, their files, the configuration.
Nothing outside this folder is changed, except that root installs missing Debian packages, saying which and why.

  --try        the trial (the only kind of installation in this version)
  --port N     listen on this port of 127.0.0.1
  --no-start   set up everything, but do not run the hub
  --reset      first delete the trial's data and configuration, after asking; refused while its hub runs
  --yes        with --reset: do not ask
  --help       this text

Environment:
  LITTLEHUB_USER_ENV   where the servers' Jupyter comes from. Unset: the first of these that works.
                         pypi    JupyterLab from PyPI, installed by uv (pip: the same by plain pip)
                         path    the jupyterhub-singleuser found on PATH
                         debian  Debian's packages: the classic Notebook
  PIP_INDEX_URL        a mirror of PyPI
  npm_config_registry  a mirror of the npm registry
HELP
}

main() {
  parse_options "$@"
  begin_progress 4 .littlehub/log/install.log
  open_workshop
  if [ "$reset" = yes ]; then reset_trial; fi
  if [ "$start" = yes ]; then check_port_free; fi
  printf 'Setting up littlehub in %s/.littlehub\n' "$PWD"
  step 'This machine'
  check_machine
  step 'Node packages'
  doing 'checking'
  install_node_packages runtime
  step 'User environment'
  doing 'checking'
  prepare_user_environment
  step 'Configuration'
  write_command
  write_config
  [ "$start" = yes ] || return 0
  start_hub
}

# ---- options

trial=no
start=yes
reset=no
confirmed=no
port=''

parse_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --try) trial=yes ;;
      --no-start) start=no ;;
      --reset) reset=yes ;;
      --yes) confirmed=yes ;;
      --port) port=${2:-}; check_port; shift ;;
      --port=*) port=${1#--port=}; check_port ;;
      --help | -h) usage; exit 0 ;;
      *) misused "Unknown option: $1" ;;
    esac
    shift
  done
  [ "$trial" = yes ] || misused 'Only the trial exists in this version: ./install.sh --try'
}

check_port() {
  if ! [[ $port =~ ^[0-9]{1,5}$ ]] || ((10#$port < 1 || 10#$port > 65535)); then
    misused "--port takes a number from 1 to 65535, not \"$port\""
  fi
}

# Before anything is installed: a port in use is found out in a second, not after a minute.
check_port_free() {
  local hub wanted=$port
  hub=$(running_hub)
  [ -z "$hub" ] || misused_by "The hub of this trial runs already (process $hub)." 'Use it, or stop it with Ctrl-C in its terminal.'
  [ -n "$wanted" ] || wanted=$(sed -n 's/^port:[[:space:]]*\([0-9]\{1,5\}\).*/\1/p' .littlehub/config.yaml 2>/dev/null) || true
  wanted=${wanted:-8000}
  if (exec 3<>"/dev/tcp/127.0.0.1/$wanted") 2>/dev/null; then
    misused_by "Port $wanted of this machine is used by another program." "Stop that one, or take another port: ./install.sh --try --port $((10#$wanted < 65000 ? 10#$wanted + 1 : 8001))"
  fi
}

# Nothing was changed, and it is up to the person: the hub itself ends with the same exit code.
misused_by() {
  printf '%s\n' "$@" >&2
  exit 2
}

misused() {
  printf '%s\nSee ./install.sh --help\n' "$1" >&2
  exit 2
}

# ---- this machine

check_machine() {
  doing 'checking'
  local tool
  for tool in tar sha256sum setpriv awk sed; do
    type -P "$tool" >/dev/null || fail "This machine has no $tool." "Install it and run this again."
  done
  if ! type -P node >/dev/null || ! type -P npm >/dev/null; then get_npm; fi
  check_npm_age
  decide_who_runs_servers
  finished "ok, $(uname -sm), npm $(npm --version 2>>"$progress_log")"
}

get_npm() {
  if ! is_root || ! has_apt; then
    fail 'npm is needed, and this machine has none.' 'Install it and run this again: sudo apt-get install --no-install-recommends npm'
  fi
  install_packages 'npm, to fetch what the hub is made of' npm ||
    fail_with_log 'The Debian package npm could not be installed.' 'Install npm 7 or newer and run this again.'
}

# npm 6 and older cannot read this kind of package-lock.json.
check_npm_age() {
  local version
  version=$(npm --version 2>>"$progress_log") || fail_with_log 'npm does not start.' 'Repair or reinstall it and run this again.'
  [ "${version%%.*}" -ge 7 ] || fail "npm $version is too old; 7 is the oldest that works." 'Install a newer one and run this again.'
}

# ---- command and configuration

write_command() {
  mkdir -p .littlehub/bin
  cat >.littlehub/bin/littlehub.new <<'COMMAND'
#!/bin/sh
# The littlehub command of this checkout, wherever the checkout is and whatever link leads here.
here=$(dirname -- "$(readlink -f -- "$0")")
checkout=$(cd -- "$here/../.." && pwd)
export LITTLEHUB_CONFIG="${LITTLEHUB_CONFIG:-$checkout/.littlehub/config.yaml}"
exec "$checkout/node_modules/.bin/node" "$checkout/src/main.ts" "$@"
COMMAND
  chmod 755 .littlehub/bin/littlehub.new
  mv .littlehub/bin/littlehub.new .littlehub/bin/littlehub
}

# A configuration is rewritten only while it is still as it was generated; what a person changed is left alone.
write_config() {
  local config=.littlehub/config.yaml generated=.littlehub/log/config.generated
  print_config >"$generated.new"
  if [ ! -e "$config" ] || cmp -s "$config" "$generated"; then
    cp "$generated.new" "$config.new"
    mv "$config.new" "$config"
    mv "$generated.new" "$generated"
    finished "$config"
    return
  fi
  finished "$config, kept as you changed it"
  cmp -s "$generated" "$generated.new" ||
    note "This machine would now get another one: compare it with $generated.new"
}

print_config() {
  cat <<CONFIG
# The configuration of this trial, written by ./install.sh --try. Change it as you like: it is not overwritten then.
# Every line can be removed, and has a default then. Relative paths are relative to this file.
data_dir: ./data # people, their files, the database
host: 127.0.0.1 # this machine only
port: 8000
spawner:
  type: process
  process:
    run_as: $servers_run_as # range: every user's servers have an unprivileged uid of their own; self: all run as the hub's user
  cmd: [$user_env_command]
  path: $user_env_path
CONFIG
  if is_root && [ "$servers_run_as" = self ]; then printf "  args: ['--allow-root'] # Jupyter refuses to run as root without it\n"; fi
  if [ "$user_env_way" = debian ]; then
    printf '  environment: # of the two applications that Debian has, the one with pages\n'
    printf '    JUPYTERHUB_SINGLEUSER_APP: notebook.notebookapp.NotebookApp\n'
  fi
}

start_hub() {
  local arguments=(serve --stop-servers)
  if [ -n "$port" ]; then arguments+=(--port "$port"); fi
  printf 'Starting the hub. Ctrl-C stops it.\n'
  close_workshop
  exec .littlehub/bin/littlehub "${arguments[@]}"
}

# ---- starting over

reset_trial() {
  local hub
  hub=$(running_hub)
  [ -z "$hub" ] || fail "The hub of this trial is running (process $hub)." 'Stop it with Ctrl-C in its terminal, then run this again.'
  confirm_reset
  stop_left_servers
  rm -rf .littlehub/data .littlehub/config.yaml .littlehub/log/config.generated*
  printf 'Deleted the data and the configuration of the trial.\n'
}

confirm_reset() {
  local answer
  [ "$confirmed" = no ] || return 0
  [ -t 0 ] || misused '--reset deletes all people and files of the trial; without a terminal to ask on it needs --yes'
  read -r -p "Delete all people and files of the trial in $PWD/.littlehub/data? [y/N] " answer
  case $answer in
    y | Y | yes) ;;
    *) echo 'Nothing was deleted.'; exit 1 ;;
  esac
}

# The hub's process, if its pid file names one that is alive and is a hub.
running_hub() {
  local pid
  pid=$(grep -oE '[0-9]+' .littlehub/data/hub.pid 2>/dev/null | head -n 1) || return 0
  if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q 'main\.ts'; then printf '%s' "$pid"; fi
}

# Servers outlive a hub that was killed. They work in folders that are about to go, by which they are known.
stop_left_servers() {
  local folder data pids=()
  data=$(readlink -f .littlehub/data) || return 0
  for folder in /proc/[0-9]*/cwd; do
    case $(readlink "$folder" 2>/dev/null) in
      "$data"/*) folder=${folder%/cwd}; pids+=("${folder#/proc/}") ;;
    esac
  done
  [ "${#pids[@]}" -gt 0 ] || return 0
  printf 'Stopping the servers of the trial: %s\n' "${pids[*]}"
  kill -TERM "${pids[@]}" 2>/dev/null || true
  for _ in {1..50}; do
    kill -0 "${pids[@]}" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "${pids[@]}" 2>/dev/null || true
}

main "$@"
