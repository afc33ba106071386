// Session descriptions (SDP, RFC 8866): their lines, as a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/result.h"

namespace natsim::sdp {

// "a=name" or "a=name:value" (RFC 8866 §5.13).
struct Attribute {
  std::string name;
  std::optional<std::string> value;

  bool operator==(const Attribute&) const = default;
};

// "o=username sess-id sess-version nettype addrtype address" (RFC 8866 §5.2).
struct Origin {
  std::string username = "-";
  std::uint64_t session_id = 0;  // below 2^63 (RFC 9429 §5.2.1)
  std::uint64_t version = 0;     // one more whenever the description has changed
  Family family = Family::ipv4;
  std::string address = "127.0.0.1";  // or a host name; never connected to

  bool operator==(const Origin&) const = default;
};

// "c=IN IP4 address": where media is sent to. ICE replaces it (RFC 8839 §4.3.2.2).
struct Connection {
  Family family = Family::ipv4;
  std::string address = "0.0.0.0";  // with a multicast address "/ttl/count" behind it

  bool operator==(const Connection&) const = default;
};

// "b=type:bandwidth". AS counts kilobits a second, TIAS bits a second (RFC 3890).
struct Bandwidth {
  std::string type;
  std::uint64_t value = 0;

  bool operator==(const Bandwidth&) const = default;
};

// "t=start stop" in seconds of NTP, with the "r=" lines that follow it.
struct Timing {
  std::uint64_t start = 0;
  std::uint64_t stop = 0;
  std::vector<std::string> repeats;

  bool operator==(const Timing&) const = default;
};

// A media section: an "m=" line and those that follow it (RFC 8866 §5.14).
struct Media {
  std::string kind;                  // "audio", "video", "application" …
  std::uint16_t port = 9;            // 0: rejected, or bundle-only (RFC 9143 §6)
  std::uint16_t ports = 1;           // how many
  std::string protocol;              // such as "UDP/TLS/RTP/SAVPF"
  std::vector<std::string> formats;  // at least one; of RTP the payload types, best first
  std::optional<std::string> information;
  std::vector<Connection> connections;
  std::vector<Bandwidth> bandwidths;
  std::optional<std::string> key;  // obsolete (RFC 8866 §5.12), kept as it is
  std::vector<Attribute> attributes;

  bool operator==(const Media&) const = default;
};

struct Description {
  Origin origin;
  std::string name = "-";
  std::optional<std::string> information;
  std::optional<std::string> uri;
  std::vector<std::string> emails;
  std::vector<std::string> phones;
  std::optional<Connection> connection;
  std::vector<Bandwidth> bandwidths;
  std::vector<Timing> timings = {{}};  // at least one
  std::optional<std::string> zones;
  std::optional<std::string> key;
  std::vector<Attribute> attributes;
  std::vector<Media> media;

  bool operator==(const Description&) const = default;
};

// What `parse` takes at most, so that a description cannot ask for much memory.
inline constexpr std::size_t longest_line = 16'384;  // bytes
inline constexpr std::size_t most_lines = 20'000;
inline constexpr std::size_t most_media = 256;

// The description that `text` is. Lines end with CRLF or LF, the last one with nothing if it likes.
// They come in the order of RFC 8866 §5, as RFC 9429 §5.8 demands; within a level attributes keep
// their order, those of unknown name too. The error names the line by its number.
Result<Description> parse(std::string_view text);

// The lines, each ending with CRLF. What `parse` gave comes back equal from parse(to_string(…)).
std::string to_string(const Description& description);

// The value of a level's first attribute of that name: empty text for one without a value, nullopt
// if there is none.
std::optional<std::string_view> find(const std::vector<Attribute>& attributes,
                                     std::string_view name);

}  // namespace natsim::sdp
