/* Runs a program again and again, each time with another allocation failing, until a run needs no more of them:
 *
 *     driver [--every]            the whole program
 *     driver [--every] --tests    each test of a unit test file by itself
 *
 * The program is compiled with -Dmain=program_main -DASYNCIO_MALLOC=memory_malloc -DASYNCIO_FREE=memory_free. Each run
 * is a process of its own. It may print and return what it likes, but not crash, hang, or leave memory behind. Once one
 * allocation fails, once all from one on. Beyond the first 300 some are left out, unless --every is given.
 *
 * A result is a line on descriptor 3 (standard output if that is closed), as tests/support/lib.sh wants it. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int program_main();
void *memory_malloc(size_t size);
void memory_free(void *block);

enum { COMPLETE = 100, LEAKED = 101, GAVE_UP = 102, SECONDS = 20, ALL_UP_TO = 300 };

static long calls, live, fails_at = -1;
static int keeps_failing, ended, every;

void *memory_malloc(size_t size)
{
    long call = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    void *block = NULL;
    if (fails_at < 0 || call < fails_at || (call > fails_at && !keeps_failing))
        block = malloc(size);
    if (block != NULL) {
        memset(block, 0xa5, size);
        __atomic_add_fetch(&live, 1, __ATOMIC_RELAXED);
    }
    return block;
}

void memory_free(void *block)
{
    __atomic_sub_fetch(&live, 1, __ATOMIC_RELAXED);
    free(block);
}

/* The program called exit() from the middle of something: nothing can be said about its memory. */
static void gave_up(void)
{
    if (!ended)
        _exit(GAVE_UP);
}

static void be_the_program(const char *test, long at, const char *log)
{
    char *arguments[3] = { (char *)"program", (char *)test, NULL };
    int fd = open(log, O_RDWR | O_CREAT | O_TRUNC, 0600);
    dup2(fd, 1);
    dup2(fd, 2);
    close(fd);
    atexit(gave_up);
    alarm(SECONDS);
    fails_at = at;
    program_main(test == NULL ? 1 : 2, arguments);
    ended = 1;
    if (live != 0) {
        fprintf(stderr, "%ld blocks were not freed\n", live);
        fflush(NULL);
        _exit(LEAKED);
    }
    _exit(calls < at ? COMPLETE : 0);
}

static void tell(FILE *results, const char *log)
{
    char line[300];
    FILE *file = fopen(log, "r");
    int lines = 0;
    fprintf(stderr, "\n");
    while (file != NULL && lines++ < 25 && fgets(line, sizeof line, file) != NULL)
        fprintf(stderr, "%s", line);
    if (file != NULL)
        fclose(file);
    (void)results;
}

/* 1 if every run was good. */
static int try_all(FILE *results, const char *name, const char *test, const char *log)
{
    long at, runs = 0;
    int status;
    for (keeps_failing = 0; keeps_failing < 2; keeps_failing++) {
        for (at = 1;; at += every || at < ALL_UP_TO ? 1 : 1 + at / 16) {
            const char *what = NULL;
            pid_t child;
            fflush(NULL);
            child = fork();
            if (child == 0)
                be_the_program(test, at, log);
            while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
            }
            runs++;
            if (WIFSIGNALED(status))
                what = WTERMSIG(status) == SIGALRM ? "hangs" : "crashes";
            else if (WEXITSTATUS(status) == LEAKED)
                what = "leaks";
            else if (WEXITSTATUS(status) == 99) /* a sanitizer */
                what = "is wrong";
            if (what != NULL) {
                fprintf(results, "FAIL %s: %s when allocation %ld%s fails\n", name, what, at,
                    keeps_failing ? " and all after it" : "");
                fflush(results);
                tell(results, log);
                return 0;
            }
            if (WEXITSTATUS(status) == COMPLETE)
                break;
        }
    }
    fprintf(results, "ok %s: %ld runs\n", name, runs);
    fflush(results);
    return 1;
}

/* The names of a unit test file's tests: what a run prints. */
static int try_tests(FILE *results, const char *program, const char *log)
{
    char line[300], names[200][100], name[300];
    int count = 0, good = 1, i, status;
    pid_t child;
    FILE *file;
    fflush(NULL);
    child = fork();
    if (child == 0)
        be_the_program(NULL, -1, log);
    waitpid(child, &status, 0);
    file = fopen(log, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL && count < 200)
        if (sscanf(line, "ok %98s", names[count]) == 1)
            count++;
    if (file != NULL)
        fclose(file);
    if (count == 0 || !WIFEXITED(status) || WEXITSTATUS(status) != COMPLETE - 100) {
        fprintf(results, "FAIL %s: does not pass with all its memory\n", program);
        tell(results, log);
        return 0;
    }
    for (i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%s %s", program, names[i]);
        good &= try_all(results, name, names[i], log);
    }
    return good;
}

int main(int argc, char **argv)
{
    char log[300];
    int tests = 0, i, good;
    FILE *results = fdopen(3, "w");
    const char *program = strrchr(argv[0], '/') == NULL ? argv[0] : strrchr(argv[0], '/') + 1;
    if (results == NULL)
        results = stdout;
    for (i = 1; i < argc; i++) {
        tests |= strcmp(argv[i], "--tests") == 0;
        every |= strcmp(argv[i], "--every") == 0;
    }
    snprintf(log, sizeof log, "%.280s.log", argv[0]);
    good = tests ? try_tests(results, program, log) : try_all(results, program, NULL, log);
    unlink(log);
    return !good;
}
