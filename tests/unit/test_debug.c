/* What a debug build reports: once, and with the right name, file and line. */
#undef ASYNCIO_DEBUG
#define ASYNCIO_DEBUG 1
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "unit.h"
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *file_name(const char *path)
{
    const char *slash = path == NULL ? NULL : strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* What is told is noted: kind, name, line relative to the mark. */
static int mark;
static int hides; /* other kinds */
static void note_it(async_loop *loop, const async_exception *e, void *data)
{
    (void)loop;
    (void)data;
    if (strstr(e->message, "took long") != NULL) {
        note("%s %s %d; ", strstr(e->message, "step") != NULL ? "step" : "callback", e->name == NULL ? "?" : e->name,
            e->name == NULL ? 0 : e->line - mark);
        CHECK(e->elapsed >= async_ms(20));
    } else if (strstr(e->message, "destroyed") != NULL) {
        note("destroyed %s %d; ", e->name, e->line - mark);
        CHECK_INT(e->status, ASYNC_OK);
        CHECK(e->task != NULL);
    } else if (strstr(e->message, "not released") != NULL) {
        note("unreleased %s %d; ", e->name, e->line - mark);
    } else if (strstr(e->message, "never retrieved") != NULL) {
        note("unseen %s %s %d; ", e->name, word(e->status), e->line - mark);
    } else {
        hides++;
        return;
    }
    if (e->name != NULL)
        CHECK_STR(file_name(e->file), "test_debug.c");
}

static void block(int ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000L };
    nanosleep(&time, NULL);
}

static async_loop *new_loop(async_time slow)
{
    async_loop_config config = { 0 };
    async_loop *loop;
    config.virtual_clock = true;
    config.slow_callback_duration = slow;
    loop = async_new_event_loop_with(&config);
    REQUIRE(loop != NULL);
    async_loop_set_exception_handler(loop, note_it, NULL);
    return loop;
}

static async_status run(async_loop *loop, async_task *task)
{
    async_status status = async_loop_run_until_complete(loop, task);
    async_release(task);
    return status;
}

/* ---- what is slow -------------------------------------------------------------------------------------------------- */

static void blocks(async_handle *handle) { block(*(int *)handle->data); }

struct slow_callbacks { async_frame frame; async_handle soon, done, quick; async_timer_handle later, at; int ms, none;
    async_future future; };
async(slow_callbacks)
{
    async_begin;
    self->ms = 30;
    mark = __LINE__;
    async_call_soon(&self->soon, blocks, &self->ms);
    async_call_soon(&self->quick, blocks, &self->none);
    async_call_later(0, &self->later, blocks, &self->ms);
    async_call_at(0, &self->at, blocks, &self->ms);
    async_future_add_done_callback(&self->future, &self->done, blocks, &self->ms);
    async_future_set_result(&self->future, NULL);
    await(async_sleep, .delay = async_seconds(1));
    async_end;
}
TEST(debug, slow_callbacks)
{
    async_loop *loop = new_loop(async_ms(25));
    CHECK_INT(run(loop, async_loop_create_task(loop, slow_callbacks)), ASYNC_OK);
    async_loop_close(loop);
    CHECK_NOTES("callback blocks 1; callback blocks 5; callback blocks 3; callback blocks 4; ");
}

struct slow_inside { async_frame frame; };
async(slow_inside)
{
    async_begin;
    await(async_sleep);
    block(30);
    await(async_sleep);
    async_end;
}
struct slow_steps { async_frame frame; };
async(slow_steps)
{
    async_begin;
    mark = __LINE__;
    await(async_sleep);
    block(30);
    await(async_sleep);
    await(slow_inside);
    async_end;
}
TEST(debug, slow_steps)
{
    async_loop *loop = new_loop(async_ms(25));
    CHECK_INT(run(loop, async_loop_create_task(loop, slow_steps)), ASYNC_OK);
    async_loop_close(loop);
    CHECK_NOTES("step slow_steps 1; step slow_inside -9; ");
}

/* The usual is 100 ms, and it can be switched off. */
struct sleeps_real { async_frame frame; int ms; };
async(sleeps_real)
{
    async_begin;
    mark = __LINE__ - 3;
    block(self->ms);
    async_end;
}
TEST(debug, slow_by_default)
{
    async_loop *loop = new_loop(0);
    CHECK_INT(run(loop, async_loop_create_task(loop, sleeps_real, .ms = 120)), ASYNC_OK);
    async_loop_close(loop);
    CHECK_NOTES("step sleeps_real 0; ");
    loop = new_loop(ASYNC_FOREVER);
    CHECK_INT(run(loop, async_loop_create_task(loop, sleeps_real, .ms = 120)), ASYNC_OK);
    async_loop_close(loop);
    CHECK_NOTES("");
}

/* ---- what is left when a loop is closed ----------------------------------------------------------------------------- */

struct waits { async_frame frame; async_time delay; };
async(waits)
{
    async_begin;
    mark = __LINE__ - 3;
    await(async_sleep, .delay = self->delay);
    async_end;
}
TEST(debug, destroyed_pending)
{
    async_loop *loop = new_loop(ASYNC_FOREVER);
    async_release(async_loop_create_task(loop, waits, .delay = async_seconds(1)));
    async_release(async_loop_create_task(loop, waits, .delay = async_seconds(1)));
    async_loop_run_once(loop);
    async_release(async_loop_create_task(loop, waits)); /* this one never began */
    async_loop_close(loop);
    CHECK_NOTES("destroyed waits 0; destroyed waits 0; destroyed waits 0; ");
}

