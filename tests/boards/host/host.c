/* host.c: the library as a board has it, what the traces expect of a host on top, and the main function that runs one or
 * many of them: host_traces lists them. Each prints its name first; the emulator ends with how many failed; 77 when the
 * memory was too small for one. */
#define HOST_C
#define ASYNCIO_IMPLEMENTATION
#define ASYNCIO_STACK_OVERFLOW(task, bytes) ((void)(task), (void)(bytes), host_full = 1)
#define ASYNCIO_MALLOC host_allocate
#define ASYNCIO_FREE(block) ((void)(block))
#include <stddef.h>
#include "host.h"
static int host_full, host_few; /* memory was too small; places of a queue may have been too few */
static void *host_allocate(size_t size);
#include "asyncio.h"
#include "console.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What is allocated lives until the end of the trace. FRAMES: of a task, besides its function's own. */
#ifdef __AVR__ /* what the linker leaves, but for the C stack */
#include <avr/io.h>
extern unsigned char __heap_start;
#define MEMORY (&__heap_start)
#define MEMORY_SIZE ((size_t)(RAMEND - (RAMEND > 0x1000 ? 600 : 230) - (uintptr_t)&__heap_start))
enum { FRAMES = 120 };
#else
static union {
    async_aligned_ aligned;
    unsigned char bytes[700000];
} memory;
#define MEMORY memory.bytes
#define MEMORY_SIZE sizeof memory.bytes
enum { FRAMES = 1500 };
#endif
/* From below: what a loop has, gone with it. From above: what stays until the end of the trace or test. */
static size_t allocated, kept;

static void *host_allocate(size_t size)
{
    void *block = MEMORY + allocated;
    size = ASYNC_ROUND_(size);
    if (size > MEMORY_SIZE - allocated - kept) {
        host_full = 1;
        return NULL;
    }
    allocated += size;
    return block;
}

static void *keep(size_t size)
{
    size_t end = (MEMORY_SIZE - kept) & ~(size_t)(ASYNCIO_FRAME_ALIGN - 1);
    size = ASYNC_ROUND_(size);
    if (size > end - allocated) {
        host_full = 1;
        return NULL;
    }
    kept = MEMORY_SIZE - (end - size);
    return MEMORY + (end - size);
}

/* ---- the clock: time jumps to the next deadline, and a run with nothing to wait for is over ----------------------------- */

volatile uint32_t async_ticks_; /* the board's start-up ticks for nobody */
static uint32_t now;
static bool dead;

uint32_t async_port_counter(void) { return now; }

void async_port_alarm(uint32_t when)
{
    now = when;
    if (async_the_loop_.timers.first == 0) {
        dead = true;
        async_the_loop_.stack.stopping = true;
    }
}

/* Blocking takes time, too. */
int nanosleep(const struct timespec *time, struct timespec *left)
{
    (void)left;
    now += (uint32_t)time->tv_sec * ASYNCIO_TICK_HZ + (uint32_t)(time->tv_nsec / (1000000000 / ASYNCIO_TICK_HZ));
    return 0;
}

/* ---- tasks ------------------------------------------------------------------------------------------------------ */

/* Before each task's memory. */
typedef struct block {
    struct block *next;
    size_t size;
} block;
static block *first_block, **last_block = &first_block;

static unsigned char *block_bytes(block *b) { return (unsigned char *)b + ASYNC_ROUND_(sizeof *b); }
static async_task *block_task(block *b) { return (async_task *)(void *)block_bytes(b); }

/* All tasks, oldest first. */
static block *block_new(const async_type *type)
{
    size_t size = ASYNC_ROUND_(sizeof(async_task)) + type->size + FRAMES;
    block **at, *b;
    for (at = &first_block; (b = *at) != NULL; at = &b->next)
        if (b->size >= size && block_task(b)->count == 0) {
            *at = b->next; /* it goes to the end */
            if (*at == NULL)
                last_block = at;
            break;
        }
    if (b == NULL) {
        b = (block *)host_allocate(ASYNC_ROUND_(sizeof *b) + size);
        if (b == NULL)
            return NULL;
        b->size = size;
        memset(block_bytes(b), 0, size);
    }
    b->next = NULL;
    *last_block = b;
    last_block = &b->next;
    return b;
}

bool host_create(async_loop *loop, const async_type *type)
{
    block *b = loop == NULL ? NULL : block_new(type);
    return b != NULL && async_create_on_begin_(block_bytes(b), b->size, type);
}

bool host_group_create(async_task_group *group, const async_type *type)
{
    block *b = block_new(type);
    return b != NULL && async_group_create_begin_(group, block_bytes(b), b->size, type);
}

/* ---- the loop --------------------------------------------------------------------------------------------------- */

async_loop *async_new_event_loop(void)
{
    memset(&async_the_loop_, 0, sizeof async_the_loop_);
    memset(MEMORY, 0, allocated);
    allocated = 0;
    first_block = NULL;
    last_block = &first_block;
    return &async_the_loop_;
}

