# shellcheck shell=bash
# Installing on this machine, step by step; each step finds out whether it is done already. Needs the scripts that
# install.sh reads, and its options.
# shellcheck disable=SC2154 # the options are those of install.sh

readonly command_file=/usr/local/bin/littlehub

install_on_machine() {
  preflight
  [ "$preflight_failed" = no ] || fail 'Nothing was changed.'
  if [ "$dry_run" = yes ]; then
    print_plan
    return
  fi
  begin_progress 6 "$install_dir/log/install.log"
  open_workshop "$install_dir"
  chmod 700 "$install_dir/log" "$install_dir/cache"
  step 'Program'
  install_program
  step 'User environment'
  install_user_environment
  step 'Configuration'
  install_config
  step 'Units'
  install_units
  step 'Service'
  start_service
  step 'Administrator'
  greet
}

# ---- what would be done

print_plan() {
  printf 'It would be done:\n'
  printf '  %s\n' \
    "the program to $install_dir, as the command $command_file" \
    "the user environment ($environment_way) to $install_dir/env" \
    "the configuration to $config_dir/config.yaml$([ -e "$config_dir/config.yaml" ] && printf ', which is there and is kept')" \
    "the units ${unit_names[*]}" \
    "the hub on port $(wanted_port), $([ "$start" = yes ] && printf 'started' || printf 'not started')"
  printf 'Nothing was changed.\n'
}

# ---- the program

# What runs now, and what is to run: below $install_dir. A backup of before, and the schema of the database in it.
previous=''
wanted=''
backup_file=''
schema_before=''

# Beside the older one, which stays for going back; the link to the one in use changes in one step.
install_program() {
  local binary=littlehub build folder
  doing 'checking'
  if ! [ -x "$binary" ]; then
    build_program
    binary=dist/littlehub
  fi
  "./$binary" version >/dev/null 2>>"$progress_log" || fail_with_log 'This littlehub does not run on this machine.' 'Nothing was changed.'
  build=$("./$binary" version | awk '{ print $2 }' | tr -d ',')-$(sha256sum <"$binary" | cut -c 1-12)
  folder=$install_dir/versions/$build
  if ! [ -x "$folder/littlehub" ]; then
    rm -rf "$folder.new"
    mkdir -p "$folder.new"
    cp "$binary" "$folder.new/littlehub"
    chown root:root "$folder.new/littlehub"
    chmod 755 "$folder.new/littlehub"
    cp README.md CHANGELOG.md LICENSE install.sh "$folder.new/"
    mv -T "$folder.new" "$folder"
  fi
  previous=$(readlink "$install_dir/current" 2>/dev/null) || true
  wanted=versions/$build
  if is_upgrade; then back_up; fi
  link_to "$wanted"
  install_scripts
  write_command_file
  finished "littlehub $build"
}

# What systemd runs when the hub keeps failing; it needs no version that works.
install_scripts() {
  local name
  mkdir -p "$install_dir/scripts"
  for name in installation.sh fall-back.sh; do
    cp "scripts/$name" "$install_dir/scripts/$name.new"
    chmod 755 "$install_dir/scripts/$name.new"
    mv "$install_dir/scripts/$name.new" "$install_dir/scripts/$name"
  done
}

is_upgrade() { [ -n "$previous" ] && [ "$previous" != "$wanted" ] && [ -x "$install_dir/$previous/littlehub" ]; }

