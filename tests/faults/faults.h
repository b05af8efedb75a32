/* A program of this group: scenarios, run by faults.c again and again, each time with another system call failing or coming
 * up short. A scenario checks itself:
 *
 *     #include "faults.h"
 *     SCENARIO(streams, echo) { return RUN(top); }
 *
 * Whatever fails, it may end with a status that says so; what it received must be right (RIGHT), and nothing may be left
 * behind. Included before everything else: asyncio.h's memory is counted. */
#ifndef ASYNCIO_TEST_FAULTS_H
#define ASYNCIO_TEST_FAULTS_H

#include <stddef.h>

void *faults_malloc(size_t size);
void faults_free(void *block);
#define ASYNCIO_MALLOC faults_malloc
#define ASYNCIO_FREE faults_free
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>
#include <string.h>

typedef struct faults_scenario {
    const char *suite, *name;
    async_status (*run)(void);
    struct faults_scenario *next;
} faults_scenario;

extern faults_scenario *faults_scenarios;
extern int faults_poller; /* an async_poller */

/* Says that what the scenario saw is wrong. */
void faults_wrong(const char *file, int line, const char *what);

/* A directory for files of this run, empty at first. */
const char *faults_path(const char *name);

#define RIGHT(condition) ((condition) ? (void)0 : faults_wrong(__FILE__, __LINE__, #condition))

#define SCENARIO(suite, name)                                                                            \
    static async_status scenario_##suite##_##name##_(void);                                              \
    static faults_scenario faults_##suite##_##name##_ = {#suite, #name, scenario_##suite##_##name##_, NULL}; \
    __attribute__((constructor)) static void faults_add_##suite##_##name##_(void)                        \
    {                                                                                                    \
        faults_scenario **last = &faults_scenarios;                                                      \
        while (*last != NULL)                                                                            \
            last = &(*last)->next;                                                                       \
        *last = &faults_##suite##_##name##_;                                                             \
    }                                                                                                    \
    static async_status scenario_##suite##_##name##_(void)

static inline const async_loop_config *faults_config(void)
{
    static async_loop_config config;
    config.poller = (async_poller)faults_poller;
    return &config;
}
#define RUN(...) async_run_with(faults_config(), __VA_ARGS__)

/* A deadline or a deadlock is no clear status here: nothing that goes wrong takes time. */
int faults_is_stuck(int status);
int faults_is_stuck(int status) { return status == ASYNC_DEADLOCK || status == ASYNC_TIMED_OUT || status == ASYNC_MISUSE; }

/* Bytes that tell where they stand. */
static inline char faults_byte(size_t at) { return (char)('a' + (at * 7 + at / 251) % 26); }
static inline void faults_fill(char *to, size_t from, size_t size)
{
    size_t i;
    for (i = 0; i < size; i++)
        to[i] = faults_byte(from + i);
}
static inline int faults_same(const char *data, size_t from, size_t size)
{
    size_t i;
    for (i = 0; i < size; i++)
        if (data[i] != faults_byte(from + i))
            return 0;
    return 1;
}

#endif
