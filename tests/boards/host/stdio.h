/* stdio.h: to the board's serial line: %s, %c, %p, whole numbers without a width, and nothing else. */
#ifndef HOST_STDIO_H
#define HOST_STDIO_H

#include <stdarg.h>
#include <stddef.h>

__attribute__((format(printf, 1, 2))) int printf(const char *format, ...);
__attribute__((format(printf, 3, 4))) int snprintf(char *to, size_t size, const char *format, ...);
int vsnprintf(char *to, size_t size, const char *format, va_list arguments);
int puts(const char *text);
int putchar(int c);

typedef struct FILE FILE;
#define stdout ((FILE *)0)
static inline int fflush(FILE *file) { return file != stdout; }

#endif
