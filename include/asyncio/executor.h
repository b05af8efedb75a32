/* executor.h: C functions that block run in threads of a pool, while the loop goes on (ThreadPoolExecutor). Hosts only,
 * with ASYNCIO_THREADS.
 *
 * A job is part of the frame that awaits it and stands in the pool's line by itself, so that submitting one allocates
 * nothing. Threads are started as they are needed, up to a limit, and then wait for more work. All signals are blocked
 * in them but those that a fault raises.
 *
 * After fork() the child has none of the threads: it may use no executor of its parent's, nor a loop that has one. */
#ifndef ASYNCIO_EXECUTOR_H
#define ASYNCIO_EXECUTOR_H

#include "idle.h"

#if ASYNCIO_THREADS

ASYNC_EXTERN_C_BEGIN_

/* async_executor: a pool of threads; belongs to its owner. All zeros: none. Any number of loops, in any threads, may use
 * one. */
typedef struct async_executor {
    struct async_workers_ *workers;
} async_executor;

/* async_executor_init: a pool of at most that many threads; 0: the number of processors and 4 more, 32 at most. No
 * thread is started yet. OK, NO_MEMORY, -errno. Any thread. */
async_status async_executor_init(async_executor *executor, unsigned max_workers);
/* async_executor_shutdown: takes no more work: what is awaited from now on is CLOSED. What waits in its line is still
 * run. Does not block. Mirrors Executor.shutdown(wait=False). Any thread. */
void async_executor_shutdown(async_executor *executor);
/* async_executor_deinit: shuts it down and blocks until all of its work is done and its threads have ended. Not from one
 * of its own threads. Nothing on all zeros. */
void async_executor_deinit(async_executor *executor);

/* A function that a thread is to call. */
typedef struct async_job_ {
    async_node_ node;    /* in the line */
    async_handle handle; /* tells the loop */
    struct async_workers_ *workers;
    async_loop *loop;
    async_leaf *leaf;
    int (*function)(void *data);
    void *data;
    void (*abandon)(void *data);
    int result;
    int state;
} async_job_;

/* await_into(n, async_run_in_executor, .executor = &e, .function = f, .data = p): calls f(p) in a thread of the executor
 *     (NULL: the loop's own), and waits for it. Its return value is the result; a negative one is a status, with which
 *     the await fails. Also CLOSED; INVALID_ARGUMENT without a function; NO_MEMORY or -errno (-EAGAIN) when there is no
 *     thread and none can be started.
 * await_into(n, async_to_thread, .function = f, .data = p): the same in the loop's own executor.
 *
 * A cancel takes a function that has not begun out of the line. One that runs cannot be stopped: the await ends with
 * CANCELLED when the function has ended, so that what p points to, in the awaiting frame as a rule, stays valid for it;
 * what it leaves there is not lost.
 *     .abandon = g lets the await end at once, as asyncio's does, while the function runs on. *p must then outlive the
 * frame: whenever the await ends with CANCELLED, and only then, g(p) is called once the function has ended, in its
 * thread or in the loop's: to free it, say. This takes a block from the heap. */
struct async_run_in_executor {
    async_leaf leaf;
    async_job_ job, *block;
    int (*function)(void *data);
    void *data;
    void (*abandon)(void *data);
    async_executor *executor;
    int result;
};
ASYNC_DECLARE(async_run_in_executor);
struct async_to_thread {
    async_leaf leaf;
    async_job_ job, *block;
    int (*function)(void *data);
    void *data;
    void (*abandon)(void *data);
    int result;
};
ASYNC_DECLARE(async_to_thread);

/* async_loop_set_default_executor: which executor is the loop's own. It must outlive the loop's use of it. NULL: one the
 * loop makes when it first needs it, as in the beginning. MISUSE when the loop has made one already. Mirrors
 * loop.set_default_executor(). Loop thread. */
async_status async_loop_set_default_executor(async_loop *loop, async_executor *executor);
/* async_loop_shutdown_default_executor: ends the executor that the loop has made: it blocks until its work is done. From
 * then on async_to_thread is CLOSED. async_run() and async_loop_close() do it. MISUSE while the loop runs. Mirrors
 * loop.shutdown_default_executor(). */
async_status async_loop_shutdown_default_executor(async_loop *loop);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_THREADS
#ifndef ASYNCIO_EXECUTOR_IMPLEMENTATION_
#define ASYNCIO_EXECUTOR_IMPLEMENTATION_

#include <signal.h>

ASYNC_EXTERN_C_BEGIN_

