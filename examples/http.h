/* The file server's HTTP/1.1: requests, ranges, dates and types. Nothing here is about asyncio. */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { LINE = 4096, HEADERS = 16384, BODY = 65536, DATE = 32 }; /* bytes: of a line, of all of them, of a body, of a date */

struct request {
    int status; /* 0: it is not complete yet; 200: a good one; otherwise what is wrong with it */
    bool begun, http11, head, keep_alive, host, sized;
    size_t size;
    unsigned long long body;
    char target[LINE + 1], range[64], if_range[DATE], if_modified_since[DATE];
};

static int parse_first(struct request *request, char *line)
{
    static const char *const others[] = { "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT" };
    char *target = strchr(line, ' '), *version = target != NULL ? strchr(target + 1, ' ') : NULL;
    size_t i;
    request->begun = true;
    if (version == NULL || target == line)
        return 400;
    *target++ = '\0';
    *version++ = '\0';
    if (strncmp(version, "HTTP/", 5) != 0 || strchr(version, ' ') != NULL)
        return 400;
    request->http11 = request->keep_alive = strcmp(version, "HTTP/1.1") == 0;
    if (!request->http11 && strcmp(version, "HTTP/1.0") != 0)
        return 505;
    for (i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(line, others[i]) == 0)
            return 405;
    request->head = strcmp(line, "HEAD") == 0;
    if (!request->head && strcmp(line, "GET") != 0)
        return 501;
    if (strncasecmp(target, "http://", 7) == 0) /* as to a proxy */
        target += 7 + strcspn(target + 7, "/");
    strcpy(request->target, target);
    return *target == '/' ? 0 : 400;
}

/* Whether a list like "close, TE" has that word. */
static bool lists(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (;; list++) {
        list += strspn(list, " \t");
        if (strncasecmp(list, word, n) == 0 && strchr(",", list[n + strspn(list + n, " \t")]) != NULL)
            return true;
        list += strcspn(list, ",");
        if (*list == '\0')
            return false;
    }
}

/* A value that is too long is passed over. */
static void keep(char *to, size_t size, const char *value)
{
    size_t length = strlen(value);
    if (length < size)
        memcpy(to, value, length + 1);
}

static int parse_header(struct request *request, char *line)
{
    char *value = line + strcspn(line, ": \t");
    if (*value != ':' || value == line) /* no name, a space in it, or a line that continues the last one */
        return 400;
    *value++ = '\0';
    value += strspn(value, " \t");
    if (strcasecmp(line, "Host") == 0) {
        if (request->host)
            return 400;
        request->host = true;
    } else if (strcasecmp(line, "Connection") == 0) {
        request->keep_alive = !lists(value, "close") && (request->keep_alive || lists(value, "keep-alive"));
    } else if (strcasecmp(line, "Transfer-Encoding") == 0) {
        return 501;
    } else if (strcasecmp(line, "Content-Length") == 0) {
        if (request->sized || *value == '\0' || value[strspn(value, "0123456789")] != '\0')
            return 400;
        request->sized = true;
        request->body = strtoull(value, NULL, 10);
        return request->body > BODY ? 413 : 0;
    } else if (strcasecmp(line, "Range") == 0) {
        keep(request->range, sizeof request->range, value);
    } else if (strcasecmp(line, "If-Range") == 0) {
        keep(request->if_range, sizeof request->if_range, value);
    } else if (strcasecmp(line, "If-Modified-Since") == 0) {
        keep(request->if_modified_since, sizeof request->if_modified_since, value);
    }
    return 0;
}

/* One more line of a request, of at most LINE bytes without its end. An empty one completes it. The request's status. */
static int parse_line(struct request *request, const char *line, size_t size)
{
    char text[LINE + 1];
    size_t i;
    request->size += size;
    if (request->size > HEADERS)
        return 431;
    size -= size > 0 && line[size - 1] == '\n';
    size -= size > 0 && line[size - 1] == '\r';
    while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\t'))
        size--;
    for (i = 0; i < size; i++)
        if (iscntrl((unsigned char)line[i]) && line[i] != '\t')
            return 400;
    memcpy(text, line, size);
    text[size] = '\0';
    if (!request->begun)
        return size > 0 ? parse_first(request, text) : 0;
    if (size > 0)
        return parse_header(request, text);
    return request->host || !request->http11 ? 200 : 400;
}

