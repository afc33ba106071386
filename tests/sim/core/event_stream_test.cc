#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/core/world.h"

namespace natsim::core {
namespace NATSIM_TEST_FILE {

std::uint64_t digest_of(std::initializer_list<std::pair<Time, ObjectId>> steps) {
  EventStream stream;
  for (const auto& [at, where] : steps) {
    stream.fold_packet(at, PacketStep::ingress, DropReason::none, where, 1, 0);
  }
  return stream.digest();
}

TEST(EventStream, DigestKnowsTimePlaceAndOrder) {
  const auto base = digest_of({{Time{1}, 1}, {Time{2}, 2}});
  EXPECT_EQ(base, digest_of({{Time{1}, 1}, {Time{2}, 2}}));
  EXPECT_NE(base, digest_of({{Time{2}, 2}, {Time{1}, 1}}));
  EXPECT_NE(base, digest_of({{Time{1}, 1}, {Time{3}, 2}}));
  EXPECT_NE(base, digest_of({{Time{1}, 1}, {Time{2}, 3}}));
  EXPECT_NE(base, digest_of({{Time{1}, 1}}));
}

struct Recorder : EventListener {
  void on_agent(const AgentEvent& event) override { kinds.emplace_back(event.kind); }
  std::vector<std::string> kinds;
};

TEST(EventStream, ListenersChangeNothing) {
  EventStream quiet;
  EventStream loud;
  Recorder recorder;
  loud.add_listener(recorder);
  for (EventStream* stream : {&quiet, &loud}) {
    stream->emit(Time{5}, 3, "ice.state", {{"to", std::string_view("connected")}, {"n", 1}});
  }
  EXPECT_EQ(quiet.digest(), loud.digest());
  EXPECT_EQ(recorder.kinds, std::vector<std::string>{"ice.state"});
  loud.remove_listener(recorder);
  EXPECT_FALSE(loud.listened());
}

TEST(EventStream, NotesAreReadWhileAListenerReadsThem) {
  struct Deaf : EventListener {
    [[nodiscard]] bool reads_notes() const override { return false; }
  };
  EventStream stream;
  Deaf deaf;
  Recorder reader;
  stream.add_listener(deaf);
  EXPECT_TRUE(stream.listened());
  EXPECT_FALSE(stream.notes_read());
  stream.add_listener(reader);
  EXPECT_TRUE(stream.notes_read());
  stream.remove_listener(deaf);
  EXPECT_TRUE(stream.notes_read());
  stream.remove_listener(reader);
  EXPECT_FALSE(stream.notes_read());
}

TEST(EventStream, TextsAreFoldedWholly) {
  EventStream a;
  EventStream b;
  a.emit(Time{}, 1, "x", {{"text", std::string_view("12345678")}, {"rest", std::string_view("9")}});
  b.emit(Time{}, 1, "x", {{"text", std::string_view("123456789")}, {"rest", std::string_view("")}});
  EXPECT_NE(a.digest(), b.digest());
}

TEST(DropReason, EachHasANameOfItsOwn) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < drop_reason_count; ++i) {
    const auto reason = static_cast<DropReason>(i);
    EXPECT_FALSE(describe(reason).empty());
    EXPECT_EQ(std::count(names.begin(), names.end(), name(reason)), 0) << name(reason);
    names.push_back(name(reason));
  }
}

TEST(World, ObjectsAreNumberedAndForgotten) {
  World world(1);
  const Named first(world, "first");
  {
    const Named second(world, "second");
    EXPECT_EQ(second.id(), first.id() + 1);
    EXPECT_EQ(world.object(second.id()), &second);
  }
  EXPECT_EQ(world.object(first.id() + 1), nullptr);
  EXPECT_EQ(world.object(12345), nullptr);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::core
