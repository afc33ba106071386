// NAT-PMP on the wire (RFC 6886 §3).
#include "stack/portmap/nat_pmp_message.h"

#include <gtest/gtest.h>

namespace natsim::portmap {
namespace NATSIM_TEST_FILE {

TEST(NatPmpMessage, Rfc6886_3_2_ExternalAddress) {
  EXPECT_EQ(encode(NatPmpRequest{}), (Bytes{0, 0}));
  const NatPmpResponse response{.opcode = 0,
                                .result = NatPmpResult::success,
                                .epoch = 0x01020304,
                                .external_address = IpAddress::v4(203, 0, 113, 7)};
  const Bytes bytes = {0, 128, 0, 0, 1, 2, 3, 4, 203, 0, 113, 7};
  EXPECT_EQ(encode(response), bytes);
  EXPECT_EQ(decode_nat_pmp_response(bytes), response);
}

TEST(NatPmpMessage, Rfc6886_3_3_Mapping) {
  const NatPmpRequest request{.opcode = NatPmpOpcode::map_tcp,
                              .internal_port = 0x1234,
                              .external_port = 0x5678,
                              .lifetime = 7200};
  const Bytes asked = {0, 2, 0, 0, 0x12, 0x34, 0x56, 0x78, 0, 0, 0x1c, 0x20};
  EXPECT_EQ(encode(request), asked);
  EXPECT_EQ(decode_nat_pmp_request(asked), request);
  const NatPmpResponse response{
      .opcode = 2, .epoch = 5, .internal_port = 0x1234, .external_port = 0x9abc, .lifetime = 3600};
  const Bytes answered = {0, 130, 0, 0, 0, 0, 0, 5, 0x12, 0x34, 0x9a, 0xbc, 0, 0, 0x0e, 0x10};
  EXPECT_EQ(encode(response), answered);
  EXPECT_EQ(decode_nat_pmp_response(answered), response);
}

TEST(NatPmpMessage, Rfc6886_3_5_AnErrorMayBeShort) {
  const Bytes bytes = {0, 129, 0, 2, 0, 0, 0, 9};
  const auto response = decode_nat_pmp_response(bytes);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->result, NatPmpResult::not_authorized);
}

TEST(NatPmpMessage, WhatIsCutOffIsNone) {
  const Bytes request = encode(NatPmpRequest{.opcode = NatPmpOpcode::map_udp, .internal_port = 1});
  const Bytes response = encode(NatPmpResponse{.opcode = 1, .internal_port = 1, .lifetime = 1});
  for (std::size_t size = 0; size < request.size(); ++size) {
    EXPECT_FALSE(decode_nat_pmp_request(ByteView(request).first(size)).has_value()) << size;
  }
  for (std::size_t size = 0; size < response.size(); ++size) {
    EXPECT_FALSE(decode_nat_pmp_response(ByteView(response).first(size)).has_value()) << size;
  }
}

TEST(NatPmpMessage, OtherVersionsAndOpcodesAreNone) {
  EXPECT_FALSE(decode_nat_pmp_request(Bytes{2, 0}).has_value());
  EXPECT_FALSE(decode_nat_pmp_request(Bytes{0, 3}).has_value());
  EXPECT_FALSE(decode_nat_pmp_request(Bytes{0, 128}).has_value());
  EXPECT_FALSE(decode_nat_pmp_response(Bytes{0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}).has_value());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::portmap
