/* task.h: of the stand-in. */
#ifndef TASK_H
#define TASK_H

#include "FreeRTOS.h"

typedef struct standin_task *TaskHandle_t;
typedef void (*TaskFunction_t)(void *);

BaseType_t xTaskCreate(TaskFunction_t function, const char *name, unsigned stack, void *data, UBaseType_t priority,
    TaskHandle_t *handle);
void vTaskDelete(TaskHandle_t task); /* NULL: the one that calls */
void vTaskStartScheduler(void);
void vTaskEndScheduler(void);
void vTaskDelay(TickType_t ticks);
TaskHandle_t xTaskGetCurrentTaskHandle(void);
TickType_t xTaskGetTickCount(void);
TickType_t xTaskGetTickCountFromISR(void);

uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks);
BaseType_t xTaskNotifyGive(TaskHandle_t task);
void vTaskNotifyGiveFromISR(TaskHandle_t task, BaseType_t *woken);

void taskENTER_CRITICAL(void);
void taskEXIT_CRITICAL(void);
UBaseType_t taskENTER_CRITICAL_FROM_ISR(void);
void taskEXIT_CRITICAL_FROM_ISR(UBaseType_t state);

#endif
