#!/usr/bin/env bash
# Installs littlehub on this machine, or sets up a trial of it in this folder. By itself (curl … | sudo bash) it fetches
# the release it belongs to; beside scripts/ it installs what lies there.
set -euo pipefail

# What `curl … | sudo bash` fetches; another place by LITTLEHUB_RELEASE_URL.
readonly release_url=https://github.com/littlehub/littlehub/releases

usage() {
  cat <<'HELP'
Usage: sudo ./install.sh [options]              installs littlehub as a service of this machine
       sudo ./install.sh --uninstall [--purge]  removes it
       ./install.sh --try [--port N]            a trial in this folder, in the foreground

Installing again changes what differs and keeps everything else: people, their files, the configuration. It is also how
an installation is brought to another version. Interrupted, the same command goes on.

Installing
  --admin NAME         make NAME an administrator, and print the link with which they set their password
  --port N             people reach the hub at this port of this machine (80)
  --user-env WAY       what servers run: "pypi" (JupyterLab, the default), "none", "existing DIR" (a Python environment
                       with jupyterhub), "pip-requirements FILE" (your own list of packages, beside ours)
  --version VERSION    another version than the newest
  --offline ARCHIVE    install this release archive; nothing is downloaded for the program itself
  --no-start           do not start the service
  --dry-run            say what would be done, and change nothing
  --uninstall          remove the program and its units; people's files, the database and the configuration stay
  --purge              with --uninstall: those too, and the accounts that the hub made, after asking
  --yes                do not ask

The trial
  --try                set up everything under .littlehub/ and run the hub on http://127.0.0.1:8000 until Ctrl-C.
                       Nothing outside this folder is changed, except that root installs missing Debian packages.
  --port N             listen on this port of 127.0.0.1
  --no-start           set up everything, but do not run the hub
  --reset              first delete the trial's data and configuration, after asking

  --help               this text

Environment
  LITTLEHUB_RELEASE_URL  a mirror of the releases
  LITTLEHUB_WHEELS       a folder of Python packages to install from, in the place of PyPI
  LITTLEHUB_USER_ENV     the trial: where Jupyter comes from. Unset: the first of these that works.
                           pypi    JupyterLab from PyPI, installed by uv (pip: the same by plain pip)
                           path    the jupyterhub-singleuser found on PATH
                           debian  Debian's packages: the classic Notebook
  PIP_INDEX_URL          a mirror of PyPI
  npm_config_registry    a mirror of the npm registry
HELP
}

main() {
  parse_options "$@"
  if [ -n "$offline" ] && [ -z "${unpacked_release:-}" ]; then continue_from_archive "$offline" "$@"; fi
  own=$(own_folder) || continue_from_release "$@"
  cd "$own"
  read_scripts
  case $what in
    trial) run_trial ;;
    install) install_on_machine ;;
    uninstall) remove_from_machine ;;
  esac
}

# ---- options

what=install
start=yes
reset=no
confirmed=no
dry_run=no
purge=no
port=''
admin=''
version=''
offline=''
environment_way=pypi
environment_source=''

parse_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}"; continue ;;
      --try) what=trial ;;
      --uninstall) what=uninstall ;;
      --purge) purge=yes ;;
      --no-start) start=no ;;
      --dry-run) dry_run=yes ;;
      --reset) reset=yes ;;
      --yes) confirmed=yes ;;
      --port) port=${2:-}; check_port; shift ;;
      --admin) admin=${2:-}; check_admin; shift ;;
      --version) version=${2:-}; check_version; shift ;;
      --offline) offline=${2:-}; check_archive; shift ;;
      --user-env) environment_way=${2:-}; environment_source=${3:-}; check_environment; shift "$environment_words" ;;
      --help | -h) usage; exit 0 ;;
      *) misused "Unknown option: $1" ;;
    esac
    shift
  done
  check_combination
}
environment_words=1

