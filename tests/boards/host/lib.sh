# The traces of tests/traces and the tests of tests/unit on a board: on the bare loop, from static memory. What is not for
# boards is in LEFT_OUT, a line `pattern: reason` for each.
# shellcheck shell=bash

# The files of tests/unit whose tests are for boards too.
host_units='barrier cancel condition future generator language list lock queue queue_kinds scope scope_kinds semaphore
    task taskgroups timeout timeouts wait waitfor'
export host_units

# host_reason NAME: why it is left out; nothing if it is not.
host_reason()
{
    local pattern reason
    while IFS=: read -r pattern reason; do
        # shellcheck disable=SC2254
        case $1 in $pattern) echo "${reason# }"; return ;; esac
    done <tests/boards/host/LEFT_OUT
}

# Compiles a file of this: host_object BOARD SOURCE OBJECT FLAG... The tests without optimisation, which takes most of the
# time, where there is room.
host_object()
{
    local level=-Os
    case $1-$2 in
    avr-*) ;;
    *-tests/unit/* | *-tests/traces/*) level=-O0 ;;
    esac
    # shellcheck disable=SC2046,SC2086
    $(compiler_of "$1") $level $STRICT -fno-tree-loop-distribute-patterns -ffunction-sections -fdata-sections "${@:4}" -c "$2" -o "$3"
}

# host_begin BOARD DIRECTORY: the directory and what is in each image.
host_begin()
{
    mkdir "$2"
    host_object "$1" "examples/boards/${1/2560/328p}/startup.c" "$2/startup.o" -Iinclude -Iexamples/boards
    host_object "$1" tests/boards/host/host.c "$2/host.o" -Itests/boards/host -Iexamples/boards
}

# host_image BOARD DIRECTORY IMAGE OBJECT...: with the tables of IMAGE.c.
host_image()
{
    local library=''
    host_object "$1" "$3.c" "$3.o" -Itests/boards/host
    case $1 in riscv32-*) library=-march=rv32imac ;; esac # by this name the compiler finds its own library
    # shellcheck disable=SC2046
    $(compiler_of "$1") $(linking_of "$1") $library "$2/startup.o" "$2/host.o" "$3.o" "${@:4}" -lgcc -o "$3"
    echo "$3" >>"$build/images"
}

# trace_image BOARD DIRECTORY IMAGE TRACE...: an image that runs them in turn.
trace_image()
{
    {
        echo '#include "host.h"'
        printf 'int main_%s(void);\n' "${@:4}"
        echo 'const host_trace host_traces[] = {'
        printf '%s\n' "${@:4}" | sed 's/.*/    { "&", main_& },/'
        echo '    { 0, 0 } };'
        echo 'test_case_ host_tests[] = { { 0, 0, 0, 0, 0 } };'
    } >"$3.c"
    # shellcheck disable=SC2046,SC2059
    host_image "$1" "$2" "$3" $(printf "$2/main_%s.o " "${@:4}")
}

# All traces that are not left out, or one in so many. An AVR has RAM for one at a time, so each is an image there.
traces()
{
    local board=$1 every=$2 name number=0 status dir=$build/traces.$1 names='' few='' same=0
    [ "$TEST_LONG" = 0 ] || every=1
    host_begin "$board" "$dir"
    for name in tests/traces/*.c; do
        name=$(basename "$name" .c)
        [ -z "$(host_reason "$name")" ] || continue
        [ $((number++ % every)) = 0 ] || continue
        host_object "$board" "tests/traces/$name.c" "$dir/main_$name.o" "-Dmain=main_$name" -Itests/boards/host -Itests/traces
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

# The tests of a file, as SUITE.NAME.
tests_of()
{
    sed -n 's/^TEST(\([A-Za-z0-9_]*\), \([A-Za-z0-9_]*\)).*/\1.\2/p' "$1"
}

