// The decoders of NAT-PMP and PCP: whatever they accept can be said again and read the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "stack/portmap/nat_pmp_message.h"
#include "stack/portmap/pcp_message.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace natsim::portmap;
  const natsim::ByteView bytes(data, size);
  if (const auto request = decode_nat_pmp_request(bytes)) {
    require(decode_nat_pmp_request(encode(*request)) == request);
  }
  if (const auto response = decode_nat_pmp_response(bytes);
      response && response->result == NatPmpResult::success) {
    require(decode_nat_pmp_response(encode(*response)) == response);
  }
  if (const auto reading = decode_pcp_request(bytes);
      reading && reading->result == PcpResult::success && reading->request.map) {
    require(decode_pcp_request(encode(reading->request))->request == reading->request);
  }
  if (const auto response = decode_pcp_response(bytes)) {
    require(decode_pcp_response(encode(*response)) == response);
  }
  return 0;
}
