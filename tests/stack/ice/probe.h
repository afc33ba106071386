// One agent and a peer that a test plays by hand: it sees each packet and answers as it likes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "stack/base/random.h"
#include "stack/ice/agent.h"
#include "stack/stun/integrity.h"
#include "stack/stun/message_builder.h"

namespace natsim::ice::test {

inline const Endpoint own_address{IpAddress::v4(192, 0, 2, 1), 5000};
inline const Endpoint peer_address{IpAddress::v4(198, 51, 100, 1), 6000};
inline const Endpoint other_address{IpAddress::v4(198, 51, 100, 2), 7000};
inline const Credentials peer_credentials{"peer", "peerpasswordpeerpassword"};

// What a check of the peer says; by default a right one of a controlled peer.
struct PeerRequest {
  std::optional<std::string> username;  // "own:peer" if unset
  std::optional<std::string> password;  // the agent's if unset
  std::optional<std::uint32_t> priority = 1'862'270'975;
  Role role = Role::controlled;
  std::uint64_t tiebreaker = 1;
  bool use_candidate = false;
  std::optional<std::uint32_t> nomination;
  bool has_username = true;
  bool has_integrity = true;
  std::optional<std::uint16_t> unknown_attribute;
};

class Probe {
 public:
  // The agent has one socket, and its gathering has ended.
  explicit Probe(Options options = {}) : agent(with_tiebreaker(std::move(options)), Random(3)) {
    EXPECT_EQ(agent.add_local_address(own_address, now), std::nullopt);
    agent.start_gathering(now);
    drain();
  }

  static Candidate remote_candidate(const Endpoint& address, const std::string& foundation = "1",
                                    CandidateType type = CandidateType::host) {
    Candidate candidate;
    candidate.type = type;
    candidate.address = address;
    candidate.priority = candidate_priority(type, 65'535, 1);
    candidate.foundation = foundation;
    return candidate;
  }

  void set_credentials() {
    EXPECT_TRUE(agent.set_remote_credentials(peer_credentials, now));
    drain();
  }
  RemoteCandidateResult add_remote(const Candidate& candidate) {
    const auto result = agent.add_remote_candidate(candidate, now);
    drain();
    return result;
  }
  // Credentials and one candidate, `peer_address`: the first check goes out.
  void meet() {
    set_credentials();
    EXPECT_EQ(add_remote(remote_candidate(peer_address)), RemoteCandidateResult::added);
    EXPECT_EQ(requests().size(), 1U);
  }

  // Runs the agent's own timers up to and including `end`.
  void run_until(Time end) {
    while (agent.next_timeout() <= end) {
      const Time next = agent.next_timeout();
      ASSERT_GE(next, now);
      now = next;
      agent.handle_timeout(now);
      drain();
      ASSERT_GT(agent.next_timeout(), now);
    }
    now = end;
  }
  void run_for(Duration span) { run_until(now + span); }

  bool receive(const Endpoint& from, ByteView bytes) {
    const auto data = agent.receive(own_address, from, bytes, now);
    drain();
    return data.has_value();
  }
  // The peer's check, and its transaction id.
  stun::TransactionId check_from(const Endpoint& from, const PeerRequest& request = {}) {
    const auto id = stun::TransactionId::draw(random_);
    repeat_check(from, request, id);
    return id;
  }
  void repeat_check(const Endpoint& from, const PeerRequest& request,
                    const stun::TransactionId& id) {
    stun::MessageBuilder message(stun::MessageClass::request, stun::Method::binding, id);
    const Credentials own = agent.local_credentials();
    if (request.has_username) {
      message.username(request.username.value_or(own.ufrag + ":" + peer_credentials.ufrag));
    }
    if (request.priority) message.priority(*request.priority);
    if (request.role == Role::controlling) {
      message.ice_controlling(request.tiebreaker);
      if (request.use_candidate) message.use_candidate();
      if (request.nomination) message.nomination(*request.nomination);
    } else {
      message.ice_controlled(request.tiebreaker);
    }
    if (request.unknown_attribute) {
      message.attribute(static_cast<stun::AttributeType>(*request.unknown_attribute), {});
    }
    auto key = stun::IntegrityKey::short_term(request.password.value_or(own.password));
    if (request.has_integrity) message.message_integrity(key);
    receive(from, message.fingerprint().take());
  }
  // The peer's success response to `request`; by default from where it went, and showing `mapped`.
  void answer(const Transmit& request, const Endpoint& mapped = own_address,
              std::optional<Endpoint> from = std::nullopt,
              const std::string& password = peer_credentials.password) {
    const auto message = stun::MessageView::parse(request.payload).value();
    auto key = stun::IntegrityKey::short_term(password);
    receive(from.value_or(request.remote), stun::MessageBuilder::success_response(message)
                                               .xor_mapped_address(mapped)
                                               .message_integrity(key)
                                               .fingerprint()
                                               .take());
  }
  void refuse(const Transmit& request, stun::ErrorNumber number) {
    const auto message = stun::MessageView::parse(request.payload).value();
    auto key = stun::IntegrityKey::short_term(peer_credentials.password);
    receive(request.remote, stun::MessageBuilder::error_response(message, number)
                                .message_integrity(key)
                                .fingerprint()
                                .take());
  }

  // What the agent has sent: all, the requests of one class, the last.
  [[nodiscard]] std::vector<Transmit> of_class(stun::MessageClass message_class) const {
    std::vector<Transmit> found;
    for (const auto& [at, transmit] : sent) {
      const auto message = stun::MessageView::parse(transmit.payload);
      if (message && message->message_class() == message_class) found.push_back(transmit);
    }
    return found;
  }
  [[nodiscard]] std::vector<Transmit> requests() const {
    return of_class(stun::MessageClass::request);
  }
  [[nodiscard]] Transmit last_request() const { return requests().back(); }
  // The response to the peer's last check; its error number, 0 for success.
  [[nodiscard]] int last_answer() const {
    const auto message = stun::MessageView::parse(sent.back().second.payload).value();
    EXPECT_TRUE(message.is_response());
    const auto error = message.error_code();
    return error ? static_cast<int>(error->number) : 0;
  }

  template <typename T>
  [[nodiscard]] std::vector<std::pair<Time, T>> all() const {
    std::vector<std::pair<Time, T>> found;
    for (const auto& [at, event] : events) {
      if (const T* typed = std::get_if<T>(&event)) found.emplace_back(at, *typed);
    }
    return found;
  }
  template <typename T>
  [[nodiscard]] T last() const {
    const auto found = all<T>();
    EXPECT_FALSE(found.empty());
    return found.empty() ? T{} : found.back().second;
  }
  [[nodiscard]] PairSnapshot pair(PairId id) const {
    for (const PairSnapshot& snapshot : agent.pairs()) {
      if (snapshot.id == id) return snapshot;
    }
    ADD_FAILURE() << "no pair " << id;
    return {};
  }

  Agent agent;
  Time now{};
  std::vector<std::pair<Time, Transmit>> sent;
  std::vector<std::pair<Time, Event>> events;

 private:
  static Options with_tiebreaker(Options options) {
    if (!options.tiebreaker) options.tiebreaker = 1000;
    return options;
  }
  void drain() {
    while (auto transmit = agent.poll_transmit()) sent.emplace_back(now, std::move(*transmit));
    while (auto event = agent.poll_event()) events.emplace_back(now, std::move(*event));
  }

  Random random_{5};
};

inline stun::MessageView view(const Transmit& transmit) {
  return stun::MessageView::parse(transmit.payload).value();
}

}  // namespace natsim::ice::test
