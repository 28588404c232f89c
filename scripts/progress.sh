# shellcheck shell=bash
# Progress on the terminal: numbered steps with elapsed seconds, quiet sub-commands whose output goes to one log.

progress_log=''
progress_steps=0
progress_step=0
progress_name=''
progress_doing=''
progress_began=$SECONDS
progress_printed=''
progress_child=''
progress_patient=no
progress_patient_interrupted=no

# begin_progress STEPS LOG: how many steps will follow, and the file for the output of what they run.
begin_progress() {
  progress_steps=$1
  progress_log=$2
}

# Is somebody watching a terminal, where a line can be redrawn?
on_terminal() { [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; }

# step NAME: begins the next numbered step.
step() {
  progress_step=$((progress_step + 1))
  progress_name=$1
  progress_began=$SECONDS
  progress_printed=''
}

# doing WHAT: says what this step does now; a terminal shows its seconds running.
doing() {
  progress_doing=$1
  draw_progress
}

# finished RESULT: the step's closing line.
finished() {
  clear_progress
  printf '%s: %s (%d s)\n' "$(progress_title)" "$1" "$((SECONDS - progress_began))"
}

# note TEXT: one line between steps.
note() {
  clear_progress
  printf '      %s\n' "$1"
}

# quietly COMMAND…: runs it with its output in the log and the seconds running; its status is the result.
# The command (or shell function, in a subshell) has a process group of its own, so that all of it can be stopped.
quietly() {
  local status=0
  printf '\n$ %s\n' "$*" >>"$progress_log"
  set -m
  "$@" </dev/null >>"$progress_log" 2>&1 &
  progress_child=$!
  set +m
  while kill -0 "$progress_child" 2>/dev/null; do
    sleep 0.2
    draw_progress
  done
  wait "$progress_child" || status=$?
  progress_child=''
  return "$status"
}

# patiently COMMAND…: like quietly, for what must not be cut off in the middle (a package manager at work).
patiently() {
  local status=0
  progress_patient=yes
  quietly "$@" || status=$?
  progress_patient=no
  [ "$progress_patient_interrupted" = no ] || exit 130
  return "$status"
}

# fail MESSAGE…: says on standard error what happened and what to do, one argument a line, and ends with 1.
fail() {
  clear_progress
  {
    [ -z "$progress_name" ] || printf '%s: failed after %d s\n' "$(progress_title)" "$((SECONDS - progress_began))"
    printf '%s\n' "$@"
  } >&2
  exit 1
}

# fail_with_log MESSAGE…: the same, after the last lines of the log.
fail_with_log() {
  clear_progress
  {
    printf 'The last lines of %s:\n' "$progress_log"
    tail -n 15 "$progress_log" | sed 's/^/    /'
  } >&2
  fail "$@"
}

# To be set as trap for INT and TERM: stops the running sub-command with everything it started.
interrupted() {
  if [ -n "$progress_child" ] && [ "$progress_patient" = yes ]; then
    progress_patient_interrupted=yes
    note 'Stopping as soon as the package manager is done.'
    return
  fi
  trap '' INT TERM
  if [ -n "$progress_child" ]; then
    kill -TERM -- "-$progress_child" 2>/dev/null || true
    wait "$progress_child" 2>/dev/null || true
  fi
  clear_progress
  printf 'Interrupted. Running the same command again goes on from here.\n' >&2
  exit 130
}

progress_title() { printf '[%d/%d] %s' "$progress_step" "$progress_steps" "$progress_name"; }

# A terminal's line is redrawn; a log gets a line when a sub-command begins, and one every half minute.
draw_progress() {
  local elapsed=$((SECONDS - progress_began)) line
  line="$(progress_title): $progress_doing …"
  if on_terminal; then
    printf '\r\033[K%s %d s' "$line" "$elapsed"
  elif [ -n "$progress_child" ] && [ "$progress_printed" != "$progress_doing $((elapsed / 30))" ]; then
    progress_printed="$progress_doing $((elapsed / 30))"
    if [ "$elapsed" -ge 30 ]; then line="$line $elapsed s"; fi
    printf '%s\n' "$line"
  fi
}

clear_progress() { if on_terminal; then printf '\r\033[K'; fi; }
