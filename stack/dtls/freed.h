// What lets a std::unique_ptr hold an object of OpenSSL.
#pragma once

namespace natsim::dtls {

template <auto free_function>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    free_function(object);
  }
};

}  // namespace natsim::dtls
