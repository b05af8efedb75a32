/* asyncio.h: what programs for a host find on a board that runs their traces: async_run() and its like, tasks without
 * storage of their own, queues that grow (to a bound), and time that takes no time. host.c has the functions. */
#ifndef HOST_ASYNCIO_H
#define HOST_ASYNCIO_H

#ifndef HOST_C /* all of them share one library, that of host.c */
#undef ASYNCIO_IMPLEMENTATION
#endif
#define ASYNCIO_BARE 1
#define ASYNCIO_TICKLESS 1
#define ASYNCIO_HIGH_WATER 1
#define ASYNCIO_ALL_TASKS 1
#include "../../../include/asyncio.h"

/* A task in memory that is given back when it is done and released. */
#define async_create_task(...) HOST_CREATE_(async_get_running_loop(), __VA_ARGS__, )
#define async_loop_create_task(loop, ...) HOST_CREATE_(loop, __VA_ARGS__, )
#define HOST_CREATE_(loop, name, ...) \
    (host_create((loop), &name##_type) \
            ? (ASYNC_PUT_((struct name *)async_creating_(), __VA_ARGS__) async_create_end_()) \
            : (async_task *)NULL)
bool host_create(async_loop *loop, const async_type *type);
#define async_go(...) async_gone_(async_create_task(__VA_ARGS__))

#define async_task_group_create_task(group, ...) HOST_GROUP_CREATE_(group, __VA_ARGS__, )
#define HOST_GROUP_CREATE_(group, name, ...) \
    (host_group_create((group), &name##_type) \
            ? (ASYNC_PUT_((struct name *)async_creating_(), __VA_ARGS__) async_group_create_end_(group)) \
            : (async_task *)NULL)
bool host_group_create(async_task_group *group, const async_type *type);

/* The one loop of a board: new ones are the old one, empty. */
async_loop *async_new_event_loop(void);
async_loop *async_new_event_loop_with(const async_loop_config *config);

#define async_run(...) HOST_RUN_(__VA_ARGS__, )
#define async_run_with(config, ...) ((void)(config), HOST_RUN_(__VA_ARGS__, ))
#define HOST_RUN_(name, ...) \
    (host_run_begin(&name##_type) \
            ? (ASYNC_PUT_((struct name *)async_creating_(), __VA_ARGS__) host_run_go(), host_run_end()) \
            : ASYNC_MISUSE)
#define async_run_into(to, ...) HOST_RUN_INTO_(to, __VA_ARGS__, )
#define HOST_RUN_INTO_(to, name, ...) \
    (host_run_begin(&name##_type) \
            ? (ASYNC_PUT_((struct name *)async_creating_(), __VA_ARGS__) \
                (host_run_go() >= 0 ? (void)((to) = ((struct name *)host_ran())->result) : (void)0), host_run_end()) \
            : ASYNC_MISUSE)
bool host_run_begin(const async_type *type);
async_status host_run_go(void);
void *host_ran(void);
async_status host_run_end(void);

/* There is none of these: what calls them is left out. */
async_status async_task_set_name(async_task *task, const char *name);
const char *async_task_get_name(const async_task *task);
bool async_has_other_threads_(void);

void async_queue_init(async_queue *queue, size_t item_size, size_t maxsize);
void async_lifo_queue_init(async_queue *queue, size_t item_size, size_t maxsize);
void async_priority_queue_init(async_queue *queue, size_t item_size, size_t maxsize,
    int (*compare)(const void *a, const void *b));

#endif
