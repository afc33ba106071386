#include "sim/agents/candidate_names.h"

#include <algorithm>
#include <utility>

namespace natsim::agents {
namespace {

constexpr Duration question_interval = seconds(1);
constexpr int questions = 3;

}  // namespace

const std::string& CandidateNames::name_of(const IpAddress& address) {
  const auto [entry, is_new] = names_.try_emplace(address);
  if (is_new) {
    entry->second = dns::draw_link_name(random_);
    responder_->publish(entry->second, address);
  }
  return entry->second;
}

void CandidateNames::withdraw() {
  for (const auto& [address, name] : std::exchange(names_, {})) responder_->withdraw(name);
}

bool CandidateNames::resolve(const ice::Candidate& candidate) {
  // A lookup that has just answered is still at work: what is over goes with the next question.
  std::erase_if(questions_, [](const auto& question) {
    return question->told &&
           std::all_of(question->lookups.begin(), question->lookups.end(),
                       [](const auto& lookup) { return lookup->outcome().has_value(); });
  });
  auto owned = std::make_unique<Question>(Question{candidate, {}, false});
  Question& question = *owned;
  for (const auto& interface : host_.interfaces()) {
    if (!interface->up()) continue;
    for (const IpAddress& address : interface->addresses()) {
      dns::ResolverOptions options;
      options.server = dns::multicast_group(address.family());
      options.question = {candidate.host_name,
                          address.is_v4() ? dns::RecordType::a : dns::RecordType::aaaa};
      options.timeout = question_interval;
      options.tries = questions;
      auto lookup = DnsLookup::start(host_, options, address);
      if (!lookup) continue;
      lookup.value()->on_outcome = [this, &question] { look(question); };
      question.lookups.push_back(std::move(lookup.value()));
    }
  }
  if (question.lookups.empty()) return false;
  questions_.push_back(std::move(owned));
  return true;
}

bool CandidateNames::resolving() const {
  return std::any_of(questions_.begin(), questions_.end(),
                     [](const auto& question) { return !question->told; });
}

void CandidateNames::forget() {
  for (const auto& question : questions_) question->told = true;
}

void CandidateNames::look(Question& question) {
  if (question.told) return;
  bool waiting = false;
  for (const auto& lookup : question.lookups) {
    const auto& outcome = lookup->outcome();
    if (!outcome) {
      waiting = true;
    } else if (!outcome->answers.empty()) {
      question.candidate.address.address = outcome->answers.front().address;
      waiting = false;
      break;
    }
  }
  if (waiting) return;
  question.told = true;
  on_outcome(question.candidate);
}

}  // namespace natsim::agents
