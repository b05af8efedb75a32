# TLS: the client and the server of the examples with openssl's s_server and s_client, and with each other.

# shellcheck shell=bash
# shellcheck disable=SC2154

# Makes a CA and certificates in $tls: good and expired for localhost, and alone, which nobody has signed.
certificates()
{
    tls=$build/$1
    mkdir -p "$tls"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=testca -keyout "$tls/ca.key" -out "$tls/ca.pem"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -keyout "$tls/alone.key" -out "$tls/alone.pem"
    for name in good expired; do
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -keyout "$tls/$name.key" -out "$tls/$name.csr"
    done
    echo 'subjectAltName=DNS:localhost' >"$tls/names"
    openssl x509 -req -days 2 -in "$tls/good.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial \
        -extfile "$tls/names" -out "$tls/good.pem"
    openssl x509 -req -days -1 -in "$tls/expired.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial \
        -extfile "$tls/names" -out "$tls/expired.pem"
}

# The client fails, and says why: refused HOST PORT CA-FILE WHY ARGUMENT...
refused()
{
    local why=$4
    ! timeout 20 "$build/tls_client" "$1" "$2" "$3" "${@:5}" </dev/null 2>"$tls/refused"
    grep -q "$why" "$tls/refused" || { echo "not: $why"; cat "$tls/refused"; return 1; }
    ! grep -i sanitizer "$tls/refused"
}

# Waits until a file has a line: until_line FILE LINE.
until_line()
{
    local tries
    for tries in $(seq 200); do
        ! grep -q -- "$2" "$1" 2>/dev/null || return 0
        sleep 0.05
    done
    echo "no line $2 in $1 after $tries tries:"
    cat "$1"
    return 1
}

# One process, a pair of sockets: cancelled at every point of handshakes and transfer, and every seed; see the source.
tls_pair_job()
{
    need_header openssl/ssl.h
    certificates pair 2>/dev/null
    adapter tests/adapters/tls_pair.c "$build/tls_pair" '-lssl -lcrypto'
    timeout 150 "$build/tls_pair" "$tls/ca.pem" "$tls/good.pem" "$tls/good.key" "$tls/alone.pem" "$tls/alone.key" >&3
}

