// A WebRTC peer on a simulated host: offer/answer, ICE, DTLS-SRTP.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "sim/agents/agent.h"
#include "sim/agents/ice_peer.h"
#include "sim/agents/signalling.h"
#include "stack/peer/media_session.h"
#include "stack/peer/negotiation.h"
#include "stack/peer/secure_transport.h"

namespace natsim::agents {

struct PeerConnectionOptions {
  IcePeerOptions ice;
  peer::NegotiationOptions negotiation;
  peer::SecurityOptions security;
  // One that was made before, or of which kind a new one is.
  std::variant<dtls::KeyType, dtls::Certificate> certificate = dtls::KeyType::ecdsa_p256;
  peer::MediaOptions media;
  // Gives its own offer up when the other side's comes in between (RFC 9429 §4.1.10.2).
  bool polite = false;
};

// The states of the W3C RTCPeerConnection's connectionState.
enum class ConnectionState : std::uint8_t {
  new_connection,
  connecting,
  connected,     // ICE has a path and DTLS is done
  disconnected,  // ICE waits for an answer on its path
  failed,        // ICE or DTLS has
  closed,
};
std::string_view to_string(ConnectionState state);

// Contract:
// 1. Used by hand it is the W3C API: create, set local, set remote. Setting a description starts
//    what it calls for; what is to be told to the other side goes to the sink given to `connect`.
// 2. Used by `negotiate` and `receive_signal` it exchanges descriptions by itself, by the pattern
//    of perfect negotiation: an offer that meets one's own is answered if polite, else ignored.
// 3. DTLS starts with the first writable pair (RFC 8842 §7.3), on whatever pair ICE selects then.
//    Tracks are sent as soon as it is done.
//
// Events, beside those of its IcePeer:
//   "peer.signalling" {state}; "peer.state" {state}; "peer.track" {kind, mid, id};
//   "peer.track_ended" {kind, mid}; "peer.refused" {what, reason};
//   "dtls.state" {state, role, cipher, profile, reason}; "dtls.key" {line};
//   "srtp.keys" {profile, client, server}, if media are protected: the master keys, each with its
//   salt behind it, in hexadecimal.
class PeerConnection : public Agent, public SignalReceiver, private SignalSink {
 public:
  PeerConnection(net::Host& host, PeerConnectionOptions options);

  // Where its signals go. Before anything else.
  void connect(SignalSink& sink) { sink_ = &sink; }

  // What is wanted; see peer::Negotiation.
  [[nodiscard]] peer::Negotiation& negotiation() { return negotiation_; }
  [[nodiscard]] const peer::Negotiation& negotiation() const { return negotiation_; }

  Result<peer::SessionDescription> create_offer();
  Result<peer::SessionDescription> create_answer();
  // The first one starts ICE; it fails too if a socket cannot be opened.
  std::optional<Error> set_local_description(const peer::SessionDescription& description);
  std::optional<Error> set_remote_description(const peer::SessionDescription& description);
  // Of the section `mid`, or of that place if it is empty. A line that is no candidate for this
  // agent is told as an event and is no error, as with browsers.
  std::optional<Error> add_ice_candidate(std::string_view line, std::string_view mid,
                                         std::optional<std::size_t> index = std::nullopt);
  [[nodiscard]] std::optional<peer::SessionDescription> local_description() const;

  // Makes an offer and sends it, if one is due and may be made now.
  void negotiate();
  void receive_signal(const Signal& signal) override;
  // Why the exchange that goes by itself has stopped; empty if it has not.
  [[nodiscard]] const std::string& error() const { return error_; }

  // Restarts ICE by an offer, as soon as one may be made (RFC 9429 §5.2.1). Fails if a socket
  // cannot be opened. Precondition: ICE has started, and nothing is closed.
  std::optional<Error> restart_ice();
  [[nodiscard]] bool restart_is_due() const { return restart_is_due_; }
  void close();

  [[nodiscard]] IcePeer& ice() { return ice_; }
  [[nodiscard]] const IcePeer& ice() const { return ice_; }
  [[nodiscard]] const peer::SecureTransport& transport() const { return transport_; }
  [[nodiscard]] const peer::MediaSession& media() const { return media_; }
  [[nodiscard]] ConnectionState state() const { return state_; }
  // When DTLS was done; never() before.
  [[nodiscard]] Time secured_at() const { return secured_at_; }

  // Called with what descriptions have changed, once it has been told; may be empty.
  std::function<void(const peer::NegotiationEvent&)> on_negotiation;
  // Called after each change of the state or of the selected pair; may be empty.
  std::function<void()> on_change;

 private:
  void take(const Endpoint& /*local*/, const net::Packet& /*packet*/) override {}
  void handle_timeout(Time now) override;
  [[nodiscard]] Time next_timeout() const override;
  void drain() override;
  bool drain_media();

  // From the IcePeer.
  void send(Signal signal) override;
  void take_data(const net::Packet* packet, ByteView data);
  void take_ice_change();

  [[nodiscard]] peer::LocalTransport local_transport() const;
  std::optional<Error> start_ice();
  void apply_remote_transport();
  void apply_role();
  void answer_or_stop(const peer::SessionDescription& description);
  void stop(std::string_view what, const std::string& reason);
  void tell_negotiation();
  void on(const peer::SignallingStateChanged& event);
  void on(const peer::TrackAdded& event);
  void on(const peer::TrackRemoved& event);
  void on(const peer::Secured& event);
  void tell_keys(const srtp::MasterKeys& keys);
  void on(const peer::RtpArrived& event);
  void on(const peer::RtcpArrived& event);
  void on(const peer::Dropped& event);
  void on(const dtls::Failed& event);
  void on(const dtls::Closed& event);
  void on(const dtls::KeyLogLine& event);
  void on(const peer::PeerLeft& event);
  void on(const peer::MediaIgnored& event);
  void update();

  PeerConnectionOptions options_;
  SignalSink* sink_ = nullptr;
  dtls::Certificate certificate_;
  IcePeer ice_;
  peer::Negotiation negotiation_;
  peer::SecureTransport transport_;
  peer::MediaSession media_;
  std::vector<std::string> candidates_;  // own ones, as descriptions have them
  bool restart_is_due_ = false;          // by the next offer
  bool restarting_ = false;     // since ICE was: what it tells goes with the next description
  bool ignores_offer_ = false;  // the latest one met our own; its candidates go with it
  std::vector<sdp::Fingerprint> expected_;  // of the association that stands
  bool dtls_failed_ = false;
  bool closed_ = false;
  ConnectionState state_ = ConnectionState::new_connection;
  Time secured_at_ = Time::never();
  std::string error_;
  const net::Packet* current_ = nullptr;  // being taken; null if a stream brought it
  bool taking_ = false;                   // data, with its packet or without
};

}  // namespace natsim::agents
