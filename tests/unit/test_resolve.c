/* Names: lookups that give addresses, or fail, or are cancelled while their thread is at it. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "names.h"
#include "asyncio.h"
#include "names.h"
#include "unit.h"

struct looks_up { async_frame frame; const char *host, *service; int port, family, flags; struct addrinfo *found; };
async(looks_up)
{
    struct addrinfo *one;
    char text[ASYNC_ADDRESS_TEXT];
    async_address address;
    async_begin;
    await_into(self->found, async_getaddrinfo, .host = self->host, .service = self->service, .port = self->port,
        .family = self->family, .type = SOCK_STREAM, .flags = self->flags);
    for (one = self->found; one != NULL; one = one->ai_next) {
        async_address_set(&address, one->ai_addr, one->ai_addrlen);
        note("%s ", async_address_format(&address, text, sizeof text));
    }
    freeaddrinfo(self->found);
    async_end;
}

TEST(resolve, addresses)
{
    long live = counted_live;
    fake_name("two.test", "::1 127.0.0.1 127.0.0.2");
    CHECK_INT(async_run(looks_up, .host = "two.test", .port = 80), ASYNC_OK);
    CHECK_NOTES("[::1]:80 127.0.0.1:80 127.0.0.2:80 ");
    CHECK_INT(async_run(looks_up, .host = "two.test", .port = 81, .family = AF_INET), ASYNC_OK);
    CHECK_NOTES("127.0.0.1:81 127.0.0.2:81 ");
    CHECK_INT(async_run(looks_up, .host = "two.test", .service = "http", .family = AF_INET6), ASYNC_OK);
    CHECK_NOTES("[::1]:80 ");
    CHECK_INT(async_run(looks_up, .host = "127.0.0.9", .service = "http"), ASYNC_OK);
    CHECK_NOTES("127.0.0.9:80 ");
    CHECK_INT(counted_live, live);
    CHECK_INT(fake_lists, 0);
}

TEST(resolve, what_is_numeric_needs_no_thread)
{
    fake_block(); /* a lookup in a thread would never end */
    CHECK_INT(async_run(looks_up, .host = "127.0.0.1", .port = 80), ASYNC_OK);
    CHECK_INT(async_run(looks_up, .host = "::1", .service = "8080"), ASYNC_OK);
    CHECK_INT(async_run(looks_up, .port = 1), ASYNC_OK);
    CHECK_INT(async_run(looks_up, .port = 1, .flags = AI_PASSIVE), ASYNC_OK);
    CHECK_NOTES("127.0.0.1:80 [::1]:8080 127.0.0.1:1 [::1]:1 0.0.0.0:1 [::]:1 ");
    fake_unblock();
    CHECK_INT(fake_lists, 0);
}

