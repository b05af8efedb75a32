/* string.h: what the traces use of it. */
#ifndef HOST_STRING_H
#define HOST_STRING_H

#include <stddef.h>

size_t strlen(const char *text);
int strncmp(const char *a, const char *b, size_t size);
char *strchr(const char *text, int c);
char *strstr(const char *text, const char *part);
int strcmp(const char *a, const char *b);
int memcmp(const void *a, const void *b, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

#endif
