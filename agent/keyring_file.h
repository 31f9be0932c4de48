// The keyring on disk: read once at the start, written after every change.
//
// The file holds the cluster's secret, so nobody but its owner may read it: that is demanded when
// it is read, and kept when it is written. What is written replaces the file at one stroke, so that
// after a crash it holds either the keys before or those after. No error text has a key in it.
#pragma once

#include <string>

#include "swim/keyring.h"
#include "swim/result.h"

namespace muster {

// The error says what is wrong with the file and what to do.
Result<swim::Keyring> load_keyring(const std::string& path);

// Blocks until the disk has it. The error is what failed, without a file's name before it; then the
// old file is still there, unless it is said otherwise.
std::optional<Error> save_keyring(const std::string& path, const swim::Keyring& ring);

}  // namespace muster
