# shellcheck shell=bash
# The installation of this machine: where it lies, which version of it runs, and whether that answers. It is installed as
# well, for falling back.

readonly install_dir=/opt/littlehub
readonly config_dir=/etc/littlehub
readonly data_dir=/var/lib/littlehub

link_to() {
  ln -sfn "$1" "$install_dir/current.new"
  mv -T "$install_dir/current.new" "$install_dir/current"
}

# program_of VERSION WORDS…
program_of() { env -i HOME="${HOME:-/root}" PATH="$PATH" LITTLEHUB_CONFIG="$config_dir/config.yaml" "$install_dir/$1/littlehub" "${@:2}"; }

# Where the configuration says that the data is.
data_folder() {
  local found
  found=$(sed -n 's/^data_dir:[[:space:]]*\([^[:space:]#]*\).*/\1/p' "$config_dir/config.yaml" 2>/dev/null) || true
  printf '%s' "${found:-$data_dir}"
}

wanted_port() { printf '%s' "${port:-$(installed_port)}"; }

installed_port() {
  local found
  found=$(sed -n 's/^ListenStream=\([0-9]*\)$/\1/p' "/etc/systemd/system/littlehub.socket" 2>/dev/null) || true
  printf '%s' "${found:-80}"
}

main_pid() { systemctl show -p MainPID --value littlehub.service; }

# Is the hub that runs the one that was installed, and not an older one?
runs_this_build() {
  local pid
  systemctl is-active --quiet littlehub.service || return 1
  pid=$(main_pid)
  [ "$(readlink -f "/proc/$pid/exe")" = "$(readlink -f "$install_dir/current/littlehub")" ]
}

# Any program may answer on a port; this page has the hub's form.
wait_for_login_page() {
  local base deadline=$((SECONDS + 90))
  base=$(sed -n 's/^base_url:[[:space:]]*\([^[:space:]#]*\).*/\1/p' "$config_dir/config.yaml")
  while [ "$SECONDS" -lt "$deadline" ]; do
    if login_page "${base:-/}hub/login" | grep -qi 'name="_xsrf"\|hub/oauth_login\|^location: https://'; then return 0; fi
    sleep 0.5
  done
  return 1
}

# By the shell's own means: a fresh machine may have no curl.
login_page() {
  local stream
  {
    exec {stream}<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf 'GET %s HTTP/1.1\r\nHost: localhost:%s\r\nConnection: close\r\n\r\n' "$1" "$port" >&"$stream"
    timeout 10 cat <&"$stream"
    exec {stream}>&-
  } 2>/dev/null
}
