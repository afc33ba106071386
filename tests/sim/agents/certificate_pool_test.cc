// The certificates that the calls of a world share.
#include "sim/agents/certificate_pool.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace natsim::agents {
namespace NATSIM_TEST_FILE {

Bytes der_of(CertificatePool& pool, CallEnd end, const std::string& host) {
  const ByteView der = pool.of(end, host).der();
  return {der.begin(), der.end()};
}

TEST(CertificatePool, WhoAskedBeforeChangesNothing) {
  const core::World world(7);
  CertificatePool alone(world);
  const Bytes caller = der_of(alone, CallEnd::caller, "alice");
  const Bytes callee = der_of(alone, CallEnd::callee, "alice");
  CertificatePool busy(world);
  for (int i = 0; i < 20; ++i) {
    static_cast<void>(busy.of(CallEnd::callee, "host " + std::to_string(i)));
  }
  EXPECT_EQ(der_of(busy, CallEnd::callee, "alice"), callee);
  EXPECT_EQ(der_of(busy, CallEnd::caller, "alice"), caller);
  EXPECT_EQ(der_of(busy, CallEnd::caller, "alice"), caller);
}

TEST(CertificatePool, ThereAreAFewForEachEndAndNoneForBoth) {
  const core::World world(1);
  CertificatePool pool(world);
  std::set<Bytes> callers;
  std::set<Bytes> callees;
  for (int i = 0; i < 100; ++i) {
    callers.insert(der_of(pool, CallEnd::caller, std::to_string(i)));
    callees.insert(der_of(pool, CallEnd::callee, std::to_string(i)));
  }
  EXPECT_EQ(callers.size(), CertificatePool::size);
  EXPECT_EQ(callees.size(), CertificatePool::size);
  std::set<Bytes> both = callers;
  both.merge(callees);
  EXPECT_EQ(both.size(), 2 * CertificatePool::size);
}

TEST(CertificatePool, AnotherSeedHasOthers) {
  const core::World one(1);
  const core::World other(2);
  CertificatePool of_one(one);
  CertificatePool of_other(other);
  EXPECT_NE(der_of(of_one, CallEnd::caller, "alice"), der_of(of_other, CallEnd::caller, "alice"));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::agents
