#include "stack/upnp/description.h"

#include <fmt/format.h>

#include "stack/upnp/xml_leaves.h"

namespace natsim::upnp {

std::string_view connection_service(std::uint8_t version) {
  return version == 1 ? "urn:schemas-upnp-org:service:WANIPConnection:1"
                      : "urn:schemas-upnp-org:service:WANIPConnection:2";
}

std::string make_description(std::uint8_t version, std::string_view control_path) {
  // UPnP Device Architecture 1.1 §2.3; the device of the connection is two levels down.
  const auto device = [version](std::string_view type, std::string_view inside) {
    return fmt::format(
        "<device><deviceType>urn:schemas-upnp-org:device:{}:{}</deviceType>"
        "<friendlyName>natsim {}</friendlyName><manufacturer>natsim</manufacturer>"
        "<modelName>natsim</modelName><UDN>uuid:natsim-{}</UDN>{}</device>",
        type, version, type, type, inside);
  };
  const auto list = [](std::string_view inner) {
    return fmt::format("<deviceList>{}</deviceList>", inner);
  };
  const std::string services = fmt::format(
      "<serviceList><service><serviceType>{}</serviceType>"
      "<serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId><SCPDURL>/scpd.xml</SCPDURL>"
      "<controlURL>{}</controlURL><eventSubURL/></service></serviceList>",
      connection_service(version), control_path);
  return fmt::format(
      "<?xml version=\"1.0\"?>\n<root xmlns=\"urn:schemas-upnp-org:device-1-0\"><specVersion>"
      "<major>1</major><minor>1</minor></specVersion>{}</root>\n",
      device("InternetGatewayDevice",
             list(device("WANDevice", list(device("WANConnectionDevice", services))))));
}

std::optional<Control> find_control(std::string_view document) {
  const auto leaves = xml_leaves(document);
  if (!leaves) return std::nullopt;
  std::optional<Control> best;
  std::string_view service;
  for (const auto& [name, text] : *leaves) {
    if (name == "serviceType") service = text;
    if (name != "controlURL" || !text.starts_with('/')) continue;
    if (text.find_first_of(" \t\r\n") != text.npos) continue;
    if (service == connection_service(2)) return Control{std::string(service), text};
    if (service == connection_service(1) && !best) best = Control{std::string(service), text};
  }
  return best;
}

}  // namespace natsim::upnp
