# shellcheck shell=bash
# What an installation needs of a machine: one line for each finding, with what to do about it. Needs debian.sh, and the
# options of install.sh.
# shellcheck disable=SC2154 # the options are those of install.sh

preflight_failed=no

# A user environment of Python packages, the program twice (an upgrade keeps the older one), and room to work in.
readonly needed_disk_mib=1500
# Less, and the first notebook is the last.
readonly needed_memory_mib=700

# preflight: says everything it finds; afterwards preflight_failed tells whether anything stands in the way.
preflight() {
  printf 'This machine:\n'
  preflight_root
  preflight_distribution
  preflight_systemd
  preflight_processor
  preflight_memory
  preflight_disk
  preflight_port
  preflight_https_port
  preflight_clock
  preflight_network
  preflight_others
}

# finding ok|note|stop WHAT [REMEDY]
finding() {
  printf '  %-5s %s\n' "$1" "$2"
  if [ $# -gt 2 ]; then printf '        %s\n' "${@:3}"; fi
  if [ "$1" = stop ]; then preflight_failed=yes; fi
}

preflight_root() {
  if is_root; then finding ok 'root'; else finding stop 'not root' 'Run it with sudo.'; fi
}

# Of each distribution the versions that are tested or still get security updates.
preflight_distribution() {
  local name id version_id like oldest
  id=$(os_release ID) version_id=$(os_release VERSION_ID) name=$(os_release PRETTY_NAME) like=$(os_release ID_LIKE)
  case $id in
    debian) oldest=11 ;;
    ubuntu) oldest=22.04 ;;
    *)
      if [[ " $like " == *' debian '* || " $like " == *' ubuntu '* ]]; then
        finding note "${name:-$id} is not tested, but is made of Debian"
      else
        finding stop "${name:-this distribution} is none of Debian 11–13 or Ubuntu 22.04–26.04" 'Install on one of those.'
      fi
      return
      ;;
  esac
  if [ -n "$version_id" ] && [ "$(printf '%s\n%s\n' "$oldest" "$version_id" | sort -V | head -n 1)" != "$oldest" ]; then
    finding stop "$name is too old; $oldest is the oldest that works" 'Upgrade the system, or install on a newer one.'
  else
    finding ok "$name"
  fi
}

os_release() { sed -n "s/^$1=\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" /etc/os-release 2>/dev/null; }

preflight_systemd() {
  if [ -d /run/systemd/system ] && type -P systemctl >/dev/null; then
    finding ok "systemd $(systemctl --version | awk 'NR == 1 { print $2 }')"
  else
    finding stop 'systemd does not run here' 'The hub is a service of systemd: use a virtual or real machine, not a container. A trial works here: ./install.sh --try'
  fi
}

preflight_processor() {
  case $(uname -m) in
    x86_64 | aarch64) finding ok "processor $(uname -m), $(nproc) cores" ;;
    *) finding stop "processor $(uname -m)" 'There are releases for x86_64 and aarch64.' ;;
  esac
}

preflight_memory() {
  local mib
  mib=$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB$/\1/p' /proc/meminfo) / 1024))
  if [ "$mib" -ge "$needed_memory_mib" ]; then
    finding ok "$mib MiB of memory"
  else
    finding stop "$mib MiB of memory" "At least $needed_memory_mib MiB are needed, and about 150 MiB for each student at work."
  fi
}

preflight_disk() {
  local folder mib
  for folder in /opt /var/lib /home; do
    [ -d "$folder" ] || continue
    mib=$(df -Pm "$folder" | awk 'NR == 2 { print $4 }')
    if [ "$mib" -lt "$needed_disk_mib" ]; then
      finding stop "$mib MiB free in $folder" "At least $needed_disk_mib MiB are needed; people's files come on top."
      return
    fi
  done
  finding ok "$mib MiB free"
}

