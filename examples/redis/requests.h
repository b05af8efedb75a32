/* For example 37: the requests of Redis's protocol. The parser is given all that has come, from the first byte of a
 * request on, and says how much of it the request is, or how much is needed before it can be complete. */
#ifndef REQUESTS_H
#define REQUESTS_H

#include "asyncio.h"
#include <ctype.h>
#include <string.h>

enum {
    WORDS = 1024,   /* of a request, at most */
    LINE = 65536,   /* bytes of a request in plain words */
    BULK = 16 << 20, /* bytes of a word, which may be a value */
    WHOLE = 32 << 20 /* bytes of a request */
};

static async_bytes words[WORDS]; /* of the request that is parsed or obeyed: nothing is awaited in between */
static size_t count;
static size_t needed;     /* bytes, when it is not complete */
static const char *wrong; /* with it; NULL: nothing */

static bool to_integer(async_bytes text, int64_t *integer)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    uint64_t most = (uint64_t)INT64_MAX + negative, n = 0;
    size_t i = negative;
    if (i == text.size || (text.data[i] == '0' && text.size > 1))
        return false;
    for (; i < text.size; i++) {
        unsigned digit = (unsigned)(text.data[i] - '0');
        if (digit > 9 || n > (most - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *integer = negative ? -(int64_t)(n - 1) - 1 : (int64_t)n;
    return true;
}

/* The number after a '*' or '$'. */
static bool parse_number(async_bytes input, size_t *at, int64_t *number, const char *error)
{
    async_bytes text = { input.data + *at, input.size - *at };
    const char *end = memchr(text.data, '\r', text.size);
    if (end != NULL)
        text.size = (size_t)(end - text.data);
    needed = *at + text.size + 2;
    if (needed <= input.size ? !to_integer(text, number) : text.size > 32)
        wrong = error;
    *at = needed;
    return wrong == NULL && needed <= input.size;
}

/* *2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n */
static size_t parse_array(async_bytes input)
{
    static char expected[] = "expected '$', got ' '";
    int64_t total = 0, size = 0;
    size_t at = 1;
    if (!parse_number(input, &at, &total, "invalid multibulk length"))
        return 0;
    if (total > WORDS)
        wrong = "invalid multibulk length";
    for (; wrong == NULL && (int64_t)count < total; count++) {
        needed = at + 6 * ((size_t)total - count); /* a word has no fewer bytes */
        if (at == input.size)
            return 0;
        if (input.data[at++] != '$') {
            expected[sizeof expected - 3] = input.data[at - 1];
            wrong = expected;
        } else if (!parse_number(input, &at, &size, "invalid bulk length")) {
            return 0;
        } else if (size < 0 || size > BULK || at + (size_t)size > WHOLE) {
            wrong = "invalid bulk length";
        } else {
            words[count].data = input.data + at;
            words[count].size = (size_t)size;
            needed = at += (size_t)size + 2;
            if (at > input.size)
                return 0;
        }
    }
    return at;
}

/* Typed by a human: ECHO hello */
static size_t parse_line(async_bytes input)
{
    const char *from = input.data, *end = memchr(from, '\n', input.size);
    needed = input.size + 1;
    if ((end != NULL ? (size_t)(end - from) : input.size) > LINE)
        wrong = "too big inline request";
    while (end != NULL && from < end && wrong == NULL) {
        words[count].data = from;
        while (from < end && !isspace((unsigned char)*from))
            from++;
        words[count].size = (size_t)(from++ - words[count].data);
        if (words[count].size > 0 && ++count == WORDS)
            wrong = "too big inline request";
    }
    return end != NULL ? (size_t)(end + 1 - input.data) : 0;
}

/* The size of the first request; 0 when it is not complete. */
static size_t parse(async_bytes input)
{
    count = 0;
    needed = 1;
    wrong = NULL;
    return input.size == 0 ? 0 : input.data[0] == '*' ? parse_array(input) : parse_line(input);
}

#endif
