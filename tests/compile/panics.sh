# Part of tests/compile/run: what no compiler sees panics when it runs, and says where. The files in panic/ say which
# message in `panic N: PATTERN`; files without one just run, with each line of `flags`.

# shellcheck shell=bash

# The implementation for a configuration and its flags, compiled by the first that asks.
library()
{
    local object
    object=$build/library-$1-$(tr -c 'A-Za-z0-9\n' _ <<<"$2").o
    (
        flock 8
        # shellcheck disable=SC2046,SC2086
        [ -f "$object" ] || $(compiler_of "$1") $2 $STRICT -Iinclude -c "$here/must/library.c" -o "$object"
    ) 8>"$object.lock"
    echo "$object"
}

# panic_program CONFIGURATION FLAGS FILE BINARY FLAG...
panic_program()
{
    local object
    object=$(library "$1" "$2")
    # shellcheck disable=SC2046,SC2086
    $(compiler_of "$1") $2 "${@:5}" -Iinclude "$3" "$object" -o "$4"
}

panic_file()
{
    local file=$1 name=$2 configuration=$3 flags=$4 binary number message line status output allowed
    binary=$(mktemp "$build/panic.XXXXXX")
    ulimit -c 0
    # shellcheck disable=SC2086
    panic_program "$configuration" "$flags" "$file" "$binary" $STRICT -DTRAP=0
    if output=$("$binary" 2>&1); then
        echo "ok runs $name $configuration${flags:+ $flags}"
    else
        echo "FAIL runs $name $configuration${flags:+ $flags}: status $?"
        echo "$output" >&2
    fi >&3
    sed -n '/\*\//q;s/^[ /]\** panic \([0-9]*\): /\1 /p' "$file" | while read -r number message; do
        panic_program "$configuration" "$flags" "$file" "$binary" -DTRAP="$number"
        status=0
        output=$("$binary" 2>&1) || status=$?
        line=$(sed -n "/panic $number here/=" "$file")
        if [ $status = 134 ] && grep -Eq "^[^ :]*${line:+$name\\.c}:${line:-[0-9]+}: asyncio panic: $message" <<<"$output"; then
            echo "ok panic $name $number $configuration"
        else
            echo "FAIL panic $name $number $configuration: status $status, expected ${line:+line $line: }$message"
            echo "$output" >&2
        fi >&3
        allowed=$(sed -n "s/^ \* allowed $number: //p" "$file")
        case $allowed$configuration in
        '' | tcc | *tcc) continue ;;
        -*)
            panic_program "$configuration" "$flags $allowed" "$file" "$binary" -DTRAP="$number"
            if "$binary"; then
                echo "ok panic $name $number $configuration: allowed with $allowed"
            else
                echo "FAIL panic $name $number $configuration: not allowed with $allowed"
            fi >&3 ;;
        esac
    done
}

queue_panics()
{
    local file name configuration flags configurations
    for file in "$here"/panic/*.c; do
        name=$(basename "$file" .c)
        configurations=$(sed -n 's/^ \* compilers //p' "$file")
        for configuration in ${configurations:-gcc-O0 gcc-Os clang-O2 tcc}; do
            compiler_there "$configuration" || continue
            while read -r flags; do
                job "panic $name $configuration $flags" panic_file "$file" "$name" "$configuration" "$flags"
            done < <(sed -n 's/^ \* flags //p' "$file" | grep . || echo)
        done
    done
}
