// All that UPnP reads from others: HTTP, SSDP, XML, SOAP, descriptions.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "stack/upnp/description.h"
#include "stack/upnp/http_message.h"
#include "stack/upnp/soap.h"
#include "stack/upnp/ssdp.h"
#include "stack/upnp/xml_leaves.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace natsim::upnp;
  const natsim::ByteView bytes(data, size);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto search = parse_search(bytes); search && parse_search(encode(*search)) != search) {
    std::abort();
  }
  if (const auto answer = parse_search_answer(bytes)) parse_url(answer->location);
  find_control(text);
  // In two pieces the message is the same as in one.
  HttpReader whole;
  HttpReader halves;
  whole.feed(bytes);
  halves.feed(bytes.first(size / 2));
  halves.feed(bytes.subspan(size / 2));
  whole.end();
  halves.end();
  if (whole.state() != halves.state()) std::abort();
  if (whole.state() != HttpReader::State::complete) return 0;
  if (whole.message() != halves.message()) std::abort();
  parse_request(whole.message());
  parse_answer(whole.message());
  return 0;
}
