#include "stack/upnp/soap.h"

#include <array>

#include <fmt/format.h>

#include "stack/base/words.h"
#include "stack/upnp/xml_leaves.h"

namespace natsim::upnp {
namespace {

constexpr std::array<std::pair<UpnpError, std::string_view>, 10> error_names = {{
    {UpnpError::invalid_action, "Invalid Action"},
    {UpnpError::invalid_arguments, "Invalid Args"},
    {UpnpError::action_failed, "Action Failed"},
    {UpnpError::not_authorized, "Action not authorized"},
    {UpnpError::no_such_entry, "NoSuchEntryInArray"},
    {UpnpError::wildcard_not_permitted, "WildCardNotPermittedInExtPort"},
    {UpnpError::conflict, "ConflictInMappingEntry"},
    {UpnpError::only_permanent_leases, "OnlyPermanentLeasesSupported"},
    {UpnpError::only_any_remote_host, "RemoteHostOnlySupportsWildcard"},
    {UpnpError::no_port_maps, "NoPortMapsAvailable"},
}};

std::string enveloped(std::string_view body) {
  return fmt::format(
      "<?xml version=\"1.0\"?>\n"
      "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" "
      "s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>{}</s:Body>"
      "</s:Envelope>\n",
      body);
}

std::string element(std::string_view name, std::string_view service, const Arguments& arguments) {
  std::string text = fmt::format("<u:{} xmlns:u=\"{}\">", name, service);
  for (const auto& [argument, value] : arguments) {
    text += fmt::format("<{0}>{1}</{0}>", argument, xml_escaped(value));
  }
  return text + fmt::format("</u:{}>", name);
}

}  // namespace

std::optional<std::string_view> find(const Arguments& arguments, std::string_view name) {
  return find_leaf(arguments, name);
}

std::string_view to_string(UpnpError error) {
  for (const auto& [known, name] : error_names) {
    if (known == error) return name;
  }
  return {};
}

HttpMessage make_request(const Action& action, const Endpoint& server, std::string_view path) {
  return {.start = fmt::format("POST {} HTTP/1.1", path),
          .headers = {{"Host", natsim::to_string(server)},
                      {"Content-Type", "text/xml; charset=\"utf-8\""},
                      {"SOAPAction", fmt::format("\"{}#{}\"", action.service, action.name)},
                      {"Connection", "close"}},
          .body = enveloped(element(action.name, action.service, action.arguments))};
}

std::optional<Action> parse_request(const HttpMessage& message) {
  const auto header = message.find("SOAPAction");
  if (!message.start.starts_with("POST ") || !header) return std::nullopt;
  std::string_view what = *header;
  if (what.size() > 1 && what.front() == '"' && what.back() == '"') {
    what = what.substr(1, what.size() - 2);
  }
  const std::size_t hash = what.find('#');
  if (hash == what.npos) return std::nullopt;
  auto leaves = xml_leaves(message.body);
  if (!leaves) return std::nullopt;
  return Action{std::string(what.substr(0, hash)), std::string(what.substr(hash + 1)),
                std::move(*leaves)};
}

HttpMessage make_answer(const Action& action, const Outcome& outcome) {
  HttpMessage message{
      .start = "HTTP/1.1 200 OK",
      .headers = {{"Content-Type", "text/xml; charset=\"utf-8\""}, {"Connection", "close"}},
      .body = {}};
  if (outcome.error == UpnpError::none) {
    message.body = enveloped(element(action.name + "Response", action.service, outcome.results));
    return message;
  }
  message.start = "HTTP/1.1 500 Internal Server Error";
  message.body = enveloped(fmt::format(
      "<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>"
      "<UPnPError xmlns=\"urn:schemas-upnp-org:control-1-0\"><errorCode>{}</errorCode>"
      "<errorDescription>{}</errorDescription></UPnPError></detail></s:Fault>",
      static_cast<std::uint16_t>(outcome.error), to_string(outcome.error)));
  return message;
}

std::optional<Outcome> parse_answer(const HttpMessage& message) {
  auto leaves = xml_leaves(message.body);
  if (!leaves) return std::nullopt;
  if (message.status() == 200) return Outcome{.results = std::move(*leaves)};
  const auto code = find_leaf(*leaves, "errorCode");
  if (!code) return std::nullopt;
  const auto number = parse_number<std::uint16_t>(*code, 1, 65'535);
  if (!number) return std::nullopt;
  return Outcome{.error = static_cast<UpnpError>(*number)};
}

}  // namespace natsim::upnp
