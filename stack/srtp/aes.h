// AES for libsrtp2, by OpenSSL. Only the sources of this folder read it.
#pragma once

#include <srtp2/srtp.h>

namespace natsim::srtp {

// Has libsrtp2 call OpenSSL for the ciphers of all profiles, and for the derivation of their keys,
// in place of what it was built upon: Debian builds it upon NSS, which takes some three times as
// long for a packet of speech. libsrtp2 runs its own self tests on them. Precondition: srtp_init
// has been called, and no session made.
srtp_err_status_t use_openssl();

}  // namespace natsim::srtp
