# shellcheck shell=bash
# Debian packages: which are missing, and installing them as root, saying which and why.

is_root() { [ "$(id -u)" = 0 ]; }

has_apt() { type -P apt-get >/dev/null && type -P dpkg-query >/dev/null; }

# missing_packages NAME…: prints those that are not installed.
missing_packages() {
  local name
  for name in "$@"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || printf '%s\n' "$name"
  done
}

# install_packages WHY NAME…: installs what is missing. Needs root and apt; its status tells whether all are there.
install_packages() {
  local why=$1 missing
  shift
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  note "Installing Debian packages ($why): ${missing[*]}"
  patiently apt_install "${missing[@]}"
}

# An apt list can be missing (a container image) or too old for what the mirror still has.
apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  apt_get_install "$@" && return 0
  apt-get update && apt_get_install "$@"
}

# Debian's jupyterhub comes with a system service that would start at once, and at every boot, on our port:
# packages are installed without starting anything, and that service is left switched off.
apt_get_install() {
  local had_hub=no
  [ -n "$(missing_packages jupyterhub)" ] || had_hub=yes
  SYSTEMD_OFFLINE=1 apt-get install -y --no-install-recommends "$@" || return 1
  if [ "$had_hub" = no ] && [ -e /etc/systemd/system/multi-user.target.wants/jupyterhub.service ]; then
    deb-systemd-helper disable jupyterhub.service || true
  fi
}
