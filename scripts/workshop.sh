# shellcheck shell=bash
# A folder as workshop: one run at a time, a log, and caches that stay inside. Needs progress.sh.

workshop='' # its absolute path

# open_workshop DIR: makes the folders, takes the lock (waiting for another run), begins the log, sets the caches.
open_workshop() {
  workshop=$1
  # What is made here is read by servers with other uids.
  umask 022
  if ! mkdir -p "$workshop/log" "$workshop/cache" 2>/dev/null || ! [ -w "$workshop" ] || ! [ -w "$workshop/log" ]; then
    fail "$workshop cannot be written by $(id -un)." 'Run this as the user who made it, or remove that folder.'
  fi
  chmod 755 "$workshop"
  exec 9>"$workshop/lock"
  if ! flock --nonblock 9; then
    printf 'Waiting for another run in this folder to finish setting up.\n'
    flock 9
  fi
  : >"$progress_log"
  keep_caches_inside
  trap interrupted INT TERM
}

# close_workshop: lets the next run in.
close_workshop() {
  trap - INT TERM
  exec 9>&-
}

keep_caches_inside() {
  local cache=$workshop/cache
  export npm_config_cache=$cache/npm npm_config_update_notifier=false
  export UV_CACHE_DIR=$cache/uv PIP_CACHE_DIR=$cache/pip XDG_CACHE_HOME=$cache
  # No Python is downloaded, and a certificate authority that this machine trusts is trusted.
  export UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=true
  export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
  unset PYTHONHOME PYTHONPATH VIRTUAL_ENV
}
