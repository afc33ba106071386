// One run of a script: its world, its room and what has come out so far.
#pragma once

#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/agents/certificate_pool.h"
#include "sim/agents/tls_authority.h"
#include "sim/core/world.h"
#include "sim/net/network.h"
#include "sim/net/node.h"
#include "sim/script/net_object.h"
#include "sim/script/object.h"
#include "sim/script/runner.h"
#include "sim/script/sandbox.h"
#include "sim/script/scenario.h"
#include "sim/script/wait.h"

namespace natsim::script {

// Owns everything that a run is made of. Bindings find it with `Run::of`.
class Run {
 public:
  // `options` and `file` must outlive the run.
  Run(const ScenarioFile& file, const RunOptions& options);
  Run(const Run&) = delete;  // Lua refers to it
  Run& operator=(const Run&) = delete;
  ~Run();

  // The run whose script `lua` is.
  static Run& of(lua_State* lua);

  // Runs the file's chunk, which declares its scenarios; false if it failed, with outcome().error.
  bool load();
  // Runs a declared scenario to its end. Precondition: load() was true.
  void play(std::size_t index);

  [[nodiscard]] core::World& world() { return world_; }
  [[nodiscard]] net::Network& network() { return network_; }
  [[nodiscard]] Sandbox& sandbox() { return sandbox_; }
  [[nodiscard]] Wait& wait() { return wait_; }
  [[nodiscard]] const RunOptions& options() const { return options_; }
  [[nodiscard]] Outcome& outcome() { return outcome_; }
  [[nodiscard]] const std::vector<ScenarioInfo>& scenarios() const { return scenarios_; }

  // Takes the function at `index` of the running binding's stack as the next scenario.
  void declare(lua_State* lua, int index, ScenarioInfo info);
  // True while a scenario plays.
  [[nodiscard]] bool playing() const { return playing_; }

  // Makes a scripted object, which lives as long as the run, and counts its memory.
  template <typename T, typename... Arguments>
  T& make(lua_State* lua, Arguments&&... arguments) {
    sandbox_.charge_memory(lua, sizeof(T) + object_overhead);
    auto object = std::make_unique<T>(std::forward<Arguments>(arguments)...);
    T& reference = *object;
    objects_.push_back(std::move(object));
    return reference;
  }

  [[nodiscard]] NetObject& net() { return net_; }
  // Numbers the faults of one kind, from 1. `kind` is a name that lasts as long as the program.
  std::uint64_t count_fault(std::string_view kind) { return ++faults_[kind]; }

  // What nat_mix draws from.
  [[nodiscard]] Random& nat_draws() { return nat_draws_; }
  // What calls share.
  [[nodiscard]] agents::CertificatePool& certificates() { return certificates_; }
  // Who vouches for servers.
  [[nodiscard]] agents::TlsAuthority& tls() { return tls_; }

  // Has a function called at this instant, after what is going on, as soon as the script waits:
  // `push` pushes it and its one argument. It cannot wait itself.
  void call_soon(std::function<void(lua_State*)> push) { calls_.push_back(std::move(push)); }

  // Tells the event stream of something that the script did, as "scenario.<what>".
  void tell(std::string_view what, std::initializer_list<core::Field> fields);

  // Records that an expectation did not hold at the running line, and ends the scenario.
  [[noreturn]] void fail(lua_State* lua, Failure failure);
  // An expectation has been made, or what it expects has been decided. One that is never decided
  // is an error, for it checks nothing.
  void open_expectation(lua_State* lua);
  void close_expectation();

 private:
  // Bytes that an object is reckoned to take in the simulator beside itself.
  static constexpr std::uint64_t object_overhead = 2'000;

  // Runs what is on top of the coroutine `lua` to its end, with `arguments` arguments. The verdict
  // goes into the outcome.
  void execute(lua_State* lua, int arguments);
  // Calls what waits for it; false if one of the functions failed, with its error on `lua`.
  bool call_handlers(lua_State* lua);
  [[nodiscard]] std::string trimmed_line(const Location& at) const;
  void count_packets();

  const ScenarioFile& file_;
  const RunOptions& options_;
  Outcome outcome_;
  core::World world_;
  core::Named scenario_;  // speaks in the event stream for the script
  net::Network network_;
  Wait wait_;
  NetObject net_;
  std::vector<std::unique_ptr<Scripted>> objects_;  // after the network, which they use
  Sandbox sandbox_;                                 // after the objects, which it shows
  std::vector<ScenarioInfo> scenarios_;
  std::vector<int> functions_;  // of the scenarios, as references of the Lua registry
  bool playing_ = false;
  std::deque<std::function<void(lua_State*)>> calls_;  // to be made soon, in order
  std::map<std::string_view, std::uint64_t> faults_;   // made so far, by kind
  Random nat_draws_;
  agents::CertificatePool certificates_;
  agents::TlsAuthority tls_;
  std::optional<Location> open_expectation_;
};

}  // namespace natsim::script
