# Before curl, nc, wrk and Chromium: what is served, what is refused, and peers that are slow on purpose.
. tests/support/serve.sh
binary=$1
name=36_file_server server=
for tool in curl nc; do
    command -v $tool >/dev/null || { echo "no $tool"; exit 77; }
done
www=$binary-www
trap 'kill $server 2>/dev/null || true; rm -rf "$www" "$binary-secret" "$binary".got* || true' EXIT
${CC:-cc} -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -DPATIENCE=1 -DCLIENTS=30 -Iinclude \
    examples/36_file_server.c -o "$binary-asan" -pthread
mkdir -p "$www/sub/empty" "$www/.git"
cat >"$www/index.html" <<'PAGE'
<!doctype html><title>test</title><link rel=stylesheet href=style.css><p id=p>hello</p><script src="/sub/p.js"></script>
PAGE
echo 'document.getElementById("p").textContent = "the script " + "ran";' >"$www/sub/p.js"
echo 'p { color: red }' >"$www/style.css"
seq 1000 >"$www/numbers.txt"
seq 1000001 2500000 >"$www/large.bin"
: >"$www/empty.txt"
echo secret >"$www/.git/config"
echo secret >"$binary-secret"
ln -s numbers.txt "$www/link.txt"
mkfifo "$www/fifo"

# get ARGUMENT... PATH: status, type and sizes.
get()
{
    local path=${*: -1}
    curl -sS --max-time 20 --path-as-is -o "$binary.got" -D "$binary.got-head" -w '%{http_code} %{content_type} %{size_download}\n' \
        "${@:1:$#-1}" "http://127.0.0.1:$port$path"
}

# gives EXPECTED ARGUMENT... PATH
gives()
{
    local expected=$1 actual
    shift
    actual=$(get "$@")
    case $actual in
    "$expected"*) ;;
    *) echo "$*: $actual, not $expected"; return 1 ;;
    esac
}

header()
{
    tr -d '\r' <"$binary.got-head" | sed -n "s/^$1: //p" | tail -n 1
}

# raw REQUESTS: the answers' first lines, and how the connection ended.
raw()
{
    # shellcheck disable=SC2059
    printf "$1" | timeout 20 nc -N 127.0.0.1 "$port" | tr -d '\r' | sed -n 's/^HTTP\/1.1 \([0-9]*\) .*/\1/p' | tr '\n' ' '
}

answers()
{
    local actual
    actual=$(raw "$2")
    [ "$actual" = "$1" ] || { echo "$2: $actual, not $1"; return 1; }
}

# without PATTERN FILE ('!' does not end a script)
without()
{
    if grep "$1" "$2"; then
        echo "$2: that should not be there"
        return 1
    fi
}

descriptors()
{
    ls "/proc/$server/fd" | wc -l
}

# Waits until the server has let go of all clients.
settled()
{
    local tries
    for tries in $(seq 400); do
        [ "$(descriptors)" -gt "$opened" ] || return 0
        sleep 0.05
    done
    echo "$1: $(descriptors) descriptors, not $opened, after $tries tries"
    return 1
}

long()
{
    head -c "$1" /dev/zero | tr '\0' a
}

start_server "$binary-asan" "$www"
opened=$(($(descriptors) + 1)) # the loop makes itself one more when it first waits for a thread

gives '200 text/html; charset=utf-8 ' /
cmp "$binary.got" "$www/index.html"
gives '200 text/plain; charset=utf-8 3893' '/numbers.txt?query'
cmp "$binary.got" "$www/numbers.txt"
[ "$(header Accept-Ranges)" = bytes ]
modified=$(header Last-Modified)
gives '200 text/plain; charset=utf-8 0' -I /numbers.txt
[ "$(header Content-Length)" = 3893 ]
gives '404 ' -I /nothing
gives '404 ' /nothing
grep -q '^404 Not Found$' "$binary.got"
gives '404 ' /numbers.txt/
gives '200 text/plain' /link.txt
gives '200 text/plain; charset=utf-8 3893' /%6eumbers%2Etxt
gives '200 text/plain; charset=utf-8 0' /empty.txt
gives '200 application/octet-stream 12000000' /large.bin
cmp "$binary.got" "$www/large.bin"
gives '200 text/javascript' /sub/p.js
gives '301 ' /sub
[ "$(header Location)" = ./sub/ ]
gives '301 ' //sub/empty
[ "$(header Location)" = ./empty/ ]
gives '403 ' /sub/empty/
gives '403 ' /fifo

# what was modified since
gives '304 text/plain; charset=utf-8 0' -H "If-Modified-Since: $modified" /numbers.txt
gives '304 ' -z 'Fri, 01 Jan 2100 00:00:00 GMT' /numbers.txt
gives '200 ' -z 'Sat, 01 Jan 2000 00:00:00 GMT' /numbers.txt
gives '200 ' -H 'If-Modified-Since: yesterday' /numbers.txt

