# Restarts with a growing pause, a command that is killed too; SIGTERM ends all, one that refuses and a grandchild too.
directory=$(mktemp -d "${TMPDIR:-/tmp}/supervisor.XXXXXX")
trap 'kill -KILL $supervisor 2>/dev/null || true; rm -rf "$directory"' EXIT
cat >"$directory/fails" <<'END'
echo started >>"$0.log"; exit 3
END
cat >"$directory/stays" <<'END'
echo $$ >>"$0.pid"; trap 'echo bye >>"$0.log"; exit 0' TERM
while :; do sleep 0.05; done
END
cat >"$directory/refuses" <<'END'
trap '' TERM; sleep 1000 & echo $! >"$0.child"; echo $$ >"$0.pid"; wait
END
"$1" -b 20 -g 300 "exec sh $directory/fails" "exec sh $directory/stays" "exec sh $directory/refuses" >"$directory/out" 2>&1 &
supervisor=$!

# Until a condition holds: eventually TEST...
eventually()
{
    local tries
    for tries in $(seq 200); do
        "$@" 2>/dev/null && return 0
        sleep 0.05
    done
    echo "never: $* (after $tries tries)"
    cat "$directory/out"
    return 1
}

lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }
gone() { ! kill -0 "$1"; }

eventually lines "$directory/fails.log" 4
eventually lines "$directory/stays.pid" 1
eventually lines "$directory/refuses.pid" 1
kill -KILL "$(cat "$directory/stays.pid")"
eventually lines "$directory/stays.pid" 2
grep -q "fails: exited with 3, again in 20 ms" "$directory/out"
grep -q "fails: exited with 3, again in 40 ms" "$directory/out"
grep -q "fails: exited with 3, again in 80 ms" "$directory/out"
grep -q "stays: killed by signal 9, again in" "$directory/out"
kill -TERM $supervisor
status=0
wait $supervisor || status=$?
cat "$directory/out"
[ $status = 0 ]
grep -qx stopping "$directory/out"
grep -q "stays: ended" "$directory/out"
grep -qx bye "$directory/stays.log"
grep -q "refuses: does not end, killed" "$directory/out"
for pid in $(tail -n 1 "$directory/stays.pid") "$(cat "$directory/refuses.pid")" "$(cat "$directory/refuses.child")"; do
    eventually gone "$pid"
done
status=0
"$1" 2>/dev/null || status=$?
[ $status = 2 ]
