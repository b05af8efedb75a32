/* asyncio.c: the library, and what it needs of ESP-IDF. The loop is a FreeRTOS task that sleeps until it is notified;
 * whoever raises something in an interrupt or in another task does so, since the library raises it under this lock. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"

#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

static portMUX_TYPE asyncio_lock = portMUX_INITIALIZER_UNLOCKED;
static TaskHandle_t asyncio_task; /* that runs the loop */

async_time async_port_now(void) { return (async_time)(uint32_t)(esp_timer_get_time() / 1000); }

async_port_state async_port_lock(void)
{
    portENTER_CRITICAL_SAFE(&asyncio_lock);
    return 0;
}

void async_port_unlock(async_port_state before)
{
    TaskHandle_t task = asyncio_task;
    (void)before;
    portEXIT_CRITICAL_SAFE(&asyncio_lock);
    if (task == NULL)
        return;
    if (xPortInIsrContext()) {
        BaseType_t woken = pdFALSE;
        vTaskNotifyGiveFromISR(task, &woken);
        if (woken)
            portYIELD_FROM_ISR();
    } else if (xTaskGetCurrentTaskHandle() != task) {
        xTaskNotifyGive(task);
    }
}

/* A notification between the two is counted, and ends the wait at once. */
void async_port_wait(async_time until)
{
    TickType_t ticks = portMAX_DELAY;
    asyncio_task = xTaskGetCurrentTaskHandle();
    if (until != ASYNC_FOREVER) {
        int32_t left = (int32_t)((uint32_t)until - (uint32_t)async_port_now());
        if (left <= 0)
            return;
        ticks = ((uint32_t)left + portTICK_PERIOD_MS - 1) / portTICK_PERIOD_MS;
    }
    portEXIT_CRITICAL_SAFE(&asyncio_lock);
    (void)ulTaskNotifyTake(pdTRUE, ticks);
    portENTER_CRITICAL_SAFE(&asyncio_lock);
}
