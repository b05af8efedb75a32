# Part of tests/compile/run: what must compile, and what must be refused by name.

# shellcheck shell=bash

c_compilers='gcc clang musl'
cpp_compilers='g++ clang++'
c_standards='c99 c11 c17 c2x'
cpp_standards='c++11 c++14 c++17 c++20'
boards='m0 m3 rv32 avr'
export c_compilers cpp_compilers c_standards cpp_standards boards

# One of -O0, -O2, -Os: with compilers and standards counted, every pair of the three occurs.
optimisation()
{
    case $(($1 % 3)) in 0) echo O0 ;; 1) echo O2 ;; 2) echo Os ;; esac
}

strict()
{
    # shellcheck disable=SC2046,SC2086
    $(compiler_of "$1" "$2") $STRICT -Iinclude "${@:3}"
}

# Every public macro, run; and the header alone, five times.
words()
{
    local binary=$build/words-$1-$2
    strict "$1" "$2" "$here/must/words.c" -o "$binary"
    "$binary"
    strict "$1" "$2" -DPLAIN -c "$here/must/five.c" -o "$binary.o"
}

# The same program in lower case, for C and, as far as it has those words, for C++; the header with its implementation
# five times.
lower_case()
{
    local twins='BEGIN|END|FINALLY|ERROR|RAISE|RETURN|DECLARE|DEFINE|YIELD|EXIT|GENERATOR_OPEN|LEAF_DEFINE|LEAF_DEFINE_STATIC'
    mkdir -p "$build/lower-c" "$build/lower-c++"
    cp "$here/must/words.c" "$build/lower-c"
    cp "$here/must/words.c" "$build/lower-c++"
    sed -E "s/\\b(ASYNC_($twins))\\b/\\L\\1/g" "$here/must/words.h" >"$build/lower-c++/words.h"
    sed -E 's/\b(AWAIT(_[A-Z]+)*|ASYNC|ASYNC_FOR)\b/\L\1/g' "$build/lower-c++/words.h" >"$build/lower-c/words.h"
}

lower_words()
{
    local binary=$build/lower-$1-$2
    strict "$1" "$2" "$build/lower-${2%%[0-9]*}/words.c" -o "$binary"
    "$binary"
    strict "$1" "$2" -c "$here/must/five.c" -o "$binary.o"
}

board_words()
{
    strict "$1" "$2" "${@:3}" -c "$here/must/words.c" -o "$build/board-$1-$2.o"
    strict "$1" "$2" "${@:3}" -DPLAIN -c "$here/must/words.c" -o "$build/board-$1-$2.o"
}

# The macros that the header gives a compiler, but for those that end in _ and the families of numbered helpers.
public_macros()
{
    # shellcheck disable=SC2046
    echo '#include "asyncio.h"' | $(compiler_of "$1") -Iinclude -x "$2" -dM -E - |
        sed -n 's/^#define \([A-Za-z_0-9]*\).*/\1/p' | grep -E '^(async|await|ASYNC|AWAIT)' |
        grep -Ev '_$|^ASYNC_(SET|PUT|RETURN|EMPTY_|CALLS|FRAMES)[0-9]+$|^ASYNC_(CREATE|TAKE)_async_call|^ASYNCIO_H$' | sort -u
}

every_macro()
{
    local language=$1 macro used missing=0 count=0
    # without comments, and nothing expanded
    used=$(for file in "${@:2}"; do gcc -fpreprocessed -dD -E -P "$file" 2>"$build/redefined"; done | tr -c 'A-Za-z_0-9' '\n' | sort -u)
    for macro in $({ [ "$language" = c ] && public_macros gcc-O0 c || public_macros g++-O0 c++; }); do
        count=$((count + 1))
        grep -qx "$macro" <<<"$used" && continue
        echo "$macro is a public macro and not in $here/must/words.h"
        missing=1
    done
    [ "$count" -gt 40 ] || { echo "only $count macros found"; return 1; }
    [ $missing = 0 ] || return 1
    printf '    %s public macros in %s\nok every public macro in %s\n' "$count" "$language" "$language" >&3
}

# A keyword in lower case has its twin in upper case, and C++ has none of those words.
twins()
{
    local word
    for word in $(public_macros gcc-O0 c | grep -E '^(async|await(_[a-z]+)*|async_for)$'); do
        public_macros g++-O0 c++ | grep -qx "$(tr '[:lower:]' '[:upper:]' <<<"$word")" || { echo "$word has no twin"; return 1; }
        ! public_macros g++-O0 c++ | grep -qx "$word" || { echo "$word is a macro in C++"; return 1; }
    done
}

