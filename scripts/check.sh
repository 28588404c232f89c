#!/usr/bin/env bash
# Every gate of the project, cheapest first; stops at the first that fails. Files as arguments: only those tests.
# Ends with a line "N passed, N failed" of test assertions.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

main() {
  # npm logs and caches below HOME otherwise.
  export npm_config_cache=$PWD/.littlehub/cache/npm npm_config_update_notifier=false
  mkdir -p .littlehub/log
  if [ $# -eq 0 ]; then gates; fi
  tests "$@"
}

gates() {
  gate 'format' npm run --silent format
  gate 'types' npm run --silent types
  gate 'boundaries' npm run --silent boundaries
  gate 'dead code' npm run --silent dead
  gate 'lint' npm run --silent lint
  gate 'shellcheck' shellcheck --external-sources --check-sourced install.sh scripts/test scripts/check.sh scripts/fall-back.sh scripts/machine*.sh \
    .ci/run
}

# gate NAME COMMAND…: says which one is running, how long it took, and, if it fails, which one it was.
gate() {
  local name=$1 began=$SECONDS
  shift
  printf '== %s\n' "$name"
  if "$@" </dev/null; then
    printf '   ok (%d s)\n' "$((SECONDS - began))"
  else
    printf 'The gate "%s" failed: see above. Alone it is run by: %s\n' "$name" "$*"
    verdict 0 1 0
  fi
}

tests() {
  local output=.littlehub/log/test.tap status=0 totals
  printf '== tests\n'
  rm -f "$output"
  run_tests "$output" "$@" || status=$?
  # The runner's own totals are on the one such line that is not indented, the indented ones being those of a part.
  # A test may print any byte, and grep keeps silent about what it takes for binary.
  totals=$(grep -aE '^# \{ total: [0-9]+' "$output" 2>/dev/null | tail -n 1) || true
  local passed failed skipped
  passed=$(of_totals pass)
  failed=$(of_totals fail)
  skipped=$(of_totals skip)
  if [ "$passed" -eq 0 ] && [ "$failed" -eq 0 ]; then
    printf 'No test ran, and that is a failure.\n'
    failed=1
  elif [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
    printf 'The test runner ended with %d although no assertion failed.\n' "$status"
    failed=1
  fi
  verdict "$passed" "$failed" "$skipped"
}

# A terminal gets the runner's own display; a log gets one line per file, and everything about those that failed.
run_tests() {
  local output=$1
  shift
  if [ -t 1 ]; then
    npm run --silent test -- --reporter=base --output-file="$output" "$@" </dev/null
  else
    npm run --silent test -- --reporter=tap "$@" </dev/null | tee "$output" | awk '
      /^not ok / { printf "%s", part; print; part = ""; failed = 1; fflush(); next }
      /^ok / { print; part = ""; failed = 0; fflush(); next }
      /^# Subtest/ { failed = 0 }
      failed { print; next }
      { part = part $0 "\n" }'
  fi
}

of_totals() {
  local number
  number=$(sed -nE "s/.*[{,] $1: ([0-9]+).*/\1/p" <<<"$totals")
  printf '%s' "${number:-0}"
}

# verdict PASSED FAILED SKIPPED: the last line and the exit code.
verdict() {
  local line="$1 passed, $2 failed"
  if [ "$3" -gt 0 ]; then line="$line, $3 skipped"; fi
  printf '%s\n' "$line"
  exit "$(($2 > 0))"
}

main "$@"
