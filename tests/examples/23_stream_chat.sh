# Three clients in two rooms: who hears what; names, /quit, a line that is too long; Ctrl-C ends it with status 0.
. tests/support/serve.sh
start_server "$1"
trap 'kill $server 2>/dev/null || true' EXIT

say()
{
    echo "$2" >&"$1"
}

hears()
{
    local line
    read -r -t 10 line <&"$1" || { echo "client $1 heard nothing, not '$2'"; return 1; }
    # shellcheck disable=SC2053
    [[ $line == $2 ]] || { echo "client $1 heard '$line', not '$2'"; return 1; }
}

exec 3<>"/dev/tcp/127.0.0.1/$port"
say 3 '/name alice'
say 3 '/join garden'
sleep 0.2
exec 4<>"/dev/tcp/127.0.0.1/$port"
say 4 '/join garden'
hears 3 'guest* has joined garden'
say 4 '/name bob'
hears 3 'guest* is now called bob'
exec 5<>"/dev/tcp/127.0.0.1/$port"
say 5 $'/name carol\r'
say 5 'is anybody here?'
say 3 'hello bob'
hears 4 'alice: hello bob'
say 4 'hello alice'
hears 3 'bob: hello alice'
say 5 '/join garden'
hears 3 'carol has joined garden'
hears 4 'carol has joined garden'
say 4 '/quit'
hears 3 'bob has left'
! read -r -t 10 line <&4
printf '%0300d\n' 0 >&5
! read -r -t 10 line <&5
hears 3 'carol has left'
end_server 0
! read -r -t 10 line <&3
