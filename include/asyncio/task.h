/* task.h: a task runs an async function on the loop, beside the others (asyncio's Task).
 *
 * The task, its first frame and a little frame stack are one block. Two counts keep it: the loop's, until it is done,
 * and the caller's handles. */
#ifndef ASYNCIO_TASK_H
#define ASYNCIO_TASK_H

#include "extra.h"
#include "syntax.h"

ASYNC_EXTERN_C_BEGIN_

/* async_task: first a future, so that &task->future takes callbacks. Its first frame lies behind it. */
struct async_task {
    async_future future; /* its value: the innermost frame; when done, the first one */
    async_link link;     /* in the ready list, or among the callbacks of the future it waits for */
    unsigned char *end;  /* of the area it is on */
#if ASYNCIO_HIGH_WATER
    async_mark_ mark;
#endif
#if ASYNCIO_NO_HEAP && ASYNCIO_ALL_TASKS
    async_task *next; /* of the loop's */
#endif
#if ASYNCIO_NO_HEAP && ASYNCIO_NAMES
    const char *name; /* NULL: that of its function */
#endif
#if ASYNCIO_NO_HEAP
    uint16_t count;
#else
    uint32_t count;
    uint32_t index; /* among the loop's tasks */
#endif
#if ASYNCIO_DEBUG
    const char *file; /* that created it */
    int line;
    async_line_ *alive; /* the loop's line of tasks somebody has a handle of */
    async_node_ node;
#endif
};

#if ASYNCIO_DEBUG
#define ASYNC_SITE_ , __FILE__, __LINE__
#define ASYNC_SITE_PARAMETERS_ , const char *file, int line
#define ASYNC_SITE_ARGUMENTS_ , file, line
#else
#define ASYNC_SITE_
#define ASYNC_SITE_PARAMETERS_
#define ASYNC_SITE_ARGUMENTS_
#endif

/* async_release: gives a handle back; the task runs on. NULL does nothing. When the last handle of a failed task goes
 * and nobody has seen the failure, the exception handler is told. async_retain: one more handle. */
void async_release(async_task *task);
async_task *async_retain(async_task *task);

bool async_task_done(const async_task *task);
bool async_task_cancelled(const async_task *task);
/* async_task_exception: how it ended: OK or a negative status; INVALID_STATE before it is done. Marks it as seen. */
async_status async_task_exception(async_task *task);

/* async_result(task, f): what the function f of a task returned: an lvalue, there until the task is released. A panic
 * when the task is not done or runs another function. */
#define async_result(task, name) (((struct name *)async_result_((task), &name##_type))->result)
void *async_result_(async_task *task, const async_type *type);

async_status async_task_add_done_callback(async_task *task, async_handle *handle,
    void (*callback)(async_handle *), void *data);
int async_task_remove_done_callback(async_task *task, void (*callback)(async_handle *));
#if ASYNCIO_DEBUG
#define async_task_add_done_callback(task, handle, callback, data) \
    (ASYNC_CALLBACK_SITE_(callback), (async_task_add_done_callback)(task, handle, callback, data))
#endif

/* async_current_task: the task that runs now, or NULL in a callback. */
async_task *async_current_task(void);

#if ASYNCIO_HIGH_WATER
/* async_task_high_water: the most bytes that the task's frames have taken at once so far, or would have taken when a call
 * failed for want of room: its async_storage(n) needs no more. From one pass to the next, and after its end. Loop thread. */
size_t async_task_high_water(const async_task *task);
#endif

#if ASYNCIO_NO_HEAP
/* async_task_stack_size: the bytes there are for them: the n of its async_storage(n). Loop thread. */
size_t async_task_stack_size(const async_task *task);
#endif

#if ASYNCIO_ALL_TASKS
/* async_all_tasks: writes up to `capacity` tasks of the running loop that are not done, in order of creation, and
 * gives how many there are. They are borrowed. async_loop_all_tasks: of any loop. */
size_t async_all_tasks(async_task **tasks, size_t capacity);
size_t async_loop_all_tasks(async_loop *loop, async_task **tasks, size_t capacity);
#endif

#if ASYNCIO_NAMES
/* async_task_set_name: copies the name; NO_MEMORY. On a board it keeps the pointer only. async_task_get_name: that, or the
 * name of its function. */
async_status async_task_set_name(async_task *task, const char *name);
const char *async_task_get_name(const async_task *task);
#endif

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_TASK_IMPLEMENTATION_
#define ASYNCIO_TASK_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* In a debug build the memory of a task is not used again at once: whoever still has its handle is found out. */
#if ASYNCIO_DEBUG
static void async_check_handle_(const async_task *task)
{
    if (task != NULL && task->future.state == ASYNC_FUTURE_STALE_)
        ASYNC_PANIC_AT_("a task's handle is used after its last release; the task was created here", task->file,
            task->line);
}
#define ASYNC_CHECK_HANDLE_(task) async_check_handle_(task)
#else
#define ASYNC_CHECK_HANDLE_(task) ((void)0)
#endif

