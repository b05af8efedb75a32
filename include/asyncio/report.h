/* report.h: where a task is: its await backtrace. Hosts only. */
#ifndef ASYNCIO_REPORT_H
#define ASYNCIO_REPORT_H

#include "cancel.h"

#if ASYNCIO_NAMES && !ASYNCIO_BARE

ASYNC_EXTERN_C_BEGIN_

/* async_task_get_stack: writes what a task waits in, or failed in, innermost first, into an array, and gives how many
 * frames there are. The line is that of the await in a debug build, and otherwise that of the function. Mirrors Task.get_stack(). */
typedef struct async_stack_entry {
    const char *name, *file;
    int line;
} async_stack_entry;
size_t async_task_get_stack(async_task *task, async_stack_entry *entries, size_t capacity);

/* async_task_print_stack: the same, to stderr. Mirrors Task.print_stack(). */
void async_task_print_stack(async_task *task);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NAMES && !ASYNCIO_BARE
#ifndef ASYNCIO_REPORT_IMPLEMENTATION_
#define ASYNCIO_REPORT_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

size_t async_task_get_stack(async_task *task, async_stack_entry *entries, size_t capacity)
{
    async_frame *frame;
    size_t count = 0;
    if (task == NULL)
        return 0;
    if (async_future_done(&task->future)) {
        const struct async_kept_trace_ *kept = (const struct async_kept_trace_ *)(void *)task->link.next;
        for (; kept != NULL && count < kept->count; count++)
            if (count < capacity) {
                entries[count].name = kept->entries[count].type->name;
                entries[count].file = kept->entries[count].type->file;
                entries[count].line = kept->entries[count].line;
            }
        return count;
    }
    frame = (async_frame *)task->future.value;
    if (async_current_task() == task) /* what runs is not linked: the outermost frame is what is known */
        frame = async_root_(task);
    for (; frame != NULL; frame = async_parent_(frame)) {
        async_frame *shown = frame;
        const async_type *type = frame->type;
        if (type == &async_link_type_) {
            struct async_link_frame *link = (struct async_link_frame *)(void *)frame;
            shown = link->child;
            type = link->type;
        } else if (frame->flags & ASYNC_WRAPPER_) {
            continue;
        }
        if (count < capacity) {
            entries[count].name = type->name;
            entries[count].file = type->file;
            entries[count].line = type->line;
#if ASYNCIO_DEBUG
            if (shown->line != 0)
                entries[count].line = shown->line;
#endif
        }
        (void)shown;
        count++;
    }
    return count;
}

void async_task_print_stack(async_task *task)
{
    async_stack_entry entries[32];
    size_t i, count;
    if (task == NULL)
        return;
    count = async_task_get_stack(task, entries, 32);
    fprintf(stderr, "    task %s:\n", async_task_get_name(task));
    for (i = 0; i < count && i < 32; i++)
        fprintf(stderr, "        %s %s (%s:%d)\n",
            i != 0 ? "called by" : async_task_done(task) ? "failed in" : "waits in", entries[i].name, entries[i].file,
            entries[i].line);
    if (count > 32)
        fprintf(stderr, "        and %lu more\n", (unsigned long)(count - 32));
}

ASYNC_EXTERN_C_END_

#endif
#endif
