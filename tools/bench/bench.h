/* bench.h: what the benchmark programs share. Each is called with a workload and a number of operations, runs it once,
 * and prints lines `measure value`; tools/bench/run repeats, interleaves and compares. */
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
