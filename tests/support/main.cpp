// Catch2's main, for every test program: one that finds no case to run fails, and so does a case
// without an assertion. (The command line takes only one of the two warnings.)
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

int main(int argc, char** argv) {
    Catch::Session session;
    if (const int error = session.applyCommandLine(argc, argv); error != 0)
        return error;
    auto& warnings = session.configData().warnings;
    warnings = static_cast<Catch::WarnAbout::What>(warnings | Catch::WarnAbout::NoTests |
                                                   Catch::WarnAbout::NoAssertions);
    return session.run();
}