async_loop *async_new_event_loop_with(const async_loop_config *config)
{
    (void)config;
    return async_new_event_loop();
}

async_status async_loop_close(async_loop *loop) { return async_loop_is_running(loop) ? ASYNC_MISUSE : ASYNC_OK; }

static void stop_callback(async_handle *handle) { async_loop_stop((async_loop *)handle->data); }

async_status async_loop_run_until_done(async_loop *loop, async_future *future)
{
    async_handle stop;
    async_status status;
    memset(&stop, 0, sizeof stop);
    dead = false;
    if (async_loop_is_running(loop))
        return ASYNC_MISUSE;
    async_future_on_done_(future, &stop, stop_callback, loop);
    async_loop_run_forever(loop);
    async_future_unlink_(loop, future, &stop);
    status = async_future_exception(future);
    return status != ASYNC_INVALID_STATE || async_future_done(future) ? status : dead ? ASYNC_DEADLOCK : ASYNC_STOPPED;
}

async_time async_loop_run_once(async_loop *loop)
{
    async_loop_stop(loop);
    async_loop_run_forever(loop);
    if (loop->ready.head.next != 0)
        return 0;
    return loop->timers.first == 0 ? ASYNC_FOREVER : async_timers_due_(&loop->timers, 0) - (async_time)now;
}

async_status async_loop_run_until_complete(async_loop *loop, async_task *task)
{
    async_status status;
    if (task == NULL)
        return ASYNC_NO_MEMORY;
    async_retain(task);
    status = async_loop_run_until_done(loop, &task->future);
    async_release(task);
    return status;
}

static async_task *ran;
static async_status ran_status;

bool host_run_begin(const async_type *type)
{
    return !async_loop_is_running(&async_the_loop_) && host_create(async_new_event_loop(), type);
}

static unsigned left;

static void left_callback(async_handle *handle)
{
    (void)handle;
    if (--left == 0)
        async_loop_stop(&async_the_loop_);
}

/* Cancels what is left, oldest first, and runs it to its end. */
static void cancel_all(void)
{
    block *b;
    left = 0;
    for (b = first_block; b != NULL; b = b->next)
        if (block_task(b)->count > 0 && !async_task_done(block_task(b))) {
            async_handle *ended = (async_handle *)host_allocate(sizeof *ended);
            if (ended == NULL)
                return;
            memset(ended, 0, sizeof *ended);
            left++;
            async_cancel(block_task(b));
            async_task_add_done_callback(block_task(b), ended, left_callback, NULL);
        }
    if (left > 0)
        async_loop_run_forever(&async_the_loop_);
}

async_status host_run_go(void)
{
    ran = async_create_end_();
    ran_status = async_loop_run_until_complete(&async_the_loop_, ran);
    cancel_all();
    return ran_status;
}

void *host_ran(void) { return async_root_(ran); }

async_status host_run_end(void)
{
    async_release(ran);
    return ran_status;
}

/* ---- queues ----------------------------------------------------------------------------------------------------- */

#ifdef __AVR__
enum { UNBOUNDED = 16 }; /* is this many */
#else
enum { UNBOUNDED = 1000 };
#endif

void async_queue_init(async_queue *queue, size_t item_size, size_t maxsize)
{
    size_t places = maxsize == 0 ? UNBOUNDED : maxsize;
    void *storage = keep(places * item_size);
#ifdef __AVR__
    host_few |= maxsize == 0;
#endif
    async_queue_init_with(queue, item_size, storage == NULL ? 0 : places, storage);
    queue->maxsize = maxsize;
}

void async_lifo_queue_init(async_queue *queue, size_t item_size, size_t maxsize)
{
    async_queue_init(queue, item_size, maxsize);
    queue->lifo = true;
}

void async_priority_queue_init(async_queue *queue, size_t item_size, size_t maxsize,
    int (*compare)(const void *a, const void *b))
{
    async_queue_init(queue, item_size, maxsize);
    queue->compare = compare;
}

/* ---- the C library ---------------------------------------------------------------------------------------------- */

void *malloc(size_t size) { return keep(size); }
void free(void *memory_) { (void)memory_; }
void exit(int status) { board_exit(status); }

/* To `to`, or to the serial line. */
static size_t room;
static char *to;

static void put(char c)
{
    if (to == NULL)
        board_put(c);
    else if (room > 1) {
        room--;
        *to++ = c;
    }
}

/* Without a division: that of 64 bits is the compiler's library's. */
static void put_number(unsigned long long n, bool negative)
{
    unsigned long long powers[20];
    int i = 0;
    if (negative)
        put('-');
    for (powers[0] = 1; i < 19 && n >= powers[i] && n - powers[i] >= powers[i] * 9; i++)
        powers[i + 1] = powers[i] * 10;
    for (; i >= 0; i--) {
        char digit = '0';
        for (; n >= powers[i]; n -= powers[i])
            digit++;
        put(digit);
    }
}

