# Forty files, some not there yet: lines added, in pieces too; rotation, truncation; the last line without an end.
binary=$1
directory=$(mktemp -d "${TMPDIR:-/tmp}/follow.XXXXXX")
trap 'kill -KILL $follower 2>/dev/null || true; rm -rf "$directory"' EXIT
cd "$directory"
names=$(seq -f 'log.%g' 40)
for name in $names; do
    [ "$name" = log.7 ] || echo "old line" >"$name"
done
# shellcheck disable=SC2086
"$binary" -i 10 $names >out 2>err &
follower=$!

said()
{
    local tries
    for tries in $(seq 200); do
        [ "$(grep -cxF -- "$1" out)" = "${2:-1}" ] && return 0
        sleep 0.05
    done
    echo "'$1' was not said ${2:-1} times (after $tries tries); but:"
    cat out err
    return 1
}

for tries in $(seq 200); do
    grep -q '^following 40 files' err && break
    sleep 0.05
done
for name in $names; do
    echo "hello $name" >>"$name"
done
for name in $names; do
    said "$name: hello $name"
done
! grep 'old line' out
# a line in pieces
printf 'one ' >>log.1
sleep 0.05
printf 'line\n' >>log.1
said 'log.1: one line'
# rotation: what is still written to the old file is not lost, the new one is read from its beginning
mv log.2 log.2.old
echo 'last of the old' >>log.2.old
said 'log.2: last of the old'
echo 'first of the new' >log.2
said 'log.2: first of the new'
echo 'second of the new' >>log.2
said 'log.2: second of the new'
# truncation
: >log.3
sleep 0.2
echo 'after' >>log.3
said 'log.3: after'
said 'log.3: hello log.3'
# gone, and there again
rm log.4
sleep 0.05
echo 'again' >log.4
said 'log.4: again'
# a line longer than the buffer comes in pieces, complete
head -c 20000 /dev/zero | tr '\0' x >>log.5
echo >>log.5
for tries in $(seq 200); do
    [ "$(sed -n 's/^log.5: \(x*\)$/\1/p' out | tr -d '\n' | wc -c)" = 20000 ] && break
    [ "$tries" != 200 ] || { echo 'the long line is not complete'; exit 1; }
    sleep 0.05
done
# the last look: what was written just before the end, and a line without one
printf 'without an end' >>log.6
kill -TERM $follower
status=0
wait $follower || status=$?
[ $status = 0 ]
said 'log.6: without an end'
said 'log.7: hello log.7'
