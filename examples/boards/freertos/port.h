/* port.h: the loop as a task of FreeRTOS, beside its other tasks. */
#ifndef FREERTOS_PORT_H
#define FREERTOS_PORT_H

#include "FreeRTOS.h"
#include "task.h"

/* async_port_task: the task that runs the loop: set before an interrupt or another task uses asyncio.h:
 *     xTaskCreate(loop, "loop", 256, NULL, priority, &async_port_task); */
extern TaskHandle_t async_port_task;

#endif
