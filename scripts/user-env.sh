# shellcheck shell=bash
# The user environment: which jupyterhub-singleuser the servers are started with, and as whom they run.
# Needs progress.sh, debian.sh and an open workshop; run from the checkout. Results are in the variables set first.
# shellcheck disable=SC2034 # they are read by the script that sources this one

user_env_way=''          # pypi, path or debian
user_env_command=''      # the jupyterhub-singleuser to start, as the configuration names it
user_env_path=''         # PATH for the servers, likewise
servers_run_as=self      # range: each its own unprivileged uid; self: as the hub's own user
more_requirements=''     # a file of requirements besides ours
env_in_config=./env      # the folder env of the workshop, as the configuration names it

readonly requirements=scripts/user-environment.txt
readonly system_path=/usr/local/bin:/usr/bin:/bin
# Only this version of uv is known to build the environment as the tests see it.
readonly uv_requirement='uv==0.13.9'
# The first uid of the range that the hub gives its servers when it is root: the default of spawner.process.first_uid.
readonly first_server_uid=1500000
readonly debian_packages=(jupyter-notebook jupyterhub python3-ipykernel jupyter-server)
# JupyterLab with all it needs, byte-compiled, and what is downloaded for it.
readonly needed_disk_kib=1000000

# decide_who_runs_servers: as root each server gets a uid of its own, unless such a uid cannot reach this checkout.
decide_who_runs_servers() {
  servers_run_as=self
  is_root || return 0
  servers_run_as=range
  runs_as_server test -r "$PWD/scripts" && return 0
  servers_run_as=self
  note "Other users cannot reach ${PWD} ($(why_closed)): the servers of this trial run as root."
}

# prepare_user_environment: finds or makes one, the way LITTLEHUB_USER_ENV says, or else the first of the three that works.
prepare_user_environment() {
  local forced=${LITTLEHUB_USER_ENV:-}
  rm -rf "$workshop/env.new" "$workshop/env.old"
  case $forced in
    '') reuse_recorded || from_pypi uv || from_older || from_path || from_debian || no_way ;;
    pypi) from_pypi uv || fail_with_log 'The user environment could not be made from PyPI.' "$index_remedy" ;;
    pip) from_pypi pip || fail_with_log 'The user environment could not be made by pip.' "$index_remedy" ;;
    path) from_path || fail 'No jupyterhub-singleuser on PATH that the servers can run.' \
      "Install one (python3 -m pip install jupyterhub jupyterlab) or unset LITTLEHUB_USER_ENV." ;;
    debian) from_debian || fail_with_log "Debian's packages could not be installed." "$debian_remedy" ;;
    *) fail "LITTLEHUB_USER_ENV is \"$forced\"; it can be pypi, pip, path or debian." ;;
  esac
  printf '%s %s\n' "$user_env_way" "$user_env_command" >"$workshop/user-environment"
}

readonly index_remedy='If PyPI cannot be reached from here, name your own mirror: export PIP_INDEX_URL=https://…'
readonly debian_remedy="Install them as root: apt-get install --no-install-recommends ${debian_packages[*]}"

no_way() {
  fail_with_log "There is no user environment, and none could be made:" \
    '  - from PyPI: see the lines above' \
    '  - on PATH: no jupyterhub-singleuser that the servers can run' \
    "  - from Debian: $(is_root && echo 'its packages could not be installed' || echo 'only root can install its packages')" \
    'What to do, one of:' \
    '  - connect this machine to PyPI or name a mirror (export PIP_INDEX_URL=https://…), and run this again' \
    "  - on Debian or Ubuntu: sudo apt-get install --no-install-recommends python3-pip, or, without PyPI:" \
    "    sudo apt-get install --no-install-recommends ${debian_packages[*]}"
}

# ---- what an earlier run chose

# A choice once made is kept while it works, so that a machine without PyPI does not wait for it at every start.
reuse_recorded() {
  local way command
  read -r way command 2>/dev/null <"$workshop/user-environment" || return 1
  case $way in
    pypi) env_is_current && use_own_env 'ready' ;;
    path) runs_as_server "$command" --version && use path "$command" "ready, $command" ;;
    debian) runs_as_server "$command" --version && use debian "$command" "$debian_result" ;;
    *) return 1 ;;
  esac
}

# use WAY COMMAND RESULT: notes the choice and closes the step.
use() {
  user_env_way=$1
  user_env_command=$2
  user_env_path=$(dirname "$2"):$system_path
  if [ "$1" = debian ]; then user_env_path=/usr/bin:/bin; fi
  finished "$3"
}

# ---- from PyPI, into the folder env of the workshop