static async_frame *async_root_(async_task *task)
{
    return (async_frame *)(void *)((unsigned char *)task + ASYNC_ROUND_(sizeof *task));
}

/* In debug builds a task knows its loop until that is closed. */
#if ASYNCIO_DEBUG && !ASYNCIO_BARE
static void async_task_check_thread_(const async_task *task, const char *message)
{
    if (task->alive != NULL)
        async_check_thread_(ASYNC_CONTAINER_(task->alive, async_loop, alive), message);
}
#else
#define async_task_check_thread_(task, message) ((void)0)
#endif

/* ---- the loop's tasks ----------------------------------------------------------------------------------------- */

#if ASYNCIO_ALL_TASKS

#if ASYNCIO_NO_HEAP

static void async_tasks_add_(async_loop *loop, async_task *task)
{
    async_task **at = &loop->first_task;
    while (*at != NULL)
        at = &(*at)->next;
    *at = task;
}

static void async_tasks_remove_(async_loop *loop, async_task *task)
{
    async_task **at = &loop->first_task;
    while (*at != task)
        at = &(*at)->next;
    *at = task->next;
}

size_t async_loop_all_tasks(async_loop *loop, async_task **tasks, size_t capacity)
{
    async_task *task;
    size_t count = 0;
    for (task = loop->first_task; task != NULL; task = task->next, count++)
        if (count < capacity)
            tasks[count] = task;
    return count;
}

#else

/* Room for one more; false without memory. */
ASYNC_NOINLINE_ static bool async_tasks_grow_(async_loop *loop)
{
    uint32_t live = 0, i, capacity = loop->task_capacity == 0 ? 16 : loop->task_capacity * 2;
    async_task **tasks = loop->tasks;
    for (i = 0; i < loop->task_count; i++)
        live += tasks[i] != NULL;
    if (live > loop->task_capacity / 2 || tasks == NULL) {
        tasks = (async_task **)ASYNCIO_MALLOC(capacity * sizeof *tasks);
        if (tasks == NULL)
            return false;
        loop->task_capacity = capacity;
    }
    for (live = i = 0; i < loop->task_count; i++) /* closes the gaps, keeps the order */
        if (loop->tasks[i] != NULL) {
            loop->tasks[i]->index = live;
            tasks[live++] = loop->tasks[i];
        }
    if (tasks != loop->tasks) {
        if (loop->tasks != NULL)
            ASYNCIO_FREE(loop->tasks);
        loop->tasks = tasks;
    }
    loop->task_count = live;
    return true;
}

static inline bool async_tasks_add_(async_loop *loop, async_task *task)
{
    if (ASYNC_RARE_(loop->task_count == loop->task_capacity) && !async_tasks_grow_(loop))
        return false;
    task->index = loop->task_count;
    loop->tasks[loop->task_count++] = task;
    return true;
}

static void async_tasks_remove_(async_loop *loop, async_task *task)
{
    loop->tasks[task->index] = NULL;
    while (loop->task_count > 0 && loop->tasks[loop->task_count - 1] == NULL)
        loop->task_count--;
}

size_t async_loop_all_tasks(async_loop *loop, async_task **tasks, size_t capacity)
{
    size_t count = 0;
    uint32_t i;
    for (i = 0; i < loop->task_count; i++)
        if (loop->tasks[i] != NULL && !async_future_done(&loop->tasks[i]->future)) {
            if (count < capacity)
                tasks[count] = loop->tasks[i];
            count++;
        }
    return count;
}

#endif

size_t async_all_tasks(async_task **tasks, size_t capacity)
{
    return async_running_ == NULL ? 0 : async_loop_all_tasks(async_running_, tasks, capacity);
}

#endif

#if !ASYNCIO_NO_HEAP

/* Whose a task is that is not done; outside a run several loops of this thread may have some. */
static async_loop *async_task_loop_(const async_task *task)
{
    async_loop *loop;
#if ASYNCIO_ALL_TASKS
    for (loop = async_loops_; loop != NULL; loop = loop->next_loop)
        if (task->index < loop->task_count && loop->tasks[task->index] == task)
            return loop;
#endif
    (void)task;
    loop = async_loop_here_();
    if (loop == NULL)
        ASYNC_PANIC_("a task of another thread's event loop");
    return loop;
}

static async_loop *async_link_owner_(const async_link *link)
{
    return async_task_loop_(ASYNC_CONTAINER_((uintptr_t)link, async_task, link));
}

