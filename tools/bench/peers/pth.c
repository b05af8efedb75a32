/* pth.c: GNU Pth, threads with stacks of their own that are switched without the kernel. */
#define _POSIX_C_SOURCE 200809L
#include "../bench.h"
#include <pth.h>

static uint64_t times;

static void *yielder(void *data)
{
    uint64_t i;
    for (i = 0; i < times; i++)
        pth_yield(NULL);
    return data;
}

static void *trivial(void *data) { return data; }

/* resume-N */
static void resume(const char *name, uint64_t n)
{
    uint64_t count = strtoull(name + 7, NULL, 10), i;
    pth_t *threads = (pth_t *)get(count, sizeof *threads);
    double begin;
    times = n / count + 1;
    for (i = 0; i < count; i++)
        require((threads[i] = pth_spawn(PTH_ATTR_DEFAULT, yielder, NULL)) != NULL, "no thread");
    begin = cpu_ns();
    for (i = 0; i < count; i++)
        pth_join(threads[i], NULL);
    report(name, (cpu_ns() - begin) / (double)(times * count));
    free(threads);
}

static void create_join(const char *name, uint64_t n)
{
    uint64_t i;
    double begin = cpu_ns();
    for (i = 0; i < n; i++)
        pth_join(pth_spawn(PTH_ATTR_DEFAULT, trivial, NULL), NULL);
    report(name, (cpu_ns() - begin) / (double)n);
}

int main(int argc, char **argv)
{
    static const workload workloads[] = { { "resume-2", resume }, { "resume-1000", resume }, { "create-join", create_join } };
    (void)argc;
    pth_init();
    return bench_main(workloads, (int)(sizeof workloads / sizeof *workloads), argv);
}
