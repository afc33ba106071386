// Reading a script's text from disk.
#pragma once

#include <string>

#include "stack/base/result.h"

namespace natsim::script {

// The text of the file; the error reads "PATH: why". A first line that begins with '#'
// is made a comment.
Result<std::string> read_script(const std::string& path);

}  // namespace natsim::script
