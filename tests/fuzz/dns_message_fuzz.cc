// The decoder of DNS: what it accepts of a message that fits can be said again and read the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "stack/dns/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace natsim::dns;
  const auto message = decode(natsim::ByteView(data, size));
  if (!message) return 0;
  const auto again = decode(encode(*message));
  if (!again || again->question != message->question) std::abort();
  if (again->answers.size() == message->answers.size() && again != message) std::abort();
  return 0;
}
