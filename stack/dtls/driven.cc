// The method for randomness is deprecated in favour of providers, which draw seeds of their own.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "stack/dtls/driven.h"

#include <ctime>
#include <sys/time.h>

#include <openssl/rand.h>

namespace natsim::dtls {

namespace {

thread_local Driven* driven_here = nullptr;

}  // namespace

struct HiddenInputs {
  static int draw(unsigned char* out, int count) {
    if (driven_here == nullptr) return RAND_OpenSSL()->bytes(out, count);
    driven_here->random_.fill({out, static_cast<std::size_t>(count)});
    return 1;
  }
  static int status() { return driven_here == nullptr ? RAND_OpenSSL()->status() : 1; }
  static bool clock(timeval* now) {
    if (driven_here == nullptr) return false;
    *now = {.tv_sec = driven_here->seconds_, .tv_usec = 0};
    return true;
  }
};

namespace {

const RAND_METHOD method{.seed = nullptr,
                         .bytes = HiddenInputs::draw,
                         .cleanup = nullptr,
                         .add = nullptr,
                         .pseudorand = HiddenInputs::draw,
                         .status = HiddenInputs::status};

}  // namespace

Driven::Driven(Random& random, std::int64_t seconds)
    : random_(random), seconds_(seconds), outer_(driven_here) {
  // To set it twice does no harm: OpenSSL guards the pointer.
  if (RAND_get_rand_method() != &method) RAND_set_rand_method(&method);
  driven_here = this;
}

Driven::~Driven() { driven_here = outer_; }

}  // namespace natsim::dtls

extern "C" int gettimeofday(timeval* now, void*) noexcept {
  if (natsim::dtls::HiddenInputs::clock(now)) return 0;
  timespec real;
  const int failed = clock_gettime(CLOCK_REALTIME, &real);
  *now = {.tv_sec = real.tv_sec, .tv_usec = real.tv_nsec / 1000};
  return failed;
}