check_port() {
  if ! [[ $port =~ ^[0-9]{1,5}$ ]] || ((10#$port < 1 || 10#$port > 65535)); then
    misused "--port takes a number from 1 to 65535, not \"$port\""
  fi
  port=$((10#$port))
}

check_admin() {
  [[ $admin =~ ^[A-Za-z0-9][A-Za-z0-9._@+-]*$ ]] || misused "--admin takes a user name, not \"$admin\"; passwords are set by link, never on a command line"
}

check_version() { [[ $version =~ ^[0-9][0-9A-Za-z.+-]*$ ]] || misused "--version takes a version such as 0.1.0, not \"$version\""; }

check_archive() { [ -f "$offline" ] || misused "--offline takes a release archive; there is no file \"$offline\""; }

check_environment() {
  environment_words=1
  case $environment_way in
    pypi | none) environment_source='' ;;
    existing)
      environment_words=2
      [ -x "$environment_source/bin/jupyterhub-singleuser" ] || misused "--user-env existing takes the folder of a Python environment; there is no \"$environment_source/bin/jupyterhub-singleuser\""
      ;;
    pip-requirements)
      environment_words=2
      [ -f "$environment_source" ] || misused "--user-env pip-requirements takes a file of requirements; there is no \"$environment_source\""
      environment_source=$(readlink -f "$environment_source")
      ;;
    *) misused "--user-env takes pypi, none, existing DIR or pip-requirements FILE, not \"$environment_way\"" ;;
  esac
}

check_combination() {
  if [ "$purge" = yes ] && [ "$what" != uninstall ]; then misused '--purge belongs to --uninstall'; fi
  if [ "$reset" = yes ] && [ "$what" != trial ]; then misused '--reset belongs to --try'; fi
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

# ---- where the rest of it is

# The folder of this script, if the scripts it needs are beside it; a script that comes through a pipe has none.
own_folder() {
  local here
  [ -f "${BASH_SOURCE[0]:-}" ] || return 1
  here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
  [ -f "$here/scripts/progress.sh" ] && printf '%s' "$here"
}

# Goes on as the install.sh of a release archive, which is unpacked and removed at the end.
continue_from_archive() {
  local archive=$1 folder status=0
  shift
  folder=$(mktemp -d)
  if ! tar -xzf "$archive" -C "$folder" --strip-components=1 --no-same-owner || ! [ -f "$folder/install.sh" ]; then
    rm -rf "$folder"
    misused_by "$archive is no release archive of littlehub." 'Fetch it again, and compare it with SHA256SUMS.'
  fi
  unpacked_release=yes "$BASH" "$folder/install.sh" "$@" || status=$?
  rm -rf "$folder"
  exit "$status"
}

continue_from_release() {
  local folder archive place status=0
  type -P curl >/dev/null || misused_by 'curl is needed to fetch the release.' 'Install it (apt-get install curl) and run this again.'
  place=${LITTLEHUB_RELEASE_URL:-$release_url}/$([ -n "$version" ] && printf 'download/v%s' "$version" || printf 'latest/download')
  folder=$(mktemp -d)
  printf 'Fetching littlehub from %s\n' "$place"
  if ! curl -fsSL --retry 3 -o "$folder/SHA256SUMS" "$place/SHA256SUMS"; then
    rm -rf "$folder"
    misused_by "There is no release at $place, or it cannot be reached." 'Name a mirror in LITTLEHUB_RELEASE_URL, or fetch the archive elsewhere and use --offline ARCHIVE.'
  fi
  archive=$(sed -n "s/.*  \(littlehub-[^ ]*-linux-$(release_arch)\.tar\.gz\)$/\1/p" "$folder/SHA256SUMS" | tail -n 1)
  [ -n "$archive" ] || misused_by "There is no release for the processor of this machine ($(uname -m))."
  if ! curl -fL --retry 3 --progress-bar -o "$folder/$archive" "$place/$archive" ||
    ! (cd "$folder" && sha256sum --check --ignore-missing --quiet SHA256SUMS); then
    rm -rf "$folder"
    misused_by "$archive could not be fetched whole." 'Run this again.'
  fi
  (continue_from_archive "$folder/$archive" "$@") || status=$?
  rm -rf "$folder"
  exit "$status"
}

release_arch() {
  case $(uname -m) in
    x86_64) printf x64 ;;
    aarch64) printf arm64 ;;
    *) uname -m ;;
  esac
}

read_scripts() {
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
  # shellcheck source=scripts/trial.sh
  . scripts/trial.sh
  # shellcheck source=scripts/preflight.sh
  . scripts/preflight.sh
  # shellcheck source=scripts/units.sh
  . scripts/units.sh
  # shellcheck source=scripts/installation.sh
  . scripts/installation.sh
  # shellcheck source=scripts/hub-account.sh
  . scripts/hub-account.sh
  # shellcheck source=scripts/service-install.sh
  . scripts/service-install.sh
  # shellcheck source=scripts/service-remove.sh
  . scripts/service-remove.sh
}

# At the end, so that half of a download does nothing.
main "$@"
