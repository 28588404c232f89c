# shellcheck shell=bash
# The Node packages of this checkout, Node 24 among them, as package-lock.json has them. Needs progress.sh.

# install_node_packages WHAT: WHAT is "runtime" (development packages that are there stay) or "all".
install_node_packages() {
  local what=$1
  if node_packages_current "$what"; then
    finished "ready, $(node_modules/.bin/node --version | sed 's/^v/Node /')"
    return
  fi
  [ ! -L node_modules ] ||
    fail 'node_modules is a symbolic link to packages that do not match package-lock.json.' \
      'Remove the link and run this again.'
  doing 'installing as package-lock.json says'
  quietly npm_ci "$what" ||
    fail_with_log 'npm could not install the packages.' \
      'If the registry cannot be reached, set npm_config_registry to your own mirror and run this again.'
  node_packages_current "$what" ||
    fail_with_log 'npm ended well, but what it installed is not complete. Remove node_modules and run this again.'
  finished "installed, $(node_modules/.bin/node --version | sed 's/^v/Node /')"
}

# The check is a script for Nodes of any age, since it may run before Node 24 is there.
node_packages_current() {
  node scripts/node-packages-current.cjs "$1" >>"$progress_log" 2>&1 &&
    node_modules/.bin/node -e 'process.exit(parseInt(process.versions.node) >= 24 ? 0 : 1)' >>"$progress_log" 2>&1
}

# Install scripts are run one by one rather than by npm: newer versions of npm refuse them, and only one is needed,
# the one by which the package "node" brings the program for this machine. A connection that stalls is given up after a
# minute and tried again; npm's own patience is five.
npm_ci() {
  local omit=(--omit=dev)
  if [ "$1" = all ] || node scripts/node-packages-current.cjs had-development; then omit=(); fi
  npm ci "${omit[@]}" --ignore-scripts --no-audit --no-fund --fetch-timeout=60000 --fetch-retries=4 || return 1
  (cd node_modules/node && node installArchSpecificPackage.js) || return 1
  ln -sf ../node/bin/node node_modules/.bin/node
}
