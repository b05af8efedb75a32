# libcurl: five hundred URLs at once from an nginx of our own, what fails, and what takes too long.

# shellcheck shell=bash
# shellcheck disable=SC2154

curl_job()
{
    local web=$build/web i tries urls=()
    need_header curl/curl.h
    have nginx || PATH=$PATH:/usr/sbin
    have nginx || skip_job 'no nginx'
    adapter examples/adapters/fetch.c "$build/fetch" -lcurl
    mkdir -p "$web/files"
    chmod 755 "$build" "$web" "$web/files"
    for i in $(seq 100); do
        head -c $((i * 1000)) /dev/zero >"$web/files/$i"
    done
    # a port that nobody answers, and one that answers nothing
    python3 -c '
import socket, time
s = socket.create_server(("127.0.0.1", 0))
t = socket.socket()
t.bind(("127.0.0.1", 0))
print(s.getsockname()[1], t.getsockname()[1], flush=True)
time.sleep(150)' >"$web/ports" &
    silent=$!
    # shellcheck disable=SC2064
    trap "kill -9 $silent 2>/dev/null || true" EXIT
    for port in $(seq 23800 23860); do
        cat >"$web/nginx.conf" <<CONFIGURATION
daemon off;
master_process off;
pid $web/pid;
error_log $web/error.log;
events { worker_connections 2000; }
http {
    access_log off;
    client_body_temp_path $web/body;
    proxy_temp_path $web/proxy;
    fastcgi_temp_path $web/fastcgi;
    uwsgi_temp_path $web/uwsgi;
    scgi_temp_path $web/scgi;
    server {
        listen 127.0.0.1:$port;
        root $web/files;
        location /moved { return 302 /1; }
    }
}
CONFIGURATION
        nginx -e "$web/error.log" -c "$web/nginx.conf" 2>/dev/null &
        server=$!
        # shellcheck disable=SC2064
        trap "kill -9 $silent $server 2>/dev/null || true" EXIT
        for tries in $(seq 200); do
            ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
            kill -0 $server 2>/dev/null || break
            sleep 0.05
        done
        ! kill -0 $server 2>/dev/null || break
    done

    echo "nginx is there after $tries tries"
    for i in $(seq 500); do
        urls+=("http://127.0.0.1:$port/$((i % 100 + 1))")
    done
    timeout 60 "$build/fetch" "${urls[@]}" >"$web/fetched"
    for i in $(seq 500); do
        printf '200 %8d %s\n' $(((i % 100 + 1) * 1000)) "http://127.0.0.1:$port/$((i % 100 + 1))"
    done | sort | diff - <(sort "$web/fetched")
    passed '500 URLs at once from nginx, each whole'

    for tries in $(seq 200); do
        ! grep -q ' ' "$web/ports" || break
        sleep 0.05
    done
    read -r silence nobody <"$web/ports"
    ! timeout 60 "$build/fetch" "http://127.0.0.1:$port/7" "http://127.0.0.1:$port/none" "http://127.0.0.1:$port/moved" \
        "http://127.0.0.1:$nobody/" "http://127.0.0.1:$silence/" "other://127.0.0.1/" >"$web/failed"
    sed -i "s/:$port/:PORT/; s/:$silence/:SILENCE/; s/:$nobody/:NOBODY/" "$web/failed"
    cat "$web/failed"
    grep -qx '200     7000 http://127.0.0.1:PORT/7' "$web/failed"
    grep -q '^404 .*/none$' "$web/failed"
    grep -q '^302 .*/moved$' "$web/failed"
    grep -q "^[CF].* connect to server.*NOBODY/$" "$web/failed"
    grep -qx 'timed out: http://127.0.0.1:SILENCE/' "$web/failed"
    grep -q '^Unsupported protocol: other' "$web/failed"
    [ "$(wc -l <"$web/failed")" = 6 ]
    passed 'what fails is a status of its own, what is silent has a deadline'

    # Ctrl-C in the middle of a slow answer
    (trap - INT && exec "$build/fetch" "http://127.0.0.1:$silence/" >"$web/cut" 2>&1) &
    i=$!
    sleep 1
    kill -INT $i
    ! wait $i
    grep -qx interrupted "$web/cut" || { cat "$web/cut"; return 1; }
    ! grep -i -e sanitizer -e 'runtime error' "$web/cut"
    passed 'Ctrl-C during a fetch: nothing is left'
    kill "$server"
    wait "$server" || true
}
