// Candidates, credentials and their text (RFC 8445 §5.1, RFC 8839 §5).
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "stack/ice/candidate_line.h"
#include "stack/ice/candidate_table.h"
#include "stack/ice/credentials.h"

namespace natsim::ice::test {
namespace NATSIM_TEST_FILE {

Endpoint endpoint(std::string_view text) { return Endpoint::parse(text).value(); }

Candidate candidate(CandidateType type, std::string_view address, std::string_view base,
                    std::string_view server = {}) {
  Candidate c;
  c.type = type;
  c.address = endpoint(address);
  c.base = endpoint(base);
  if (!server.empty()) c.server = endpoint(server);
  return c;
}

constexpr auto host = CandidateType::host;
constexpr auto srflx = CandidateType::server_reflexive;
constexpr auto relayed = CandidateType::relayed;

TEST(IceCandidate, Ice01_Priority) {
  // 126 * 2^24 + 65535 * 2^8 + 255, and the examples of other types.
  EXPECT_EQ(candidate_priority(host, 65'535, 1), 2'130'706'431U);
  EXPECT_EQ(candidate_priority(CandidateType::peer_reflexive, 65'535, 1), 1'862'270'975U);
  EXPECT_EQ(candidate_priority(srflx, 65'535, 1), 1'694'498'815U);
  EXPECT_EQ(candidate_priority(relayed, 65'535, 1), 16'777'215U);
  EXPECT_EQ(candidate_priority(host, 0, 2), 126U * (1U << 24) + 254U);
}

TEST(IceCandidate, Ice01_PeerReflexivePriorityKeepsLocalPreference) {
  EXPECT_EQ(peer_reflexive_priority(candidate_priority(host, 4711, 1)),
            candidate_priority(CandidateType::peer_reflexive, 4711, 1));
}

TEST(IceCandidate, Ice02_FoundationFollowsTypeBaseAndServer) {
  Foundations foundations;
  LocalCandidates local(foundations, 1, false);
  const auto add = [&](const Candidate& c) {
    return local[local.add(c, 65'535).value()].foundation;
  };
  const std::string host_foundation = add(candidate(host, "10.0.0.1:1", "10.0.0.1:1"));
  // Another port of the same address.
  EXPECT_EQ(add(candidate(host, "10.0.0.1:2", "10.0.0.1:2")), host_foundation);
  const std::string other_host = add(candidate(host, "10.0.0.2:1", "10.0.0.2:1"));
  const std::string s1 = add(candidate(srflx, "192.0.2.1:1", "10.0.0.1:1", "203.0.113.1:3478"));
  const std::string s2 = add(candidate(srflx, "192.0.2.1:2", "10.0.0.1:1", "203.0.113.2:3478"));
  const std::string s3 = add(candidate(srflx, "192.0.2.1:3", "10.0.0.1:2", "203.0.113.1:3479"));
  EXPECT_NE(other_host, host_foundation);
  EXPECT_NE(s1, host_foundation);
  EXPECT_NE(s1, s2);
  EXPECT_EQ(s1, s3);
}

TEST(IceCandidate, Ice03_RedundantCandidatesAreDropped) {
  Foundations foundations;
  LocalCandidates local(foundations, 1, false);
  ASSERT_TRUE(local.add(candidate(host, "192.0.2.1:1", "192.0.2.1:1"), 65'535));
  EXPECT_FALSE(local.add(candidate(srflx, "192.0.2.1:1", "192.0.2.1:1", "203.0.113.1:1"), 65'535));
  // The same address seen from another base is another candidate.
  EXPECT_TRUE(local.add(candidate(srflx, "192.0.2.1:1", "192.0.2.1:2", "203.0.113.1:1"), 65'535));
}

TEST(IceCandidate, P11_AGatheredCandidateTakesThePeerReflexiveOnesPlace) {
  Foundations foundations;
  LocalCandidates local(foundations, 1, false);
  ASSERT_EQ(local.add(candidate(host, "10.0.0.1:1", "10.0.0.1:1"), 65'535), 0);
  // A check was answered before the STUN server.
  const CandidateId seen =
      local.add_peer_reflexive(endpoint("192.0.2.1:9"), endpoint("10.0.0.1:1"), 1000);
  EXPECT_EQ(local.add(candidate(srflx, "192.0.2.1:9", "10.0.0.1:1", "203.0.113.1:3478"), 65'535),
            seen);
  EXPECT_EQ(local[seen].type, srflx);
  EXPECT_EQ(local[seen].priority, candidate_priority(srflx, 65'535, 1));
  const CandidateId relay =
      local.add(candidate(relayed, "203.0.113.1:50000", "203.0.113.1:50000"), 65'535).value();
  EXPECT_NE(local[relay].foundation, local[seen].foundation);
}

TEST(IceCandidate, Ice04_AddressesThatMakeNoHostCandidate) {
  EXPECT_EQ(refusal_of(endpoint("127.0.0.1:5000")), AddressRefusal::loopback);
  EXPECT_EQ(refusal_of(endpoint("[::1]:5000")), AddressRefusal::loopback);
  EXPECT_EQ(refusal_of(endpoint("0.0.0.0:5000")), AddressRefusal::unspecified);
  EXPECT_EQ(refusal_of(endpoint("192.0.2.1:0")), AddressRefusal::unspecified);
  EXPECT_EQ(refusal_of(endpoint("[fec0::1]:5000")), AddressRefusal::site_local);
  EXPECT_EQ(refusal_of(endpoint("224.0.0.1:5000")), AddressRefusal::multicast);
  EXPECT_EQ(refusal_of(endpoint("[fe80::1]:5000")), std::nullopt);
  EXPECT_EQ(refusal_of(endpoint("10.0.0.1:5000")), std::nullopt);
}

TEST(IceCredentials, Ice06_DrawnOnesAreLongEnough) {
  Random random(7);
  const Credentials drawn = Credentials::draw(random);
  EXPECT_TRUE(drawn.is_valid());
  EXPECT_GE(drawn.ufrag.size() * 6, 24U);      // bits
  EXPECT_GE(drawn.password.size() * 6, 128U);  // bits
  EXPECT_NE(Credentials::draw(random), drawn);
}

TEST(IceCredentials, Ice06_Limits) {
  const std::string good_password(22, 'p');
  EXPECT_TRUE((Credentials{"abcd", good_password}.is_valid()));
  EXPECT_TRUE((Credentials{std::string(256, 'u'), std::string(256, 'p')}.is_valid()));
  EXPECT_FALSE((Credentials{"abc", good_password}.is_valid()));
  EXPECT_FALSE((Credentials{"abcd", std::string(21, 'p')}.is_valid()));
  EXPECT_FALSE((Credentials{std::string(257, 'u'), good_password}.is_valid()));
  EXPECT_FALSE((Credentials{"ab:d", good_password}.is_valid()));
}

TEST(IceCandidateLine, ExamplesOfRfc8839) {
  const auto host_line =
      parse_candidate("candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host");
  ASSERT_TRUE(host_line);
  EXPECT_EQ(host_line->type, host);
  EXPECT_EQ(host_line->priority, 2'130'706'431U);
  EXPECT_EQ(host_line->address, endpoint("203.0.113.141:8998"));
  EXPECT_EQ(encode_candidate(*host_line),
            "candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host");

  const std::string reflexive =
      "candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998";
  const auto parsed = parse_candidate("a=" + reflexive + "\r\n");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->related, endpoint("203.0.113.141:8998"));
  EXPECT_EQ(encode_candidate(*parsed), reflexive);
}

TEST(IceCandidateLine, Ice04_RelatedAddressMayBeHidden) {
  Candidate c = candidate(srflx, "192.0.2.3:45664", "10.0.0.1:8998");
  c.foundation = "2";
  c.priority = 1'694'498'815;
  c.related = c.base;
  const std::string line = encode_candidate(c, RelatedAddress::hidden);
  EXPECT_EQ(line, "candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 0.0.0.0 rport 9");
  EXPECT_FALSE(parse_candidate(line)->related.is_set());
}

TEST(IceCandidateLine, ExtensionsAreSkipped) {
  const auto parsed = parse_candidate(
      "candidate:1 1 udp 5 2001:db8::1 9 typ relay raddr 2001:db8::2 rport 7 generation 0 ufrag "
      "ab/+");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->type, relayed);
  EXPECT_EQ(parsed->address, endpoint("[2001:db8::1]:9"));
  EXPECT_EQ(parsed->related, endpoint("[2001:db8::2]:7"));
}

TEST(IceCandidateLine, EachMistakeHasItsReason) {
  const auto reason = [](std::string_view line) {
    CandidateLineError error{};
    EXPECT_FALSE(parse_candidate(line, &error)) << line;
    return error;
  };
  using E = CandidateLineError;
  EXPECT_EQ(reason("kandidate:1 1 UDP 5 192.0.2.1 9 typ host"), E::no_prefix);
  EXPECT_EQ(reason("candidate:1 1 UDP 5 192.0.2.1 9 typ"), E::too_few_fields);
  EXPECT_EQ(reason("candidate:" + std::string(33, 'a') + " 1 UDP 5 192.0.2.1 9 typ host"),
            E::bad_foundation);
  EXPECT_EQ(reason("candidate:~1 1 UDP 5 192.0.2.1 9 typ host"), E::bad_foundation);
  EXPECT_EQ(reason("candidate:1 0 UDP 5 192.0.2.1 9 typ host"), E::bad_component);
  EXPECT_EQ(reason("candidate:1 1 SCTP 5 192.0.2.1 9 typ host"), E::other_transport);
  EXPECT_EQ(reason("candidate:1 1 TCP 5 192.0.2.1 9 typ host"), E::bad_tcp_type);
  EXPECT_EQ(reason("candidate:1 1 TCP 5 192.0.2.1 9 typ host tcptype both"), E::bad_tcp_type);
  EXPECT_EQ(reason("candidate:1 1 UDP 0 192.0.2.1 9 typ host"), E::bad_priority);
  EXPECT_EQ(reason("candidate:1 1 UDP 2147483648 192.0.2.1 9 typ host"), E::bad_priority);
  EXPECT_EQ(reason("candidate:1 1 UDP 5 a.b.local 9 typ host"), E::bad_address);
  // pion/ice#883: a name that was struck out.
  EXPECT_EQ(reason("candidate:1 1 UDP 5 redacted.invalid 9 typ host"), E::bad_address);
  EXPECT_EQ(reason("candidate:1 1 UDP 5 192.0.2.1 65536 typ host"), E::bad_port);
  EXPECT_EQ(reason("candidate:1 1 UDP 5 192.0.2.1 9 type host"), E::bad_type);
  EXPECT_EQ(reason("candidate:1 1 UDP 5 192.0.2.1 9 typ local"), E::bad_type);
  EXPECT_EQ(reason("candidate:1 1 UDP 5 192.0.2.1 9 typ srflx raddr 10.0.0.1"), E::bad_related);
  EXPECT_EQ(reason("candidate:1 1 UDP 5 192.0.2.1 9 typ srflx raddr x rport 1"), E::bad_related);
  EXPECT_EQ(reason("candidate:1 1 UDP 5 192.0.2.1 9 typ host generation"), E::odd_extension);
}

TEST(IceCandidateLine, Ice62_TcpTypes) {
  // RFC 6544's example, and a browser's.
  constexpr std::string_view active =
      "candidate:1 1 TCP 2128609279 192.0.2.1 9 typ host tcptype active";
  const auto parsed = parse_candidate(active);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->transport, Transport::tcp);
  EXPECT_EQ(parsed->tcp_type, TcpType::active);
  EXPECT_EQ(encode_candidate(*parsed), active);
  const auto passive = parse_candidate(
      "candidate:2 1 tcp 1518214911 192.0.2.2 3478 typ srflx raddr 10.0.0.1 rport 9 tcptype "
      "passive "
      "generation 0 ufrag abcd");
  ASSERT_TRUE(passive);
  EXPECT_EQ(passive->tcp_type, TcpType::passive);
  EXPECT_EQ(passive->ufrag, "abcd");
  EXPECT_EQ(encode_candidate(*passive),
            "candidate:2 1 TCP 1518214911 192.0.2.2 3478 typ srflx raddr 10.0.0.1 rport 9 tcptype "
            "passive ufrag abcd");
  EXPECT_EQ(parse_candidate("candidate:1 1 TCP 5 192.0.2.1 9 typ host tcptype so")->tcp_type,
            TcpType::simultaneous_open);
}

TEST(IceCandidate, Ice62_PrioritiesTellTheDirection) {
  using T = CandidateType;
  const auto direction = [](T type, TcpType tcp_type) {
    return tcp_local_preference(type, tcp_type, 0) >> 13;
  };
  for (const T type : {T::host, T::relayed}) {
    EXPECT_EQ(direction(type, TcpType::active), 6);
    EXPECT_EQ(direction(type, TcpType::passive), 4);
    EXPECT_EQ(direction(type, TcpType::simultaneous_open), 2);
  }
  for (const T type : {T::server_reflexive, T::peer_reflexive}) {
    EXPECT_EQ(direction(type, TcpType::active), 4);
    EXPECT_EQ(direction(type, TcpType::passive), 2);
    EXPECT_EQ(direction(type, TcpType::simultaneous_open), 6);
  }
  EXPECT_EQ(tcp_local_preference(T::host, TcpType::active, 8191), 6 * 8192 + 8191);
  // Behind UDP of the same type, before UDP of the next one.
  EXPECT_EQ(candidate_priority(T::host, 6 * 8192 + 8191, 1), 2'128'609'279U);
}

TEST(IceCandidateLine, Ice64_ANameStandsForAnAddress) {
  constexpr std::string_view line =
      "candidate:1 1 UDP 2130706431 8b2ee3f1-0d62-4c5a-9f3e-2b1c0a998877.local 3478 typ host";
  const auto parsed = parse_candidate(line);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->host_name, "8b2ee3f1-0d62-4c5a-9f3e-2b1c0a998877.local");
  EXPECT_TRUE(parsed->address.address.is_any());
  EXPECT_EQ(parsed->address.port, 3478);
  EXPECT_EQ(encode_candidate(*parsed), line);
  EXPECT_EQ(parse_candidate("candidate:1 1 UDP 5 A1B2.LOCAL 9 typ host"), std::nullopt);
  EXPECT_EQ(parse_candidate("candidate:1 1 UDP 5 A1B2.local 9 typ host")->host_name, "a1b2.local");
}

TEST(IceCandidateLine, RoundTrip) {
  EXPECT_TRUE(rc::check("a candidate survives its line", [] {
    Candidate c;
    c.type = static_cast<CandidateType>(*rc::gen::inRange(0, 4));
    c.priority = *rc::gen::inRange<std::uint32_t>(1, 0x8000'0000);
    c.component = *rc::gen::inRange<std::uint8_t>(1, 255);
    const bool v6 = *rc::gen::arbitrary<bool>();
    const auto draw = [&] {
      const auto bits = *rc::gen::inRange<std::uint32_t>(1, 0xe000'0000);
      return Endpoint{v6 ? IpAddress::v6(0x2001'0db8'0000'0000, bits) : IpAddress::v4(bits),
                      *rc::gen::arbitrary<std::uint16_t>()};
    };
    c.address = draw();
    if (c.type != CandidateType::host) c.related = draw();
    c.foundation = *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', 'z')));
    c.foundation.resize(std::min<std::size_t>(c.foundation.size(), 32));
    const auto parsed = parse_candidate(encode_candidate(c));
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(parsed->type == c.type);
    RC_ASSERT(parsed->priority == c.priority);
    RC_ASSERT(parsed->component == c.component);
    RC_ASSERT(parsed->address == c.address);
    RC_ASSERT(parsed->related == c.related);
    RC_ASSERT(parsed->foundation == c.foundation);
  }));
}

TEST(IceCandidateLine, AnyTextIsParsedOrRefused) {
  EXPECT_TRUE(rc::check("no text crashes the parser", [](const std::string& text) {
    parse_candidate(text);
    parse_candidate("candidate:" + text);
    parse_candidate("candidate:1 1 UDP 5 192.0.2.1 9 typ host " + text);
  }));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice::test
