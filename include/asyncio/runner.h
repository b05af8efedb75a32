/* runner.h: a fresh loop for one function, or for several in turn, and Ctrl-C (asyncio.run, asyncio.Runner). Hosts
 * only. */
#ifndef ASYNCIO_RUNNER_H
#define ASYNCIO_RUNNER_H

#include "close.h"

#if !ASYNCIO_BARE

ASYNC_EXTERN_C_BEGIN_

/* async_run(f, .a = 1, ...): a fresh loop that runs f(a = 1, ...) and gives its status; then the tasks that are left are
 * cancelled and run to their end, and the loop is closed. Ctrl-C cancels f, whose finally parts run, and gives
 * INTERRUPTED; a second Ctrl-C ends the process. MISUSE inside a running loop, NO_MEMORY. Mirrors asyncio.run().
 * async_run_with(&config, f, ...): the same with an async_loop_config.
 * async_run_into(to, f, ...): to = what f returned, unless it failed. */
#define async_run(...) ASYNC_RUN_(async_run_begin_, (const async_loop_config *)NULL, __VA_ARGS__, )
#define async_run_with(config, ...) ASYNC_RUN_(async_run_begin_, config, __VA_ARGS__, )
#define async_run_into(to, ...) ASYNC_RUN_INTO_(async_run_begin_, (const async_loop_config *)NULL, to, __VA_ARGS__, )

/* async_runner: several runs on one loop. All zeros, or with the first members set, it is ready; the loop is made by the
 * first use. Context variables that a run has set are set in the next one. Mirrors asyncio.Runner. */
typedef struct async_runner {
    const async_loop_config *config;         /* of the loop; NULL: the usual */
    async_loop *(*loop_factory)(void *data); /* makes the loop in place of async_new_event_loop_with(); or NULL */
    void *data;                              /* of the factory */
    async_loop *loop;
    async_context context; /* that its runs share */
    bool closed;
} async_runner;

/* async_runner_run(&runner, f, ...): runs f(...) as async_run() does, Ctrl-C included, but leaves the other tasks and the
 * loop for the next run. Gives its status; MISUSE inside a running loop and when the runner is closed; NO_MEMORY.
 * async_runner_run_into(&runner, to, f, ...): to = what f returned, unless it failed. Mirror Runner.run().
 * async_runner_get_loop: its loop; NULL without memory and when it is closed. Mirrors Runner.get_loop().
 * async_runner_close: cancels what is left, runs it to its end and closes the loop; MISUSE inside a running loop. A
 * second time it does nothing. Mirrors Runner.close(). */
#define async_runner_run(runner, ...) ASYNC_RUN_(async_runner_begin_, runner, __VA_ARGS__, )
#define async_runner_run_into(runner, to, ...) ASYNC_RUN_INTO_(async_runner_begin_, runner, to, __VA_ARGS__, )
async_loop *async_runner_get_loop(async_runner *runner);
async_status async_runner_close(async_runner *runner);

