// PCP on the wire (RFC 6887 §7, §11).
#include "stack/portmap/pcp_message.h"

#include <gtest/gtest.h>

namespace natsim::portmap {
namespace NATSIM_TEST_FILE {

constexpr PcpNonce nonce = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

PcpRequest sample_request() {
  return {.lifetime = 7200,
          .client = IpAddress::v4(192, 168, 1, 2),
          .map = PcpMap{.nonce = nonce,
                        .protocol = 17,
                        .internal_port = 5000,
                        .external = {IpAddress::v4(0), 6000}}};
}

// RFC 6887 figures 2 and 9.
const Bytes sample_bytes = {
    2,  1, 0, 0, 0,    0,    0x1c, 0x20,                                      // header
    0,  0, 0, 0, 0,    0,    0,    0,    0, 0,  0xff, 0xff, 192, 168, 1, 2,   // client
    1,  2, 3, 4, 5,    6,    7,    8,    9, 10, 11,   12,                     // nonce
    17, 0, 0, 0, 0x13, 0x88, 0x17, 0x70,                                      // ports
    0,  0, 0, 0, 0,    0,    0,    0,    0, 0,  0xff, 0xff, 0,   0,   0, 0};  // external

TEST(PcpMessage, Rfc6887_11_1_MapRequest) {
  EXPECT_EQ(encode(sample_request()), sample_bytes);
  const auto reading = decode_pcp_request(sample_bytes);
  ASSERT_TRUE(reading.has_value());
  EXPECT_EQ(reading->result, PcpResult::success);
  EXPECT_EQ(reading->request, sample_request());
}

TEST(PcpMessage, Rfc6887_13_2_PreferFailure) {
  PcpRequest request = sample_request();
  request.prefer_failure = true;
  Bytes bytes = sample_bytes;
  bytes.insert(bytes.end(), {2, 0, 0, 0});
  EXPECT_EQ(encode(request), bytes);
  EXPECT_TRUE(decode_pcp_request(bytes)->request.prefer_failure);
  // Once only, and without data.
  bytes.insert(bytes.end(), {2, 0, 0, 0});
  EXPECT_EQ(decode_pcp_request(bytes)->result, PcpResult::malformed_option);
}

TEST(PcpMessage, Rfc6887_7_3_UnknownOptionsAreRefusedOrPassedOver) {
  Bytes third_party = sample_bytes;
  third_party.insert(third_party.end(), {1, 0, 0, 16});
  third_party.resize(third_party.size() + 16);
  EXPECT_EQ(decode_pcp_request(third_party)->result, PcpResult::unsupp_option);
  Bytes optional = sample_bytes;
  optional.insert(optional.end(), {200, 0, 0, 1, 7, 0, 0, 0});
  EXPECT_EQ(decode_pcp_request(optional)->result, PcpResult::success);
  Bytes too_long = sample_bytes;
  too_long.insert(too_long.end(), {200, 0, 0, 5, 7, 0, 0, 0});
  EXPECT_EQ(decode_pcp_request(too_long)->result, PcpResult::malformed_option);
}

TEST(PcpMessage, Rfc6887_8_2_WhatAServerAnswersAndWhatNot) {
  EXPECT_FALSE(decode_pcp_request(Bytes{2}).has_value());
  EXPECT_FALSE(decode_pcp_request(Bytes{2, 1, 0, 0}).has_value());
  Bytes response = sample_bytes;
  response[1] |= 128;
  EXPECT_FALSE(decode_pcp_request(response).has_value());
  Bytes version = sample_bytes;
  version[0] = 1;
  EXPECT_EQ(decode_pcp_request(version)->result, PcpResult::unsupp_version);
  Bytes opcode = sample_bytes;
  opcode[1] = 3;
  EXPECT_EQ(decode_pcp_request(opcode)->result, PcpResult::unsupp_opcode);
  Bytes odd = sample_bytes;
  odd.push_back(0);
  EXPECT_EQ(decode_pcp_request(odd)->result, PcpResult::malformed_request);
  Bytes huge = sample_bytes;
  huge.resize(1104);
  EXPECT_EQ(decode_pcp_request(huge)->result, PcpResult::malformed_request);
  for (std::size_t size = 24; size < sample_bytes.size(); size += 4) {
    EXPECT_EQ(decode_pcp_request(ByteView(sample_bytes).first(size))->result,
              PcpResult::malformed_request)
        << size;
  }
}

TEST(PcpMessage, Rfc6887_11_1_MapResponse) {
  const PcpResponse response{.opcode = 1,
                             .result = PcpResult::success,
                             .lifetime = 3600,
                             .epoch = 77,
                             .map = sample_request().map};
  const Bytes bytes = encode(response);
  EXPECT_EQ(bytes.size(), 60U);
  EXPECT_EQ(decode_pcp_response(bytes), response);
  EXPECT_FALSE(decode_pcp_response(ByteView(bytes).first(56)).has_value());
  EXPECT_FALSE(decode_pcp_response(sample_bytes).has_value()) << "a request";
}

// RFC 6887 figure 11: the fields of MAP, and the remote end behind them.
TEST(PcpMessage, Rfc6887_12_1_Peer) {
  PcpRequest request = sample_request();
  request.peer = Endpoint{IpAddress::v4(203, 0, 113, 10), 3478};
  Bytes bytes = sample_bytes;
  bytes[1] = 2;
  const Bytes without = bytes;
  bytes.insert(bytes.end(), {0x0d, 0x96, 0, 0});
  bytes.insert(bytes.end(), {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 203, 0, 113, 10});
  EXPECT_EQ(encode(request), bytes);
  const auto reading = decode_pcp_request(bytes);
  ASSERT_TRUE(reading.has_value());
  EXPECT_EQ(reading->result, PcpResult::success);
  EXPECT_EQ(reading->request, request);
  for (std::size_t size = without.size(); size < bytes.size(); size += 4) {
    EXPECT_EQ(decode_pcp_request(ByteView(bytes).first(size))->result, PcpResult::malformed_request)
        << size;
  }

  const PcpResponse response{.opcode = 2,
                             .result = PcpResult::success,
                             .lifetime = 3600,
                             .epoch = 77,
                             .map = request.map,
                             .peer = request.peer};
  const Bytes answer = encode(response);
  EXPECT_EQ(answer.size(), 80U);
  EXPECT_EQ(decode_pcp_response(answer), response);
  EXPECT_FALSE(decode_pcp_response(ByteView(answer).first(76)).has_value());
}

TEST(PcpMessage, Rfc6887_14_Announce) {
  const Bytes bytes = encode(PcpRequest{.client = IpAddress::v4(192, 168, 1, 2)});
  EXPECT_EQ(bytes.size(), 24U);
  EXPECT_EQ(decode_pcp_request(bytes)->request.map, std::nullopt);
  EXPECT_EQ(decode_pcp_request(bytes)->result, PcpResult::success);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::portmap
