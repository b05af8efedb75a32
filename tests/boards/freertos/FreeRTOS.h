/* FreeRTOS.h: a stand-in on threads of a host for those functions of FreeRTOS that its port of asyncio.h calls, with the
 * names and the meaning that FreeRTOS' documentation gives them. It is no FreeRTOS: tasks are threads, and several of them run
 * at once, which asks more of the port's locking than one processor does. */
#ifndef FREERTOS_H
#define FREERTOS_H

#include <stddef.h>
#include <stdint.h>

typedef long BaseType_t;
typedef unsigned long UBaseType_t;
typedef uint32_t TickType_t;

#define pdFALSE 0
#define pdTRUE 1
#define configTICK_RATE_HZ ((TickType_t)1000)

BaseType_t xPortIsInsideInterrupt(void);
#define portYIELD_FROM_ISR(woken) ((void)(woken))

#endif
