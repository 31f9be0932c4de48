/* Preloaded into a musterd: each sync of a file takes as many milliseconds longer as the file that
   DISK_SHIM names says, read at every call. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef int (*Sync)(int);

static int synced(const char* name, int fd) {
    const char* const path = getenv("DISK_SHIM");
    FILE* const file = path ? fopen(path, "re") : NULL;
    long milliseconds = 0;
    if (file) {
        if (fscanf(file, "%ld", &milliseconds) != 1)
            milliseconds = 0;
        fclose(file);
    }
    const struct timespec wait = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&wait, NULL);
    return ((Sync)dlsym(RTLD_NEXT, name))(fd);
}

int fsync(int fd) {
    return synced("fsync", fd);
}

int fdatasync(int fd) {
    return synced("fdatasync", fd);
}