# By the new program, which copies what the older one wrote as it is.
back_up() {
  local folder=$install_dir/backups
  [ -e "$(data_folder)/littlehub.db" ] || return 0
  doing 'backing up'
  mkdir -p "$folder"
  chmod 700 "$folder"
  backup_file=$folder/before-${wanted#versions/}-$(date -u +%Y%m%d-%H%M%S).tar.gz
  schema_before=$(schema_now "$backup_file") || fail_with_log 'No backup could be made, so nothing was changed.'
  remove_beyond 3 "$folder"/before-*.tar.gz
}

# schema_now BACKUP: makes one, and says which schema the database has.
schema_now() { program_of "$wanted" backup "$1" --json 2>>"$progress_log" | sed -n 's/.*"schema":\([0-9]*\).*/\1/p' | grep .; }

# remove_beyond NUMBER FILE…: the newest stay, and what is in use: by a clock that was wrong once, others may be newer.
# shellcheck disable=SC2012 # the names are our own
remove_beyond() {
  local count=$1 file
  shift
  while read -r file; do
    case $file in
      "$install_dir/$wanted" | "$install_dir/$previous" | "$backup_file") ;;
      *) rm -rf "$file" ;;
    esac
  done < <(ls -td "$@" 2>/dev/null | tail -n "+$((count + 1))")
}

