/* measured.c: an example that says at its end how much of their frame stacks its tasks have used: one line each,
 * `high NAME BYTES`. EXAMPLE: its file; TASKS: T(name of the storage) for each. */
#define board_exit measured_exit
#include EXAMPLE
#undef board_exit

#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void board_exit(int status);

static void show(const char *name, size_t bytes)
{
    board_puts("high ");
    board_puts(name);
    board_put(' ');
    board_putu((unsigned)bytes);
    board_put('\n');
}

void measured_exit(int status)
{
    enum { i = 0 }; /* of an array of them the first */
    (void)i;
#define T(storage) show(#storage, async_task_high_water(&(storage).task));
    TASKS
    board_exit(status);
}
