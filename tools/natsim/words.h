// Words on the command line that mean nothing.
#pragma once

#include <optional>
#include <span>
#include <string>

#include <CLI/CLI.hpp>

namespace natsim::cli {

// The complaint about the first of `words`, which follow the program's name, that is neither a
// command nor an option where one has to be, with what it may have been meant for; nullopt if all
// are known. Values are not looked at.
std::optional<std::string> unknown_word(const CLI::App& app, std::span<char* const> words);

}  // namespace natsim::cli
