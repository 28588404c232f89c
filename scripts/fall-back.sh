#!/usr/bin/env bash
# What happens when the hub keeps failing: a version that has not proven itself makes way for the one before, if that can
# run. systemd runs it: "fall-back.sh ended" after each end of the hub, "fall-back.sh now" when it fails again and again.
set -uo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=scripts/installation.sh
. "$here/installation.sh"

# A version that ends by itself as often within an hour, and never ran well for some minutes, is not going to.
readonly failures_enough=5
readonly within_seconds=3600

# How a hub ends that refuses its configuration, its port or its data: nothing that another version could mend.
readonly refusal_status=2

readonly failures_file=$install_dir/failures
readonly note_file=$install_dir/fallback.json

build=$(readlink "$install_dir/current") || exit 0
build=${build#versions/}
port=$(installed_port)

main() {
  case ${1:-} in
    ended) remember_end ;;
    now) look_after_hub ;;
    *) printf 'Usage: fall-back.sh ended|now\n' >&2; exit 2 ;;
  esac
}

# ---- after each end. @see systemd.exec(5) for what systemd says of it

remember_end() {
  [ "${SERVICE_RESULT:-success}" != success ] || return 0
  printf '%s %s %s %s\n' "$(date +%s)" "$build" "$SERVICE_RESULT" "${EXIT_STATUS:-}" >>"$failures_file"
  tail -n 50 "$failures_file" >"$failures_file.new" && mv "$failures_file.new" "$failures_file"
  if keeps_failing; then systemctl --no-block start littlehub-fallback.service; fi
}

keeps_failing() { ! has_proven_itself && [ "$(failures)" -ge "$failures_enough" ]; }

# The hub writes down its version when it has run well for some minutes.
has_proven_itself() {
  local file
  file=$(data_folder)/proven-versions
  [ -f "$file" ] && grep -qsxF "$build" "$file"
}

# How often this version ended by itself lately.
failures() {
  awk -v since="$(($(date +%s) - within_seconds))" -v build="$build" -v refusal="$refusal_status" \
    '$1 > since && $2 == build && $4 != refusal { count++ } END { print count + 0 }' "$failures_file" 2>/dev/null || printf 0
}

last_failure() { awk -v build="$build" '$2 == build { last = $3 " " $4 } END { print last }' "$failures_file" 2>/dev/null; }

# ---- when it keeps failing

look_after_hub() {
  local tried=no for_good=no reasons='' name
  exec 9>"$install_dir/lock"
  if ! flock --nonblock 9; then
    printf 'install.sh is at work, and looks after the hub itself.\n'
    return
  fi
  if systemctl is-failed --quiet littlehub.service; then for_good=yes; fi
  [ "$for_good" = yes ] || keeps_failing || return 0
  if has_proven_itself; then
    stay_stopped 'It has run well before, so the reason is likely on this machine.'
    return
  fi
  case $(last_failure) in
    *" $refusal_status") stay_stopped 'It refuses its configuration, its port or its data folder.'; return ;;
  esac
  for name in $(older_versions); do
    if ! can_run "$name"; then continue; fi
    tried=yes
    if change_to "$name"; then
      tell "$name" "$build $(how_it_failed); $name runs again since $(date -u '+%Y-%m-%d %H:%M') UTC." 'See journalctl -u littlehub for the reason. littlehub upgrade brings another version; until then this one stays.'
      rm -f "$install_dir/versions/$build/answered"
      return
    fi
    rm -f "$install_dir/versions/$name/answered"
    reasons="$reasons $name does not answer either."
  done
  link_to "versions/$build"
  if [ "$for_good" = yes ]; then
    if [ "$tried" = yes ]; then systemctl stop littlehub.socket littlehub-https.socket littlehub.service; fi
    stay_stopped "${reasons# }"
  elif [ "$tried" = yes ]; then
    let_run --no-block
  fi
}

# Those whose login page was seen once: the one before first.
# shellcheck disable=SC2012 # the names are our own
older_versions() {
  local name
  while read -r name; do
    if [ "$name" != "$build" ] && [ -x "$install_dir/versions/$name/littlehub" ] && [ -e "$install_dir/versions/$name/answered" ]; then printf '%s\n' "$name"; fi
  done < <(ls -t "$install_dir/versions" 2>/dev/null)
}

# can_run VERSION: does it take the configuration, and know the database? If not, it is said in reasons.
can_run() {
  local facts knows has
  if ! program_of "versions/$1" config check >/dev/null 2>&1; then
    reasons="$reasons $1 does not take the configuration."
    return 1
  fi
  facts=$(program_of "versions/$1" version --json 2>/dev/null)
  knows=$(sed -n 's/.*"schema":\([0-9]*\).*/\1/p' <<<"$facts")
  has=$(sed -n 's/.*"database":\([0-9]*\).*/\1/p' <<<"$facts")
  if [ -z "$knows" ] || [ "${has:-0}" -gt "$knows" ]; then
    reasons="$reasons $1 cannot read the database, which a newer version has changed."
    return 1
  fi
}

# change_to VERSION: fails when its login page is not to be had.
change_to() {
  link_to "versions/$1"
  let_run && wait_for_login_page && runs_this_build
}

# let_run [--no-block]
let_run() {
  systemctl reset-failed 'littlehub*' 2>/dev/null
  systemctl start littlehub.socket littlehub-spawner.socket
  if systemctl is-enabled --quiet littlehub-https.socket; then systemctl start littlehub-https.socket; fi
  systemctl "$@" restart littlehub.service
}

how_it_failed() {
  local count result status
  count=$(failures)
  read -r result status <<<"$(last_failure)"
  printf 'ended by itself'
  if [ "$count" -gt 1 ]; then printf ' %d times within an hour' "$count"; fi
  case ${result:-} in
    exit-code) printf ', at last with exit code %s' "$status" ;;
    signal | core-dump) printf ', at last by the signal %s' "$status" ;;
    watchdog) printf ', at last because it did not answer systemd any more' ;;
    timeout) printf ', at last because it did not start in time' ;;
  esac
}

# stay_stopped WHY
stay_stopped() {
  [ "$for_good" = yes ] || return 0
  tell '' "$build $(how_it_failed) and is stopped. ${1:-No older version can take over.}" "littlehub doctor and journalctl -u littlehub say more. When the reason is gone: systemctl reset-failed 'littlehub*' && systemctl start littlehub.socket littlehub.service. Or littlehub upgrade brings another version; the backups from before upgrades are in $install_dir/backups."
}

# tell VERSION-THAT-RUNS SENTENCE ADVICE: to whoever looks at the journal, at systemctl status, and to the hub.
tell() {
  printf '%s\n%s\n' "$2" "$3"
  logger --journald <<LOG 2>/dev/null
MESSAGE=$2 $3
PRIORITY=3
SYSLOG_IDENTIFIER=littlehub
OBJECT_SYSTEMD_UNIT=littlehub.service
LOG
  printf '{"from":"%s","to":"%s","sentence":"%s","advice":"%s"}\n' "$build" "$1" "$2" "$3" >"$note_file.new"
  chmod 644 "$note_file.new"
  mv "$note_file.new" "$note_file"
}

main "$@"
