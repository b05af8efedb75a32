# Ten clients at once are answered, whichever loop has them; Ctrl-C ends all loops while they are connected.
. tests/support/serve.sh
start_server "$1"
trap 'kill $server 2>/dev/null || true' EXIT
clients=()
for _ in 1 2 3 4 5 6 7 8 9 10; do
    exec {fd}<>"/dev/tcp/127.0.0.1/$port"
    clients+=("$fd")
done
for round in hello 'two words' bye; do
    for fd in "${clients[@]}"; do
        echo "$fd $round" >&"$fd"
    done
    for fd in "${clients[@]}"; do
        read -r -t 10 answer <&"$fd"
        [ "$answer" = "$fd $round" ]
    done
done
end_server 0
! read -r -t 10 answer <&"${clients[0]}"
