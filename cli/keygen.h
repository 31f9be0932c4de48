// New keys, and new files for them.
#pragma once

#include <optional>
#include <string>

#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::cli {

// 32 bytes of the kernel's chance.
Bytes random_key();
// Makes `path` with the key, in base64, as its only one: readable for its owner alone, and on the
// disk before it is told. A file that is there already is left as it is; that is an error.
std::optional<Error> write_new_keyring(const std::string& path, const std::string& key);

}  // namespace muster::cli