# ranges
gives '206 text/plain; charset=utf-8 10' -r 0-9 /numbers.txt
[ "$(header Content-Range)" = 'bytes 0-9/3893' ]
cmp "$binary.got" <(head -c 10 "$www/numbers.txt")
gives '206 text/plain; charset=utf-8 893' -r 3000- /numbers.txt
cmp "$binary.got" <(tail -c 893 "$www/numbers.txt")
gives '206 text/plain; charset=utf-8 5' -r -5 /numbers.txt
cmp "$binary.got" <(tail -c 5 "$www/numbers.txt")
gives '206 text/plain; charset=utf-8 3893' -r -99999 /numbers.txt
gives '206 text/plain; charset=utf-8 1' -r 3892-99999999999999999999 /numbers.txt
gives '206 application/octet-stream 9000000' -r 1000000-9999999 /large.bin
cmp "$binary.got" <(tail -c +1000001 "$www/large.bin" | head -c 9000000)
for range in 3893- 99999999999999999999- -0; do
    gives '416 ' -H "Range: bytes=$range" /numbers.txt
    [ "$(header Content-Range)" = 'bytes */3893' ]
done
gives '416 ' -r 0-0 /empty.txt
for range in 0-1,5-6 5-4 - x-y 5 5-6x --5; do
    gives '200 text/plain; charset=utf-8 3893' -H "Range: bytes=$range" /numbers.txt
done
gives '200 ' -H 'Range: lines=1-2' /numbers.txt
gives '206 ' -H "If-Range: $modified" -r 0-9 /numbers.txt
gives '200 ' -H 'If-Range: "other"' -r 0-9 /numbers.txt

# what is not to be seen
secret=$(basename "$binary-secret")
for path in "/../$secret" "/sub/../../$secret" "/%2e%2e/$secret" "/.%2E/$secret" "/..%2f$secret" "//../$secret" \
    "/sub/%2e%2e%2f%2e%2e%2f$secret" /.git/config /sub/../.git/config /. /..; do
    gives '403 ' "$path"
    without secret "$binary.got"
done
gives '400 ' /a%00b
gives '400 ' /a%2
gives '400 ' /%gg

# limits
gives '405 ' -X POST -d a=b /
[ "$(header Allow)" = 'GET, HEAD' ]
gives '405 ' -X OPTIONS /
gives '501 ' -X BREW /
gives '414 ' "/$(long 5000)"
gives '404 ' "/$(long 4000)"
gives '431 ' -H "A: $(long 5000)" /
gives '431 ' -H "A: $(long 4000)" -H "B: $(long 4000)" -H "C: $(long 4000)" -H "D: $(long 4000)" -H "E: $(long 4000)" /
gives '200 ' -X GET -d "$(long 60000)" /
long 70000 >"$binary.got-body"
gives '413 ' -X GET --data-binary "@$binary.got-body" /
long 3000000 >"$binary.got-body" # the answer comes through although nobody reads all of this
gives '413 ' -X GET --data-binary "@$binary.got-body" -H Expect: /
gives '501 ' -X GET -d x -H 'Transfer-Encoding: chunked' /

# what no browser sends
H='Host: a\r\n'
answers '200 404 301 ' "GET / HTTP/1.1\r\n$H\r\nGET /nothing HTTP/1.1\r\n$H\r\nGET /sub HTTP/1.1\r\n$H\r\n"
answers '200 200 ' "\r\nGET / HTTP/1.1\r\n${H}Content-Length: 5\r\n\r\nabcdeGET / HTTP/1.1\r\n${H}Connection: TE, close\r\n\r\nGET / HTTP/1.1\r\n$H\r\n"
answers '200 ' "GET / HTTP/1.0\n\nGET / HTTP/1.0\n\n"
answers '200 200 ' "GET / HTTP/1.0\nconnection: Keep-Alive\n\nGET / HTTP/1.0\n\n"
answers '200 ' "GET http://example.org/numbers.txt HTTP/1.1\r\n$H\r\n"
for bad in '\n\n\nx\n\n' 'GET\r\n\r\n' 'GET /\r\n\r\n' 'GET  / HTTP/1.1\r\n\r\n' 'GET / HTTP/1.1 x\r\n\r\n' ' GET / HTTP/1.1\r\n\r\n' \
    'GET / HTTP/1.1\r\n\r\n' "GET / HTTP/1.1\r\n$H$H\r\n" "GET / HTTP/1.1\r\n$H folded\r\n\r\n" "GET / HTTP/1.1\r\nHost : a\r\n\r\n" \
    "GET / HTTP/1.1\r\n$H: a\r\n\r\n" "GET / HTTP/1.1\r\n${H}nothing\r\n\r\n" 'GET x HTTP/1.1\r\nHost: a\r\n\r\n' \
    'GET * HTTP/1.1\r\nHost: a\r\n\r\n' 'GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n' 'GET /\rX: y HTTP/1.1\r\nHost: a\r\n\r\n' \
    "GET / HTTP/1.1\r\n${H}Content-Length: -1\r\n\r\n" "GET / HTTP/1.1\r\n${H}Content-Length:\r\n\r\n" \
    "GET / HTTP/1.1\r\n${H}Content-Length: 1\r\nContent-Length: 2\r\n\r\n" 'GET / FTP/1.1\r\n\r\n'; do
    answers '400 ' "$bad"
