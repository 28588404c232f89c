#!/usr/bin/env bash
# Makes the root file system that the tests boot as a machine of their own: a small Debian (or Ubuntu) like this one,
# from this machine's own mirror. Made once, kept in .littlehub/machine, made again when this script changes.
# Prints where it is.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

# What the image of a cloud provider has as well, and the Python of the user environment.
readonly packages=systemd,systemd-sysv,dbus,libpam-systemd,adduser,passwd,sudo,iproute2,procps,curl,ca-certificates,openssl,python3

main() {
  local root
  root=.littlehub/machine/root-$(sha256sum <"${BASH_SOURCE[0]}" | cut -c 1-12)
  umask 022
  mkdir -p .littlehub/machine
  exec 9>.littlehub/machine/lock
  flock 9
  if [ ! -d "$root" ]; then
    rm -rf .littlehub/machine/root-*.new
    # shellcheck source=/dev/null
    (. /etc/os-release && make_root "$root.new" "$VERSION_CODENAME")
    mv "$root.new" "$root"
  fi
  touch "$root"
  # Other versions of this script may still use theirs, in other checkouts with the same .littlehub.
  find .littlehub/machine -maxdepth 1 -name 'root-*' -mtime +2 -exec rm -rf {} +
  printf '%s\n' "$PWD/$root"
}

make_root() {
  local root=$1 suite=$2 mirror
  mirror=$(own_mirror "$suite")
  [ -n "$mirror" ] || { printf 'The apt sources of this machine name no mirror of %s.\n' "$suite" >&2; return 1; }
  # A machine that is thrown away need not survive a power cut while it is made.
  DEBIAN_FRONTEND=noninteractive DPKG_FORCE=unsafe-io SYSTEMD_OFFLINE=1 \
    debootstrap --variant=minbase --include="$packages" "$suite" "$root" "$mirror" >&2
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*_*
  rm -f "$root/etc/hostname" "$root/etc/resolv.conf"
  # Each machine is to be one of its own, and none is to ask questions when it first boots.
  : >"$root/etc/machine-id"
  ln -sf /usr/share/zoneinfo/UTC "$root/etc/localtime"
}

# own_mirror SUITE: of the files that apt itself reads, in either of its formats.
own_mirror() {
  # shellcheck disable=SC2016 # these are names of apt's, not of this shell's
  apt-get indextargets --format '$(REPO_URI) $(RELEASE)' | awk -v suite="$1" '$2 == suite { print $1; exit }'
}

main "$@"
