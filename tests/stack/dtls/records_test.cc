// What is taken out of datagrams before OpenSSL reads them.
#include "stack/dtls/records.h"

#include <gtest/gtest.h>

namespace natsim::dtls {
namespace NATSIM_TEST_FILE {

Bytes record(std::uint8_t type, std::uint16_t epoch, const Bytes& body) {
  Bytes out;
  ByteWriter writer(out);
  writer.u8(type);
  writer.u16(0xfefd);
  writer.u16(epoch);
  writer.fill(6, 0);
  writer.u16(static_cast<std::uint16_t>(body.size()));
  writer.bytes(body);
  return out;
}

Bytes together(Bytes first, const Bytes& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

TEST(Records, Dtls03SeveralRecordsStayAndAGarbageTailGoes) {
  const Bytes two = together(record(22, 0, {11}), record(23, 1, {1, 2, 3}));
  EXPECT_EQ(sift(two, Role::server).records, two);
  EXPECT_EQ(sift(two, Role::server).ignored, 0u);
  const Sifted sifted = sift(together(two, {1, 2, 3}), Role::server);
  EXPECT_EQ(sifted.records, two);
  EXPECT_EQ(sifted.ignored, 1u);
}

TEST(Records, ARecordCutShortEndsTheDatagram) {
  Bytes cut = record(22, 0, {1, 2, 3});
  cut.pop_back();
  EXPECT_TRUE(sift(cut, Role::server).records.empty());
}

TEST(Records, TypesOfOtherVersionsGo) {
  const Bytes known = record(21, 0, {2, 40});
  const Sifted sifted = sift(together(record(26, 0, {9}), known), Role::client);
  EXPECT_EQ(sifted.records, known);
  EXPECT_EQ(sifted.ignored, 1u);
}

TEST(Records, Dtls13AHelloOfTheSameRoleGoes) {
  const Bytes client_hello = record(22, 0, {1});
  const Bytes server_hello = record(22, 0, {2});
  EXPECT_TRUE(sift(client_hello, Role::client).records.empty());
  EXPECT_EQ(sift(client_hello, Role::server).records, client_hello);
  EXPECT_TRUE(sift(server_hello, Role::server).records.empty());
  EXPECT_EQ(sift(server_hello, Role::client).records, server_hello);
}

TEST(Records, ProtectedHandshakeRecordsAreNotReadInto) {
  const Bytes hidden = record(22, 1, {1});
  EXPECT_EQ(sift(hidden, Role::client).records, hidden);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::dtls