/* The path that a target names, relative to the root; it has at most LINE bytes. 200, or what is wrong with it: a name
 * that begins with a dot, however that is written, is refused. */
static int decode(const char *target, char path[LINE + 1])
{
    char *to = path;
    for (; strchr("?#", *target) == NULL; target++) { /* up to one of these, or the end */
        unsigned code = (unsigned char)*target;
        if (code == '%') {
            if (!isxdigit((unsigned char)target[1]) || !isxdigit((unsigned char)target[2]))
                return 400;
            sscanf(target + 1, "%2x", &code);
            target += 2;
        }
        if (code == '\0')
            return 400;
        if (code == '.' && (to == path || to[-1] == '/'))
            return 403;
        if (code != '/' || to > path) /* not the first ones */
            *to++ = (char)code;
    }
    *to = '\0';
    return 200;
}

/* The part of `size` bytes that a Range header asks for: 206; 416 if there is none. 200: all of it, also for several parts
 * or for nonsense, which is ignored. */
static int select_part(const char *range, unsigned long long size, unsigned long long *offset, unsigned long long *length)
{
    unsigned long long first, last = ULLONG_MAX;
    char *end;
    if (strncmp(range, "bytes=", 6) != 0)
        return 200;
    range += 6;
    if (*range == '-' && isdigit((unsigned char)range[1])) { /* so many at the end */
        last = strtoull(range + 1, &end, 10);
        first = last == 0 ? size : last < size ? size - last : 0;
        last = ULLONG_MAX;
    } else if (isdigit((unsigned char)*range)) {
        first = strtoull(range, &end, 10);
        if (*end++ != '-')
            return 200;
        if (isdigit((unsigned char)*end))
            last = strtoull(end, &end, 10);
    } else {
        return 200;
    }
    if (*end != '\0' || last < first)
        return 200;
    if (first >= size)
        return 416;
    *offset = first;
    *length = (last < size ? last + 1 : size) - first;
    return 206;
}

static void format_date(char text[DATE], time_t date)
{
    struct tm parts;
    if (gmtime_r(&date, &parts) == NULL || strftime(text, DATE, "%a, %d %b %Y %H:%M:%S GMT", &parts) == 0)
        text[0] = '\0';
}

/* A number that grows with the date; -1 for what is none. */
static long long date_of(const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char month[4];
    int day, year, hour, minute, second;
    const char *found;
    if (sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &day, month, &year, &hour, &minute, &second) != 6)
        return -1;
    found = strstr(months, month);
    return found == NULL ? -1 :
        ((((year * 12LL + (found - months) / 3) * 32 + day) * 24 + hour) * 60 + minute) * 60 + second;
}

static const char *type_of(const char *path)
{
    static const char *const types[][2] = { { ".html", "text/html; charset=utf-8" }, { ".css", "text/css" },
        { ".js", "text/javascript" }, { ".json", "application/json" }, { ".txt", "text/plain; charset=utf-8" },
        { ".md", "text/plain; charset=utf-8" }, { ".c", "text/plain; charset=utf-8" },
        { ".h", "text/plain; charset=utf-8" }, { ".png", "image/png" }, { ".jpg", "image/jpeg" },
        { ".gif", "image/gif" }, { ".svg", "image/svg+xml" }, { ".ico", "image/x-icon" }, { ".webp", "image/webp" },
        { ".woff2", "font/woff2" }, { ".pdf", "application/pdf" }, { ".mp4", "video/mp4" },
        { ".wasm", "application/wasm" } };
    const char *dot = strrchr(path, '.');
    size_t i;
    for (i = 0; dot != NULL && i < sizeof types / sizeof *types; i++)
        if (strcasecmp(dot, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = { { 200, "OK" }, { 206, "Partial Content" }, { 301, "Moved Permanently" }, { 304, "Not Modified" },
        { 400, "Bad Request" }, { 403, "Forbidden" }, { 404, "Not Found" }, { 405, "Method Not Allowed" },
        { 408, "Request Timeout" }, { 413, "Content Too Large" }, { 414, "URI Too Long" },
        { 416, "Range Not Satisfiable" }, { 431, "Request Header Fields Too Large" }, { 501, "Not Implemented" },
        { 503, "Service Unavailable" }, { 505, "HTTP Version Not Supported" } };
    size_t i;
    for (i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Internal Server Error";
}
