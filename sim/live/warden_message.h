// What natsim and its wardens say to each other, over a socket that keeps messages apart.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/live/descriptor.h"

namespace natsim::live {

// Words and open files; the first word says what it is.
struct WardenMessage {
  std::vector<std::string> words;
  std::vector<Descriptor> files;
  int sender = 0;  // its process number, as the receiver counts processes

  [[nodiscard]] std::string_view what() const {
    return words.empty() ? std::string_view() : std::string_view(words.front());
  }
};

// A pair of connected ends; a message that is sent by one arrives whole at the other, with the
// number of the process that sent it. Throws std::system_error.
std::pair<Descriptor, Descriptor> make_warden_sockets();

// False if the other end is gone, or takes no message of this size.
bool send_message(int socket, const std::vector<std::string>& words,
                  std::initializer_list<int> files = {});

// The next message; nullopt if the other end is gone, or, when not told to wait, if there is none.
std::optional<WardenMessage> receive_message(int socket, bool wait);

}  // namespace natsim::live
