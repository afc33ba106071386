// A value, or the reason why there is none.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace natsim {

// What went wrong, as a sentence for people without a final full stop.
struct Error {
  std::string message;
};

// Holds a T or an Error. `value()` and `error()` require that it holds one.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT: a value is a result
  Result(Error error) : state_(std::move(error)) {}  // NOLINT: so is an error

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] T& value() { return std::get<0>(state_); }
  [[nodiscard]] const T& value() const { return std::get<0>(state_); }
  [[nodiscard]] const std::string& error() const { return std::get<1>(state_).message; }

 private:
  std::variant<T, Error> state_;
};

}  // namespace natsim