#define ASYNC_RUN_(begin, how, name, ...)                                                          \
    (ASYNC_RECORD_TASK_(name, 0, "task;heap") begin(how, &name##_type ASYNC_SITE_)                                                          \
            ? (ASYNC_PUT_((struct name *)async_creating_(), __VA_ARGS__)                           \
                (void)async_run_go_(), async_run_end_())                                           \
            : async_run_failed_())
#define ASYNC_RUN_INTO_(begin, how, to, name, ...)                                                 \
    (ASYNC_RECORD_TASK_(name, 0, "task;heap") begin(how, &name##_type ASYNC_SITE_)                                                          \
            ? (ASYNC_PUT_((struct name *)async_creating_(), __VA_ARGS__)                           \
                (async_run_go_() >= 0 ? (void)((to) = ((struct name *)async_ran_())->result) : (void)0), \
                async_run_end_())                                                                  \
            : async_run_failed_())
bool async_run_begin_(const async_loop_config *config, const async_type *type ASYNC_SITE_PARAMETERS_);
bool async_runner_begin_(async_runner *runner, const async_type *type ASYNC_SITE_PARAMETERS_);
async_status async_run_go_(void);
void *async_ran_(void);
async_status async_run_end_(void);
async_status async_run_failed_(void);

ASYNC_EXTERN_C_END_

#endif

#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_BARE
#ifndef ASYNCIO_RUNNER_IMPLEMENTATION_
#define ASYNCIO_RUNNER_IMPLEMENTATION_

#include <signal.h>

ASYNC_EXTERN_C_BEGIN_

/* Ctrl-C: the loop that is to hear of it. One at a time has the signal. */
static async_loop *volatile async_interruptible_;
static volatile sig_atomic_t async_interrupts_;
static struct sigaction async_before_interrupt_; /* what Ctrl-C did before */

static void async_on_interrupt_(int signal_number)
{
    async_loop *loop = ASYNC_LOAD_(async_interruptible_);
    int saved = errno;
    async_interrupts_ = async_interrupts_ + 1;
    if (async_interrupts_ > 1 || loop == NULL) {
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    } else {
        loop->ctrl_c = true;
        ASYNC_STORE_(loop->interrupted, true);
        async_poller_wake_(loop);
    }
    errno = saved;
}

static bool async_interrupt_does_(void (*handler)(int))
{
    struct sigaction now;
    return sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler == handler;
}

/* Of several threads that run at once, one has it. */
static bool async_interrupt_claim_(async_loop *loop)
{
#if defined(__GNUC__)
    async_loop *nobody = NULL;
    return __atomic_compare_exchange_n(&async_interruptible_, &nobody, loop, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
#else
    if (async_interruptible_ != NULL)
        return false;
    async_interruptible_ = loop;
    return true;
#endif
}

/* The run of this thread: between the calls of which the macros are made, nothing else can run. */
static ASYNC_THREAD_LOCAL_ async_status async_run_status_;
static ASYNC_THREAD_LOCAL_ async_task *async_run_task_;
static ASYNC_THREAD_LOCAL_ async_loop *async_run_loop_; /* to be closed */

static bool async_run_create_(async_loop *loop, const async_type *type ASYNC_SITE_PARAMETERS_)
{
    struct async_hint_ *hint, known;
    bool created;
    async_run_status_ = ASYNC_NO_MEMORY;
    if (loop == NULL)
        return false;
    hint = async_hint_of_(loop, type);
    known = *hint;
    hint->type = type;
    hint->units = 0;
    hint->size = 1024; /* there is one main function, and it need not grow */
    created = async_create_begin_(loop, type ASYNC_SITE_ARGUMENTS_);
    *hint = known;
    return created;
}

bool async_run_begin_(const async_loop_config *config, const async_type *type ASYNC_SITE_PARAMETERS_)
{
    async_loop *loop;
    async_run_status_ = ASYNC_MISUSE;
    if (async_running_ != NULL)
        return false;
    loop = async_new_event_loop_with(config);
    if (async_run_create_(loop, type ASYNC_SITE_ARGUMENTS_)) {
        loop->once = true;
        return true;
    }
    async_loop_close(loop);
    return false;
}

async_loop *async_runner_get_loop(async_runner *runner)
{
    if (runner->loop == NULL && !runner->closed) {
        runner->loop = runner->loop_factory != NULL ? runner->loop_factory(runner->data)
                                                    : async_new_event_loop_with(runner->config);
        if (runner->loop != NULL)
            async_copy_context(&runner->context);
    }
    return runner->loop;
}

bool async_runner_begin_(async_runner *runner, const async_type *type ASYNC_SITE_PARAMETERS_)
{
    struct async_context_place_ outside = async_context_here_;
    async_loop *loop;
    bool created;
    async_run_status_ = ASYNC_MISUSE;
    if (async_running_ != NULL || runner->closed)
        return false;
    loop = async_runner_get_loop(runner);
    async_context_here_.bindings = runner->context.bindings; /* what the task inherits */
    created = async_run_create_(loop, type ASYNC_SITE_ARGUMENTS_);
    async_context_here_ = outside;
    if (created) {
        loop->run_context = &runner->context;
        async_context_give_(&runner->context, async_created_);
    }
    return created;
}

async_status async_run_failed_(void) { return async_run_status_; }

void *async_ran_(void) { return async_root_(async_run_task_); }

/* Runs the task whose arguments have been evaluated; it stays, for its result to be read. */
async_status async_run_go_(void)
{
    async_loop *loop = (async_loop *)(void *)async_created_->future.callbacks;
    async_task *task = async_create_end_();
    async_status status;
    struct sigaction action;
    bool catches;
    ASYNC_MEMSET_(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = async_on_interrupt_;
    /* asyncio leaves alone whoever has a handler of his own */
    catches = async_interrupt_does_(SIG_DFL) && async_poller_can_wake_(loop) && async_interrupt_claim_(loop);
    if (catches) {
        async_interrupts_ = 0;
        loop->interrupt_task = task;
        sigaction(SIGINT, &action, &async_before_interrupt_);
    }
    status = async_loop_run_until_complete(loop, task);
    loop->interrupt_task = NULL;
    if (loop->once && async_loop_cancel_all_tasks(loop) == ASYNC_DEADLOCK && status >= 0)
        status = ASYNC_DEADLOCK;
    if (catches) {
        if (async_interrupt_does_(async_on_interrupt_)) /* nobody has put a handler of his own in its place */
            sigaction(SIGINT, &async_before_interrupt_, NULL);
        if (async_interrupts_ > 0 && status == ASYNC_CANCELLED && async_task_uncancel(task) == 0)
            status = ASYNC_INTERRUPTED;
        ASYNC_STORE_(async_interruptible_, NULL); /* last: from now on another thread may have it */
    }
    async_run_task_ = task;
    async_run_status_ = status;
    if (loop->once)
        async_run_loop_ = loop;
    else
        async_context_take_(loop->run_context, task);
    return status;
}

async_status async_run_end_(void)
{
    async_loop *loop = async_run_loop_;
    async_status status = async_run_status_; /* an exception handler may try to run something */
    async_release(async_run_task_);
    async_run_loop_ = NULL;
    async_loop_close(loop);
    return status;
}

async_status async_runner_close(async_runner *runner)
{
    async_status status = ASYNC_OK;
    if (runner->loop != NULL && !runner->closed) {
        if (async_running_ != NULL)
            return ASYNC_MISUSE;
        status = async_loop_cancel_all_tasks(runner->loop);
        async_loop_close(runner->loop);
        async_context_deinit(&runner->context);
    }
    runner->loop = NULL;
    runner->closed = true;
    return status;
}

ASYNC_EXTERN_C_END_

#endif
#endif
