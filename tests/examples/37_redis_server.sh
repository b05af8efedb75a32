# The same answers as the real redis-server's, where there is one, to redis-cli and to raw bytes: whole, split anywhere, in
# a row, and wrong; many clients; one that does not read; expiry; and redis-benchmark. With sanitizers.
. tests/support/serve.sh
binary=$1
sanitized=$binary-sanitized
${CC:-cc} -fsanitize=address,undefined -fno-sanitize-recover=all -Iinclude examples/37_redis_server.c \
    -o "$sanitized" 2>/dev/null || cp "$binary" "$sanitized"
start_server "$sanitized"
real='' real_port=''
if command -v redis-server >/dev/null; then
    for real_port in $(seq $((20000 + $$ % 10000)) 7 65000); do
        rm -f "$binary-real.log"
        redis-server --port "$real_port" --bind 127.0.0.1 --save '' --appendonly no --dir "$(dirname "$binary")" \
            >"$binary-real.log" &
        real=$!
        for tries in $(seq 200); do
            ! grep -qs 'Ready to accept' "$binary-real.log" || break 2
            kill -0 $real 2>/dev/null || break
            sleep 0.05
        done
    done
    echo "the real server after $tries tries"
fi
trap 'kill $server $real 2>/dev/null || true' EXIT

# what redis-cli shows
if [ -n "$real" ] && command -v redis-cli >/dev/null; then
    for each in $port $real_port; do
        redis-cli -p "$each" >"$binary-cli.$each" 2>&1 <<'SESSION'
PING
PING hello
ping a b
ECHO "hello there"
ECHO
SET a 1
GET a
get nothing
SET a 2 NX
SET b 2 XX
GET b
set b 3 nx ex 100
TTL b
SET b 4 PX 100900 XX
TTL b
SET b 4
TTL b
SET b 4 EX 0
SET b 4 EX -1
SET b 4 EX x
SET b 4 EX
SET b 4 NX XX
SET b 4 EX 3 PX 3
SET b 4 EX 9223372036854775807
SET b 4 PX 9223372036854775807
TTL none
INCR a
INCR fresh
SET s abc
INCR s
SET s 9223372036854775807
INCR s
SET s 9223372036854775808
INCR s
SET s -9223372036854775808
INCR s
SET s 007
INCR s
SET s -0
INCR s
SET s -1
INCR s
SET s ""
INCR s
GET s
EXPIRE a 50
INCR a
TTL a
EXPIRE a -1
GET a
EXPIRE none 3
EXPIRE s x
EXPIRE s 9223372036854775807
DEL b s none
DEL
GET
SET a
MULTI
SET x 1
INCR x
MULTI
GET x
ECHO
EXEC
GET x
MULTI
SET x 1
INCR x
GET x
TTL x
INCR a
EXEC
EXEC
DISCARD
MULTI
INCR x
DISCARD
GET x
MULTI
EXEC
NOSUCH
nosuch a "b c" d
MULTI
NOSUCH a b
EXEC
CONFIG GET appendonly
CONFIG GET nothing
SESSION
    done
    # a second may pass between two lines
    sed -i -E 's/^(49|50|99|100|101)$/some seconds/' "$binary-cli.$real_port" "$binary-cli.$port"
    diff "$binary-cli.$real_port" "$binary-cli.$port"
    echo "redis-cli: $(wc -l <"$binary-cli.$port") lines, the same"
fi

if command -v python3 >/dev/null; then
    timeout 50 python3 - "$port" "$real_port" <<'PYTHON'
import random, socket, sys, time

def array(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)

def connect(port):
    s = socket.create_connection(("127.0.0.1", int(port)))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.settimeout(20)
    return s

def rest(s):
    got = []
    try:
        while not got or got[-1]:
            got.append(s.recv(65536))
    except ConnectionResetError:  # it was closed with something of ours not read
        pass
    return b"".join(got)

def ask(port, pieces, pause=0):
    s = connect(port)
    try:
        for piece in pieces:
            s.sendall(piece)
            if pause:
                time.sleep(pause)
        s.shutdown(socket.SHUT_WR)
    except OSError:  # closed already
        pass
    return rest(s)

def split(data, sizes):
    while data:
        size = sizes()
        yield data[:size]
        data = data[size:]

