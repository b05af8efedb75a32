/* Threads and files under faults. */
#include "faults.h"
#include <fcntl.h>
#include <pthread.h>

enum { JOBS = 6, BYTES = 3000 };

static int double_it(void *data) { return 2 * *(int *)data; }
struct job { async_frame frame; int number, result; async_executor *executor; };
async(job)
{
    async_begin;
    if (self->executor != NULL)
        await_into(self->result, async_run_in_executor, .executor = self->executor, .function = double_it,
            .data = &self->number);
    else
        await_into(self->result, async_to_thread, .function = double_it, .data = &self->number);
    RIGHT(self->result == 2 * self->number);
    async_end;
}
struct jobs { async_frame frame; async_task_group group; async_executor executor; int i; };
async(jobs)
{
    async_status status;
    async_begin;
    if ((status = async_executor_init(&self->executor, 2)) < 0)
        async_raise(status);
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < JOBS; self->i++)
        async_task_group_create_task(&self->group, job, .number = self->i, .executor = self->i % 2 ? &self->executor : NULL);
    async_finally;
    async_executor_deinit(&self->executor);
    async_end;
}
SCENARIO(threads, jobs) { return RUN(jobs); }

/* Another thread has things called here. */
struct mail { async_frame frame; async_event come; async_loop *loop; async_handle handles[JOBS]; pthread_t thread; int count; bool begun; };
static void arrived(async_handle *handle)
{
    struct mail *self = (struct mail *)handle->data;
    self->count++;
    async_event_set(&self->come);
}
static void *send_mail(void *data)
{
    struct mail *self = (struct mail *)data;
    int i;
    for (i = 0; i < JOBS; i++)
        async_loop_call_soon_threadsafe(self->loop, &self->handles[i], arrived, self);
    return NULL;
}
async(mail)
{
    async_begin;
    self->loop = async_get_running_loop();
    self->begun = pthread_create(&self->thread, NULL, send_mail, self) == 0;
    if (!self->begun)
        async_raise(-EAGAIN);
    while (self->count < JOBS) {
        async_event_clear(&self->come);
        await(async_event_wait, .event = &self->come);
    }
    async_finally;
    if (self->begun)
        pthread_join(self->thread, NULL);
    async_end;
}
SCENARIO(threads, mail) { return RUN(mail); }

/* Another thread has a function run here, and waits for it. */
struct triples { async_frame frame; int number, result; };
async(triples)
{
    async_begin;
    await(async_sleep, .delay = async_ms(1));
    async_return(3 * self->number);
    async_end;
}
struct order { async_frame frame; async_loop *loop; pthread_t thread; bool begun; async_status status; async_handle handle; async_event done; };
static void delivered(async_handle *handle) { async_event_set(&((struct order *)handle->data)->done); }
static void *place_order(void *data)
{
    struct order *self = (struct order *)data;
    async_concurrent_future *future = async_run_coroutine_threadsafe(self->loop, triples, .number = 7);
    self->status = async_concurrent_future_wait(future, async_seconds(5));
    if (self->status == ASYNC_OK)
        RIGHT(async_concurrent_future_result(future, triples) == 21);
    async_concurrent_future_release(future);
    async_loop_call_soon_threadsafe(self->loop, &self->handle, delivered, self);
    return NULL;
}
async(order)
{
    async_begin;
    self->loop = async_get_running_loop();
    self->begun = pthread_create(&self->thread, NULL, place_order, self) == 0;
    if (!self->begun)
        async_raise(-EAGAIN);
    await(async_event_wait, .event = &self->done);
    if (self->status < 0)
        async_raise(self->status);
    async_finally;
    if (self->begun)
        pthread_join(self->thread, NULL);
    async_end;
}
SCENARIO(threads, order) { return RUN(order); }

/* Three loops in three threads. */
struct member { async_frame frame; int *sum; };
async(member)
{
    async_begin;
    await(async_sleep, .delay = async_ms(1));
    __atomic_add_fetch(self->sum, 1, __ATOMIC_RELAXED);
    async_end;
}
SCENARIO(threads, many)
{
    int sum = 0;
    async_status status = async_run_many(3, NULL, member, .sum = &sum);
    RIGHT(status < 0 || sum == 3);
    return status;
}

/* A whole file written and read, at once and piece by piece. An atomic save that fails leaves what was there. */
struct files { async_frame frame; async_file_content content; async_status status; int file; bool open; size_t n, got; char text[BYTES], back[BYTES]; };
async(files, text)
{
    async_begin;
    faults_fill(self->text, 0, BYTES);
    await(async_file_save, .path = faults_path("file"), .data = "old", .size = 3);
    await_catch(self->status, async_file_save, .path = faults_path("file"), .data = self->text, .size = BYTES, .atomic = true);
    if (self->status < 0) {
        await_into(self->content, async_file_load, .path = faults_path("file"));
        RIGHT((self->content.size == 3 && memcmp(self->content.data, "old", 3) == 0) || self->status == -EIO);
        async_raise(self->status);
    }
    await_into(self->content, async_file_load, .path = faults_path("file"));
    RIGHT(self->content.size == BYTES && faults_same(self->content.data, 0, BYTES));
    await_into(self->file, async_file_open, .path = faults_path("other"), .flags = O_RDWR | O_CREAT);
    self->open = true;
    await(async_file_write, .file = self->file, .data = self->text, .size = 2000);
    await(async_file_pwrite, .file = self->file, .data = self->text + 2000, .size = BYTES - 2000, .offset = 2000);
    await(async_file_sync, .file = self->file);
    self->n = 0;
    while (self->n < BYTES) {
        await_into(self->got, async_file_pread, .file = self->file, .buffer = self->back + self->n,
            .size = BYTES - self->n, .offset = self->n);
        RIGHT(self->got > 0);
        self->n += self->got > 0 ? self->got : BYTES;
    }
    RIGHT(faults_same(self->back, 0, BYTES));
    self->open = false;
    await(async_file_close, .file = self->file);
    async_finally;
    if (self->open)
        await_catch(self->status, async_file_close, .file = self->file);
    async_file_content_free(&self->content);
    async_end;
}
SCENARIO(files, all) { return RUN(files); }
