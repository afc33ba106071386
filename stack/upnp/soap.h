// Asking a device for actions: SOAP 1.1 over HTTP (UPnP Device Architecture 1.1 §3).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stack/base/address.h"
#include "stack/upnp/http_message.h"

namespace natsim::upnp {

// Names and values, in their order.
using Arguments = std::vector<std::pair<std::string, std::string>>;
// The value of the first argument of that name; nullopt if there is none.
std::optional<std::string_view> find(const Arguments& arguments, std::string_view name);

struct Action {
  std::string service;  // its type, such as "urn:schemas-upnp-org:service:WANIPConnection:1"
  std::string name;     // such as "AddPortMapping"
  Arguments arguments;

  bool operator==(const Action&) const = default;
};

// What UPnP answers in the place of results (WANIPConnection:2 §2.5).
enum class UpnpError : std::uint16_t {
  none = 0,
  invalid_action = 401,
  invalid_arguments = 402,
  action_failed = 501,
  not_authorized = 606,
  no_such_entry = 714,
  wildcard_not_permitted = 716,  // as the external port
  conflict = 718,
  only_permanent_leases = 725,
  only_any_remote_host = 726,
  no_port_maps = 728,
};
// Its name in the standard; empty for a number that is none of these.
std::string_view to_string(UpnpError error);

struct Outcome {
  UpnpError error = UpnpError::none;  // any number that the device gave
  Arguments results;                  // without an error

  bool operator==(const Outcome&) const = default;
};

HttpMessage make_request(const Action& action, const Endpoint& server, std::string_view path);
// nullopt for what is no request of an action.
std::optional<Action> parse_request(const HttpMessage& message);

HttpMessage make_answer(const Action& action, const Outcome& outcome);
// nullopt for what is neither results nor an error of UPnP.
std::optional<Outcome> parse_answer(const HttpMessage& message);

}  // namespace natsim::upnp
