/* Preloaded into a musterd: its wall clock is that of the machine plus so many seconds as the file
   that CLOCK_SHIM names says, read at every call. Its monotonic clocks are left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef int (*Clock)(clockid_t, struct timespec*);

int clock_gettime(clockid_t id, struct timespec* at) {
    static Clock real;
    if (!real)
        real = (Clock)dlsym(RTLD_NEXT, "clock_gettime");
    const int result = real(id, at);
    if (result != 0 || id != CLOCK_REALTIME)
        return result;
    const char* const path = getenv("CLOCK_SHIM");
    FILE* const file = path ? fopen(path, "re") : NULL;
    long long seconds = 0;
    if (file) {
        if (fscanf(file, "%lld", &seconds) == 1)
            at->tv_sec += seconds;
        fclose(file);
    }
    return 0;
}
