/* echo_libuv.c: reading starts once, writes are tried at once: echo_libuv PORT */
#include "listen.h"
#include <uv.h>

static char buffer[65536];

static void allocate(uv_handle_t *handle, size_t size, uv_buf_t *to)
{
    (void)handle;
    (void)size;
    *to = uv_buf_init(buffer, sizeof buffer);
}

static void closed(uv_handle_t *handle) { free(handle); }

static void written(uv_write_t *write, int status)
{
    (void)status;
    free(write);
}

static void readable(uv_stream_t *stream, ssize_t size, const uv_buf_t *from)
{
    uv_buf_t data = uv_buf_init(from->base, (unsigned)(size > 0 ? size : 0));
    uv_write_t *write;
    if (size < 0) {
        uv_close((uv_handle_t *)stream, closed);
        return;
    }
    if (size == 0 || uv_try_write(stream, &data, 1) == size)
        return;
    write = (uv_write_t *)malloc(sizeof *write + (size_t)size);
    require(write != NULL, "malloc");
    memcpy(write + 1, from->base, (size_t)size);
    data.base = (char *)(write + 1);
    uv_write(write, stream, &data, 1, written);
}

static void connected(uv_stream_t *listener, int status)
{
    uv_tcp_t *tcp = (uv_tcp_t *)malloc(sizeof *tcp);
    (void)status;
    require(tcp != NULL, "malloc");
    uv_tcp_init(listener->loop, tcp);
    if (uv_accept(listener, (uv_stream_t *)tcp) != 0) {
        uv_close((uv_handle_t *)tcp, closed);
        return;
    }
    uv_tcp_nodelay(tcp, 1);
    uv_read_start((uv_stream_t *)tcp, allocate, readable);
}

int main(int argc, char **argv)
{
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t listener;
    uv_tcp_init(loop, &listener);
    uv_tcp_open(&listener, listen_on(argc > 1 ? argv[1] : "8888"));
    require(uv_listen((uv_stream_t *)&listener, 4096, connected) == 0, "listen");
    uv_run(loop, UV_RUN_DEFAULT);
    return 1;
}