#endif

#if ASYNCIO_NO_HEAP && ASYNCIO_NAMES

const char *async_task_get_name(const async_task *task)
{
    return task->name != NULL ? task->name : async_root_((async_task *)(uintptr_t)task)->type->name;
}

async_status async_task_set_name(async_task *task, const char *text)
{
    if (task == NULL)
        return ASYNC_NO_MEMORY;
    task->name = text;
    return ASYNC_OK;
}

#endif

/* ---- its end ------------------------------------------------------------------------------------------------- */

#if !ASYNCIO_NO_HEAP

const char *async_task_get_name(const async_task *task)
{
    ASYNC_CHECK_HANDLE_(task);
    if (task->future.flags & ASYNC_EXTRA_) {
        const struct async_extra_ *extra = async_extra_of_(task);
        if (extra != NULL && extra->name != NULL)
            return extra->name;
    }
    return async_root_((async_task *)(uintptr_t)task)->type->name;
}

async_status async_task_set_name(async_task *task, const char *text)
{
    async_loop *loop = async_loop_here_();
    size_t size = strlen(text) + 1;
    struct async_extra_ *extra;
    char *name;
    ASYNC_CHECK_HANDLE_(task);
    if (loop == NULL)
        return ASYNC_NO_RUNNING_LOOP;
    name = (char *)ASYNCIO_MALLOC(size);
    if (name == NULL)
        return ASYNC_NO_MEMORY;
    extra = task->future.flags & ASYNC_EXTRA_ ? async_extra_of_(task) : NULL;
    if (extra == NULL)
        extra = async_extra_make_(loop, task);
    if (extra == NULL) {
        ASYNCIO_FREE(name);
        return ASYNC_NO_MEMORY;
    }
    task->future.flags |= ASYNC_EXTRA_;
    if (extra->name != NULL)
        ASYNCIO_FREE(extra->name);
    ASYNC_MEMCPY_(name, text, size);
    extra->name = name;
    return ASYNC_OK;
}

/* Tells the exception handler of a task's failure. */
static void async_report_failure_(async_loop *loop, const char *message, async_task *task)
{
    async_exception e = async_exception_(NULL, 0);
    const async_type *type = async_root_(task)->type;
    e.message = message;
    e.status = async_future_done(&task->future) ? task->future.status : (int)ASYNC_OK;
    e.task = task;
    e.name = async_task_get_name(task);
    e.file = type->file;
    e.line = type->line;
    async_loop_call_exception_handler(loop, &e);
}

ASYNC_NOINLINE_ static void async_task_free_(async_task *task)
{
    if (task->future.state == ASYNC_FUTURE_DONE_ && task->future.status < 0 &&
        !(task->future.flags & ASYNC_RETRIEVED_)) {
        task->count = 1; /* the handler may look at it */
        async_report_failure_(async_loop_here_(), "a task failed, and its status was never retrieved", task);
        task->count = 0;
    }
    if (task->link.next != 0)
        ASYNCIO_FREE((void *)task->link.next);
    task->link.next = 0;
#if ASYNCIO_DEBUG
    if (task->alive != NULL)
        async_line_remove_(task->alive, &task->node);
#endif
    if (task->future.flags & ASYNC_EXTRA_)
        async_extra_drop_(task);
#if ASYNCIO_DEBUG
    task->future.state = ASYNC_FUTURE_STALE_;
#endif
    if (!(task->future.flags & ASYNC_STATIC_))
        async_pool_put_((async_pool_ *)(void *)task->future.callbacks, task, task->future.units);
}

#endif

void async_release(async_task *task)
{
    if (task == NULL)
        return;
    ASYNC_CHECK_HANDLE_(task);
    async_task_check_thread_(task, "async_release: the task's loop runs in another thread: call it there, with "
        "async_loop_call_soon_threadsafe");
#if !ASYNCIO_NO_HEAP
    if (ASYNC_RARE_(task->count == (uint32_t)(task->future.state == ASYNC_FUTURE_PENDING_)))
        ASYNC_PANIC_("async_release: more often than there were handles");
    if (--task->count == 0)
        async_task_free_(task);
#else
    task->count--;
#endif
}

/* The same for what may be a task or any other future. */
static void async_retain_future_(async_future *future)
{
    if (future != NULL && (future->flags & ASYNC_IS_TASK_))
        async_retain((async_task *)(void *)future);
}

static void async_release_future_(async_future *future)
{
    if (future != NULL && (future->flags & ASYNC_IS_TASK_))
        async_release((async_task *)(void *)future);
}

async_task *async_retain(async_task *task)
{
    ASYNC_CHECK_HANDLE_(task);
    if (task != NULL)
        task->count++;
    return task;
}

