// What is read from packets alone is held against what natsim's own agents say of themselves.
#include "sim/record/heard_agents.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sim/record/explain.h"
#include "tests/sim/record/two_homes.h"

namespace natsim::record {
namespace NATSIM_TEST_FILE {

using Json = nlohmann::ordered_json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// Deaf to what agents say, as to a program's.
struct Eavesdropper : Explainer {
  using Explainer::Explainer;
  void on_agent(const core::AgentEvent& /*event*/) override {}
};

struct Overheard {
  Overheard(std::string_view alices, std::string_view bobs)
      : homes(*nat::find_preset(alices), *nat::find_preset(bobs)) {
    homes.world.events().add_listener(told);
    homes.world.events().add_listener(heard);
  }

  void call(Time end = Time{} + seconds(60)) {
    homes.start_call();
    homes.run_until(end);
  }

  TwoHomes homes;
  Explainer told{homes.world};
  Eavesdropper heard{homes.world};
};

// Null if there is none with these ends.
const Json* find_pair(const Json& report, const Json& like) {
  for (const Json& pair : report["pairs"]) {
    if (pair["agent"] == like["agent"] && pair["local"] == like["local"] &&
        pair["remote"] == like["remote"]) {
      return &pair;
    }
  }
  return nullptr;
}

const Json& agent_of(const Json& report, const std::string& name) {
  for (const Json& agent : report["agents"]) {
    if (agent["agent"] == name) return agent;
  }
  static const Json none;
  return none;
}

class HeardAgentsBehind
    : public testing::TestWithParam<std::tuple<std::string, std::string, bool>> {};

TEST_P(HeardAgentsBehind, HaveTheStoriesThatTheyWouldTell) {
  const auto& [alices, bobs, with_turn] = GetParam();
  Overheard run(alices, bobs);
  if (with_turn) run.homes.start_turn();
  run.call();
  const Json told = run.told.to_json();
  const Json heard = run.heard.to_json();
  for (const char* const name : {"alice", "bob"}) {
    EXPECT_EQ(agent_of(heard, name)["selected"], agent_of(told, name)["selected"]) << name;
  }
  int checked = 0;
  for (const Json& pair : told["pairs"]) {
    if (pair["story"][0].get<std::string>().find("never sent a check") != std::string::npos) {
      continue;
    }
    const Json* const same = find_pair(heard, pair);
    ASSERT_NE(same, nullptr) << pair.dump(1);
    for (const char* const key :
         {"local_type", "remote_type", "remote_agent", "story", "changes"}) {
      EXPECT_EQ((*same)[key], pair[key]) << key;
    }
    ++checked;
  }
  // Each has the other's private address to fail at, unless it need not try that to its end.
  const bool has_failed = run.homes.call->state() == agents::CallState::failed;
  EXPECT_GE(checked, has_failed ? 4 : 0);
  EXPECT_EQ(run.heard.why_not_connected(), run.told.why_not_connected());
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, HeardAgentsBehind,
    testing::Combine(testing::Values("full-cone", "port-restricted", "symmetric"),
                     testing::Values("full-cone", "port-restricted", "symmetric"),
                     testing::Bool()));

TEST(HeardAgents, SayWhereTheyAreKnownFrom) {
  Overheard run("symmetric", "port-restricted");
  run.call();
  EXPECT_THAT(run.heard.text(),
              HasSubstr("alice says nothing of its ICE agent: what is told of it is read from its "
                        "packets."));
  EXPECT_THAT(run.told.text(), Not(HasSubstr("says nothing")));
}

TEST(HeardAgents, MissAServerThatDoesNotAnswer) {
  Overheard run("port-restricted", "port-restricted");
  run.homes.call_options.caller.stun_servers = {{IpAddress::v4(203, 0, 113, 99), 3478}};
  run.call();
  EXPECT_EQ(agent_of(run.heard.to_json(), "alice")["notes"][0],
            "alice got no candidate from the STUN server 203.0.113.99:3478: it did not answer.");
}

TEST(HeardAgents, AreRefusedByAServer) {
  Overheard run("symmetric", "symmetric");
  run.homes.start_turn();
  run.homes.call_options.caller.turn_servers[0].password = "wrong";
  run.call();
  EXPECT_THAT(run.heard.why_not_connected(),
              StartsWith("alice has no relayed candidate: the TURN server 203.0.113.10:3479 "
                         "refused. "));
}

TEST(HeardAgents, HaveNotFailedWhileChecksAreUnderWay) {
  Overheard run("full-cone", "full-cone");
  run.homes.start_call();
  // The first checks leave after 150 ms and take 22 ms.
  run.homes.run_until(Time{} + milliseconds(155));
  const Json heard = run.heard.to_json();
  ASSERT_EQ(heard["pairs"].size(), 4U);
  // No route led to bob's private address, for which her first check was.
  EXPECT_EQ(heard["pairs"][0]["state"], "failed");
  EXPECT_EQ(heard["pairs"][1]["state"], "in-progress");
  EXPECT_EQ(heard["pairs"][1]["reason"], "");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::record
