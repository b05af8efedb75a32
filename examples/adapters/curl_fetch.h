/* curl_fetch.h: URLs fetched with libcurl, to be awaited: any number at once, on the loop of whoever awaits, through
 * libcurl's multi-socket interface. Copy it into your project; include it behind asyncio.h.
 *
 *     cc -Iinclude fetch.c -lcurl -pthread
 */
#ifndef CURL_FETCH_H
#define CURL_FETCH_H

#include <curl/curl.h>
#include <stdlib.h>

/* CURL_FETCH_FAILED(code): libcurl's CURLcode as a status; curl_fetch_strerror() gives any status as text. */
#define CURL_FETCH_FAILED(code) ASYNC_USER_ERROR(7300 + (int)(code))

static inline const char *curl_fetch_strerror(async_status status)
{
    return status < CURL_FETCH_FAILED(0) && status > CURL_FETCH_FAILED(CURL_LAST)
        ? curl_easy_strerror((CURLcode)(CURL_FETCH_FAILED(0) - status)) : async_strerror(status);
}

/* curl_client: what fetches share: connections that are kept, names that were looked up. Stays in place while it is open.
 * All zeros: not open. Between curl_client_open and curl_client_close on one loop; OK, MISUSE, NO_MEMORY. No fetch
 * may be under way at the end. .multi is libcurl's, for its options (CURLMOPT_MAX_HOST_CONNECTIONS, ...). */
typedef struct curl_client {
    CURLM *multi;
    async_timer_handle timer;
    struct curl_socket_ *sockets;
} curl_client;

/* ---- what libcurl asks of an event loop: sockets, and one timer ------------------------------------------------ */

struct curl_socket_ {
    async_fd_handle reader, writer;
    struct curl_socket_ *next, **link;
};

static inline void curl_act_(curl_client *client, curl_socket_t fd, int events);

static inline void curl_readable_(async_fd_handle *handle)
{
    bool ok = async_fd_handle_status(handle) == ASYNC_OK;
    curl_act_((curl_client *)handle->handle.data, handle->fd, ok ? CURL_CSELECT_IN : CURL_CSELECT_ERR);
}

static inline void curl_writable_(async_fd_handle *handle)
{
    bool ok = async_fd_handle_status(handle) == ASYNC_OK;
    curl_act_((curl_client *)handle->handle.data, handle->fd, ok ? CURL_CSELECT_OUT : CURL_CSELECT_ERR);
}

static inline void curl_timed_(async_handle *handle)
{
    curl_act_((curl_client *)handle->data, CURL_SOCKET_TIMEOUT, 0);
}

static inline void curl_socket_free_(struct curl_socket_ *s)
{
    async_fd_handle_cancel(&s->reader);
    async_fd_handle_cancel(&s->writer);
    if (s->next != NULL)
        s->next->link = s->link;
    *s->link = s->next;
    free(s);
}

/* A failure here ends the transfers of the multi handle, which is libcurl's answer to a callback that returns -1. */
static inline int curl_on_socket_(CURL *easy, curl_socket_t fd, int what, void *context, void *attached)
{
    curl_client *client = (curl_client *)context;
    struct curl_socket_ *s = (struct curl_socket_ *)attached;
    async_loop *loop = async_get_running_loop();
    async_status status = ASYNC_OK;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s != NULL)
            curl_socket_free_(s);
        return 0;
    }
    if (s == NULL) {
        s = (struct curl_socket_ *)calloc(1, sizeof *s);
        if (s == NULL)
            return -1;
        s->next = client->sockets;
        s->link = &client->sockets;
        if (s->next != NULL)
            s->next->link = &s->next;
        client->sockets = s;
        curl_multi_assign(client->multi, fd, s);
    }
    if (what & CURL_POLL_IN)
        status = async_loop_add_reader(loop, fd, &s->reader, curl_readable_, client);
    else
        async_fd_handle_cancel(&s->reader);
    if (status < 0 && status != ASYNC_MISUSE) /* MISUSE: it is added already */
        return -1;
    status = ASYNC_OK;
    if (what & CURL_POLL_OUT)
        status = async_loop_add_writer(loop, fd, &s->writer, curl_writable_, client);
    else
        async_fd_handle_cancel(&s->writer);
    return status < 0 && status != ASYNC_MISUSE ? -1 : 0;
}

static inline int curl_on_timer_(CURLM *multi, long ms, void *context)
{
    curl_client *client = (curl_client *)context;
    (void)multi;
    async_timer_handle_cancel(&client->timer);
    if (ms < 0)
        return 0;
    return async_call_later(async_ms(ms), &client->timer, curl_timed_, client) < 0 ? -1 : 0;
}

