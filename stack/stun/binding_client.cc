#include "stack/stun/binding_client.h"

#include <algorithm>
#include <utility>

namespace natsim::stun {

std::string to_string(BindingFailure::Reason reason) {
  switch (reason) {
    case BindingFailure::Reason::timeout:
      return "no answer";
    case BindingFailure::Reason::error_response:
      return "error response";
    case BindingFailure::Reason::unusable_response:
      return "unusable response";
    case BindingFailure::Reason::bad_redirection:
      return "redirection to nowhere";
    case BindingFailure::Reason::redirection_loop:
      return "redirection loop";
  }
  return {};
}

BindingClient::BindingClient(const Endpoint& local, const Endpoint& server, Options options,
                             Random random, Time now)
    : local_(local), options_(std::move(options)), random_(random) {
  ask(server, now);
}

void BindingClient::ask(const Endpoint& server, Time now) {
  asked_.push_back(server);
  probe_.emplace(BindingProbe::Request{.local = local_,
                                       .remote = server,
                                       .software = options_.software,
                                       .fingerprint = options_.fingerprint},
                 options_.timers, random_, now);
}

void BindingClient::receive(const Endpoint& local, const Endpoint& remote, ByteView datagram,
                            Time now) {
  if (local != local_ || remote != asked_.back()) return;
  const auto message = MessageView::parse(datagram);
  if (!message || !probe_->receive(local, remote, *message)) return;
  switch (probe_->outcome()) {
    case BindingProbe::Outcome::success:
      event_ = MappedAddress{probe_->answer().mapped, remote, now};
      break;
    case BindingProbe::Outcome::error:
      if (probe_->answer().error == ErrorNumber::try_alternate) {
        redirect(now);
      } else {
        fail(BindingFailure::Reason::error_response, probe_->answer().error);
      }
      break;
    default:
      fail(BindingFailure::Reason::unusable_response);
      break;
  }
}

void BindingClient::redirect(Time now) {
  const auto target = probe_->answer().alternate_server;
  const Endpoint& server = asked_.back();
  // A public server has no business sending anybody to the asker's own machine.
  if (!target || target->port == 0 || target->address.is_any() ||
      target->address.family() != server.address.family() ||
      (target->address.is_loopback() && !server.address.is_loopback())) {
    return fail(BindingFailure::Reason::bad_redirection);
  }
  if (std::ranges::find(asked_, *target) != asked_.end() ||
      asked_.size() > static_cast<std::size_t>(options_.max_redirections)) {
    return fail(BindingFailure::Reason::redirection_loop);
  }
  ask(*target, now);
}

void BindingClient::handle_timeout(Time now) {
  if (now < next_timeout()) return;
  probe_->handle_timeout(now);
  if (probe_->outcome() == BindingProbe::Outcome::timeout) fail(BindingFailure::Reason::timeout);
}

void BindingClient::fail(BindingFailure::Reason reason, std::optional<ErrorNumber> error) {
  event_ = BindingFailure{reason, error};
}

std::optional<BindingResult> BindingClient::poll_event() { return std::exchange(event_, {}); }

}  // namespace natsim::stun
