/* A signal from outside wakes a loop that has nothing else to do. */
#include "trace.h"
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

struct usr1 {
    async_handle handle;
    async_loop *loop;
    int n;
};

static void usr1(async_handle *handle)
{
    struct usr1 *self = (struct usr1 *)handle->data;
    printf("SIGUSR1 %d\n", self->n);
    async_loop_stop(self->loop);
}

static void *timer(void *data)
{
    block_thread(40);
    kill(getpid(), SIGUSR1);
    return data;
}

int main(void)
{
    struct usr1 self = { .n = 7 };
    pthread_t thread;
    self.loop = new_loop();
    if (async_loop_add_signal_handler(self.loop, SIGUSR1, &self.handle, usr1, &self) == ASYNC_OK &&
        pthread_create(&thread, NULL, timer, NULL) == 0) {
        async_loop_run_forever(self.loop);
        pthread_join(thread, NULL);
        puts("stopped");
    }
    async_loop_close(self.loop);
    return 0;
}
