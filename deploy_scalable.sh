#!/usr/bin/env bash
# Lectern from one command. This file is glue: the work is done by deploy/bootstrap.py (setup),
# workers/local (the local stack) and deploy/check.py (Docker and Render).
set -euo pipefail

caller_folder=$PWD
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
root=$PWD
python=$root/.venv/bin/python

usage() {
  cat <<'TEXT'
Usage: ./deploy_scalable.sh COMMAND

  setup                         make .venv with everything in it; quick when there is nothing to do
  local [--foreground] [--port N]
                                start API (:5000, or a free port), workers, beat, Flower, PostgreSQL and Redis
  status                        what runs, since when, and whether it is well; exit 0 only if all is
  stop                          stop what `local` started; the data stays in .lectern/
  demo [RECORDING] [--deck PDF|PPTX] [--out DIR]
                                from a recording to a study guide, on the local stack
  test [PYTEST ARGUMENTS]       linters, types, import rules, tests
  bench [NAME]                  run a benchmark; without NAME: list them
  docker                        check docker-compose.yml, and start it if Docker is there
  render                        check render.yaml, and say how to deploy it

DATABASE_URL and REDIS_URL, when set, are used instead of servers of our own; USE_CELERY=false runs
everything in one process; AUTO_SCALE=true starts more workers while work waits. LECTERN_STATE moves
the state folder (.lectern/). All settings: .env.example
TEXT
}

fail() {
  printf 'deploy_scalable.sh: %s\n' "$1" >&2
  exit "${2:-1}"
}

wrong_use() {
  printf 'deploy_scalable.sh: %s\nTry ./deploy_scalable.sh --help\n' "$1" >&2
  exit 2
}

no_more() {
  [ $# -eq 0 ] || wrong_use "unexpected argument: $1"
}

# A path as the caller meant it: relative to where they called from.
from_caller() {
  case $1 in
    /*) printf '%s' "$1" ;;
    *) printf '%s/%s' "$caller_folder" "$1" ;;
  esac
}

# The newest Python from 3.11 on that runs (a version manager's shim may not) and can make virtual
# environments; failing that, the newest that runs, and the setup says what it lacks.
find_python() {
  local wants second_choice=''
  for candidate in python3.13 python3.12 python3.11 python3; do
    wants='import sys; sys.exit(sys.version_info < (3, 11))'
    "$candidate" -c "$wants" >/dev/null 2>&1 || continue
    if "$candidate" -c 'import venv, ensurepip' >/dev/null 2>&1; then
      printf '%s' "$candidate"
      return
    fi
    second_choice=${second_choice:-$candidate}
  done
  [ -n "$second_choice" ] || fail 'no Python 3.11 or newer found (tried python3.13, python3.12, python3.11, python3)'
  printf '%s' "$second_choice"
}

setup() {
  local chosen
  chosen=$(find_python)
  "$chosen" deploy/bootstrap.py
}

stack() {
  "$python" -m workers.local "$@"
}

demo() {
  local recording='' out=demo-out deck=()
  while [ $# -gt 0 ]; do
    case $1 in
      --out)
        [ $# -ge 2 ] || wrong_use '--out needs a folder'
        out=$2
        shift
        ;;
      --out=*) out=${1#--out=} ;;
      --deck)
        [ $# -ge 2 ] || wrong_use '--deck needs a PDF or PPTX'
        deck=(--deck "$(from_caller "$2")")
        shift
        ;;
      -*) wrong_use "unknown option: $1" ;;
      *)
        [ -z "$recording" ] || wrong_use "one recording only, please (got $recording and $1)"
        recording=$1
        ;;
    esac
    shift
  done
  if [ -n "$recording" ]; then recording=$(from_caller "$recording"); else recording=$root/samples/lecture.mp4; fi
  out=$(from_caller "$out")
  [ ! -d "$recording" ] || fail "that is a folder, not a recording: $recording"
  [ -f "$recording" ] || fail "no such recording: $recording"
  [ ${#deck[@]} -eq 0 ] || [ -f "${deck[1]}" ] || fail "no such deck: ${deck[1]}"
  setup
  # Exit code 3: nothing runs yet, so what the demo starts it also stops.
  local before=0
  stack status --quiet || before=$?
  if [ "$before" -eq 3 ]; then trap 'stack down' EXIT; fi
  stack up
  local LECTERN_URL
  LECTERN_URL=$(stack env LECTERN_URL)
  export LECTERN_URL
  .venv/bin/lectern demo "$recording" --out "$out" ${deck[@]+"${deck[@]}"}
}

run_tests() {
  setup
  step .venv/bin/ruff check .
  step .venv/bin/ruff format --check .
  step .venv/bin/mypy
  step .venv/bin/lint-imports
  # A process for each core; tests/sharing.py says which tests stay together.
  step "$python" -m pytest -n logical --maxprocesses 4 --dist loadgroup --no-loadscope-reorder "$@"
}

step() {
  printf '==> %s\n' "${*#"$root"/}"
  "$@"
}

bench() {
  local names
  # Only what can be run, a file or a package: other files there are helpers of these.
  names=$(grep -l '__name__ == "__main__"' benchmarks/[!_]*.py benchmarks/*/__main__.py 2>/dev/null |
    sed 's|/__main__\.py$||; s|.*/||; s|\.py$||' | sort || true)
  if [ $# -eq 0 ]; then
    printf 'Benchmarks:\n%s\n' "${names:-(none yet)}"
    return
  fi
  grep -qxF -- "$1" <<<"$names" || wrong_use "no benchmark named $1; there are: ${names//$'\n'/, }"
  setup
  "$python" -m "benchmarks.$1" "${@:2}"
}

docker_stack() {
  setup
  "$python" -m deploy.check compose
  if ! docker compose version >/dev/null 2>&1 || ! docker info >/dev/null 2>&1; then
    printf 'No Docker engine answers here. Where one does, with .env made from .env.example:\n'
    printf '  docker compose up -d --build\n'
    return
  fi
  [ -f .env ] || fail 'no .env: copy .env.example to .env and set the passwords in it'
  docker compose up -d --build
  printf 'API http://localhost:5000   Flower http://localhost:5555   stop: docker compose down\n'
}

render() {
  setup
  "$python" -m deploy.check render
  cat <<'TEXT'
To deploy: push this branch to GitHub or GitLab, then in Render's dashboard choose New > Blueprint and
pick the repository. Render asks for the values marked `sync: false`.
Before that, read docs/deployment.md: jobs do not run to their end there until files have a shared store.
TEXT
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
  setup)
    no_more "$@"
    setup
    ;;
  local)
    setup
    exec "$python" -m workers.local up "$@" # in the foreground, a signal has to reach it
    ;;
  status | stop)
    no_more "$@"
    [ -x "$python" ] || fail 'not set up yet: run ./deploy_scalable.sh setup'
    if [ "$command" = stop ]; then stack down; else stack status; fi
    ;;
  demo) demo "$@" ;;
  test) run_tests "$@" ;;
  bench) bench "$@" ;;
  docker)
    no_more "$@"
    docker_stack
    ;;
  render)
    no_more "$@"
    render
    ;;
  -h | --help | help) usage ;;
  '')
    usage >&2
    exit 2
    ;;
  *) wrong_use "unknown command: $command" ;;
esac
