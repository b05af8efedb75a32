/* freertos.c: the stand-in: a task is a thread, a critical section a mutex that nests, an interrupt a thread that calls
 * timer_interrupt() now and then. */
#define _POSIX_C_SOURCE 200809L
#include "task.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct standin_task {
    pthread_t thread;
    pthread_cond_t notified;
    uint32_t notifications;
    TaskFunction_t function;
    void *data;
};

enum { MOST = 8 };

void timer_interrupt(void);

static struct standin_task tasks[MOST];
static unsigned task_count;
static pthread_mutex_t critical = PTHREAD_MUTEX_INITIALIZER, scheduler = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static int started, stopped;
static __thread struct standin_task *current;
static __thread unsigned nesting;
static __thread int inside_interrupt;

static void check(int condition, const char *text)
{
    if (condition)
        return;
    fprintf(stderr, "freertos.c: %s\n", text);
    abort();
}

static struct timespec after_ms(long ms)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

BaseType_t xPortIsInsideInterrupt(void) { return inside_interrupt; }

TaskHandle_t xTaskGetCurrentTaskHandle(void) { return current; }

static TickType_t count(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (TickType_t)((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000);
}

static TickType_t ticks(void)
{
    static TickType_t first;
    static int known;
    TickType_t now = count();
    pthread_mutex_lock(&scheduler);
    if (!known)
        first = now;
    known = 1;
    now -= first;
    pthread_mutex_unlock(&scheduler);
    return now - 50; /* it wraps around 50 ms after the first look */
}

TickType_t xTaskGetTickCount(void)
{
    check(!inside_interrupt, "xTaskGetTickCount in an interrupt");
    return ticks();
}

TickType_t xTaskGetTickCountFromISR(void)
{
    check(inside_interrupt, "xTaskGetTickCountFromISR outside of interrupts");
    return ticks();
}

void taskENTER_CRITICAL(void)
{
    check(!inside_interrupt, "taskENTER_CRITICAL in an interrupt");
    if (nesting++ == 0)
        pthread_mutex_lock(&critical);
}

void taskEXIT_CRITICAL(void)
{
    check(nesting > 0, "taskEXIT_CRITICAL without taskENTER_CRITICAL");
    if (--nesting == 0)
        pthread_mutex_unlock(&critical);
}

UBaseType_t taskENTER_CRITICAL_FROM_ISR(void)
{
    check(inside_interrupt, "taskENTER_CRITICAL_FROM_ISR outside of interrupts");
    if (nesting++ == 0)
        pthread_mutex_lock(&critical);
    return nesting;
}

void taskEXIT_CRITICAL_FROM_ISR(UBaseType_t state)
{
    check(state == nesting, "taskEXIT_CRITICAL_FROM_ISR with the state of another one");
    if (--nesting == 0)
        pthread_mutex_unlock(&critical);
}

static void give(TaskHandle_t task)
{
    pthread_mutex_lock(&scheduler);
    task->notifications++;
    pthread_cond_signal(&task->notified);
    pthread_mutex_unlock(&scheduler);
}

BaseType_t xTaskNotifyGive(TaskHandle_t task)
{
    check(!inside_interrupt, "xTaskNotifyGive in an interrupt");
    give(task);
    return pdTRUE;
}

void vTaskNotifyGiveFromISR(TaskHandle_t task, BaseType_t *woken)
{
    check(inside_interrupt, "vTaskNotifyGiveFromISR outside of interrupts");
    give(task);
    *woken = pdTRUE;
}

uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t wait)
{
    struct timespec until = after_ms(wait > 1000000 ? 1000000 : (long)wait);
    uint32_t value;
    check(nesting == 0 && !inside_interrupt, "ulTaskNotifyTake in a critical section");
    pthread_mutex_lock(&scheduler);
    while (current->notifications == 0)
        if (pthread_cond_timedwait(&current->notified, &scheduler, &until) != 0)
            break;
    value = current->notifications;
    if (value != 0)
        current->notifications = clear ? 0 : value - 1;
    pthread_mutex_unlock(&scheduler);
    return value;
}

void vTaskDelay(TickType_t wait)
{
    struct timespec t = { 0, 1000000 };
    check(nesting == 0 && !inside_interrupt, "vTaskDelay in a critical section");
    for (; wait > 0; wait--)
        nanosleep(&t, NULL);
}

static void *run(void *data)
{
    current = (struct standin_task *)data;
    current->function(current->data);
    check(0, "a task has returned");
    return NULL;
}

static void *interrupts(void *unused)
{
    struct timespec t = { 0, 50000 };
    (void)unused;
    for (;;) {
        int over;
        pthread_mutex_lock(&scheduler);
        over = stopped;
        pthread_mutex_unlock(&scheduler);
        if (over)
            return NULL;
        inside_interrupt = 1;
        timer_interrupt();
        timer_interrupt();
        inside_interrupt = 0;
        nanosleep(&t, NULL);
    }
}

BaseType_t xTaskCreate(TaskFunction_t function, const char *name, unsigned stack, void *data, UBaseType_t priority,
    TaskHandle_t *handle)
{
    struct standin_task *task = &tasks[task_count++];
    (void)name;
    (void)stack;
    (void)priority;
    check(task_count <= MOST && !started, "too many tasks, or too late");
    pthread_cond_init(&task->notified, NULL);
    task->function = function;
    task->data = data;
    if (handle != NULL)
        *handle = task;
    return pdTRUE;
}

void vTaskDelete(TaskHandle_t task)
{
    check(task == NULL && nesting == 0, "vTaskDelete of another task, or in a critical section");
    pthread_exit(NULL);
}

void vTaskStartScheduler(void)
{
    pthread_t interrupt;
    unsigned i;
    started = 1;
    for (i = 0; i < task_count; i++)
        check(pthread_create(&tasks[i].thread, NULL, run, &tasks[i]) == 0, "no thread");
    check(pthread_create(&interrupt, NULL, interrupts, NULL) == 0, "no thread");
    pthread_mutex_lock(&scheduler);
    while (!stopped)
        pthread_cond_wait(&ended, &scheduler);
    pthread_mutex_unlock(&scheduler);
    for (i = 0; i < task_count; i++)
        pthread_join(tasks[i].thread, NULL);
    pthread_join(interrupt, NULL);
}

void vTaskEndScheduler(void)
{
    pthread_mutex_lock(&scheduler);
    stopped = 1;
    pthread_cond_signal(&ended);
    pthread_mutex_unlock(&scheduler);
}
