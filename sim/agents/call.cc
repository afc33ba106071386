#include "sim/agents/call.h"

#include <utility>

#include <fmt/format.h>

namespace natsim::agents {
namespace {

std::string direction(const net::Host& from, const net::Host& to) {
  return fmt::format("{}->{}", from.label(), to.label());
}

}  // namespace

std::string_view to_string(CallState state) {
  constexpr std::string_view names[] = {"connecting", "connected", "disconnected", "failed",
                                        "closed"};
  return names[static_cast<std::size_t>(state)];
}

Result<std::unique_ptr<Call>> Call::start(net::Host& caller, net::Host& callee,
                                          CallOptions options) {
  std::unique_ptr<Call> call(new Call(caller, callee, std::move(options)));
  if (const auto begun = call->caller_.start(); !begun) return Error{begun.error()};
  return call;
}

Call::Call(net::Host& caller, net::Host& callee, CallOptions options)
    : caller_(caller,
              [&] {
                options.caller.ice.role = ice::Role::controlling;
                return std::move(options.caller);
              }()),
      callee_(callee,
              [&] {
                options.callee.ice.role = ice::Role::controlled;
                return std::move(options.callee);
              }()),
      to_callee_(caller.world(), direction(caller, callee), options.signalling, callee_),
      to_caller_(caller.world(), direction(callee, caller), options.signalling, caller_),
      started_at_(caller.world().now()) {
  caller_.connect(to_callee_);
  callee_.connect(to_caller_);
  caller_.on_change = callee_.on_change = [this] { update(); };
}

void Call::close() {
  caller_.close();
  callee_.close();
}

void Call::update() {
  using ice::AgentState;
  const AgentState a = caller_.machine().state();
  const AgentState b = callee_.machine().state();
  const auto either = [a, b](AgentState state) { return a == state || b == state; };
  const bool both_selected = !caller_.selected_at().is_never() && !callee_.selected_at().is_never();
  state_ = a == AgentState::closed && b == AgentState::closed ? CallState::closed
           : either(AgentState::failed)                       ? CallState::failed
           : either(AgentState::disconnected)                 ? CallState::disconnected
           : both_selected                                    ? CallState::connected
                                                              : CallState::connecting;
  if (state_ == CallState::connected && connected_at_.is_never()) {
    connected_at_ = caller_.world().now();
  }
  if (on_change) on_change();
}

}  // namespace natsim::agents
