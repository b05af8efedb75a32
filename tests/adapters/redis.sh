# Redis: a thousand keys in step, an error, a command that is cancelled, a server that ends under the client.

# shellcheck shell=bash
# shellcheck disable=SC2154

redis_job()
{
    local tries
    need_header hiredis/async.h
    have redis-server || skip_job 'no redis-server'
    adapter examples/adapters/redis.c "$build/redis" -lhiredis
    # on a port that is free: the first that it gets
    for port in $(seq 23700 23760); do
        redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$build" >"$build/redis.log" 2>&1 &
        server=$!
        for tries in $(seq 200); do
            ! grep -q 'Ready to accept connections' "$build/redis.log" || break 2
            kill -0 $server 2>/dev/null || break
            sleep 0.05
        done
        kill $server 2>/dev/null || true
    done
    # shellcheck disable=SC2064
    trap "kill -9 $server 2>/dev/null || true" EXIT
    timeout 60 "$build/redis" "$port" >"$build/redis.out"
    diff - "$build/redis.out" <<EXPECTED || { echo "(after $tries tries)"; return 1; }
1000 keys set and read
an error is an answer: ERR value is not an integer or out of range
nothing to pop: timed out
still in step
the server ends: closed
it has ended: closed
it is not there: Connection refused
EXPECTED
    wait "$server" || true
}
