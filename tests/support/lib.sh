# What the groups' scripts share. A script tests/GROUP/run begins like this:
#
#   #!/usr/bin/env bash
#   # What the group tests, in one line.
#   # packages: gcc clang
#   . "$(dirname "$0")/../support/lib.sh"
#
# It is then in the project's root, has $build, a directory of its own that is removed at the end, and
# queues jobs, which run_jobs runs side by side:
#
#   job NAME COMMAND ARGUMENT...     a command, or a shell function of the script (its commands run under
#                                    set -e); status 0 is `ok NAME`, 77 is `skip NAME: its last line`,
#                                    anything else is `FAIL NAME` with the end of its output
#   run_jobs [SECONDS]               run what is queued, each with this time limit (default 120)
#
# A job that tests many things writes its own `ok`, `FAIL` and `skip` lines to descriptor 3; they count
# instead of the one line for the job. Functions of a job see exported and plain variables, not arrays.

# shellcheck shell=bash
set -uo pipefail
export LC_ALL=C

group=$(basename "$(dirname "$0")")
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 1
build=$(mktemp -d "${TMPDIR:-/tmp}/asyncio-$group.XXXXXX") || exit 1
trap 'rm -rf "$build"' EXIT
trap 'exit 130' INT TERM
parallel=${TEST_JOBS:-$(nproc 2>/dev/null || echo 2)}
queued=0
: "${TEST_LONG:=0}"

# What a user may turn on without a warning from the header, in C and in C++.
STRICT='-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror'
export group root build STRICT TEST_LONG

have()
{
    command -v "$1" >/dev/null 2>&1
}

# Ends the script, loudly, when the group cannot run here: skip_group REASON.
skip_group()
{
    echo "skip $group: $1"
    exit 0
}

# Ends the script unless there is something to test: need_files WHAT FILE...
need_files()
{
    local what=$1
    shift
    [ $# -gt 0 ] && [ -e "$1" ] && return
    echo "FAIL no $what"
    exit 1
}

# In a job: skip it. In a test's source, a line `skip GROUP: reason` in a comment at its top does the same.
skip_job()
{
    echo "$1"
    exit 77
}

skip_if_told()
{
    local reason
    reason=$(sed -n "1,20s/^.*[^a-z]skip $group: *\([^*]*[^* ]\) *\(\*\/\)\{0,1\}$/\1/p" "$1" | sed -n 1p)
    [ -z "$reason" ] || skip_job "$reason"
}

# Switches for a source that is about the core: without what it does not use it compiles in half the time, and the
# switches are tried. switches FILE prints them.
switches()
{
    grep -qE 'async_(stream|server|socket|net_|address|getaddrinfo|getnameinfo|datagram|unix|open_|start_|bytes|handler\(|'\
'transport|protocol|loop_create_(connection|server)|process|signal|create_subprocess|loop_add_signal|spawn|executor|'\
'to_thread|thread|channel|file|run_many|run_in_|run_coroutine|loop_run_in|loop_shutdown)|ASYNCIO_(NET|THREADS|PROCESSES)' "$1" \
        $(sed -n "s,^#include \"\(test_.*\.c\)\".*,$(dirname "$1")/\1,p" "$1") ||
        echo '-DASYNCIO_NET=0 -DASYNCIO_THREADS=0 -DASYNCIO_PROCESSES=0'
}

# In a job: the output of a command must be the text of a file: same_output FILE COMMAND...
same_output()
{
    local expected=$1 actual status=0
    shift
    actual=$(mktemp "$build/out.XXXXXX")
    "$@" >"$actual" || status=$?
    diff -u --label "$expected" --label 'printed' "$expected" "$actual" || return 1
    [ $status = 0 ] || { echo "ended with status $status"; return 1; }
}

job()
{
    printf '%s\0' "$1" >"$build/job.$queued.name"
    shift
    printf '%s\0' "$@" >"$build/job.$queued"
    queued=$((queued + 1))
}

run_job_()
{
    local name status=0 file="$build/job.$1" command=()
    IFS= read -r -d '' name <"$file.name"
    mapfile -d '' -t command <"$file"
    timeout -k 5 "$job_seconds" bash -c 'set -euo pipefail; "$@"' "$name" "${command[@]}" \
        >"$file.log" 2>&1 3>"$file.results" </dev/null || status=$?
    {
        flock 9
        if [ $status != 0 ] && [ $status != 77 ] || grep -q '^FAIL ' "$file.results"; then
            cat "$file.results"
            grep -q '^FAIL ' "$file.results" || printf 'FAIL %s\n' "$name"
            case $status in
            124 | 137) printf '    stopped after %s seconds\n' "$job_seconds" ;;
            esac
            tail -n 60 "$file.log" | cut -c 1-400 | sed 's/^/    /'
        elif [ -s "$file.results" ]; then
            cat "$file.results"
        elif [ $status = 77 ]; then
            printf 'skip %s: %s\n' "$name" "$(tail -n 1 "$file.log")"
        else
            printf 'ok %s\n' "$name"
        fi
    } 9>"$build/lock"
    rm -f "$file.results" "$file.log"
}

run_jobs()
{
    export job_seconds=${1:-120}
    [ "$queued" -gt 0 ] || return 0
    # shellcheck disable=SC2046
    export -f $(compgen -A function)
    seq 0 $((queued - 1)) | xargs -n 1 -P "$parallel" bash -c 'run_job_ "$1"' _
    queued=0
}