big = bytes(range(256)) * 800
good = [
    (array(b"PING") * 3, b"+PONG\r\n" * 3),
    (b"PING\r\nPING\n  \r\n\r\necho  hi \r\n", b"+PONG\r\n+PONG\r\n$2\r\nhi\r\n"),
    (b"*0\r\n*-1\r\n" + array(b"ECHO", b"") + array(b"echo", b"\r\n\0"), b"$0\r\n\r\n$3\r\n\r\n\0\r\n"),
    (array(b"SET", b"big", big) + array(b"GET", b"big") + array(b"DEL", b"big"),
     b"+OK\r\n$%d\r\n%s\r\n:1\r\n" % (len(big), big)),
    (array(b"MULTI") + b"ECHO a\r\n" + array(b"ECHO", b"b") + array(b"EXEC"),
     b"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n"),
    (array(b"QUIT") + array(b"PING"), b"+OK\r\n"),
    (array(b"MULTI") + array(b"PING") + array(b"QUIT"), b"+OK\r\n+QUEUED\r\n+OK\r\n"),
    (array(b"no\nsuch", b"a\rb"), b"-ERR unknown command 'no such', with args beginning with: 'a b' \r\n"),
    (array(b"PING") + b"*2\r\n$4\r\nECHO\r\n$5\r\nhel", b"+PONG\r\n"),
    (b"*1\r\n$4\r\nPING\r\n" + b"*1\r\n$4", b"+PONG\r\n"),
]
bad = [
    (b"*x\r\n", b"invalid multibulk length"),
    (b"*99999999999\r\n", b"invalid multibulk length"),
    (b"* 1\r\n", b"invalid multibulk length"),
    (b"*1\r\n+PING\r\n", b"expected '$', got '+'"),
    (b"*1\r\n$-1\r\n", b"invalid bulk length"),
    (b"*1\r\n$x\r\n", b"invalid bulk length"),
    (b"*1\r\n$99999999999\r\n", b"invalid bulk length"),
    (b"*2\r\n$4\r\nECHO\r\n$9999999999999999999999\r\n", b"invalid bulk length"),
]
good += [(array(b"PING") + request + array(b"PING"), b"+PONG\r\n-ERR Protocol error: " + error + b"\r\n")
         for request, error in bad]
good += [(b"a" * 70000, b"-ERR Protocol error: too big inline request\r\n")]
random.seed(1)
ports = [p for p in sys.argv[1:] if p]
asked = 0
for request, answer in good:
    for port in ports:
        ways = [[request], split(request, lambda: random.choice((1, 2, 7, 1000, 60000)))]
        if len(request) < 400:
            ways.append(split(request, lambda: 1))
        for way in ways:
            got = ask(port, way)
            assert got == answer, (port, request[:100], got[:200], answer[:200])
            asked += 1
port = ports[0]

# 20,000 in one go, and the answers in order
n = 20000
got = ask(port, [b"".join(array(b"INCR", b"n") for _ in range(n))])
assert got == b"".join(b":%d\r\n" % (i + 1) for i in range(n)), len(got)

# a client that asks for much and reads late gets all of it; one that never does is thrown out inside a transaction
assert ask(port, [array(b"SET", b"big", big)]) == b"+OK\r\n"
s, quiet = connect(port), connect(port)
s.sendall(array(b"GET", b"big") * 100)
quiet.sendall(array(b"MULTI") + array(b"GET", b"big") * 500 + array(b"EXEC"))
other = connect(port)
other.sendall(array(b"PING"))
assert other.recv(100) == b"+PONG\r\n"
s.shutdown(socket.SHUT_WR)
assert len(rest(s)) == 100 * (9 + len(big) + 2)
assert len(rest(quiet)) < 500 * len(big)

# expiry: by its timer, and not before; replacing the value ends it
assert ask(port, [array(b"SET", b"e", b"x", b"PX", b"60") + array(b"SET", b"f", b"x", b"PX", b"60") +
                  array(b"SET", b"f", b"y") + array(b"GET", b"e")]) == b"+OK\r\n+OK\r\n+OK\r\n$1\r\nx\r\n"
time.sleep(0.1)
assert ask(port, [array(b"GET", b"e") + array(b"GET", b"f")]) == b"$-1\r\n$1\r\ny\r\n"

# many keys, and many clients at once
keys = [b"key%d" % i for i in range(5000)]
ask(port, [b"".join(array(b"SET", k, k, b"EX", b"1000") for k in keys)])
got = ask(port, [b"".join(array(b"GET", k) for k in keys)])
assert got == b"".join(b"$%d\r\n%s\r\n" % (len(k), k) for k in keys)
clients = [connect(port) for _ in range(200)]
for c in clients:
    c.sendall(array(b"INCR", b"clients"))
assert sorted(int(c.recv(100)[1:-2]) for c in clients) == list(range(1, 201))
print(asked, "conversations")
PYTHON
fi

if command -v redis-benchmark >/dev/null; then
    timeout 50 redis-benchmark -p "$port" -t ping,set,get,incr -c 20 -n 1000 -P 4 -q >"$binary-benchmark.log" 2>&1
    [ "$(tr '\r' '\n' <"$binary-benchmark.log" | grep -c 'requests per second')" = 5 ]
    ! grep -qi -e error -e warning "$binary-benchmark.log" || { cat "$binary-benchmark.log"; exit 1; }
fi
end_server 0
