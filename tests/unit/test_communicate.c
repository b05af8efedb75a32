/* All that a process is told and says: sizes, limits, what is not wanted, and going on after a cancel. */
#include "processes.h"

struct talks { async_frame frame; async_process p; const char *command; const char *data; size_t size, limit, n; int input, output, error, code; async_status expected; bool again; };
async(talks)
{
    async_begin;
    await(async_create_subprocess_shell, .process = &self->p, .command = self->command, .input = self->input,
        .output = self->output, .error = self->error);
    await_into(self->code, async_process_communicate, .process = &self->p, .data = self->data, .size = self->size,
        .limit = self->limit);
    if (self->again) { /* there is no more, and nothing is lost */
        await_into(self->code, async_process_communicate, .process = &self->p, .data = self->data, .size = self->size,
            .limit = self->limit);
    }
    note("%d:%s:%s", self->code, async_process_output(&self->p, NULL), async_process_error_output(&self->p, &self->n));
    CHECK_INT(self->n, strlen(async_process_error_output(&self->p, NULL)));
    async_finally;
    async_process_deinit(&self->p);
    async_end;
}

#define CHECK_TALKS(expected, ...)                                       \
    do {                                                                 \
        diary[0] = '\0';                                                 \
        CLEAN(RUN(talks, __VA_ARGS__));                                  \
        if (diary[0] != '\0')                                            \
            CHECK_STR(diary, expected);                                  \
        diary[0] = '\0';                                                 \
    } while (0)

TEST(communicate, small_things)
{
    CHECK_TALKS("0:hello\n:", .command = "echo hello", .output = ASYNC_PIPE);
    CHECK_TALKS("3::oh\n", .command = "echo oh >&2; exit 3", .output = ASYNC_PIPE, .error = ASYNC_PIPE);
    CHECK_TALKS("0:b\na\n:", .command = "sort -r", .data = "a\nb\n", .size = 4, .input = ASYNC_PIPE, .output = ASYNC_PIPE);
    CHECK_TALKS("0::", .command = "cat", .input = ASYNC_PIPE, .output = ASYNC_PIPE); /* no input: its end */
    CHECK_TALKS("5::", .command = "exit 5");
    CHECK_TALKS("0:x:x", .command = "printf x; printf x >&2", .output = ASYNC_PIPE, .error = ASYNC_PIPE, .again = true);
    CHECK_TALKS("0:one\ntwo\n:", .command = "echo one; echo two >&2", .output = ASYNC_PIPE, .error = ASYNC_STDOUT);
}

/* More than the pipes hold, in every direction at once. */
enum { MUCH = TEST_MANY < 1000 ? 200000 : 3000000 };

struct much { async_frame frame; async_process p; char *data; size_t n; int code; };
async(much)
{
    async_begin;
    self->data = malloc(MUCH);
    REQUIRE(self->data != NULL);
    for (int i = 0; i < MUCH; i++)
        self->data[i] = (char)('a' + i % 23);
    await(async_create_subprocess_shell, .process = &self->p, .command = "tee /dev/fd/2", .input = ASYNC_PIPE, .output = ASYNC_PIPE, .error = ASYNC_PIPE);
    await_into(self->code, async_process_communicate, .process = &self->p, .data = self->data, .size = MUCH);
    CHECK_INT(self->code, 0);
    for (int i = 0; i < 2; i++) {
        const char *text = i == 0 ? async_process_output(&self->p, &self->n) : async_process_error_output(&self->p, &self->n);
        CHECK_INT(self->n, MUCH);
        CHECK(memcmp(text, self->data, MUCH) == 0 && text[MUCH] == '\0');
    }
    async_finally;
    async_process_deinit(&self->p);
    free(self->data);
    async_end;
}

TEST(communicate, three_megabytes_in_three_pipes) { CLEAN(RUN(much)); }

