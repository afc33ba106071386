#include "stack/upnp/control_point.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "stack/base/words.h"

namespace natsim::upnp {
namespace {

constexpr int most_searches = 3;
constexpr Duration search_interval = seconds(3);
constexpr Duration exchange_time = seconds(10);
constexpr int most_other_ports = 4;
constexpr std::uint16_t first_other_port = 1024;
constexpr Duration last_renewal = seconds(4);  // before the end

}  // namespace

ControlPoint::ControlPoint(const ControlPointOptions& options, const Endpoint& local,
                           const Random& random, Time now)
    : options_(options), local_(local), random_(random), lease_(options.lifetime) {
  external_.port = options.external_port != 0 ? options.external_port : options.internal_port;
  search(now);
}

void ControlPoint::search(Time now) {
  if (searches_++ == most_searches) return fail("no UPnP gateway answers");
  for (const std::string_view target : {gateway_type_2, gateway_type_1}) {
    transmits_.push_back({local_, ssdp_group, encode(Search{.target = std::string(target)})});
  }
  search_at_ = now + search_interval;
}

void ControlPoint::receive(const Endpoint& remote, ByteView datagram, Time now) {
  if (search_at_.is_never()) return;
  const auto answer = parse_search_answer(datagram);
  if (!answer || (answer->target != gateway_type_1 && answer->target != gateway_type_2)) return;
  const auto url = parse_url(answer->location);
  // A device speaks for itself alone.
  if (!url || url->server.address != remote.address) return;
  search_at_ = Time::never();
  description_ = *url;
  step_ = Step::description;
  begin(encode(HttpMessage{.start = fmt::format("GET {} HTTP/1.1", url->path),
                           .headers = {{"Host", to_string(url->server)}, {"Connection", "close"}},
                           .body = {}}),
        now);
}

void ControlPoint::begin(std::string request, Time now) {
  reader_ = HttpReader();
  exchange_ = Exchange{description_.server, std::move(request)};
  give_up_at_ = now + exchange_time;
}

void ControlPoint::ask(Step step, Time now) {
  step_ = step;
  begin(encode(make_request(action(step), description_.server, control_.path)), now);
}

Action ControlPoint::action(Step step) const {
  const std::string port = fmt::format("{}", external_.port);
  const std::string protocol = options_.transport == portmap::MapProtocol::udp ? "UDP" : "TCP";
  Action action{.service = control_.service, .name = {}, .arguments = {}};
  switch (step) {
    case Step::none:
    case Step::description:
      break;
    case Step::address:
      action.name = "GetExternalIPAddress";
      break;
    case Step::map:
    case Step::renew: {
      const bool any = step == Step::map && control_.service == connection_service(2);
      action.name = any ? "AddAnyPortMapping" : "AddPortMapping";
      action.arguments = {{"NewRemoteHost", ""},
                          {"NewExternalPort", port},
                          {"NewProtocol", protocol},
                          {"NewInternalPort", fmt::format("{}", options_.internal_port)},
                          {"NewInternalClient", to_string(local_.address)},
                          {"NewEnabled", "1"},
                          {"NewPortMappingDescription", "natsim"},
                          {"NewLeaseDuration", fmt::format("{}", lease_ / seconds(1))}};
      break;
    }
    case Step::remove:
      action.name = "DeletePortMapping";
      action.arguments = {
          {"NewRemoteHost", ""}, {"NewExternalPort", port}, {"NewProtocol", protocol}};
      break;
  }
  return action;
}

void ControlPoint::receive_answer(ByteView bytes, Time now) {
  if (step_ == Step::none || exchange_) return;
  switch (reader_.feed(bytes)) {
    case HttpReader::State::reading:
      return;
    case HttpReader::State::complete:
      return finish(reader_.message(), now);
    case HttpReader::State::broken:
      return stall(now);
  }
}

void ControlPoint::end_answer(Time now) {
  if (step_ == Step::none || exchange_) return;
  if (reader_.end() == HttpReader::State::complete) {
    finish(reader_.message(), now);
  } else {
    stall(now);
  }
}

void ControlPoint::finish(const HttpMessage& answer, Time now) {
  if (step_ == Step::description) {
    const auto control = find_control(answer.body);
    if (answer.status() != 200 || !control) return stall(now);
    control_ = *control;
    return ask(Step::address, now);
  }
  const auto outcome = parse_answer(answer);
  if (!outcome) return stall(now);
  give_up_at_ = Time::never();
  const Step step = std::exchange(step_, Step::none);
  if (step == Step::remove) {
    if (outcome->error != UpnpError::none && outcome->error != UpnpError::no_such_entry) {
      return fail(fmt::format("error {} ({})", static_cast<int>(outcome->error),
                              to_string(outcome->error)));
    }
    state_ = State::removed;
    changed_ = true;
    return;
  }
  if (step == Step::address && outcome->error == UpnpError::none) {
    const auto address = find(outcome->results, "NewExternalIPAddress");
    external_.address = IpAddress::parse(address.value_or("")).value_or(IpAddress::any_v4());
    return ask(Step::map, now);
  }
  take_mapping(*outcome, now);
}

void ControlPoint::take_mapping(const Outcome& outcome, Time now) {
  if (outcome.error == UpnpError::none) {
    if (const auto reserved = find(outcome.results, "NewReservedPort")) {
      external_.port = parse_number<std::uint16_t>(*reserved, 1, 65'535).value_or(external_.port);
    }
    return granted(now);
  }
  const bool mapped = state_ == State::mapped;
  if (outcome.error == UpnpError::only_permanent_leases && lease_ != Duration{}) {
    lease_ = Duration{};
    return ask(mapped ? Step::renew : Step::map, now);
  }
  if (outcome.error == UpnpError::conflict && !mapped && ports_tried_++ < most_other_ports) {
    external_.port =
        static_cast<std::uint16_t>(first_other_port + random_.below(65'536U - first_other_port));
    return ask(Step::map, now);
  }
  fail(fmt::format("error {} ({})", static_cast<int>(outcome.error), to_string(outcome.error)));
}

void ControlPoint::granted(Time now) {
  if (state_ == State::mapped) {
    ++renewals_;
  } else if (!removing_) {
    state_ = State::mapped;
  }
  lifetime_ = lease_;
  expires_ = lease_ == Duration{} ? Time::never() : now + lease_;
  changed_ = true;
  if (removing_) return ask(Step::remove, now);
  plan_renewal(now);
}

void ControlPoint::plan_renewal(Time now) {
  renew_at_ = Time::never();
  if (expires_.is_never()) return;
  const Duration left = expires_ - now;
  if (left / 2 > last_renewal) renew_at_ = now + left / 2;
}

// The exchange under way has come to nothing.
void ControlPoint::stall(Time now) {
  give_up_at_ = Time::never();
  step_ = Step::none;
  if (state_ == State::mapped) return plan_renewal(now);
  fail("the gateway does not answer as a UPnP gateway does");
}

void ControlPoint::fail(std::string reason) {
  state_ = State::failed;
  failure_ = std::move(reason);
  changed_ = true;
  step_ = Step::none;
  search_at_ = give_up_at_ = renew_at_ = Time::never();
}

void ControlPoint::remove(Time now) {
  switch (state_) {
    case State::requesting:
      removing_ = true;
      state_ = State::removing;
      changed_ = true;
      // Nothing is mapped, and nothing was asked for.
      if (step_ != Step::map) {
        state_ = State::removed;
        step_ = Step::none;
        search_at_ = give_up_at_ = Time::never();
      }
      return;
    case State::mapped:
      removing_ = true;
      state_ = State::removing;
      changed_ = true;
      renew_at_ = Time::never();
      return ask(Step::remove, now);
    case State::failed:
    case State::removing:
    case State::removed:
      return;
  }
}

void ControlPoint::handle_timeout(Time now) {
  if (now >= search_at_) search(now);
  // Also while an answer is awaited: the mapping is gone at the gateway too.
  if (state_ == State::mapped && now >= expires_) {
    return fail("the mapping was not renewed by its end");
  }
  if (now >= give_up_at_) stall(now);
  if (now < renew_at_) return;
  renew_at_ = Time::never();
  ask(Step::renew, now);
}

Time ControlPoint::next_timeout() const {
  const Time end = state_ == State::mapped ? expires_ : Time::never();
  return std::min({search_at_, give_up_at_, renew_at_, end});
}

std::optional<Transmit> ControlPoint::poll_transmit() {
  if (transmits_.empty()) return std::nullopt;
  Transmit next = std::move(transmits_.front());
  transmits_.pop_front();
  return next;
}

std::optional<Exchange> ControlPoint::poll_exchange() {
  return std::exchange(exchange_, std::nullopt);
}

bool ControlPoint::poll_change() { return std::exchange(changed_, false); }

}  // namespace natsim::upnp
