// Names of Asio that our headers mention, so that none of them includes it: one near-empty source
// with Asio in it takes three seconds to compile.
#pragma once

namespace asio {
class io_context;
}  // namespace asio