from_pypi() {
  local tool=$1
  if env_is_current; then
    use_own_env 'ready'
    return
  fi
  enough_disk || { note "PyPI's packages need $((needed_disk_kib / 1024)) MiB free in $PWD."; return 1; }
  same_index_for_both
  doing 'looking for Python'
  find_python || { note 'There is no Python 3.10 or newer that the servers can run.'; return 1; }
  find_installer "$tool" || { note 'Neither uv nor pip could be had from PyPI.'; return 1; }
  doing "installing JupyterLab from PyPI for $("$python" --version)"
  quietly build_env || { rm -rf "$workshop/env.new"; note 'PyPI did not give the packages.'; return 1; }
  swap_env
  use_own_env "installed, $("$workshop/env/bin/python" --version)"
}

use_own_env() { use pypi "$env_in_config/bin/jupyterhub-singleuser" "$1, JupyterLab $(sed -n 's/^jupyterlab==//p' "$requirements")"; }

# An environment is taken as it is while the pins are the ones it was made with and its Python still starts
# (an upgrade of the system can take that away) for those who are to run it.
env_is_current() {
  [ "$(cat "$workshop/env/made-from" 2>/dev/null)" = "$(requirements_hash)" ] &&
    runs_as_server "$workshop/env/bin/python" -c 'import jupyterhub'
}

requirements_hash() { cat "$requirements" ${more_requirements:+"$more_requirements"} | sha256sum | cut -d ' ' -f 1; }

enough_disk() { [ "$(df -Pk "$workshop" | awk 'NR == 2 { print $4 }')" -ge "$needed_disk_kib" ]; }

# uv and pip each have their own variable for the index; a mirror that is set for one is meant for both. Packages at hand
# are taken from there alone.
same_index_for_both() {
  if [ -n "${LITTLEHUB_WHEELS:-}" ]; then from_wheels=(--no-index --find-links "$LITTLEHUB_WHEELS"); fi
  local index=${PIP_INDEX_URL:-${UV_DEFAULT_INDEX:-${UV_INDEX_URL:-}}}
  if [ -n "$index" ]; then
    export PIP_INDEX_URL=$index
    [ -n "${UV_INDEX_URL:-}" ] || export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}
  fi
}

from_wheels=()

# Sets python. Root prefers the system's own: one below root's home cannot be run by the servers' uids.
find_python() {
  local candidate candidates=()
  mapfile -t candidates < <(type -aP python3)
  if is_root; then candidates=(/usr/bin/python3 "${candidates[@]}"); else candidates+=(/usr/bin/python3); fi
  for candidate in "${candidates[@]}"; do
    python=$candidate
    runs_as_server "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' && return 0
  done
  is_root && has_apt && install_packages 'a Python that the servers can run' python3 &&
    python=/usr/bin/python3 &&
    runs_as_server "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))'
}
python=''

# find_installer uv|pip: sets uv, or else pip_path. Each is looked for on this machine before it is downloaded.
find_installer() {
  pip_path=''
  if [ "$1" = uv ]; then
    find_uv && return 0
    doing 'getting uv'
    if find_pip && quietly download_uv && find_uv; then return 0; fi
  fi
  uv=''
  doing 'getting pip'
  find_pip && quietly download_pip && pip_path=$workshop/pip
}
uv=''
pip_python=''
pip_path=''

# An old uv on PATH may lack what is used here.
find_uv() {
  for uv in "$(type -P uv)" "$workshop/uv/bin/uv"; do
    if [ -x "$uv" ] && "$uv" venv --help 2>>"$progress_log" | grep -q -- --relocatable; then return 0; fi
  done
  return 1
}

# Sets pip_python (and pip_path where the system has pip only inside a package that anybody may download).
find_pip() {
  pip_from_wheels && return 0
  for pip_python in "$python" $(type -aP python3); do
    pip --version >>"$progress_log" 2>&1 && return 0
  done
  pip_python=$python
  has_apt || return 1
  quietly download_debian_pip && pip_path=$(ls "$workshop"/debian-pip/usr/share/python-wheels/pip-*.whl) &&
    pip --version >>"$progress_log" 2>&1 && return 0
  pip_path=''
  is_root && install_packages 'pip, to install JupyterLab' python3-pip
}

# pip's own package can be run as it is.
pip_from_wheels() {
  [ -n "${LITTLEHUB_WHEELS:-}" ] || return 1
  pip_python=$python
  pip_path=$(find "$LITTLEHUB_WHEELS" -maxdepth 1 -name 'pip-*.whl' | head -n 1)
  [ -n "$pip_path" ]
}

pip() { env PYTHONPATH="$pip_path" PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 "$pip_python" -m pip "$@"; }

# pip retries for minutes by default; an index that cannot be reached is to be noticed in seconds.
pip_install() { pip install --no-input --retries 1 --timeout 20 "${from_wheels[@]}" "$@"; }

download_uv() {
  rm -rf "$workshop/uv"
  pip_install --target "$workshop/uv.new" "$uv_requirement" && mv "$workshop/uv.new" "$workshop/uv"
}