enum { /* of a job */
    ASYNC_JOB_QUEUED_ = 1,
    ASYNC_JOB_RUNS_,
    ASYNC_JOB_ABANDONED_, /* it runs, and the thread is its owner */
    ASYNC_JOB_ENDED_,
    ASYNC_JOB_WITHDRAWN_
};

struct async_workers_ {
    pthread_mutex_t lock; /* of all that follows; taken before a loop's */
    pthread_cond_t work;  /* there is some, or there never will be again */
    pthread_cond_t ended; /* a job or a thread */
    async_line_ jobs;
    unsigned waiting; /* jobs in the line */
    unsigned threads, idle, most;
    size_t users; /* its owner, and the jobs somebody still waits for: the last frees it */
    bool shut_down, has_left;
    pthread_t left; /* the thread that has ended last: it has joined the one before it */
};

/* ---- threads -------------------------------------------------------------------------------------------------- */

static void async_job_ended_(async_handle *handle)
{
    async_leaf_complete(((async_job_ *)handle->data)->leaf);
}

/* In a thread of the pool, which has the lock: takes the first job, runs it, and says so. */
static void async_workers_run_(struct async_workers_ *workers)
{
    async_job_ *job = ASYNC_CONTAINER_(workers->jobs.first, async_job_, node);
    async_line_remove_(&workers->jobs, &job->node);
    workers->waiting--;
    workers->idle--;
    ASYNC_ADD_(async_idle_threads_, -1);
    job->state = ASYNC_JOB_RUNS_;
    pthread_mutex_unlock(&workers->lock);
    job->result = job->function(job->data);
    pthread_mutex_lock(&workers->lock);
    if (job->state == ASYNC_JOB_ABANDONED_) {
        pthread_mutex_unlock(&workers->lock);
        job->abandon(job->data);
        ASYNCIO_FREE(job);
        job = NULL;
        pthread_mutex_lock(&workers->lock);
        workers->users--; /* not the last: the threads end before their owner goes */
    }
    workers->idle++;
    ASYNC_ADD_(async_idle_threads_, 1);
    if (job != NULL) { /* under the lock, without which it cannot be freed, nor its loop be closed */
        job->state = ASYNC_JOB_ENDED_;
        async_loop_call_soon_threadsafe(job->loop, &job->handle, async_job_ended_, job);
    }
    pthread_cond_broadcast(&workers->ended);
}

static void *async_worker_(void *data)
{
    struct async_workers_ *workers = (struct async_workers_ *)data;
    pthread_t before;
    bool is_first;
    pthread_mutex_lock(&workers->lock);
    for (;;) {
        if (workers->jobs.first != NULL)
            async_workers_run_(workers);
        else if (workers->shut_down)
            break;
        else
            pthread_cond_wait(&workers->work, &workers->lock);
    }
    before = workers->left;
    is_first = !workers->has_left;
    workers->left = pthread_self();
    workers->has_left = true;
    workers->idle--;
    workers->threads--;
    pthread_cond_broadcast(&workers->ended);
    pthread_mutex_unlock(&workers->lock);
    if (!is_first) {
        pthread_join(before, NULL);
        ASYNC_ADD_(async_idle_threads_, -1);
    }
    return NULL;
}

