/* Linked with a server under test: on SIGUSR1 it says how many bytes are allocated, and at its end how many
 * descriptors it has open compared with its beginning. Built with the address sanitizer, which keeps the count. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* gcc comes without the header that declares it. */
size_t __sanitizer_get_current_allocated_bytes(void);

static int opened;

static int descriptors(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    if (directory == NULL)
        return -1;
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

/* The server is in poll() when it is asked, so the handler may use what is not async-signal-safe. */
static void say(int signal_number)
{
    char text[64];
    int size = snprintf(text, sizeof text, "live %lu\n", (unsigned long)__sanitizer_get_current_allocated_bytes());
    (void)signal_number;
    if (write(2, text, (size_t)size) != size)
        _exit(3);
}

__attribute__((constructor)) static void begin(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = say;
    sigaction(SIGUSR1, &action, NULL);
    opened = descriptors();
}

__attribute__((destructor)) static void end(void)
{
    fprintf(stderr, "left open: %d\n", descriptors() - opened);
}
