// Two peers and the signalling between them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "sim/agents/certificate_pool.h"
#include "sim/agents/ice_peer.h"
#include "sim/agents/peer_connection.h"
#include "sim/agents/signalling.h"
#include "sim/agents/signalling_client.h"
#include "stack/sdp/stream_attributes.h"

namespace natsim::agents {

// What a call is about, beside its path.
struct CallMedia {
  std::optional<sdp::Direction> audio;  // by the caller; nullopt: none is offered
  std::optional<sdp::Direction> video;
  std::string audio_codec = "opus";  // that the offer prefers; of peer::codecs_of
  std::string video_codec = "VP8";
  std::vector<peer::SendEncoding> send_encodings;  // of the caller's video; empty: one stream
  peer::MediaOptions streams;
  peer::SecurityOptions security;
  dtls::KeyType certificate = dtls::KeyType::ecdsa_p256;
  // Each end makes one of its own, even if there is a pool. With RSA it always does.
  bool own_certificates = false;
};

struct CallOptions {
  IcePeerOptions caller;
  IcePeerOptions callee;
  // A delayed channel each way, or a server: both sides are then its clients, in a room of their
  // own, under their hosts' names.
  std::variant<SignallingOptions, SignallingClientOptions> signalling;
  // nullopt: the call is ICE alone, and what it carries is the scenario's.
  std::optional<CallMedia> media;
  // Of the same world, and as long-lived as the call; null: each end makes its own certificate.
  CertificatePool* certificates = nullptr;
};

// How a call stands, by both of its sides.
enum class CallState : std::uint8_t {
  connecting,    // not both sides have selected a pair yet, or, with media, not secured it
  connected,     // both have
  disconnected,  // both had, but a side waits for its pair to answer
  failed,        // a side's ICE or DTLS has failed
  closed,
};
std::string_view to_string(CallState state);

// A call from one host to another. The caller starts at once, the callee when the caller's
// description has come through the signalling.
class Call {
 public:
  // Fails if the caller cannot open its sockets or make an offer.
  static Result<std::unique_ptr<Call>> start(net::Host& caller, net::Host& callee,
                                             CallOptions options);

  [[nodiscard]] IcePeer& caller() { return caller_.ice(); }
  [[nodiscard]] IcePeer& callee() { return callee_.ice(); }
  [[nodiscard]] const IcePeer& caller() const { return caller_.ice(); }
  [[nodiscard]] const IcePeer& callee() const { return callee_.ice(); }
  // Null if the call is ICE alone.
  [[nodiscard]] PeerConnection* caller_connection() const { return caller_.connection.get(); }
  [[nodiscard]] PeerConnection* callee_connection() const { return callee_.connection.get(); }
  // Why a side could not start, or the exchange of descriptions stopped; empty if all went well.
  [[nodiscard]] std::string error() const;
  [[nodiscard]] CallState state() const { return state_; }
  [[nodiscard]] Time started_at() const { return started_at_; }
  // When the call was first connected; never() if it has not been.
  [[nodiscard]] Time connected_at() const { return connected_at_; }
  // Whether both sides know each other's present credentials and, if ICE was restarted, have
  // selected a pair since then.
  [[nodiscard]] bool restarts_done() const;
  void close();

  // Called after each change of the state or of a selected pair; may be empty.
  std::function<void()> on_change;

 private:
  // One of the two.
  struct Side {
    Side(net::Host& host, CallEnd end, IcePeerOptions options, const CallOptions& call);

    [[nodiscard]] IcePeer& ice() const { return connection ? connection->ice() : *bare; }
    [[nodiscard]] SignalReceiver& receiver() const;
    void connect(SignalSink& sink) const;
    void close() const;
    [[nodiscard]] bool ready() const;  // selected a pair and, with media, secured it
    [[nodiscard]] bool failed() const;

    std::unique_ptr<IcePeer> bare;
    std::unique_ptr<PeerConnection> connection;
  };

  Call(net::Host& caller, net::Host& callee, CallOptions options);
  void add_media(const CallMedia& media);
  void join_by(const SignallingOptions& options);
  void join_by(const SignallingClientOptions& options);
  void update();

  Side caller_;
  Side callee_;
  std::unique_ptr<SignallingClient> caller_client_;  // of the server; null with a channel
  std::unique_ptr<SignallingClient> callee_client_;
  std::unique_ptr<SignalSink> to_callee_;
  std::unique_ptr<SignalSink> to_caller_;
  Time started_at_;
  Time connected_at_ = Time::never();
  CallState state_ = CallState::connecting;
};

}  // namespace natsim::agents