# Three stay: this one, the one before, and one more.
remove_old_versions() {
  touch -c "$install_dir/$wanted"
  if is_upgrade; then touch -c -d '1 second ago' "$install_dir/$previous"; fi
  remove_beyond 3 "$install_dir"/versions/*
}

build_program() {
  if ! type -P node >/dev/null || ! type -P npm >/dev/null; then get_npm; fi
  install_node_packages all
  doing 'building'
  quietly npm run build:binary || fail_with_log 'The program could not be built.' 'Install a release archive: --offline ARCHIVE'
}

write_command_file() {
  if [ -e "$command_file" ] && ! grep -q '^# The littlehub command of this machine' "$command_file"; then
    fail "$command_file is a file of somebody else." 'Move it away and run this again.'
  fi
  cat >"$command_file.new" <<COMMAND
#!/bin/sh
# The littlehub command of this machine.
export LITTLEHUB_CONFIG="\${LITTLEHUB_CONFIG:-$config_dir/config.yaml}"
case "\$1" in
  # What changes the hub's data only is done by its own account.
  user | token | claim | server)
    if [ "\$(id -u)" = 0 ]; then
      exec setpriv --reuid=$hub_account --regid=$hub_account --init-groups env HOME=$data_dir $install_dir/current/littlehub "\$@"
    fi
    ;;
esac
exec $install_dir/current/littlehub "\$@"
COMMAND
  chmod 755 "$command_file.new"
  mv "$command_file.new" "$command_file"
}

# ---- what servers run

install_user_environment() {
  doing 'checking'
  env_in_config=$install_dir/env
  servers_run_as=range
  case $environment_way in
    none) finished 'none: say in the configuration what servers run' ;;
    existing) use existing "$environment_source/bin/jupyterhub-singleuser" "using $environment_source" ;;
    *)
      unset LITTLEHUB_USER_ENV
      if [ "$environment_way" = pip-requirements ]; then more_requirements=$environment_source; fi
      LITTLEHUB_USER_ENV=pypi prepare_user_environment
      ;;
  esac
}

# ---- configuration

# Written once; from then on it is changed by people and by `littlehub config`.
install_config() {
  local file=$config_dir/config.yaml
  doing 'checking'
  make_hub_account
  mkdir -p "$config_dir"
  chmod 750 "$config_dir"
  if [ -e "$file" ]; then
    let_hub_read_config
    finished "$file, kept as it is"
    return
  fi
  (umask 077 && print_machine_config >"$file.new")
  mv "$file.new" "$file"
  let_hub_read_config
  finished "$file"
}

print_machine_config() {
  cat <<CONFIG
# The configuration of littlehub; \`littlehub config show\` prints every setting with its value and where it comes from.
data_dir: $data_dir # the database, keys and what the hub keeps
host: 0.0.0.0 # people reach it through littlehub.socket, which holds the port
port: $(wanted_port)
spawner:
  type: systemd # each server a unit with limits, each person an account of this machine
CONFIG
  if [ -n "$user_env_command" ]; then
    printf '  cmd: [%s]\n  path: %s\n' "$user_env_command" "$user_env_path"
  fi
}

# What the configuration says, to the program that is installed.
setting() { "$install_dir/current/littlehub" config get "$1" --config "$config_dir/config.yaml" 2>/dev/null || true; }

speaks_https() { [ "$(setting https.enabled)" = true ]; }

https_port() {
  local found
  found=$(setting https.port)
  printf '%s' "${found:-443}"
}

# ---- units

units_changed=no
sockets_changed=no

install_units() {
  local name
  doing 'checking'
  port=$(wanted_port)
  give_hub_its_files
  let_hub_read_certificate
  keep_units_of_before
  # What the doctor compares them with.
  mkdir -p "$install_dir/units"
  for name in "${unit_names[@]}"; do
    print_unit "$name" >"$unit_dir/$name.new"
    cp "$unit_dir/$name.new" "$install_dir/units/$name"
    if cmp -s "$unit_dir/$name.new" "$unit_dir/$name"; then
      rm "$unit_dir/$name.new"
    else
      mv "$unit_dir/$name.new" "$unit_dir/$name"
      units_changed=yes
      case $name in
        littlehub-spawner.socket) quietly systemctl stop littlehub-spawner.service littlehub-spawner.socket || true ;;
        *.socket) sockets_changed=yes ;;
      esac
    fi
  done
  if [ "$units_changed" = yes ]; then
    quietly systemctl daemon-reload || fail_with_log 'systemd does not take the units.'
  fi
  quietly systemctl enable littlehub.socket littlehub-spawner.socket littlehub.service || fail_with_log 'The units could not be enabled.'
  if speaks_https; then
    quietly systemctl enable littlehub-https.socket || fail_with_log 'The units could not be enabled.'
  else
    quietly systemctl disable --now littlehub-https.socket || true
  fi
  finished "$([ "$units_changed" = yes ] && printf 'installed' || printf 'ready')"
}

# For the version before, should this one not answer: it may know of no helper.
keep_units_of_before() {
  is_upgrade || return 0
  rm -rf "$install_dir/units.before"
  cp -r "$install_dir/units" "$install_dir/units.before" 2>/dev/null || true
}

put_units_of_before_back() {
  local name
  for name in "$install_dir/units.before"/*; do
    [ -e "$name" ] || return 0
    cp "$name" "$unit_dir/"
    cp "$name" "$install_dir/units/"
  done
  quietly systemctl daemon-reload || true
}

# ---- the service

start_service() {
  if [ "$start" = no ]; then
    finished 'not started: systemctl start littlehub'
    return
  fi
  doing 'starting'
  if [ "$sockets_changed" = yes ] && systemctl is-active --quiet littlehub.socket; then
    quietly systemctl stop littlehub.service littlehub.socket littlehub-https.socket || true
  fi
  if speaks_https && ! systemctl is-active --quiet littlehub-https.socket; then
    # A hub that listens there by itself has to let go of the port first.
    quietly systemctl stop littlehub.service || true
    quietly systemctl start littlehub-https.socket || fail_with_log "systemd could not listen on port $(https_port)." 'journalctl -u littlehub-https.socket says why.'
  fi
  quietly systemctl start littlehub.socket || fail_with_log "systemd could not listen on port $port." 'journalctl -u littlehub.socket says why.'
  quietly systemctl start littlehub-spawner.socket || fail_with_log 'systemd could not listen for the helper of the hub.' 'journalctl -u littlehub-spawner.socket says why.'
  if [ "$units_changed" = yes ] || ! runs_this_build || ! runs_as_its_account; then
    make_room
    # A hub that was root has gone on writing until now.
    give_hub_its_files
    quietly systemctl restart littlehub.service || service_failed
  fi
  doing 'waiting for its login page'
  quietly wait_for_login_page || service_failed
  runs_this_build || service_failed
  # From now on it is a version to go back to, and what was before is over.
  : >"$install_dir/$wanted/answered"
  rm -f "$install_dir/failures" "$install_dir/fallback.json"
  remove_old_versions
  finished "running on port $port"
}

runs_as_its_account() { [ "$(stat -c %U "/proc/$(main_pid)" 2>/dev/null)" = "$hub_account" ]; }

# The hub that runs lets go of everything but the WebSockets that are open, which it keeps while the next one runs. It
# has let go when another process is what the unit is about. One that does not know of this is left to be ended.
make_room() {
  local hub
  hub=$(main_pid)
  knows_to_make_room "$hub" || return 0
  doing 'making room'
  kill -USR2 "$hub"
  for _ in {1..100}; do
    [ "$(main_pid)" = "$hub" ] || return 0
    sleep 0.1
  done
}

# knows_to_make_room PID: does it catch SIGUSR2, the twelfth signal?
knows_to_make_room() {
  local caught
  caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) || true
  [ -n "$caught" ] && [ $((16#$caught & 1 << 11)) -ne 0 ]
}

# The new version does not answer: the one before runs again, with the data that it had.
go_back() {
  local what=${previous#versions/} schema
  doing "going back to $what"
  schema=$(schema_now "$backup_file.after") || schema=unknown
  rm -f "$backup_file.after"
  link_to "$previous"
  put_units_of_before_back
  if [ -n "$backup_file" ] && [ "$schema" != "$schema_before" ]; then
    doing 'putting the database back'
    quietly put_data_back || fail_with_log "$what cannot run on the database of the new version." "Stop littlehub.socket and littlehub.service, and run: $install_dir/$wanted/littlehub restore $backup_file --keep-config"
  fi
  quietly systemctl reset-failed littlehub.service || true
  quietly systemctl restart littlehub.service || true
  if quietly wait_for_login_page; then fail_with_log "The new version does not answer; $what runs again." 'The end of the log has what the new one said.'; fi
}

# A request that waits in the socket may start the hub again and again meanwhile, so it is tried until it is let.
put_data_back() {
  for _ in {1..20}; do
    systemctl stop littlehub.service
    if program_of "$wanted" restore "$backup_file" --yes --keep-config; then return 0; fi
    sleep 0.5
  done
  return 1
}

service_failed() {
  journalctl -u littlehub.service -n 15 --no-pager -o cat >>"$progress_log" 2>&1 || true
  if is_upgrade; then go_back; fi
  fail_with_log 'The hub does not answer.' 'littlehub doctor looks for the reason; journalctl -u littlehub has its log.'
}

# ---- who comes first

greet() {
  local link='' address
  doing 'asking the hub'
  if [ "$start" = no ]; then
    finished 'littlehub claim prints the link for the first one'
    return
  fi
  address=$(machine_address)
  if [ -n "$admin" ] && ! ask_hub user list --json | grep -q "\"name\":\"$admin\""; then
    link=$(ask_hub user add "$admin" --admin) || fail_with_log "$admin could not be made an administrator."
    finished "$admin sets their password with this link"
  elif ask_hub user list --json | grep -q '"admin":true'; then
    finished "there is one; people reach the hub at http://$address"
    return
  else
    link=$(ask_hub claim) || fail_with_log 'The hub gave no claim link.' 'littlehub claim prints one.'
    finished 'whoever opens this link first owns the hub (it works once, for 24 hours)'
  fi
  printf '\n  %s\n\n' "${link/127.0.0.1/"$address"}"
}

# What is set for this installer alone is no setting of the hub.
ask_hub() { env -i HOME="${HOME:-/root}" PATH="$PATH" "$command_file" "$@" 2>>"$progress_log"; }

# As others see this machine, as far as it knows.
machine_address() {
  local found
  found=$(hostname -I 2>/dev/null | awk '{ print $1 }')
  printf '%s' "${found:-127.0.0.1}"
}
