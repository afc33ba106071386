// Words as a shell reads them.
#pragma once

#include <string>

namespace natsim::cli {

// A word that a POSIX shell reads back as this one: as it is if it is plain, otherwise in quotes.
std::string shell_word(const std::string& word);

}  // namespace natsim::cli