# An installed hub may listen there itself.
preflight_port() {
  local wanted=${port:-80} holder
  if systemctl is-active --quiet littlehub.socket 2>/dev/null && [ "$(installed_port)" = "$wanted" ]; then
    finding ok "port $wanted is the hub's already"
    return
  fi
  if ! port_is_taken "$wanted"; then
    finding ok "port $wanted is free"
    return
  fi
  holder=$(port_holder "$wanted")
  finding stop "port $wanted is used by ${holder:-another program}" \
    "Stop it (systemctl disable --now ${holder:-NAME}), or take another port: --port 8000"
}

# Where the configuration says https.enabled, the hub needs that port as well; elsewhere it is good to know who has it.
preflight_https_port() {
  local wanted=443 holder
  if wants_https; then wanted=$(https_port); fi
  if ! port_is_taken "$wanted"; then
    if wants_https; then finding ok "port $wanted is free"; fi
  elif held_by_hub "$wanted"; then
    finding ok "port $wanted is the hub's already"
  else
    holder=$(port_holder "$wanted")
    if wants_https; then
      finding stop "port $wanted is used by ${holder:-another program}, and https.enabled is set" \
        "Stop it (systemctl disable --now ${holder:-NAME}), or set https.port."
    else
      finding note "port $wanted is used by ${holder:-another program}" \
        'It may stand in front of the hub (littlehub doctor --snippet nginx), or has to leave before https.enabled is set.'
    fi
  fi
}

# What an earlier installation left may be a configuration alone, without the program that reads it.
wants_https() {
  if [ -x "$install_dir/current/littlehub" ]; then
    speaks_https
  else
    awk '/^[^ #]/ { inside = /^https:/ } inside && /enabled: *true/ { found = 1 } END { exit !found }' "$config_dir/config.yaml" 2>/dev/null
  fi
}

# held_by_hub PORT: by systemd for it, or by the hub itself.
held_by_hub() {
  local pid
  if systemctl is-active --quiet littlehub-https.socket 2>/dev/null; then return 0; fi
  pid=$(systemctl show -p MainPID --value littlehub.service 2>/dev/null) || return 1
  [ "${pid:-0}" != 0 ] && ss -Hltnp "sport = :$1" 2>/dev/null | grep -q "pid=$pid,"
}

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

port_holder() {
  type -P ss >/dev/null || return 0
  ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)".*/\1/p' | head -n 1
}

# Logins, links and certificates expire by the clock.
preflight_clock() {
  local newest
  newest=$(stat -c %Y install.sh)
  if [ "$(date +%s)" -lt "$((newest - 86400))" ]; then
    finding stop "the clock says $(date '+%Y-%m-%d %H:%M'), which is before this installer was made" 'Set it, and keep it right: apt-get install systemd-timesyncd'
  else
    finding ok "the clock says $(date '+%Y-%m-%d %H:%M')"
  fi
}

# Packages are fetched, unless everything is at hand.
preflight_network() {
  local host=${PIP_INDEX_URL:-}
  if [ "$environment_way" = none ] || [ "$environment_way" = existing ] || [ -n "${LITTLEHUB_WHEELS:-}" ]; then return; fi
  host=${host#*://} host=${host%%/*} host=${host##*@} host=${host%%:*}
  if ! has_default_route; then
    finding stop 'no way from this machine to a network' 'Connect it, or install without packages from elsewhere: --user-env existing DIR'
  elif [ -n "$host" ] && ! getent hosts "$host" >/dev/null; then
    finding stop "$host is not known by name" 'Look at the DNS of this machine, and at PIP_INDEX_URL.'
  else
    finding ok 'a way to the network'
  fi
}

has_default_route() {
  awk '$2 == "00000000" { found = 1 } END { exit !found }' /proc/net/route ||
    awk '$1 ~ /^0+$/ && $2 == "00" && $10 != "lo" { found = 1 } END { exit !found }' /proc/net/ipv6_route 2>/dev/null
}

preflight_others() {
  if [ -d /opt/tljh ]; then
    finding note 'The Littlest JupyterHub is installed here' 'Both can be installed, on different ports; its people and files are left alone.'
  fi
  if [ -e /etc/systemd/system/jupyterhub.service ]; then finding note 'a JupyterHub is installed here' 'It is left alone.'; fi
}
