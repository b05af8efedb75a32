# Its client and others: each datagram whole, from the address that was asked; nobody there; a peer that never reads.
. tests/support/serve.sh
binary=$1
start_server "$binary"
trap 'kill $server 2>/dev/null || true' EXIT
timeout 20 "$binary" 127.0.0.1 "$port" one two 'and three' | sort >"$binary.out"
diff "$binary.out" - <<END
127.0.0.1:$port: and three
127.0.0.1:$port: one
127.0.0.1:$port: two
END
if command -v python3 >/dev/null; then
    timeout 30 python3 - "$port" <<'END'
import socket, sys
address = ("127.0.0.1", int(sys.argv[1]))
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
for size in 0, 1, 1472, 1473, 9000, 65507:
    data = bytes(i * 7 % 251 for i in range(size))
    s.sendto(data, address)
    assert s.recvfrom(65536) == (data, address), size
deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
for i in range(3000):
    deaf.sendto(bytes(1000), address)
for i in range(100):  # what was flooded is lost, not the server
    s.settimeout(0.2)
    s.sendto(b"there?", address)
    try:
        assert s.recvfrom(65536) == (b"there?", address)
        break
    except TimeoutError:
        pass
else:
    raise SystemExit("no answer")
END
fi
end_server 0
status=0
timeout 20 "$binary" 127.0.0.1 "$port" hello 2>"$binary.err" || status=$?
[ $status = 0 ]
diff "$binary.err" - <<END
Connection refused
1 without an answer
END