/* Signals go to the threads of the program, but a fault to who made it. 0 or an errno. */
static int async_thread_start_(pthread_t *thread, void *(*function)(void *data), void *data)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP };
    sigset_t blocked, before;
    size_t i;
    int error;
    sigfillset(&blocked);
    for (i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&blocked, faults[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    error = pthread_create(thread, NULL, function, data);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static async_status async_workers_start_(struct async_workers_ *workers)
{
    pthread_t thread;
    int error;
    workers->threads++;
    workers->idle++;
    ASYNC_ADD_(async_idle_threads_, 1);
    error = async_thread_start_(&thread, async_worker_, workers);
    if (error != 0) {
        workers->threads--;
        workers->idle--;
        ASYNC_ADD_(async_idle_threads_, -1);
    }
    return -error;
}

static async_status async_workers_submit_(struct async_workers_ *workers, async_job_ *job)
{
    async_status status = ASYNC_OK;
    pthread_mutex_lock(&workers->lock);
    if (workers->shut_down)
        status = ASYNC_CLOSED;
    else if (workers->idle <= workers->waiting && workers->threads < workers->most) {
        status = async_workers_start_(workers);
        if (workers->threads > 0) /* it will be run, if later */
            status = ASYNC_OK;
    }
    if (status == ASYNC_OK) {
        workers->users++;
        job->workers = workers;
        job->state = ASYNC_JOB_QUEUED_;
        async_line_append_(&workers->jobs, &job->node);
        workers->waiting++;
        pthread_cond_signal(&workers->work);
    }
    pthread_mutex_unlock(&workers->lock);
    return status;
}

/* One user less; with the lock, which is given back. */
static void async_workers_leave_(struct async_workers_ *workers)
{
    bool last = --workers->users == 0;
    pthread_mutex_unlock(&workers->lock);
    if (!last)
        return;
    pthread_cond_destroy(&workers->ended);
    pthread_cond_destroy(&workers->work);
    pthread_mutex_destroy(&workers->lock);
    ASYNCIO_FREE(workers);
}

/* ---- executors ------------------------------------------------------------------------------------------------ */

static unsigned async_processors_(void)
{
    long count = 1;
#ifdef _SC_NPROCESSORS_ONLN
    count = sysconf(_SC_NPROCESSORS_ONLN);
#endif
    return count < 1 ? 1 : count > 1000 ? 1000 : (unsigned)count;
}

async_status async_executor_init(async_executor *executor, unsigned max_workers)
{
    struct async_workers_ *workers = (struct async_workers_ *)ASYNCIO_MALLOC(sizeof *workers);
    executor->workers = NULL;
    if (workers == NULL)
        return ASYNC_NO_MEMORY;
    ASYNC_MEMSET_(workers, 0, sizeof *workers);
    workers->users = 1;
    if (max_workers == 0) {
        max_workers = async_processors_() + 4;
        if (max_workers > 32)
            max_workers = 32;
    }
    workers->most = max_workers;
    if (pthread_mutex_init(&workers->lock, NULL) == 0) {
        if (pthread_cond_init(&workers->work, NULL) == 0) {
            if (pthread_cond_init(&workers->ended, NULL) == 0) {
                executor->workers = workers;
                return ASYNC_OK;
            }
            pthread_cond_destroy(&workers->work);
        }
        pthread_mutex_destroy(&workers->lock);
    }
    ASYNCIO_FREE(workers);
    return ASYNC_NO_MEMORY;
}

void async_executor_shutdown(async_executor *executor)
{
    struct async_workers_ *workers = executor->workers;
    if (workers == NULL)
        return;
    pthread_mutex_lock(&workers->lock);
    workers->shut_down = true;
    pthread_cond_broadcast(&workers->work);
    pthread_mutex_unlock(&workers->lock);
}

void async_executor_deinit(async_executor *executor)
{
    struct async_workers_ *workers = executor->workers;
    if (workers == NULL)
        return;
    async_executor_shutdown(executor);
    pthread_mutex_lock(&workers->lock);
    while (workers->threads > 0)
        pthread_cond_wait(&workers->ended, &workers->lock);
    pthread_mutex_unlock(&workers->lock);
    if (workers->has_left) {
        pthread_join(workers->left, NULL);
        ASYNC_ADD_(async_idle_threads_, -1);
    }
    executor->workers = NULL;
    pthread_mutex_lock(&workers->lock);
    async_workers_leave_(workers);
}

async_status async_loop_set_default_executor(async_loop *loop, async_executor *executor)
{
    if (loop == NULL)
        return ASYNC_NO_RUNNING_LOOP;
    if (loop->workers != NULL)
        return ASYNC_MISUSE;
    loop->executor = executor;
    return ASYNC_OK;
}

async_status async_loop_shutdown_default_executor(async_loop *loop)
{
    async_executor own;
    if (loop == NULL || loop->stack.running)
        return ASYNC_MISUSE;
    own.workers = loop->workers;
    loop->executor_closed = true;
    loop->workers = NULL;
    async_executor_deinit(&own);
    return ASYNC_OK;
}

/* Where the loop's functions run; NULL: nowhere, for the reason in *status. */
static struct async_workers_ *async_loop_workers_(async_loop *loop, async_status *status)
{
    async_executor own;
    *status = ASYNC_CLOSED;
    if (loop->executor_closed)
        return NULL;
    if (loop->executor != NULL)
        return loop->executor->workers;
    if (loop->workers == NULL) {
        *status = async_executor_init(&own, 0);
        loop->workers = own.workers;
    }
    return loop->workers;
}

/* ---- awaiting ------------------------------------------------------------------------------------------------- */

/* What both awaitables begin with. */
struct async_job_wait_ {
    async_leaf leaf;
    async_job_ job, *block;
    int (*function)(void *data);
    void *data;
    void (*abandon)(void *data);
};

static async_step async_job_begin_(async_stack *stack, struct async_job_wait_ *wait, async_executor *executor)
{
    async_loop *loop = async_loop_of_(stack);
    async_status status = ASYNC_CLOSED;
    async_job_ *job = &wait->job;
    struct async_workers_ *workers;
    if (wait->function == NULL) /* here, not as a crash in some thread */
        return async_step_(ASYNC_INVALID_ARGUMENT);
    workers = executor != NULL ? executor->workers : async_loop_workers_(loop, &status);
    if (workers == NULL)
        return async_step_(status);
    if (wait->abandon != NULL) {
        job = wait->block = (async_job_ *)ASYNCIO_MALLOC(sizeof *job);
        if (job == NULL)
            return async_step_(ASYNC_NO_MEMORY);
        ASYNC_MEMSET_(job, 0, sizeof *job);
    }
    job->loop = loop;
    job->leaf = &wait->leaf;
    job->function = wait->function;
    job->data = wait->data;
    job->abandon = wait->abandon;
    status = async_workers_submit_(workers, job);
    if (status < 0) {
        if (wait->block != NULL)
            ASYNCIO_FREE(wait->block);
        return async_step_(status);
    }
    loop->jobs++;
    return async_leaf_wait(stack, &wait->leaf);
}

/* Nobody waits for the job any more: it is taken out of the line, or left to its thread (the wait then has no block).
 * False: it runs, in the frame, and has to end first; with `stays` that has happened on return. */
static bool async_job_withdraw_(struct async_job_wait_ *wait, bool stays)
{
    async_job_ *job = wait->block != NULL ? wait->block : &wait->job;
    struct async_workers_ *workers = job->workers;
    bool withdrawn = false;
    pthread_mutex_lock(&workers->lock);
    if (job->state == ASYNC_JOB_QUEUED_) {
        async_line_remove_(&workers->jobs, &job->node);
        workers->waiting--;
        job->state = ASYNC_JOB_WITHDRAWN_;
        withdrawn = true;
    } else if (job->state == ASYNC_JOB_RUNS_ && wait->block != NULL) {
        job->state = ASYNC_JOB_ABANDONED_;
        wait->block = NULL;
        wait->job.workers = NULL;
        withdrawn = true;
    }
    while (stays && !withdrawn && job->state == ASYNC_JOB_RUNS_)
        pthread_cond_wait(&workers->ended, &workers->lock);
    pthread_mutex_unlock(&workers->lock);
    return withdrawn;
}

static bool async_job_cancel_(async_task *task, void *frame)
{
    struct async_job_wait_ *wait = (struct async_job_wait_ *)frame;
    return wait->leaf.frame.state == ASYNC_LEAF_WAITING && async_job_withdraw_(wait, false) &&
        async_leaf_cancel(task, frame);
}

static async_step async_job_resume_(async_stack *stack, struct async_job_wait_ *wait, async_executor *executor,
    int *result)
{
    async_job_ *job;
    int status;
    if (wait->leaf.frame.state == ASYNC_LEAF_NEW)
        return async_job_begin_(stack, wait, executor);
    async_loop_of_(stack)->jobs--;
    if (wait->leaf.frame.state == ASYNC_LEAF_WAITING) /* the loop is being closed */
        async_job_withdraw_(wait, true);
    job = wait->block != NULL ? wait->block : &wait->job;
    if (job->workers != NULL) { /* not left to its thread */
        pthread_mutex_lock(&job->workers->lock);
        async_workers_leave_(job->workers);
    }
    status = async_leaf_outcome(&wait->leaf);
    if (status == ASYNC_OK) {
        *result = job->result;
        if (job->result < 0)
            status = async_raised_(job->result);
    }
    if (wait->block != NULL) {
        if (status == ASYNC_CANCELLED)
            wait->abandon(wait->data);
        ASYNCIO_FREE(wait->block);
    }
    return async_step_(status);
}

async_step async_run_in_executor_resume(async_stack *stack, void *frame)
{
    struct async_run_in_executor *run = (struct async_run_in_executor *)frame;
    return async_job_resume_(stack, (struct async_job_wait_ *)frame, run->executor, &run->result);
}

async_step async_to_thread_resume(async_stack *stack, void *frame)
{
    struct async_to_thread *run = (struct async_to_thread *)frame;
    return async_job_resume_(stack, (struct async_job_wait_ *)frame, NULL, &run->result);
}

ASYNC_LEAF_DEFINE(async_run_in_executor, async_job_cancel_);
ASYNC_LEAF_DEFINE(async_to_thread, async_job_cancel_);

ASYNC_EXTERN_C_END_

#endif
#endif
