#include "stack/stun/binding_probe.h"

#include "stack/stun/message_builder.h"

namespace natsim::stun {
namespace {

Transmit encode(const BindingProbe::Request& request, Random& random) {
  MessageBuilder builder(MessageClass::request, Method::binding, TransactionId::draw(random));
  if (request.change != ChangeRequest{}) builder.change_request(request.change);
  if (request.response_port) builder.response_port(*request.response_port);
  if (!request.software.empty()) builder.software(request.software);
  if (request.fingerprint) builder.fingerprint();
  return {request.local, request.remote, builder.take()};
}

}  // namespace

BindingProbe::BindingProbe(const Request& request, const TransactionTimers& timers, Random& random,
                           Time now)
    : transaction_(encode(request, random), timers, now) {}

bool BindingProbe::receive(const Endpoint& local, const Endpoint& remote,
                           const MessageView& message) {
  if (!transaction_.is_answered_by(message)) return false;
  transaction_.finish();
  answer_.local = local;
  answer_.source = remote;
  answer_.other_address = message.other_address();
  answer_.alternate_server = message.alternate_server();
  const auto mapped = message.mapped_address();
  const auto xor_mapped = message.xor_mapped_address();
  const auto error = message.error_code();
  if (!message.unknown_required(Usage::stun | Usage::behaviour_discovery).empty()) {
    outcome_ = Outcome::unusable;
  } else if (message.is_error() && error) {
    answer_.error = error->number;
    outcome_ = Outcome::error;
  } else if (message.is_success() && (xor_mapped || mapped)) {
    answer_.mapped = xor_mapped ? *xor_mapped : *mapped;
    answer_.rewritten = xor_mapped && mapped && *xor_mapped != *mapped;
    outcome_ = Outcome::success;
  } else {
    outcome_ = Outcome::unusable;
  }
  return true;
}

void BindingProbe::handle_timeout(Time now) {
  transaction_.handle_timeout(now);
  if (transaction_.failed()) outcome_ = Outcome::timeout;
}

}  // namespace natsim::stun
