#include <gtest/gtest.h>

#include "tools/probe/port_policy.h"
#include "tools/probe/preset_text.h"

namespace natsim::probe {
namespace NATSIM_TEST_FILE {

std::vector<PortSample> samples(const std::vector<std::pair<int, int>>& pairs) {
  std::vector<PortSample> made;
  for (const auto& [internal, external] : pairs) {
    made.push_back({static_cast<std::uint16_t>(internal), static_cast<std::uint16_t>(external)});
  }
  return made;
}

TEST(PortPolicy, IsFoundFromAFewPorts) {
  EXPECT_EQ(classify(samples({{5000, 5000}, {6000, 6000}, {7000, 7000}})), PortPolicy::cannot_tell);
  EXPECT_EQ(classify(samples({{5000, 5000}, {6000, 6000}, {7000, 31}, {8000, 8000}})),
            PortPolicy::preserved);
  EXPECT_EQ(classify(samples({{50, 1024}, {60, 1025}, {5, 1026}, {9, 1028}, {7, 1029}})),
            PortPolicy::sequential);
  // Where the range begins again.
  EXPECT_EQ(classify(samples({{5, 65534}, {6, 65535}, {7, 1024}, {8, 1025}, {9, 1026}})),
            PortPolicy::sequential);
  EXPECT_EQ(classify(samples({{5, 40000}, {6, 1234}, {7, 50001}, {8, 2222}, {9, 33333}})),
            PortPolicy::random);
  EXPECT_EQ(stride_of(samples({{5, 10}, {6, 12}, {7, 14}, {8, 15}, {9, 17}})), 2);
}

TEST(Preset, TimeoutsAreAsRoundAsCanBe) {
  EXPECT_EQ(timeout_within({seconds(29), seconds(31)}), seconds(30));
  EXPECT_EQ(timeout_within({milliseconds(117'200), milliseconds(121'900)}), seconds(120));
  EXPECT_EQ(timeout_within({seconds(41), seconds(46)}), seconds(45));
  EXPECT_EQ(timeout_within({milliseconds(2'500), milliseconds(3'100)}), seconds(3));
  EXPECT_EQ(timeout_within({milliseconds(2'500), milliseconds(2'900)}), milliseconds(2'700));
  EXPECT_EQ(timeout_within({seconds(300), std::nullopt}), seconds(300));
}

TEST(Preset, SaysWhatWasMeasuredAndWhatNot) {
  Findings findings;
  findings.local = *IpAddress::parse("10.0.0.2");
  findings.behaviour.mapping = stun::MappingBehaviour::address_and_port_dependent;
  findings.behaviour.filtering = stun::FilteringBehaviour::cannot_tell;
  findings.behaviour.hairpin = stun::HairpinBehaviour::absent;
  findings.behaviour.mapped = Endpoint::parse("203.0.113.1:1024");
  findings.samples = samples({{5, 10}, {6, 12}, {7, 14}, {8, 16}});
  findings.ports = PortPolicy::sequential;
  findings.idle = {seconds(29), seconds(31)};
  findings.stream = {seconds(119), seconds(121)};
  EXPECT_EQ(
      preset_text(findings, "stun.example:3478", "2026-11-23"),
      "-- The NAT in front of 10.0.0.2, as natsim probe found it on 2026-11-23 by "
      "stun.example:3478.\n"
      "-- In a scenario beside this file: net:home(\"alice\", { nat = require(\"NAME\"), … "
      "}),\n"
      "-- with the name of this file for NAME; or: natsim matrix --nat FILE.\n"
      "-- Its external address was 203.0.113.1.\n"
      "return {\n"
      "  mapping = \"address-and-port-dependent\",  -- measured, RFC 5780 section 4.3\n"
      "  -- filtering: it could not be told; natsim's default stands\n"
      "  port_allocation = \"sequential\",  -- measured on 4 sockets\n"
      "  port_stride = 2,\n"
      "  hairpin = \"off\",  -- measured, RFC 5780 section 4.5\n"
      "  udp_timeout = \"30s\",  -- alive after 29s, gone after 31s\n"
      "  udp_timeout_stream = \"120s\",  -- once used each way: alive after 119s, gone after "
      "121s\n"
      "  udp_stream_after = \"2s\",  -- assumed, as Linux does; it was used for three seconds\n"
      "}\n");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::probe
