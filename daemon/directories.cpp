#include "daemon/directories.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>

namespace muster {

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos)
        return {};
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::optional<Error> make_directory(const std::string& path, unsigned mode,
                                    const std::string& hint) {
    struct stat found {};
    if (path.empty() || (stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode)))
        return std::nullopt;
    if (std::optional<Error> error = make_directory(parent_of(path), 0755, hint))
        return error;
    if (mkdir(path.c_str(), mode) == 0)
        return std::nullopt;
    const std::error_code error(errno, std::generic_category());
    if (error == std::errc::file_exists && stat(path.c_str(), &found) == 0 &&
        S_ISDIR(found.st_mode))
        return std::nullopt;
    return Error{"cannot make the directory " + path + ": " + error.message() + " (" + hint + ")"};
}

}  // namespace muster