#if !ASYNCIO_BARE
/* The way of a failure, kept in the link, which a task that is done does not need: for whoever reports it. */
struct async_kept_trace_ {
    unsigned count;
    async_trace_entry_ entries[ASYNC_TRACE_];
};

static async_entry_ async_keep_trace_(async_stack *stack)
{
    struct async_kept_trace_ *kept;
    stack->failed = NULL; /* the next task may have this one's address */
    if (stack->traced == 0)
        return 0;
    kept = (struct async_kept_trace_ *)ASYNCIO_MALLOC(sizeof *kept);
    if (kept != NULL) {
        kept->count = stack->traced;
        ASYNC_MEMCPY_(kept->entries, stack->trace, sizeof kept->entries);
    }
    return (async_entry_)(void *)kept;
}
#endif

static void async_task_finish_(async_loop *loop, async_task *task, int status)
{
    if (status >= 0 && (task->future.flags & ASYNC_MUST_))
        status = ASYNC_CANCELLED;
    task->future.value = async_root_(task);
#if ASYNCIO_HIGH_WATER
    task->mark = loop->stack.mark;
#endif
    loop->stack.task = NULL;
#if !ASYNCIO_BARE
    task->link.next = status < 0 && status != ASYNC_CANCELLED ? async_keep_trace_(&loop->stack) : 0;
#endif
#if ASYNCIO_ALL_TASKS
    if (!(task->future.flags & ASYNC_LEFT_))
        async_tasks_remove_(loop, task);
#endif
    async_future_complete_(loop, &task->future,
        status == ASYNC_CANCELLED ? ASYNC_FUTURE_CANCELLED_ : ASYNC_FUTURE_DONE_, status);
#if !ASYNCIO_NO_HEAP
    if (task->future.flags & ASYNC_LEFT_ && --loop->left == 0)
        async_loop_soon_(loop, &loop->left_ended, loop->left_ended.callback, loop->left_ended.data);
#endif
#if !ASYNCIO_NO_HEAP
    /* no callbacks any more: the place now says where the memory goes, which may be after the loop's end */
    task->future.callbacks = (async_entry_)(void *)loop->pool;
#endif
#if ASYNCIO_NO_HEAP
    task->count--;
#else
    if (--task->count == 0)
        async_task_free_(task);
#endif
}

bool async_task_done(const async_task *task)
{
    ASYNC_CHECK_HANDLE_(task);
    return task == NULL || async_future_done(&task->future);
}

bool async_task_cancelled(const async_task *task)
{
    ASYNC_CHECK_HANDLE_(task);
    return task != NULL && async_future_cancelled(&task->future);
}

async_status async_task_exception(async_task *task)
{
    ASYNC_CHECK_HANDLE_(task);
    return task == NULL ? ASYNC_NO_MEMORY : async_future_exception(&task->future);
}

void *async_result_(async_task *task, const async_type *type)
{
    ASYNC_CHECK_HANDLE_(task);
    if (task == NULL || !async_future_done(&task->future) || async_root_(task)->type != type)
        ASYNC_PANIC_("async_result: the task is not done, or runs another function");
    return async_root_(task);
}

async_status (async_task_add_done_callback)(async_task *task, async_handle *handle,
    void (*callback)(async_handle *), void *data)
{
    ASYNC_CHECK_HANDLE_(task);
    if (task == NULL)
        return (async_call_soon)(handle, callback, data);
    return (async_future_add_done_callback)(&task->future, handle, callback, data);
}

ASYNC_UNUSED_ static void async_task_on_done_(async_task *task, async_handle *handle,
    void (*callback)(async_handle *), void *data)
{
    if (task == NULL)
        (void)async_loop_soon_(async_loop_here_(), handle, callback, data);
    else
        (void)async_future_on_done_(&task->future, handle, callback, data);
}

int async_task_remove_done_callback(async_task *task, void (*callback)(async_handle *))
{
    ASYNC_CHECK_HANDLE_(task);
    return task == NULL ? 0 : async_future_remove_done_callback(&task->future, callback);
}

#if ASYNCIO_NO_HEAP
size_t async_task_stack_size(const async_task *task)
{
    return task == NULL ? 0 : (size_t)(task->end - (const unsigned char *)task) - ASYNC_ROUND_(sizeof *task);
}
#endif

#if ASYNCIO_HIGH_WATER
size_t async_task_high_water(const async_task *task)
{
    if (task == NULL)
        return 0;
    ASYNC_CHECK_HANDLE_(task);
    return task == async_current_task() ? async_running_->stack.mark.high : task->mark.high;
}
#endif

async_task *async_current_task(void) { return async_running_ == NULL ? NULL : async_running_->stack.task; }

ASYNC_EXTERN_C_END_

#endif
#endif
