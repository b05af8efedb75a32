/* report.h: where a task is: its await backtrace; on boards with ASYNCIO_NAMES. */
#ifndef ASYNCIO_REPORT_H
#define ASYNCIO_REPORT_H

#include "cancel.h"

ASYNC_EXTERN_C_BEGIN_

/* async_task_waiting: it is suspended, and what it waits for has not happened yet; false: it runs, is to run in the next
 * pass, or is done. Loop thread. */
bool async_task_waiting(const async_task *task);

#if ASYNCIO_NAMES
/* async_task_get_stack: writes what a task waits in, or failed in, innermost first, into an array, and gives how many
 * frames there are; of the running task it is the outermost one. The line is that of the await in a debug build, and
 * otherwise that of the function; on boards there is no file and no line. Mirrors Task.get_stack(). */
typedef struct async_stack_entry {
    const char *name, *file;
    int line;
} async_stack_entry;
size_t async_task_get_stack(async_task *task, async_stack_entry *entries, size_t capacity);
#endif

#if !ASYNCIO_BARE
/* async_task_print_stack: the same, to stderr. Mirrors Task.print_stack(). */
void async_task_print_stack(async_task *task);
#endif

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_REPORT_IMPLEMENTATION_
#define ASYNCIO_REPORT_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

bool async_task_waiting(const async_task *task)
{
    const async_frame *top;
    if (task == NULL || async_future_done(&task->future) || !async_task_waits_(task))
        return false;
    top = (const async_frame *)task->future.value;
    return top->state == ASYNC_LEAF_WAITING && !(top->flags & ASYNC_INNERMOST_);
}

#if ASYNCIO_NAMES

size_t async_task_get_stack(async_task *task, async_stack_entry *entries, size_t capacity)
{
    async_frame *frame;
    size_t count = 0;
    if (task == NULL)
        return 0;
    if (async_future_done(&task->future)) {
#if !ASYNCIO_BARE
        const struct async_kept_trace_ *kept = (const struct async_kept_trace_ *)(void *)task->link.next;
        for (; kept != NULL && count < kept->count; count++)
            if (count < capacity) {
                entries[count].name = kept->entries[count].type->name;
                entries[count].file = kept->entries[count].type->file;
                entries[count].line = kept->entries[count].line;
            }
#endif
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
#if !ASYNCIO_BARE
            entries[count].file = type->file;
            entries[count].line = type->line;
#else
            entries[count].file = NULL;
            entries[count].line = 0;
#endif
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

#endif

#if !ASYNCIO_BARE

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

#endif

ASYNC_EXTERN_C_END_

#endif
#endif
