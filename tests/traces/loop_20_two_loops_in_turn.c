/* Two loops, run in turn, keep their own ready lists. */
#include "trace.h"

struct work { async_frame frame; const char *name; int n, i; };

async(work)
{
    async_begin;
    for (self->i = 0; self->i < self->n; self->i++) {
        printf("%s %d\n", self->name, self->i);
        await(async_sleep, .delay = 0);
    }
    async_end;
}

int main(void)
{
    async_loop *a = new_loop(), *b = new_loop();
    async_task *ta = async_loop_create_task(a, work, .name = "A", .n = 3);
    async_task *tb = async_loop_create_task(b, work, .name = "B", .n = 3);
    run_task(b, async_loop_create_task(b, async_sleep, .delay = 0));
    puts("--");
    run_task(a, ta);
    puts("--");
    run_task(b, tb);
    async_loop_close(a);
    async_loop_close(b);
    return 0;
}
