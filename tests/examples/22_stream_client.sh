# From a pipe, a file and a terminal: what the server says is printed, to the end; no server is an error.
. tests/support/serve.sh
binary=$1
${CC:-cc} -Iinclude examples/21_stream_server.c -o "$binary-server" -pthread
start_server "$binary-server"
trap 'kill $server 2>/dev/null || true' EXIT
printf 'one\ntwo\nlast without end' >"$binary.in"
# shellcheck disable=SC2002
cat "$binary.in" | timeout 20 "$binary" localhost "$port" | cmp - "$binary.in"
timeout 20 "$binary" localhost "$port" <"$binary.in" >"$binary.out"
cmp "$binary.out" "$binary.in"
head -c 3000000 /dev/urandom | base64 >"$binary.in"
timeout 30 "$binary" localhost "$port" <"$binary.in" | cmp - "$binary.in"
end_server 0
status=0
timeout 20 "$binary" localhost "$port" </dev/null 2>"$binary.err" || status=$?
[ $status = 1 ]
grep 'Connection refused' "$binary.err"
