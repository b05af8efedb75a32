/* runner.h: a fresh loop for one function, and Ctrl-C (asyncio.run). Hosts only. */
#ifndef ASYNCIO_RUNNER_H
#define ASYNCIO_RUNNER_H

#include "close.h"

#if !ASYNCIO_BARE

ASYNC_EXTERN_C_BEGIN_

/* async_run(f, .a = 1, ...): a fresh loop that runs f(a = 1, ...) and gives its status; then the tasks that are left are
 * cancelled and run to their end, and the loop is closed. Ctrl-C cancels f, whose finally parts run, and gives
 * INTERRUPTED; a second Ctrl-C ends the process. MISUSE inside a running loop. Mirrors asyncio.run().
 * async_run_with(&config, f, ...): the same with an async_loop_config. */
#define async_run(...) ASYNC_RUN_((const async_loop_config *)NULL, __VA_ARGS__, )
#define async_run_with(config, ...) ASYNC_RUN_(config, __VA_ARGS__, )
#define ASYNC_RUN_(config, name, ...)                                                             \
    (async_run_begin_(config, &name##_type ASYNC_SITE_)                                           \
            ? (ASYNC_PUT_((struct name *)async_creating_(), __VA_ARGS__) async_run_end_())        \
            : async_run_failed_())
bool async_run_begin_(const async_loop_config *config, const async_type *type ASYNC_SITE_PARAMETERS_);
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

static ASYNC_THREAD_LOCAL_ async_status async_run_status_;
static ASYNC_THREAD_LOCAL_ async_loop *async_run_loop_;

bool async_run_begin_(const async_loop_config *config, const async_type *type ASYNC_SITE_PARAMETERS_)
{
    async_run_status_ = ASYNC_MISUSE;
    if (async_running_ != NULL)
        return false;
    async_run_status_ = ASYNC_NO_MEMORY;
    async_run_loop_ = async_new_event_loop_with(config);
    if (async_run_loop_ == NULL)
        return false;
    async_hint_of_(async_run_loop_, type)->type = type;
    async_hint_of_(async_run_loop_, type)->size = 1024;
    if (!async_create_begin_(async_run_loop_, type ASYNC_SITE_ARGUMENTS_)) {
        async_loop_close(async_run_loop_);
        return false;
    }
    async_hint_of_(async_run_loop_, type)->type = NULL;
    return true;
}

async_status async_run_failed_(void) { return async_run_status_; }

async_status async_run_end_(void)
{
    async_task *task = async_create_end_();
    async_loop *loop = async_run_loop_;
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
    if (async_loop_cancel_all_tasks(loop) == ASYNC_DEADLOCK && status >= 0)
        status = ASYNC_DEADLOCK;
    if (catches) {
        if (async_interrupt_does_(async_on_interrupt_)) /* nobody has put a handler of his own in its place */
            sigaction(SIGINT, &async_before_interrupt_, NULL);
        if (async_interrupts_ > 0 && status == ASYNC_CANCELLED)
            status = ASYNC_INTERRUPTED;
        ASYNC_STORE_(async_interruptible_, NULL); /* last: from now on another thread may have it */
    }
    async_release(task);
    async_loop_close(loop);
    return status;
}

ASYNC_EXTERN_C_END_

#endif
#endif
