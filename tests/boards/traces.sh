# The traces of tests/traces on a board: the same text as on the host, on the bare loop, from static memory (host/). What
# is not for boards is in LEFT_OUT, a line `pattern: reason`.
# shellcheck shell=bash

# trace_reason NAME: why it is left out; nothing if it is not.
trace_reason()
{
    local pattern reason
    while IFS=: read -r pattern reason; do
        # shellcheck disable=SC2254
        case $1 in $pattern) echo "${reason# }"; return ;; esac
    done <tests/boards/LEFT_OUT
}

# Compiles a file of this: trace_object BOARD SOURCE OBJECT FLAG...
trace_object()
{
    # shellcheck disable=SC2046,SC2086
    $(compiler_of "$1") -Os $STRICT -fno-tree-loop-distribute-patterns -ffunction-sections -fdata-sections "${@:4}" -c "$2" -o "$3"
}

# trace_table NAME...: what host.c has to be told.
trace_table()
{
    local name
    echo '#include "host.h"'
    for name; do
        echo "int main_$name(void);"
    done
    echo 'const host_trace host_traces[] = {'
    for name; do
        echo "    { \"$name\", main_$name },"
    done
    echo '    { 0, 0 } };'
}

# trace_image BOARD DIRECTORY IMAGE NAME...: an image that runs them in turn.
trace_image()
{
    local board=$1 dir=$2 image=$3
    trace_table "${@:4}" >"$image.c"
    trace_object "$board" "$image.c" "$image.o" -Itests/boards/host
    # shellcheck disable=SC2046,SC2059
    $(compiler_of "$board") $(linking_of "$board") "$dir/startup.o" "$dir/host.o" "$image.o" $(printf "$dir/main_%s.o " "${@:4}") -lgcc -o "$image"
    echo "$image" >>"$build/images"
}

# All that are not left out, or one in so many. An AVR has RAM for one at a time, so each is an image there.
traces()
{
    local board=$1 every=$2 name number=0 status dir=$build/traces.$1 names='' few='' same=0
    mkdir "$dir"
    [ "$TEST_LONG" = 0 ] || every=1
    trace_object "$board" "examples/boards/$board/startup.c" "$dir/startup.o" -Iinclude -Iexamples/boards
    trace_object "$board" tests/boards/host/host.c "$dir/host.o" -Itests/boards/host "-Iexamples/boards/$board" -Iexamples/boards
    for name in tests/traces/*.c; do
        name=$(basename "$name" .c)
        [ -z "$(trace_reason "$name")" ] || continue
        [ $((number++ % every)) = 0 ] || continue
        trace_object "$board" "tests/traces/$name.c" "$dir/main_$name.o" "-Dmain=main_$name" -Itests/boards/host -Itests/traces
        names="$names $name"
    done
    case $board in
    avr-*)
        for name in $names; do
            status=0
            trace_image "$board" "$dir" "$dir/$name" "$name"
            emulate "$board" "$dir/$name" </dev/null >"$dir/out" 2>/dev/null || status=$?
            case $status in
            0) cat "$dir/out" >>"$dir/all.out" ;;
            77) few="$few $name" ;;
            *) cat "$dir/out"; echo "$name ended with $status"; return 1 ;;
            esac
        done
        ;;
    *)
        # shellcheck disable=SC2086
        trace_image "$board" "$dir" "$dir/all" $names
        emulate "$board" "$dir/all" </dev/null >"$dir/all.out" || { cat "$dir/all.out"; echo "ended with $?"; return 1; }
        ;;
    esac
    for name in $names; do
        case "$few " in *" $name "*) continue ;; esac
        echo "== $name"
        cat "tests/traces/$name.out"
        same=$((same + 1))
    done >"$dir/expected"
    diff -u "$dir/expected" "$dir/all.out" || return 1
    echo "ok traces on $board: $same print there what they print on the host" >&3
    for name in $few; do
        echo "skip $name on $board: its memory is too small" >&3
    done
}

# Says what is left out, by reasons, and complains about patterns that fit nothing.
traces_left_out()
{
    local name pattern
    for name in tests/traces/*.c; do
        trace_reason "$(basename "$name" .c)"
    done | sort | uniq -c | while read -r number name; do
        echo "skip $number traces on boards: $name"
    done
    while IFS=: read -r pattern _; do
        compgen -G "tests/traces/$pattern.c" >/dev/null || echo "FAIL tests/boards/LEFT_OUT: no trace is $pattern"
    done <tests/boards/LEFT_OUT
}
