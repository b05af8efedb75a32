# Part of tests/compile/run: what must not compile. The comment in fail/trap.h says how a trap is written.

# shellcheck shell=bash

trap_configurations='gcc-O0 gcc-O1 gcc-O2 gcc-Os relaxed-O0 relaxed-O2 clang-O0 clang-O2 tcc
    m0-Os m3-Os rv32-Os avr-Os clangm0-Os g++-O0 g++-O2 clang++-O0 clang++-O2'
export trap_configurations

# The directives of a file, one a line: TRAP, verb, configurations, pattern, separated by tabs.
directives()
{
    awk '
        /\*\// { exit }
        !/^ \* (trap|error|warning|hole|absent) / && !/^\/\* trap / { next }
        { sub(/^[ \/]\*[* ]*/, "") }
        $1 == "trap" { trap = $2 + 0; next }
        { at = index($0, ":"); which = at ? substr($0, 1, at - 1) : $0; pattern = at ? substr($0, at + 2) : ""
          verb = $1; sub(/^[a-z]+ */, "", which); print trap "\t" verb "\t" which "\t" pattern }
    ' "$1"
}

# Where a file's object goes. Not to /dev/null: tcc as root would replace it.
object()
{
    echo "$build/$(basename "$1" .c).o"
}

# One cell: trap N of a file under a configuration.
trap_cell()
{
    local file=$1 number=$2 configuration=$3 lines=$4 flags=$5 name n verb which pattern one status=0 output found=''
    set -f
    name="trap $(basename "$file" .c) $number $configuration"
    while IFS=$'\t' read -r n verb which pattern; do
        [ "$n" = "$number" ] || continue
        for one in $which; do
            # shellcheck disable=SC2053
            [[ $configuration == $one ]] && found=$verb && break 2
        done
    done <<<"$lines"
    set +f
    case $found in
    '') echo "FAIL $name: its comment does not say what happens there" >&3; return ;;
    absent) return ;;
    esac
    # shellcheck disable=SC2046,SC2086
    output=$($(compiler_of "$configuration") $([ $found = warning ] && echo -Wall) $flags -DTRAP="$number" -Iinclude \
        -c "$file" -o "$(object "$file")" 2>&1) || status=$?
    case $found in
    error)
        if [ $status = 0 ]; then
            echo "FAIL $name: it compiles"
        elif ! grep -E 'error' <<<"$output" | grep -Eq -e "$pattern"; then
            echo "FAIL $name: no error matches: $pattern"
            grep -m 3 -E 'error' <<<"$output" >&2
        else
            echo "ok $name"
        fi ;;
    warning)
        if [ $status != 0 ] || ! grep -E 'warning' <<<"$output" | grep -Eq -e "$pattern"; then
            echo "FAIL $name: no warning matches: $pattern"
            head -n 3 <<<"$output" >&2
        else
            echo "ok $name"
        fi ;;
    hole)
        # Closed by a newer compiler, perhaps: good, and worth a line in its comment.
        [ $status = 0 ] || echo "    $name is caught now: $(grep -m 1 error <<<"$output")"
        echo hole >>"$build/holes" ;;
    esac >&3
}

trap_file()
{
    local file=$1 configuration number lines output chosen flags
    flags=$(sed -n 's/^ \* flags //p' "$file" | tr '\n' ' ')
    lines=$(directives "$file")
    chosen=$(sed -n 's/^ \* configurations //p' "$file")
    for configuration in ${chosen:-$trap_configurations}; do
        compiler_there "$configuration" || continue
        # The neighbour: the same without the mistake, under all the flags.
        # shellcheck disable=SC2086,SC2046
        if output=$($(compiler_of "$configuration") $STRICT -DTRAP=0 -Iinclude -c "$file" -o "$(object "$file")" 2>&1); then
            echo "ok neighbour $(basename "$file" .c) $configuration"
        else
            echo "FAIL neighbour $(basename "$file" .c) $configuration"
            grep -m 3 -E 'error|warning' <<<"$output" >&2
        fi >&3
        for number in $(cut -f 1 <<<"$lines" | sort -nu); do
            trap_cell "$file" "$number" "$configuration" "$lines" "$flags"
        done
    done
}

queue_traps()
{
    local file configuration compiler missing=''
    for configuration in $trap_configurations; do
        compiler_there "$configuration" && continue
        compiler=$(compiler_of "$configuration")
        case $missing in *" ${compiler%% *} "*) continue ;; esac
        missing="$missing ${compiler%% *} "
        echo "skip traps ${compiler%% *}: not installed"
    done
    for file in "$here"/fail/*.c; do
        job "traps $(basename "$file" .c)" trap_file "$file"
    done
}

count_traps()
{
    local file traps=0 holes=0
    for file in "$here"/fail/*.c; do
        traps=$((traps + $(directives "$file" | cut -f 1 | sort -u | wc -l)))
    done
    [ ! -f "$build/holes" ] || holes=$(wc -l <"$build/holes")
    echo "$traps traps; $holes cells where no compiler can see them, which the comments in $here/fail name"
}
