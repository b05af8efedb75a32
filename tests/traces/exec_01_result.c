/* run_in_executor(): a blocking function in a worker thread. */
#include "trace.h"
#include <pthread.h>

static pthread_t main_thread;

struct product {
    int a, b;
};

static int block(void *data)
{
    const struct product *of = data;
    printf("other thread %s\n", truth(!pthread_equal(pthread_self(), main_thread)));
    return of->a * of->b;
}

struct main_ {
    async_frame frame;
    struct product product;
    int result;
};

async(main_)
{
    async_begin;
    self->product.a = 6;
    self->product.b = 7;
    await_into(self->result, async_run_in_executor, .function = block, .data = &self->product);
    printf("result %d\n", self->result);
    async_end;
}

int main(void)
{
    main_thread = pthread_self();
    return async_run(main_) < 0;
}