TEST(resolve, failures)
{
    char long_name[2000];
    long live = counted_live;
    fake_fails("again.test", EAI_AGAIN);
    fake_fails("fail.test", EAI_FAIL);
    fake_fails("memory.test", EAI_MEMORY);
    fake_fails("family.test", EAI_FAMILY);
    CHECK_INT(async_run(looks_up, .host = "unknown.test", .port = 80), ASYNC_NAME_NOT_FOUND);
    CHECK_INT(async_run(looks_up, .host = "again.test", .port = 80), ASYNC_NAME_TRY_AGAIN);
    CHECK_INT(async_run(looks_up, .host = "fail.test", .port = 80), ASYNC_NAME_FAILED);
    CHECK_INT(async_run(looks_up, .host = "memory.test", .port = 80), ASYNC_NO_MEMORY);
    CHECK_INT(async_run(looks_up, .host = "family.test", .port = 80), -EAFNOSUPPORT);
    CHECK_INT(async_run(looks_up, .host = "127.0.0.1", .port = 65536), ASYNC_INVALID_ARGUMENT);
    CHECK_INT(async_run(looks_up, .host = "127.0.0.1", .port = -1), ASYNC_INVALID_ARGUMENT);
    memset(long_name, 'a', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    CHECK_INT(async_run(looks_up, .host = long_name, .port = 80), ASYNC_NAME_NOT_FOUND);
    CHECK_NOTES("");
    CHECK_INT(counted_live, live);
    CHECK_INT(fake_lists, 0);
}

/* ---- cancelling ----------------------------------------------------------------------------------------------- */

struct cancels { async_frame frame; async_task *task; async_status status; };
async(cancels)
{
    async_begin;
    fake_block();
    self->task = async_create_task(looks_up, .host = "two.test", .port = 80);
    await(async_sleep, .delay = 0);
    if (!async_task_done(self->task)) /* without memory it may be */
        fake_await_blocked();
    async_cancel(self->task);
    await_catch(self->status, async_join, .task = self->task);
    CHECK_INT(self->status, ASYNC_CANCELLED); /* though the thread is still at it */
    note("cancelled ");
    async_finally;
    async_release(self->task);
    fake_unblock();
    async_end;
}

TEST(resolve, a_cancelled_lookup_ends_by_itself)
{
    long live = counted_live;
    fake_name("two.test", "::1 127.0.0.1");
    CHECK_INT(async_run(cancels), ASYNC_OK);
    CHECK_NOTES("cancelled ");
    CHECK_INT(counted_live, live);
    CHECK_INT(fake_lists, 0);
}

/* the loop is closed while a thread looks up */
static void *unblock_later(void *data)
{
    struct timespec time = { 0, 20000000 };
    nanosleep(&time, NULL);
    fake_unblock();
    return data;
}

static async_task *looks;

static void stop(async_handle *handle)
{
    if (looks != NULL && !async_task_done(looks))
        fake_await_blocked();
    async_loop_stop((async_loop *)handle->data);
}

TEST(resolve, a_loop_that_is_closed_meanwhile)
{
    long live = counted_live;
    async_loop *loop = async_new_event_loop();
    async_handle handle;
    pthread_t thread;
    REQUIRE(loop != NULL);
    fake_name("two.test", "::1 127.0.0.1");
    fake_block();
    memset(&handle, 0, sizeof handle);
    looks = async_loop_create_task(loop, looks_up, .host = "two.test", .port = 80);
    async_loop_call_soon(loop, &handle, stop, loop);
    CHECK_INT(async_loop_run_forever(loop), ASYNC_OK);
    REQUIRE(pthread_create(&thread, NULL, unblock_later, NULL) == 0);
    CHECK_INT(async_loop_close(loop), ASYNC_OK);
    pthread_join(thread, NULL);
    async_release(looks);
    CHECK_NOTES("");
    CHECK_INT(counted_live, live);
    CHECK_INT(fake_lists, 0);
}

/* ---- from addresses to names ---------------------------------------------------------------------------------- */

struct looks_back { async_frame frame; async_address address; size_t size; int flags; char host[40], service[10]; };
async(looks_back)
{
    async_begin;
    await(async_getnameinfo, .address = &self->address, .host = self->host, .host_size = self->size,
        .service = self->service, .service_size = sizeof self->service, .flags = self->flags);
    note("%s %s ", self->host, self->service);
    async_end;
}

TEST(resolve, names)
{
    long live = counted_live;
    async_address address;
    async_address_parse(&address, "127.0.0.1:80");
    CHECK_INT(async_run(looks_back, .address = address, .size = 40), ASYNC_OK);
    CHECK_NOTES("name.test http ");
    CHECK_INT(async_run(looks_back, .address = address, .size = 40, .flags = NI_NUMERICSERV), ASYNC_OK);
    CHECK_NOTES("name.test 80 ");
    fake_block();
    CHECK_INT(async_run(looks_back, .address = address, .size = 40, .flags = NI_NUMERICSERV | NI_NUMERICHOST), ASYNC_OK);
    CHECK_NOTES("127.0.0.1:80 80 ");
    fake_unblock();
    CHECK_INT(async_run(looks_back, .address = address, .size = 9), -ENAMETOOLONG);
    CHECK_INT(async_run(looks_back, .address = address, .size = 0), ASYNC_OK);
    CHECK_NOTES(" http ");
    async_address_parse(&address, "unix:/x");
    CHECK_INT(async_run(looks_back, .address = address, .size = 40), -EAFNOSUPPORT);
    CHECK_INT(counted_live, live);
}
