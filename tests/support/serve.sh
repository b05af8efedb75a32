# For scripts that talk to a server: start_server BINARY [ARGUMENT...] sets $server and $port, with its output in
# $log.out and $log.err; end_server STATUS sends Ctrl-C and checks how it ends. What a shell starts in the
# background ignores Ctrl-C unless that is taken back.

# shellcheck shell=bash
start_server()
{
    local tries
    log=$1.log
    (trap - INT && exec "$@" 0 >"$log.out" 2>"$log.err") &
    server=$!
    port=
    for tries in $(seq 200); do
        port=$(sed -n 's/^listening on port //p' "$log.out" 2>/dev/null || true)
        [ -z "$port" ] || return 0
        kill -0 $server 2>/dev/null || break
        sleep 0.05
    done
    echo "the server did not start (after $tries tries):"
    cat "$log.out" "$log.err"
    return 1
}

end_server()
{
    local expected=$1 status=0
    kill -INT $server
    wait $server || status=$?
    cat "$log.err"
    [ $status = "$expected" ] || { echo "the server ended with $status, not $expected"; return 1; }
    grep -qx interrupted "$log.err" || { echo "the server does not say that it was interrupted"; return 1; }
}
