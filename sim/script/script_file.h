// Reading a script's text from disk.
#pragma once

#include <filesystem>
#include <string>

#include "stack/base/result.h"

namespace natsim::script {

// The text of the file; the error reads "PATH: why". A first line that begins with '#'
// is made a comment.
Result<std::string> read_script(const std::string& path);

// Whether an existing file is in the folder or below it, with all links followed. An empty folder
// is the current one.
bool lies_inside(const std::filesystem::path& folder, const std::filesystem::path& file);

}  // namespace natsim::script
