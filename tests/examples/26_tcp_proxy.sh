# Before an echo server: many connections at once, each whole and in order; an end passes; a target that is not there.
. tests/support/serve.sh
binary=$1
${CC:-cc} -Iinclude examples/17_echo_server.c -o "$binary-echo"
start_server "$binary-echo"
echo_server=$server
trap 'kill $echo_server $server 2>/dev/null || true' EXIT
start_server "$binary" "localhost:$port"
clients=()
for i in $(seq 20); do
    (
        exec 3<>"/dev/tcp/127.0.0.1/$port"
        seq "$i" 20000 >&3 &
        timeout 20 head -n $((20001 - i)) <&3 | cmp - <(seq "$i" 20000)
        wait $!
    ) &
    clients+=($!)
done
for client in "${clients[@]}"; do
    wait "$client"
done
# a client that has sent everything says so, and still hears the rest
if command -v python3 >/dev/null; then
    timeout 20 python3 - "$port" <<'END'
import socket, sys, threading
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
data = bytes(range(256)) * 8000
threading.Thread(target=lambda: (s.sendall(data), s.shutdown(socket.SHUT_WR))).start()
heard = b"".join(iter(lambda: s.recv(65536), b""))
assert heard == data, len(heard)
END
fi
kill $echo_server
wait $echo_server || true
exec 3<>"/dev/tcp/127.0.0.1/$port"
! read -r -t 10 answer <&3
for tries in $(seq 100); do
    ! grep -q 'Connection refused' "$log.err" || break
    sleep 0.05
done
grep -q 'Connection refused' "$log.err" || { echo "after $tries tries:"; cat "$log.err"; exit 1; }
kill -INT $server
status=0
wait $server || status=$?
[ $status = 0 ]
grep -qx interrupted "$log.err"
