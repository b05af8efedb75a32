# Part of tests/compile/run: what no compiler sees panics when it runs, and says where. The files in panic/ say which
# message in `panic N: PATTERN`; files without one just run, with each line of `flags`.

# shellcheck shell=bash

panic_file()
{
    local file=$1 name=$2 configuration=$3 flags=$4 binary number message line status output allowed
    binary=$(mktemp "$build/panic.XXXXXX")
    ulimit -c 0
    # shellcheck disable=SC2046,SC2086
    $(compiler_of "$configuration") $flags $STRICT -DTRAP=0 -Iinclude "$file" -o "$binary"
    if output=$("$binary" 2>&1); then
        echo "ok runs $name $configuration${flags:+ $flags}"
    else
        echo "FAIL runs $name $configuration${flags:+ $flags}: status $?"
        echo "$output" >&2
    fi >&3
    sed -n '/\*\//q;s/^[ /]\** panic \([0-9]*\): /\1 /p' "$file" | while read -r number message; do
        # shellcheck disable=SC2046,SC2086
        $(compiler_of "$configuration") $flags -DTRAP="$number" -Iinclude "$file" -o "$binary"
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
            # shellcheck disable=SC2046,SC2086
            $(compiler_of "$configuration") $flags $allowed -DTRAP="$number" -Iinclude "$file" -o "$binary"
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