/* It does not want its input: no failure, no SIGPIPE. */
struct unwanted { async_frame frame; async_process p; char *data; int code; };
async(unwanted)
{
    async_begin;
    self->data = calloc(1, 1000000);
    REQUIRE(self->data != NULL);
    await(async_create_subprocess_shell, .process = &self->p, .command = "echo done; exit 4", .input = ASYNC_PIPE, .output = ASYNC_PIPE);
    await_into(self->code, async_process_communicate, .process = &self->p, .data = self->data, .size = 1000000);
    CHECK_INT(self->code, 4);
    CHECK_STR(async_process_output(&self->p, NULL), "done\n");
    async_finally;
    async_process_deinit(&self->p);
    free(self->data);
    async_end;
}

TEST(communicate, input_that_nobody_reads) { CLEAN(RUN(unwanted)); }

struct limits { async_frame frame; async_process p; size_t limit, n; async_status status; int code; };
async(limits)
{
    async_begin;
    await(async_create_subprocess_shell, .process = &self->p, .command = "printf '%01000d' 0; printf '%0500d' 0 >&2; exit 6",
        .output = ASYNC_PIPE, .error = ASYNC_PIPE);
    await_catch(self->status, async_process_communicate, .process = &self->p, .limit = 999);
    if (self->status == ASYNC_NO_MEMORY)
        async_raise(self->status);
    CHECK_INT(self->status, ASYNC_LIMIT_OVERRUN);
    (void)async_process_output(&self->p, &self->n);
    CHECK_INT(self->n, 1000);
    await_catch(self->status, async_process_communicate, .process = &self->p, .limit = 999); /* still so */
    CHECK(self->status == ASYNC_LIMIT_OVERRUN || self->status == ASYNC_NO_MEMORY);
    await_into(self->code, async_process_communicate, .process = &self->p, .limit = 1000); /* all that it says */
    CHECK_INT(self->code, 6);
    (void)async_process_output(&self->p, &self->n);
    CHECK_INT(self->n, 1000);
    (void)async_process_error_output(&self->p, &self->n);
    CHECK_INT(self->n, 500);
    async_finally;
    async_process_deinit(&self->p);
    async_end;
}

TEST(communicate, limit) { CLEAN(RUN(limits)); }

/* Ended by a deadline, it goes on where it was. */
struct goes_on { async_frame frame; async_process p; async_status status; int code, i; async_task *task; };
async(goes_on)
{
    async_begin;
    await(async_create_subprocess_shell, .process = &self->p, .command = "read a; echo got $a; read b; echo and $b; cat",
        .input = ASYNC_PIPE, .output = ASYNC_PIPE);
    for (self->code = 0; self->code < 20; self->code++) {
        self->task = async_create_task(async_process_communicate, .process = &self->p, .data = "one\ntwo\nthree\n", .size = 14);
        for (self->i = 0; self->i <= self->code; self->i++)
            await(async_sleep);
        async_cancel(self->task);
        await_catch(self->status, async_join, .task = self->task);
        async_release(self->task);
        if (self->status != ASYNC_CANCELLED)
            break;
    }
    if (self->status == ASYNC_NO_MEMORY)
        async_raise(self->status);
    await_into(self->code, async_process_communicate, .process = &self->p, .data = "one\ntwo\nthree\n", .size = 14);
    CHECK_INT(self->code, 0);
    CHECK_STR(async_process_output(&self->p, NULL), "got one\nand two\nthree\n");
    async_finally;
    async_process_deinit(&self->p);
    async_end;
}

TEST(communicate, goes_on_after_a_cancel) { CLEAN(RUN(goes_on)); }

struct none { async_frame frame; async_process p; async_status status; };
async(none)
{
    async_begin;
    await_catch(self->status, async_process_communicate, .process = &self->p);
    CHECK_INT(self->status, ASYNC_MISUSE);
    CHECK_STR(async_process_output(&self->p, NULL), "");
    async_end;
}

TEST(communicate, without_a_process) { CLEAN(RUN(none)); }
