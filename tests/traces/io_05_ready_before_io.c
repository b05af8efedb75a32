/* A callback that keeps rescheduling itself does not starve descriptors. */
#include "trace.h"
#include <sys/socket.h>
#include <unistd.h>

static async_loop *loop;
static async_fd_handle reader;
static async_handle spinning, sending;
static int ends[2], spins;

static void spin(async_handle *handle)
{
    spins++;
    async_loop_call_soon(loop, handle, spin, NULL);
}

static void send_byte(async_handle *handle)
{
    (void)handle;
    if (write(ends[1], "x", 1) != 1)
        exit(1);
}

static void readable(async_fd_handle *handle)
{
    char data[11] = "";
    (void)handle;
    if (read(ends[0], data, 10) < 0)
        exit(1);
    printf("read %s while spinning %s\n", data, truth(spins > 0));
    async_loop_stop(loop);
}

int main(void)
{
    loop = new_loop();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
        exit(1);
    async_loop_call_soon(loop, &spinning, spin, NULL);
    if (async_loop_add_reader(loop, ends[0], &reader, readable, NULL) < 0)
        exit(1);
    async_loop_call_soon(loop, &sending, send_byte, NULL);
    async_loop_run_forever(loop);
    async_loop_close(loop);
    close(ends[0]);
    close(ends[1]);
    return 0;
}
