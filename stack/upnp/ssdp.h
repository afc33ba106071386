// Finding devices: SSDP (UPnP Device Architecture 1.1 §1.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace natsim::upnp {

// Where searches go.
inline constexpr Endpoint ssdp_group{IpAddress::v4(239, 255, 255, 250), 1900};

// What is searched for here: gateways of either version.
inline constexpr std::string_view gateway_type_1 =
    "urn:schemas-upnp-org:device:InternetGatewayDevice:1";
inline constexpr std::string_view gateway_type_2 =
    "urn:schemas-upnp-org:device:InternetGatewayDevice:2";

// "M-SEARCH * HTTP/1.1": who is a `target`? Devices wait up to `max_wait` seconds, 1 to 5, each as
// long as it likes.
struct Search {
  std::string target;
  std::uint8_t max_wait = 2;

  bool operator==(const Search&) const = default;
};
Bytes encode(const Search& search);
// nullopt for anything else. What is above 5 seconds is taken for 5 (§1.3.3).
std::optional<Search> parse_search(ByteView datagram);

// The answer of a device.
struct SearchAnswer {
  std::string target;
  std::string name;      // USN: of this device alone
  std::string location;  // the URL of its description

  bool operator==(const SearchAnswer&) const = default;
};
Bytes encode(const SearchAnswer& answer);
std::optional<SearchAnswer> parse_search_answer(ByteView datagram);

// "http://192.168.1.1:5000/desc.xml" in its parts.
struct Url {
  Endpoint server;
  std::string path;  // with its '/'

  bool operator==(const Url&) const = default;
};
// nullopt for what is not "http" to an IPv4 address.
std::optional<Url> parse_url(std::string_view text);

}  // namespace natsim::upnp
