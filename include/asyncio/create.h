/* create.h: making tasks, as expressions with named arguments. */
#ifndef ASYNCIO_CREATE_H
#define ASYNCIO_CREATE_H

#include "task.h"

ASYNC_EXTERN_C_BEGIN_

/* async_create_task(f, .a = 1, ...)   a task that runs f(a = 1, ...), from the next pass on; nothing runs yet. Gives a
 *     handle, to be released; NULL without memory or outside a running loop. NULL is a task that failed with
 *     NO_MEMORY: joining it says so, cancelling and releasing it do nothing. Loop thread.
 * async_loop_create_task(loop, f, ...)   the same on a loop that need not run.
 * async_go(f, ...)   the same without a handle: true, or false without memory.
 * async_create_task_on(&storage, f, ...)   the same in static memory: static ASYNC_TASK(f, async_sleep) storage; it may be
 *     used again when the task is done and released. NULL when the frame does not fit, or while it is in use. */
#define async_create_task_on(storage, ...) ASYNC_CREATE_ON_(storage, __VA_ARGS__, )
#if !ASYNCIO_NO_HEAP
#define async_create_task(...) ASYNC_CREATE_(async_get_running_loop(), __VA_ARGS__, )
#define async_loop_create_task(loop, ...) ASYNC_CREATE_(loop, __VA_ARGS__, )
#define async_go(...) async_gone_(async_create_task(__VA_ARGS__))
#define ASYNC_CREATE_(loop, name, ...)                                                                      \
    (ASYNC_RECORD_TASK_(name, 0, "task;heap") async_create_begin_(loop, &name##_type ASYNC_SITE_)           \
            ? (ASYNC_PUT_((struct name *)async_creating_(), __VA_ARGS__) async_create_end_())               \
            : (async_task *)NULL)
#endif
#define ASYNC_CREATE_ON_(storage, name, ...)                                                                \
    (ASYNC_RECORD_TASK_(name, sizeof((storage)->bytes) - ASYNC_ROUND_(sizeof(async_task)), "task;" #storage) \
        async_create_on_begin_((storage)->bytes, sizeof((storage)->bytes), &name##_type ASYNC_SITE_)        \
            ? (ASYNC_PUT_((struct name *)async_creating_(), __VA_ARGS__) async_create_end_())               \
            : (async_task *)NULL)
/* ASYNC_TASK(f, g, h): a type: memory for a task that runs f, which awaits g, which awaits h, up to 12 of them: of all the
 *     ways down from f the one whose frames are largest.
 * async_storage(n): a type: memory for a task whose frames take n bytes: where more than calls takes room (a scope that is
 *     entered: a lock, a timeout, a group; await_for, await_at, generators). tools/framestack prints n.
 * On a board an await for which they are too small fails with NO_MEMORY (ASYNCIO_STACK_OVERFLOW tells of it); on a host it
 * takes a chunk of the heap. */
#define ASYNC_TASK(...) async_storage(ASYNC_CAT_(ASYNC_FRAMES, ASYNC_COUNT_(__VA_ARGS__, ))(__VA_ARGS__, ))
#define ASYNC_FRAMES1(f, z) ASYNC_ROUND_(sizeof(struct f))
#define ASYNC_FRAMES2(f, ...) ASYNC_ROUND_(sizeof(struct f)) + ASYNC_FRAMES1(__VA_ARGS__)
#define ASYNC_FRAMES3(f, ...) ASYNC_ROUND_(sizeof(struct f)) + ASYNC_FRAMES2(__VA_ARGS__)
#define ASYNC_FRAMES4(f, ...) ASYNC_ROUND_(sizeof(struct f)) + ASYNC_FRAMES3(__VA_ARGS__)
#define ASYNC_FRAMES5(f, ...) ASYNC_ROUND_(sizeof(struct f)) + ASYNC_FRAMES4(__VA_ARGS__)
#define ASYNC_FRAMES6(f, ...) ASYNC_ROUND_(sizeof(struct f)) + ASYNC_FRAMES5(__VA_ARGS__)
#define ASYNC_FRAMES7(f, ...) ASYNC_ROUND_(sizeof(struct f)) + ASYNC_FRAMES6(__VA_ARGS__)
#define ASYNC_FRAMES8(f, ...) ASYNC_ROUND_(sizeof(struct f)) + ASYNC_FRAMES7(__VA_ARGS__)
#define ASYNC_FRAMES9(f, ...) ASYNC_ROUND_(sizeof(struct f)) + ASYNC_FRAMES8(__VA_ARGS__)
#define ASYNC_FRAMES10(f, ...) ASYNC_ROUND_(sizeof(struct f)) + ASYNC_FRAMES9(__VA_ARGS__)
#define ASYNC_FRAMES11(f, ...) ASYNC_ROUND_(sizeof(struct f)) + ASYNC_FRAMES10(__VA_ARGS__)
#define ASYNC_FRAMES12(f, ...) ASYNC_ROUND_(sizeof(struct f)) + ASYNC_FRAMES11(__VA_ARGS__)
#define async_storage(n)                                                                                    \
    union {                                                                                                 \
        async_task task;                                                                                    \
        unsigned char bytes[ASYNC_ROUND_(sizeof(async_task)) + ASYNC_ROUND_(n)];                            \
    }

#if !ASYNCIO_NO_HEAP
bool async_create_begin_(async_loop *loop, const async_type *type ASYNC_SITE_PARAMETERS_);
#endif
bool async_create_on_begin_(void *bytes, size_t size, const async_type *type ASYNC_SITE_PARAMETERS_);
void *async_creating_(void);
async_task *async_create_end_(void);
bool async_gone_(async_task *task);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_CREATE_IMPLEMENTATION_
#define ASYNCIO_CREATE_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* The task whose arguments are being evaluated. An argument may create a task of its own: they are chained. Until it
 * is complete, its callbacks hold the loop it is for. */
static ASYNC_THREAD_LOCAL_ async_task *async_created_;

void *async_creating_(void) { return async_root_(async_created_); }

/* Takes the new task from the chain; its arguments are there. */
static async_task *async_created_task_(async_loop **loop)
{
    async_task *task = async_created_;
#if ASYNCIO_NO_HEAP
    *loop = async_loop_here_();
#else
    *loop = (async_loop *)(void *)task->future.callbacks;
    task->future.callbacks = 0;
#endif
    async_created_ = (async_task *)(void *)task->link.next;
    return task;
}

static void async_created_start_(async_loop *loop, async_task *task)
{
#if !ASYNCIO_NO_HEAP
    if (ASYNC_RARE_(loop->start_eagerly != NULL) && loop->start_eagerly(loop, task))
        return;
#endif
    async_fifo_push_(&loop->ready, &task->link, ASYNC_KIND_TASK_);
}

static void async_task_init_(async_loop *loop, async_task *task, const async_type *type ASYNC_SITE_PARAMETERS_)
{
    async_frame *root = async_root_(task);
    ASYNC_MEMSET_(task, 0, ASYNC_ROUND_(sizeof *task) + type->clear);
    root->type = type;
    task->future.value = root;
    task->future.flags = ASYNC_IS_TASK_;
#if ASYNCIO_NO_HEAP
    (void)loop;
#else
    task->future.callbacks = (async_entry_)(void *)loop;
#endif
    task->count = 2;
#if ASYNCIO_HIGH_WATER
    task->mark.bottom = (uintptr_t)root;
    task->mark.high = type->size;
#endif
#if ASYNCIO_DEBUG
    task->file = file;
    task->line = line;
    task->alive = &loop->alive;
    async_line_append_(task->alive, &task->node);
#endif
    task->link.next = (async_entry_)(void *)async_created_;
    async_created_ = task;
}

async_task *async_create_end_(void)
{
    async_loop *loop;
    async_task *task = async_created_task_(&loop);
    async_created_start_(loop, task);
    return task;
}

#if !ASYNCIO_NO_HEAP
/* A new task is known to its loop, and inherits its context. False: no memory; it is as if it had never been. */
static bool async_task_enroll_(async_loop *loop, async_task *task)
{
    if (async_tasks_add_(loop, task)) {
        if (async_context_hooks_ == NULL || async_context_hooks_->inherit(loop, task))
            return true;
        async_tasks_remove_(loop, task);
    }
    async_created_ = (async_task *)(void *)task->link.next;
#if ASYNCIO_DEBUG
    async_line_remove_(task->alive, &task->node);
#endif
    return false;
}
#endif

#if !ASYNCIO_NO_HEAP

static struct async_hint_ *async_hint_of_(async_loop *loop, const async_type *type)
{
    return &loop->hints[((uintptr_t)(const void *)type / sizeof(void *)) % ASYNC_HINTS_];
}

/* A task of this function had to grow: the next one gets a bigger area at once. Not another time for those that were
 * created before that was known. */
static void async_learn_(async_loop *loop, const async_task *task, const async_type *type)
{
    struct async_hint_ *hint = async_hint_of_(loop, type);
    if (hint->type == type && task->future.units * (size_t)ASYNC_UNIT_ < ASYNC_ROUND_(sizeof *task) + type->size + hint->size)
        return;
    hint->units = 0;
    if (hint->type != type || hint->size == 0) {
        hint->type = type;
        hint->size = 64;
    }
    if (hint->size < 1024)
        hint->size *= 2;
}

/* The tasks of this function are known to need so much. */
ASYNC_UNUSED_ static void async_hint_least_(async_loop *loop, const async_type *type, size_t size)
{
    struct async_hint_ *hint = async_hint_of_(loop, type);
    if (hint->type == type && hint->size >= size)
        return;
    hint->type = type;
    hint->size = size;
    hint->units = 0;
}

/* How much memory a new task gets. */
ASYNC_NOINLINE_ static size_t async_units_(async_loop *loop, const async_type *type, struct async_hint_ *hint)
{
    size_t size = ASYNC_ROUND_(sizeof(async_task)) + type->size, units;
    bool settled = false;
    if (hint->type == NULL) {
        hint->type = type;
        hint->spacious = 4;
    }
    if (hint->type == type && hint->size != 0) {
        size += hint->size;
        settled = true;
    } else if (hint->type == type && hint->spacious != 0) { /* the few long-lived tasks of most programs never grow */
        hint->spacious--;
        size += 256;
    } else { /* one of many: room for a sleep */
        size += ASYNC_ROUND_(sizeof(async_leaf) + sizeof(int64_t));
        settled = hint->type == type;
    }
    units = (size + loop->reserve + ASYNC_UNIT_ - 1) / ASYNC_UNIT_;
    if (settled && loop->reserve == 0 && units <= 0xFFFF)
        hint->units = (uint16_t)units;
    return units;
}

bool async_create_begin_(async_loop *loop, const async_type *type ASYNC_SITE_PARAMETERS_)
{
    struct async_hint_ *hint;
    size_t units;
    async_task *task;
    if (loop == NULL) {
        async_exception e = async_exception_("a task was created with no event loop running", ASYNC_NO_RUNNING_LOOP);
        e.name = type->name;
        e.file = type->file;
        e.line = type->line;
        async_loop_call_exception_handler(NULL, &e);
        return false;
    }
    async_check_thread_(loop, "async_loop_create_task: the loop runs in another thread: use "
        "async_run_coroutine_threadsafe");
    loop->owner = async_link_owner_;
    hint = async_hint_of_(loop, type);
    units = hint->units;
    if (ASYNC_RARE_(hint->type != type || units == 0 || loop->reserve != 0))
        units = async_units_(loop, type, hint);
    task = units > 0xFFFF ? NULL : (async_task *)async_pool_get_(loop->pool, units);
    if (task == NULL)
        return false;
    async_task_init_(loop, task, type ASYNC_SITE_ARGUMENTS_);
    task->future.units = (uint16_t)units;
    task->end = (unsigned char *)task + units * ASYNC_UNIT_ - loop->reserve;
    if (async_task_enroll_(loop, task))
        return true;
    async_pool_put_(loop->pool, task, units);
    return false;
}

#endif

bool async_create_on_begin_(void *bytes, size_t size, const async_type *type ASYNC_SITE_PARAMETERS_)
{
    async_task *task = (async_task *)bytes;
    async_loop *loop = async_loop_here_();
    if (loop == NULL || task->count != 0)
        return false;
    if (size < ASYNC_ROUND_(sizeof *task) + type->size) {
#if ASYNCIO_HIGH_WATER
        task->mark.high = type->size;
#endif
#if ASYNCIO_NO_HEAP
        async_overflow_(task, type->size);
#endif
        return false;
    }
    ASYNC_UNPOISON_(bytes, size);
    async_task_init_(loop, task, type ASYNC_SITE_ARGUMENTS_);
    task->future.flags |= ASYNC_STATIC_;
    task->end = (unsigned char *)bytes + size; /* a multiple of the frames' alignment */
#if !ASYNCIO_NO_HEAP
    if (!async_task_enroll_(loop, task)) {
        task->count = 0;
        return false;
    }
#elif ASYNCIO_ALL_TASKS
    async_tasks_add_(loop, task);
#endif
    return true;
}

bool async_gone_(async_task *task)
{
    async_release(task);
    return task != NULL;
}

ASYNC_EXTERN_C_END_

#endif
#endif
