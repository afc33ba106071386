// Session descriptions: what is read comes back from its text, and so do the attributes in it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "stack/sdp/codec_attributes.h"
#include "stack/sdp/description.h"
#include "stack/sdp/stream_attributes.h"
#include "stack/sdp/transport_attributes.h"

namespace {

// Ends the program if what `parse` makes of the text does not come back from its own text.
template <typename Parse>
void check(Parse&& parse, std::string_view text) {
  const auto value = parse(text);
  if (value && parse(to_string(*value)) != value) std::abort();
}

void check_values(const std::vector<natsim::sdp::Attribute>& attributes) {
  using namespace natsim::sdp;
  for (const Attribute& attribute : attributes) {
    const std::string_view value = attribute.value ? std::string_view(*attribute.value) : "";
    check(parse_rtp_map, value);
    check(parse_format_parameters, value);
    check(parse_rtcp_feedback, value);
    check(parse_header_extension, value);
    check(parse_source_attribute, value);
    check(parse_source_group, value);
    check(parse_media_stream_id, value);
    check(parse_rtp_stream_id, value);
    check(parse_simulcast, value);
    check(parse_group, value);
    check(parse_fingerprint, value);
    if (const auto parameters = parse_format_parameters(value)) {
      const auto apt = parameters->find("apt");
      if (apt && apt->size() > value.size()) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace natsim::sdp;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto description = parse(text);
  if (!description.ok()) return 0;
  const auto again = parse(to_string(description.value()));
  if (!again.ok() || again.value() != description.value()) std::abort();
  check_values(description.value().attributes);
  for (const Media& media : description.value().media) check_values(media.attributes);
  return 0;
}
