/* port.c: the port of asyncio.h for FreeRTOS: built with -DASYNCIO_BARE=1 -DASYNCIO_PORT_CUSTOM=1 and
 * -DASYNCIO_TICK_HZ=... as configTICK_RATE_HZ is; it needs a TickType_t of 32 bits.
 *
 * What isr.h marks "any context" may then be called from interrupts of a priority that FreeRTOS allows its own functions, and
 * from all other tasks: each such call ends in async_port_unlock(), which wakes the loop. The rest is for the loop's task. */
#include "asyncio.h"
#include "port.h"

typedef char async_port_rate_is_configTICK_RATE_HZ[ASYNCIO_TICK_HZ == (configTICK_RATE_HZ) ? 1 : -1];
typedef char async_port_ticks_have_32_bits[sizeof(TickType_t) == 4 ? 1 : -1];

TaskHandle_t async_port_task;

async_time async_port_now(void)
{
    return (async_time)(xPortIsInsideInterrupt() ? xTaskGetTickCountFromISR() : xTaskGetTickCount());
}

/* The critical sections of FreeRTOS nest; the state is what one in an interrupt has to give back. */
async_port_state async_port_lock(void)
{
    if (xPortIsInsideInterrupt())
        return (async_port_state)taskENTER_CRITICAL_FROM_ISR();
    taskENTER_CRITICAL();
    return 0;
}

/* Whoever is not the loop may have left something for it. A notification too many is a look at nothing. */
void async_port_unlock(async_port_state before)
{
    if (xPortIsInsideInterrupt()) {
        BaseType_t woken = pdFALSE;
        taskEXIT_CRITICAL_FROM_ISR((UBaseType_t)before);
        if (async_port_task != NULL)
            vTaskNotifyGiveFromISR(async_port_task, &woken);
        portYIELD_FROM_ISR(woken);
        return;
    }
    taskEXIT_CRITICAL();
    if (async_port_task != NULL && xTaskGetCurrentTaskHandle() != async_port_task)
        xTaskNotifyGive(async_port_task);
}

/* The loop is in its critical section, and has found nothing to do. What comes once that is left is a notification, which is
 * kept: the task does not wait then. */
void async_port_wait(async_time until)
{
    async_time left = (async_time)((uint32_t)until - (uint32_t)xTaskGetTickCount());
    if (left <= 0)
        return;
    taskEXIT_CRITICAL();
    (void)ulTaskNotifyTake(pdTRUE, (TickType_t)left);
    taskENTER_CRITICAL();
}
