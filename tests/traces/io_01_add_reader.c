/* add_reader(): called while the descriptor is readable. */
#include "trace.h"
#include <sys/socket.h>
#include <unistd.h>

static async_loop *loop;
static async_fd_handle reader;
static int ends[2];

static void readable(async_fd_handle *handle)
{
    char data[4] = "";
    if (read(ends[0], data, 3) != 3)
        exit(1);
    printf("%s %s\n", (const char *)handle->handle.data, data);
    if (strcmp(data, "end") == 0) {
        printf("removed %s\n", truth(async_fd_handle_cancel(handle)));
        printf("removed %s\n", truth(async_fd_handle_cancel(handle)));
        async_loop_stop(loop);
    }
}

int main(void)
{
    loop = new_loop();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 ||
        async_loop_add_reader(loop, ends[0], &reader, readable, (void *)"got") < 0 || write(ends[1], "abcdefend", 9) != 9)
        exit(1);
    async_loop_run_forever(loop);
    async_loop_close(loop);
    close(ends[0]);
    close(ends[1]);
    return 0;
}
