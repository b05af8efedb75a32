/* record.h: what a report build leaves in its image for tools/framestack: who awaits whom, and how large the frames are.
 *
 * The records are text in a section that is not loaded. They name the file and line they stem from; a call belongs to the
 * function that begins before it in its file. ASYNCIO_STACK_REPORT 0: nothing of all this. */
#ifndef ASYNCIO_RECORD_H
#define ASYNCIO_RECORD_H

#include "frame.h"

#if ASYNCIO_STACK_REPORT
#define ASYNC_RECORD_LINE_ ASYNC_RECORD_TEXT_(__LINE__)
#define ASYNC_RECORD_TEXT_(line) ASYNC_RECORD_TEXT2_(line)
#define ASYNC_RECORD_TEXT2_(line) #line
/* the numbers stand in place of %c0 and %c1 */
#define ASYNC_RECORD_(text, first, second)                                                                  \
    __asm__ __volatile__(".pushsection .asyncio.frames,\"\",%%progbits\n\t.asciz \"" text ";" __FILE__ ";"  \
        ASYNC_RECORD_LINE_ "\"\n\t.popsection" : : "i"(first), "i"(second))
#define ASYNC_RECORD_NAME_(text) /* outside functions, without numbers */                                   \
    __asm__(".pushsection .asyncio.frames,\"\",%progbits\n\t.asciz \"" text "\"\n\t.popsection");
#define ASYNC_RECORD_SIZE_(type) ASYNC_ROUND_(sizeof(type))

/* a function; a leaf; what the library's own frames take; what is awaited when an object of this size is entered */
#define ASYNC_RECORD_FUNCTION_(name) ASYNC_RECORD_("function;" #name ";%c0", ASYNC_RECORD_SIZE_(struct name), 0);
#define ASYNC_RECORD_LEAF_(name) ASYNC_RECORD_NAME_("leaf;" #name)
#define ASYNC_RECORD_LIBRARY_(what, type) ASYNC_RECORD_("library;" what ";%c0", ASYNC_RECORD_SIZE_(type), 0);
#define ASYNC_RECORD_ENTER_(name, object) \
    ASYNC_RECORD_("enter;" #name ";%c0;%c1", ASYNC_RECORD_SIZE_(struct name), sizeof(object));
/* a call under a wrapper of the library's, or none; an object that is entered; a generator that goes on */
#define ASYNC_RECORD_AWAIT_(wrapper, name)                                                                  \
    ASYNC_RECORD_("await;%c1;" #name ";%c0;" wrapper, ASYNC_RECORD_SIZE_(struct name), ASYNC_RECORD_SIZE_(*self));
#define ASYNC_RECORD_SCOPE_(what, object)                                                                   \
    ASYNC_RECORD_("scope;%c1;" what ";%c0", sizeof(object), ASYNC_RECORD_SIZE_(*self));
#define ASYNC_RECORD_NEXT_(generator) ASYNC_RECORD_("next;%c1;" #generator, 0, ASYNC_RECORD_SIZE_(*self));
/* a task, created by an expression; its storage, of so many bytes for frames, or "heap" */
#define ASYNC_RECORD_TASK_(name, bytes, storage)                                                            \
    (void)ASYNC_EXTENSION_({ ASYNC_RECORD_("task;" #name ";%c0;" storage, bytes, 0); 0; }),
#else
#define ASYNC_RECORD_FUNCTION_(name)
#define ASYNC_RECORD_LEAF_(name)
#define ASYNC_RECORD_LIBRARY_(what, type)
#define ASYNC_RECORD_ENTER_(name, object)
#define ASYNC_RECORD_AWAIT_(wrapper, name)
#define ASYNC_RECORD_SCOPE_(what, object)
#define ASYNC_RECORD_NEXT_(generator)
#define ASYNC_RECORD_TASK_(name, bytes, storage)
#endif

#endif
