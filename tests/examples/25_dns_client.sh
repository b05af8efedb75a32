# It asks a small name server that loses datagrams, sends false ones, and breaks off in the middle of records.
. tests/support/serve.sh
binary=$1
${CC:-cc} -Iinclude -Itests/support tests/support/name_server.c -o "$binary-server"
start_server "$binary-server"
trap 'kill $server 2>/dev/null || true' EXIT
status=0
timeout 30 "$binary" "127.0.0.1:$port" two.test alias.test lossy.test none.test large.test broken.test empty.test not..aname \
    >"$binary.out" || status=$?
[ $status = 1 ]
diff "$binary.out" - <<'END'
two.test A 192.0.2.1
two.test A 192.0.2.2
two.test AAAA 2001:db8::1
two.test AAAA 2001:db8::1
alias.test A 192.0.2.7
alias.test AAAA 2001:db8::1
lossy.test A 192.0.2.7
lossy.test AAAA 2001:db8::1
none.test A: no such name
none.test AAAA: no such name
large.test A: the answer is too large for a datagram
large.test AAAA: the answer is too large for a datagram
broken.test A: the server failed
broken.test AAAA: the server failed
not..aname A: no such name
not..aname AAAA: no such name
END
timeout 20 "$binary" "127.0.0.1:$port" two.test alias.test >/dev/null
end_server 0
status=0
timeout 20 "$binary" "127.0.0.1:$port" two.test >"$binary.out" || status=$?
[ $status = 1 ]
diff "$binary.out" - <<'END'
two.test A: Connection refused
two.test AAAA: Connection refused
END