# unit_image BOARD DIRECTORY IMAGE 'SUITE NAME'... -- OBJECT...: an image that runs these tests in turn.
unit_image()
{
    local board=$1 dir=$2 image=$3 tests=''
    shift 3
    for (( ; $# > 0; )); do
        [ "$1" != -- ] || { shift; break; }
        tests="$tests$1"$'\n'
        shift
    done
    {
        echo '#include "host.h"'
        sed 's/\(.*\) \(.*\)/void test_\1_\2_(void);/' <<<"${tests%?}"
        echo 'test_case_ host_tests[] = {'
        sed 's/\(.*\) \(.*\)/    { "\1", "\2", test_\1_\2_, 0, 0 },/' <<<"${tests%?}"
        echo '    { 0, 0, 0, 0, 0 } };'
        echo 'const host_trace host_traces[] = { { 0, 0 } };'
    } >"$image.c"
    host_image "$board" "$dir" "$image" "$@"
}

# The test bodies of tests/unit.
units()
{
    local board=$1 unit name dir=$build/units.$1 sizes='-DTEST_MANY=1000' all=() few=0 status
    case $board in avr-*) sizes='-DTEST_MANY=100 -DTEST_DIARY=1000 -Wno-type-limits -Wno-sign-compare -Wno-conversion -Wno-shift-count-overflow' ;; esac
    host_begin "$board" "$dir"
    : >"$dir/all.out"
    for unit in $host_units; do
        # failing allocations are for hosts: what would count them is not used
        # shellcheck disable=SC2086
        host_object "$board" "tests/unit/test_$unit.c" "$dir/test_$unit.o" -Wno-unused-variable -DTEST_TABLE $sizes \
            -DASYNCIO_MALLOC=malloc -DASYNCIO_FREE=free -Itests/boards/host -Itests/support
        for name in $(tests_of "tests/unit/test_$unit.c"); do
            [ -z "$(host_reason "$name")" ] || continue
            all+=("${name/./ }")
            case $board in
            avr-*)
                status=0
                unit_image "$board" "$dir" "$dir/one" "${name/./ }" -- "$dir/test_$unit.o" 2>"$dir/log" || status=$?
                [ $status = 0 ] || { cat "$dir/log"; return 1; }
                emulate "$board" "$dir/one" </dev/null >"$dir/out" 2>"$dir/log" || status=$?
                case $status in
                0) cat "$dir/out" >>"$dir/all.out" ;;
                77)
                    few=$((few + 1))
                    echo "skip $name on $board: its memory is too small" >&3
                    ;;
                *)
                    echo "FAIL $name on $board: ended with $status" >&3
                    head -n 5 "$dir/out"
                    ;;
                esac
                ;;
            esac
        done
    done
    case $board in
    avr-*) ;;
    *)
        unit_image "$board" "$dir" "$dir/all" "${all[@]}" -- "$dir"/test_*.o
        emulate "$board" "$dir/all" </dev/null >"$dir/all.out" || { grep -v '^ok ' "$dir/all.out"; tail -n 1 "$dir/all.out"; return 1; }
        ;;
    esac
    [ "$(grep -c '^ok ' "$dir/all.out")" = $((${#all[@]} - few)) ]
    echo "ok test bodies on $board: $(grep -c '^ok ' "$dir/all.out") hold" >&3
}

# Says what is left out, by reasons, and complains about patterns that fit nothing.
host_left_out()
{
    local name pattern all
    all=$(for name in tests/traces/*.c; do basename "$name" .c; done
        for name in $host_units; do tests_of "tests/unit/test_$name.c"; done)
    for name in $all; do
        host_reason "$name"
    done | sort | uniq -c | while read -r number name; do
        echo "skip $number traces and tests on boards: $name"
    done
    while IFS=: read -r pattern _; do
        for name in $all; do
            # shellcheck disable=SC2254
            case $name in $pattern) continue 2 ;; esac
        done
        echo "FAIL tests/boards/host/LEFT_OUT: there is no $pattern"
    done <tests/boards/host/LEFT_OUT
}
