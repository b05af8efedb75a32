# The server answers two clients at once; Ctrl-C ends it with status 0 while they are connected.
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
end_server 0
! read -r -t 10 answer <&3
