/* standin.c: runs an example against stand-ins of an RTOS: time jumps to the end of each sleep, and after two seconds all is
 * over, with status 42. INTERRUPT: while everything sleeps, once, interrupt() runs as an interrupt handler (1), or in another
 * thread (2). */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef ZEPHYR
#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>
#else
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#endif

static int64_t now;
static int in_interrupt, in_thread, locked;
static unsigned gifts;

#ifdef INTERRUPT
void interrupt(void);
static int interrupted;
#endif

/* Sleeps so many milliseconds, or for ever (-1), or until something is given. */
static void sleeps(int64_t ms)
{
#ifdef INTERRUPT
    if (!interrupted) {
        interrupted = 1;
        in_interrupt = INTERRUPT == 1;
        in_thread = INTERRUPT == 2;
        interrupt();
        in_interrupt = in_thread = 0;
    }
#endif
    if (gifts != 0)
        return;
    if (ms < 0)
        exit(3);
    now += ms;
    if (now > 2000)
        exit(42);
}

#ifdef ZEPHYR

void k_sem_give(struct k_sem *sem)
{
    if (sem->count < sem->limit)
        sem->count++;
    gifts = sem->count;
}

int k_sem_take(struct k_sem *sem, k_timeout_t timeout)
{
    if (locked != 1)
        exit(4);
    sleeps(timeout.ms);
    gifts = sem->count = 0;
    return 0;
}

uint32_t k_uptime_get_32(void) { return (uint32_t)now; }
bool k_is_in_isr(void) { return in_interrupt != 0; }
k_tid_t k_current_get(void) { return (k_tid_t)(in_thread ? (void *)&locked : (void *)&now); }

unsigned int irq_lock(void)
{
    unsigned int before = (unsigned int)locked;
    locked = 1;
    return before;
}

void irq_unlock(unsigned int key) { locked = (int)key; }

void printk(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
}

#else

void critical(portMUX_TYPE *lock, int change)
{
    lock->depth += change;
    locked = lock->depth;
    if (lock->depth < 0)
        exit(4);
}

BaseType_t xPortInIsrContext(void) { return in_interrupt; }
TaskHandle_t xTaskGetCurrentTaskHandle(void) { return (TaskHandle_t)(in_thread ? (void *)&locked : (void *)&now); }
void xTaskNotifyGive(TaskHandle_t task) { gifts += task != NULL; }

void vTaskNotifyGiveFromISR(TaskHandle_t task, BaseType_t *woken)
{
    gifts += task != NULL;
    *woken = pdTRUE;
}

uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks)
{
    uint32_t had;
    if (locked != 0 || !clear)
        exit(4);
    sleeps(ticks == portMAX_DELAY ? -1 : (int64_t)ticks * portTICK_PERIOD_MS);
    had = gifts;
    gifts = 0;
    return had;
}

int64_t esp_timer_get_time(void) { return now * 1000; }

void app_main(void);
int main(void)
{
    app_main();
    return 0;
}

#endif