# units MAIN C CPP: three files by three configurations, linked by the last one's compiler.
units()
{
    local dir
    dir=$(mktemp -d "$build/units.XXXXXX")
    strict "$1" '' -c "$here/must/units_main.c" -o "$dir/main.o"
    # shellcheck disable=SC2086
    strict "$2" '' ${4:-} -c "$here/must/units_c.c" -o "$dir/c.o"
    # shellcheck disable=SC2086
    strict "$3" '' ${5:-} -c "$here/must/units_cpp.c" -o "$dir/cpp.o"
    case $1$2$3 in *++*) g++ "$dir"/*.o -o "$dir/program" -pthread ;; *) gcc "$dir"/*.o -o "$dir/program" ;; esac
    "$dir/program"
}

# Two files of different layout do not link: SWITCH for one file only, and the same for both, which does.
mismatch()
{
    local dir
    dir=$(mktemp -d "$build/mismatch.XXXXXX")
    for half in main c cpp; do
        strict gcc-O0 '' -c "$here/must/units_$half.c" -o "$dir/$half.o"
        strict gcc-O0 '' "$1" -c "$here/must/units_$half.c" -o "$dir/$half-with.o"
    done
    gcc "$dir"/{main,c,cpp}-with.o -o "$dir/program"
    "$dir/program"
    if gcc "$dir"/{main-with,c,cpp}.o -o "$dir/program" 2>"$dir/log"; then
        echo "links, with $1 in the file with the implementation"
        return 1
    fi
    grep 'undefined reference' "$dir/log"
    if gcc "$dir"/{main,c-with,cpp}.o -o "$dir/program" 2>"$dir/log"; then
        echo "links, with $1 in another file"
        return 1
    fi
    grep 'undefined reference' "$dir/log"
}

# Row 0 to 15 of an orthogonal array: switch k has its other value where the bits of k & row are odd in number, so
# that of any two switches every pair of values occurs.
switch_row()
{
    local row=$1 configuration=$2 standard=$3 k bits flags=() extra=() binary=$build/switches-$1
    local others=(DEBUG=1 KEYWORDS=0 STRICT_LOCALS=0 COMPUTED_GOTO=1 COUNTER=0 SMALL=1 POOL=0 WINDOW=1024
        GROUP_FAILURES=1 FRAME_ALIGN=16 CASE_BASE=0x80000000u TICK_HZ=100 memory panic)
    for ((k = 1; k <= ${#others[@]}; k++)); do
        bits=$((k & row))
        bits=$(((bits ^ bits >> 1 ^ bits >> 2 ^ bits >> 3) & 1))
        [ $bits = 1 ] || continue
        case ${others[k - 1]} in
        memory) extra+=(-include "$here/must/memory.h") ;;
        panic) flags+=('-DASYNCIO_PANIC(message,file,line)=abort()') ;;
        *) flags+=("-DASYNCIO_${others[k - 1]}") ;;
        esac
    done
    echo "${flags[*]} ${extra[*]}"
    gcc -c "$here/must/memory.c" -o "$binary-memory.o"
    # shellcheck disable=SC2046,SC2086
    $(compiler_of "$configuration" "$standard") $STRICT "${flags[@]}" "${extra[@]}" -Iinclude -c "$here/must/words.c" -o "$binary.o"
    case $configuration in *++*) g++ "$binary.o" "$binary-memory.o" -o "$binary" ;; *) gcc "$binary.o" "$binary-memory.o" -o "$binary" ;; esac
    "$binary"
}

# refused PATTERN CONFIGURATION STANDARD FLAG...: the header itself says #error.
refused()
{
    local output status=0
    # shellcheck disable=SC2046
    output=$($(compiler_of "$2" "$3") "${@:4}" -Iinclude -x "${language:-c}" -c "$here/must/five.c" -o "$build/refused-$$.o" 2>&1) || status=$?
    [ $status != 0 ] || { echo "compiles with ${*:4}"; return 1; }
    grep -E "error.*asyncio\.h: .*$1" <<<"$output" || { head -n 5 <<<"$output"; return 1; }
}

# The file with the implementation includes asyncio.h first, unless the command line asks for POSIX. (Not so with musl,
# whose headers look again each time.)
include_order()
{
    local file=$build/order-$1-$2.c output
    printf '#include <stdio.h>\n#define ASYNCIO_IMPLEMENTATION\n#include "asyncio.h"\n' >"$file"
    # shellcheck disable=SC2046
    if output=$($(compiler_of "$1-O0" "$2") -Iinclude -c "$file" -o "$file.o" 2>&1); then
        echo 'a system header first is not refused'
        return 1
    fi
    grep 'error.*include asyncio.h before any other header' <<<"$output"
    strict "$1-O0" "$2" -D_POSIX_C_SOURCE=200809L -c "$file" -o "$file.o"
    strict "$1-O0" "gnu${2#c}" -Wno-pedantic -c "$file" -o "$file.o"
}

queue_matrix()
{
    lower_case
    local compiler standard board i=0 j row configurations
    for compiler in $c_compilers; do
        j=0
        for standard in $c_standards; do
            if compiler_there "$compiler-"; then
                job "words $compiler $standard -$(optimisation $((i + j)))" words "$compiler-$(optimisation $((i + j)))" "$standard"
            elif [ $j = 0 ]; then
                echo "skip words $compiler: not installed"
            fi
            j=$((j + 1))
        done
        ! compiler_there "$compiler-" || job "lower-case words $compiler" lower_words "$compiler-$(optimisation $i)" c11
        i=$((i + 1))
    done
    for compiler in $cpp_compilers; do
        j=0
        for standard in $cpp_standards; do
            if compiler_there "$compiler-"; then
                job "words $compiler $standard -$(optimisation $((i + j)))" words "$compiler-$(optimisation $((i + j)))" "$standard"
            elif [ $j = 0 ]; then
                echo "skip words $compiler: not installed"
            fi
            j=$((j + 1))
        done
        ! compiler_there "$compiler-" || job "lower-case words $compiler" lower_words "$compiler-$(optimisation $i)" c++17
        i=$((i + 1))
    done
    if have tcc; then
        for standard in $c_standards; do
            job "words tcc $standard" words tcc "$standard"
        done
        job 'lower-case words tcc' lower_words tcc c99
        job 'refused: computed goto, tcc' refused 'COMPUTED_GOTO needs gcc or clang' tcc c99 -DASYNCIO_COMPUTED_GOTO=1
    else
        echo 'skip words tcc: not installed'
    fi

    i=0
    for board in $boards; do
        compiler_there "$board-" || { echo "skip board $board: not installed"; continue; }
        for standard in c99 c11; do
            for j in Os O2; do
                job "board $board $standard -$j" board_words "$board-$j" "$standard"
            done
        done
        job "board $board, ticks of 10 ms" board_words "$board-Os" c11 -DASYNCIO_TICK_HZ=100 -DASYNCIO_COUNTER=0
        job "board $board, high water" board_words "$board-Os" c99 -DASYNCIO_HIGH_WATER=1 \
            '-DASYNCIO_STACK_OVERFLOW(task,bytes)=((void)(task),(void)(bytes))'
        job "board $board, names and all tasks" board_words "$board-Os" c11 -DASYNCIO_NAMES=1 -DASYNCIO_ALL_TASKS=1
        job "board $board in line" board_words "$board-Os" c99 -DASYNCIO_SMALL=0
        job "board $board, computed goto" board_words "$board-Os" c99 -DASYNCIO_COMPUTED_GOTO=1
    done

    job 'every public macro in C' every_macro c "$here/must/words.h" "$build/lower-c/words.h"
    job 'every public macro in C++' every_macro c++ "$here/must/words.h" "$build/lower-c++/words.h"
    job 'upper-case twins' twins

    job 'units: C, inline and small' units gcc-O2 gcc-Os gcc-O0
    job 'units: clang with gcc' units clang-O2 gcc-O0 clang-Os
    job 'units: C with C++' units gcc-O0 gcc-Os g++-O2
    job 'units: the implementation in C++' units g++-O0 gcc-O2 clang++-Os
    job 'units: numbered by line, by counter' units gcc-O0 gcc-O2 gcc-O2 -DASYNCIO_COUNTER=0 -DASYNCIO_SMALL=1
    job 'units: keywords and strict locals off' units clang-O0 gcc-O0 gcc-O0 -DASYNCIO_KEYWORDS=0 -DASYNCIO_STRICT_LOCALS=0
    job 'mismatch: debug' mismatch -DASYNCIO_DEBUG=1
    job 'mismatch: high water' mismatch -DASYNCIO_HIGH_WATER=1
    job 'mismatch: computed goto' mismatch -DASYNCIO_COMPUTED_GOTO=1

    configurations=(gcc-O0 clang-O0 g++-O0 gcc-O2 clang++-O0 clang-Os gcc-Os g++-O2)
    for row in $(seq 0 15); do
        case ${configurations[row % 8]} in *++*) standard=c++11 ;; *) standard=c99 ;; esac
        job "switches, row $row, ${configurations[row % 8]}" switch_row "$row" "${configurations[row % 8]}" "$standard"
    done

    job 'refused: free without malloc' refused 'MALLOC and ASYNCIO_FREE together' gcc-O0 c99 -DASYNCIO_FREE=free
    job 'refused: malloc without free' refused 'MALLOC and ASYNCIO_FREE together' gcc-O0 c99 -DASYNCIO_MALLOC=malloc
    job 'refused: bare with a heap' refused 'NO_HEAP|needs ASYNCIO_MALLOC' gcc-O0 c99 -DASYNCIO_BARE=1 -DASYNCIO_NO_HEAP=0
    job 'refused: a host without a heap' refused 'NO_HEAP' gcc-O0 c99 -DASYNCIO_NO_HEAP=1
    job 'refused: a host without names' refused 'ASYNCIO_NAMES' clang-O0 c99 -DASYNCIO_NAMES=0
    job 'refused: a host without all tasks' refused 'ASYNCIO_ALL_TASKS' clang-O0 c99 -DASYNCIO_ALL_TASKS=0
    job 'refused: debug on a board' refused 'ASYNCIO_DEBUG' gcc-O0 c99 -DASYNCIO_BARE=1 -DASYNCIO_DEBUG=1
    job 'refused: an overflow nobody counts' refused 'ASYNCIO_HIGH_WATER' gcc-O0 c99 '-DASYNCIO_STACK_OVERFLOW(task,bytes)='
    job 'include order, gcc' include_order gcc c99
    job 'include order, clang' include_order clang c11
}
