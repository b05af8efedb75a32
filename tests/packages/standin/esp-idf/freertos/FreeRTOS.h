/* FreeRTOS.h: a stand-in for ESP-IDF's: what the package uses, with its meaning for one task and a clock that jumps. */
#ifndef FREERTOS_STAND_IN_H
#define FREERTOS_STAND_IN_H

#include <stddef.h>
#include <stdint.h>

typedef int BaseType_t;
typedef uint32_t TickType_t;
typedef struct {
    int depth;
} portMUX_TYPE;

#define pdFALSE 0
#define pdTRUE 1
#define portMAX_DELAY ((TickType_t)0xFFFFFFFFu)
#define portTICK_PERIOD_MS ((TickType_t)10)
#define portMUX_INITIALIZER_UNLOCKED { 0 }
#define portENTER_CRITICAL_SAFE(lock) critical(lock, 1)
#define portEXIT_CRITICAL_SAFE(lock) critical(lock, -1)
#define portYIELD_FROM_ISR() ((void)0)

void critical(portMUX_TYPE *lock, int change);
BaseType_t xPortInIsrContext(void);

#endif