download_pip() {
  rm -rf "$workshop/pip" "$workshop/pip.new"
  pip_install --target "$workshop/pip.new" pip && mv "$workshop/pip.new" "$workshop/pip"
}

download_debian_pip() {
  rm -rf "$workshop/debian-pip"
  mkdir -p "$workshop/debian-pip" || return 1
  (cd "$workshop/debian-pip" && apt-get download python3-pip-whl && dpkg-deb -x ./*.deb .)
}

# Built beside the old one and renamed when it is whole. Scripts in it find their Python relative to themselves.
build_env() {
  local env=$workshop/env.new
  rm -rf "$env"
  install_env "$env" "$requirements" || return 1
  requirements_hash >"$env/made-from" || return 1
  runs_as_server "$env/bin/jupyterhub-singleuser" --version && runs_as_server "$env/bin/jupyter-lab" --version
}

# install_env ENV REQUIREMENTS: with what find_python and find_installer found.
install_env() { if [ -n "$uv" ]; then build_with_uv "$@"; else build_with_pip "$@"; fi; }

# Byte-compiled, since those who run it cannot write into it: a server starts in two thirds of the time.
build_with_uv() {
  "$uv" venv --relocatable --python "$python" "$1" &&
    "$uv" pip install --python "$1/bin/python" --compile-bytecode "${from_wheels[@]}" -r "$2" ${more_requirements:+-r "$more_requirements"}
}

build_with_pip() {
  "$python" -m venv --without-pip "$1" || return 1
  pip_python=$1/bin/python
  pip_install -r "$2" ${more_requirements:+-r "$more_requirements"} && make_scripts_relative "$1/bin"
}

make_scripts_relative() {
  local script
  for script in "$1"/*; do
    if [ ! -L "$script" ] && head -n 1 "$script" | grep -q "^#!.*/env.new/bin/python"; then
      sed -i "1c #!/bin/sh\n'''exec' \"\$(dirname -- \"\$(realpath -- \"\$0\")\")\"/python \"\$0\" \"\$@\"\n' '''" "$script"
    fi
  done
}

swap_env() {
  [ ! -e "$workshop/env" ] || mv "$workshop/env" "$workshop/env.old"
  mv "$workshop/env.new" "$workshop/env"
  rm -rf "$workshop/env.old"
}

# from_older: an environment of earlier pins is better than none, when the new ones cannot be had.
from_older() {
  runs_as_server "$workshop/env/bin/jupyterhub-singleuser" --version || return 1
  use pypi "$env_in_config/bin/jupyterhub-singleuser" 'keeping the one made earlier, with older packages'
}

# ---- an existing one on PATH

from_path() {
  local command
  for command in $(type -aP jupyterhub-singleuser); do
    case $command in
      "$workshop"/*) continue ;;
      /usr/bin/* | /bin/*) is_debians "$command" && continue ;;
    esac
    if runs_as_server "$command" --version; then
      use path "$command" "using $command, found on PATH"
      return 0
    fi
    note "$command is on PATH, but the servers cannot run it."
  done
  return 1
}

is_debians() { has_apt && dpkg-query -S /usr/bin/jupyterhub-singleuser >>"$progress_log" 2>&1; }

# ---- Debian's packages: the classic Notebook 6

readonly debian_result="ready, Debian's classic Notebook (LITTLEHUB_USER_ENV=pypi tries for JupyterLab again)"

from_debian() {
  has_apt || return 1
  if [ -n "$(missing_packages "${debian_packages[@]}")" ]; then
    is_root || return 1
    doing "installing Debian's classic Notebook"
    install_packages 'the user environment, since nothing else is there' "${debian_packages[@]}" || return 1
  fi
  runs_as_server /usr/bin/jupyterhub-singleuser --version || return 1
  use debian /usr/bin/jupyterhub-singleuser "$debian_result"
}

# ---- as whom

# runs_as_server PROGRAM…: does it run as the servers will, with next to nothing in the environment?
runs_as_server() { as_server "$@" >>"$progress_log" 2>&1; }

as_server() {
  local who=()
  if [ "$servers_run_as" = range ]; then
    who=(setpriv --reuid="$first_server_uid" --regid="$first_server_uid" --clear-groups --)
  fi
  (cd / && exec "${who[@]}" env -i HOME=/nonexistent LANG=C.UTF-8 PATH="$(dirname "$1"):$system_path" "$@")
}

why_closed() {
  local folder=$PWD closed=''
  while [ "$folder" != / ]; do
    [ -n "$(find "$folder" -maxdepth 0 -perm -o=x)" ] || closed=$folder
    folder=$(dirname "$folder")
  done
  if [ -n "$closed" ]; then printf '%s is closed to them' "$closed"; else printf 'no uid like %s here' "$first_server_uid"; fi
}
