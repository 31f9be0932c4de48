// An agent sits on every host and does little: what it keeps resident is what a host pays for it.
#pragma once

namespace muster {

// Once, before the first thread: one arena for all threads, small stacks.
void be_small();

// Once the agent runs: the code that only starting needed (options, files, the dynamic linker's
// work) need not stay resident. Whatever is used again comes back by itself, from the page cache.
void forget_the_start();

}  // namespace muster
