// SRTP and SRTCP (RFC 3711, RFC 7714): what goes out is protected, what comes in is unprotected.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/base/result.h"
#include "stack/srtp/keys.h"

namespace natsim::srtp {

// What became of a packet.
enum class Outcome : std::uint8_t {
  done,
  malformed,        // no RTP or RTCP packet, or shorter than its tag
  unauthenticated,  // wrong tag: forged, spoiled, of another key, or of another rollover counter
  replayed,         // this index was seen before
  too_old,          // behind the replay window, or as far behind the highest index sent
  key_used_up,      // 2^48 RTP or 2^31 RTCP packets (RFC 3711 §9.2)
  failed,           // anything else that the library refuses
};
std::string_view to_string(Outcome outcome);

// One end of an association: a key for what it sends and one for what it receives.
//
// Contract:
// 1. Streams come up on demand, one for each SSRC, each with a rollover counter that begins at 0.
//    A receiver that misses a stream's first wrap never authenticates it again, as the counter is
//    not on the wire (RFC 3711 §3.3.1): senders begin at sequence numbers below 2^15.
// 2. Packets are worked on in place; one that is not `done` is to be dropped, its bytes are
//    unspecified. Nothing of the state changes before a packet is authenticated.
// 3. The replay window is `replay_window` packets for each stream. A sender that protects the same
//    sequence number again gets `replayed` (a retransmission sends the same bytes again).
// 4. There is no clock and no randomness. libsrtp2 asks to be initialised once for each process;
//    this is done by the first session, safely from any thread. Sessions share nothing else.
// 5. One that is `plain` protects nothing, and costs next to nothing: its packets are as large as
//    the profile's would be, with zeros for tag and index. What ends otherwise is unauthenticated;
//    nothing is replayed or too old.
class Session {
 public:
  // Packets; a stream's window of RFC 3711 §3.3.2.
  static constexpr unsigned long replay_window = 128;

  // Keys of lengths other than the profile's are an error. Elements of header extensions whose ids
  // are among `encrypted_extensions` are encrypted too, and both ends have to know which (RFC
  // 6904).
  static Result<Session> create(Profile profile, const MasterKey& sends, const MasterKey& receives,
                                const std::vector<std::uint8_t>& encrypted_extensions = {});
  // The end that was the DTLS client, or the server (RFC 5764 §4.2).
  static Result<Session> of_client(const MasterKeys& keys);
  static Result<Session> of_server(const MasterKeys& keys);
  static Session plain(Profile profile) { return Session(profile, nullptr, nullptr); }

  Outcome protect_rtp(Bytes& packet);
  Outcome unprotect_rtp(Bytes& packet);
  Outcome protect_rtcp(Bytes& packet);
  Outcome unprotect_rtcp(Bytes& packet);

  [[nodiscard]] Profile profile() const { return profile_; }

 private:
  struct Context;  // libsrtp2's
  struct Release {
    void operator()(Context* context) const;
  };
  using Handle = std::unique_ptr<Context, Release>;

  Session(Profile profile, Handle sends, Handle receives)
      : profile_(profile), sends_(std::move(sends)), receives_(std::move(receives)) {}
  static Result<Handle> open(Profile profile, const MasterKey& key, bool inbound,
                             const std::vector<std::uint8_t>& encrypted_extensions);
  [[nodiscard]] bool is_plain() const { return sends_ == nullptr; }

  Profile profile_;
  Handle sends_;
  Handle receives_;
};

}  // namespace natsim::srtp
