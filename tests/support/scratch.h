/* Names for files and sockets that a test makes: of this process alone, in $TMPDIR, and the same each time. */
#ifndef ASYNCIO_TEST_SCRATCH_H
#define ASYNCIO_TEST_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Short enough for a unix socket, where $TMPDIR is not very long. */
static inline const char *scratch_path(const char *name)
{
    static char paths[8][200];
    const char *directory = getenv("TMPDIR");
    char path[200];
    int i;
    if (directory == NULL || strlen(directory) > 60)
        directory = "/tmp";
    snprintf(path, sizeof path, "%s/asyncio-%ld-%s", directory, (long)getpid(), name);
    for (i = 0; i < 7 && paths[i][0] != '\0' && strcmp(paths[i], path) != 0; i++) {
    }
    return strcpy(paths[i], path);
}

#endif