TEST(debug, unreleased)
{
    async_loop *loop = new_loop(ASYNC_FOREVER);
    async_task *task, *other;
    int at = __LINE__ + 1;
    task = async_loop_create_task(loop, waits);
    other = async_loop_create_task(loop, waits);
    CHECK_INT(async_loop_run_until_complete(loop, other), ASYNC_OK);
    mark = at;
    async_loop_close(loop);
    CHECK_NOTES("unreleased waits 0; unreleased waits 1; ");
    async_release(task); /* late, but still good */
    async_release(other);
}

struct fails { async_frame frame; };
async(fails)
{
    async_begin;
    mark = __LINE__ - 3;
    async_raise(BOOM);
    async_end;
}
TEST(debug, never_retrieved)
{
    async_loop *loop = new_loop(ASYNC_FOREVER);
    async_task *task = async_loop_create_task(loop, fails);
    async_release(async_loop_create_task(loop, fails));
    async_loop_run_once(loop);
    CHECK_NOTES("unseen fails boom 0; ");
    CHECK_INT(async_task_exception(task), BOOM);
    async_release(task);
    CHECK_NOTES("");
    async_loop_close(loop);
    CHECK_NOTES("");
}

/* A failure's way is its own, though another task has failed in the same way before. */
struct fails_late { async_frame frame; };
async(fails_late)
{
    async_begin;
    await(async_sleep, .delay = async_ms(1));
    async_raise(BOOM);
    async_end;
}
struct joins { async_frame frame; async_task *task; };
async(joins)
{
    async_begin;
    await(async_join, .task = self->task);
    async_end;
}
TEST(debug, the_way_of_a_failure)
{
    async_loop *loop = new_loop(ASYNC_FOREVER);
    async_task *task = async_loop_create_task(loop, fails_late), *others[2];
    async_stack_entry entries[4];
    int i;
    for (i = 0; i < 2; i++)
        others[i] = async_loop_create_task(loop, joins, .task = task);
    CHECK_INT(async_loop_run_until_complete(loop, others[1]), BOOM);
    for (i = 0; i < 2; i++) {
        CHECK_INT(async_task_exception(others[i]), BOOM);
        CHECK_INT(async_task_get_stack(others[i], entries, 4), 1);
        CHECK_STR(entries[0].name, "joins");
        async_release(others[i]);
    }
    async_release(task);
    async_loop_close(loop);
    CHECK_NOTES("");
}

/* With everything in order there is nothing to say. */
struct orderly { async_frame frame; async_task *task; async_task_group group; };
async(orderly)
{
    async_begin;
    async_loop_set_exception_handler(async_get_running_loop(), note_it, NULL);
    async_task_group_enter(&self->group, .limit = 1);
    async_task_group_create_task(&self->group, waits, .delay = async_ms(1));
    async_task_group_create_task(&self->group, waits, .delay = async_ms(1));
    self->task = async_create_task_eager(waits, .delay = async_ms(1));
    await(async_join, .task = self->task);
    await_gather(async_call(waits), async_call(waits));
    await_shielded(waits);
    (void)async_go(waits, .delay = async_seconds(1000)); /* cancelled at the end of the run */
    async_finally;
    async_release(self->task);
    async_end;
}
TEST(debug, nothing_to_say)
{
    hides = 0;
    CHECK_INT(RUN(orderly), ASYNC_OK);
    CHECK_NOTES("");
    CHECK_INT(hides, 0);
}

#if ASYNCIO_POOL && !ASYNC_ASAN_ /* otherwise the memory is gone, which other tools notice */

/* ---- a handle after its last release: a panic that names where the task was created, in a process of its own --------- */

enum { JOIN, CANCEL, DONE, RELEASE, RETAIN, RESULT, NAME, CALLBACK, USES };
struct joins_it { async_frame frame; async_task *task; };
async(joins_it)
{
    async_begin;
    await(async_join, .task = self->task);
    async_end;
}
static void never(async_handle *handle) { (void)handle; }
enum { CREATED_AT = __LINE__ + 6 };
static void use_stale(int how)
{
    async_loop *loop = new_loop(ASYNC_FOREVER);
    static async_handle handle;
    async_task *task;
    task = async_loop_create_task(loop, waits);
    (void)async_loop_run_until_complete(loop, task);
    async_release(task);
    switch (how) {
    case JOIN: (void)run(loop, async_loop_create_task(loop, joins_it, .task = task)); break;
    case CANCEL: async_cancel(task); break;
    case DONE: (void)async_task_done(task); break;
    case RELEASE: async_release(task); break;
    case RETAIN: async_retain(task); break;
    case RESULT: (void)async_task_exception(task); break;
    case NAME: (void)async_task_get_name(task); break;
    default: (void)async_task_add_done_callback(task, &handle, never, NULL); break;
    }
}

TEST(debug, stale_handles)
{
    int how;
    for (how = 0; how < USES; how++) {
        char text[2000], expected[100];
        int status = 0, pipes[2];
        ssize_t n, length = 0;
        pid_t child;
        REQUIRE(pipe(pipes) == 0);
        fflush(NULL);
        child = fork();
        if (child == 0) {
            dup2(pipes[1], 2);
            close(pipes[0]);
            signal(SIGABRT, SIG_DFL);
            use_stale(how);
            _exit(0);
        }
        REQUIRE(child > 0);
        close(pipes[1]);
        while (length < (ssize_t)sizeof text - 1
            && (n = read(pipes[0], text + length, sizeof text - 1 - (size_t)length)) > 0)
            length += n;
        text[length] = '\0';
        close(pipes[0]);
        REQUIRE(waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
        snprintf(expected, sizeof expected, "test_debug.c:%d: asyncio panic: a task's handle is used", CREATED_AT);
        if (strstr(text, expected) == NULL)
            printf("use %d, not %s: %s\n", how, expected, text);
        CHECK(strstr(text, expected) != NULL);
    }
}

#endif
