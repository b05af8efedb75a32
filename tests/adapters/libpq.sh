# PostgreSQL: a thousand queries in a pipeline, an error, much data, a query that is cancelled, a connection that is ended.

# shellcheck shell=bash
# shellcheck disable=SC2154

# As PostgreSQL's own user when we are root, which it refuses to run as.
as_postgres()
{
    if [ "$(id -u)" = 0 ]; then
        exec setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
    else
        exec "$@"
    fi
}

libpq_job()
{
    local data=$build/data binaries tries includes
    includes=$(pg_config --includedir 2>/dev/null) || skip_job 'no pg_config'
    # shellcheck disable=SC2012
    binaries=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -n 1)")
    [ -x "$binaries/initdb" ] || skip_job 'no PostgreSQL server'
    [ "$(id -u)" != 0 ] || id postgres >/dev/null 2>&1 || skip_job 'no user postgres to run the server as'
    adapter examples/adapters/queries.c "$build/queries" "-isystem $includes -lpq"
    mkdir "$data"
    chmod 711 "$build"
    [ "$(id -u)" != 0 ] || chown postgres "$data"
    (cd "$data" && as_postgres "$binaries/initdb" -D "$data" -A trust -U tester --no-sync >/dev/null)
    # a unix socket: no port is anybody else's
    (cd "$data" && as_postgres "$binaries/postgres" -D "$data" -c listen_addresses= -c fsync=off \
        -c unix_socket_directories="$data" >"$build/postgres.log" 2>&1) &
    server=$!
    # shellcheck disable=SC2064
    trap "kill -QUIT $server 2>/dev/null || true; wait $server 2>/dev/null || true" EXIT
    for tries in $(seq 400); do
        ! grep -q 'ready to accept connections' "$build/postgres.log" || break
        kill -0 $server 2>/dev/null || break
        sleep 0.05
    done
    grep -q 'ready to accept connections' "$build/postgres.log" || { echo "after $tries tries:"; cat "$build/postgres.log"; return 1; }
    timeout 60 "$build/queries" "host=$data user=tester dbname=postgres" >"$build/queries.out"
    diff - "$build/queries.out" <<'EXPECTED'
1000 queries answered
division by zero
3000000 bytes
asleep: timed out
still in step
terminating connection due to administrator command
it has ended: closed
EXPECTED
    ! timeout 60 "$build/queries" "host=$data user=tester dbname=none" >"$build/queries.out" 2>&1
    grep -q 'database "none" does not exist' "$build/queries.out"
    ! timeout 60 "$build/queries" "host=$data/none user=tester" >"$build/queries.out" 2>&1
    grep -q 'No such file or directory' "$build/queries.out"
    ! grep -i -e sanitizer -e 'runtime error' "$build/queries.out"
}