static void print(const char *format, va_list arguments)
{
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            put(*format);
        } else if (*++format == 's') {
            const char *text;
            for (text = va_arg(arguments, const char *); *text != '\0'; text++)
                put(*text);
        } else if (*format == 'c') {
            put((char)va_arg(arguments, int));
        } else if (*format == 'p') {
            put_number((uintptr_t)va_arg(arguments, void *), false);
        } else if (*format == '%') {
            put('%');
        } else {
            int longs = 0;
            for (; *format == 'l' || *format == 'z'; format++)
                longs += *format == 'z' ? sizeof(size_t) > sizeof(unsigned) : 1;
            if (*format == 'd') {
                long long n = longs == 0 ? va_arg(arguments, int) : longs == 1 ? va_arg(arguments, long) : va_arg(arguments, long long);
                put_number(n < 0 ? 0 - (unsigned long long)n : (unsigned long long)n, n < 0);
            } else if (*format == 'x' && longs == 0) {
                unsigned n = va_arg(arguments, unsigned), digits = 1;
                while (digits < 2 * sizeof n && n >> 4 * digits != 0)
                    digits++;
                while (digits-- > 0)
                    put("0123456789abcdef"[n >> 4 * digits & 15]);
            } else if (*format == 'u') {
                put_number(longs == 0       ? va_arg(arguments, unsigned)
                           : longs == 1 ? va_arg(arguments, unsigned long)
                                        : va_arg(arguments, unsigned long long), false);
            } else {
                board_exit(76);
            }
        }
    }
}

int printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print(format, arguments);
    va_end(arguments);
    return 0;
}

int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments)
{
    to = buffer;
    room = size;
    print(format, arguments);
    if (size > 0)
        *to = '\0';
    size = (size_t)(to - buffer);
    to = NULL;
    return (int)size;
}

int snprintf(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    int length;
    va_start(arguments, format);
    length = vsnprintf(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}

int putchar(int c)
{
    put((char)c);
    return c;
}

int puts(const char *text) { return printf("%s\n", text); }

#ifndef __AVR__ /* it has a C library */

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0')
        length++;
    return length;
}

int strncmp(const char *a, const char *b, size_t size)
{
    for (; size > 0 && *a == *b && *a != '\0'; a++, size--)
        b++;
    return size == 0 ? 0 : (unsigned char)*a - (unsigned char)*b;
}

char *strchr(const char *text, int c)
{
    for (; *text != (char)c; text++)
        if (*text == '\0')
            return NULL;
    return (char *)(uintptr_t)text;
}

char *strstr(const char *text, const char *part)
{
    for (; strncmp(text, part, strlen(part)) != 0; text++)
        if (*text == '\0')
            return NULL;
    return (char *)(uintptr_t)text;
}

int strcmp(const char *a, const char *b)
{
    for (; *a == *b && *a != '\0'; a++)
        b++;
    return (unsigned char)*a - (unsigned char)*b;
}

void *memmove(void *dest, const void *from, size_t size)
{
    unsigned char *byte = (unsigned char *)dest;
    const unsigned char *source = (const unsigned char *)from;
    if (byte <= source)
        return memcpy(dest, from, size);
    while (size-- > 0)
        byte[size] = source[size];
    return dest;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;
    for (; size > 0; size--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

void qsort(void *items, size_t count, size_t size, int (*compare)(const void *a, const void *b))
{
    unsigned char *item, *end = (unsigned char *)items + count * size;
    size_t i;
    for (item = (unsigned char *)items + size; count > 1 && item < end; item += size) {
        unsigned char *at = item;
        for (; at > (unsigned char *)items && compare(at, at - size) < 0; at -= size)
            for (i = 0; i < size; i++) {
                unsigned char byte = at[i];
                at[i] = (at - size)[i];
                (at - size)[i] = byte;
            }
    }
}

#endif

/* ---- the main function ------------------------------------------------------------------------------------------ */

extern test_case_ *test_current_;
test_case_ *test_current_;

int main(void)
{
    const host_trace *trace;
    int failed = 0;
    board_init();
    for (trace = host_traces; trace->name != NULL; trace++) {
        printf("== %s\n", trace->name);
        async_new_event_loop();
        kept = 0;
        if (trace->main() != 0) {
            printf("ended with a failure\n");
            failed++;
        }
    }
    for (test_current_ = host_tests; test_current_->name != NULL; test_current_++) {
        async_new_event_loop();
        kept = 0;
        test_current_->body();
        failed += test_current_->failed;
        if (test_current_->failed)
            continue;
        host_full = host_few = 0; /* as the test wanted it */
        printf("ok %s.%s\n", test_current_->suite, test_current_->name);
    }
    board_exit(host_full || (failed && host_few) ? 77 : failed > 70 ? 70 : failed);
}