tls_job()
{
    local peer ours name
    need_header openssl/ssl.h
    certificates peers 2>/dev/null
    adapter examples/adapters/tls_client.c "$build/tls_client" '-lssl -lcrypto'
    adapter examples/adapters/tls_server.c "$build/tls_server" '-lssl -lcrypto'
    head -c 3000000 /dev/urandom >"$tls/big"
    head -c 3000 /dev/urandom | base64 >"$tls/small"

    start_server "$build/tls_server" "$tls/good.pem" "$tls/good.key"
    # shellcheck disable=SC2064
    trap "kill -9 $server 2>/dev/null || true" EXIT
    ours=$port

    # s_client: the certificate, SNI and ALPN as it sees them, and its data back
    { cat "$tls/small"; until_line "$log.out" 'name "localhost"'; sleep 1; } |
        timeout 20 openssl s_client -connect "127.0.0.1:$ours" -servername localhost -alpn nothing,echo \
        -CAfile "$tls/ca.pem" -verify_return_error -verify_hostname localhost -nocommands -ign_eof -quiet 2>"$tls/s_client" \
        >"$tls/echoed" &
    peer=$!
    until_line "$log.out" '^name "localhost", protocol "echo"$'
    for name in $(seq 200); do
        ! cmp -s "$tls/small" "$tls/echoed" || break
        sleep 0.05
    done
    cmp "$tls/small" "$tls/echoed"
    kill $peer 2>/dev/null || true
    wait $peer || true
    passed 'openssl s_client and our server: verified, SNI, ALPN, data back'
    for name in -tls1_2 -tls1_3; do
        timeout 20 openssl s_client -connect "127.0.0.1:$ours" -CAfile "$tls/ca.pem" -verify_return_error $name \
            </dev/null >"$tls/s_client"
        grep -q 'Verify return code: 0 (ok)' "$tls/s_client"
    done
    ! timeout 20 openssl s_client -connect "127.0.0.1:$ours" -tls1_1 -cipher DEFAULT@SECLEVEL=0 </dev/null >/dev/null 2>&1
    ! timeout 20 openssl s_client -connect "127.0.0.1:$ours" -alpn other </dev/null >"$tls/s_client" 2>&1
    grep -q 'no application protocol' "$tls/s_client"
    passed 'our server: TLS 1.2 and 1.3, not 1.1; no protocol in common is refused'

    # each other
    timeout 60 "$build/tls_client" localhost "$ours" "$tls/ca.pem" echo <"$tls/big" 2>"$tls/client" | cmp - "$tls/big"
    grep -qx 'TLSv1.3, protocol "echo"' "$tls/client"
    timeout 60 "$build/tls_client" localhost "$ours" "$tls/ca.pem" <"$tls/small" 2>"$tls/client" | cmp - "$tls/small"
    grep -qx 'TLSv1.3, protocol ""' "$tls/client"
    passed 'our client and our server: 3,000,000 bytes there and back, closed in order'
    python3 tests/adapters/drip.py "$ours" >"$tls/drip" &
    peer=$!
    until_line "$tls/drip" '^[0-9]*$'
    head -c 2000 "$tls/small" >"$tls/drops"
    timeout 60 "$build/tls_client" localhost "$(cat "$tls/drip")" "$tls/ca.pem" echo <"$tls/drops" | cmp - "$tls/drops"
    kill $peer
    passed 'the same byte by byte'

    # who is refused
    refused 127.0.0.1 "$ours" "$tls/ca.pem" 'IP address mismatch'
    refused localhost "$ours" "$tls/alone.pem" 'unable to get local issuer'
    refused localhost "$ours" "$tls/ca.pem" 'TLS failed' other
    passed 'our client refuses another host and an unknown CA; a protocol the server lacks fails'
    mkfifo "$tls/open" # s_server ends where its input does
    exec 6<>"$tls/open"
    for name in alone expired; do
        openssl s_server -accept 127.0.0.1:0 -cert "$tls/$name.pem" -key "$tls/$name.key" <&6 >"$tls/s_server" 2>&1 &
        peer=$!
        until_line "$tls/s_server" '^ACCEPT .*:[0-9]*$'
        port=$(sed -n 's/^ACCEPT .*://p' "$tls/s_server")
        [ $name = alone ] && refused localhost "$port" "$tls/ca.pem" 'self-signed certificate'
        [ $name = alone ] || refused localhost "$port" "$tls/ca.pem" 'certificate has expired'
        kill $peer
        wait $peer || true
    done
    passed 'our client refuses a self-signed and an expired certificate'

    # s_server: what it sends back, reversed line by line; and a connection that is cut off
    openssl s_server -accept 127.0.0.1:0 -cert "$tls/good.pem" -key "$tls/good.key" -alpn echo -rev \
        <&6 >"$tls/s_server" 2>&1 &
    peer=$!
    until_line "$tls/s_server" '^ACCEPT .*:[0-9]*$'
    port=$(sed -n 's/^ACCEPT .*://p' "$tls/s_server")
    (printf 'olleh\nCLOSE\n'; sleep 1) | timeout 20 "$build/tls_client" localhost "$port" "$tls/ca.pem" echo \
        >"$tls/echoed" 2>"$tls/client"
    grep -qx hello "$tls/echoed"
    grep -qx 'TLSv1.3, protocol "echo"' "$tls/client"
    kill $peer
    wait $peer || true
    openssl s_server -accept 127.0.0.1:0 -cert "$tls/good.pem" -key "$tls/good.key" \
        </dev/zero >"$tls/s_server" 2>&1 &
    peer=$!
    until_line "$tls/s_server" '^ACCEPT .*:[0-9]*$'
    port=$(sed -n 's/^ACCEPT .*://p' "$tls/s_server")
    mkfifo "$tls/input"
    timeout 40 "$build/tls_client" localhost "$port" "$tls/ca.pem" <"$tls/input" >"$tls/zeros" 2>"$tls/client" &
    name=$!
    exec 4>"$tls/input"
    until_line "$tls/client" TLSv1.3
    kill -9 "$peer" 2>/dev/null || true
    ! wait $name
    exec 4>&-
    grep -qE 'truncated|reset' "$tls/client" || { cat "$tls/client"; return 1; }
    passed 'openssl s_server and our client: data, ALPN, its close notification; an end without one is an error'

    # a client that says nothing is dropped after the deadline; garbage at once; then Ctrl-C with clients there
    exec 5<>"/dev/tcp/127.0.0.1/$ours"
    printf 'this is no TLS' >&5 || true
    timeout 10 cat <&5 >/dev/null || true # perhaps reset, since it has not read it all
    exec 5>&-
    exec 5<>"/dev/tcp/127.0.0.1/$ours"
    ! read -r -t 30 name <&5
    exec 5>&-
    until_line "$build/tls_server.log.out" 'a client failed: TLS failed'
    until_line "$build/tls_server.log.out" 'a client failed: timed out'
    exec 5<>"/dev/tcp/127.0.0.1/$ours"
    sleep 0.2
    log=$build/tls_server.log
    end_server 0
    ! grep -i -e sanitizer -e 'runtime error' -e asyncio "$log.err"
    passed 'silence, garbage and Ctrl-C in a handshake: nothing is left'
}
