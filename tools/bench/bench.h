/* bench.h: what the benchmark programs share, in C and in C++. Each is called with a workload and a number of operations,
 * runs it once, and prints lines `measure value`; without arguments it prints the names of its workloads. tools/bench/run
 * repeats, interleaves and compares. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The compiler must believe that *p is looked at, and changed, here. */
#define ESCAPE(p) __asm__ volatile("" : : "r"(p) : "memory")
#define APART __attribute__((noinline))

/* CPU time of this thread in nanoseconds: a neighbour on the core does not count. */
static inline double cpu_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static inline double resident_bytes(void)
{
    unsigned long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%lu %lu", &size, &resident) != 2)
        resident = 0;
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static inline void report(const char *measure, double value) { printf("%s %.4f\n", measure, value); }

static inline void require(int good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

/* Lets time pass, with the thread blocked: this costs no CPU time. */
static inline void pass_ms(long ms)
{
    struct timespec left;
    left.tv_sec = ms / 1000;
    left.tv_nsec = ms % 1000 * 1000000;
    while (nanosleep(&left, &left) != 0)
        ;
}

/* The same numbers for everybody (xorshift); state is not 0. */
static inline uint32_t next_random(uint32_t *state)
{
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

/* Workload `timers`: n of them with deadlines in 0.5 to 2 s at random; when all are due the loop runs them (timer-fire); then
 * n more, cancelled in random order (timer-cancel). Workload `sleep`: n tasks, or timers where there are no tasks, that all
 * sleep for 1 s; when all are due they are woken. What has to wait until everything is due is blocked meanwhile. */
enum { SEED = 12345, SLEEP_MS = 1000, FIRST_MS = 500, SPREAD_MS = 1500, MARGIN_MS = 100 };

static inline uint32_t random_ms(uint32_t *state) { return FIRST_MS + next_random(state) % SPREAD_MS; }

/* 0 to n - 1 in random order; to be freed. */
static inline uint32_t *shuffled(uint64_t n)
{
    uint32_t *order = (uint32_t *)malloc((size_t)n * sizeof *order), state = SEED, i, j, swap;
    require(order != NULL, "no memory");
    for (i = 0; i < n; i++)
        order[i] = i;
    for (i = (uint32_t)n - 1; i > 0; i--) {
        j = next_random(&state) % (i + 1);
        swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
    return order;
}

/* Memory of zeros that is there: its pages are not fetched while time is taken. */
static inline void *get(size_t count, size_t size)
{
    void *p = calloc(count, size);
    size_t i;
    require(p != NULL, "no memory");
    for (i = 0; i < count * size; i += 1024)
        ((volatile char *)p)[i] = 0;
    return p;
}

typedef struct workload {
    const char *name;
    void (*run)(const char *name, uint64_t operations);
} workload;

/* Runs the one that is named; with no argument, prints the names. */
static inline int bench_main(const workload *workloads, int count, char **argv)
{
    int i;
    for (i = 0; i < count; i++)
        if (argv[1] == NULL)
            puts(workloads[i].name);
        else if (strcmp(argv[1], workloads[i].name) == 0) {
            workloads[i].run(workloads[i].name, argv[2] == NULL ? 1000 : strtoull(argv[2], NULL, 10));
            return 0;
        }
    return argv[1] == NULL ? 0 : 2;
}

#endif
