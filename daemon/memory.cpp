#include "daemon/memory.h"

#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace muster {

namespace {

// Segments that were never writable are clean copies of their file: nothing is lost. (Relocated
// constants are in a writable segment, and stay.)
int drop_clean_segments(dl_phdr_info* object, std::size_t /*size*/, void* /*unused*/) {
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    for (unsigned i = 0; i < object->dlpi_phnum; ++i) {
        const ElfW(Phdr)& segment = object->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0)
            continue;
        // Whole pages that hold nothing else.
        const std::uintptr_t start = object->dlpi_addr + segment.p_vaddr;
        const std::uintptr_t first = (start + page - 1) & ~(page - 1);
        const std::uintptr_t end = (start + segment.p_filesz) & ~(page - 1);
        if (first < end)
            madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
    }
    return 0;
}

}  // namespace

void be_small() {
    mallopt(M_ARENA_MAX, 1);  // NOLINT(concurrency-mt-unsafe): there is one thread yet
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    // Room for getaddrinfo with any name service module.
    constexpr std::size_t stack = 256UL * 1024;
    pthread_attr_setstacksize(&attributes, stack);
    pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
}

void forget_what_is_over() {
    malloc_trim(0);
    dl_iterate_phdr(drop_clean_segments, nullptr);
}

ForgettingTimer::ForgettingTimer()
    : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
    constexpr time_t first = 15;
    constexpr time_t again = 600;
    const itimerspec times{.it_interval = {.tv_sec = again, .tv_nsec = 0},
                           .it_value = {.tv_sec = first, .tv_nsec = 0}};
    if (fd_ < 0 || timerfd_settime(fd_, 0, &times, nullptr) != 0)
        throw std::system_error(errno, std::generic_category(), "cannot make a timer");
}

ForgettingTimer::~ForgettingTimer() {
    close(fd_);
}

void ForgettingTimer::take() const {
    std::uint64_t expired = 0;
    while (read(fd_, &expired, sizeof expired) == static_cast<ssize_t>(sizeof expired)) {
    }
}

}  // namespace muster
