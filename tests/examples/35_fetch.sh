# Before a server that answers in every way, well or not: what the table says, but for the time.
. tests/support/serve.sh
binary=$1
command -v python3 >/dev/null || { echo 'no python3'; exit 77; }
server=
trap 'kill $server 2>/dev/null || true' EXIT
cat >"$binary.py" <<'PYTHON'
import socket, sys, threading, time
answers = {
    "/length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloMORE",
    "/none": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "/closed": b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 100000,
    "/chunks": b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, Chunked\r\nContent-Length: 9\r\n\r\n"
               b"5\r\nhello\r\n00A;x=y\r\n0123456789\r\n0\r\nTrailer: yes\r\n\r\n",
    "/bare": b"HTTP/1.1 200\n\nbody",
    "/moved": b"HTTP/1.1 301 Moved\r\nLocation: http://example.org/\x1b[1m\r\nContent-Length: 3\r\n\r\nbye",
    "/continue": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1",
    "/empty": b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
    "/missing": b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
    "/short": b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
    "/short-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
    "/short-chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "/bad-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n",
    "/long-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nhello\r\n",
    "/large-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n",
    "/bad-length": b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    "/bad-header": b"HTTP/1.1 200 OK\r\nwhat is this\r\n\r\n",
    "/bad": b"220 ftp.example.org ready\r\n",
    "/nothing": b"",
    "/head": b"HTTP/1.1 200 OK\r\nContent-",
    "/line": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200000,
}
def serve(client):
    request = b""
    while b"\r\n\r\n" not in request:
        data = client.recv(65536)
        if not data:
            break
        request += data
    path = request.split(b" ")[1].decode()
    try:
        if path == "/slow":
            print("slow", flush=True)
            time.sleep(600)
        elif path == "/bytes": # one at a time
            for byte in answers["/chunks"]:
                client.sendall(bytes([byte]))
        elif path == "/echo?a=b":
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(request), request))
        elif path == "/reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        elif path == "/" or path == "/?q":
            client.sendall(answers["/missing"])
        else:
            client.sendall(answers[path])
    except OSError:
        pass
    client.close()
