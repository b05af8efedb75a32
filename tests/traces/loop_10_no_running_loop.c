/* create_task() without a running loop is an error; the one on a loop works. */
#include "trace.h"

struct job { async_frame frame; };

async(job)
{
    async_begin;
    puts("job");
    async_end;
}

/* The handler of no loop prints to stderr: create_task() gives NULL and says why. */
int main(void)
{
    async_loop *loop;
    async_task *t;
    if (async_create_task(job) == NULL)
        puts("RuntimeError");
    loop = new_loop();
    t = async_loop_create_task(loop, job);
    puts("created");
    run_task(loop, t);
    async_loop_close(loop);
    return 0;
}
