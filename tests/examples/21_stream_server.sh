# The server answers two clients at once; after Ctrl-C a client has a moment to finish; it ends with status 0.
. tests/support/serve.sh
start_server "$1"
trap 'kill $server 2>/dev/null || true' EXIT
exec 3<>"/dev/tcp/127.0.0.1/$port" 4<>"/dev/tcp/127.0.0.1/$port"
for text in hello 'two words' bye; do
    echo "$text" >&3
    echo "4: $text" >&4
    read -r -t 10 answer <&4
    [ "$answer" = "4: $text" ]
    read -r -t 10 answer <&3
    [ "$answer" = "$text" ]
done
kill -INT $server
echo 'one more' >&3
read -r -t 10 answer <&3
[ "$answer" = 'one more' ]
exec 3>&- 4>&-
status=0
wait $server || status=$?
[ $status = 0 ]
grep -qx '7 lines' "$log.out"
grep -qx interrupted "$log.err"
