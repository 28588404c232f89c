# shellcheck shell=bash
# The trial: everything under .littlehub/ in this checkout, and the hub in the foreground. Needs the scripts that
# install.sh reads, and its options.
# shellcheck disable=SC2154 # the options are those of install.sh

run_trial() {
  begin_progress 4 .littlehub/log/install.log
  open_workshop "$PWD/.littlehub"
  if [ "$reset" = yes ]; then reset_trial; fi
  if [ "$start" = yes ]; then check_port_free; fi
  printf 'Setting up littlehub in %s/.littlehub\n' "$PWD"
  step 'This machine'
  check_trial_machine
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

# ---- this machine

check_trial_machine() {
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
