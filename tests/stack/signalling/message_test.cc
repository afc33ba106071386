// The JSON that clients and server exchange.
#include "stack/signalling/message.h"

#include <string>

#include <gtest/gtest.h>

namespace natsim::signalling {
namespace NATSIM_TEST_FILE {

TEST(SignallingMessage, IsWrittenWithItsTypeFirst) {
  EXPECT_EQ(encode(ClientMessage(Join{"r", "alice"})),
            R"({"type":"join","room":"r","name":"alice"})");
  EXPECT_EQ(encode(ClientMessage(OutgoingSignal{SignalKind::offer, 3, "", "v=0\r\n"})),
            R"({"type":"offer","number":3,"payload":"v=0\r\n"})");
  EXPECT_EQ(encode(ServerMessage(Joined{"s", {"bob"}})),
            R"({"type":"joined","session":"s","members":["bob"]})");
  EXPECT_EQ(encode(ServerMessage(Joined{"s", {}})),
            R"({"type":"joined","session":"s","members":[]})");
  EXPECT_EQ(encode(ServerMessage(Refusal{"why"})), R"({"type":"error","reason":"why"})");
}

TEST(SignallingMessage, ComesBackAsItWas) {
  const ClientMessage from_clients[] = {
      Join{"room \"1\"", "älice"},
      Resume{"0a", 17},
      OutgoingSignal{SignalKind::answer, 1, "", "{\"not\":\"looked at\"}"},
      OutgoingSignal{SignalKind::candidate, UINT64_MAX, "bob", ""},
      OutgoingSignal{SignalKind::rollback, 1, "", ""},
      OutgoingSignal{SignalKind::bye, 1, "", ""},
      Ack{0},
  };
  for (const ClientMessage& message : from_clients) {
    const auto parsed = parse_client_message(encode(message));
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_EQ(parsed.value(), message);
  }
  const ServerMessage from_server[] = {
      Joined{"0a", {"alice", "bob"}},
      Resumed{4, {}},
      Arrived{1, "bob"},
      Left{2, "bob", "closed"},
      IncomingSignal{SignalKind::offer, 3, "bob", "v=0"},
      Refusal{"the room is full"},
      Ack{5},
  };
  for (const ServerMessage& message : from_server) {
    const auto parsed = parse_server_message(encode(message));
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_EQ(parsed.value(), message);
  }
}

TEST(SignallingMessage, IsRefusedWithAReason) {
  struct Case {
    const char* text;
    const char* reason;
  };
  const Case cases[] = {
      {"", "it is not JSON"},
      {"{\"type\":\"ack\"", "it is not JSON"},
      {"{\"type\":\"ack\",\"received\":1e999}", "it is not JSON"},
      {"[]", "it is not an object"},
      {"{}", "missing key 'type'"},
      {"{\"type\":1}", "'type' is not a text"},
      {"{\"type\":\"jion\"}", "unknown type 'jion'"},
      {"{\"type\":\"two words\"}", "unknown type '…'"},
      {"{\"type\":\"join\",\"room\":\"r\"}", "missing key 'name'"},
      {"{\"type\":\"join\",\"room\":1,\"name\":\"a\"}", "'room' is not a text"},
      {"{\"type\":\"join\",\"room\":\"r\",\"name\":\"a\",\"nmae\":\"b\"}", "unknown key 'nmae'"},
      {"{\"type\":\"ack\",\"received\":-1}", "'received' is not a whole number, at least 0"},
      {"{\"type\":\"ack\",\"received\":1.5}", "'received' is not a whole number, at least 0"},
      {"{\"type\":\"offer\",\"number\":1}", "missing key 'payload'"},
      {"{\"type\":\"offer\",\"number\":1,\"payload\":\"\",\"from\":\"x\"}", "unknown key 'from'"},
      {"{\"type\":\"joined\",\"session\":\"\",\"members\":[]}", "unknown type 'joined'"},
  };
  for (const Case& one : cases) {
    const auto parsed = parse_client_message(one.text);
    ASSERT_FALSE(parsed) << one.text;
    EXPECT_EQ(parsed.error(), one.reason) << one.text;
  }
  const auto members = parse_server_message(R"({"type":"joined","session":"","members":[1]})");
  ASSERT_FALSE(members);
  EXPECT_EQ(members.error(), "'members' is not a list of texts");
}

TEST(SignallingMessage, NestingIsNoDanger) {
  const std::string deep(60'000, '[');
  EXPECT_FALSE(parse_client_message(deep));
  const std::string closed = deep + std::string(60'000, ']');
  EXPECT_FALSE(parse_client_message(closed));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::signalling
