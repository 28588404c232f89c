# shellcheck shell=bash
# The account that the hub runs as, and what of this machine it is given. Needs installation.sh.

readonly hub_account=littlehub
readonly helper_dir=/var/lib/littlehub-spawner

make_hub_account() {
  local uid
  uid=$(id -u "$hub_account" 2>/dev/null) || uid=''
  if [ -n "$uid" ] && [ "$uid" -ge 1000 ]; then
    fail "The account $hub_account of this machine is a person's, and the hub needs one of that name for itself." "usermod --login NEW-NAME $hub_account gives it another name."
  fi
  if ! getent group "$hub_account" >/dev/null; then quietly groupadd --system "$hub_account" || fail_with_log "The group $hub_account could not be made."; fi
  if [ -z "$uid" ]; then
    quietly useradd --system --gid "$hub_account" --home-dir "$data_dir" --no-create-home --shell /usr/sbin/nologin --comment 'littlehub itself' "$hub_account" || fail_with_log "The account $hub_account could not be made."
  fi
}

as_hub() { setpriv --reuid="$hub_account" --regid="$hub_account" --init-groups "$@"; }

# What a hub left there that was root, too. The homes of people below it are theirs, and no link is followed.
give_hub_its_files() {
  local data name
  data=$(data_folder)
  mkdir -p "$data" "$data_dir" "$helper_dir"
  chmod 700 "$helper_dir"
  # What is known of the last run of each server is no longer the hub's to tell.
  if [ -d "$data/units" ] && ! [ -e "$helper_dir/units" ]; then mv -T "$data/units" "$helper_dir/units"; fi
  for name in "$data" "$data_dir" "$data/homes"; do
    if [ -d "$name" ]; then chown -h --from=root "$hub_account:$hub_account" "$name"; fi
  done
  find "$data" -mindepth 1 -maxdepth 1 ! -name homes -exec chown -R -h --from=root "$hub_account:$hub_account" {} +
}

# It reads its configuration, and what lies beside it, such as a certificate; only root changes them.
let_hub_read_config() {
  chgrp -R -h "$hub_account" "$config_dir"
  chmod 750 "$config_dir"
  chmod -R g+rX "$config_dir"
}

# Files that the configuration names, wherever they are.
let_hub_read_certificate() {
  local key file
  for key in https.tls.cert https.tls.key; do
    file=$(readlink -e "$(setting "$key")" 2>/dev/null) || continue
    if as_hub test -r "$file"; then continue; fi
    chgrp "$hub_account" "$file"
    chmod g+r "$file"
    as_hub test -r "$file" || fail "The hub cannot read $file ($key): a folder above it is closed to others." "Let the group $hub_account pass through it: chgrp $hub_account FOLDER && chmod g+x FOLDER"
  done
}

# writable_folders: what the hub writes besides its data.
writable_folders() {
  local folder
  printf '%s' "$(data_folder)"
  for folder in "$(setting backup.dir)" "$(dirname "$(setting event_log)")"; do
    case $folder in /?*) printf ' -%s' "$folder" ;; esac
  done
}

remove_hub_account() {
  if id -u "$hub_account" >/dev/null 2>&1 && [ "$(id -u "$hub_account")" -lt 1000 ]; then userdel "$hub_account"; fi
  if getent group "$hub_account" >/dev/null; then groupdel "$hub_account"; fi
}