done
answers '505 ' 'GET / HTTP/2.0\r\n\r\n'
answers '413 ' "GET / HTTP/1.1\r\n${H}Content-Length: 99999999999999999999999\r\n\r\n"
answers '' 'GET / HT'
answers '' "GET / HTTP/1.1\r\n$H"
for size in 100 10000 1000000; do
    head -c $size /dev/urandom | timeout 20 nc -N 127.0.0.1 "$port" >"$binary.got" || true
done
settled 'after bad requests'

# a thousand requests, one connection
seq 1000 | sed "s|.*|url = http://127.0.0.1:$port/numbers.txt|" >"$binary.got-urls"
[ "$(curl -sS -K "$binary.got-urls" -w '%{stderr}%{num_connects}\n' 2>"$binary.got-connects" | sha256sum)" = \
    "$(for i in $(seq 1000); do cat "$www/numbers.txt"; done | sha256sum)" ]
awk '{ n += $1 } END { if (NR != 1000 || n != 1) { print NR " requests, " n " connections"; exit 1 } }' "$binary.got-connects"

# more clients than are served at once, who never finish their request: each is let go, and the next one served
for i in $(seq 45); do
    (
        exec 3<>"/dev/tcp/127.0.0.1/$port"
        case $((i % 3)) in
        0) ;;                                                        # says nothing
        1) printf 'GET / HTTP/1.1\r\n' >&3 ;;                        # not enough
        2) (while printf 'GET / HTTP/1.1\r\nX: y\r\nA' >&3; do sleep 0.3; done) 2>/dev/null & ;; # never an end
        esac
        timeout 40 cat <&3 || [ $? -ne 124 ]
    ) >"$binary.got-slow$i" 2>/dev/null &
    slow="${slow:-} $!"
done
gives '200 ' --connect-timeout 20 /
for i in $slow; do
    wait "$i" || { echo 'a slow client was not let go'; exit 1; }
done
grep -q '^HTTP/1.1 408 ' "$binary.got-slow1"
settled 'after slow clients'

# peers that ask and never read are let go, too
for i in 4 5 6 7 8 9; do
    eval "exec $i<>/dev/tcp/127.0.0.1/$port"
    for j in $(seq 50); do
        printf 'GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n'
    done >&$i
done
[ "$(descriptors)" -gt "$opened" ]
settled 'after peers that do not read'
exec 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
gives '200 ' /
end_server 0
without 'ERROR\|runtime error' "$log.err"

# without a sanitizer, which would take the memory that is not to be taken
start_server "$binary" "$www"
for i in 4 5 6 7 8 9; do
    eval "exec $i<>/dev/tcp/127.0.0.1/$port"
    for j in $(seq 1000); do
        printf 'GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n'
    done >&$i
done
sleep 1
gives '200 ' /
most=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$server/status")
echo "at most $most KiB resident"
[ "$most" -lt 16384 ]
exec 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
if command -v wrk >/dev/null; then
    wrk -t1 -c50 -d2 "http://127.0.0.1:$port/index.html" >"$binary.got-wrk"
    cat "$binary.got-wrk"
    without 'Non-2xx\|Socket errors' "$binary.got-wrk"
else
    echo "skip $name: no wrk" >&3
fi
if command -v chromium >/dev/null; then
    timeout 50 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$www/.profile" --dump-dom \
        "http://127.0.0.1:$port/" >"$binary.got-dom" 2>/dev/null
    grep -q 'the script ran' "$binary.got-dom"
else
    echo "skip $name: no chromium" >&3
fi

# the end: an answer in progress is finished, who waits is let go
curl -sS -o "$binary.got-large" --limit-rate 4M "http://127.0.0.1:$port/large.bin" &
download=$!
exec 4<>"/dev/tcp/127.0.0.1/$port"
printf 'GET /empty.txt HTTP/1.1\r\nHost: a\r\n\r\n' >&4
until [ -s "$binary.got-large" ]; do
    kill -0 $download
    sleep 0.05
done
kill -TERM "$server"
timeout 20 cat <&4 | grep -q '^HTTP/1.1 200'
wait $download
cmp "$binary.got-large" "$www/large.bin"
wait "$server"
grep -qx terminated "$log.err"

# Ctrl-C twice does not wait for them
start_server "$binary" "$www"
exec 4<>"/dev/tcp/127.0.0.1/$port"
printf 'GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n' >&4
read -r -t 10 line <&4
kill -INT "$server"
until grep -q interrupted "$log.err"; do
    sleep 0.05
done
sleep 0.1
kill -INT "$server"
wait "$server"
echo "ok $name" >&3
