#include "stack/srtp/session.h"

#include <algorithm>
#include <cstddef>
#include <srtp2/srtp.h>
#include <string>
#include <utility>

#include "stack/srtp/aes.h"

namespace natsim::srtp {

namespace {

constexpr std::size_t rtp_header = 12;
constexpr std::size_t rtcp_header = 8;

Outcome outcome_of(srtp_err_status_t status) {
  switch (status) {
    case srtp_err_status_ok:
      return Outcome::done;
    case srtp_err_status_bad_param:
    case srtp_err_status_parse_err:
      return Outcome::malformed;
    case srtp_err_status_auth_fail:
      return Outcome::unauthenticated;
    case srtp_err_status_replay_fail:
      return Outcome::replayed;
    case srtp_err_status_replay_old:
    case srtp_err_status_pkt_idx_old:
      return Outcome::too_old;
    case srtp_err_status_key_expired:
      return Outcome::key_used_up;
    default:
      return Outcome::failed;
  }
}

// Once for the whole process: the language makes the others wait for the first.
srtp_err_status_t initialise_library() {
  static const srtp_err_status_t library = [] {
    const srtp_err_status_t begun = srtp_init();
    return begun == srtp_err_status_ok ? use_openssl() : begun;
  }();
  return library;
}

void set_policies(Profile profile, srtp_policy_t& policy) {
  switch (profile) {
    case Profile::aes128_cm_sha1_80:
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
      break;
    case Profile::aes128_cm_sha1_32:
      // The short tag is RTP's alone (RFC 5764 §4.1.2).
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
      break;
    case Profile::aead_aes_128_gcm:
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
      break;
    case Profile::aead_aes_256_gcm:
      srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
      srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
      break;
  }
}

using Work = srtp_err_status_t (*)(srtp_t, void*, int*);

// The library checks no length before it reads the fixed header, and its protection appends.
Outcome work_on(void* context, Bytes& packet, std::size_t header, std::size_t room, Work work) {
  if (packet.size() < header || packet.size() > 0xffff) return Outcome::malformed;
  int length = static_cast<int>(packet.size());
  packet.resize(packet.size() + room);
  const Outcome outcome = outcome_of(work(static_cast<srtp_t>(context), packet.data(), &length));
  packet.resize(outcome == Outcome::done ? static_cast<std::size_t>(length) : packet.size() - room);
  return outcome;
}

// Of plain sessions.
Outcome append_zeros(Bytes& packet, std::size_t header, std::size_t count) {
  if (packet.size() < header) return Outcome::malformed;
  packet.resize(packet.size() + count);
  return Outcome::done;
}

Outcome take_zeros(Bytes& packet, std::size_t header, std::size_t count) {
  if (packet.size() < header + count) return Outcome::malformed;
  const auto begin = packet.end() - static_cast<std::ptrdiff_t>(count);
  const bool sound = std::all_of(begin, packet.end(), [](std::uint8_t byte) { return byte == 0; });
  packet.erase(begin, packet.end());
  return sound ? Outcome::done : Outcome::unauthenticated;
}

}  // namespace

void Session::Release::operator()(Context* context) const {
  srtp_dealloc(reinterpret_cast<srtp_t>(context));
}

Result<Session::Handle> Session::open(Profile profile, const MasterKey& key, bool inbound,
                                      const std::vector<std::uint8_t>& encrypted_extensions) {
  if (key.key.size() != key_length(profile) || key.salt.size() != salt_length(profile)) {
    return Error{std::string(to_string(profile)) + " needs a key of " +
                 std::to_string(key_length(profile)) + " and a salt of " +
                 std::to_string(salt_length(profile)) + " bytes"};
  }
  if (initialise_library() != srtp_err_status_ok) return Error{"libsrtp2 could not be initialised"};
  Bytes together = key.key;
  together.insert(together.end(), key.salt.begin(), key.salt.end());
  srtp_policy_t policy{};
  set_policies(profile, policy);
  policy.ssrc.type = inbound ? ssrc_any_inbound : ssrc_any_outbound;
  policy.key = together.data();
  policy.window_size = replay_window;
  std::vector<int> ids(encrypted_extensions.begin(), encrypted_extensions.end());
  if (!ids.empty()) policy.enc_xtn_hdr = ids.data();
  policy.enc_xtn_hdr_count = static_cast<int>(ids.size());
  srtp_t context = nullptr;
  if (const auto status = srtp_create(&context, &policy); status != srtp_err_status_ok) {
    return Error{"libsrtp2 refuses " + std::string(to_string(profile)) + " with status " +
                 std::to_string(status)};
  }
  return Handle(reinterpret_cast<Context*>(context));
}

Result<Session> Session::create(Profile profile, const MasterKey& sends, const MasterKey& receives,
                                const std::vector<std::uint8_t>& encrypted_extensions) {
  auto out = open(profile, sends, false, encrypted_extensions);
  if (!out) return Error{out.error()};
  auto in = open(profile, receives, true, encrypted_extensions);
  if (!in) return Error{in.error()};
  return Session(profile, std::move(out.value()), std::move(in.value()));
}

Result<Session> Session::of_client(const MasterKeys& keys) {
  return create(keys.profile, keys.client, keys.server);
}
Result<Session> Session::of_server(const MasterKeys& keys) {
  return create(keys.profile, keys.server, keys.client);
}

Outcome Session::protect_rtp(Bytes& packet) {
  if (is_plain()) return append_zeros(packet, rtp_header, rtp_trailer_length(profile_));
  return work_on(sends_.get(), packet, rtp_header, rtp_trailer_length(profile_), srtp_protect);
}
Outcome Session::unprotect_rtp(Bytes& packet) {
  if (is_plain()) return take_zeros(packet, rtp_header, rtp_trailer_length(profile_));
  return work_on(receives_.get(), packet, rtp_header, 0, srtp_unprotect);
}
Outcome Session::protect_rtcp(Bytes& packet) {
  if (is_plain()) return append_zeros(packet, rtcp_header, rtcp_trailer_length(profile_));
  return work_on(sends_.get(), packet, rtcp_header, rtcp_trailer_length(profile_),
                 srtp_protect_rtcp);
}
Outcome Session::unprotect_rtcp(Bytes& packet) {
  if (is_plain()) return take_zeros(packet, rtcp_header, rtcp_trailer_length(profile_));
  return work_on(receives_.get(), packet, rtcp_header, 0, srtp_unprotect_rtcp);
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
      return "done";
    case Outcome::malformed:
      return "malformed";
    case Outcome::unauthenticated:
      return "unauthenticated";
    case Outcome::replayed:
      return "replayed";
    case Outcome::too_old:
      return "too old";
    case Outcome::key_used_up:
      return "key used up";
    case Outcome::failed:
      return "failed";
  }
  __builtin_unreachable();
}

}  // namespace natsim::srtp
