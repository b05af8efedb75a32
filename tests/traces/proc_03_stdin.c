/* communicate feeds the child and collects what it says. */
#include "trace.h"

struct top {
    async_frame frame;
    async_process p;
    int code;
};

/* out.decode().split() */
static void print_words(const char *text)
{
    const char *words[8];
    char copy[100];
    size_t count = 0;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok(copy, " \n"); word != NULL && count < 8; word = strtok(NULL, " \n"))
        words[count++] = word;
    print_strings(words, count);
}

async(top)
{
    static const char *const argv[] = { "sort", NULL };
    async_begin;
    await(async_create_subprocess_exec, .process = &self->p, .argv = argv, .input = ASYNC_PIPE, .output = ASYNC_PIPE);
    await_into(self->code, async_process_communicate, .process = &self->p, .data = "pear\napple\nfig\n", .size = 15);
    print_words(async_process_output(&self->p, NULL));
    printf(" %d\n", self->code);
    async_finally;
    async_process_deinit(&self->p);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
