# It says what it is told, prints what it hears, and ends when its input ends or when the server is not there.
. tests/support/serve.sh
binary=$1
${CC:-cc} -Iinclude examples/18_chat_server.c -o "$binary-server"
start_server "$binary-server"
trap 'kill $server 2>/dev/null || true' EXIT
mkfifo "$binary.typed"
timeout 20 "$binary" "$port" 'heard ' <"$binary.typed" >"$binary.heard" &
alice=$!
exec 3>"$binary.typed"

# alice's client has printed so many lines: heard COUNT.
heard()
{
    local tries
    for tries in $(seq 200); do
        [ "$(wc -l <"$binary.heard")" != "$1" ] || return 0
        sleep 0.05
    done
    echo "after $tries tries alice has heard:"
    cat "$binary.heard"
    return 1
}

echo '/name alice' >&3
sleep 0.3
(heard 1; echo '/name bob'; echo 'hello alice'; heard 3) | timeout 20 "$binary" "$port"
heard 4
exec 3>&-
wait $alice
sed 's/guest[0-9]*/guest/' "$binary.heard" | diff <(printf 'heard %s\n' 'guest has joined lobby' 'guest is now called bob' 'bob: hello alice' 'bob has left') -
end_server 0
status=0
timeout 10 "$binary" "$port" </dev/null 2>"$binary.err" || status=$?
[ $status = 1 ]
grep 'Connection refused' "$binary.err"