listener = socket.create_server(("127.0.0.1", 0), backlog=256)
print("listening on port", listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
PYTHON
printf '#!/bin/sh\nexec python3 "%s"\n' "$binary.py" >"$binary-server"
chmod +x "$binary-server"
start_server "$binary-server"
U=http://127.0.0.1:$port

# Without the time, and with the port that changes.
fetch()
{
    timeout 50 "$@" | sed "s/:$port/:PORT/; s/^\( *[0-9-]*  *[0-9]*\)  *[0-9]*  /\1 /"
}

check()
{
    diff -u - "$binary.table" <<EXPECTED
status      bytes     ms  URL
   200          5 http://127.0.0.1:PORT/length
   200          0 http://127.0.0.1:PORT/none
   200     100000 http://127.0.0.1:PORT/closed
   200         15 http://127.0.0.1:PORT/chunks
   200         15 HTTP://localhost:PORT/bytes
   200          4 http://127.0.0.1:PORT/bare
   301          3 http://127.0.0.1:PORT/moved -> http://example.org/?[1m
   200          1 http://127.0.0.1:PORT/continue
   204          0 http://127.0.0.1:PORT/empty
   404          2 http://127.0.0.1:PORT/missing
   404          2 http://127.0.0.1:PORT
   404          2 http://127.0.0.1:PORT#part
   404          2 http://127.0.0.1:PORT?q
   200          5 http://127.0.0.1:PORT/short: the answer ends too early
   200          3 http://127.0.0.1:PORT/short-chunk: the answer ends too early
   200          5 http://127.0.0.1:PORT/short-chunks: the answer ends too early
   200          0 http://127.0.0.1:PORT/bad-chunk: not an answer of HTTP/1.1
   200          0 http://127.0.0.1:PORT/long-chunk: not an answer of HTTP/1.1
   200          3 http://127.0.0.1:PORT/large-chunk: not an answer of HTTP/1.1
     -          0 http://127.0.0.1:PORT/bad-length: not an answer of HTTP/1.1
     -          0 http://127.0.0.1:PORT/bad-header: not an answer of HTTP/1.1
     -          0 http://127.0.0.1:PORT/bad: not an answer of HTTP/1.1
     -          0 http://127.0.0.1:PORT/nothing: the answer ends too early
     -          0 http://127.0.0.1:PORT/head: not an answer of HTTP/1.1
     -          0 http://127.0.0.1:PORT/line: limit overrun
     -          0 http://127.0.0.1:PORT/reset: Connection reset by peer
     -          0 http://127.0.0.1:PORT/slow: timed out
     -          0 http://127.0.0.1:1/: Connection refused
     -          0 http://no-such-host.invalid/: $lookup
     -          0 https://example.org/: https needs the TLS adapter, examples/adapters
     -          0 example.org: not a URL
     -          0 http://: not a URL
     -          0 http:///x: not a URL
     -          0 http://a:0/: not a URL
     -          0 http://a:65536/: not a URL
     -          0 http://a:8x/: not a URL
     -          0 http://a:-1/: not a URL
     -          0 http://u:p@a/: not a URL
     -          0 http://[::1: not a URL
     -          0 http://[::1]x/: not a URL
     -          0 http://a/ b: not a URL
EXPECTED
}

# a name that is never there: what is said depends on whether there is a name server
all()
{
    ! fetch "$1" -t "$2" "$U/length" "$U/none" "$U/closed" "$U/chunks" "HTTP://localhost:$port/bytes" "$U/bare" "$U/moved" \
        "$U/continue" "$U/empty" "$U/missing" "$U" "$U#part" "$U?q" "$U/short" "$U/short-chunk" "$U/short-chunks" \
        "$U/bad-chunk" "$U/long-chunk" "$U/large-chunk" "$U/bad-length" "$U/bad-header" "$U/bad" "$U/nothing" "$U/head" \
        "$U/line" "$U/reset" "$U/slow" http://127.0.0.1:1/ http://no-such-host.invalid/ https://example.org/ \
        example.org http:// http:///x http://a:0/ http://a:65536/ http://a:8x/ http://a:-1/ http://u:p@a/ 'http://[::1' \
        'http://[::1]x/' 'http://a/ b' >"$binary.table" 2>"$binary.err" || { echo 'status 0'; return 1; }
    [ ! -s "$binary.err" ] || { cat "$binary.err"; return 1; }
    lookup=$(sed -n 's|.*no-such-host.invalid/: ||p' "$binary.table")
    check
}

all "$binary" 3
${CC:-cc} -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -Iinclude examples/35_fetch.c -o "$binary-asan"
all "$binary-asan" 5

# all at once, and the status
urls=()
for i in $(seq 200); do
    urls+=("$U/length")
done
[ "$(fetch "$binary" -t 30 "${urls[@]}" | grep -c '^   200          5 ')" = 200 ]
timeout 20 "$binary" "$U/length" "$U/missing" >/dev/null
# what is asked
fetch "$binary" "$U/echo?a=b#c" >"$binary.table"
size=$(printf 'GET /echo?a=b HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nUser-Agent: asyncio.h\r\nConnection: close\r\n\r\n' "$port" | wc -c)
grep -qx "   200  *$size http.*" "$binary.table"
# Ctrl-C while it waits
slow=$(grep -cx slow "$log.out")
(trap - INT && exec "$binary" "$U/slow" >"$binary.table" 2>"$binary.err") &
fetcher=$!
until [ "$(grep -cx slow "$log.out")" -gt "$slow" ]; do
    kill -0 $fetcher
    sleep 0.05
done
kill -INT $fetcher
status=0
wait $fetcher || status=$?
[ $status = 1 ]
grep -qx interrupted "$binary.err"
