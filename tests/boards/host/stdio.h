/* stdio.h: to the board's serial line: %s, %d, %c, %% and nothing else. */
#ifndef HOST_STDIO_H
#define HOST_STDIO_H

#include <stdarg.h>
#include <stddef.h>

__attribute__((format(printf, 1, 2))) int printf(const char *format, ...);
__attribute__((format(printf, 3, 4))) int snprintf(char *to, size_t size, const char *format, ...);
int puts(const char *text);
int putchar(int c);

#endif
