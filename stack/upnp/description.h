// The description of an Internet gateway device: which service maps ports, and where it is asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace natsim::upnp {

// The service that maps ports, by the version of the gateway, 1 or 2.
std::string_view connection_service(std::uint8_t version);

// The document of a gateway of that version whose service is asked at `control_path`.
std::string make_description(std::uint8_t version, std::string_view control_path);

// Where a service is asked.
struct Control {
  std::string service;  // its type
  std::string path;     // with its '/'

  bool operator==(const Control&) const = default;
};
// The best service that maps ports: WANIPConnection, version 2 before 1. nullopt if the document
// has none, or cannot be read.
std::optional<Control> find_control(std::string_view document);

}  // namespace natsim::upnp
