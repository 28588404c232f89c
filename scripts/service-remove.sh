# shellcheck shell=bash
# Removing what was installed on this machine. Needs the scripts that install.sh reads, and its options.
# shellcheck disable=SC2154 # the options are those of install.sh

remove_from_machine() {
  local name
  is_root || fail 'Only root can remove it.' 'Run it with sudo.'
  confirm_removal
  stop_everything
  for name in "${unit_names[@]}"; do rm -f "$unit_dir/$name" "$unit_dir/$name.new"; done
  rm -rf "$unit_dir/littlehub.socket.d" "$unit_dir/littlehub-https.socket.d" "$unit_dir/littlehub.service.d" "$unit_dir/littlehub-spawner.socket.d" "$unit_dir/littlehub-spawner.service.d"
  if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
  if [ -e "$command_file" ] && grep -q '^# The littlehub command of this machine' "$command_file"; then rm -f "$command_file"; fi
  if [ "$purge" = yes ]; then remove_accounts; fi
  rm -rf "$install_dir"
  if [ "$purge" = yes ]; then
    rm -rf "$config_dir" "$data_dir" "$helper_dir"
    remove_hub_account
    printf 'littlehub and everything it kept are gone.\n'
  else
    printf 'littlehub is gone. Kept: %s, %s, %s, and the accounts and homes of its people.\n' "$config_dir" "$data_dir" "$helper_dir"
    printf 'Installing it again finds them; --uninstall --purge deletes them.\n'
  fi
}

confirm_removal() {
  local question='Stop everybody and remove littlehub? Files, database and configuration stay.' answer
  [ "$confirmed" = no ] || return 0
  if [ "$purge" = yes ]; then
    question="Delete littlehub with all people, their files in $(accounts_in_words), the database and the configuration?"
  fi
  [ -t 0 ] || misused 'Removing asks first; without a terminal to ask on it needs --yes'
  read -r -p "$question [y/N] " answer
  case $answer in
    y | Y | yes) ;;
    *) echo 'Nothing was changed.'; exit 1 ;;
  esac
}

stop_everything() {
  [ -d /run/systemd/system ] || return 0
  systemctl disable --now littlehub.socket littlehub-https.socket littlehub.service littlehub-spawner.socket littlehub-spawner.service 2>/dev/null || true
  systemctl stop littlehub.slice 2>/dev/null || true
  systemctl reset-failed 'littlehub*' 2>/dev/null || true
}

# The accounts that the hub made have its mark in their description.
own_accounts() { getent passwd | awk -F: '$5 ~ /^littlehub user/ { print $1 }'; }

accounts_in_words() { printf '%d homes' "$(own_accounts | wc -l)"; }

remove_accounts() {
  local name
  for name in $(own_accounts); do userdel --remove "$name" 2>/dev/null || true; done
  rm -f /etc/sudoers.d/littlehub-admins
  if getent group littlehub-admins >/dev/null; then groupdel littlehub-admins; fi
}