static inline void curl_client_close(curl_client *client)
{
    if (client->multi == NULL)
        return;
    curl_multi_cleanup(client->multi);
    async_timer_handle_cancel(&client->timer);
    while (client->sockets != NULL)
        curl_socket_free_(client->sockets);
    client->multi = NULL;
}

static inline async_status curl_client_open(curl_client *client)
{
    if (client->multi != NULL)
        return ASYNC_MISUSE;
    client->multi = curl_multi_init();
    if (client->multi == NULL)
        return ASYNC_NO_MEMORY;
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, curl_on_socket_);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, curl_on_timer_);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    return ASYNC_OK;
}

/* ---- fetching -------------------------------------------------------------------------------------------------- */

/* await_into(code, curl_fetch, .client = &c, .url = "https://example.org/", .body = &body, .size = &size): fetches a URL; gives
 * the response's code (200). The body is allocated, ends with a zero that is not counted, and is the caller's to free();
 * .body NULL: it is thrown away. .limit: how long it may be, LIMIT_OVERRUN beyond; 0: any. .easy: a handle of the caller's
 * with options of his own, used instead of a new one. NO_MEMORY, CURL_FETCH_FAILED(...). A cancelled fetch is broken off. */
struct curl_fetch {
    async_leaf leaf;
    curl_client *client;
    const char *url;
    char **body;
    size_t *size, limit;
    CURL *easy;
    int result;
    CURL *own;
    char *data;
    size_t length, capacity;
    async_status status;
};

static inline size_t curl_on_data_(char *data, size_t one, size_t size, void *context)
{
    struct curl_fetch *self = (struct curl_fetch *)context;
    (void)one; /* it is 1 */
    if (self->limit != 0 && size > self->limit - self->length)
        self->status = ASYNC_LIMIT_OVERRUN;
    if (self->status == ASYNC_OK && self->body != NULL && self->length + size >= self->capacity) {
        size_t capacity = 2 * self->capacity + size + 1;
        char *more = (char *)realloc(self->data, capacity);
        if (more == NULL) {
            self->status = ASYNC_NO_MEMORY;
        } else {
            self->data = more;
            self->capacity = capacity;
        }
    }
    if (self->status < 0)
        return 0;
    if (self->body != NULL)
        memcpy(self->data + self->length, data, size);
    self->length += size;
    return size;
}

static inline void curl_act_(curl_client *client, curl_socket_t fd, int events)
{
    int running, left;
    CURLMsg *message;
    curl_multi_socket_action(client->multi, fd, events, &running);
    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        char *fetch = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &fetch);
        if (((struct curl_fetch *)(void *)fetch)->status == ASYNC_OK && message->data.result != CURLE_OK)
            ((struct curl_fetch *)(void *)fetch)->status = CURL_FETCH_FAILED(message->data.result);
        async_leaf_complete(&((struct curl_fetch *)(void *)fetch)->leaf);
    }
}

static async_step curl_fetch_resume(async_stack *stack, void *frame)
{
    struct curl_fetch *self = (struct curl_fetch *)frame;
    long code = 0;
    if (self->leaf.frame.state == ASYNC_LEAF_NEW) {
        self->own = self->easy == NULL ? curl_easy_init() : NULL;
        if (self->easy == NULL)
            self->easy = self->own;
        if (self->easy == NULL || (self->body != NULL && (self->data = (char *)calloc(1, self->capacity = 1)) == NULL)) {
            curl_easy_cleanup(self->own);
            return async_leaf_return(ASYNC_NO_MEMORY);
        }
        curl_easy_setopt(self->easy, CURLOPT_URL, self->url);
        curl_easy_setopt(self->easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(self->easy, CURLOPT_PRIVATE, self);
        curl_easy_setopt(self->easy, CURLOPT_WRITEFUNCTION, curl_on_data_);
        curl_easy_setopt(self->easy, CURLOPT_WRITEDATA, self);
        if (curl_multi_add_handle(self->client->multi, self->easy) == CURLM_OK) /* it begins with a timer of 0 ms */
            return async_leaf_wait(stack, &self->leaf);
        self->status = ASYNC_NO_MEMORY;
    } else {
        curl_multi_remove_handle(self->client->multi, self->easy);
        if (async_leaf_outcome(&self->leaf) < 0)
            self->status = async_leaf_outcome(&self->leaf);
    }
    curl_easy_getinfo(self->easy, CURLINFO_RESPONSE_CODE, &code);
    self->result = (int)code;
    curl_easy_cleanup(self->own);
    if (self->status == ASYNC_OK && self->body != NULL) {
        self->data[self->length] = '\0';
        *self->body = self->data;
        self->data = NULL;
    }
    free(self->data);
    if (self->status == ASYNC_OK && self->size != NULL)
        *self->size = self->length;
    return async_leaf_return(self->status);
}
async_leaf_define_static(curl_fetch, async_leaf_cancel);

#endif
